// How many lines of a kind the log has, of a place in the source and about a mistake of clients.

#include "base/line_limits.hpp"

#include <array>
#include <chrono>
#include <cstdint>

#include "base/logger.hpp"
#include "base/remarks.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using base::line_limits;
using base::mistake;
using base::remark;
using cosio::test::captured_log;
using namespace std::chrono_literals;

namespace {

const base::time_point start(1h);

constexpr auto at_once = static_cast<std::uint64_t>(line_limits::most_at_once);
constexpr std::uint64_t back_in_minute = 6;  // one every ten seconds
static_assert(line_limits::per_second == 0.1);

// Hashes as they are: far from each other. That of 0 is 0: no client.
std::uint64_t hash(std::uint64_t number) { return number * 0x9E37'79B9'7F4A'7C15U; }

// The number of a subject, and that of a client.
mistake made(remark kind, std::uint64_t subject, std::uint64_t client = 0) {
  return {kind, hash(subject), hash(client)};
}

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
  line_limits limits;
  make_lines(limits, 9, start);
  const auto first = limits.take("a.cpp", 1, start + 1s);
  CHECK(first.is_written);
  CHECK(first.left_out == 4);
  CHECK(make_lines(limits, 4, start + 1s).written == 4);
  CHECK(make_lines(limits, 1, start + 1s).written == 0);
}

TEST_CASE("lines of another place have a limit of their own", "[base][line_limits]") {
  line_limits limits;
  make_lines(limits, 9, start);
  CHECK(limits.take("a.cpp", 2, start).is_written);
}

TEST_CASE("a mistake is told at once, and while it goes on after pauses that double up to an hour",
          "[base][line_limits]") {
  line_limits limits;
  CHECK(limits.take(made(remark::origin, 1), start).is_written);
  CHECK_FALSE(limits.take(made(remark::origin, 1), start).is_written);
  CHECK_FALSE(limits.take(made(remark::origin, 1), start + 9s).is_written);
  const auto second = limits.take(made(remark::origin, 1), start + 10s);
  CHECK(second.is_written);
  CHECK(second.left_out == 2);
  CHECK_FALSE(limits.take(made(remark::origin, 1), start + 29s).is_written);
  CHECK(limits.take(made(remark::origin, 1), start + 30s).is_written);
  int lines = 0;
  for (std::chrono::seconds at = 30s; at < 24h; at += 1s)
    lines += limits.take(made(remark::origin, 1), start + at).is_written ? 1 : 0;
  CHECK(lines > 23);
  CHECK(lines < 40);  // a day of it
}

TEST_CASE("a mistake that was gone for an hour is told as a new one", "[base][line_limits]") {
  line_limits limits;
  for (const auto at : {0s, 10s, 30s}) CHECK(limits.take(made(remark::unheard, 1), start + at).is_written);
  CHECK(limits.take(made(remark::unheard, 1), start + 2h).is_written);
  CHECK_FALSE(limits.take(made(remark::unheard, 1), start + 2h + 9s).is_written);
  CHECK(limits.take(made(remark::unheard, 1), start + 2h + 10s).is_written);
}

TEST_CASE("each subject and each kind has its own lines", "[base][line_limits]") {
  line_limits limits;
  CHECK(limits.take(made(remark::arguments, 1), start).is_written);
  CHECK(limits.take(made(remark::arguments, 2), start).is_written);
  CHECK(limits.take(made(remark::unheard, 1), start).is_written);
  CHECK(limits.take(made(remark::nsp, 1), start).is_written);
  CHECK_FALSE(limits.take(made(remark::arguments, 1), start).is_written);
  CHECK_FALSE(limits.take(made(remark::arguments, 2), start).is_written);
}

TEST_CASE("a flood of new names is 24 lines, then one in ten seconds, with the number of those that are left out",
          "[base][line_limits]") {
  line_limits limits;
  std::uint64_t lines = 0;
  std::uint64_t told = 0;
  std::uint64_t sent = 0;
  for (std::chrono::milliseconds at = 0ms; at <= 60s; at += 10ms) {
    const auto verdict = limits.take(made(remark::unheard, ++sent), start + at);
    lines += verdict.is_written ? 1 : 0;
    told += verdict.left_out;
  }
  CHECK(at_once == 24);
  CHECK(lines >= at_once + back_in_minute - 1);
  CHECK(lines <= at_once + back_in_minute);
  CHECK(told + lines <= sent);
  CHECK(told + lines > sent - 1'100);                          // those since the last line are told with the next
  CHECK(limits.take(made(remark::nsp, 1), start).is_written);  // other kinds have theirs
}

TEST_CASE("a client gets eight lines of a kind in two minutes, whatever it sends", "[base][line_limits]") {
  line_limits limits;
  std::uint64_t lines = 0;
  std::uint64_t sent = 0;
  const auto flood = [&](std::chrono::milliseconds from, std::chrono::milliseconds until) {
    lines = 0;
    for (auto at = from; at < until; at += 10ms)
      lines += limits.take(made(remark::unheard, ++sent, 1), start + at).is_written ? 1 : 0;
    return lines;
  };
  CHECK(flood(0s, 2min) == 8);
  CHECK(flood(2min, 4min) == 8);
  CHECK(limits.take(made(remark::nsp, 1, 1), start + 239s).is_written);  // other kinds have theirs
}

TEST_CASE("the eighth line about a client in two minutes is its last", "[base][line_limits]") {
  line_limits limits;
  for (std::uint64_t i = 1; i <= line_limits::lines_of_client; ++i)
    CHECK(limits.take(made(remark::unheard, i, 1), start).is_last == (i == line_limits::lines_of_client));
  CHECK_FALSE(limits.take(made(remark::unheard, 100, 1), start + 1min).is_last);
  CHECK_FALSE(limits.take(made(remark::unheard, 101), start + 1min).is_last);
}

TEST_CASE("lines of one place about one client are eight in two minutes, and leave out none about another",
          "[base][line_limits]") {
  line_limits limits;
  std::uint64_t lines = 0;
  std::uint64_t last = 0;
  for (std::chrono::milliseconds at = 0ms; at < 2min; at += 200ms) {  // five in a second
    const auto verdict = limits.take("a.cpp", 1, hash(1), start + at);
    lines += verdict.is_written ? 1 : 0;
    last += verdict.is_last ? 1 : 0;
    if (at % 10s == 5s) {
      const auto other = static_cast<std::uint64_t>(at / 1s);
      CHECK(limits.take("a.cpp", 1, hash(1 + other), start + at).is_written);
    }
  }
  CHECK(lines == line_limits::lines_of_client);
  CHECK(last == 1);
  CHECK(limits.take("a.cpp", 1, hash(1), start + 2min).is_written);
}

TEST_CASE("a client that sends new names without end leaves a line for the mistake of another", "[base][line_limits]") {
  line_limits limits;
  std::uint64_t sent = 1'000;
  for (std::chrono::milliseconds at = 0ms; at < 20min; at += 10ms) {
    limits.take(made(remark::unheard, ++sent, 1), start + at);
    if (at % 1min == 30s) {  // a new client each time, and its first mistake
      const auto minute = static_cast<std::uint64_t>(at / 1min);
      CHECK(limits.take(made(remark::unheard, minute + 1, minute + 2), start + at).is_written);
    }
  }
}

TEST_CASE("however many clients make mistakes, each keeps to its lines, and all of the kind are used",
          "[base][line_limits]") {
  line_limits limits;
  constexpr std::uint64_t clients = 100;  // more than are remembered. The next line falls to the same one each time
  std::array<unsigned, clients> in_first_period{};
  std::uint64_t sent = 0;
  int lines = 0;
  for (std::chrono::milliseconds at = 0ms; at <= 10min; at += 10ms) {
    const std::uint64_t client = ++sent % clients;
    if (!limits.take(made(remark::unheard, sent, client + 1), start + at).is_written) continue;
    ++lines;
    if (at < line_limits::client_period) ++in_first_period[client];
  }
  static_assert(clients > line_limits::most_clients);
  CHECK(lines >= 83);
  CHECK(lines <= 84);  // 24, and one more every ten seconds
  for (const unsigned number : in_first_period) CHECK(number <= line_limits::lines_of_client);
}

TEST_CASE("a client that is not known has the lines of its kind", "[base][line_limits]") {
  line_limits limits;
  for (std::uint64_t i = 1; i <= at_once; ++i) CHECK(limits.take(made(remark::answer, i), start).is_written);
  CHECK_FALSE(limits.take(made(remark::answer, at_once + 1), start).is_written);
}

TEST_CASE("a subject that was told is not new when another client makes the mistake", "[base][line_limits]") {
  line_limits limits;
  CHECK(limits.take(made(remark::origin, 1, 1), start).is_written);
  CHECK_FALSE(limits.take(made(remark::origin, 1, 2), start + 9s).is_written);
  const auto next = limits.take(made(remark::origin, 1, 2), start + 10s);
  CHECK(next.is_written);
  CHECK(next.left_out == 1);
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

TEST_CASE("a new sink is told of a mistake that the sink before was told of", "[base][line_limits]") {
  const auto lines_of_a_mistake = [] {
    const captured_log log;
    set_log_level(log_level::warn);
    for (int i = 0; i < 2; ++i)
      if (const base::due_remark due = base::ask_for_remark("http", base::remark::origin, "https://a.example", {}))
        base::log_remark(due, "http", "not listed", {});
    return log.count(log_level::warn, "not listed");
  };
  CHECK(lines_of_a_mistake() == 1);
  CHECK(lines_of_a_mistake() == 1);
}
