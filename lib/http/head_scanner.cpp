// The scanner's steps, byte by byte.

#include "http/head_scanner.hpp"

namespace cosio::http {

head_scanner::state head_scanner::scan(std::string_view bytes) noexcept {
  while (seen_ < bytes.size()) {
    if (seen_ == max_bytes_) return state::too_large;
    const state now = step(bytes[seen_]);
    ++seen_;
    if (now != state::incomplete) return now;
  }
  return state::incomplete;
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

}  // namespace cosio::http
