// How many lines of a kind the log has.

#include "base/line_limits.hpp"

#include <chrono>
#include <cstdint>

#include "base/logger.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using base::line_limits;
using cosio::test::captured_log;
using namespace std::chrono_literals;

namespace {

struct counted {
  std::uint64_t written = 0;
  std::uint64_t told = 0;  // lines that were left out, as later ones say
};

counted make_lines(line_limits& of, int number, base::time_point now) {
  counted out;
  for (int i = 0; i < number; ++i) {
    const auto verdict = of.take("a.cpp", 1, now);
    if (!verdict.is_written) continue;
    ++out.written;
    out.told += verdict.left_out;
  }
  return out;
}

}  // namespace

TEST_CASE("five lines of a kind are written in a second, then each tenfold with the number of those between",
          "[base][line_limits]") {
  const base::time_point start(1h);
  line_limits limits;
  CHECK(make_lines(limits, 5, start).written == 5);
  CHECK(make_lines(limits, 4, start).written == 0);
  const auto tenth = make_lines(limits, 1, start);
  CHECK(tenth.written == 1);
  CHECK(tenth.told == 4);
  const auto rest = make_lines(limits, 9'990, start + 999ms);
  CHECK(rest.written == 3);
  CHECK(rest.told == 9'990 - 3);
}

TEST_CASE("a line of the next second tells of all that were left out", "[base][line_limits]") {
  const base::time_point start(1h);
  line_limits limits;
  make_lines(limits, 9, start);
  const auto first = limits.take("a.cpp", 1, start + 1s);
  CHECK(first.is_written);
  CHECK(first.left_out == 4);
  CHECK(make_lines(limits, 4, start + 1s).written == 4);
  CHECK(make_lines(limits, 1, start + 1s).written == 0);
}

TEST_CASE("lines of another place have a limit of their own", "[base][line_limits]") {
  const base::time_point start(1h);
  line_limits limits;
  make_lines(limits, 9, start);
  CHECK(limits.take("a.cpp", 2, start).is_written);
}

TEST_CASE("a flood of lines is a few lines and a number, and at level debug all of them", "[base][line_limits]") {
  const captured_log log;
  const auto flood = [&log] {
    const std::size_t before = log.count(log_level::warn, "of a client");
    for (int i = 0; i < 1'000; ++i) base::log(log_level::warn, "test", "of a client");
    return log.count(log_level::warn, "of a client") - before;
  };
  CHECK(flood() == 1'000);
  set_log_level(log_level::warn);
  const std::size_t lines = flood();
  CHECK(lines >= 8);
  CHECK(lines <= 16);  // where the second ends in between
  CHECK(log.count(log_level::warn, "(and 4 more lines of this kind, which are left out)") >= 1);
}
