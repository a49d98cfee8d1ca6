// Numbers of servers as two digits of base64url.

#include "engine/node_number.hpp"

namespace cosio::inline v0_2::engine {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string node_code(unsigned number) { return {digits[number >> 6 & 63], digits[number & 63]}; }

std::optional<unsigned> node_of(std::string_view sid) noexcept {
  if (sid.size() <= node_digits) return std::nullopt;
  const auto high = digits.find(sid[0]);
  const auto low = digits.find(sid[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(high << 6 | low);
}

}  // namespace cosio::inline v0_2::engine
