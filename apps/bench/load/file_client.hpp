// One connection that asks for a file, again and again.

#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "clock.hpp"
#include "loop.hpp"
#include "stream.hpp"
#include "target.hpp"

namespace bench {

/// The facts of one answer.
struct file_answer {
  int status = 0;
  std::uint64_t body_bytes = 0;
};

/// The receiver of what clients have read. Both functions may call ask().
class file_user {
 public:
  virtual void on_file(class file_client& who, const file_answer& got, nanoseconds took) = 0;
  virtual void on_file_failed(class file_client& who, std::string_view why) = 0;

 protected:
  ~file_user() = default;
};

/// A client with one request under way at most. It must not move. The bytes of bodies are counted, and not kept.
class file_client final : stream_user {
 public:
  /// @param request  The whole head; it outlives the client, as `where` does.
  file_client(loop& turns, file_user& user, const target& where, std::string_view request)
      : loop_(turns), stream_(turns, *this), user_(user), where_(where), request_(request) {}

  /// Sends the request, over a new connection if there is none.
  void ask();
  void close() noexcept { stream_.close(); }

 private:
  std::size_t on_bytes(stream& from, std::span<char> bytes) override;
  void on_read_done(stream& from) override;
  void on_closed(stream& which, std::string_view why) override;

  std::size_t read_head(std::span<const char> bytes);

  loop& loop_;
  stream stream_;
  file_user& user_;
  const target& where_;
  std::string_view request_;
  clock::time_point asked_{};
  file_answer answer_;
  std::uint64_t rest_ = 0;  // of the body
  bool waiting_ = false;    // for an answer
  bool in_body_ = false;    // its head was read
  bool closes_ = false;
};

}  // namespace bench
