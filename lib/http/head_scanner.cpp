// The steps of the scanner: ordinary bytes are skipped eight at a time, the others are looked at one by one.

#include "http/head_scanner.hpp"

#include <cstdint>
#include <cstring>

namespace cosio::inline v0_2::http {
namespace {

constexpr std::uint64_t in_every_byte = 0x0101010101010101;

// Whether step() must look at the byte.
bool is_special(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool has_special(std::uint64_t eight) noexcept {
  const std::uint64_t below = (eight - in_every_byte * 0x20) & ~eight;
  const std::uint64_t from_delete = eight ^ in_every_byte * 0x7F;
  return ((below | ((from_delete - in_every_byte) & ~from_delete)) & in_every_byte * 0x80) != 0;
}

// The number of ordinary bytes at the front.
std::size_t ordinary_run(std::string_view bytes) noexcept {
  std::size_t run = 0;
  for (std::uint64_t eight = 0; run + sizeof eight <= bytes.size(); run += sizeof eight) {
    std::memcpy(&eight, bytes.data() + run, sizeof eight);
    if (has_special(eight)) break;
  }
  while (run < bytes.size() && !is_special(bytes[run])) ++run;
  return run;
}

}  // namespace

head_scanner::state head_scanner::scan(std::string_view bytes) noexcept {
  const std::string_view allowed = bytes.substr(0, max_bytes_);
  while (seen_ < allowed.size()) {
    if (line_ > 0 && !after_return_) {
      const std::size_t run = ordinary_run(allowed.substr(seen_));
      seen_ += run;
      line_ += run;
      if (seen_ == allowed.size()) break;
    }
    const state now = step(allowed[seen_]);
    ++seen_;
    if (now != state::incomplete) return now;
  }
  return seen_ < bytes.size() ? state::too_large : state::incomplete;
}

head_scanner::state head_scanner::step(char c) noexcept {
  if (after_return_) {
    after_return_ = false;
    if (c != '\n') return state::malformed;
    if (line_ == 0 && start_ < seen_ - 1) return state::complete;
    if (line_ == 0) start_ = seen_ + 1;
    line_ = 0;
    return state::incomplete;
  }
  if (c == '\r') {
    after_return_ = true;
    return state::incomplete;
  }
  const bool folded = line_ == 0 && (c == ' ' || c == '\t');
  const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  if (folded || control) return state::malformed;
  ++line_;
  return state::incomplete;
}

}  // namespace cosio::inline v0_2::http
