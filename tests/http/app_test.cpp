// The application as its users hold it: routes, files, listening, closing.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/system_executor.hpp>

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/door.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

http::app_options on_loopback(unsigned threads = 0) {
  http::app_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.threads = threads;
  return options;
}

template <class F>
bool eventually(F done) {
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("an application that owns its port answers its routes until it is stopped", "[http][app]") {
  http::app app(on_loopback(2));
  app.get("/healthz", [](http::request) { return http::response(200, "ok"); });
  CHECK(app.port() == 0);
  const std::uint16_t port = app.listen();
  for (int round = 0; round < 2; ++round) {  // run() may be called again after stop()
    std::thread runner([&] { app.run(); });
    http_client client(port);
    const http_answer ok = client.ask(get("/healthz"));
    CHECK(ok.status == 200);
    CHECK(ok.body == "ok");
    CHECK(client.ask(get("/nothing")).status == 404);
    app.stop();
    runner.join();
  }
}

TEST_CASE("an application that is stopped before it runs returns at once, and runs the next time", "[http][app]") {
  http::app app(on_loopback(1));
  app.get("/", [](http::request) { return http::response(200, "ok"); });
  const std::uint16_t port = app.listen();
  app.stop();
  app.run();
  std::thread runner([&] { app.run(); });
  CHECK(http_client(port).ask(get("/")).body == "ok");
  app.stop();
  runner.join();
}

TEST_CASE("run opens the port when listen was not called", "[http][app]") {
  http::app app(on_loopback(1));
  app.get("/", [](http::request) { return http::response(200, "ok"); });
  std::thread runner([&] { app.run(); });
  while (!app.listening()) std::this_thread::yield();
  CHECK(http_client(app.port()).ask(get("/")).body == "ok");
  app.stop();
  runner.join();
}

TEST_CASE("run says where it listens when listen was not called, and listen says it at debug", "[http][app]") {
  const captured_log log;
  set_log_level(log_level::info);
  http::app app(on_loopback(1));
  std::thread runner([&] { app.run(); });
  CHECK(eventually([&] { return log.count(log_level::info, "listening on http://127.0.0.1:") == 1; }));
  CHECK(log.count(log_level::info, ":" + std::to_string(app.port()) + "/") == 1);
  app.stop();
  runner.join();

  set_log_level(log_level::debug);
  http::app_options everywhere = on_loopback(1);
  everywhere.host = "0.0.0.0";
  http::app other(everywhere);
  const std::uint16_t port = other.listen();
  CHECK(log.count(log_level::debug, "listening on http://localhost:" + std::to_string(port) +
                                        "/ and every other address of this machine") == 1);
  CHECK(log.count(log_level::info, "listening") == 1);
}

TEST_CASE("a sink may ask for the port when it is told of it", "[http][app]") {
  const captured_log restores_the_default;
  http::app app(on_loopback(1));
  std::uint16_t seen = 0;
  set_log_sink([&](log_level, std::string_view, std::string_view line) {
    if (line.starts_with("listening")) seen = app.port();
  });
  const std::uint16_t port = app.listen();
  CHECK(seen == port);
}

TEST_CASE("an application can live on its caller's io_context", "[http][app]") {
  boost::asio::io_context io;
  http::app app(io.get_executor(), on_loopback());
  app.get("/", [](http::request) { return http::response(200, "ok"); });
  CHECK(app.executor() == io.get_executor());
  const std::uint16_t port = app.listen();
  const background running(io);
  CHECK(http_client(port).ask(get("/")).body == "ok");
}

TEST_CASE("an executor of something else is refused", "[http][app]") {
  try {
    http::app app(boost::asio::any_io_executor(boost::asio::system_executor()), on_loopback());
    FAIL("a system_executor was accepted");
  } catch (const error& e) {
    CHECK(e.code() == errc::not_supported);
  }
}

TEST_CASE("listening twice is refused, after close it works again", "[http][app]") {
  door d(on_loopback());
  d.app.listen();
  CHECK(error_of([&] { d.app.listen(); }) == errc::already_running);
  for (int round = 0; round < 2; ++round) {
    d.w.run(d.app.close());
    CHECK_FALSE(d.app.listening());
    const std::uint16_t port = d.app.listen();
    const background running(d.w.context());
    CHECK(http_client(port).ask(get("/hello")).body == "hello");
  }
}

TEST_CASE("close waits for the answer under way and refuses new connections meanwhile", "[http][app]") {
  door d(on_loopback());
  const std::uint16_t port = d.app.listen();
  http_client busy(port);
  http_client idle(port);
  busy.send(get("/held/1"));
  REQUIRE(d.w.run_until([&] { return !d.held->asked.empty() && d.state->http_connections() == 2; }));
  std::optional<bool> closed;
  boost::asio::co_spawn(d.w.context(), d.app.close(), [&](std::exception_ptr e) { closed = !e; });
  REQUIRE(d.w.run_until([&] { return d.held->closed && d.state->http_connections() == 1; }));
  CHECK(idle.ends());
  CHECK_FALSE(closed);
  CHECK_THROWS(http_client(port));
  d.held->release("/held/1", http::response(200, "done"));
  d.w.settle();
  CHECK(busy.read_answer().body == "done");
  CHECK(busy.ends());
  busy.close();
  REQUIRE(d.w.run_until([&] { return closed.has_value(); }));
  CHECK(*closed);
}

TEST_CASE("close with a deadline cuts the connections that are still busy then", "[http][app]") {
  door d;
  memory_client busy = d.connect();
  memory_client slow = d.connect(100);
  d.app.get("/large", [](http::request) { return http::response(200, std::string(100'000, 'x')); });
  busy.send(get("/held/1"));
  std::string request = get("/large");
  const iovec piece{request.data(), request.size()};
  boost::system::error_code ec;
  REQUIRE(slow.stream().write_some({&piece, 1}, ec) == request.size());
  d.w.settle();
  std::optional<bool> closed;
  boost::asio::co_spawn(d.w.context(), d.app.close(5s), [&](std::exception_ptr e) { closed = !e; });
  d.w.advance(4'999ms);
  CHECK_FALSE(closed);
  CHECK(d.open() == 2);
  d.w.advance(1ms);
  REQUIRE(closed);
  CHECK(*closed);
  CHECK(d.open() == 0);
  CHECK(d.held->gone == std::vector<std::string>{"/held/1"});
  // Without work under way nobody waits.
  closed = std::nullopt;
  memory_client last = d.connect();
  boost::asio::co_spawn(d.w.context(), d.app.close(std::chrono::milliseconds::max()),
                        [&](std::exception_ptr e) { closed = !e; });
  d.w.settle();
  REQUIRE(closed);
  CHECK(last.ended());
}

TEST_CASE("the last handle gone, nothing listens any more and connections end", "[http][app]") {
  boost::asio::io_context io;
  std::optional<http::app> app;
  app.emplace(io.get_executor(), on_loopback());
  app->get("/", [](http::request) { return http::response(200, "ok"); });
  const std::uint16_t port = app->listen();
  const background running(io);
  http_client client(port);
  CHECK(client.ask(get("/")).body == "ok");
  app.reset();
  CHECK(client.ends());
  const auto refused = [&] {
    try {
      return http_client(port).ends();
    } catch (const std::exception&) {
      return true;
    }
  };
  while (!refused()) std::this_thread::yield();
}

TEST_CASE("an application that owns its threads can go while clients are connected", "[http][app]") {
  std::optional<http_client> client;
  {
    http::app app(on_loopback(2));
    app.get("/", [](http::request) { return http::response(200, "ok"); });
    const std::uint16_t port = app.listen();
    std::thread runner([&] { app.run(); });
    client.emplace(port);
    CHECK(client->ask(get("/")).body == "ok");
    client->send("GET /half HTTP/1.1\r\n");
    app.stop();
    runner.join();
  }
  CHECK(client->ends());
}

TEST_CASE("a handler outlives the handle it was registered with", "[http][app]") {
  door d;
  {
    const auto text = std::make_shared<std::string>("kept");
    d.app.get("/kept", [text](http::request) -> task<http::response> {
      co_await boost::asio::this_coro::executor;
      co_return http::response(200, *text);
    });
  }
  memory_client client = d.connect();
  CHECK(client.ask(get("/kept")).body == "kept");
}

TEST_CASE("many clients on several threads each get their own answers", "[http][app]") {
  http::app app(on_loopback(4));
  std::atomic<int> handled{0};
  app.post("/echo/:name", [&](http::request r) -> task<http::response> {
    co_await boost::asio::this_coro::executor;
    ++handled;
    co_return http::response(
        200, std::string(r.param("name")) + ":" + std::string(r.body()) + ":" + std::string(r.query("q").value_or("")));
  });
  const std::uint16_t port = app.listen();
  std::thread runner([&] { app.run(); });
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      const std::string name = std::to_string(c);
      http_client client(port);
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(i);
        client.send(post("/echo/" + name + "?q=%20", body) + post("/echo/" + name, body, "Expect: 100-continue\r\n"));
        right += client.read_answer().body == name + ":" + body + ": " ? 1 : 0;
        http_answer second = client.read_answer();
        if (second.status == 100) second = client.read_answer();
        right += second.body == name + ":" + body + ":" ? 1 : 0;
      }
    });
  }
  for (auto& client : clients) client.join();
  CHECK(right == 800);
  CHECK(handled == 800);
  app.stop();
  runner.join();
}

TEST_CASE("closing with many connections under way ends all of them", "[http][app]") {
  http::app app(on_loopback(3));
  app.get("/", [](http::request) { return http::response(200, "ok"); });
  const std::uint16_t port = app.listen();
  std::thread runner([&] { app.run(); });
  std::atomic<bool> go_on{true};
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] {
      while (go_on) {
        try {
          http_client client(port);
          for (int i = 0; i < 5; ++i) client.ask(get("/"));
        } catch (const std::exception&) {  // closed in between
        }
      }
    });
  }
  std::atomic<bool> closed{false};
  boost::asio::co_spawn(app.executor(), app.close(), [&](std::exception_ptr e) { closed = !e; });
  while (!closed) std::this_thread::yield();
  go_on = false;
  for (auto& client : clients) client.join();
  CHECK(app.internals()->http_connections() == 0);
  app.stop();
  runner.join();
}
