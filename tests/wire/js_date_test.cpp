// Points in time as JavaScript writes them. The rows are what node 20 prints for new Date(ms).toJSON().

#include "wire/js_date.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

#include "support/catch.hpp"

using cosio::wire::js_date;
using cosio::wire::read_js_date;

TEST_CASE("a date is written as JSON.stringify() does", "[wire][js_date]") {
  struct row {
    std::int64_t milliseconds;
    std::string_view text;
  };
  const row rows[] = {{0, "1970-01-01T00:00:00.000Z"},
                      {-1, "1969-12-31T23:59:59.999Z"},
                      {951'782'400'000, "2000-02-29T00:00:00.000Z"},
                      {951'868'800'000, "2000-03-01T00:00:00.000Z"},
                      {4'107'542'399'999, "2100-02-28T23:59:59.999Z"},
                      {1'700'000'000'123, "2023-11-14T22:13:20.123Z"},
                      {-62'167'219'200'000, "0000-01-01T00:00:00.000Z"},
                      {-62'167'219'200'001, "-000001-12-31T23:59:59.999Z"},
                      {253'402'300'799'999, "9999-12-31T23:59:59.999Z"},
                      {253'402'300'800'000, "+010000-01-01T00:00:00.000Z"},
                      {8'640'000'000'000'000, "+275760-09-13T00:00:00.000Z"},
                      {-8'640'000'000'000'000, "-271821-04-20T00:00:00.000Z"}};
  for (const row& r : rows) {
    CAPTURE(r.milliseconds);
    CHECK(js_date(r.milliseconds) == r.text);
  }
}

TEST_CASE("what is an invalid Date in JavaScript is no date", "[wire][js_date]") {
  for (const std::int64_t far :
       {std::int64_t{8'640'000'000'000'001}, std::int64_t{-8'640'000'000'000'001}, INT64_MAX, INT64_MIN}) {
    CAPTURE(far);
    CHECK_FALSE(js_date(far).has_value());
  }
}

TEST_CASE("a date is read as it is written, and with the offsets and fractions of RFC 3339", "[wire][js_date]") {
  struct row {
    std::string_view text;
    std::int64_t seconds;
    std::int32_t nanoseconds;
  };
  const row rows[] = {{"1970-01-01T00:00:00.000Z", 0, 0},
                      {"1969-12-31T23:59:59.999Z", -1, 999'000'000},
                      {"2000-02-29T00:00:00Z", 951'782'400, 0},
                      {"2100-02-28T23:59:59.123456789Z", 4'107'542'399, 123'456'789},
                      {"2023-11-14T23:13:20.5+01:00", 1'700'000'000, 500'000'000},
                      {"2023-11-14T21:13:20-01:00", 1'700'000'000, 0},
                      {"2023-11-14T22:13:20-00:00", 1'700'000'000, 0},
                      {"0000-01-01T00:00:00.000Z", -62'167'219'200, 0},
                      {"-000001-12-31T23:59:59.999Z", -62'167'219'201, 999'000'000},
                      {"+010000-01-01T00:00:00.000Z", 253'402'300'800, 0},
                      {"+275760-09-13T00:00:00.000Z", 8'640'000'000'000, 0},
                      {"-271821-04-20T00:00:00.000Z", -8'640'000'000'000, 0}};
  for (const row& r : rows) {
    CAPTURE(r.text);
    const auto date = read_js_date(r.text);
    REQUIRE(date.has_value());
    CHECK(date->seconds == r.seconds);
    CHECK(date->nanoseconds == r.nanoseconds);
  }
}

TEST_CASE("every day of four centuries is read back", "[wire][js_date]") {
  for (std::int64_t day = -800; day < 146'097; ++day) {
    const auto date = read_js_date(js_date(day * 86'400'000 + 1).value());
    if (!date || date->seconds != day * 86'400) FAIL("day " << day);
  }
}

TEST_CASE("what is no date, or no Date of JavaScript, is not read", "[wire][js_date]") {
  for (const std::string_view text : {"",
                                      "2026-11-30",
                                      "2026-11-30T13:41Z",
                                      "2026-11-30 13:41:14Z",
                                      "2026-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-11-31T00:00:00Z",
                                      "2026-11-00T00:00:00Z",
                                      "2026-11-30T24:00:00Z",
                                      "2026-11-30T23:60:00Z",
                                      "2026-11-30T23:59:60Z",
                                      "2026-11-30T23:59:59.Z",
                                      "2026-11-30T23:59:59,5Z",
                                      "2026-11-30T23:59:59.1234567890Z",
                                      "2026-11-30T23:59:59",
                                      "2026-11-30T23:59:59z",
                                      "2026-11-30t23:59:59Z",
                                      "2026-11-30T23:59:59ZZ",
                                      "2026-11-30T23:59:59+0100",
                                      "2026-11-30T23:59:59+24:00",
                                      "2026-11-30T23:59:59+01:60",
                                      "2026-11-30T-1:59:59Z",
                                      "2026-1-30T23:59:59Z",
                                      "02026-11-30T23:59:59Z",
                                      " 2026-11-30T23:59:59Z",
                                      "+2026-11-30T23:59:59Z",
                                      "-000000-01-01T00:00:00Z",
                                      "+275760-09-13T00:00:00.001Z",
                                      "-271821-04-19T23:59:59.999Z",
                                      "+999999-12-31T23:59:59Z"}) {
    CAPTURE(text);
    CHECK_FALSE(read_js_date(text).has_value());
  }
}

TEST_CASE("a day is read as the days since 1970", "[wire][js_date]") {
  struct row {
    std::string_view text;
    std::optional<std::int64_t> days;
  };
  const row rows[] = {{"1970-01-01", 0},
                      {"1969-12-31", -1},
                      {"2000-02-29", 11'016},
                      {"2026-01-31", 20'484},
                      {"0000-01-01", -719'528},
                      {"+010000-01-01", 2'932'897},
                      {"+275760-09-13", 100'000'000},
                      {"-271821-04-20", -100'000'000},
                      {"+275760-09-14", {}},
                      {"-271821-04-19", {}},
                      {"2026-02-29", {}},
                      {"2026-00-01", {}},
                      {"2026-1-1", {}},
                      {"2026-01-31T", {}},
                      {"2026-01-31T00:00:00Z", {}},
                      {" 2026-01-31", {}},
                      {"20260131", {}},
                      {"", {}}};
  for (const row& r : rows) {
    CAPTURE(r.text);
    CHECK(cosio::wire::read_js_day(r.text) == r.days);
  }
}
