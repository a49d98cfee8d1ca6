// Work of the application that ends with its server or its socket: server::spawn() and socket::spawn().

#include "socketio/background.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cosio/cosio.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "socketio/timed_server.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/visit.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using counter = std::shared_ptr<std::size_t>;

// Waits for a timer that nobody will see the end of.
cosio::task<> sleep_long(counter running) {
  const visit here(std::move(running));
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, 1h);
  co_await timer.async_wait(asio::use_awaitable);
}

// Waits for something that no cancellation ends.
cosio::task<> hold_out(counter running, cosio::test::pause& here) {
  const visit inside(std::move(running));
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await here.wait();
}

// Ends its wait when it is cancelled, and then has something left to do that could be cancelled, too.
cosio::task<> clean_up(cosio::test::pause& here, bool& is_clean) {
  try {
    co_await sleep_long(std::make_shared<std::size_t>(0));
  } catch (const boost::system::system_error&) {  // cancelled
    is_clean = false;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await here.wait();
  is_clean = true;
}

cosio::task<> fail_at_once(std::string words) {
  throw std::runtime_error(words);
  co_return;
}

}  // namespace

TEST_CASE("close() cancels background work where it waits, and returns when it has ended", "[socketio][background]") {
  captured_log log;
  timed_server house;
  const auto running = std::make_shared<std::size_t>(0);
  house.io.spawn(sleep_long(running));
  house.io.spawn(sleep_long(running));
  house.w.settle();
  CHECK(*running == 2);
  const auto closed = house.start(house.io.close());
  CHECK(*closed);
  CHECK(*running == 0);
  CHECK(log.count(cosio::log_level::error) + log.count(cosio::log_level::warn) == 0);
}

TEST_CASE("close() waits for background work that has something left to do, but not beyond its deadline",
          "[socketio][background]") {
  timed_server house;
  const auto running = std::make_shared<std::size_t>(0);
  cosio::test::pause here;
  house.io.spawn(hold_out(running, here));
  house.w.settle();
  const auto closed = house.start(house.io.close(5s));
  house.w.advance(4'900ms);
  CHECK_FALSE(*closed);
  house.w.advance(200ms);
  CHECK(*closed);
  CHECK(*running == 1);
  here.go();
  house.w.settle();
  CHECK(*running == 0);
}

TEST_CASE("a close() without a deadline waits as long as background work needs", "[socketio][background]") {
  timed_server house;
  const auto running = std::make_shared<std::size_t>(0);
  cosio::test::pause here;
  house.io.spawn(hold_out(running, here));
  house.w.settle();
  const auto closed = house.start(house.io.close());
  house.w.advance(1min);
  CHECK_FALSE(*closed);
  here.go();
  house.w.settle();
  CHECK(*closed);
}

TEST_CASE("a close() in stages cancels background work once, which may clean up behind that",
          "[socketio][background]") {
  timed_server house;
  bool is_clean = false;
  cosio::test::pause here;
  house.io.spawn(clean_up(here, is_clean));
  house.w.settle();
  const auto closed = house.start(house.io.close(5s));
  CHECK_FALSE(*closed);
  here.go();
  house.w.settle();
  CHECK(*closed);
  CHECK(is_clean);
}

TEST_CASE("background work begins after spawn() has returned, and is cancelled although it has not begun",
          "[socketio][background]") {
  timed_server house;
  bool has_begun = false;
  bool began_inside = false;
  const auto running = std::make_shared<std::size_t>(0);
  auto work = [&]() -> cosio::task<> {
    has_begun = true;
    co_return;
  };
  auto caller = [&]() -> cosio::task<> {
    house.io.spawn(work());
    began_inside = has_begun;
    house.io.spawn(sleep_long(running));
    co_await house.io.close();
  };
  const auto ended = house.start(caller());
  CHECK_FALSE(began_inside);
  CHECK(has_begun);
  CHECK(*ended);
  CHECK(*running == 0);
}

TEST_CASE("a closed server refuses background work until it listens again", "[socketio][background]") {
  sio_server s;
  s.start();
  s.run(s.io.close());
  const auto running = std::make_shared<std::size_t>(0);
  CHECK(error_of([&] { s.io.spawn(sleep_long(running)); }) == cosio::errc::cancelled);
  s.io.listen();
  mailbox<> said;
  auto work = [&said]() -> cosio::task<> {
    said.put("here");
    co_return;
  };
  s.io.spawn(work());
  CHECK(said.take() == "here");
}

TEST_CASE("what background work throws is logged, and the rest goes on", "[socketio][background]") {
  captured_log log;
  timed_server house;
  const auto running = std::make_shared<std::size_t>(0);
  house.io.spawn(sleep_long(running));
  house.io.spawn(fail_at_once("my own mistake"));
  house.w.settle();
  CHECK(log.count(cosio::log_level::error, "my own mistake") == 1);
  CHECK(*running == 1);
}

TEST_CASE("background work may close its own server, and is not cancelled by that", "[socketio][background]") {
  timed_server house;
  const auto running = std::make_shared<std::size_t>(0);
  bool ended = false;
  auto work = [&]() -> cosio::task<> {
    co_await house.io.close();
    ended = true;
  };
  house.io.spawn(sleep_long(running));
  house.io.spawn(work());
  house.w.settle();
  CHECK(ended);
  CHECK(*running == 0);
}

TEST_CASE("background work goes with a server that is destroyed without close()", "[socketio][background]") {
  const auto running = std::make_shared<std::size_t>(0);
  mailbox<> said;
  auto work = [&]() -> cosio::task<> {  // lives longer than the server, whose thread may still be in it
    said.put("here");
    co_await sleep_long(running);
  };
  {
    sio_server s;
    s.start();
    s.io.spawn(work());
    said.take();
  }
  CHECK(*running == 0);
}

TEST_CASE("work of a socket is cancelled when the socket leaves, and its exception goes to on_error",
          "[socketio][background]") {
  timed_server house;
  const auto running = std::make_shared<std::size_t>(0);
  std::optional<cosio::socket> user;
  std::string wrong;
  captured_log log;
  house.io.on_error([&](cosio::socket, const cosio::socket_error& e) { wrong = e.event() + "|" + e.message(); });
  house.io.on_connection([&](cosio::socket c) {
    user = c;
    c.spawn(sleep_long(running));
  });
  world_client peer = house.join();
  CHECK(*running == 1);
  user->spawn(fail_at_once("my own mistake"));
  house.w.settle();
  CHECK(wrong == "|my own mistake");
  CHECK(log.count(cosio::log_level::warn, ", in work that was started with spawn(): my own mistake") == 1);
  peer.send("1");
  CHECK(*running == 0);
  user->spawn(sleep_long(running));
  house.w.settle();
  CHECK(*running == 0);
}
