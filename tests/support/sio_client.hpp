// A small raw Socket.IO client for tests: Engine.IO 4 or 3, over WebSocket or long-polling. It uses blocking TCP with
// time limits.
//
//   sio_client c(port);                        // the session is open
//   c.join();                                  // CONNECT for "/", and its reply
//   c.send(R"(2["hi",1])");                    // a packet as it is on the wire, without the Engine.IO digit
//   CHECK(c.receive() == R"(2["hi back"])");
//
// Pings are answered while it waits. Nothing is checked here but what a test asks for.

#pragma once
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

namespace cosio::test {

/// One Engine.IO message: a text packet or an attachment.
struct sio_message {
  sio_message(const char* text) : data(text) {}             // NOLINT(google-explicit-constructor)
  sio_message(std::string text) : data(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  static sio_message bytes(std::string_view attachment) {
    sio_message made{std::string(attachment)};
    made.binary = true;
    return made;
  }

  std::string data;
  bool binary = false;
};

struct sio_settings {
  enum class transport { websocket, polling };
  transport over = transport::websocket;
  unsigned eio = 4;
  std::string path = "/socket.io/";
  std::string query = {};    // "&token=x"
  std::string headers = {};  // "Origin: http://a\r\n"
};

inline sio_settings generation2(sio_settings::transport over = sio_settings::transport::websocket) {
  sio_settings settings;
  settings.over = over;
  settings.eio = 3;
  return settings;
}

inline sio_settings polling() {
  sio_settings settings;
  settings.over = sio_settings::transport::polling;
  return settings;
}

class sio_client {
 public:
  explicit sio_client(std::uint16_t port, sio_settings settings = {});

  /// The Engine.IO session's id.
  const std::string& sid() const noexcept { return sid_; }

  /// Joins a namespace. @return the socket's id in the reply. @throws std::runtime_error when the reply is not the
  /// next packet.
  std::string join(std::string_view nsp = "/", std::string_view auth = {});

  void send(const sio_message& one) { send({one}); }
  /// All of it in one write, or one polling body.
  void send(std::initializer_list<sio_message> together);
  /// An Engine.IO packet.
  void send_engine(std::string_view packet);

  /// The next text packet. @throws std::runtime_error for binary, the end, or when nothing comes within ten seconds.
  std::string receive();
  std::string receive_bytes();
  /// The next message, or nothing when the session has ended.
  std::optional<sio_message> next();
  /// The packets until the session ends; "<bytes>" stands for binary.
  std::vector<std::string> receive_to_end();
  /// Whether the session ends without another message.
  bool ends() { return receive_to_end().empty(); }

  /// Holds a GET from now on, without waiting for its answer. For polling.
  void start_poll();
  /// Lets pings go unanswered.
  void ignore_pings() noexcept { answers_pings_ = false; }
  std::size_t pings() const noexcept { return pings_; }

  /// Ends the connection: with a close frame, or a close packet.
  void close();
  /// Ends the TCP connection without a word.
  void drop();

 private:
  std::string element(std::string_view packet) const;
  void post(const std::string& body);
  bool read_frame();
  bool poll();
  void take_payload(std::string_view body);
  void take_packet(std::string_view packet, bool binary);

  const bool is_v4_;
  std::unique_ptr<websocket_client> websocket_;  // one of the two
  std::unique_ptr<polling_client> polling_;
  std::string sid_;
  std::deque<sio_message> received_;
  std::size_t pings_ = 0;
  bool answers_pings_ = true;
  bool polling_now_ = false;
  bool ended_ = false;
};

}  // namespace cosio::test
