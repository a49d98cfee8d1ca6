// The request target: path and query, decoded the way browsers and Node do.
//
// Boost.URL decodes what it accepts. What it refuses (raw UTF-8, a stray `%`, `[`) goes through a lenient splitter with
// the same rules, because the reference server takes such targets too. Pure; fuzzed by fuzz/http_request.cpp and fuzz/handshake.cpp.

#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::http {

using query_list = std::vector<std::pair<std::string, std::string>>;

/// What is in front of the first `?`: raw.
constexpr std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }

/// What follows the first `?`: raw, empty when there is none.
constexpr std::string_view query_of(std::string_view target) noexcept {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

/// Names and values in their order, duplicates included. `+` and `%20` are spaces, a malformed `%` stays as it is,
/// empty pieces between two `&` are skipped, and what is no UTF-8 becomes U+FFFD.
query_list parse_query(std::string_view query);

/// A path with its dots resolved, as browsers do before they send it: "/a/./b/../c" is "/a/c". An authority in front ("//host/a") is taken off.
std::string resolve_path(std::string_view path);

/// A percent-decoded piece of a path: `+` stays `+`. Bytes as they come, UTF-8 or not.
std::string decode_path(std::string_view path);

}  // namespace cosio::http
