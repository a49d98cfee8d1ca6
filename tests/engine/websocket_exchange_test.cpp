// A session on WebSocket as its client sees it: packets, limits, heartbeats, ends.

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string direct = "/engine.io/?EIO=4&transport=websocket";

struct open_websocket {
  explicit open_websocket(echo_engine& server) : ws(server.port(), direct) {
    REQUIRE(ws.text().starts_with("0{"));
    round_trip();
  }
  void round_trip() {
    ws.send_text("4round trip");
    REQUIRE(ws.text() == "4round trip");
  }
  websocket_client ws;
};

}  // namespace

TEST_CASE("what a packet or frame does to an open session", "[engine][websocket]") {
  client_frame reserved;
  reserved.reserved = 4;
  reserved.payload = "4a";
  client_frame unmasked;
  unmasked.masked = false;
  unmasked.payload = "4a";
  struct row {
    const char* why;
    std::string bytes;
    std::string_view reason;
    std::uint16_t code;
  };
  const row rows[] = {
      {"edge 112", text_frame("abc"), "parse error", 1005},
      {"edge 112", text_frame(""), "parse error", 1005},
      {"edge 112", text_frame("7"), "parse error", 1005},
      // The reference ignores a close packet here until its ping timeout; a client that says goodbye has left.
      {"edge 113", text_frame("1"), "transport close", 1005},
      {"edge 114", text_frame("2"), "transport error", 1005},
      {"edge 114", text_frame("2probe"), "transport error", 1005},
      {"edge 117: no mask", unmasked.bytes(), "transport error", 1002},
      {"edge 117: reserved bits", reserved.bytes(), "transport error", 1002},
      {"edge 118", text_frame("4\xFF"), "transport error", 1007},
      {"edge 120", close_frame_of_client(4000), "transport close", 4000},
      {"edge 120: no code", close_frame_of_client(), "transport close", 1005},
  };
  echo_engine server;
  for (const row& r : rows) {
    CAPTURE(r.why);
    open_websocket client(server);
    client.ws.send(r.bytes);
    CHECK(client.ws.close_code() == r.code);
    CHECK(client.ws.ends());
    CHECK(server.closed().text() == r.reason);
  }
  CHECK(server.engine().clients_count() == 0);
}

TEST_CASE("packets without meaning here are ignored", "[engine][websocket]") {
  echo_engine server;
  open_websocket client(server);
  for (const char* packet : {"0", "5", "6", "3", "3probe"}) client.ws.send_text(packet);
  client.round_trip();
}

// edge 115
TEST_CASE("base64 in a text frame is a binary message", "[engine][websocket]") {
  echo_engine server;
  open_websocket client(server);
  client.ws.send_text("bAQID");
  CHECK(client.ws.binary() == "\x01\x02\x03");
  client.ws.send_text("b");
  CHECK(client.ws.binary().empty());
}

// edge 116
TEST_CASE("a message may have exactly as many bytes as allowed", "[engine][websocket]") {
  engine_options settings;
  settings.max_payload = 1000;
  echo_engine server(settings);
  for (const bool binary : {false, true}) {
    CAPTURE(binary);
    websocket_client ws(server.port(), direct);
    CHECK(ws.text().starts_with("0{"));
    const std::string most = binary ? std::string(1000, 'x') : "4" + std::string(999, 'x');
    ws.send(binary ? binary_frame(most) : text_frame(most));
    CHECK((binary ? ws.binary() : ws.text()) == most);
    ws.send(binary ? binary_frame(most + "x") : text_frame(most + "x"));
    CHECK(ws.close_code() == 1009);
    CHECK(server.closed().text() == "transport error");
  }
}

// edge 119
TEST_CASE("fragments are put together, with control frames between them", "[engine][websocket]") {
  echo_engine server;
  open_websocket client(server);
  client_frame part;
  part.fin = false;
  part.payload = "4hel";
  client.ws.send_frame(part);
  client_frame ping;
  ping.op = 0x9;
  ping.payload = "!";
  client.ws.send_frame(ping);
  const auto pong = client.ws.next();
  REQUIRE(pong);
  CHECK(pong->op == 0xA);
  part.op = 0x0;
  part.payload = "lo ";
  client.ws.send_frame(part);
  part.fin = true;
  part.payload = "there";
  client.ws.send_frame(part);
  CHECK(client.ws.text() == "4hello there");
}

TEST_CASE("a connection that is lost ends its session", "[engine][websocket]") {  // edge 120
  echo_engine server;
  {
    open_websocket client(server);
    client.ws.reset();
    CHECK(server.closed().text() == "transport close");
  }
  {
    open_websocket client(server);
    client.ws.shutdown_send();
    CHECK(server.closed().text() == "transport close");
  }
}

// edge 121
TEST_CASE("the server closes with a frame without a code, behind what is queued", "[engine][websocket]") {
  echo_engine server;
  open_websocket client(server);
  const engine_session s = server.opened();
  server.run(s.send(std::string("last words")));
  server.run(s.close());
  CHECK(client.ws.text() == "4last words");
  CHECK(client.ws.close_code() == 1005);
  CHECK(server.closed().text() == "forced close");
}

TEST_CASE("heartbeats on WebSocket", "[engine][websocket]") {
  engine_options settings;
  settings.ping_interval = 10s;
  settings.ping_timeout = 5s;
  engine_world house(settings);
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  house.w.advance(9999ms);
  CHECK_FALSE(ws.next());
  house.w.advance(1ms);
  CHECK(ws.text() == "2");  // edge 122
  house.w.advance(4s);
  ws.send_text("3");
  house.w.advance(10s);
  CHECK(ws.text() == "2");
  house.w.advance(4s);
  ws.send_text("4not a pong");  // edge 124: the timeout begins anew, once
  house.w.advance(4s);
  CHECK(house.closed.empty());
  ws.send_text("4nor this");
  house.w.advance(999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  CHECK(house.closed.at(0).text() == "ping timeout");  // edge 123
  const auto last = ws.next();
  REQUIRE(last);
  CHECK(last->is_close());
}

// edge 129
TEST_CASE("a hundred large messages right after the opening do not time the session out", "[engine][websocket]") {
  engine_options settings;
  settings.ping_interval = 20ms;
  settings.ping_timeout = 10s;
  settings.max_queued_bytes = 64'000'000;
  const std::string large(200'000, 'x');
  echo_engine server(settings, [&](const engine_server& e) {
    e.on_connection([&](engine_session s) {
      for (int i = 0; i < 100; ++i)
        spawn(s.internals()->get_strand(),
              [](engine_session to, std::string what) -> task<> { co_await to.send(std::move(what)); }(s, large));
    });
  });
  websocket_client ws(server.port(), direct);
  CHECK(ws.text().starts_with("0{"));
  int received = 0;
  int pings = 0;
  while (received < 100 || pings < 2) {
    const std::string packet = ws.text();
    if (packet == "2") {
      ++pings;
      ws.send_text("3");
    } else {
      CHECK(packet.size() == large.size() + 1);
      ++received;
    }
  }
  CHECK(server.nobody_closed());
}
