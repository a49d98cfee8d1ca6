// Handlers that stop with their client, and handlers that do not. Three of them are examples of docs/lifetimes.md.

#include "socketio/stopping.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cosio/cosio.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// ---------------------------------------------------------------- examples

// One handler from beginning to end: what it holds is let go where it ends.
cosio::task<> visit(cosio::socket user, std::function<void(std::string)> note) {
  co_await user.join("lobby");
  const cosio::reason why = co_await user.disconnected();
  note("left: " + std::string(why.text()));
}

// A clock for one client. Waits for a timer, that is: for something that knows nothing of the client.
cosio::task<> tick(cosio::socket user, std::chrono::milliseconds every) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  for (int i = 1;; ++i) {
    co_await user.emit("tick", i);
    timer.expires_after(every);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

void offer_clocks(const cosio::socket& user) {
  auto clock = [user](int every) { return tick(user, std::chrono::milliseconds(every)); };
  user.on("clock", std::move(clock), cosio::stops_with_client);
}

// Work that must be finished, whether the client is still there or not, needs no word: a handler runs on.
void offer_orders(const cosio::socket& user, std::function<cosio::task<>(std::string)> cook,
                  std::function<void(std::string)> note) {
  user.on("order", [user, cook, note](std::string dish) -> cosio::task<> {
    co_await cook(dish);  // takes a while
    const cosio::report told = co_await user.emit("ready", dish);
    if (told.refused > 0) note("nobody is here to eat it");
  });
}

// Says when a coroutine's frame goes.
class farewell {
 public:
  farewell(mailbox<>& to, std::string what) : to_(to), what_(std::move(what)) {}
  farewell(const farewell&) = delete;
  farewell& operator=(const farewell&) = delete;
  ~farewell() { to_.put(what_); }

 private:
  mailbox<>& to_;
  std::string what_;
};

cosio::task<> sleep_long(mailbox<>& said, std::string name) {
  const farewell last(said, name + " ended");
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, 1h);
  said.put(name + " waits");
  co_await timer.async_wait(boost::asio::use_awaitable);
  said.put("never");
}

}  // namespace

TEST_CASE("disconnected() returns when the client leaves, with the reason", "[socketio][stopping]") {
  mailbox<> said;
  sio_server s;
  s.io.on_connection(
      [&](cosio::socket user) { return visit(user, [&said](std::string line) { said.put(std::move(line)); }); });
  sio_client c(s.start());
  c.join();
  c.send("1");
  CHECK(said.take() == "left: client namespace disconnect");
}

TEST_CASE("a handler that stops with its client is cancelled where it waits, whatever Asio operation that is",
          "[socketio][stopping]") {
  mailbox<> said;
  sio_server s;
  s.io.on_connection([&](cosio::socket user) {
    offer_clocks(user);
    user.on("sleep", [&] { return sleep_long(said, "sleeper"); }, cosio::stops_with_client);
    user.on_error([&](cosio::socket_error wrong) { said.put("error: " + wrong.message()); });
  });
  s.io.on_error([&](cosio::socket, const cosio::socket_error& wrong) { said.put("error: " + wrong.message()); });
  const auto port = s.start();
  {
    sio_client c(port);
    c.join();
    c.send(R"(2["clock",1])");
    CHECK(c.receive() == R"(2["tick",1])");
    CHECK(c.receive() == R"(2["tick",2])");
    c.send(R"(2["sleep"])");
    CHECK(said.take() == "sleeper waits");
    c.drop();
  }
  CHECK(said.take() == "sleeper ended");
  // The session is gone, and with it the clock: nothing else is said, and nothing is an error.
  CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
  CHECK(said.empty());
}

TEST_CASE("a handler that does not stop with its client runs on, and emit says that nobody is there",
          "[socketio][stopping]") {
  mailbox<> kitchen;
  cosio::test::pause oven;
  const auto cook = [&](std::string dish) -> cosio::task<> {
    co_await oven.wait();
    kitchen.put(dish);
  };
  const auto note = [&](std::string line) { kitchen.put(std::move(line)); };
  sio_server s;
  s.io.on_connection([&](cosio::socket user) { offer_orders(user, cook, note); });
  sio_client c(s.start());
  c.join();
  c.send(R"(2["order","soup"])");
  const auto ready = oven.arrival();
  c.drop();
  CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
  ready->end();
  CHECK(kitchen.take() == "soup");
  CHECK(kitchen.take() == "nobody is here to eat it");
}

TEST_CASE("connection handlers, once and namespaces' handlers stop with their client too", "[socketio][stopping]") {
  mailbox<> said;
  sio_server s;
  s.io.on_connection([&](cosio::socket) { return sleep_long(said, "connection"); }, cosio::stops_with_client);
  s.io.on_connection([&](cosio::socket user) {
    user.once("now", [&] { return sleep_long(said, "once"); }, cosio::stops_with_client);
  });
  s.io.of(cosio::pattern("/child-{digits}"))
      .on_connection([&](cosio::socket) { return sleep_long(said, "child"); }, cosio::stops_with_client);
  sio_client c(s.start());
  c.join();
  CHECK(said.take() == "connection waits");
  c.join("/child-1");
  CHECK(said.take() == "child waits");
  c.send("1/child-1,");
  CHECK(said.take() == "child ended");
  c.send(R"(2["now"])");
  CHECK(said.take() == "once waits");
  c.send("1");
  std::vector<std::string> ends = {said.take(), said.take()};
  std::sort(ends.begin(), ends.end());
  CHECK(ends == std::vector<std::string>{"connection ended", "once ended"});
}

TEST_CASE("a handler that ends before its client has nothing to stop, what it throws is reported as always",
          "[socketio][stopping]") {
  mailbox<> said;
  sio_server s;
  s.io.on_connection([&](cosio::socket user) {
    user.on("double", [](int n) -> cosio::task<int> { co_return 2 * n; }, cosio::stops_with_client);
    user.on("plain", [](int n) { return n + 1; }, cosio::stops_with_client);
    user.on("fail", []() -> cosio::task<> { throw std::runtime_error("its own"); }, cosio::stops_with_client);
    user.on(
        "abort",
        []() -> cosio::task<> { throw boost::system::system_error(boost::asio::error::operation_aborted, "not ours"); },
        cosio::stops_with_client);
    user.on_error([&](cosio::socket_error wrong) { said.put(wrong.event() + ": " + wrong.message()); });
  });
  sio_client c(s.start());
  c.join();
  c.send(R"(21["double",4])");
  CHECK(c.receive() == "31[8]");
  c.send(R"(22["plain",4])");
  CHECK(c.receive() == "32[5]");
  c.send(R"(2["fail"])");
  CHECK(said.take() == "fail: its own");
  c.send(R"(2["abort"])");  // the client is still here: this is no end of it
  CHECK(said.take().starts_with("abort: not ours"));
}

TEST_CASE("a handler that disconnects its own client stops at its next co_await", "[socketio][stopping]") {
  mailbox<> said;
  sio_server s;
  s.io.on_connection([&](cosio::socket user) {
    auto quit = [user, &said]() -> cosio::task<> {
      const farewell last(said, "ended");
      co_await user.disconnect();
      said.put("still here");
      co_await user.join("x");
      said.put("never");
    };
    user.on("quit", quit, cosio::stops_with_client);
  });
  sio_client c(s.start());
  c.join();
  c.send(R"(2["quit"])");
  CHECK(c.receive() == "1");
  CHECK(said.take() == "still here");
  CHECK(said.take() == "ended");
  CHECK(said.empty());
}

TEST_CASE("what a handler awaits of its client ends at once with errc::disconnected, and is no error to anybody",
          "[socketio][stopping]") {
  captured_log log;
  mailbox<> said;
  mailbox<> ended;
  cosio::options opts = test_options();
  opts.high_water_mark = 1'000;
  sio_server s(opts);
  s.io.on_error([&](cosio::socket, const cosio::socket_error& wrong) { said.put("error: " + wrong.message()); });
  s.io.on_connection([&](cosio::socket user) {
    user.on("ask", [user, &said, &ended]() -> cosio::task<> {
      const farewell last(ended, "ask");
      said.put("asks");
      co_await user.emit_with_ack("question");
      said.put("never");
    });
    user.on("once", [user, &said, &ended]() -> cosio::task<> {
      const farewell last(ended, "once");
      said.put("listens");
      co_await user.once("login");
      said.put("never");
    });
    user.on("flood", [user, &said, &ended]() -> cosio::task<> {
      const farewell last(ended, "flood");
      const std::string much(100'000, 'x');
      said.put("floods");
      for (;;) {  // the client does not read: soon this waits for room
        const cosio::report sent = co_await user.emit("much", much);
        if (sent.refused > 0) co_return;
      }
    });
  });
  sio_settings polling;
  polling.over = sio_settings::transport::polling;  // without a GET nothing goes out
  sio_client c(s.start(), polling);
  c.join();
  c.send({R"(2["ask"])", R"(2["once"])", R"(2["flood"])"});
  for (const char* step : {"asks", "listens", "floods"}) CHECK(said.take() == step);
  const auto session = s.run(s.io.sockets().connected()).begin()->second.conn();
  s.run(session.close(true));
  std::vector<std::string> all = {ended.take(), ended.take(), ended.take()};
  std::sort(all.begin(), all.end());
  CHECK(all == std::vector<std::string>{"ask", "flood", "once"});
  CHECK(said.empty());
  CHECK(log.count(cosio::log_level::warn) + log.count(cosio::log_level::error) == 0);
}
