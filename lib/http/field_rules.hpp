// Checks of headers that an application sets: no character may end the header or the head early.

#pragma once
#include <string_view>

namespace cosio::inline v0_2::http {

/// Whether the text is a token of RFC 9110, as methods and header names must be.
bool is_token(std::string_view text) noexcept;

/// Whether the text has only characters of a URL's host and port, as a Host header has them. It may be empty.
/// @par Source  RFC 9112, section 3.2; RFC 3986, section 3.2.
bool is_authority(std::string_view text) noexcept;

/// @throws error errc::bad_argument for a name or value with characters that would break the head. The text of the
///         error does not repeat them.
void check_field(std::string_view name, std::string_view value);

}  // namespace cosio::inline v0_2::http
