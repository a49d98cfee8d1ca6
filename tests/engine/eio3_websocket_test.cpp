// Clients of revision 3 over WebSocket: typed binary frames, base64 on demand, heartbeats that the client begins.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::string_literals;

namespace {

const std::string direct = "/engine.io/?EIO=3&transport=websocket";

}  // namespace

TEST_CASE("revision 3: a WebSocket handshake opens a session", "[engine][eio3]") {
  echo_engine server;
  websocket_client ws(server.port(), direct);
  const std::string open = ws.text();
  CHECK(open.starts_with("0{\"sid\":\""));
  CHECK(open.find("\"upgrades\":[]") != std::string::npos);
  CHECK(server.opened().protocol() == 3);
  ws.send_text("4hello");
  CHECK(ws.text() == "4hello");
}

TEST_CASE("revision 3: binary frames begin with the type of the packet", "[engine][eio3]") {
  engine_world house;  // edge 103
  memory_websocket ws = house.websocket(direct);
  house.w.advance(std::chrono::milliseconds(10));  // the open packet comes when the client listens
  CHECK(ws.text().starts_with("0{"));
  ws.send(binary_frame("\x04\x01\x02"));
  ws.send(binary_frame("\x09\x01"));  // an unknown type: ignored
  ws.send(binary_frame(""));          // no type at all: ignored
  ws.send(binary_frame("\x06\x01"));  // a noop
  ws.send(binary_frame("\x04"));      // a message without data
  ws.send(text_frame("b4AQI="));      // a message in base64
  ws.send(text_frame("b9AQI="));      // an unknown type in base64: ignored
  ws.send(text_frame("4text"));
  CHECK(house.messages == std::vector<std::string>{"<\x01\x02>", "<>", "<\x01\x02>", "text"});
  CHECK(house.closed.empty());
}

// edge 104
TEST_CASE("revision 3: binary goes out with its type, or as base64 to those who want text", "[engine][eio3]") {
  echo_engine server;
  websocket_client ws(server.port(), direct);
  CHECK(ws.text().starts_with("0{"));
  ws.send_binary("\x04\x01\x02\x03\x04");
  CHECK(ws.binary() == "\x04\x01\x02\x03\x04");
  websocket_client text_only(server.port(), direct + "&b64=1");
  CHECK(text_only.text().starts_with("0{"));
  text_only.send_binary("\x04\x01\x02\x03\x04");
  CHECK(text_only.text() == "b4AQIDBA==");
  text_only.send_text("b4AQIDBA==");
  CHECK(text_only.text() == "b4AQIDBA==");
}

TEST_CASE("b64 of an upgrade is the WebSocket's own", "[engine][eio3]") {
  echo_engine server;
  const polling_client client(server.port(), "EIO=3");
  websocket_client ws(server.port(), client.target("websocket") + "&b64=1");
  ws.send_text("5");
  ws.send_binary("\x04\x01\x02\x03\x04");
  CHECK(ws.text() == "b4AQIDBA==");
}

TEST_CASE("revision 3: packets of a WebSocket and what they do", "[engine][eio3]") {
  echo_engine server;
  {
    websocket_client ws(server.port(), direct);
    CHECK(ws.text().starts_with("0{"));
    for (const char* ping : {"2", "2probe"}) {
      ws.send_text(ping);
      CHECK(ws.text() == "3");
    }
    for (const char* ignored : {"0", "5", "6"}) ws.send_text(ignored);
    ws.send_text("4a");
    CHECK(ws.text() == "4a");
    ws.send_text("3");
    CHECK(ws.close_code() == 1005);
    CHECK(server.closed().text() == "transport error");
  }
  struct row {
    std::string_view packet;
    std::string_view reason;
  };
  const row rows[] = {{"1", "transport close"}, {"abc", "parse error"}, {"", "parse error"}, {"7", "parse error"}};
  for (const row& r : rows) {
    CAPTURE(r.packet);
    websocket_client ws(server.port(), direct);
    CHECK(ws.text().starts_with("0{"));
    ws.send_text(r.packet);
    CHECK(ws.close_code() == 1005);
    CHECK(server.closed().text() == r.reason);
  }
}
