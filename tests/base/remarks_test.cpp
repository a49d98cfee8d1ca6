// Whether a mistake of clients is told, and its line.

#include "base/remarks.hpp"

#include <string>

#include "base/logger.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using base::remark;
using cosio::test::captured_log;

TEST_CASE("a remark is due at once, and at level debug always", "[base][remarks]") {
  const captured_log log;
  const auto is_due = [] {
    return static_cast<bool>(base::ask_for_remark("http", remark::answer, "of this test", {}));
  };
  CHECK(is_due());
  CHECK(is_due());
  set_log_level(log_level::warn);
  CHECK(is_due());
  CHECK_FALSE(is_due());
  set_log_level("http", log_level::error);
  CHECK_FALSE(base::ask_for_remark("http", remark::answer, "another", {}));
  set_log_level(log_level::off);
  CHECK_FALSE(base::ask_for_remark("http", remark::answer, "another", {}));
}

TEST_CASE("a line that follows on others says how many they were", "[base][remarks]") {
  const captured_log log;
  base::log_remark(base::due_remark(0), "http", "first", {});
  base::log_remark(base::due_remark(7), "http", "second", {});
  CHECK(log.count(log_level::warn) == 2);
  CHECK(log.lines().front().message == "first");
  CHECK(log.lines().back().message == "second (and 7 more lines of this kind, which are left out)");
}

TEST_CASE("a client that makes one mistake after another is told of less, others are not", "[base][remarks]") {
  const captured_log log;
  set_log_level(log_level::warn);
  const auto lines_of = [](const std::string& client) {
    unsigned lines = 0;
    for (int i = 0; i < 20; ++i)
      lines += base::ask_for_remark("http", remark::nsp, client + std::to_string(i), client) ? 1U : 0U;
    return lines;
  };
  CHECK(lines_of("one") == base::line_limits::lines_of_client);
  CHECK(lines_of("two") == base::line_limits::lines_of_client);
}

TEST_CASE("lines that are due are written, however many come at once", "[base][remarks]") {
  const captured_log log;
  set_log_level(log_level::warn);
  for (int i = 0; i < 10; ++i) base::log_remark(base::due_remark(0), "http", "a mistake", {});
  CHECK(log.count(log_level::warn, "a mistake") == 10);
}
