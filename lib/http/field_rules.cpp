// Characters that a header may contain.

#include "http/field_rules.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <array>

namespace cosio::inline v0_2::http {
namespace {

using byte_set = std::array<bool, 256>;

constexpr byte_set token_bytes = [] {
  byte_set set{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) set[static_cast<unsigned char>(c)] = true;
  for (unsigned c = '0'; c <= '9'; ++c) set[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) set[c] = set[c - 'a' + 'A'] = true;
  return set;
}();

// A name of a host: unreserved, sub-delims, "%". Then the signs of an address of IPv6, and the colon of a port.
constexpr byte_set authority_bytes = [] {
  byte_set set{};
  for (const char c : std::string_view("-._~!$&'()*+,;=%[]:")) set[static_cast<unsigned char>(c)] = true;
  for (unsigned c = '0'; c <= '9'; ++c) set[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) set[c] = set[c - 'a' + 'A'] = true;
  return set;
}();

constexpr byte_set head_breaking_bytes = [] {
  byte_set set{};
  for (unsigned c = 0; c < 0x20; ++c) set[c] = c != '\t';
  set[0x7F] = true;
  return set;
}();

bool is_token_char(char c) noexcept { return token_bytes[static_cast<unsigned char>(c)]; }
bool breaks_the_head(char c) noexcept { return head_breaking_bytes[static_cast<unsigned char>(c)]; }

}  // namespace

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_authority(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return authority_bytes[static_cast<unsigned char>(c)]; });
}

void check_field(std::string_view name, std::string_view value) {
  if (!is_token(name))
    throw error(errc::bad_argument,
                "a header name may hold letters, digits and !#$%&'*+-.^_`|~ only, and must not be empty");
  if (std::any_of(value.begin(), value.end(), breaks_the_head))
    throw error(errc::bad_argument,
                "the value of a header holds a control character; remove line breaks before setting it");
}

}  // namespace cosio::inline v0_2::http
