// One client's Engine.IO life over real connections, packets in both directions and the reasons of ends: heartbeats.
// Rows of the edge-case checklist are named where they are tested.

#include "engine/session.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/suspension.hpp"
#include "engine/engine_world.hpp"
#include "engine/session_helpers.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// Handlers of messages that run until they are let go: the input of a client that says much is not read meanwhile.
struct busy_world : engine_world {
  explicit busy_world(engine_options settings) : engine_world(with_one_handler(std::move(settings))) {
    engine.on_connection([this](engine_session s) {
      s.on_message([this](message m) -> task<> {
        auto wait = [this](std::shared_ptr<async::suspension> one) { running.push_back(std::move(one)); };
        co_await async::wait(std::move(wait));
        messages.push_back(m.text());
      });
    });
  }
  static engine_options with_one_handler(engine_options settings) {
    settings.max_handlers_in_flight = 1;
    settings.max_held_bytes = 1'000;
    return settings;
  }
  // Two messages: a handler runs for the first, and the second one waits, and is too much.
  static std::vector<std::string> much() { return {"4first", "4" + std::string(2'000, 'x')}; }
  void let_go() {
    while (!running.empty()) {
      for (const auto& one : std::exchange(running, {})) one->end();
      w.settle();
    }
  }

  std::vector<std::shared_ptr<async::suspension>> running;
};

// All handlers of this client wait for it.
struct waiting_handler final : engine::session_handler {
  void on_text(std::string_view) override {}
  void on_binary(binary) override {}
  void on_input_end() override {}
  bool waits_for_client(std::size_t) const noexcept override { return true; }
  void on_close(const reason& why) override { closed = why; }

  std::optional<reason> closed;
};

}  // namespace

TEST_CASE("the server pings after an interval, and again an interval after each pong",
          "[engine][session]") {  // edge 122
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  for (int round = 0; round < 4; ++round) {
    house.w.advance(24'999ms);
    CHECK_FALSE(ws.next());
    house.w.advance(1ms);
    CHECK(ws.text() == "2");
    ws.send_text("3");
  }
  CHECK(house.closed.empty());
}

TEST_CASE("an interval shorter than the timeout is kept, too", "[engine][session]") {  // edge 122
  engine_world house(with_pings(1s, 20s));
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  for (int round = 0; round < 4; ++round) {
    house.w.advance(1s);
    CHECK(ws.text() == "2");
    ws.send_text("3");
  }
}

TEST_CASE("a session without a pong ends at interval and timeout", "[engine][session]") {  // edge 123
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  gets.send(get(target));
  house.w.advance(25s);
  CHECK(gets.answer().value().body == "2");
  gets.send(get(target));
  house.w.advance(19'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  REQUIRE(house.closed.size() == 2);
  for (const auto& why : house.closed) CHECK(why.text() == "ping timeout");
  CHECK(gets.answer().value().body == "1");  // edge 125
  CHECK(gets.ask(get(target)).body == unknown_sid);
  CHECK(ws.text().starts_with("0{"));
  CHECK(ws.text() == "2");
  CHECK(ws.next().value().is_close());
}

TEST_CASE("another packet while a pong is due extends the time, once", "[engine][session]") {  // edge 124
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  house.w.advance(25s);
  house.w.advance(15s);
  ws.send_text("4still here");
  house.w.advance(10s);
  ws.send_text("4still here");
  CHECK(house.closed.empty());
  house.w.advance(9'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  CHECK(house.closed.size() == 1);
}

TEST_CASE("a client whose input is not read may stay as long as it takes what is sent", "[engine][session]") {
  engine_options settings = with_pings(25s, 20s);
  settings.ping_timeout_eio3 = 60s;
  busy_world house(settings);
  memory_websocket ws = house.websocket();
  memory_websocket old = house.websocket("/engine.io/?EIO=3&transport=websocket");
  house.w.advance(1s);
  CHECK(ws.text().starts_with("0{"));
  CHECK(old.text().starts_with("0{"));
  for (memory_websocket* client : {&ws, &old})
    for (const std::string& packet : busy_world::much()) client->send_text(packet);
  ws.send_text("4still here");
  CHECK(house.running.size() == 2);
  house.w.advance(24s);
  CHECK(ws.text() == "2");
  for (int round = 0; round < 5; ++round) {
    house.w.advance(20s);
    CHECK(ws.text() == "2");
  }
  CHECK(old.next().value().op == 0x9);  // a client of revision 3 is not pinged, but its WebSocket can be
  house.w.advance(400s);
  CHECK(house.closed.empty());
  CHECK(house.messages.empty());
  house.let_go();
  CHECK(house.messages.size() == 5);
  CHECK(house.messages.back() == "still here");
}

TEST_CASE("a client whose input is not read and who takes nothing has left", "[engine][session]") {
  engine_options settings = with_pings(25s, 20s);
  settings.first_request_timeout = 0s;
  settings.ping_timeout_eio3 = 60s;
  busy_world house(settings);
  memory_client gets = house.connect();
  const bool is_v4 = GENERATE(true, false);
  CAPTURE(is_v4);
  const std::string target = house.open_polling(gets, is_v4 ? "EIO=4" : "EIO=3");
  for (const std::string& packet : busy_world::much())
    gets.send(post(target, is_v4 ? packet : std::to_string(packet.size()) + ":" + packet));
  CHECK(house.sessions.at(0).internals()->held_bytes() > 2'000);
  for (int minute = 0; minute < 5 && house.closed.empty(); ++minute) house.w.advance(60s);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "ping timeout");
}

TEST_CASE("a client has its time for a pong again when reading continues", "[engine][session]") {
  const bool answers = GENERATE(true, false);
  CAPTURE(answers);
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  const auto s = house.sessions.at(0).internals();
  s->pause_input(true);
  house.w.advance(25s);
  CHECK(ws.text() == "2");
  house.w.advance(19'999ms);
  s->pause_input(false);  // the pong may lie behind much that is read only now
  house.w.advance(1ms);
  CHECK(ws.text() == "2");
  house.w.advance(19'999ms);
  CHECK(house.closed.empty());
  if (answers) ws.send_text("3");
  house.w.advance(1ms);
  CHECK(house.closed.empty() == answers);
}

TEST_CASE("pings go on while reading pauses again and again, for the client expects them", "[engine][session]") {
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  const auto s = house.sessions.at(0).internals();
  house.w.advance(25s);
  CHECK(ws.text() == "2");
  for (int round = 0; round < 10; ++round) {
    s->pause_input(true);
    house.w.advance(10s);
    CHECK_FALSE(ws.next());
    s->pause_input(false);
    house.w.advance(10s);
    CHECK(ws.text() == "2");
  }
  CHECK(house.closed.empty());
}

TEST_CASE("a client that all handlers wait for stays while one of them ends in each time for a pong",
          "[engine][session]") {
  engine_options settings = with_pings(25s, 20s);
  settings.max_held_bytes = 1'000;
  engine_world house(settings);
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  const auto s = house.sessions.at(0).internals();
  const auto above = std::make_shared<waiting_handler>();
  s->handler(above);
  s->input_held(20'000, 0);
  CHECK(s->input_paused());
  house.w.advance(25s);
  CHECK(ws.text() == "2");
  for (std::size_t round = 1; round <= 5; ++round) {
    s->input_held(20'000 - round, 0);
    house.w.advance(20s);
    CHECK(ws.text() == "2");
  }
  CHECK_FALSE(above->closed);
  house.w.advance(20s);
  REQUIRE(above->closed);
  CHECK(above->closed->text() == "ping timeout");
}

TEST_CASE("a WebSocket whose input is not read and that was lost is noticed", "[engine][session]") {
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  house.sessions.at(0).internals()->pause_input(true);
  if (GENERATE(true, false)) {
    ws.peer().close();
  } else {
    ws.peer().shutdown_send();
  }
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport close");
}

TEST_CASE("input that came while reading paused is read when it continues", "[engine][session]") {
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  for (int round = 0; round < 3; ++round) {
    house.sessions.at(0).internals()->pause_input(true);
    ws.send_text("4hello");
    CHECK(house.messages.empty());
    house.sessions.at(0).internals()->pause_input(false);
    house.w.settle();
    CHECK(house.messages == std::vector<std::string>{"hello"});
    house.messages.clear();
  }
}

TEST_CASE("heartbeats over real connections: ping, pong, and the end of those who do not answer", "[engine][session]") {
  echo_engine server(with_pings(20ms, 300ms));  // edge 122, 123
  websocket_client ws = open_websocket(server);
  polling_client polling(server.port());
  for (int round = 0; round < 3; ++round) {
    CHECK(ws.text() == "2");
    ws.send_text("3");
    CHECK(polling.poll().body == "2");
    CHECK(polling.post("3").body == "ok");
  }
  CHECK(server.nobody_closed());
  CHECK(ws.text() == "2");
  CHECK(ws.close_code() == 1005);
  CHECK(server.closed().text() == "ping timeout");
  CHECK(server.closed().text() == "ping timeout");
  CHECK(polling.poll().body == unknown_sid);
}

TEST_CASE("a hundred large messages right after the opening do not disturb the heartbeat",
          "[engine][session]") {  // edge 129
  echo_engine server(with_pings(50ms, 5s), [](const engine_server& e) {
    e.on_connection([](engine_session s) {
      const auto frame = engine::frame::text(wire::packet_type::message, std::string(100'000, 'x'));
      for (int i = 0; i < 100; ++i) s.internals()->send({&frame, 1});
    });
  });
  websocket_client ws = open_websocket(server);
  std::size_t large = 0;
  std::size_t pings = 0;
  while (large < 100 || pings < 2) {
    const std::string packet = ws.text();
    if (packet == "2") {
      ++pings;
      ws.send_text("3");
    } else {
      ++large;
    }
  }
  CHECK(large == 100);
  CHECK(server.nobody_closed());
}
