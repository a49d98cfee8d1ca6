// Days since 1970 -> year, month and day of the proleptic Gregorian calendar.

#include "wire/js_date.hpp"

#include <cstdio>

namespace cosio::wire {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t farthest_ms = 100'000'000 * day_ms;

struct civil_date {
  std::int64_t year;
  int month;
  int day;
};

// Years begin in March here, so the leap day is the last day of its year. 400 years, an era, have 146097 days.
civil_date civil(std::int64_t days) noexcept {
  constexpr std::int64_t era_days = 146'097;
  constexpr std::int64_t march_of_year_0 = 719'468;  // days from then to 1970
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

}  // namespace cosio::wire
