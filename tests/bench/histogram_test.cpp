// Percentiles, and how exact they are.

#include "load/histogram.hpp"

#include "support/catch.hpp"

using bench::histogram;
using bench::nanoseconds;

TEST_CASE("a histogram of nothing is zero everywhere", "[bench][histogram]") {
  const histogram none;
  CHECK(none.count() == 0);
  CHECK(none.percentile(0.5) == nanoseconds(0));
  CHECK(none.max() == nanoseconds(0));
}

TEST_CASE("percentiles are within 1.6 % at any size", "[bench][histogram]") {
  for (const double unit : {1.0, 1e3, 1e6, 1e9}) {
    CAPTURE(unit);
    histogram seen;
    for (int i = 1; i <= 1000; ++i) seen.add(nanoseconds(static_cast<std::int64_t>(i * unit)));
    for (const double q : {0.5, 0.9, 0.99, 0.999}) {
      CAPTURE(q);
      const double exact = (1000 * q + 1) * unit;
      CHECK(std::abs(static_cast<double>(seen.percentile(q).count()) - exact) <= 0.016 * exact + 1);
    }
  }
}

TEST_CASE("the largest duration is kept exactly, and no percentile is above it", "[bench][histogram]") {
  histogram seen;
  seen.add(nanoseconds(1'000'003));
  CHECK(seen.max() == nanoseconds(1'000'003));
  CHECK(seen.percentile(1) <= nanoseconds(1'000'003));
}

TEST_CASE("durations below zero count as zero", "[bench][histogram]") {
  histogram seen;
  seen.add(nanoseconds(-5));
  CHECK(seen.count() == 1);
  CHECK(seen.percentile(0.5) == nanoseconds(0));
}
