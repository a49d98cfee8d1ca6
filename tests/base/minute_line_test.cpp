// Lines that are written once in a minute.

#include "base/minute_line.hpp"

#include <chrono>

#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

TEST_CASE("a line that any client can cause is written once in a minute, with a number", "[base][log]") {
  const captured_log log;
  set_log_level(log_level::warn);
  base::minute_line line;
  const base::time_point begin{};
  const auto is_due = [&](std::chrono::milliseconds at) {
    const auto due = line.ask(log_level::warn, "engine", begin + at);
    if (due) base::log_remark(due, "engine", "full", {});
    return static_cast<bool>(due);
  };
  CHECK(is_due(0ms));
  for (int i = 0; i < 1'000; ++i) REQUIRE_FALSE(is_due(std::chrono::milliseconds(59 * i)));
  CHECK(is_due(60'000ms));
  CHECK(log.count(log_level::warn, "full (and 1000 more lines of this kind, which are left out)") == 1);
  CHECK_FALSE(is_due(119'999ms));
  CHECK(is_due(3'600'000ms));
  CHECK(log.count(log_level::warn) == 3);
  CHECK_FALSE(line.ask(log_level::info, "engine", begin + 7'200'000ms));
  set_log_level(log_level::debug);
  CHECK(is_due(3'600'001ms));
}
