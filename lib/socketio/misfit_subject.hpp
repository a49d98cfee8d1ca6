// The subject of the log's lines about one mistake in arguments or in an answer: see base::mistake.

#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::socketio {

/// The sentence of describe_mismatch() without the numbers that a client chooses: the places in lists and maps, and the
/// sizes that came. So the same mistake at another place is no new subject, and one client has no end of them.
inline std::string subject_of_misfit(std::string_view sentence) {
  const std::size_t found = sentence.rfind(", but is ");
  std::string out;
  bool is_in_place = false;
  for (std::size_t i = 0; i < sentence.size(); ++i) {
    const char c = sentence[i];
    if (c == '[' || c == '{') is_in_place = true;
    if (c == ']' || c == '}') is_in_place = false;
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit || (!is_in_place && i < found)) out += c;
  }
  return out;
}

}  // namespace cosio::inline v0_2::socketio
