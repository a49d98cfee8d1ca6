// Sums of times that would overflow.

#include "base/later.hpp"

#include <cstdint>

#include "support/catch.hpp"

using namespace cosio::base;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST_CASE("a duration in another unit is the nearest that the unit has", "[base][later]") {
  CHECK(saturated<nanoseconds>(5ms) == 5'000'000ns);
  CHECK(saturated<nanoseconds>(-5ms) == -5'000'000ns);
  CHECK(saturated<milliseconds>(1'999'999ns) == 1ms);
  CHECK(saturated<nanoseconds>(milliseconds::max()) == nanoseconds::max());
  CHECK(saturated<nanoseconds>(milliseconds::min()) == nanoseconds::min());
  CHECK(saturated<nanoseconds>(std::chrono::hours(24 * 365 * 400)) == nanoseconds::max());
  CHECK(saturated<nanoseconds>(std::chrono::hours(24 * 365 * 200)) == std::chrono::hours(24 * 365 * 200));
  CHECK(saturated<milliseconds>(std::chrono::hours::max()) == milliseconds::max());
  using small = std::chrono::duration<std::uint32_t, std::milli>;
  CHECK(saturated<small>(std::chrono::hours(24 * 50)) == small::max());
  CHECK(saturated<small>(-1ms) == small::zero());
  CHECK(saturated<nanoseconds>(small(5)) == 5'000'000ns);
  CHECK(saturated<nanoseconds>(small::max()) == milliseconds(0xffff'ffff));
}

TEST_CASE("a time that is far away stays far away, in either direction", "[base][later]") {
  const time_point now{1h};
  CHECK(later(now, 1s) == time_point(3'601s));
  CHECK(later(now, -1s) == time_point(3'599s));
  CHECK(later(now, milliseconds::max()) == time_point::max());
  CHECK(later(now, nanoseconds::max()) == time_point::max());
  CHECK(later(time_point::max(), 1ns) == time_point::max());
  CHECK(later(time_point::max(), -1ns) < time_point::max());
  CHECK(later(now, milliseconds::min()) < now);
  CHECK(later(time_point::min(), -1ns) == time_point::min());
  CHECK(earlier(now, 1s) == time_point(3'599s));
  CHECK(earlier(now, milliseconds::max()) < now);
  CHECK(earlier(now, milliseconds::min()) == time_point::max());
}
