// Middleware of an engine, over real connections: what it sets, what it answers, what it refuses.

#include "engine/engine_middleware.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/pause.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

const std::string polling = "/engine.io/?EIO=4&transport=polling";
const std::string websocket = "/engine.io/?EIO=4&transport=websocket";

// Sets a header and lets the request pass.
task<> mark(http::request asked, http::response& head, next go) {
  head.set("X-Mark", asked.query("transport").value_or("none"));
  co_await go();
}

// Sends everybody away who does not know the word.
task<> guard(http::request asked, http::response& head, next go) {
  if (asked.query("word") == "please") {
    co_await go();
  } else {
    head.status(503);
    head.set("X-Guard", "1");
    head.body("say please");
  }
}

task<> stumble(http::request, http::response& head, next) {
  head.set("X-Before", "1");
  throw std::runtime_error("no such user in the table");
  co_return;
}

}  // namespace

// edge 53
TEST_CASE("headers of a middleware go out with every answer and with 101", "[engine][engine_middleware]") {
  echo_engine server({}, [](const engine_server& e) { e.use(mark); });
  polling_client client(server.port());
  CHECK(client.opened().header("x-mark") == "polling");
  CHECK(client.post("4a").header("x-mark") == "polling");
  CHECK(client.poll().header("x-mark") == "polling");
  http_client raw(server.port());
  const http_answer refused = raw.ask(get("/engine.io/?EIO=4"));
  CHECK(refused.body == R"({"code":0,"message":"Transport unknown"})");
  CHECK(refused.header("x-mark") == "none");
  websocket_client upgraded(server.port(), client.target("websocket"));
  CHECK(upgraded.accepted().header("x-mark") == "websocket");
  websocket_client direct(server.port(), websocket);
  CHECK(direct.accepted().header("x-mark") == "websocket");
  CHECK(direct.text().starts_with("0{"));
}

// edge 54
TEST_CASE("a middleware that does not call next() answers itself", "[engine][engine_middleware]") {
  echo_engine server({}, [](const engine_server& e) {
    e.use(mark);
    e.use(guard);
  });
  http_client client(server.port());
  const http_answer away = client.ask(get(polling));
  CHECK(away.status == 503);
  CHECK(away.body == "say please");
  CHECK(away.header("x-guard") == "1");
  CHECK(away.header("x-mark") == "polling");
  CHECK(client.ask(post(polling, "4a")).status == 503);  // the connection goes on
  CHECK(client.ask(get(polling + "&word=please")).status == 200);

  http_client upgrade(server.port());
  const http_answer closed = upgrade.ask(websocket_request(websocket));
  CHECK(closed.status == 503);
  CHECK(closed.header("connection") == "close");
  CHECK(upgrade.ends());
  const websocket_client welcome(server.port(), websocket + "&word=please");
  CHECK(welcome.accepted().status == 101);
  CHECK(server.engine().clients_count() == 2);
}

// edge 55
TEST_CASE("what a middleware throws refuses the request with code 3", "[engine][engine_middleware]") {
  const captured_log log;
  echo_engine server({}, [](const engine_server& e) { e.use(stumble); });
  http_client client(server.port());
  const http_answer refused = client.ask(get(polling));
  CHECK(refused.status == 400);
  CHECK(refused.body == R"({"code":3,"message":"Bad request"})");
  CHECK(refused.header("x-before") == "1");  // it was set before
  const connection_error told = server.refused();
  CHECK(told.code() == 3);
  CHECK(told.message() == "Bad request");
  CHECK(told.context() == "MIDDLEWARE_FAILURE");

  http_client upgrade(server.port());
  const http_answer closed = upgrade.ask(websocket_request(websocket));
  CHECK(closed.status == 400);
  CHECK(closed.body == "Bad request");
  CHECK(upgrade.ends());
  CHECK(server.refused().context() == "MIDDLEWARE_FAILURE");
  CHECK(log.count(log_level::error, "no such user in the table") == 2);
  CHECK(server.engine().clients_count() == 0);
}

// edge 56
TEST_CASE("middlewares run in the order of their registration, and see each other's headers",
          "[engine][engine_middleware]") {
  mailbox<std::string> steps;
  echo_engine server({}, [&](const engine_server& e) {
    for (const char* name : {"first", "second", "third"}) {
      e.use([&steps, name](http::request, http::response& head, next go) -> task<> {
        steps.put(std::string(name) + " in");
        head.set("X-Order", std::string(head.get("x-order")) + name + ";");
        co_await go();
        co_await go();  // a second call does nothing
        steps.put(std::string(name) + " out");
      });
    }
  });
  http_client client(server.port());
  CHECK(client.ask(get(polling)).header("x-order") == "first;second;third;");
  for (const char* step : {"first in", "second in", "third in", "third out", "second out", "first out"})
    CHECK(steps.take() == step);
  CHECK(steps.empty());
}

TEST_CASE("a middleware may wait, and no session is made before it is done", "[engine][engine_middleware]") {
  test::pause here;
  echo_engine server({}, [&](const engine_server& e) {
    e.use([&](http::request, http::response&, next go) -> task<> {
      co_await here.wait();
      co_await go();
    });
  });
  http_client client(server.port());
  client.send(get(polling));
  const auto waiting = here.arrival();
  CHECK(server.engine().clients_count() == 0);
  waiting->end();
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("what the engine says itself stands, cookies of both are sent, Vary is joined",
          "[engine][engine_middleware]") {
  engine_options settings;
  settings.cookie = cookie_options();
  settings.origins = {"http://a.example", "http://b.example"};
  echo_engine server(settings, [](const engine_server& e) {
    e.use([](http::request, http::response& head, next go) -> task<> {
      head.set("Content-Type", "image/png");
      head.set("cache-control", "public");
      head.set("Vary", "Cookie");
      head.add("Set-Cookie", "user=1");
      co_await go();
    });
  });
  http_client client(server.port());
  const http_answer opened = client.ask(get(polling, "Origin: http://a.example\r\n"));
  CHECK(opened.header("content-type") == "text/plain; charset=UTF-8");
  CHECK(opened.header("cache-control") == "no-store");
  CHECK(opened.header("vary") == "Origin, Cookie");
  std::vector<std::string> cookies;
  for (const auto& [name, value] : opened.headers)
    if (name == "Set-Cookie") cookies.push_back(value);
  REQUIRE(cookies.size() == 2);
  CHECK(cookies[0].starts_with("io="));
  CHECK(cookies[1] == "user=1");
}

TEST_CASE("preflight requests are answered before any middleware", "[engine][engine_middleware]") {
  engine_options settings;
  settings.origins = "*";
  echo_engine server(settings, [](const engine_server& e) { e.use(guard); });
  http_client client(server.port());
  CHECK(client.ask("OPTIONS " + polling + " HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n").status == 204);
  const http_answer away = client.ask(get(polling, "Origin: http://b\r\n"));
  CHECK(away.status == 503);
  CHECK(away.header("access-control-allow-origin") == "*");  // a page may read why
}

TEST_CASE("preflight requests go on to the middleware when the policy says so", "[engine][engine_middleware]") {
  engine_options settings;
  settings.origins = origin_policy("*").preflight_continue().methods({"GET", "POST"});
  const std::string preflight = "OPTIONS " + polling + " HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n";
  SECTION("a middleware answers") {
    echo_engine server(settings, [](const engine_server& e) { e.use(guard); });
    http_client client(server.port());
    const http_answer said = client.ask(preflight);
    CHECK(said.status == 503);
    CHECK(said.header("access-control-allow-origin") == "*");
    CHECK(said.header("access-control-allow-methods") == "GET,POST");
  }
  SECTION("nobody answers") {
    echo_engine server(settings);
    http_client client(server.port());
    const http_answer said = client.ask(preflight);
    CHECK(said.status == 400);  // a handshake is a GET
    CHECK(said.header("access-control-allow-methods") == "GET,POST");
  }
}

TEST_CASE("headers are added where the other side has none", "[engine][engine_middleware]") {
  http::response to(200, "body", "text/plain");
  to.set("Vary", "Origin");
  http::response from;
  from.set("content-type", "image/png").set("Vary", "Cookie").set("X-One", "1").add("X-Two", "a").add("X-Two", "b");
  engine::add_headers(to, from);
  CHECK(to.get("content-type") == "text/plain");
  CHECK(to.get("vary") == "Origin, Cookie");
  CHECK(to.get("x-one") == "1");
  std::size_t two = 0;
  for (const auto& [name, value] : to.headers()) two += name == "X-Two" ? 1U : 0U;
  CHECK(two == 2);
}
