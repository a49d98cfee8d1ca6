// Cookies.

#include "client/cookie_jar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace cosio::inline v0_2::clients {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view next_part(std::string_view& rest, char until) noexcept {
  const std::size_t end = std::min(rest.find(until), rest.size());
  const std::string_view part = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

bool is_same_name(std::string_view given, std::string_view lower) noexcept {
  return std::equal(given.begin(), given.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

std::optional<int> number(std::string_view text) noexcept {
  int out = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec != std::errc() || end != text.data() + text.size() || text.empty() || out < 0) return {};
  return out;
}

// What a server may put into a field of ours.
bool is_sendable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '\x7F' && c != ';'; });
}

constexpr std::chrono::seconds longest_age = std::chrono::hours(24 * 400);

std::chrono::seconds read_age(std::string_view text) noexcept {
  std::int64_t seconds = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (ec == std::errc::result_out_of_range && !text.starts_with('-')) return longest_age;
  if (ec != std::errc() || end != text.data() + text.size()) return std::chrono::seconds(0);
  return std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(0), longest_age);
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> read_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                    "jul", "aug", "sep", "oct", "nov", "dec"};
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '-', ' ');
  std::string_view rest = plain;
  next_part(rest, ',');
  rest = trimmed(rest);
  const auto day = number(next_part(rest, ' '));
  const std::string_view name = next_part(rest, ' ');
  const auto year = number(next_part(rest, ' '));
  const auto hour = number(next_part(rest, ':'));
  const auto minute = number(next_part(rest, ':'));
  const auto second = number(next_part(rest, ' '));
  const auto month = std::find_if(months.begin(), months.end(), [name](auto m) { return is_same_name(name, m); });
  if (!day || !year || !hour || !minute || !second || month == months.end()) return {};
  if (*year > 9999 || *hour > 23 || *minute > 59 || *second > 60) return {};
  const std::chrono::year_month_day date(
      std::chrono::year(*year < 70 ? *year + 2000 : (*year < 100 ? *year + 1900 : *year)),
      std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

void cookie_jar::take(std::string_view set_cookie) {
  std::string_view rest = set_cookie;
  std::string_view pair = next_part(rest, ';');
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return;
  std::string name(trimmed(pair.substr(0, equals)));
  cookie made{std::string(trimmed(pair.substr(equals + 1))), {}};
  if (name.empty() || name.size() + made.value.size() > max_bytes || !is_sendable(name) || !is_sendable(made.value))
    return;
  const auto came = now_();
  bool has_age = false;  // Max-Age comes before Expires (RFC 6265, section 5.3)
  while (!rest.empty()) {
    std::string_view value = next_part(rest, ';');
    const std::string_view attribute = next_part(value, '=');
    if (is_same_name(attribute, "max-age")) {
      has_age = true;
      made.expires = came + read_age(value);
    } else if (is_same_name(attribute, "expires") && !has_age) {
      made.expires = read_http_date(value).value_or(clock::time_point());
    }
  }
  const base::lock_guard lock(mutex_);
  std::erase_if(cookies_, [came](const auto& one) { return one.second.expires && *one.second.expires <= came; });
  if (made.expires && *made.expires <= came) {
    cookies_.erase(name);
    return;
  }
  if (!cookies_.contains(name) && cookies_.size() >= max_cookies) return;
  if (bytes_without(name) + name.size() + made.value.size() > max_all_bytes) return;
  cookies_.insert_or_assign(std::move(name), std::move(made));
}

std::string cookie_jar::header() {
  const auto now = now_();
  std::string out;
  const base::lock_guard lock(mutex_);
  for (const auto& [name, one] : cookies_) {
    if (one.expires && *one.expires <= now) continue;
    if (!out.empty()) out += "; ";
    out += name + '=' + one.value;
  }
  return out;
}

std::size_t cookie_jar::bytes_without(const std::string& name) const {
  std::size_t sum = 0;
  for (const auto& [other, one] : cookies_)
    if (other != name) sum += other.size() + one.value.size();
  return sum;
}

}  // namespace cosio::inline v0_2::clients
