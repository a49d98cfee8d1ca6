// One client's Engine.IO life over real connections, packets in both directions: how a session closes.
// Rows of the edge-case checklist are named where they are tested.

#include "engine/session.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

TEST_CASE("polling: closing answers a held GET with a close packet", "[engine][session]") {  // edge 78
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  client.send(get(target));
  house.w.run(house.sessions[0].close());
  CHECK(client.answer().value().body == "1");
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "forced close");
  CHECK(client.ask(get(target)).body == unknown_sid);
}

TEST_CASE("polling: closing while no GET is held waits for the next one", "[engine][session]") {  // edge 79
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  house.w.run(house.sessions[0].close());
  CHECK_FALSE(house.sessions[0].open());
  CHECK(house.closed.empty());
  CHECK(client.ask(post(target, "4late")).body == "ok");  // while closing: read and ignored
  CHECK(house.messages.empty());
  const auto sent = house.w.run(house.sessions[0].send("too late"s));
  CHECK(sent.refused == 1);
  CHECK(client.ask(get(target)).body ==
        "6\x1e"
        "1");
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "forced close");
}

TEST_CASE("polling: a closing session that nobody polls ends after 30 seconds", "[engine][session]") {  // edge 79
  engine_world house(with_pings(1h, 1h));
  memory_client client = house.connect();
  house.open_polling(client);
  house.w.run(house.sessions[0].close());
  house.w.advance(29'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "forced close");
  CHECK(house.engine.clients_count() == 0);
}

TEST_CASE("polling: what is queued is delivered before the session closes", "[engine][session]") {  // edge 80
  engine_options settings = with_max_payload(100);
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  for (int i = 0; i < 3; ++i) house.w.run(house.sessions[0].send(std::string(60, static_cast<char>('a' + i))));
  house.w.run(house.sessions[0].close());
  CHECK(house.closed.empty());
  for (int i = 0; i < 3; ++i) CHECK(client.ask(get(target)).body == "4" + std::string(60, static_cast<char>('a' + i)));
  CHECK(house.closed.empty());
  CHECK(client.ask(get(target)).body ==
        "6\x1e"
        "1");
  CHECK(house.closed.size() == 1);
}

TEST_CASE("polling: what is sent just before closing is delivered, however much it is", "[engine][session]") {
  engine_world house(with_max_payload(100));
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  client.send(get(target));
  const engine_session s = house.sessions[0];
  boost::asio::post(s.internals()->get_strand(), [s] {  // in one turn: nothing is flushed in between
    for (int i = 0; i < 3; ++i) {
      const auto frame = engine::frame::text(wire::packet_type::message, std::string(60, static_cast<char>('a' + i)));
      s.internals()->send({&frame, 1});
    }
    s.internals()->close(reason::kind::forced_close, false);
  });
  CHECK(client.answer().value().body == "4" + std::string(60, 'a'));
  CHECK(client.ask(get(target)).body == "4" + std::string(60, 'b'));
  CHECK(client.ask(get(target)).body == "4" + std::string(60, 'c'));
  CHECK(client.ask(get(target)).body ==
        "6\x1e"
        "1");
  CHECK(house.closed.size() == 1);
}

TEST_CASE("WebSocket: closing sends what is queued, then a close frame without code", "[engine][session]") {
  echo_engine server;  // edge 80, 121
  websocket_client ws = open_websocket(server);
  const engine_session s = server.opened();
  for (int i = 0; i < 200; ++i) server.run(s.send(std::string(1000, 'x')));
  server.run(s.close());
  for (int i = 0; i < 200; ++i) CHECK(ws.text().size() == 1001);
  const auto last = ws.next();
  REQUIRE(last);
  CHECK(last->is_close());
  CHECK(last->payload.empty());
  CHECK(server.closed().text() == "forced close");
  CHECK(ws.ends());
}

TEST_CASE("a session that was closed is closed once", "[engine][session]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  for (int i = 0; i < 3; ++i) {
    house.w.run(s.close());
    house.w.run(s.close(true));
  }
  CHECK(house.closed.size() == 1);
  CHECK(house.engine.clients_count() == 0);
  CHECK_FALSE(s.open());
  CHECK(s.buffered() == 0);
  CHECK(house.w.run(s.send("after"s)).refused == 1);
}

TEST_CASE("the end of a session leaves a line in the log with its reason, and nothing tells its whole id",
          "[engine][session]") {
  const captured_log log;
  engine_options settings = with_pings(10s, 5s);
  settings.max_queued_bytes = settings.high_water_mark = 1000;
  engine_world house(settings);
  const auto ended = [&](std::string_view why) {
    const engine_session s = std::exchange(house.sessions, {}).at(0);
    CHECK_FALSE(s.open());
    CHECK(log.count(log_level::debug, "session " + s.id().substr(0, 6) + "…: closed, " + std::string(why)) == 1);
    CHECK(log.count(log_level::debug, s.id()) == 0);
  };
  const auto sent = [&](std::string_view packet, std::string_view why) {
    memory_websocket ws = house.websocket();
    ws.send_text(packet);
    ended(why);
  };
  sent("abc", "parse error: ");
  sent("1", "transport close: the client sent a close packet");
  sent("2", "transport error: invalid heartbeat direction");
  {
    memory_client slow = house.connect();
    house.open_polling(slow);
    const auto text = engine::frame::text(wire::packet_type::message, std::string(600, 'x'));
    for (int i = 0; i < 2; ++i) house.sessions[0].internals()->send({&text, 1});
    house.w.advance(5s);
    ended("slow consumer: more than max_queued_bytes would wait for this client");
  }
  {
    memory_websocket silent = house.websocket();
    house.w.advance(10s);
    house.w.advance(5s);
    ended("ping timeout");
  }
  {
    memory_websocket ws = house.websocket();
    house.w.run(house.sessions[0].close(true));
    ended("forced close");
  }
}

TEST_CASE("discarding on polling answers what can be answered at once", "[engine][session]") {  // edge 81
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  house.w.run(house.sessions[0].send("lost"s));
  house.w.run(house.sessions[0].close(true));
  REQUIRE(house.closed.size() == 1);
  CHECK(client.ask(get(target)).body == unknown_sid);
}

TEST_CASE("a client that vanished before its session is closed ends by ping timeout",
          "[engine][session]") {  // edge 126
  engine_world house(with_pings(10s, 5s));
  memory_websocket ws = house.websocket(direct, "", 1000);  // it takes a thousand bytes, then no more
  house.w.run(house.sessions[0].send(std::string(5000, 'x')));
  house.w.run(house.sessions[0].close());
  CHECK(house.closed.empty());
  house.w.advance(10s);
  house.w.advance(5s);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "ping timeout");
}

TEST_CASE("a client that reads slowly and answers its pings gets all that was sent before the close",
          "[engine][session]") {
  engine_options settings = with_pings(10s, 5s);
  settings.high_water_mark = 10'000'000;  // send() does not wait
  constexpr std::size_t each_second = 50'000;
  engine_world house(settings);
  memory_websocket ws = house.websocket(direct, "", each_second);
  CHECK(ws.text().starts_with("0{"));
  constexpr int frames = 20;
  for (int i = 0; i < frames; ++i) house.w.run(house.sessions[0].send(std::to_string(i) + std::string(100'000, 'x')));
  house.w.run(house.sessions[0].close());
  std::string received;
  int got = 0;
  int pings = 0;
  bool goodbye = false;
  for (int seconds = 0; seconds < 100 && !goodbye; ++seconds) {
    std::string some(each_second, '\0');
    boost::system::error_code ec;
    some.resize(ws.peer().stream().read_some(some, ec));
    received += some;
    while (const auto frame = take_frame(received)) {
      if (frame->payload == "2") {
        ++pings;
        ws.send_text("3");
      } else if (frame->payload.starts_with("4" + std::to_string(got) + "x")) {
        ++got;
      }
      goodbye = frame->is_close();
    }
    house.w.advance(1s);
  }
  CHECK(got == frames);
  CHECK(pings > 2);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "forced close");
  CHECK(goodbye);
}

TEST_CASE("polling: a closing session lasts as long as its client fetches what is queued", "[engine][session]") {
  engine_options settings = with_pings(1h, 1h);
  settings.max_payload = 100;
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  for (int i = 0; i < 5; ++i) house.w.run(house.sessions[0].send(std::string(60, static_cast<char>('a' + i))));
  house.w.run(house.sessions[0].close());
  for (int i = 0; i < 5; ++i) {
    house.w.advance(20s);
    CHECK(client.ask(get(target)).body == "4" + std::string(60, static_cast<char>('a' + i)));
  }
  house.w.advance(29'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  CHECK(house.closed.size() == 1);
}
