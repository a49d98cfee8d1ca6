// One client's Engine.IO life over real connections, packets in both directions and the reasons of ends: WebSocket.
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

TEST_CASE("WebSocket: messages come back as they went", "[engine][session]") {
  echo_engine server;
  websocket_client ws = open_websocket(server);
  for (const std::string& text :
       {"4hello"s, "4"s, "4€ und 😀"s, "4a\0b"s, "4" + std::string(125, 'x'), "4" + std::string(70'000, 'y')}) {
    ws.send_text(text);
    CHECK(ws.text() == text);
  }
  for (const std::string& bytes : {"\x01\x02\x03\x04"s, ""s, "\0\xFF"s, std::string(70'000, '\xFE')}) {
    ws.send_binary(bytes);
    CHECK(ws.binary() == bytes);
  }
  ws.send_text("bAQIDBA==");  // edge 115
  CHECK(ws.binary() == "\x01\x02\x03\x04");
}

TEST_CASE("WebSocket: a client that asked for b64 gets binary as text", "[engine][session]") {
  echo_engine server;
  websocket_client ws(server.port(), direct + "&b64=1");
  CHECK(ws.text().starts_with("0{"));
  ws.send_binary("\x01\x02\x03\x04");
  CHECK(ws.text() == "bAQIDBA==");
  ws.send_text("4text");
  CHECK(ws.text() == "4text");
}

TEST_CASE("WebSocket: packets that cannot be read end the session", "[engine][session]") {  // edge 112
  echo_engine server;
  for (const std::string& bad : {"abc"s, ""s, "7"s, "\x01"s, "-1"s, " 4a"s}) {
    CAPTURE(bad);
    websocket_client ws = open_websocket(server);
    ws.send_text(bad);
    CHECK(ws.close_code() == 1005);
    CHECK(ws.ends());
    CHECK(server.closed().text() == "parse error");
  }
}

TEST_CASE("WebSocket: a close packet ends the session at once", "[engine][session]") {  // edge 113
  echo_engine server;
  websocket_client ws = open_websocket(server);
  ws.send_text("1");
  CHECK(ws.close_code() == 1005);
  CHECK(server.closed().text() == "transport close");
}

TEST_CASE("WebSocket: nothing behind the end of a session is handed up", "[engine][session]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  ws.send(text_frame("4one") + text_frame("1") + text_frame("4two") + text_frame("abc") + close_frame_of_client());
  CHECK(house.messages == std::vector<std::string>{"one"});
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport close");
}

TEST_CASE("WebSocket: frames that break RFC 6455 are answered with their close code", "[engine][session]") {
  client_frame plain;
  plain.payload = "4a";
  const auto changed = [&](auto change) {
    client_frame f = plain;
    change(f);
    return f.bytes();
  };
  struct row {
    const char* why;
    std::string bytes;
    std::uint16_t code;
  };
  const std::string too_long(126, 'x');
  const row rows[] = {
      {"edge 117: no mask", changed([](client_frame& f) { f.masked = false; }), 1002},
      {"edge 117: RSV1", changed([](client_frame& f) { f.reserved = 4; }), 1002},
      {"edge 117: RSV2", changed([](client_frame& f) { f.reserved = 2; }), 1002},
      {"edge 117: RSV3", changed([](client_frame& f) { f.reserved = 1; }), 1002},
      {"opcode 3", changed([](client_frame& f) { f.op = 3; }), 1002},
      {"opcode 11", changed([](client_frame& f) { f.op = 11; }), 1002},
      {"a continuation of nothing", changed([](client_frame& f) { f.op = 0; }), 1002},
      {"a length in a longer form", changed([](client_frame& f) { f.extended_bytes = 2; }), 1002},
      {"a fragmented ping", changed([](client_frame& f) { f.op = 9, f.fin = false; }), 1002},
      {"a ping of 126 bytes", changed([&](client_frame& f) { f.op = 9, f.payload = too_long; }), 1002},
      {"a message inside a message", changed([](client_frame& f) { f.fin = false; }) + changed([](client_frame&) {}),
       1002},
      {"a close frame of one byte", changed([](client_frame& f) { f.op = 8, f.payload = "x"; }), 1002},
      {"a close frame with code 1005", close_frame_of_client(1005), 1002},
      {"edge 118: no UTF-8", changed([](client_frame& f) { f.payload = "4\xC3\x28"; }), 1007},
      {"edge 118: a surrogate", changed([](client_frame& f) { f.payload = "4\xED\xA0\x80"; }), 1007},
      {"UTF-8 cut at the end", changed([](client_frame& f) { f.payload = "4\xE2\x82"; }), 1007},
      {"a close reason that is no UTF-8", changed([](client_frame& f) { f.op = 8, f.payload = "\x03\xE8\xFF"; }), 1007},
      {"a length of 2^63", plain.head(8, std::uint64_t{1} << 63), 1002},
      {"a length of 2^62", plain.head(8, std::uint64_t{1} << 62), 1009},
  };
  echo_engine server;
  for (const row& r : rows) {
    for (const bool bytewise : {false, true}) {
      CAPTURE(r.why, bytewise);
      websocket_client ws = open_websocket(server);
      try {
        if (bytewise) {
          ws.send_bytewise(r.bytes);
        } else {
          ws.send(r.bytes);
        }
      } catch (const std::runtime_error&) {
        // The server may have ended the connection at the first bad byte.
      }
      const auto frame = ws.next();
      if (frame) CHECK(frame->close_code() == r.code);
      if (!bytewise) CHECK(frame);
      CHECK(ws.ends());
      CHECK(server.closed().text() == "transport error");
    }
  }
  websocket_client alive = open_websocket(server);
  round_trip(alive);
}

TEST_CASE("WebSocket: fragments are one message, control frames may come between them",
          "[engine][session]") {  // edge 119
  echo_engine server;
  websocket_client ws = open_websocket(server);
  const auto piece = [](std::uint8_t op, std::string_view payload, bool fin) {
    client_frame f;
    f.op = op;
    f.payload = payload;
    f.fin = fin;
    return f.bytes();
  };
  const std::string bytes = piece(1, "4he", false) + piece(9, "ping", true) + piece(0, "", false) +
                            piece(0, "ll\xE2", false) + piece(10, "unasked", true) + piece(0, "\x82\xAC", true);
  for (const bool bytewise : {false, true}) {
    if (bytewise) {
      ws.send_bytewise(bytes);
    } else {
      ws.send(bytes);
    }
    const auto pong = ws.next();
    REQUIRE(pong);
    CHECK(pong->op == 0xA);
    CHECK(pong->payload == "ping");
    CHECK(ws.text() == "4hell€");
  }
  ws.send(piece(2, "\x01", false) + piece(0, "\x02", true));
  CHECK(ws.binary() == "\x01\x02");
}

TEST_CASE("WebSocket: pings are answered in order with their data", "[engine][session]") {
  echo_engine server;
  websocket_client ws = open_websocket(server);
  std::string many;
  for (int i = 0; i < 100; ++i) {
    client_frame ping;
    ping.op = 0x9;
    const std::string data = std::string(static_cast<std::size_t>(i), 'p');
    ping.payload = data;
    many += ping.bytes();
  }
  ws.send(many);
  for (std::size_t i = 0; i < 100; ++i) {
    const auto pong = ws.next();
    REQUIRE(pong);
    CHECK(pong->op == 0xA);
    CHECK(pong->payload.size() == i);
  }
}

TEST_CASE("WebSocket: a message of exactly the limit is read, one byte more is 1009",
          "[engine][session]") {  // edge 116
  echo_engine server(with_max_payload(1000));
  for (const bool fragmented : {false, true}) {
    CAPTURE(fragmented);
    const auto message = [&](std::size_t bytes) {
      const std::string text = "4" + std::string(bytes - 1, 'x');
      if (!fragmented) return text_frame(text);
      client_frame first;
      first.fin = false;
      first.payload = std::string_view(text).substr(0, 600);
      client_frame second;
      second.op = 0;
      second.payload = std::string_view(text).substr(600);
      return first.bytes() + second.bytes();
    };
    websocket_client ws = open_websocket(server);
    ws.send(message(1000));
    CHECK(ws.text().size() == 1000);
    ws.send(message(1001));
    CHECK(ws.close_code() == 1009);
    const reason why = server.closed();
    CHECK(why.text() == "transport error");
    CHECK(why.detail() == "message too large");
  }
}

TEST_CASE("WebSocket: the limit holds for what clients send, not for what they are sent", "[engine][session]") {
  echo_engine server(with_max_payload(1000));
  websocket_client ws = open_websocket(server);
  server.run(server.opened().send(std::string(100'000, 'x')));
  CHECK(ws.text().size() == 100'001);
}

TEST_CASE("WebSocket: a client that closes gets its code back, whatever way it leaves the reason is the same",
          "[engine][session]") {  // edge 120
  echo_engine server;
  for (const std::uint16_t code : {std::uint16_t{0}, std::uint16_t{1000}, std::uint16_t{1001}, std::uint16_t{4000}}) {
    websocket_client ws = open_websocket(server);
    ws.send_close(code);
    CHECK(ws.close_code() == (code == 0 ? 1005 : code));
    CHECK(ws.ends());
    CHECK(server.closed().text() == "transport close");
  }
  {
    websocket_client ws = open_websocket(server);
    ws.close();
    CHECK(server.closed().text() == "transport close");
  }
  {
    websocket_client ws = open_websocket(server);
    ws.shutdown_send();
    CHECK(server.closed().text() == "transport close");
    const auto goodbye = ws.next();
    if (goodbye) CHECK(goodbye->is_close());
    CHECK(ws.ends());
  }
  {
    websocket_client ws = open_websocket(server);
    ws.reset();
    CHECK(server.closed().text() == "transport close");
  }
  CHECK(server.engine().clients_count() == 0);
}

TEST_CASE("WebSocket: a server that closed ends the connection when the peer has answered, or in time",
          "[engine][session]") {
  engine_options settings;
  settings.close_timeout = 3s;
  engine_world house(settings);
  memory_websocket answers = house.websocket();
  memory_websocket ignores = house.websocket();
  for (const auto& s : house.sessions) house.w.run(s.close());
  for (auto* ws : {&answers, &ignores}) {
    CHECK(ws->text().starts_with("0{"));
    CHECK(ws->next().value().is_close());
  }
  auto closing = std::make_shared<bool>(false);
  boost::asio::co_spawn(house.w.context(), house.engine.close(), [closing](std::exception_ptr) { *closing = true; });
  answers.send(close_frame_of_client());
  house.w.advance(2999ms);
  CHECK_FALSE(*closing);
  house.w.advance(1ms);
  CHECK(*closing);
}
