// The port in an address.

#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace cosio::inline v0_2::base {

/// Reads a port from 1 to 65535. port_number() of Boost.URL 1.81 leaves out the high bits of a number above that.
inline std::optional<std::uint16_t> read_port(std::string_view digits) noexcept {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [last, problem] = std::from_chars(digits.data(), end, port);
  if (problem != std::errc() || last != end || port == 0) return std::nullopt;
  return port;
}

}  // namespace cosio::inline v0_2::base
