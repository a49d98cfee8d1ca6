// Building Set-Cookie headers.

#include <cosio/error.hpp>
#include <cosio/options.hpp>

#include <boost/url/encode.hpp>
#include <boost/url/grammar/lut_chars.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <array>
#include <ctime>

namespace cosio::inline v0_2 {
namespace {

namespace urls = boost::urls;

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_token_char(char c) noexcept {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
}
bool is_path_char(char c) noexcept { return c >= 0x20 && c < 0x7F && c != ';'; }
bool is_domain_char(char c) noexcept { return is_alphanumeric(c) || c == '-' || c == '.'; }

template <class F>
bool all(std::string_view text, F is_good) {
  return std::all_of(text.begin(), text.end(), is_good);
}

// Encodes like encodeURIComponent(), which the reference uses for values.
std::string encode(std::string_view value) {
  constexpr auto plain = urls::unreserved_chars + urls::grammar::lut_chars("!*'()");
  return urls::encode(value, plain);
}

// The date format of RFC 9110, 5.6.7. The names of strftime() would follow the locale of the process.
std::string http_date(std::chrono::system_clock::time_point when) {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm t{};
  ::gmtime_r(&seconds, &t);
  const auto two = [](int n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
  return std::string(days[static_cast<std::size_t>(t.tm_wday)]) + ", " + two(t.tm_mday) + ' ' +
         months[static_cast<std::size_t>(t.tm_mon)] + ' ' + std::to_string(1900 + t.tm_year) + ' ' + two(t.tm_hour) +
         ':' + two(t.tm_min) + ':' + two(t.tm_sec) + " GMT";
}

std::string_view name_of(same_site site) noexcept {
  switch (site) {
    case same_site::lax:
      return "Lax";
    case same_site::strict:
      return "Strict";
    case same_site::none:
      return "None";
    case same_site::unset:
      break;
  }
  return {};
}

}  // namespace

void validate(const cookie_options& options) {
  if (options.name.empty() || !all(options.name, is_token_char))
    throw error(errc::bad_argument, "cookie name: use letters, digits and !#$%&'*+-.^_`|~ only, at least one of them");
  if (!all(options.path, is_path_char))
    throw error(errc::bad_argument, "cookie path: it may not hold \";\" or control characters");
  if (!all(options.domain, is_domain_char))
    throw error(errc::bad_argument, "cookie domain: use letters, digits, \"-\" and \".\" only");
  if (options.same_site == same_site::none && !options.secure)
    throw error(errc::bad_argument, "cookie same_site none: browsers take it with secure only; set secure too");
  if (options.partitioned && !options.secure)
    throw error(errc::bad_argument, "cookie partitioned: browsers take it with secure only; set secure too");
}

std::string set_cookie(const cookie_options& options, std::string_view value) {
  validate(options);
  std::string cookie = options.name + '=' + encode(value);
  if (options.max_age) cookie += "; Max-Age=" + std::to_string(options.max_age->count());
  if (!options.domain.empty()) cookie += "; Domain=" + options.domain;
  if (!options.path.empty()) cookie += "; Path=" + options.path;
  if (options.expires) cookie += "; Expires=" + http_date(*options.expires);
  if (options.http_only) cookie += "; HttpOnly";
  if (options.secure) cookie += "; Secure";
  if (options.partitioned) cookie += "; Partitioned";
  const std::string_view site = name_of(options.same_site);
  if (!site.empty()) cookie.append("; SameSite=").append(site);
  return cookie;
}

}  // namespace cosio::inline v0_2
