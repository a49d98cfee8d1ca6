// One run: what must hold.

#include <algorithm>
#include <set>
#include <utility>

#include "engine/engine.hpp"
#include "engine/session.hpp"
#include "simulation/notes.hpp"
#include "simulation/story.hpp"
#include "socketio/client_core.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/server_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::simulation {
namespace {

// The largest single packet, as it is queued: escapes, heads, attachments as base64.
constexpr std::size_t largest_packet = 2 * largest_note + 1'000;
// Pings, pongs and goodbyes, which no limit holds back.
constexpr std::size_t control_packets = 1'000;

std::string joined(const std::set<std::string>& names) {
  std::string out = "{";
  for (const std::string& name : names) out += " " + name;
  return out + " }";
}

}  // namespace

void story::check() {
  journal_.check();
  note_held();
}

void story::note_held() {
  const bool account_full = book_->is_account_small() && account_refusals() != 0;
  for (const auto& [weak, whose] : sessions_) {
    if (whose == nullptr) continue;
    const auto s = weak.lock();
    const bool open = s && !s->is_over();
    whose->may_be_refused |= account_full;
    whose->paused = open && s->input_paused();
    whose->was_paused |= whose->paused;
    whose->held = false;
    if (whose->paused) journal_.met(feature::paused);
    if (!open || s->held_bytes() == 0) continue;
    const auto client = std::dynamic_pointer_cast<socketio::client_core>(s->shared_handler());
    whose->held = client && client->events().held_bytes() != 0;
    if (whose->held) journal_.met(feature::held);
  }
}

std::uint64_t story::account_refusals() const {
  for (const auto& [name, count] : server_->metrics().limits_hit)
    if (name == "max_client_bytes") return count;
  return 0;
}

// Only when nothing is ready to run: events wait only for handlers, and reading for events.
void story::check_held() {
  for (const auto& [weak, whose] : sessions_) {
    const auto s = weak.lock();
    if (!s || s->current_state() != engine::session::state::open) continue;
    const auto client = std::dynamic_pointer_cast<socketio::client_core>(s->shared_handler());
    if (!client || client->closed()) continue;
    const std::size_t held = client->events().held_bytes();
    if (held != 0 && client->events().handlers().bytes() == 0)
      throw broken("events of a client are held, and none of its handlers runs");
    if (s->input_paused() && held <= settings_.max_held_bytes / 2)
      throw broken("a client is not read, although no more than half of max_held_bytes is held");
  }
}

// Nobody answers, and no handler ends by itself: what clients say is handled all the same, because a handler that waits
// for its own client is not busy.
void story::check_begun() {
  constexpr int rounds = 300;  // questions to all end within 3 s
  std::string waits;
  for (int round = 0; round < rounds; ++round) {
    house_->wake_all();
    for (person& who : people_) {
      who.answer_polls();
      who.step(now_, true);
    }
    settle();
    check();
    waits.clear();
    for (const person& who : people_)
      if (waits.empty()) waits = who.not_begun();
    if (waits.empty()) return;
    pass_time(moment(20));
  }
  throw broken(waits);
}

void story::check_budgets() {
  const std::size_t limit = 4 * settings_.max_queued_bytes + largest_packet + control_packets;
  for (const auto& [weak, whose] : sessions_) {
    const auto s = weak.lock();
    if (s && s->queued_cost() > limit)
      throw broken("a session queues " + std::to_string(s->queued_cost()) + " bytes, more than " +
                   std::to_string(limit));
  }
  if (ready_.empty()) {
    if (const std::string who = book_->overstayed(); !who.empty()) throw broken(who);
  }
  std::erase_if(sessions_, [](const watched_session& one) {
    if (one.session.expired() && one.whose != nullptr) one.whose->paused = one.whose->held = false;
    return one.session.expired();
  });
}

// At rest whoever is to be told of its credentials has heard it soon.
void story::check_notices() const {
  for (const person& who : people_)
    if (const std::string what = who.owed_notice(); !what.empty()) throw broken(what);
}

namespace {

// Its client may have left while its middleware still runs: then the server knows it no more.
bool is_alive(const member& m) { return m.who.internals() != nullptr && m.who.internals()->alive(); }

}  // namespace

// The server's view of rooms and members is the ledger's. Only when nothing is ready to run.
void story::check_rooms() {
  check_namespaces();
  check_held();
  for (const auto& nsp : server_->internals()->all()) check_rooms_of(nsp->name());
  std::set<const life*> lives;
  for (const member* m : book_->present())
    if (m->whose != nullptr && m->who.connected()) lives.insert(m->whose);
  if (server_->engine().clients_count() < lives.size())
    throw broken("sockets are connected whose sessions are not counted");
}

void story::check_rooms_of(const std::string& name) {
  std::set<std::string> rooms;
  std::set<std::string> ids;
  for (const member* m : book_->present()) {
    if (m->nsp != name || !is_alive(*m)) continue;
    if (!m->who.connected()) {
      rooms.insert(m->rooms.begin(), m->rooms.end());  // it comes back: it joins them first
      continue;
    }
    std::set<std::string> own = m->rooms;
    own.insert(m->id);
    ids.insert(m->id);
    rooms.insert(own.begin(), own.end());
    const auto in = m->who.rooms();
    if (std::set<std::string>(in.begin(), in.end()) != own || in.size() != own.size()) {
      throw broken("a socket of " + name + " is in " + joined({in.begin(), in.end()}) + " instead of " + joined(own));
    }
  }
  const auto nsp = server_->of(name);
  const auto all = world_.run(nsp.all_rooms());
  if (std::set<std::string>(all.begin(), all.end()) != rooms) {
    throw broken("the rooms of " + name + " are " + joined({all.begin(), all.end()}) + " instead of " + joined(rooms));
  }
  const auto clients = world_.run(nsp.clients());
  if (std::set<std::string>(clients.begin(), clients.end()) != ids || clients.size() != ids.size()) {
    throw broken("the sockets of " + name + " are " + joined({clients.begin(), clients.end()}) + " instead of " +
                 joined(ids));
  }
}

void story::check_namespaces() {
  std::set<std::string> expected{"/", "/chat"};
  for (const member* m : book_->present())
    if (is_alive(*m)) expected.insert(m->nsp);
  std::set<std::string> there;
  for (const auto& nsp : server_->internals()->all()) there.insert(nsp->name());
  const bool all = std::includes(there.begin(), there.end(), expected.begin(), expected.end());
  if (!all || (settings_.cleanup_empty_child_namespaces && there != expected)) {
    throw broken("the namespaces are " + joined(there) + " instead of " + joined(expected));
  }
  if (there.size() > 2 + settings_.max_child_namespaces)
    throw broken("clients have made more than max_child_namespaces: " + joined(there));
  note_children(there);
}

void story::note_children(const std::set<std::string>& there) {
  std::set<std::string> now = there;
  now.erase("/");
  now.erase("/chat");
  for (const std::string& name : now) {
    if (!book_->ever_joined(name) && !expected_child(name)) throw broken(name + " is there, but nobody has joined it");
    if (children_.contains(name)) continue;
    journal_.met(ever_children_.insert(name).second ? feature::child_came : feature::child_came_again);
  }
  for (const std::string& name : children_)
    if (!now.contains(name)) journal_.met(feature::child_went);
  children_ = std::move(now);
}

bool story::expected_child(const std::string& name) const {
  return std::any_of(book_->present().begin(), book_->present().end(),
                     [&](const member* m) { return m->nsp == name && is_alive(*m); });
}

// All that was charged for a client is given back.
void story::check_metrics() const {
  const cosio::metrics now = server_->metrics();
  for (const auto& kind : now.kept_bytes)
    if (kind.count != 0)
      throw broken(std::to_string(kind.count) + " bytes are kept for nobody: " + std::string(kind.name));
  if (now.handlers_in_flight != 0) throw broken(std::to_string(now.handlers_in_flight) + " handlers are in flight");
  if (now.sockets != 0 || now.sessions() != 0) throw broken("sockets or sessions are counted that have ended");
}

void story::check_nothing_is_left() {
  check_rooms();
  const auto must_be_zero = [](std::size_t count, const std::string& of) {
    if (count != 0) throw broken(std::to_string(count) + " " + of + " left");
  };
  for (const member* m : book_->present()) {
    throw broken(ledger::name(*m) + " is left, " + (m->admitted ? "admitted" : "on its way in") +
                 (m->who.connected() ? ", connected" : ", not connected"));
  }
  must_be_zero(server_->engine().clients_count(), "sessions are counted and");
  must_be_zero(state_->http_connections(), "HTTP connections are");
  must_be_zero(*net_->server_streams, "connections of the server are");
  must_be_zero(house_->under_way(), "coroutines of the application are");
  must_be_zero(book_->questions(), "questions are");
  check_metrics();
  const auto alive = [](const watched_session& one) { return !one.session.expired(); };
  must_be_zero(static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(), alive)), "sessions are");
  const auto& members = book_->members();
  must_be_zero(static_cast<std::size_t>(
                   std::count_if(members.begin(), members.end(), [](const member& m) { return !m.core.expired(); })),
               "socket objects are");
}

}  // namespace cosio::simulation
