// Finds the end of a request's head in bytes that come in pieces. Refuses at once all input that two HTTP parsers might
// read differently: line feeds without a carriage return, folded lines, control characters. Pure; one thread at a time.

#pragma once
#include <cstddef>
#include <string_view>

namespace cosio::inline v0_2::http {

class head_scanner {
 public:
  enum class state {
    incomplete,
    complete,   // size() bytes are the head
    malformed,  // will never be a head: 400
    too_large,  // 431
  };

  explicit head_scanner(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

  /// Looks at the bytes so far. `bytes` starts at the same place every time and only grows. Each byte is looked
  /// at once.
  state scan(std::string_view bytes) noexcept;

  /// Bytes up to the end of the empty line. Empty lines in front of the request are included.
  std::size_t size() const noexcept { return seen_; }
  /// The place where the request line starts: behind empty lines, which clients may send after a body.
  std::size_t start() const noexcept { return start_; }

 private:
  state step(char c) noexcept;

  std::size_t max_bytes_;
  std::size_t seen_ = 0;
  std::size_t start_ = 0;
  std::size_t line_ = 0;  // bytes of the line so far
  bool after_return_ = false;
};

}  // namespace cosio::inline v0_2::http
