// The session cookie, made of any options and any value. If they are accepted, the result is one cookie with the
// requested attributes, and nothing else. The first two bytes choose attributes; lines are name, path, domain
// and value.

#include <cosio/error.hpp>
#include <cosio/options.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "http/request_target.hpp"

using cosio::fuzz::check;
using cosio::fuzz::take_choice;

namespace {

std::string take_line(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(line.size() + 1, input.size()));
  return std::string(line);
}

cosio::cookie_options options_of(std::string_view& input) {
  const std::uint8_t flags = take_choice(input);
  const std::uint8_t time = take_choice(input);
  cosio::cookie_options made;
  made.http_only = (flags & 1) != 0;
  made.secure = (flags & 2) != 0;
  made.partitioned = (flags & 4) != 0;
  made.same_site = static_cast<cosio::same_site>(flags >> 3 & 3);
  if ((flags & 32) != 0) made.max_age = std::chrono::seconds(time * 1'000 - 100);
  if ((flags & 64) != 0)
    made.expires = std::chrono::system_clock::time_point(std::chrono::hours(24 * 100 * time + time));
  made.name = take_line(input);
  made.path = take_line(input);
  made.domain = take_line(input);
  return made;
}

// As a browser takes a Set-Cookie header apart (RFC 6265, 5.2).
std::vector<std::string> parts_of(std::string_view header) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = header.find(';');
    std::string_view part = header.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    header.remove_prefix(end + 1);
  }
}

std::vector<std::string> expected_names(const cosio::cookie_options& o) {
  std::vector<std::string> names;
  if (o.max_age) names.emplace_back("Max-Age");
  if (!o.domain.empty()) names.emplace_back("Domain");
  if (!o.path.empty()) names.emplace_back("Path");
  if (o.expires) names.emplace_back("Expires");
  if (o.http_only) names.emplace_back("HttpOnly");
  if (o.secure) names.emplace_back("Secure");
  if (o.partitioned) names.emplace_back("Partitioned");
  if (o.same_site != cosio::same_site::unset) names.emplace_back("SameSite");
  return names;
}

void check_cookie(const cosio::cookie_options& options, std::string_view value, const std::string& header) {
  check(std::all_of(header.begin(), header.end(), [](char c) { return c >= 0x20 && c < 0x7F; }),
        "a header holds readable characters only");
  std::vector<std::string> parts = parts_of(header);
  check(parts.front().starts_with(options.name + "="), "the cookie has its name");
  check(cosio::http::decode_path(std::string_view(parts.front()).substr(options.name.size() + 1)) == value,
        "the value comes back as it was");
  parts.erase(parts.begin());
  std::vector<std::string> names;
  for (const std::string& part : parts) names.push_back(part.substr(0, part.find('=')));
  check(names == expected_names(options), "the attributes are those that were asked for, once each");
  const auto has = [&](const std::string& part) { return std::find(parts.begin(), parts.end(), part) != parts.end(); };
  check(options.path.empty() || has("Path=" + options.path), "the path is the one that was given");
  check(options.domain.empty() || has("Domain=" + options.domain), "the domain is the one that was given");
  check(!has("SameSite=None") || has("Secure"), "a cookie for all sites is secure");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = cosio::fuzz::text_of(data, size);
  const cosio::cookie_options options = options_of(input);
  std::string header;
  try {
    header = cosio::set_cookie(options, input);
  } catch (const cosio::error& e) {
    check(e.code() == make_error_code(cosio::errc::bad_argument), "a refusal says what it is");
    return 0;
  }
  check_cookie(options, input, header);
  return 0;
}
