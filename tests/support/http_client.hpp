// Raw HTTP for tests: requests are written as bytes, responses are taken apart without mercy.
//
//   http_client client(port);                                   // a real TCP connection, blocking, with time limits
//   client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
//   const http_answer answer = client.read_answer();
//   CHECK(answer.status == 200);
//
//   memory_client peer(w, std::move(pair.far));                 // the same over a memory stream, run by the world

#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/memory_stream.hpp"
#include "support/world.hpp"
#include "test/http_text.hpp"

namespace cosio::test {

using kit::get;
using kit::http_answer;
using kit::post;
using kit::take_answer;

/// A blocking TCP connection to 127.0.0.1. Nothing waits longer than ten seconds: std::runtime_error.
class http_client {
 public:
  explicit http_client(std::uint16_t port);
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  http_client(http_client&& other) noexcept;
  ~http_client();

  void send(std::string_view bytes);
  http_answer read_answer(bool head_only = false);
  /// send() and read_answer().
  http_answer ask(std::string_view request) {
    send(request);
    return read_answer();
  }
  /// Everything until the peer ends; a reset ends it too.
  std::string read_to_end();
  /// Whether the peer ends without sending anything more.
  bool ends() { return read_to_end().empty(); }
  /// The next bytes, at least one; nothing at the end.
  std::string read_some();
  /// At least `bytes` bytes, taken from what comes.
  std::string read(std::size_t bytes);

  void shutdown_send();
  /// Closes with RST.
  void reset();
  void close();
  int fd() const noexcept { return fd_; }

 private:
  bool read_more();  // false at the end

  int fd_ = -1;
  std::string received_;
};

/// The far end of a memory stream in a world: every call lets the world settle.
class memory_client {
 public:
  memory_client(world& in, std::unique_ptr<async::memory_stream> stream) : world_(in), stream_(std::move(stream)) {}

  void send(std::string_view bytes);
  /// One byte at a time, settling in between.
  void send_slowly(std::string_view bytes);
  /// The next response, if it is there.
  std::optional<http_answer> answer(bool head_only = false);
  /// send(), then the answer. @throws std::runtime_error when there is none.
  http_answer ask(std::string_view request);
  /// The received bytes that were not taken as an answer.
  std::string received();
  /// Whether the peer has ended or reset the connection (and everything was read).
  bool ended();

  void shutdown_send();
  void close();
  void reset();
  async::memory_stream& stream() noexcept { return *stream_; }

 private:
  void read_all();

  world& world_;
  std::unique_ptr<async::memory_stream> stream_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace cosio::test
