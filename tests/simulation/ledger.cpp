// The model.

#include "simulation/ledger.hpp"

#include <cosio/engine.hpp>
#include <cosio/handshake.hpp>
#include <cosio/nsp.hpp>

#include <algorithm>
#include <utility>

#include "engine/session.hpp"
#include "simulation/notes.hpp"

namespace cosio::simulation {
namespace {

std::uint64_t token(std::uint64_t number) { return (number + 1) * 0x9e3779b97f4a7c15U >> 20; }

}  // namespace

bool is_in(const member& m, const audience& to) {
  if (to.rooms.empty()) return true;
  return std::any_of(to.rooms.begin(), to.rooms.end(),
                     [&](const std::string& room) { return room == m.id || m.rooms.contains(room); });
}

// ---------------------------------------------------------------- lives

life& ledger::begin_life(std::size_t person, unsigned revision) {
  ++figures_.lives;
  life& made = lives_.emplace_back();
  made.number = lives_.size();
  made.name = "life " + std::to_string(made.number);
  made.person = person;
  made.revision = revision;
  made.begun = made.last_beat = now_;
  return made;
}

std::string ledger::who(const life& of) { return std::to_string(of.number) + "." + std::to_string(token(of.number)); }

life* ledger::life_of(std::string_view said) {
  std::uint64_t number = 0;
  for (const char c : said) {
    if (c < '0' || c > '9') break;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (number == 0 || number > lives_.size()) return nullptr;
  life& found = lives_[number - 1];
  return who(found) == said ? &found : nullptr;
}

std::chrono::milliseconds ledger::allowed_silence(const life& of) const {
  return limits_.ping_interval + (of.revision == 3 ? limits_.ping_timeout_eio3 : limits_.ping_timeout) - slack;
}

bool ledger::may_be_over(const life& of) const {
  return closing_ || !of.lawful || of.leaving || of.too_slow || of.was_near_limit || of.sent_away || has_expired(of) ||
         of.silence(now_) >= allowed_silence(of) || now_ - of.begun >= limits_.connect_timeout || asked_too_late(of) ||
         of.was_paused || of.may_be_refused;
}

// The server has ended a session whose client sent nothing behind its handshake, or may do so at any moment.
bool ledger::asked_too_late(const life& of) const {
  return limits_.first_request_timeout.count() != 0 && !of.was_heard &&
         now_ - of.begun >= limits_.first_request_timeout;
}

bool ledger::is_entering(const life& of) const {
  return std::any_of(present_.begin(), present_.end(),
                     [&](const member* m) { return m->whose == &of && !m->admitted && !m->came_back; });
}

bool ledger::is_replayed(const life& of) const {
  return std::any_of(present_.begin(), present_.end(),
                     [&](const member* m) { return m->whose == &of && !m->admitted && m->came_back; });
}

bool ledger::is_untold(const life& of, std::string_view nsp) const {
  return std::any_of(present_.begin(), present_.end(),
                     [&](const member* m) { return m->whose == &of && m->nsp == nsp && m->admitted && !m->found; });
}

std::string ledger::name(const member& m) {
  return "life " + (m.whose ? std::to_string(m.whose->number) : "?") + " in " + m.nsp;
}

// ---------------------------------------------------------------- sockets

member& ledger::entering(const cosio::socket& s) {
  ++figures_.sockets;
  member& made = members_.emplace_back();
  made.whose = life_of(s.request().query("who").value_or(""));
  made.id = s.id();
  made.nsp = s.nsp().name();
  made.who = s;
  made.core = s.internals();
  const auto stream = streams_.find(made.nsp);
  if (const auto* back = stream != streams_.end() && s.recovered() ? stream->second->coming_back(made.id) : nullptr)
    made.rooms = back->from.rooms;
  present_.push_back(&made);
  by_core_[s.internals().get()] = &made;
  by_id_[made.nsp + " " + made.id].push_back(&made);
  return made;
}

member* ledger::find_member(const cosio::socket& s) const {
  const auto found = by_core_.find(s.internals().get());
  return found == by_core_.end() ? nullptr : found->second;
}

void ledger::never_in(member& m) {
  if (m.left) return;
  m.left = true;
  by_core_.erase(m.who.internals().get());
  m.who = cosio::socket();
  m.rooms.clear();
  std::erase(present_, &m);
}

void ledger::left(member& m, std::optional<reason> why) {
  if (m.left) return journal_.complain(name(m) + " has left twice");
  journal_.write([&] {
    return name(m) + ": left, " + (why ? std::string(why->text()) + " " + why->detail() : "before it was welcomed");
  });
  if (why) {
    m.why = why;
    check_kept(m, *why);
    ++figures_.ends[std::string(why->text())];
    judge(m, *why);
  }
  never_in(m);
}

// Whether the client, or the application, has given that reason.
void ledger::judge(const member& m, const reason& why) {
  const life* of = m.whose;
  if (of == nullptr || !of->lawful || closing_) return;
  bool given = false;
  switch (why.what()) {
    case reason::kind::transport_close:
    case reason::kind::transport_error:
      given = of->leaving || of->sent_away;
      break;
    case reason::kind::client_namespace_disconnect:
      given = m.client_left;
      break;
    case reason::kind::forced_close:
      given = of->sent_away || asked_too_late(*of);
      break;
    case reason::kind::server_namespace_disconnect:
    case reason::kind::forced_server_close:
      given = of->sent_away;
      break;
    case reason::kind::slow_consumer:
      given = of->too_slow || of->was_near_limit;
      break;
    case reason::kind::ping_timeout:
      given = of->leaving || of->was_paused || of->silence(now_) >= allowed_silence(*of);
      break;
    case reason::kind::credentials_expired:
      given = has_expired(*of);
      journal_.met(feature::expired);
      break;
    default:
      break;
  }
  given |= of->may_be_refused;
  if (!given) journal_.complain(name(m) + " was ended without cause: " + std::string(why.text()) + " " + why.detail());
}

void ledger::dismiss(member& m) {
  m.sent_away = true;
  if (m.whose != nullptr) m.whose->sent_away = true;
}

void ledger::command(member& m, std::uint64_t number, std::string_view event) {
  ++figures_.commands;
  const std::uint64_t expected = m.handled + 1;
  m.handled = std::max(m.handled, number);
  if (is_sequential(m.nsp) && *m.running != 0)
    journal_.complain(name(m) + ": command " + std::to_string(number) + " is handled before the one before has ended");
  if (std::exchange(m.took_time, false)) journal_.met(feature::one_after_the_other);
  if (m.whose == nullptr || !m.whose->lawful) return;
  check_rates(m, event);
  if (m.refusals.contains(number))
    journal_.complain(name(m) + ": command " + std::to_string(number) + " is handled, but its client was refused");
  if (number > expected && !limits_.rates.empty()) {
    for (std::uint64_t n = expected; n < number; ++n) m.skipped.insert(n);
    skipped_ += number - expected;
    if (skipped_ <= limits_.refused_events()) return;
  }
  if (number == expected) return;
  journal_.complain(name(m) + ": the server handled command " + std::to_string(number) + " instead of " +
                    std::to_string(expected));
}

void ledger::read(const member& m, std::uint64_t note, const std::string& text) {
  if (text == note_text(note) || m.whose == nullptr || !m.whose->lawful) return;
  journal_.complain(name(m) + ": the server has read something else than was said: " + text);
}

std::vector<member*> ledger::matching(const audience& to) const {
  std::vector<member*> out;
  for (member* m : present_)
    if (m != to.except && m->nsp == to.nsp && m->who.connected() && is_in(*m, to)) out.push_back(m);
  return out;
}

// ---------------------------------------------------------------- notes

std::uint64_t ledger::next_note(std::size_t size, bool binary) { return note_number(++notes_, size, binary); }

std::vector<member*> ledger::expect(const std::vector<member*>& to, std::uint64_t note, bool is_volatile) {
  const std::size_t bytes = 2 * (note_text(note).size() + note_attachment(note).size());
  std::vector<member*> due;
  for (member* m : to) {
    if (!m->who.connected() || !m->who.conn().open()) continue;
    about_to_send(*m, bytes);
    m->to_come.push_back({note, is_volatile, is_volatile});
    due.push_back(m);
  }
  return due;
}

// With room for what the server sends by itself.
void ledger::about_to_send(const member& m, std::size_t bytes) {
  if (m.left || m.whose == nullptr || !m.who) return;
  const std::size_t frames = 4 * engine::frame::overhead;
  const std::size_t waits = m.who.conn().internals()->queued_cost();
  if (waits + bytes + frames + 2'000 > limits_.max_queued_bytes) m.whose->was_near_limit = true;
}

void ledger::emitted(const std::vector<member*>& to, const std::vector<member*>& due, std::uint64_t note,
                     bool is_volatile, const report& what) {
  const std::size_t overflows = what.refused - std::min(what.refused, to.size() - due.size());
  std::size_t found = 0;
  for (member* m : due) {
    if (overflows == 0 || m->left || m->who.conn().open()) continue;
    if (m->to_come.empty() || m->to_come.back().number != note) continue;
    m->to_come.back().may_be_missing = true;  // it was queued for the last write before the verdict, which may take it
    ++found;
    if (m->whose != nullptr) m->whose->too_slow = true;
    journal_.write([&] { return name(*m) + ": has no room for note " + std::to_string(note); });
  }
  const std::size_t queued = due.size() - found;
  ++figures_.notes;
  figures_.dropped += what.dropped;
  journal_.write([&] {
    return "note " + std::to_string(note) + " for " + std::to_string(to.size()) + ": " + std::to_string(what.queued) +
           " queued, " + std::to_string(what.dropped) + " dropped, " + std::to_string(what.refused) + " refused";
  });
  if (what.queued + what.dropped + what.refused != to.size() || what.queued + what.dropped != queued ||
      (!is_volatile && what.dropped != 0)) {
    journal_.complain("the report of note " + std::to_string(note) + " says " + std::to_string(what.queued) +
                      " queued, " + std::to_string(what.dropped) + " dropped, " + std::to_string(what.refused) +
                      " refused: the model has " + std::to_string(to.size()) + " receivers, " + std::to_string(queued) +
                      " of them with room");
  }
}

bool ledger::heard(member& m, std::uint64_t note) {
  journal_.write([&] { return name(m) + ": hears note " + std::to_string(note); });
  ++figures_.deliveries;
  auto& due = m.to_come;
  while (!due.empty() && due.front().number != note && due.front().may_be_missing) due.pop_front();
  const auto found = std::find_if(due.begin(), due.end(), [&](const member::due& d) { return d.number == note; });
  if (found == due.end()) {
    journal_.complain(name(m) + " heard note " + std::to_string(note) +
                      ", which was not sent to it, or which it has heard before");
    return false;
  }
  if (found != due.begin() && m.whose != nullptr && m.whose->lawful) {
    journal_.complain(name(m) + " heard note " + std::to_string(note) + " too early: note " +
                      std::to_string(due.front().number) + " was due");
    return false;
  }
  const bool is_volatile = found->is_volatile;
  due.erase(due.begin(), found);
  due.pop_front();
  return is_volatile;
}

std::string ledger::missing(const member& m) const {
  for (const member::due& d : m.to_come)
    if (!d.may_be_missing) return name(m) + " did not hear note " + std::to_string(d.number);
  return {};
}

member* ledger::find(const life& of, std::string_view nsp, std::string_view id) {
  const auto known = by_id_.find(std::string(nsp) + " " + std::string(id));
  if (known != by_id_.end()) {
    for (member* m : known->second) {
      if (m->found || !m->admitted || (m->whose != &of && of.lawful)) continue;
      m->found = true;
      return m;
    }
  }
  journal_.complain("a client was told that it has joined " + std::string(nsp) + " as " + std::string(id) +
                    ", which is not so");
  return nullptr;
}

// ---------------------------------------------------------------- questions

void ledger::asked(std::uint64_t note, std::optional<std::chrono::milliseconds> within, std::vector<member*> whom) {
  ++figures_.questions;
  questions_[note] = {now_, within, std::move(whom), 0};
}

void ledger::answers(std::uint64_t note) {
  const auto found = questions_.find(note);
  if (found != questions_.end()) ++found->second.answered;
}

void ledger::ended(std::uint64_t note, outcome how, bool right) {
  static constexpr const char* words[] = {"is answered", "has timed out", "ends: its client is gone"};
  journal_.write([&] { return "question " + std::to_string(note) + " " + words[static_cast<int>(how)]; });
  const auto found = questions_.find(note);
  const std::string name = "question " + std::to_string(note);
  if (found == questions_.end()) return journal_.complain(name + " has ended twice");
  const question q = std::move(found->second);
  questions_.erase(found);
  const bool damaged = q.whom.front()->whose == nullptr || !q.whom.front()->whose->lawful;
  if (how == outcome::answered && !right && !damaged) journal_.complain(name + ": a wrong answer");
  if (how == outcome::answered && q.answered == 0 && !damaged) journal_.complain(name + ": an answer that nobody gave");
  if (how == outcome::timed_out && (!q.within || now_ - q.begun < *q.within))
    journal_.complain(name + " timed out early");
  if (how == outcome::gone && !q.whom.front()->left && q.whom.front()->who.connected() &&
      q.whom.front()->who.conn().open()) {
    journal_.complain(name + ": the client is said to have left");
  }
}

void ledger::ended(std::uint64_t note, std::size_t answers, bool complete) {
  const auto found = questions_.find(note);
  const std::string name = "question " + std::to_string(note);
  if (found == questions_.end()) return journal_.complain(name + " has ended twice");
  const question q = std::move(found->second);
  questions_.erase(found);
  const auto damaged = [](const member* m) { return m->whose == nullptr || !m->whose->lawful; };
  const auto here = static_cast<std::size_t>(std::count_if(q.whom.begin(), q.whom.end(), [](const member* m) {
    return !m->left && m->who.connected() && m->who.conn().open();
  }));
  if (answers > q.answered && std::none_of(q.whom.begin(), q.whom.end(), damaged))
    journal_.complain(name + ": more answers than clients gave");
  if (complete && answers != q.whom.size())
    journal_.complain(name + " is said to be complete, but answers are missing");
  const bool all_ended = q.answered + (q.whom.size() - here) >= q.whom.size();
  if (!complete && !all_ended && now_ - q.begun < *q.within) journal_.complain(name + " timed out early");
}

std::string ledger::overdue() const {
  for (const auto& [note, q] : questions_) {
    const bool late = q.within && now_ - q.begun > *q.within + slack;
    const member& m = *q.whom.front();
    const bool nobody = q.whom.size() == 1 && (m.left || !m.who.connected());
    const bool answered =
        !q.within && q.answered > 0 && !nobody && m.whose != nullptr && !may_be_over(*m.whose) && !m.whose->over;
    if (late || (nobody && !q.within) || answered) {
      return "question " + std::to_string(note) +
             (late     ? " has not timed out"
              : nobody ? ": its client has left"
                       : " was answered");
    }
  }
  return {};
}

}  // namespace cosio::simulation
