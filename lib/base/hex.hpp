// Bytes as text: two hexadecimal digits for each, in lower case.

#pragma once
#include <string>
#include <string_view>

namespace cosio::inline v0_2::base {

inline void append_hex(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
}

}  // namespace cosio::inline v0_2::base
