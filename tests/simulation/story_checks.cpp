// One run: what must hold.

#include <algorithm>
#include <set>
#include <utility>

#include "engine/engine.hpp"
#include "engine/session.hpp"
#include "simulation/notes.hpp"
#include "simulation/story.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/server_core.hpp"

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

void story::check() { journal_.check(); }

void story::check_budgets() {
  const std::size_t limit = settings_.max_queued_bytes + largest_packet + control_packets;
  for (const auto& weak : sessions_) {
    const auto s = weak.lock();
    if (s && s->buffered() > limit)
      throw broken("a session holds " + std::to_string(s->buffered()) + " bytes, more than " + std::to_string(limit));
  }
  if (ready_.empty()) {
    if (const std::string who = book_->overstayed(); !who.empty()) throw broken(who);
  }
  std::erase_if(sessions_, [](const auto& weak) { return weak.expired(); });
}

// At rest whoever is to be told of its credentials has heard it soon.
void story::check_notices() const {
  for (const person& who : people_)
    if (const std::string what = who.owed_notice(); !what.empty()) throw broken(what);
}

// The server's view of rooms and members is the ledger's. Only when nothing is ready to run.
void story::check_rooms() {
  check_namespaces();
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
    if (m->nsp != name) continue;
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
  for (const member* m : book_->present()) expected.insert(m->nsp);
  std::set<std::string> there;
  for (const auto& nsp : server_->internals()->all()) there.insert(nsp->name());
  const bool all = std::includes(there.begin(), there.end(), expected.begin(), expected.end());
  if (!all || (settings_.cleanup_empty_child_namespaces && there != expected)) {
    throw broken("the namespaces are " + joined(there) + " instead of " + joined(expected));
  }
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
  must_be_zero(net_->server_streams, "connections of the server are");
  must_be_zero(house_->under_way(), "coroutines of the application are");
  must_be_zero(book_->questions(), "questions are");
  const auto alive = [](const auto& weak) { return !weak.expired(); };
  must_be_zero(static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(), alive)), "sessions are");
  const auto& members = book_->members();
  must_be_zero(static_cast<std::size_t>(
                   std::count_if(members.begin(), members.end(), [](const member& m) { return !m.core.expired(); })),
               "socket objects are");
}

}  // namespace cosio::simulation
