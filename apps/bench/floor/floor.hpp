// The floor: no Socket.IO server, but the least work that satisfies the load client. Figures of servers can be compared
// with its figures.
//
// It knows the few events by their bytes, has one thread, no timers, no checks and no namespaces, and rewrites frames
// in place. Its cost is the cost of the kernel.

#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/byte_buffer.hpp"
#include "tls/channel.hpp"
#include "wire.hpp"

namespace bench {

class floor_server {
 public:
  /// @param gathers  all broadcasts of one read go to a receiver in one send, instead of one each
  /// @param secure   speaks TLS, with OpenSSL's calls and nothing around them; none: does not
  floor_server(std::uint16_t port, bool gathers, tls_context* secure = nullptr);

  std::uint16_t port() const noexcept { return port_; }
  /// Serves until the process ends.
  [[noreturn]] void run();

 private:
  enum class kind : std::uint8_t { closed, http, websocket };
  struct connection {
    kind is = kind::closed;
    bool waits_for_room = false;
    std::size_t place = 0;  // in members_
    byte_buffer in;
    byte_buffer out;
    std::unique_ptr<tls_channel> tls;
  };
  struct polling_session {
    int waiting_get = -1;
    std::string queued;
  };
  static constexpr int everybody = -1;

  void accept_all();
  void on_readable(int fd);
  bool read_once(int fd);
  void on_writable(int fd);
  void part(int fd);
  void send(int fd, const char* bytes, std::size_t count);
  void send(int fd, const std::string& bytes) { send(fd, bytes.data(), bytes.size()); }
  void wait_for_room(int fd, bool on);

  // WebSocket
  std::size_t serve_frames(int fd, char* bytes, std::size_t count);
  void reply(int fd, int opcode, char* payload, std::size_t length);
  void flush_reply(int fd);
  void serve_event(int fd, const client_frame& event);
  void broadcast(int room, std::string_view payload);
  void flush_broadcast();

  // HTTP
  std::size_t serve_requests(int fd, char* bytes, std::size_t count);
  void accept_websocket(int fd);
  void answer_get(int fd, std::size_t sid);
  void answer_post(int fd, std::size_t sid, std::string_view body);
  void answer_waiting_get(polling_session& of);

  int epoll_ = -1;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  bool gathers_;
  tls_context* secure_;
  std::vector<char> buffer_;
  std::vector<connection> connections_;  // by descriptor
  std::vector<int> members_;             // those with a WebSocket
  std::vector<std::vector<int>> rooms_;
  std::vector<polling_session> sessions_;  // by sid; 0 is none
  std::string gathered_;                   // broadcasts of this read
  int gathered_room_ = everybody;
  char* reply_begin_ = nullptr;  // replies of this read, in its own buffer
  char* reply_end_ = nullptr;
};

}  // namespace bench
