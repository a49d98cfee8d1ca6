// How often a mistake of clients is told.

#include "base/remarks.hpp"

#include <chrono>
#include <cstdint>
#include <string>

#include "base/logger.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;
using base::remark;
using base::remark_limits;
using cosio::test::captured_log;

namespace {

const base::time_point start(1h);

// Subjects as hashes are: far from each other.
std::uint64_t subject(std::uint64_t number) { return number * 0x9E37'79B9'7F4A'7C15U; }

}  // namespace

TEST_CASE("a mistake is told at once, and while it goes on after pauses that double up to an hour", "[base][remarks]") {
  remark_limits limits;
  CHECK(limits.take(remark::origin, subject(1), start).is_due);
  CHECK_FALSE(limits.take(remark::origin, subject(1), start).is_due);
  CHECK_FALSE(limits.take(remark::origin, subject(1), start + 9s).is_due);
  const auto second = limits.take(remark::origin, subject(1), start + 10s);
  CHECK(second.is_due);
  CHECK(second.left_out == 2);
  CHECK_FALSE(limits.take(remark::origin, subject(1), start + 29s).is_due);
  CHECK(limits.take(remark::origin, subject(1), start + 30s).is_due);
  int lines = 0;
  for (std::chrono::seconds at = 30s; at < 24h; at += 1s)
    lines += limits.take(remark::origin, subject(1), start + at).is_due ? 1 : 0;
  CHECK(lines > 23);
  CHECK(lines < 40);  // a day of it
}

TEST_CASE("a mistake that was gone for an hour is told as a new one", "[base][remarks]") {
  remark_limits limits;
  for (const auto at : {0s, 10s, 30s}) CHECK(limits.take(remark::unheard, subject(1), start + at).is_due);
  CHECK(limits.take(remark::unheard, subject(1), start + 2h).is_due);
  CHECK_FALSE(limits.take(remark::unheard, subject(1), start + 2h + 9s).is_due);
  CHECK(limits.take(remark::unheard, subject(1), start + 2h + 10s).is_due);
}

TEST_CASE("each subject and each kind has its own lines", "[base][remarks]") {
  remark_limits limits;
  CHECK(limits.take(remark::arguments, subject(1), start).is_due);
  CHECK(limits.take(remark::arguments, subject(2), start).is_due);
  CHECK(limits.take(remark::unheard, subject(1), start).is_due);
  CHECK(limits.take(remark::nsp, subject(1), start).is_due);
  CHECK_FALSE(limits.take(remark::arguments, subject(1), start).is_due);
  CHECK_FALSE(limits.take(remark::arguments, subject(2), start).is_due);
}

TEST_CASE("a flood of new names is ten lines, then one in ten seconds, with the number of those that are left out",
          "[base][remarks]") {
  remark_limits limits;
  std::uint64_t lines = 0;
  std::uint64_t told = 0;
  std::uint64_t sent = 0;
  for (std::chrono::milliseconds at = 0ms; at <= 60s; at += 10ms) {
    const auto verdict = limits.take(remark::unheard, subject(++sent), start + at);
    lines += verdict.is_due ? 1 : 0;
    told += verdict.left_out;
  }
  CHECK(lines >= 15);
  CHECK(lines <= 16);
  CHECK(told + lines <= sent);
  CHECK(told + lines > sent - 1'100);                         // those since the last line are told with the next
  CHECK(limits.take(remark::nsp, subject(1), start).is_due);  // other kinds have theirs
}

TEST_CASE("a remark is due at once, and at level debug always", "[base][remarks]") {
  const captured_log log;
  const auto is_due = [] { return static_cast<bool>(base::ask_for_remark("http", remark::answer, "of this test")); };
  CHECK(is_due());
  CHECK(is_due());
  set_log_level(log_level::warn);
  CHECK(is_due());
  CHECK_FALSE(is_due());
  set_log_level("http", log_level::error);
  CHECK_FALSE(base::ask_for_remark("http", remark::answer, "another"));
  set_log_level(log_level::off);
  CHECK_FALSE(base::ask_for_remark("http", remark::answer, "another"));
}

TEST_CASE("a line that follows on others says how many they were", "[base][remarks]") {
  const captured_log log;
  base::log_remark(base::due_remark(0), "http", "first", {});
  base::log_remark(base::due_remark(7), "http", "second", {});
  CHECK(log.count(log_level::warn) == 2);
  CHECK(log.lines().front().message == "first");
  CHECK(log.lines().back().message == "second (and 7 more lines of this kind, which are left out)");
}
