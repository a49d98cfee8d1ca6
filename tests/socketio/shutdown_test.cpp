// The end of a server in stages: new clients are refused, clients are told and drained one after the other, running
// handlers end, and the rest is aborted.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cosio/cosio.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapter/local_adapter.hpp"
#include "socketio/timed_server.hpp"
#include "support/catch.hpp"
#include "support/mailbox.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::close_options;
using cosio::errc;

namespace {

// Handlers that wait until the test lets them go on.
struct shutdown_world : timed_server {
  shutdown_world() {
    io.on_connection([this](cosio::socket c) {
      here.push_back(c);
      c.on_disconnect([this](cosio::reason why) { left.emplace_back(why.text()); });
      c.on("wait", [this](cosio::ack answer) -> cosio::task<> {
        waiting.push_back(answer);
        auto hand_out = [this](std::shared_ptr<cosio::async::suspension> s) { handlers.push_back(std::move(s)); };
        co_await cosio::async::suspend(std::move(hand_out));
        co_await answer("done");
      });
      c.on("quick", [] { return "at once"; });
      c.on("ask me", [c, this]() -> cosio::task<> {
        try {
          co_await c.emit_with_ack("well?");
        } catch (const cosio::error& e) {
          errors.push_back(e.code());
        }
      });
    });
  }
  void let_go_on() {
    for (const auto& one : std::exchange(handlers, {})) one->end();
    w.settle();
  }

  std::vector<cosio::socket> here;
  std::vector<std::string> left;
  std::vector<cosio::ack> waiting;
  std::vector<std::shared_ptr<cosio::async::suspension>> handlers;
  std::vector<boost::system::error_code> errors;
};

close_options within(std::chrono::milliseconds deadline, std::chrono::milliseconds spread = 0ms,
                     std::string event = {}) {
  close_options how(deadline);
  how.spread = spread;
  how.event = std::move(event);
  return how;
}

// Holds what it closes, as applications do.
cosio::task<> close_held(cosio::server io, cosio::http::app app, close_options how) {
  static_cast<void>(app);
  co_await io.close(std::move(how));
}

}  // namespace

TEST_CASE("handlers that run when the server closes end, and their acknowledgements arrive", "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(27["wait"])");
  REQUIRE(s.waiting.size() == 1);
  const auto closed = s.start(s.io.close(10s));
  CHECK(s.left == std::vector<std::string>{"server shutting down"});
  CHECK(c.receive() == "(nothing)");
  CHECK_FALSE(c.ended());
  s.w.advance(5s);
  CHECK_FALSE(*closed);
  s.let_go_on();
  CHECK(c.receive() == R"(37["done"])");
  CHECK(c.receive() == "(frame of type 8)");
  c.websocket().peer().close();
  s.w.settle();
  CHECK(*closed);
}

TEST_CASE("an event that comes when its client is being parted from is neither handled nor acknowledged",
          "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(27["wait"])");
  const auto closed = s.start(s.io.close(10s));
  c.send(R"(28["quick"])");
  s.let_go_on();
  CHECK(c.receive() == R"(37["done"])");
  CHECK(c.receive() == "(frame of type 8)");
}

TEST_CASE("a handler that awaits its client's answer is told that the client left", "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(2["ask me"])");
  CHECK(c.receive() == R"(20["well?"])");
  const auto closed = s.start(s.io.close(10s));
  s.w.advance(1s);  // the time that it had
  REQUIRE(s.errors.size() == 1);
  CHECK(s.errors[0] == make_error_code(errc::disconnected));
  CHECK(c.receive() == "(frame of type 8)");
}

TEST_CASE("a handler that awaits its client's answer is destroyed with the io_context of the application",
          "[socketio][shutdown]") {
  const auto owned = std::make_shared<int>(7);
  {
    timed_server house;
    house.io.on_connection([&](cosio::socket c) {
      c.on("ask me", [c, owned]() -> cosio::task<> { co_await c.emit_with_ack("well?", *owned); });
    });
    world_client c = house.join();
    c.send(R"(2["ask me"])");
    CHECK(c.receive() == R"(20["well?",7])");
    CHECK(owned.use_count() > 1);
  }
  CHECK(owned.use_count() == 1);
}

TEST_CASE("a client that does not answer the close frame has close_timeout, and the deadline at most",
          "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  std::chrono::milliseconds most = 5s;  // the default of close_timeout
  std::shared_ptr<bool> closed;
  SECTION("a deadline that is sooner") {
    most = 2s;
    closed = s.start(s.io.close(2s));
  }
  SECTION("a deadline that is later") { closed = s.start(s.io.close(10s)); }
  SECTION("no deadline") { closed = s.start(s.io.close()); }
  CHECK(c.receive() == "(frame of type 8)");
  s.w.advance(most - 1ms);
  CHECK_FALSE(*closed);
  s.w.advance(1ms);
  CHECK(*closed);
  CHECK(c.ended());
}

TEST_CASE("a handler that does not end is left behind at the deadline", "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(27["wait"])");
  const auto closed = s.start(s.io.close(10s));
  s.w.advance(9'999ms);
  CHECK_FALSE(c.ended());
  CHECK(c.receive() == "(nothing)");
  s.w.advance(1ms);
  CHECK(c.receive() == "(frame of type 8)");
  c.websocket().peer().close();
  s.w.settle();
  CHECK(*closed);
  s.let_go_on();
  CHECK(s.io.engine().clients_count() == 0);
}

TEST_CASE("clients are parted from evenly over the spread, and served until their turn", "[socketio][shutdown]") {
  shutdown_world s;
  std::vector<world_client> all;
  for (int i = 0; i < 4; ++i) all.push_back(s.join());
  const auto closed = s.start(s.io.close(within(20s, 8s)));
  CHECK(s.left.size() == 1);
  s.w.advance(1'999ms);
  CHECK(s.left.size() == 1);
  std::size_t served = 0;
  for (world_client& c : all) {
    c.send(R"(21["quick"])");
    served += c.receive() == R"(31["at once"])" ? 1U : 0U;
  }
  CHECK(served == 3);
  s.w.advance(1ms);
  CHECK(s.left.size() == 2);
  s.w.advance(2s);
  CHECK(s.left.size() == 3);
  s.w.advance(2s);
  CHECK(s.left.size() == 4);
  for (world_client& c : all) c.websocket().peer().close();
  s.w.settle();
  CHECK(*closed);
}

TEST_CASE("a spread longer than the deadline ends with it", "[socketio][shutdown]") {
  shutdown_world s;
  std::vector<world_client> all;
  for (int i = 0; i < 2; ++i) all.push_back(s.join());
  const auto closed = s.start(s.io.close(within(2s, 60s)));
  CHECK(s.left.size() == 1);
  s.w.advance(1s);
  CHECK(s.left.size() == 2);
}

TEST_CASE("every socket is told first, if that is wanted, with the time over which clients go",
          "[socketio][shutdown]") {
  shutdown_world s;
  s.io.of("/more");
  world_client one = s.join();
  world_client two = s.join();
  two.join("/more,");
  const auto closed = s.start(s.io.close(within(10s, 4s, "server closing")));
  CHECK(one.receive() == R"(2["server closing",4000])");
  const std::string first = two.receive();
  const std::string second = two.receive();
  CHECK(std::set<std::string>{first, second} ==
        std::set<std::string>{R"(2["server closing",4000])", R"(2/more,["server closing",4000])"});
  s.w.advance(20s);  // the end of it, and of the goodbyes that nobody answers
}

TEST_CASE("clients that leave at once are told of no time, also with a spread below zero", "[socketio][shutdown]") {
  for (const auto spread : {0ms, -5ms}) {
    shutdown_world s;
    world_client c = s.join();
    const auto closed = s.start(s.io.close(within(10s, spread, "bye")));
    CHECK(c.receive() == R"(2["bye",0])");
    CHECK(s.left == std::vector<std::string>{"server shutting down"});
  }
}

TEST_CASE("nobody comes in while the server parts from its clients", "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(27["wait"])");
  const auto closed = s.start(s.io.close(10s));
  memory_client peer = s.connect();
  const http_answer refused = peer.ask(get("/socket.io/?EIO=4&transport=polling"));
  CHECK(refused.status == 503);  // a proxy asks another server
  CHECK(refused.header("connection") == "close");
  s.let_go_on();
}

TEST_CASE("a CONNECT that comes while the server closes neither joins nor holds it up", "[socketio][shutdown]") {
  shutdown_world s;
  std::size_t joined = 0;
  s.io.of("/more").on_connection([&](cosio::socket) { ++joined; });
  std::vector<world_client> all;
  for (int i = 0; i < 3; ++i) all.push_back(s.join());
  all.push_back(s.open());  // it has joined nothing yet
  const auto closed = s.start(s.io.close(within(20s, 8s)));
  for (world_client& c : all) {
    CHECK_FALSE(c.join("/more,").starts_with('0'));
  }
  CHECK_FALSE(all.back().join().starts_with('0'));
  CHECK(joined == 0);
  CHECK(s.here.size() == 3);
  s.w.advance(8s);
  for (world_client& c : all) c.websocket().peer().close();
  s.w.settle();
  CHECK(*closed);
  CHECK(joined == 0);
  CHECK(s.io.engine().clients_count() == 0);
}

TEST_CASE("connection handlers that wait for the end of their client do not hold the server up",
          "[socketio][shutdown]") {
  timed_server s;
  std::vector<std::string> ended;
  s.io.on_connection([&](cosio::socket c) -> cosio::task<> {
    const cosio::reason why = co_await c.disconnected();
    ended.emplace_back(why.text());
  });
  world_client c = s.join();
  const auto closed = s.start(s.io.close(10s));
  CHECK(ended == std::vector<std::string>{"server shutting down"});
  CHECK(c.receive() == "(frame of type 8)");
  c.websocket().peer().close();
  s.w.settle();
  CHECK(*closed);
}

TEST_CASE("a server without clients closes at once, whatever the spread", "[socketio][shutdown]") {
  shutdown_world s;
  CHECK(*s.start(s.io.close(within(10s, 5s, "bye"))));
}

TEST_CASE("a server that closes in stages goes with its io_context, whatever it waits for", "[socketio][shutdown]") {
  const auto token = std::make_shared<int>();
  {
    shutdown_world s;
    s.io.on_connection([token](cosio::socket) {});
    world_client one = s.join();
    world_client two = s.join();
    SECTION("the next client's turn") {
      s.start(close_held(s.io, s.app, within(10s, 4s)));
      CHECK(s.left.size() == 1);
    }
    SECTION("a handler that runs") {
      two.send(R"(27["wait"])");
      s.start(close_held(s.io, s.app, within(10s)));
      CHECK(s.left.size() == 2);
      CHECK(two.receive() == "(nothing)");
      s.handlers.clear();
    }
    SECTION("a client that does not answer the goodbye") {
      s.start(close_held(s.io, s.app, within(10s)));
      CHECK(two.receive() == "(frame of type 8)");
    }
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("a server of its own that closes in stages goes with its last handle", "[socketio][shutdown]") {
  const auto token = std::make_shared<int>();
  mailbox<> left;
  {
    sio_server s;
    s.io.on_connection([token, &left](cosio::socket c) {
      c.on_disconnect([&left](cosio::reason why) { left.put(std::string(why.text())); });
    });
    const auto port = s.start();
    sio_client one(port);
    one.join();
    sio_client two(port);
    two.join();
    const auto closing = start(s.io.executor(), s.io.close(within(1h, 1h)));
    CHECK(left.take() == "server shutting down");
    s.stop();
  }
  CHECK(token.use_count() == 1);
}

// ---------------------------------------------------------------- clients on polling

namespace {

// Opens a session on polling. @return the target of its requests.
std::string open_polling(memory_client& client) {
  const std::string opened = client.ask(get("/socket.io/?EIO=4&transport=polling")).body;
  const auto at = opened.find("\"sid\":\"") + 7;
  return "/socket.io/?EIO=4&transport=polling&sid=" + opened.substr(at, opened.find('"', at) - at);
}

const std::string last_poll =
    "6\x1e"
    "1";

}  // namespace

TEST_CASE("a client that has only made its handshake holds no server up", "[socketio][shutdown]") {
  shutdown_world s;
  memory_client polling = s.connect();
  const std::string target = open_polling(polling);
  const auto closed = s.start(s.io.close(10s));
  CHECK(*closed);
  CHECK(s.io.engine().clients_count() == 0);
  CHECK(polling.ask(get(target)).status == 400);
}

TEST_CASE("a client between two polls has close_timeout to hear of the end", "[socketio][shutdown]") {
  shutdown_world s;
  memory_client polling = s.connect();
  const std::string target = open_polling(polling);
  const bool in_namespace = GENERATE(true, false);
  polling.ask(post(target, in_namespace ? "40" : "3"));
  CHECK(s.here.size() == (in_namespace ? 1U : 0U));
  if (in_namespace) CHECK(polling.ask(get(target)).body.starts_with("40"));
  const auto closed = s.start(s.io.close(20s));
  s.w.advance(4'999ms);
  CHECK_FALSE(*closed);
  SECTION("it asks") { CHECK(polling.ask(get(target)).body == last_poll); }
  SECTION("it has gone") { s.w.advance(1ms); }
  CHECK(*closed);
  CHECK(s.io.engine().clients_count() == 0);
}

TEST_CASE("a client on polling has more time to fetch what is queued, and then close_timeout", "[socketio][shutdown]") {
  shutdown_world s;
  memory_client polling = s.connect();
  const std::string target = open_polling(polling);
  polling.ask(post(target, "40"));
  REQUIRE(s.here.size() == 1);
  const auto closed = s.start(s.io.close(60s));
  s.w.advance(20s);
  CHECK_FALSE(*closed);
  CHECK(polling.ask(get(target)).body.starts_with("40"));
  s.w.advance(4'999ms);
  CHECK_FALSE(*closed);
  SECTION("it asks") { CHECK(polling.ask(get(target)).body == last_poll); }
  SECTION("it has gone") { s.w.advance(1ms); }
  CHECK(*closed);
}

TEST_CASE("a session that the application has closed before has no more time when the server closes",
          "[socketio][shutdown]") {
  shutdown_world s;
  memory_client polling = s.connect();
  const std::string target = open_polling(polling);
  polling.ask(post(target, "40"));
  REQUIRE(s.here.size() == 1);
  CHECK(polling.ask(get(target)).body.starts_with("40"));
  s.w.run(s.here[0].conn().close());
  CHECK(s.io.engine().clients_count() == 1);
  const auto closed = s.start(s.io.close(20s));
  s.w.advance(5s);
  CHECK(*closed);
}

// ---------------------------------------------------------------- answers, state, and the second call

TEST_CASE("a client that owes an answer when its turn comes is served until it has given it", "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(2["ask me"])");
  CHECK(c.receive() == R"(20["well?"])");
  const auto closed = s.start(s.io.close(10s));
  CHECK(s.left.empty());
  c.send(R"(21["quick"])");
  CHECK(c.receive() == R"(31["at once"])");
  SECTION("it answers") {
    c.send(R"(30["fine"])");
    CHECK(s.errors.empty());
  }
  SECTION("it owes more than one") {
    c.send(R"(2["ask me"])");
    CHECK(c.receive() == R"(21["well?"])");
    c.send(R"(30["fine"])");
    CHECK(s.left.empty());
    c.send(R"(31["fine"])");
    CHECK(s.errors.empty());
  }
  SECTION("it does not answer") {
    s.w.advance(999ms);
    CHECK(s.left.empty());
    s.w.advance(1ms);
    CHECK(s.errors.size() == 1);
  }
  CHECK(s.left == std::vector<std::string>{"server shutting down"});
  CHECK(c.receive() == "(frame of type 8)");
  c.websocket().peer().close();
  s.w.settle();
  CHECK(*closed);
}

TEST_CASE("a client that leaves while its answer is awaited holds nothing up", "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(2["ask me"])");
  const auto closed = s.start(s.io.close(10s));
  CHECK_FALSE(*closed);
  c.websocket().peer().close();
  s.w.settle();
  CHECK(s.left == std::vector<std::string>{"transport close"});
  CHECK(*closed);
}

TEST_CASE("an answer is awaited until the deadline at most, and not at all without a time for it",
          "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(2["ask me"])");
  close_options how(2s);
  SECTION("no time") {
    how.answer_time = 0ms;
    const auto closed = s.start(s.io.close(how));
    CHECK(s.left.size() == 1);
  }
  SECTION("less than no time") {
    how.answer_time = std::chrono::milliseconds::min();
    const auto closed = s.start(s.io.close(how));
    CHECK(s.left.size() == 1);
  }
  SECTION("more time than there is") {
    how.answer_time = std::chrono::milliseconds::max();
    const auto closed = s.start(s.io.close(how));
    s.w.advance(1'999ms);
    CHECK(s.left.empty());
    s.w.advance(1ms);
    CHECK(s.left.size() == 1);
  }
}

namespace {

// Keeps sessions when it is told to.
class slow_store final : public cosio::adapters::local_adapter {
 public:
  using waits = std::vector<std::shared_ptr<cosio::async::suspension>>;
  slow_store(cosio::adapter_host& host, std::shared_ptr<waits> keeping)
      : local_adapter(host), keeping_(std::move(keeping)) {}
  bool keeps_sessions() const noexcept override { return true; }
  cosio::task<> persist_session(cosio::session_record) override {
    auto hand_out = [this](std::shared_ptr<cosio::async::suspension> s) { keeping_->push_back(std::move(s)); };
    co_await cosio::async::suspend(std::move(hand_out));
  }
  cosio::task<std::shared_ptr<const cosio::session_record>> restore_session(std::string, std::string) override {
    co_return nullptr;
  }

 private:
  const std::shared_ptr<waits> keeping_;
};

cosio::options with_slow_store(const std::shared_ptr<slow_store::waits>& keeping) {
  cosio::options opts;
  opts.adapter = [keeping](cosio::adapter_host& host) -> std::shared_ptr<cosio::adapter> {
    return std::make_shared<slow_store>(host, keeping);
  };
  opts.connection_state_recovery.emplace();
  return opts;
}

}  // namespace

TEST_CASE("a client that may come back goes when its state is kept, or at the deadline", "[socketio][shutdown]") {
  const auto keeping = std::make_shared<slow_store::waits>();
  timed_server s(with_slow_store(keeping));
  world_client c = s.join();
  const auto closed = s.start(s.io.close(10s));
  REQUIRE(keeping->size() == 1);
  s.w.advance(5s);
  CHECK(c.receive() == "(nothing)");
  SECTION("it is kept") {
    keeping->front()->end();
    s.w.settle();
    CHECK(c.receive() == "(frame of type 8)");
    c.websocket().peer().close();
    s.w.settle();
    CHECK(*closed);
  }
  SECTION("it is not kept in time") {
    s.w.advance(5s);
    CHECK(c.receive() == "(frame of type 8)");
    c.websocket().peer().close();
    s.w.settle();
    CHECK(*closed);
    keeping->front()->end();
    s.w.settle();
  }
}

TEST_CASE("a server that closes at once keeps the state of clients that may come back first", "[socketio][shutdown]") {
  const auto keeping = std::make_shared<slow_store::waits>();
  timed_server s(with_slow_store(keeping));
  world_client c = s.join();
  const auto closed = s.start(s.io.close());
  REQUIRE(keeping->size() == 1);
  c.websocket().peer().close();
  s.w.advance(4'999ms);
  CHECK_FALSE(*closed);
  SECTION("it is kept") {
    keeping->front()->end();
    s.w.settle();
    CHECK(*closed);
  }
  SECTION("it is not kept within close_timeout") {
    s.w.advance(1ms);
    CHECK(*closed);
    keeping->front()->end();
    s.w.settle();
  }
}

TEST_CASE("a server that is closed twice ends its handlers and answers once", "[socketio][shutdown]") {
  shutdown_world s;
  world_client c = s.join();
  c.send(R"(27["wait"])");
  const auto one = s.start(s.io.close(10s));
  const auto two = s.start(s.io.close(within(20s, 5s)));
  s.w.advance(5s);
  CHECK_FALSE(*one);
  CHECK_FALSE(*two);
  s.let_go_on();
  CHECK(c.receive() == R"(37["done"])");
  CHECK(c.receive() == "(frame of type 8)");
  c.websocket().peer().close();
  s.w.settle();
  CHECK(*one);
  CHECK(*two);
  CHECK(s.left.size() == 1);
}

TEST_CASE("a handler may close its server", "[socketio][shutdown]") {
  shutdown_world s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("close", [&s](cosio::ack answer) -> cosio::task<> {
      auto closing = s.io.close(2s);
      co_await std::move(closing);
      co_await answer("too late");
    });
  });
  world_client c = s.join();
  c.send(R"(27["close"])");
  s.w.advance(1'999ms);  // it waits for itself
  CHECK(c.receive() == "(nothing)");
  s.w.advance(1ms);
  CHECK(c.receive() == "(frame of type 8)");
  c.websocket().peer().close();
  s.w.settle();
  CHECK(s.io.engine().clients_count() == 0);
}

TEST_CASE("a session that upgrades when the server closes ends like any other", "[socketio][shutdown]") {
  shutdown_world s;
  memory_client polling = s.connect();
  const auto opened = polling.ask(get("/socket.io/?EIO=4&transport=polling"));
  const auto at = opened.body.find("\"sid\":\"") + 7;
  const std::string sid = opened.body.substr(at, opened.body.find('"', at) - at);
  polling.ask(post("/socket.io/?EIO=4&transport=polling&sid=" + sid, "40"));
  memory_websocket probe(s.connect(), "/socket.io/?EIO=4&transport=websocket&sid=" + sid);
  probe.send_text("2probe");
  CHECK(probe.text() == "3probe");
  const auto closed = s.start(s.io.close(10s));
  probe.send_text("5");
  s.w.advance(10s);
  CHECK(probe.ended());
  CHECK(s.left.size() == 1);
  CHECK(s.io.engine().clients_count() == 0);
  s.w.advance(5s);
  CHECK(*closed);
}

TEST_CASE("a close that is cancelled leaves out the stages that have not begun", "[socketio][shutdown]") {
  shutdown_world s;
  std::vector<world_client> all;
  for (int i = 0; i < 2; ++i) all.push_back(s.join());
  boost::asio::cancellation_signal stop;
  std::exception_ptr thrown;
  auto done = [&](std::exception_ptr e) { thrown = e; };
  boost::asio::co_spawn(s.w.context(), s.io.close(within(20s, 10s)),
                        boost::asio::bind_cancellation_slot(stop.slot(), std::move(done)));
  s.w.settle();
  CHECK(s.left.size() == 1);
  stop.emit(boost::asio::cancellation_type::terminal);
  s.w.advance(20s);
  CHECK(thrown != nullptr);
  CHECK(s.left.size() == 1);
  std::size_t served = 0;
  for (world_client& c : all) {
    c.send(R"(21["quick"])");
    served += c.receive() == R"(31["at once"])" ? 1U : 0U;
  }
  CHECK(served == 1);
  memory_client late = s.connect();
  CHECK(late.ask(get("/socket.io/?EIO=4&transport=polling")).status == 503);
  const auto closed = s.start(s.io.close(0ms));
  s.w.advance(1ms);
  CHECK(*closed);
}

TEST_CASE("five thousand clients leave evenly, those that read nothing among them", "[socketio][shutdown]") {
  shutdown_world s;
  std::vector<world_client> all;
  for (int i = 0; i < 5'000; ++i) all.push_back(s.join());
  const auto closed = s.start(s.io.close(within(40s, 30s)));
  for (std::size_t second = 1; second <= 29; ++second) {
    s.w.advance(1s);
    const std::size_t due = 5'000 * second / 30;
    CHECK(s.left.size() >= due);
    CHECK(s.left.size() <= due + 2);
  }
  s.w.advance(1s);
  CHECK(s.left.size() == 5'000);
  CHECK_FALSE(*closed);
  s.w.advance(10s);
  CHECK(*closed);
}

TEST_CASE("a handshake that the application still looks at is refused when the server closes", "[socketio][shutdown]") {
  std::vector<std::shared_ptr<cosio::async::suspension>> looking;
  cosio::options opts;
  opts.allow_request = [&](cosio::http::request) -> cosio::task<bool> {
    auto hand_out = [&](std::shared_ptr<cosio::async::suspension> s) { looking.push_back(std::move(s)); };
    co_await cosio::async::suspend(std::move(hand_out));
    co_return true;
  };
  timed_server s(std::move(opts));
  memory_client polling = s.connect();
  polling.send(get("/socket.io/?EIO=4&transport=polling"));
  memory_client upgrading = s.connect();
  upgrading.send(get("/socket.io/?EIO=4&transport=websocket",
                     "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  s.w.settle();
  REQUIRE(looking.size() == 2);
  const auto closed = s.start(s.io.close(10s));
  CHECK(*closed);
  for (const auto& one : looking) one->end();
  s.w.settle();
  for (memory_client* c : {&polling, &upgrading}) {
    const auto answer = c->answer();
    REQUIRE(answer);
    CHECK(answer->status == 503);
    CHECK(answer->header("connection") == "close");
  }
  CHECK(s.io.engine().clients_count() == 0);
}
