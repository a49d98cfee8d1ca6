// The model: sockets that go away and come back.

#include <cosio/options.hpp>

#include <utility>

#include "simulation/ledger.hpp"
#include "simulation/notes.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::simulation {
namespace {

bool may_come_back(const reason& why) {
  switch (why.what()) {
    case reason::kind::client_namespace_disconnect:
    case reason::kind::server_namespace_disconnect:
    case reason::kind::credentials_expired:
    case reason::kind::rate_limit_exceeded:
    case reason::kind::parse_error:
      return false;
    default:
      return true;
  }
}

}  // namespace

// A namespace that is made anew remembers nothing. Of two that are made at once, no client finds the second.
std::shared_ptr<recovery_model> ledger::begin_stream(const std::string& nsp) {
  auto made = std::make_shared<recovery_model>(journal_, now_, limits_.recovery);
  streams_.try_emplace(nsp, made);
  return made;
}

void ledger::noted(const audience& to, std::uint64_t note) {
  if (!limits_.recovers) return;
  const std::string except = to.except != nullptr ? to.except->id : std::string();
  streams_.at(to.nsp)->noted(note, to.rooms, except);
  for (member* m : present_)  // one that is being sent what it has missed gets this, too, before it is in
    if (m->came_back && !m->admitted && m->nsp == to.nsp && m->id != except && is_in(*m, to))
      m->to_come.push_back({note, false});
}

void ledger::heard_offset(const member& m, std::uint64_t note, const std::string& offset) {
  if (m.stream != nullptr) m.stream->offset_of_note(note, offset);
}

void ledger::joins(const std::shared_ptr<socketio::socket_core>& who, recovery_model& in) {
  member* const m = find_member(cosio::socket(who));
  if (m == nullptr) return journal_.complain("a socket joins that has passed no middleware");
  m->stream = streams_.at(m->nsp);
  m->began = in.length();
}

void ledger::goes_away(const std::string& pid, const std::string& id, const std::string& nsp, recovery_model& from) {
  const auto known = by_id_.find(nsp + " " + id);
  if (known == by_id_.end() || known->second.empty()) return journal_.complain("a session is kept of nobody");
  if (from.kept_again(pid)) return;
  member& m = *known->second.back();
  m.kept = true;
  journal_.met(feature::went_away);
  from.kept(pid, {&m, id, m.rooms, m.began, now_});
}

// Before what it has missed is sent.
void ledger::comes_back(const std::shared_ptr<socketio::socket_core>& who, recovery_model& in) {
  const cosio::socket s(who);
  const auto back = in.take(s.id());
  if (!back) return journal_.complain("socket " + s.id() + " comes back, and was not asked for");
  member* known = find_member(s);
  member& m = known != nullptr ? *known : entering(s);
  m.stream = streams_.at(m.nsp);
  m.came_back = true;
  m.rooms = back->from.rooms;
  m.mark = back->from.was->mark;
  const bool lawful = m.whose != nullptr && m.whose->lawful;
  if (!back->doubt.empty() && lawful) journal_.complain(back->doubt);
  if (back->from.was->why && !may_come_back(*back->from.was->why))
    journal_.complain(name(m) + " comes back, though it had left with: " + std::string(back->from.was->why->text()));
  std::size_t bytes = 0;
  std::set<std::string> rooms = m.rooms;
  rooms.insert(m.id);
  // Notes that were emitted while it was surely there may have come too early for it, because it was in other rooms
  // then. The server removes such a note sooner or later, unless it has sent it again.
  const moment surely_there = back->from.since - in.bounds().silence;
  for (const auto& [note, at] : in.concerns(rooms, back->heard)) {
    const bool may_be_missing = at < surely_there && !back->from.was->sent_again.contains(note);
    m.to_come.push_back({note, may_be_missing});
    if (!may_be_missing) m.sent_again.insert(note);
    bytes += 2 * (note_text(note).size() + note_attachment(note).size()) + 200;
  }
  m.began = m.to_come.empty() ? in.length() : back->heard;
  if (bytes > limits_.high_water_mark) journal_.met(feature::missed_much);
  if (!m.to_come.empty()) journal_.met(feature::heard_what_it_missed);
  journal_.write([&] { return name(m) + ": comes back, and has missed " + std::to_string(m.to_come.size()); });
}

void ledger::is_back(const std::shared_ptr<socketio::socket_core>& who, bool in) {
  member* const m = find_member(cosio::socket(who));
  if (m == nullptr) return;
  if (!in) return never_in(*m);
  m->stream->admitted(who->recovery()->pid);
  admitted(*m);
  journal_.met(feature::came_back);
}

// Socket handles of the application's that were left before their end was known are not asked.
void ledger::check_kept(const member& m, const reason& why) {
  const bool recovers = limits_.recovers && m.whose != nullptr && m.whose->revision == 4 && m.stream != nullptr;
  if (recovers && !closing_ && m.kept != may_come_back(why))
    journal_.complain(name(m) + (m.kept ? " may come back, though it left with: " : " may not come back after: ") +
                      std::string(why.text()));
}

member* ledger::back_again(const life& of, std::string_view nsp) {
  for (member* m : present_)
    if (m->whose == &of && m->nsp == nsp && m->came_back && !m->found) return m;
  return nullptr;
}

}  // namespace cosio::simulation
