// The application of the session target, and its properties.

#include "session_server.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "check.hpp"
#include "engine/session.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/server_core.hpp"
#include "wire/json_limits.hpp"

namespace cosio::fuzz {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds question_time{2'000};
constexpr std::size_t most_queued = 5'000;         // few enough for some ten steps to reach
constexpr std::size_t most_queued_often = 50'000;  // enough for a packet that repeats something
constexpr std::size_t largest_beats = 1'000;
// Fits into an empty outbox whatever the limit: 1e20 is 21 bytes when it is echoed.
constexpr std::size_t largest_packet = 12'000;

cosio::options options_for(std::uint8_t choice) {
  cosio::options o;
  o.serve_client = false;
  o.max_payload = 4'000;
  o.max_queued_bytes = (choice & 64) != 0 ? most_queued_often : most_queued;
  o.high_water_mark = (choice & 1) != 0 ? 200 : 2'000;
  if ((choice & 2) != 0) o.max_handlers_in_flight = 2;
  if ((choice & 4) != 0) o.handlers = handler_order::sequential;
  if ((choice & session_server::with_recovery) != 0) o.connection_state_recovery.emplace();
  if ((choice & 16) != 0) o.per_message_deflate.emplace();
  o.cleanup_empty_child_namespaces = (choice & 32) == 0;
  return o;
}

std::size_t size_of(const boost::json::value& what) {
  std::string text;
  wire::append_json(text, what);
  return text.size();
}

std::size_t size_of(const arguments& all) {
  std::size_t bytes = size_of(boost::json::value(all.values()));
  for (const binary& one : all.attachments()) bytes += one.view().size() + session_server::around_packet;
  return bytes;
}

}  // namespace

session_server::session_server(std::uint8_t choice)
    : settings_(options_for(choice)),
      state_(std::make_shared<http::app::state>(world_.take_runtime(), http::app_options())),
      app_(std::make_unique<http::app>(state_)),
      io_(std::make_unique<cosio::server>(*app_, settings_)) {
  io_->engine().on_connection([this](engine_session s) { watch(s); });
  furnish(io_->of("/"));
  furnish(io_->of("/chat"));
  io_->of(pattern("/room-{digits}")).on_connection([this](cosio::socket who) { welcome(who); });
}

session_server::~session_server() = default;

void session_server::watch(const engine_session& s) {
  ++sessions_ever_;
  sessions_.push_back(s.internals());
}

// Polling by JSONP escapes quotes and backslashes, each as two bytes; base64 adds a third.
void session_server::note_sent(std::size_t bytes, std::size_t receivers) noexcept {
  sent_ += receivers * (2 * bytes + around_packet);
}

// Whoever comes back gets again what it has missed, once for each socket that was there before.
std::size_t session_server::sent() const noexcept {
  const std::size_t times = settings_.connection_state_recovery ? 1 + guests_.size() : 1;
  return times * sent_ + heartbeats_;
}

void session_server::furnish(const cosio::nsp& n) {
  n.use([this](cosio::socket& who, next go) -> task<> {
    const visit here(under_way_);
    if (who.handshake().auth().object().contains("no")) throw refusal("no");
    co_await go();
  });
  n.on_connection([this](cosio::socket who) { welcome(who); });
}

void session_server::welcome(const cosio::socket& who) {
  guests_.push_back({who.internals(), 0, false});
  guest& me = guests_.back();
  who.on_disconnect([&me](reason) { check(++me.left == 1, "a socket leaves once"); });
  if (!who.connected()) me.came_late = true;  // came and went before its turn came
  who.on_any([this](std::string, arguments, ack done) {
    if (done) ++answers_;
  });
  listen(who);
}

void session_server::listen(const cosio::socket& who) {
  who.on("echo", [this](boost::json::value what) {
    note_sent(size_of(what));
    return what;
  });
  who.on("bytes", [this](binary what) {
    note_sent(what.view().size() + around_packet);
    return what;
  });
  who.on("relay", [this, who](arguments all) -> task<> {
    note_sent(size_of(all));
    co_await who.emit("relayed", all);
  });
  who.on("nap", [this](int n) { return sleep(n); });
  who.on("fail", [](int) { throw refusal("fails"); });
  who.on("join", [who](std::string room) -> task<> { co_await who.join(room); });
  who.on("leave", [who](std::string room) -> task<> { co_await who.leave(room); });
  who.on("say", [this, who](std::string room, boost::json::value what) -> task<> {
    const report told = co_await who.to(room).emit("said", what);
    note_sent(size_of(what), told.queued);
  });
  who.on("tell", [this](binary what) -> task<> {
    const report told = co_await io_->volatile_().emit("told", what);
    note_sent(what.view().size() + around_packet, told.queued);
  });
  who.on("ask", [this, who](int) { return ask(who); });
  who.on("bye", [who](bool close) -> task<> { co_await who.disconnect(close); });
}

// ---------------------------------------------------------------- by itself

task<> session_server::nap() {
  const visit here(under_way_);
  auto hand_out = [this](std::shared_ptr<async::suspension> sleeper) { sleepers_.push_back(std::move(sleeper)); };
  co_await async::suspend(std::move(hand_out));
}

task<int> session_server::sleep(int n) {
  note_sent(0);
  co_await nap();
  co_return n;
}

task<> session_server::ask(cosio::socket whom) {
  const visit here(under_way_);
  note_sent(0);
  try {
    const boost::json::value answer = co_await whom.timeout(question_time).emit_with_ack<boost::json::value>("ask", 1);
    static_cast<void>(answer);
  } catch (const cosio::error&) {  // timed out, gone, or an answer that is none
  }
}

task<> session_server::ask_everybody() {
  const visit here(under_way_);
  note_sent(0, guests_.size());
  const auto got = co_await io_->timeout(question_time).emit_with_ack("ask", 2);
  check(got.responses().size() <= guests_.size(), "nobody answers twice");
}

task<> session_server::tell_everybody() {
  const visit here(under_way_);
  const binary bytes(std::string(400, 't'));
  const report told = co_await io_->emit("all", bytes, "text");
  note_sent(bytes.view().size() + around_packet, told.queued);
  check(told.queued <= guests_.size(), "nobody is told who never came");
}

task<> session_server::send_everybody_away(bool close) {
  const visit here(under_way_);
  note_sent(0, guests_.size());
  co_await io_->disconnect_sockets(close);
}

void session_server::start(task<> work) {
  boost::asio::co_spawn(world_.context(), std::move(work),
                        [](std::exception_ptr e) { check(!e, "what the application does by itself does not fail"); });
}

void session_server::emit_to_all() { start(tell_everybody()); }
void session_server::ask_all() { start(ask_everybody()); }
void session_server::disconnect_all(bool close) { start(send_everybody_away(close)); }

void session_server::wake_one() {
  if (sleepers_.empty()) return;
  const auto sleeper = std::move(sleepers_.front());
  sleepers_.erase(sleepers_.begin());
  sleeper->end();
}

// ---------------------------------------------------------------- connections and time

std::unique_ptr<async::memory_stream> session_server::connect(std::size_t capacity) {
  async::memory_streams pair(capacity);
  state_->serve(std::move(pair.near));
  return std::move(pair.far);
}

void session_server::settle() {
  constexpr int most_handlers = 200'000;
  world_.context().restart();
  for (int ran = 0; world_.context().poll_one() != 0; ++ran) {
    check(ran < most_handlers, "the server comes to rest");
    world_.context().restart();
  }
}

void session_server::advance(milliseconds time) {
  settle();
  const auto pings = static_cast<std::size_t>(time / settings_.ping_interval) + 1;
  heartbeats_ += sessions_ever_ * pings * around_packet;
  world_.timers().advance(time);
  settle();
}

// ---------------------------------------------------------------- what must hold

void session_server::check_now() const {
  for (const auto& weak : sessions_) {
    const auto s = weak.lock();
    if (!s || s->is_over()) continue;
    check(s->queued_cost() <= engine::output::most_behind * settings_.max_queued_bytes + largest_packet + largest_beats,
          "the frames queued for a client are bounded");
    const auto [bytes, uncharged] = s->measured();
    check(bytes <= s->account().bytes() + uncharged, "no more is kept for a client than its account says");
  }
}

void session_server::check_nothing_is_left() {
  while (!sleepers_.empty()) wake_one();
  settle();
  const auto alive = [](const auto& weak) { return !weak.expired(); };
  check(std::none_of(sessions_.begin(), sessions_.end(), alive), "no session outlives its client");
  check(io_->engine().clients_count() == 0, "no session is counted that has ended");
  check(state_->http_connections() == 0, "no connection stays open without a client");
  for (const guest& g : guests_) {
    check(g.core.expired(), "no socket outlives its session");
    check(g.left == 1 || g.came_late, "every socket is told once that it left");
  }
  const cosio::metrics now = io_->metrics();
  for (const counted& kind : now.kept_bytes) check(kind.count == 0, "all that was charged is given back");
  check(now.sockets == 0 && now.sessions() == 0, "counters return to zero");
  check(now.handlers_in_flight == 0 && *under_way_ == 0, "every handler has ended");
  check(now.acks_answered + now.acks_timed_out <= now.acks_asked, "a question ends once");
  check(world_.run(io_->of("/").all_rooms()).empty(), "no room outlives its sockets");
}

void session_server::close() {
  bool closed = false;
  boost::asio::co_spawn(world_.context(), io_->close(milliseconds(1'000)), [&](std::exception_ptr e) {
    check(!e, "a server can be closed");
    closed = true;
  });
  for (int round = 0; round < 100 && !closed; ++round) {
    while (!sleepers_.empty()) wake_one();
    advance(milliseconds(500));
  }
  check(closed, "closing ends");
}

}  // namespace cosio::fuzz
