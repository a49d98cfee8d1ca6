// Text of clients in lines of the log: it can neither look like another line, nor like a part of the line around it.

#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::base {

/// Whether a text has characters that a terminal would obey, or that would change the order of the others: control
/// characters (of Unicode, too), separators of lines, marks of direction.
bool has_control(std::string_view text) noexcept;

/// The text with these characters as escapes, such as `\x0a`. log() does that with every line.
std::string one_line(std::string_view text);

/// Text of a client for a line: at most 64 bytes of it, cut between characters of UTF-8, and "…" when there were more.
std::string shortened(std::string_view text, std::size_t most = 64);

/// A name that a client has given, shortened and in double quotes, for a sentence or a line of code. Quotes and
/// backslashes in it are escaped, and so is what one_line() escapes: the second quote that is not escaped ends it.
std::string quoted(std::string_view text, std::size_t most = 64);

}  // namespace cosio::inline v0_2::base
