// The length of a body that was not read yet.

#pragma once
#include <cosio/http.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

namespace cosio::inline v0_2::http {

/// The most bytes that the body of a request will have. @param most  That is read of it.
inline std::size_t most_of_body(const request& head, std::size_t most) {
  const std::string length = head.header("content-length");
  if (length.empty()) return head.has_header("transfer-encoding") ? most : 0;
  std::size_t bytes = 0;
  const auto [end, wrong] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  return wrong == std::errc() && end == length.data() + length.size() ? std::min(bytes, most) : most;
}

}  // namespace cosio::inline v0_2::http
