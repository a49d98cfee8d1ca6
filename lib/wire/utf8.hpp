// UTF-8: validation, whole and in pieces, and the UTF-16 lengths that Engine.IO revision 3 counts in.
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

/// Whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
bool is_utf8(std::string_view text) noexcept;

/// `text` with every ill-formed sequence replaced by U+FFFD, as browsers' decoders do.
std::string to_utf8(std::string_view text);

/// The number of UTF-16 code units of well-formed UTF-8: the unit of lengths in text payloads of revision 3.
std::size_t utf16_length(std::string_view text) noexcept;

/// The number of bytes of the first `units` UTF-16 code units of well-formed UTF-8; npos when the text is shorter, or
/// when the cut would split a surrogate pair.
std::size_t utf16_prefix(std::string_view text, std::size_t units) noexcept;

/// Validates text that arrives in pieces. One thread at a time.
class utf8_checker {
 public:
  /// Takes the next piece. @return false as soon as the bytes so far cannot be the beginning of well-formed UTF-8.
  bool feed(std::string_view piece) noexcept;
  /// Whether no byte is missing at the end.
  bool complete() const noexcept { return missing_ == 0 && !failed_; }
  void reset() noexcept { *this = {}; }

 private:
  std::uint8_t missing_ = 0;  // continuation bytes still expected
  std::uint8_t low_ = 0x80;   // range of the next continuation byte
  std::uint8_t high_ = 0xBF;
  bool failed_ = false;
};

}  // namespace cosio::inline v0_2::wire
