// Log lines: who gets them, and who does not.

#include "base/logger.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cosio/error.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using cosio::test::captured_log;

TEST_CASE("a line goes to the sink with its level, component and message", "[base][logger]") {
  const captured_log log;
  base::log(log_level::warn, "engine", "who, what, why");
  const auto lines = log.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].level == log_level::warn);
  CHECK(lines[0].component == "engine");
  CHECK(lines[0].message == "who, what, why");
}

TEST_CASE("what is logged is one line, whatever it holds", "[base][logger]") {
  const captured_log log;
  base::log(log_level::warn, "socketio", "socket of /a\n[cosio] error http: all is lost\r\x1b[2J\x7f: \xC3\xA4");
  const auto lines = log.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].message == "socket of /a\\x0a[cosio] error http: all is lost\\x0d\\x1b[2J\\x7f: \xC3\xA4");
}

TEST_CASE("characters of Unicode that steer a terminal or turn text around are escapes, others stay",
          "[base][logger]") {
  const captured_log log;
  base::log(log_level::warn, "socketio",
            "\xC2\x9B 2J \xE2\x80\xA8 \xE2\x80\xAE \xE2\x81\xA6 \xC2\xA0 \xE2\x80\xA6 \xE2\x82\xAC \xE2\x80");
  const auto lines = log.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].message ==
        "\\xc2\\x9b 2J \\xe2\\x80\\xa8 \\xe2\\x80\\xae \\xe2\\x81\\xa6 \xC2\xA0 \xE2\x80\xA6 \xE2\x82\xAC \xE2\x80");
}

TEST_CASE("a field is one line, also where the message has no control character", "[base][logger]") {
  const captured_log restores_the_default;
  std::string seen;
  set_log_record_sink([&seen](const log_record& line) { seen = std::string(line.fields.front().value); });
  base::log(log_level::warn, "engine", "refused", {{"origin", "http://a\n[cosio] error http: all is lost"}});
  CHECK(seen == "http://a\\x0a[cosio] error http: all is lost");
}

TEST_CASE("lines below the level go nowhere", "[base][logger]") {
  const captured_log log;
  const log_level levels[] = {log_level::debug, log_level::info, log_level::warn, log_level::error};
  for (const log_level threshold : levels) {
    set_log_level(threshold);
    CHECK(get_log_level() == threshold);
    for (const log_level level : levels) {
      CAPTURE(to_string(threshold), to_string(level));
      const std::string message = std::string(to_string(threshold)) + "/" + std::string(to_string(level));
      CHECK(base::logs(level) == (level >= threshold));
      switch (level) {  // of one place in the source, a few lines in a second are written
        case log_level::debug:
          base::log(log_level::debug, "test", message);
          break;
        case log_level::info:
          base::log(log_level::info, "test", message);
          break;
        case log_level::warn:
          base::log(log_level::warn, "test", message);
          break;
        default:
          base::log(log_level::error, "test", message);
      }
      CHECK(log.count(level, message) == (level >= threshold ? 1U : 0U));
    }
  }
  set_log_level(log_level::off);
  base::log(log_level::error, "test", "silence");
  CHECK(log.count(log_level::error, "silence") == 0);
}

TEST_CASE("every level has a name", "[base][logger]") {
  CHECK(to_string(log_level::debug) == "debug");
  CHECK(to_string(log_level::info) == "info");
  CHECK(to_string(log_level::warn) == "warn");
  CHECK(to_string(log_level::error) == "error");
  CHECK(to_string(log_level::off) == "off");
}

TEST_CASE("a sink that throws harms nobody, and is asked again", "[base][logger]") {
  const captured_log restores_the_default;
  int calls = 0;
  set_log_sink([&calls](log_level, std::string_view, std::string_view) {
    ++calls;
    throw std::runtime_error("full disk");
  });
  CHECK_NOTHROW(base::log(log_level::error, "test", "one"));
  CHECK_NOTHROW(base::log(log_level::error, "test", "two"));
  CHECK(calls == 2);
}

TEST_CASE("lines of several threads reach the sink one at a time", "[base][logger]") {
  const captured_log restores_the_default;
  int inside = 0;
  int most_inside = 0;
  std::vector<std::string> lines;
  set_log_sink([&](log_level, std::string_view, std::string_view message) {
    most_inside = std::max(most_inside, ++inside);
    lines.emplace_back(message);
    --inside;
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 500; ++i) base::log(log_level::info, "test", "line");
    });
  for (auto& thread : threads) thread.join();
  CHECK(lines.size() == 2000);
  CHECK(most_inside == 1);
}

TEST_CASE("a sink may call the library, log, and wait for a thread that logs", "[base][logger]") {
  const captured_log restores_the_default;
  std::vector<std::string> seen;
  bool first = true;
  set_log_sink([&](log_level, std::string_view, std::string_view message) {
    seen.emplace_back(message);
    base::log(log_level::debug, "test", "of the sink itself, on stderr");
    if (!std::exchange(first, false)) return;
    std::thread other([] { base::log(log_level::warn, "test", "of another thread", {{"name", "value"}}); });
    other.join();
    set_log_level(get_log_level());
  });
  base::log(log_level::warn, "test", "first");
  CHECK(seen == std::vector<std::string>{"first", "of another thread"});
  base::log(log_level::warn, "test", "last");
  CHECK(seen.back() == "last");
}

TEST_CASE("a sink may be replaced while it runs, and lines that wait go to the new one", "[base][logger]") {
  const captured_log restores_the_default;
  std::vector<std::string> seen;
  set_log_sink([&](log_level, std::string_view, std::string_view) {
    std::thread([] { base::log(log_level::warn, "test", "waits"); }).join();
    set_log_sink([&seen](log_level, std::string_view, std::string_view message) { seen.emplace_back(message); });
  });
  base::log(log_level::warn, "test", "replaces");
  CHECK(seen == std::vector<std::string>{"waits"});
}

TEST_CASE("when too many lines wait for a sink, some are lost, and it is told how many", "[base][logger]") {
  const captured_log restores_the_default;
  std::vector<std::string> seen;
  bool first = true;
  set_log_sink([&](log_level, std::string_view, std::string_view message) {
    seen.emplace_back(message);
    if (!std::exchange(first, false)) return;
    std::thread([] {
      for (int i = 0; i < 10'005; ++i) base::log(log_level::warn, "test", "line");
    }).join();
  });
  base::log(log_level::warn, "test", "first");
  REQUIRE(seen.size() == 10'002);
  CHECK(seen.back() == "the sink is slow: 5 lines are lost");
}

TEST_CASE("a reader of stderr that has gone does not end the process", "[base][logger]") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::array<int, 2> ends{};
    bool well = ::pipe(ends.data()) == 0 && ::dup2(ends[1], STDERR_FILENO) >= 0;
    ::close(ends[0]);
    ::signal(SIGPIPE, SIG_DFL);
    base::log(log_level::error, "test", "nobody reads it");
    sigset_t left;
    well = well && ::sigpending(&left) == 0 && ::sigismember(&left, SIGPIPE) == 0;
    sigset_t blocked;
    well = well && ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked) == 0 && ::sigismember(&blocked, SIGPIPE) == 0;
    ::_exit(well ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a sink that wants fields gets them beside the complete message", "[base][logger]") {
  const captured_log restores_the_default;
  std::vector<std::string> seen;
  set_log_record_sink([&](const log_record& line) {
    std::string text =
        std::string(to_string(line.level)) + " " + std::string(line.component) + " " + std::string(line.message);
    for (const log_field& field : line.fields) text += " " + std::string(field.name) + "=" + std::string(field.value);
    seen.push_back(text);
  });
  base::log(log_level::warn, "engine", "session abc closed", {{"session", "abc"}, {"reason", "ping timeout"}});
  base::log(log_level::warn, "http", "plain");
  base::log(log_level::warn, "socketio", "no namespace /a\nb", {{"nsp", "/a\nb"}});
  CHECK(seen == std::vector<std::string>{"warn engine session abc closed session=abc reason=ping timeout",
                                         "warn http plain", "warn socketio no namespace /a\\x0ab nsp=/a\\x0ab"});
}

TEST_CASE("there is one sink: the last one that was set, of either kind", "[base][logger]") {
  const captured_log restores_the_default;
  int plain = 0;
  int fields = 0;
  set_log_sink([&](log_level, std::string_view, std::string_view) { ++plain; });
  set_log_record_sink([&](const log_record&) { ++fields; });
  base::log(log_level::error, "test", "one");
  CHECK(plain == 0);
  CHECK(fields == 1);
  set_log_sink([&](log_level, std::string_view, std::string_view) { ++plain; });
  base::log(log_level::error, "test", "two", {{"name", "value"}});
  CHECK(plain == 1);
  CHECK(fields == 1);
}

TEST_CASE("an exception is described by what it says of itself", "[base][logger]") {
  CHECK(base::describe(std::make_exception_ptr(std::runtime_error("boom"))) == "boom");
  CHECK(base::describe(std::make_exception_ptr(error(errc::disconnected, "gone"))).find("gone") != std::string::npos);
  CHECK(base::describe(std::make_exception_ptr(42)) == "an exception of unknown type");
  CHECK(base::describe(nullptr) == "nothing");
}

TEST_CASE("a component has a level of its own", "[base][logger]") {
  const captured_log log;
  set_log_level(log_level::error);
  set_log_level("engine", log_level::debug);
  set_log_level("http", log_level::off);
  CHECK(get_log_level() == log_level::error);
  CHECK(get_log_level("engine") == log_level::debug);
  CHECK(get_log_level("socketio") == log_level::error);
  CHECK(base::logs(log_level::debug));  // of some component
  CHECK(base::logs(log_level::debug, "engine"));
  CHECK_FALSE(base::logs(log_level::warn, "socketio"));
  base::log(log_level::debug, "engine", "one");
  base::log(log_level::warn, "socketio", "two");
  base::log(log_level::error, "socketio", "three");
  base::log(log_level::error, "http", "four");
  REQUIRE(log.lines().size() == 2);
  CHECK(log.lines()[0].message == "one");
  CHECK(log.lines()[1].message == "three");
  set_log_level(log_level::warn);
  CHECK(get_log_level("engine") == log_level::warn);
  CHECK_FALSE(base::logs(log_level::debug));
}

TEST_CASE("a component that does not exist is refused, with the one that was meant", "[base][logger]") {
  const captured_log restores_the_default;
  std::string detail;
  try {
    set_log_level("engin", log_level::debug);
  } catch (const error& wrong) {
    CHECK(wrong.code() == errc::bad_argument);
    detail = wrong.detail();
  }
  CHECK(detail == "there is no component \"engin\"; did you mean \"engine\"?");
  CHECK(get_log_level("engin") == get_log_level());
}

TEST_CASE("the text of the environment sets levels, and its mistakes are lines", "[base][logger]") {
  const captured_log log;
  base::read_log_levels("warn,engine=debug,socketio=of");
  CHECK(get_log_level() == log_level::warn);
  CHECK(get_log_level("engine") == log_level::debug);
  CHECK(get_log_level("socketio") == log_level::warn);
  CHECK(log.count(log_level::warn) == 1);
  CHECK(log.count(log_level::warn, "COSIO_LOG: there is no level \"of\"") == 1);
  CHECK(log.lines().front().component == "application");
}
