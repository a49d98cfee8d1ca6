// Helpers of the tests advisories_*_test.cpp.

#pragma once
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bystanders.hpp"
#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/visitor.hpp"
#include "support/websocket_client.hpp"

namespace cosio::test {

inline visitor one(engine_world& in, const way& how) {
  return visitor(how, in.w, [&in] { return in.connect(); });
}

// An Upgrade request for WebSocket, whatever the transport of the session is.
inline std::string upgrade_of(const visitor& v, std::string_view more_headers = "") {
  return websocket_request(v.target("websocket"), more_headers);
}

// No session but the bystanders'. A WebSocket of revision 3 is read only when it has been open for a moment.
inline bool only(const bystanders& they, engine_world& in) {
  in.w.advance(std::chrono::milliseconds(10));
  return in.engine.clients_count() == they.count();
}

// Long enough for everything that is left to run out of its time: a ping, then the wait for its pong.
inline void let_time_pass(engine_world& in) {
  for (int i = 0; i < 10; ++i) in.w.advance(std::chrono::seconds(30));
}

inline client_frame frame_of(std::uint8_t op, std::string_view payload, bool fin = true) {
  client_frame frame;
  frame.op = op;
  frame.payload = payload;
  frame.fin = fin;
  return frame;
}

inline std::string with_reserved(std::uint8_t op, std::uint8_t bits) {
  client_frame frame = frame_of(op, "4a");
  frame.reserved = bits;
  return frame.bytes();
}

// The code of the close frame that comes next, past what was said before; 0 without one.
inline std::uint16_t code_of_close(memory_client& line) {
  std::string bytes = line.received();
  while (const auto frame = take_frame(bytes))
    if (frame->is_close()) return frame->close_code();
  return 0;
}

inline task<bool> allow(bool yes) { co_return yes; }
inline task<std::string> named(std::string id) { co_return id; }

}  // namespace cosio::test
