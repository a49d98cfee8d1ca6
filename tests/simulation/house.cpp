// The application under test.

#include "simulation/house.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "simulation/notes.hpp"

namespace cosio::simulation {

namespace {

// The answer to a command.
template <class... Args>
task<> answer(ledger& book, const member& m, const ack& to, std::uint64_t n, const Args&... more) {
  book.about_to_send(m, 2'000);
  return to(n, n * 3 + 1, more...);
}

constexpr std::chrono::milliseconds longest = std::chrono::milliseconds::max();

// The longest one never comes.
std::optional<std::chrono::milliseconds> time_limit(std::uint64_t ms) {
  const std::chrono::milliseconds time(ms);
  return ms == 0 || time == longest ? std::nullopt : std::optional(time);
}

}  // namespace

void house::open(std::size_t largest, bool sends_away, bool credentials_expire, bool sequential_chat) {
  largest_ = largest;
  sends_away_ = sends_away;
  credentials_expire_ = credentials_expire;
  const auto furnish = [this](const auto& n) {
    n.use([this](cosio::socket& who, next go) { return enter(who, std::move(go)); });
    n.on_connection([this](cosio::socket who) { welcome(who); });
  };
  furnish(io_.of("/"));
  furnish(io_.of("/chat"));
  if (sequential_chat) io_.of("/chat").sequential();
  furnish(io_.of(pattern("/dynamic-{digits}")));
  furnish(io_.of([this](std::string name, handshake) { return allow(std::move(name)); }));
}

// One command, from its beginning to its end.
task<> house::handled(member& m, task<> work) {
  const visit here(m.running);
  const moment begun = book_.now();
  co_await std::move(work);
  m.took_time = book_.is_sequential(m.nsp) && book_.now() != begun;
}

task<> house::enter(cosio::socket who, next go) {
  const visit here(under_way_);
  member& m = book_.entering(who);
  watch(who);
  if (dice_.chance(100)) co_await nap();
  if (dice_.chance(30)) {
    book_.never_in(m);
    throw refusal("full");
  }
  std::exception_ptr thrown;
  try {
    co_await go();
  } catch (...) {
    thrown = std::current_exception();
  }
  if (who.connected()) book_.admitted(m);
  if (!m.admitted) book_.never_in(m);
  if (thrown) std::rethrow_exception(thrown);
}

void house::welcome(const cosio::socket& who) {
  member* const m = book_.find_member(who);
  if (m == nullptr) return;  // came and went before its turn came
  book_.admitted(*m);
  if (!who.connected()) return book_.left(*m, std::nullopt);
  remember(*m);
  watch(who);
  listen(who);
  listen_to_ends(who);
  set_credentials(*m);
}

// A socket that comes back has its data still.
void house::remember(member& m) {
  if (m.came_back != m.who.recovered()) book_.complain(m, "does not know whether it has come back");
  const boost::json::value data = m.who.data();
  const auto* mark = data.is_object() ? data.get_object().if_contains("mark") : nullptr;
  if (m.came_back && (mark == nullptr || *mark != m.mark)) book_.complain(m, "has come back without its data");
  if (m.came_back) return;
  m.mark = ++marks_;
  boost::json::object kept;
  kept["mark"] = m.mark;
  m.who.data(std::move(kept));
}

// Of the client, when its first socket is there.
void house::set_credentials(member& m) {
  if (!credentials_expire_ || m.whose == nullptr || !m.whose->had.empty() || !dice_.chance(600)) return;
  const std::chrono::milliseconds time(dice_.between(1, dice_.one_of<std::size_t>({400, 4'000, 30'000})));
  book_.credentials(m, time);
  m.who.expires_in(time);
}

task<> house::renew(member& who, number n, number time, ack done) {
  const visit here(under_way_);
  if (!who.who) co_return;  // left before its turn came
  book_.credentials(who, time_limit(time));
  if (time != 0) {
    who.who.expires_in(std::chrono::milliseconds(time));
  } else if (book_.notice() != longest && dice_.chance(300)) {
    book_.met(feature::expires_never);
    who.who.expires_in(longest);
  } else {
    who.who.client().never_expires();
  }
  co_await answer(book_, who, done, n);
}

void house::listen_to_ends(const cosio::socket& who) {
  member& m = *book_.find_member(who);
  who.on_disconnect([this, &m, who](reason why) {
    book_.left(m, why);
    if (!dice_.chance(100)) return;
    auto work = act_late(who);
    cosio::spawn(io_.executor(), std::move(work));
  });
  who.on("pin", [this, &m](number n, ack done) {
    book_.command(m, n, "pin");
    return handled(m, wait_for_event(m, n, done));
  });
  who.on("nap", [this, &m](number n, ack done) {
    book_.command(m, n, "nap");
    return handled(m, sleep(m, n, done));
  });
  who.on("renew", [this, &m](number n, number time, ack done) {
    book_.command(m, n, "renew");
    return handled(m, renew(m, n, time, done));
  });
  who.on("fail", [this, &m](number n) {
    book_.command(m, n, "fail");
    return handled(m, fail(n));
  });
  who.on("bye", [this, &m](number n, ack done) {
    book_.command(m, n, "bye");
    return handled(m, dismiss(m, n, false, done));
  });
  who.on("kick", [this, &m](number n, ack done) {
    book_.command(m, n, "kick");
    return handled(m, dismiss(m, n, true, done));
  });
}

void house::listen(const cosio::socket& who) {
  member& m = *book_.find_member(who);
  const auto on_talk = [&](const char* event, bool is_volatile, bool without_me) {
    who.on(event, [this, &m, event, is_volatile, without_me](number n, std::string room, std::size_t size, ack done) {
      book_.command(m, n, event);
      audience to{m.nsp, {std::move(room)}, without_me ? &m : nullptr};
      if (to.rooms.front().empty()) to.rooms.clear();
      return handled(m, broadcast(m, n, std::move(to), size, is_volatile, done));
    });
  };
  on_talk("say", false, false);
  on_talk("tell", false, true);
  on_talk("mumble", true, false);
  who.on("echo", [this, &m](number n, std::size_t size, ack done) {
    book_.command(m, n, "echo");
    return handled(m, echo(m, n, size, false, done));
  });
  who.on("whisper", [this, &m](number n, std::size_t size, ack done) {
    book_.command(m, n, "whisper");
    return handled(m, echo(m, n, size, true, done));
  });
  who.on("join", [this, &m](number n, std::string room, ack done) {
    book_.command(m, n, "join");
    return handled(m, join(m, n, std::move(room), done));
  });
  who.on("leave", [this, &m](number n, std::string room, ack done) {
    book_.command(m, n, "leave");
    return handled(m, leave(m, n, std::move(room), done));
  });
  who.on("blob", [this, &m](number n, binary bytes, ack done) {
    book_.command(m, n, "blob");
    return handled(m, answer(book_, m, done, n, bytes));
  });
  who.on("blobs", [this, &m](number n, arguments all, ack done) {
    book_.command(m, n, "blobs");
    return handled(m, answer(book_, m, done, n, all.attachments().size()));
  });
  who.on("word", [this, &m](number n, number note, std::string text, ack done) {
    book_.command(m, n, "word");
    book_.read(m, note, text);
    return handled(m, answer(book_, m, done, n));
  });
  who.on("ask", [this, &m](number n, number within, ack done) {
    book_.command(m, n, "ask");
    return handled(m, ask(m, n, within, done));
  });
  who.on("poll", [this, &m](number n, std::string room, number within, ack done) {
    book_.command(m, n, "poll");
    return handled(m, ask_all(m, n, std::move(room), within, done));
  });
}

// ---------------------------------------------------------------- commands

broadcast_operator house::operator_for(const audience& to) const {
  const cosio::nsp in = io_.of(to.nsp);
  if (to.except != nullptr) return to.rooms.empty() ? to.except->who.broadcast() : to.except->who.to(to.rooms);
  return to.rooms.empty() ? in.local() : in.to(to.rooms);
}

task<> house::emit(audience to, std::size_t size, bool is_volatile) {
  const visit here(under_way_);
  const number note = book_.next_note(std::min(size, largest_), dice_.chance(200));
  const auto receivers = book_.matching(to);
  broadcast_operator out = operator_for(to);
  if (is_volatile) out = out.volatile_();
  const auto due = book_.expect(receivers, note, is_volatile);
  if (!is_volatile) book_.noted(to, note);
  report what;
  if (has_attachment(note)) {
    what = co_await out.emit("note", note, note_text(note), binary(note_attachment(note)));
  } else {
    what = co_await out.emit("note", note, note_text(note));
  }
  book_.emitted(receivers, due, note, is_volatile, what);
}

task<> house::broadcast(member& from, number n, audience to, std::size_t size, bool is_volatile, ack done) {
  if (!from.who) co_return;  // left before its turn came; of() would make its namespace anew
  co_await emit(std::move(to), size, is_volatile);
  co_await answer(book_, from, done, n);
}

task<> house::echo(member& to, number n, std::size_t size, bool is_volatile, ack done) {
  const visit here(under_way_);
  if (!to.who) co_return;  // left before its turn came
  const number note = book_.next_note(std::min(size, largest_), dice_.chance(200));
  const cosio::socket who = to.who;
  const std::vector<member*> one{&to};
  const auto due = book_.expect(one, note, is_volatile);
  if (!is_volatile) book_.noted({to.nsp, {to.id}, nullptr}, note);
  report what;
  bool waited = false;
  try {
    const auto out = is_volatile ? who.volatile_() : who.compress(true);
    if (has_attachment(note)) {
      what = co_await out.emit("note", note, note_text(note), binary(note_attachment(note)));
    } else {
      what = co_await out.emit("note", note, note_text(note));
    }
  } catch (const cosio::error&) {
    waited = true;  // it was queued; the client left while this waited for room
  }
  if (waited) co_return;
  book_.emitted(one, due, note, is_volatile, what);
  co_await answer(book_, to, done, n);
}

task<> house::join(member& who, number n, std::string room, ack done) {
  const visit here(under_way_);
  if (!who.who) co_return;  // left before its turn came
  const cosio::socket s = who.who;
  bool joined = true;
  try {
    co_await s.join(room);
  } catch (const cosio::error& e) {
    joined = false;
    if (e.code() != make_error_code(errc::limit_reached) || !book_.is_account_small()) throw;
  }
  if (joined && s.connected()) who.rooms.insert(std::move(room));
  if (dice_.chance(50)) co_await nap();
  co_await answer(book_, who, done, n);
}

task<> house::leave(member& who, number n, std::string room, ack done) {
  const visit here(under_way_);
  if (!who.who) co_return;  // left before its turn came
  const cosio::socket s = who.who;
  co_await s.leave(room);
  who.rooms.erase(room);
  co_await answer(book_, who, done, n);
}

task<> house::ask(member& whom, number n, number within, ack done) {
  const visit here(under_way_);
  if (!whom.who) co_return;  // left before its turn came
  const cosio::socket who = whom.who;
  const number note = book_.next_note(0, false);
  const std::vector<member*> one{&whom};
  book_.expect(one, note, false);
  book_.asked(note, time_limit(within), one);
  auto out = who.compress(true);
  if (within != 0) out = out.timeout(std::chrono::milliseconds(within));
  const visit waits(whom.asking);
  if (*whom.asking > 256) book_.met(feature::crowd);
  auto how = ledger::outcome::answered;
  number got = 0;
  try {
    got = co_await out.emit_with_ack<number>("ask", note);
  } catch (const cosio::error& e) {
    how = e.code() == make_error_code(errc::timed_out) ? ledger::outcome::timed_out : ledger::outcome::gone;
    if (e.code() == make_error_code(errc::conversion)) how = ledger::outcome::answered;
  }
  book_.ended(note, how, got == answer_to(note));
  if (how == ledger::outcome::answered && within != 0 && !time_limit(within)) book_.met(feature::never_timed_out);
  co_await answer(book_, whom, done, n);
}

task<> house::ask_all(member& from, number n, std::string room, number within, ack done) {
  const visit here(under_way_);
  if (!from.who) co_return;
  const number note = book_.next_note(0, false);
  const auto receivers = book_.matching({from.nsp, {room}, nullptr});
  const auto out = io_.of(from.nsp).to(room).timeout(std::chrono::milliseconds(within));
  book_.expect(receivers, note, false);
  if (!receivers.empty()) book_.asked(note, time_limit(within), receivers);
  const auto got = co_await out.emit_with_ack("poll", note);
  if (!receivers.empty()) book_.ended(note, got.responses().size(), got.complete());
  co_await answer(book_, from, done, n);
}

task<> house::wait_for_event(member& who, number n, ack done) {
  const visit here(under_way_);
  if (!who.who) co_return;  // left before its turn came
  const cosio::socket s = who.who;
  bool came = false;
  try {
    const number key = co_await s.once<number>("key");
    came = key == key_of_waits;
  } catch (const cosio::error&) {
    if (s.connected() && s.conn().open()) book_.complain(who, "is waited for no more, though it is there");
  }
  if (!came) co_return;
  book_.met(book_.is_sequential(who.nsp) ? feature::waited_in_line : feature::waited_for_event);
  co_await answer(book_, who, done, n);
}

task<> house::sleep(member& who, number n, ack done) {
  const visit here(under_way_);
  co_await nap();
  co_await answer(book_, who, done, n);
}

task<> house::fail(number n) {
  const visit here(under_way_);
  if (n % 2 == 0) co_await nap();
  throw std::runtime_error("a handler fails");
}

task<> house::dismiss(member& who, number n, bool close, ack done) {
  const visit here(under_way_);
  if (!who.who) co_return;  // left before its turn came
  const cosio::socket s = who.who;
  book_.dismiss(who);
  co_await s.disconnect(close);
  co_await answer(book_, who, done, n);
}

}  // namespace cosio::simulation
