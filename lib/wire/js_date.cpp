// Days since 1970 <-> year, month and day of the proleptic Gregorian calendar.

#include "wire/js_date.hpp"

#include <cstddef>
#include <cstdio>

namespace cosio::inline v0_2::wire {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t day_seconds = 86'400;
constexpr std::int64_t farthest_ms = 100'000'000 * day_ms;

struct civil_date {
  std::int64_t year;
  int month;
  int day;
};

// Years begin in March here, so the leap day is the last day of its year. 400 years, an era, have 146097 days.
constexpr std::int64_t era_days = 146'097;
constexpr std::int64_t march_of_year_0 = 719'468;  // days from then to 1970

civil_date civil(std::int64_t days) noexcept {
  const std::int64_t since = days + march_of_year_0;
  const std::int64_t era = (since >= 0 ? since : since - era_days + 1) / era_days;
  const std::int64_t day_of_era = since - era * era_days;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const auto month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  const auto day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

// The other direction.
std::int64_t days_to(const civil_date& date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * era_days + day_of_era - march_of_year_0;
}

int days_in_month(std::int64_t year, int month) noexcept {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes the parts of a date off the front of a text. Each function says whether the part was there.
class date_reader {
 public:
  explicit date_reader(std::string_view text) noexcept : left_(text) {}

  // "2026-11-30"
  bool date(civil_date& out) noexcept {
    return year(out.year) && is('-') && number(2, 1, 12, out.month) && is('-') &&
           number(2, 1, days_in_month(out.year, out.month), out.day);
  }
  // "T13:41:14", in seconds of the day
  bool time(std::int64_t& out) noexcept {
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!is('T') || !number(2, 0, 23, hour) || !is(':') || !number(2, 0, 59, minute) || !is(':') ||
        !number(2, 0, 59, second))
      return false;
    out = hour * 3'600 + minute * 60 + second;
    return true;
  }
  // ".5", or nothing
  bool fraction(std::int32_t& nanoseconds) noexcept {
    if (!is('.')) return true;
    std::int32_t unit = 1'000'000'000;
    for (; unit > 1 && !left_.empty() && is_digit(left_.front()); left_.remove_prefix(1)) {
      unit /= 10;
      nanoseconds += unit * (left_.front() - '0');
    }
    return unit < 1'000'000'000;  // a tenth digit is left, and nothing takes it
  }
  // "Z" or "+01:00", in seconds
  bool offset(std::int64_t& out) noexcept {
    if (is('Z')) return true;
    const bool west = is('-');
    int hour = 0;
    int minute = 0;
    if ((!west && !is('+')) || !number(2, 0, 23, hour) || !is(':') || !number(2, 0, 59, minute)) return false;
    out = (west ? -60 : 60) * (hour * 60 + minute);
    return true;
  }
  bool at_end() const noexcept { return left_.empty(); }

 private:
  bool is(char c) noexcept {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }

  bool number(std::size_t digits, int lowest, int highest, int& out) noexcept {
    if (left_.size() < digits) return false;
    int value = 0;
    for (const char c : left_.substr(0, digits)) {
      if (!is_digit(c)) return false;
      value = value * 10 + (c - '0');
    }
    left_.remove_prefix(digits);
    out = value;
    return value >= lowest && value <= highest;
  }

  // JavaScript has no year -000000.
  bool year(std::int64_t& out) noexcept {
    const bool before = is('-');
    const bool is_long = before || is('+');
    int value = 0;
    if (!number(is_long ? 6 : 4, before ? 1 : 0, 999'999, value)) return false;
    out = before ? -value : value;
    return true;
  }

  std::string_view left_;
};

}  // namespace

std::optional<std::string> js_date(std::int64_t milliseconds) {
  if (milliseconds > farthest_ms || milliseconds < -farthest_ms) return std::nullopt;
  std::int64_t days = milliseconds / day_ms;
  std::int64_t rest = milliseconds % day_ms;
  if (rest < 0) {
    rest += day_ms;
    --days;
  }
  const civil_date date = civil(days);
  const char* const form = date.year >= 0 && date.year <= 9'999 ? "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ"
                                                                : "%+07lld-%02d-%02dT%02d:%02d:%02d.%03dZ";
  const auto left = static_cast<int>(rest);
  char text[40];
  const int length = std::snprintf(text, sizeof text, form, static_cast<long long>(date.year), date.month, date.day,
                                   left / 3'600'000, left / 60'000 % 60, left / 1'000 % 60, left % 1'000);
  return std::string(text, static_cast<std::size_t>(length));
}

std::optional<date_time> read_js_date(std::string_view text) noexcept {
  date_reader reader(text);
  civil_date date{0, 1, 1};
  date_time out;
  std::int64_t second_of_day = 0;
  std::int64_t offset = 0;
  if (!reader.date(date) || !reader.time(second_of_day) || !reader.fraction(out.nanoseconds) ||
      !reader.offset(offset) || !reader.at_end())
    return std::nullopt;
  out.seconds = days_to(date) * day_seconds + second_of_day - offset;
  constexpr std::int64_t farthest = farthest_ms / 1'000;
  if (out.seconds < -farthest || out.seconds > farthest || (out.seconds == farthest && out.nanoseconds > 0))
    return std::nullopt;
  return out;
}

std::optional<std::int64_t> read_js_day(std::string_view text) noexcept {
  date_reader reader(text);
  civil_date date{0, 1, 1};
  if (!reader.date(date) || !reader.at_end()) return std::nullopt;
  const std::int64_t days = days_to(date);
  constexpr std::int64_t farthest = farthest_ms / day_ms;
  if (days < -farthest || days > farthest) return std::nullopt;
  return days;
}

}  // namespace cosio::inline v0_2::wire
