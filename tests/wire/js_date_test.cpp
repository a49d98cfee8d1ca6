// Points in time as JavaScript writes them. The rows are what node 20 prints for new Date(ms).toJSON().

#include "wire/js_date.hpp"

#include <cstdint>
#include <string_view>

#include "support/catch.hpp"

using cosio::wire::js_date;

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
