// Handlers of an engine in both forms: plain functions and coroutines.

#include <cosio/engine.hpp>
#include <cosio/middleware.hpp>
#include <cosio/server.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/halt.hpp"
#include "support/pause.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::string_literals;

namespace {

const std::string polling_handshake = "/engine.io/?EIO=4&transport=polling";

// A call that is over has no arguments any more: a reference to one of them refers to nothing afterwards.
task<> wait_a_turn() {
  const auto here = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(here, boost::asio::use_awaitable);
}

}  // namespace

TEST_CASE("a coroutine as connection hook runs before the first message is read, and may wait", "[engine][hooks]") {
  engine_world house;
  house.engine.on_connection([](engine_session s) -> task<> {
    co_await s.send("hi"s);
    const bool sent = co_await s.drained();
    const std::string next = sent ? "again" : "never";
    co_await s.send(next);
  });
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  CHECK(ws.text() == "4hi");
  CHECK(ws.text() == "4again");
}

TEST_CASE("a coroutine as connection hook works on the engine of a Socket.IO server", "[engine][hooks]") {
  world w;
  const auto state = std::make_shared<http::app::state>(w.take_runtime(), http::app_options());
  http::app app(state);
  const server io(app);
  io.engine().on_connection([](cosio::engine_session s) -> cosio::task<> { co_await s.send("hi"); });
  async::memory_streams pair;
  state->serve(std::move(pair.near));
  memory_websocket ws(memory_client(w, std::move(pair.far)), "/socket.io/?EIO=4&transport=websocket");
  CHECK(ws.text().starts_with("0{"));
  CHECK(ws.text() == "4hi");
}

TEST_CASE("coroutines are told of an upgrade and of the end of a session, and own what they are told",
          "[engine][hooks]") {
  engine_world house;
  std::vector<std::string> told;
  memory_client polling = house.connect();
  const std::string target = house.open_polling(polling);
  house.sessions[0].on_upgrade([&]() -> task<> {
    told.emplace_back("upgraded");
    co_return;
  });
  house.sessions[0].on_close([&](const reason& why) -> task<> {
    co_await wait_a_turn();
    told.emplace_back(why.text());
  });
  house.w.settle();
  memory_websocket ws = house.websocket("/engine.io/?EIO=4&transport=websocket" + target.substr(target.find("&sid=")));
  ws.send_text("2probe");
  ws.send_text("5");
  CHECK(told == std::vector<std::string>{"upgraded"});
  ws.send_text("1");
  house.w.settle();
  CHECK(told == std::vector<std::string>{"upgraded", "transport close"});
}

TEST_CASE("a coroutine is told of refused handshakes, and owns the error while it waits", "[engine][hooks]") {
  engine_world house;
  std::vector<std::string> told;
  house.engine.on_connection_error([&](const connection_error& why) -> task<> {
    co_await wait_a_turn();
    told.push_back(why.message());
  });
  memory_client client = house.connect();
  CHECK(client.ask(get("/engine.io/?EIO=4&transport=nothing")).status == 400);
  house.w.settle();
  CHECK(told == std::vector<std::string>{"Transport unknown"});
}

TEST_CASE("of coroutines for refused requests 256 run at once, and the log is told of one that is not started",
          "[engine][hooks]") {
  const captured_log log;
  halt here;
  engine_world house;
  house.engine.on_connection_error([&here](const connection_error&) { return here.wait(); });
  memory_client client = house.connect();
  const auto be_refused = [&client] { return client.ask(get("/engine.io/?EIO=4&transport=nothing")).status == 400; };
  int refused = 0;
  for (int i = 0; i < 258; ++i) refused += be_refused() ? 1 : 0;
  CHECK(refused == 258);
  CHECK(here.size() == 256);
  CHECK(log.count(log_level::warn, "on_connection_error: 256 coroutines run") == 2);
  here.let_go(house.w);
  CHECK(be_refused());
  CHECK(here.size() == 1);
  here.let_go(house.w);
}

TEST_CASE("what the coroutine of a hook throws is logged, and harms nobody", "[engine][hooks]") {
  const captured_log log;
  engine_world house;
  house.engine.on_connection([](engine_session) -> task<> {
    throw std::runtime_error("no such table");
    co_return;
  });
  memory_websocket ws = house.websocket();
  ws.send_text("4still here");
  CHECK(house.messages == std::vector<std::string>{"still here"});
  CHECK(log.count(log_level::error, "no such table") == 1);
}

TEST_CASE("a plain function takes the messages of a session", "[engine][hooks]") {
  const captured_log log;
  engine_world house;
  memory_websocket ws = house.websocket();
  std::vector<std::string> got;
  house.sessions[0].on_message([&](const message& m) {
    got.push_back(m.text());
    if (m.text() == "b") throw std::runtime_error("no b, please");
  });
  house.w.settle();
  ws.send(text_frame("4a") + text_frame("4b") + text_frame("4c"));
  CHECK(got == std::vector<std::string>{"a", "b", "c"});
  CHECK(log.count(log_level::error, "no b, please") == 1);
}

TEST_CASE("a coroutine that takes a message by reference may wait: the message is kept", "[engine][hooks]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  std::vector<std::string> got;
  house.sessions[0].on_message([&](const message& m) -> task<> {
    co_await wait_a_turn();
    got.push_back(m.text());
  });
  house.w.settle();
  ws.send_text("4" + std::string(100, 'x'));
  house.w.settle();
  CHECK(got == std::vector<std::string>{std::string(100, 'x')});
}

TEST_CASE("middleware of an engine without next() lets the request go on when it returns", "[engine][hooks]") {
  const captured_log log;
  echo_engine server({}, [](const engine_server& e) {
    e.use([](http::request asked, http::response& head) {
      if (asked.query("word") == "no") throw std::runtime_error("a word was said");
      head.set("X-First", "plain");
    });
    e.use([](http::request, http::response& head) -> task<> {
      head.set("X-Second", "coroutine");
      co_return;
    });
  });
  http_client client(server.port());
  const http_answer in = client.ask(get(polling_handshake));
  CHECK(in.status == 200);
  CHECK(in.header("x-first") == "plain");
  CHECK(in.header("x-second") == "coroutine");
  CHECK(client.ask(get(polling_handshake + "&word=no")).status == 400);
  CHECK(server.refused().context() == "MIDDLEWARE_FAILURE");
  CHECK(log.count(log_level::error, "a word was said") == 1);
}

TEST_CASE("plain functions decide about handshakes and pages, and make session ids", "[engine][hooks]") {
  engine_options settings;
  settings.allow_request = [](http::request asked) {
    if (asked.query("word") == "why") throw refusal("you know why");
    return asked.query("word") != "no";
  };
  settings.origins = [](std::string origin, http::request) { return origin != "http://bad.example"; };
  echo_engine server(settings, [](const engine_server& e) {
    e.generate_id([](http::request asked) { return "id-" + std::string(asked.query("name").value_or("")); });
  });
  http_client client(server.port());
  CHECK(text_member(client.ask(get(polling_handshake + "&name=1")).body, "sid") == "id-1");
  CHECK(client.ask(get(polling_handshake + "&word=no")).status == 403);
  CHECK(client.ask(get(polling_handshake + "&word=why")).body == R"({"code":4,"message":"you know why"})");
  CHECK(client.ask(get(polling_handshake, "Origin: http://bad.example\r\n")).status == 403);
}
