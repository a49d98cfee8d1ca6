// A raw WebSocket client for tests: frames are written as the test says, good or bad; those of the server are taken
// apart without mercy.
//
//   websocket_client ws(port, "/engine.io/?EIO=4&transport=websocket");   // blocking TCP, with time limits
//   const std::string open = ws.text();                                   // the next frame, which must be text
//   ws.send_text("4hello");
//   CHECK(ws.text() == "4hello");

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/http_client.hpp"
#include "test/websocket_text.hpp"
#include "wire/client_frame.hpp"

namespace cosio::test {

using kit::binary_frame;
using kit::close_frame_of_client;
using kit::server_frame;
using kit::take_frame;
using kit::text_frame;
using kit::websocket_request;

/// A blocking connection to 127.0.0.1. Nothing waits longer than ten seconds: std::runtime_error.
class websocket_client {
 public:
  /// Connects and asks; the server accepts. `glued` is sent in one write with the request.
  /// @throws std::runtime_error when the answer is not 101.
  websocket_client(std::uint16_t port, std::string_view target, std::string_view more_headers = "",
                   std::string_view glued = "");
  websocket_client(const websocket_client&) = delete;
  websocket_client& operator=(const websocket_client&) = delete;
  websocket_client(websocket_client&& other) noexcept;
  ~websocket_client();

  const http_answer& accepted() const noexcept { return accepted_; }

  void send(std::string_view bytes);
  void send_bytewise(std::string_view bytes);
  void send_frame(const client_frame& frame) { send(frame.bytes()); }
  void send_text(std::string_view packet) { send(text_frame(packet)); }
  void send_binary(std::string_view bytes) { send(binary_frame(bytes)); }
  void send_close(std::uint16_t code = 0) { send(close_frame_of_client(code)); }

  /// The next frame; nothing when the connection has ended, by an end or a reset.
  std::optional<server_frame> next();
  /// The payload of the next frame, which must be text. @throws std::runtime_error otherwise; the next two likewise.
  std::string text();
  std::string binary();
  /// The code of the close frame that must come next; 1005 when it has none.
  std::uint16_t close_code();
  /// Whether the connection ends without another frame.
  bool ends() { return !next().has_value(); }

  /// Lets the kernel keep few bytes, so that a server soon has no room.
  void small_receive_buffer();
  void shutdown_send();
  /// Ends with RST.
  void reset();
  void close();

 private:
  explicit websocket_client(int connected) noexcept : fd_(connected) {}

  bool read_more();
  server_frame expect(std::uint8_t op);

  int fd_ = -1;
  std::string received_;
  http_answer accepted_;
};

}  // namespace cosio::test
