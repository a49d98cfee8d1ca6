// Helpers of the tests session_*_test.cpp.

#pragma once
#include "engine/session.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

namespace cosio::test {

inline const std::string direct = "/engine.io/?EIO=4&transport=websocket";
inline const std::string unknown_sid = R"({"code":1,"message":"Session ID unknown"})";

inline websocket_client open_websocket(echo_engine& server) {
  websocket_client ws(server.port(), direct);
  CHECK(ws.text().starts_with("0{"));
  return ws;
}

inline void round_trip(websocket_client& ws) {
  ws.send_text("4round trip");
  REQUIRE(ws.text() == "4round trip");
}
inline void round_trip(polling_client& client) {
  REQUIRE(client.post("4round trip").body == "ok");
  REQUIRE(client.poll().body == "4round trip");
}

// A request whose answer is read later.
inline std::string posting(const polling_client& client, std::string_view headers) {
  return "POST " + client.target() + " HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}

inline engine_options with_max_payload(std::size_t bytes) {
  engine_options settings;
  settings.max_payload = bytes;
  return settings;
}

inline engine_options with_pings(std::chrono::milliseconds interval, std::chrono::milliseconds timeout) {
  engine_options settings;
  settings.ping_interval = interval;
  settings.ping_timeout = timeout;
  return settings;
}

}  // namespace cosio::test
