// The request target: path and query, decoded as browsers and Node decode them.
//
// Boost.URL decodes the targets that it accepts. The reference server also takes targets that Boost.URL refuses (raw
// UTF-8, a stray `%`, `[`). A lenient splitter with the same rules reads these. Pure; fuzzed by fuzz/http_request.cpp
// and fuzz/handshake.cpp.

#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2::http {

using query_list = std::vector<std::pair<std::string, std::string>>;

/// The part in front of the first `?`, not decoded.
constexpr std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }

/// The part behind the first `?`, not decoded; empty when there is none.
constexpr std::string_view query_of(std::string_view target) noexcept {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

/// The most parameters of a query that are read, as Node's querystring reads them.
inline constexpr std::size_t max_parameters = 1'000;

/// The query up to the end of its parameter with that number. Empty pieces count.
std::string_view first_parameters(std::string_view query) noexcept;

/// Names and values in their order, duplicates included; no more than max_parameters. `+` and `%20` are spaces, a
/// malformed `%` stays as it is, empty pieces between two `&` are skipped, and bytes that are no UTF-8 become U+FFFD.
query_list parse_query(std::string_view query);

/// Resolves the dots of a path, as browsers do before they send it: "/a/./b/../c" is "/a/c". An authority in front
/// ("//host/a") is removed.
std::string resolve_path(std::string_view path);

/// Decodes the percent signs of a piece of a path. `+` stays `+`. The bytes may be UTF-8 or not.
std::string decode_path(std::string_view path);

}  // namespace cosio::inline v0_2::http
