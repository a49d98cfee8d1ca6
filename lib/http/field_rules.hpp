// What may stand in a header that an application sets: nothing that could break out of the head.

#pragma once
#include <string_view>

namespace cosio::http {

/// A token of RFC 9110: methods and header names.
bool is_token(std::string_view text) noexcept;

/// @throws error errc::bad_argument for a name or value with characters that would break the head. Its text does not
/// repeat them.
void check_field(std::string_view name, std::string_view value);

}  // namespace cosio::http
