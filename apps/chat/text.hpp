// Text as people type it, made ready to be shown: trimmed, cut, and without control characters.

#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace chat {

/// One line: control characters become spaces. Cut before the first character that would exceed `max_bytes`.
std::string one_line(std::string_view text, std::size_t max_bytes);

/// The same, but line feeds stay.
std::string several_lines(std::string_view text, std::size_t max_bytes);

}  // namespace chat
