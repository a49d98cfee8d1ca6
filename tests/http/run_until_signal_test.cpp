// An application that serves until the process gets a signal.

#include <signal.h>
#include <boost/asio/io_context.hpp>

#include <cosio/http.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/http_client.hpp"
#include "support/mailbox.hpp"
#include "support/pause.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

http::app_options on_a_free_port() {
  http::app_options where;
  where.host = "127.0.0.1";
  where.port = 0;
  where.threads = 2;
  return where;
}

// An application that runs on a thread of its own, until signals end it.
class running_app {
 public:
  explicit running_app(std::chrono::milliseconds deadline = 10s, std::function<task<>()> goodbye = {})
      : running_app(http::app(on_a_free_port()), deadline, std::move(goodbye)) {}
  explicit running_app(http::app on, std::chrono::milliseconds deadline = 10s, std::function<task<>()> goodbye = {})
      : app(std::move(on)) {
    app.get("/hello", [](http::request) { return http::response(200, "hello"); });
    thread_ = std::thread([this, deadline, goodbye = std::move(goodbye)]() mutable {
      app.run_until_signal(deadline, std::move(goodbye));
      returned_.put(true);
    });
    while (app.port() == 0) std::this_thread::yield();  // signals count from before
  }
  running_app(const running_app&) = delete;
  running_app& operator=(const running_app&) = delete;
  ~running_app() {
    if (!thread_.joinable()) return;
    app.stop();
    thread_.join();
  }
  void wait_for_return() {
    returned_.take();
    thread_.join();
  }
  bool has_returned() const { return !returned_.empty(); }

  http::app app;

 private:
  mailbox<bool> returned_;
  std::thread thread_;
};

bool would_kill(int signal) {
  struct sigaction now{};
  sigaction(signal, nullptr, &now);
  return now.sa_handler == SIG_DFL;
}

}  // namespace

TEST_CASE("an application serves until a signal comes, then closes and returns", "[http][run_until_signal]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    CAPTURE(signal);
    running_app house;
    http_client client(house.app.port());
    CHECK(client.ask(get("/hello")).body == "hello");
    CHECK_FALSE(house.has_returned());
    std::raise(signal);
    house.wait_for_return();
    CHECK(client.ends());
    CHECK(house.app.port() == 0);
    CHECK(would_kill(SIGINT));
    CHECK(would_kill(SIGTERM));
  }
}

TEST_CASE("a goodbye runs before the port closes, and its exception does not keep the port open",
          "[http][run_until_signal]") {
  captured_log log;
  mailbox<std::uint16_t> port_then;
  http::app* app = nullptr;
  auto goodbye = [&]() -> task<> {
    port_then.put(app->port());
    throw std::runtime_error("my own mistake");
    co_return;
  };
  running_app house(10s, goodbye);
  app = &house.app;
  const std::uint16_t port = house.app.port();
  std::raise(SIGTERM);
  CHECK(port_then.take() == port);
  house.wait_for_return();
  CHECK(house.app.port() == 0);
  CHECK(log.count(log_level::error, "my own mistake") == 1);
}

TEST_CASE("a second signal ends the run at once, whatever is under way", "[http][run_until_signal]") {
  cosio::test::pause never;
  auto goodbye = [&]() -> task<> { co_await never.wait(); };
  running_app house(1h, goodbye);
  std::raise(SIGTERM);
  const auto waiting = never.arrival();
  CHECK_FALSE(house.has_returned());
  std::raise(SIGINT);
  house.wait_for_return();
}

TEST_CASE("a connection that is busy when a signal comes is cut at the deadline", "[http][run_until_signal]") {
  cosio::test::pause here;
  running_app house(50ms);
  house.app.get("/slow", [&here](http::request) -> task<http::response> {
    co_await here.wait();
    co_return http::response(200, "late");
  });
  http_client client(house.app.port());
  client.send(get("/slow"));
  const auto waiting = here.arrival();
  std::raise(SIGTERM);
  house.wait_for_return();
  CHECK(client.ends());
}

TEST_CASE("an application on an io_context of the caller's serves until a signal comes, again and again",
          "[http][run_until_signal]") {
  boost::asio::io_context context;
  const http::app app(context.get_executor(), on_a_free_port());
  for (int time = 1; time <= 3; ++time) {
    CAPTURE(time);
    running_app house(app);
    http_client client(app.port());
    CHECK(client.ask(get("/hello")).body == "hello");
    CHECK_FALSE(house.has_returned());
    std::raise(SIGTERM);
    house.wait_for_return();
    CHECK(client.ends());
    CHECK(app.port() == 0);
  }
}

TEST_CASE("a run until a signal is refused while another one, or the close that it has left behind, is not over",
          "[http][run_until_signal]") {
  cosio::test::pause here;
  boost::asio::io_context context;
  http::app app(context.get_executor(), on_a_free_port());
  const auto again = [&] { return error_of([&] { app.run_until_signal(); }); };
  {
    auto goodbye = [&here]() -> task<> { co_await here.wait(); };
    running_app house(app, 1h, goodbye);
    CHECK(again() == errc::already_running);
    std::raise(SIGTERM);
    const auto waiting = here.arrival();
    std::raise(SIGINT);
    house.wait_for_return();
    CHECK(app.listening());
    CHECK(again() == errc::already_running);
    waiting->end();
  }
  app.run();  // goes on with the close, which stops it
  CHECK_FALSE(app.listening());
  running_app house(app);
  std::raise(SIGTERM);
  house.wait_for_return();
}
