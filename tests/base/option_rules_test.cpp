// The sentences about options that are wrong.

#include "base/option_rules.hpp"

#include <cosio/error.hpp>

#include <chrono>
#include <string>

#include "base/most.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;

namespace {

template <class F>
std::string refused(F check) {
  try {
    check();
  } catch (const error& e) {
    return e.code() == errc::bad_argument ? e.detail() : "another error";
  }
  return {};
}

}  // namespace

TEST_CASE("a rule names the option, its value and what to write", "[base][option_rules]") {
  using namespace cosio::base;
  CHECK(refused([] { require_time("wait", 0ms, 1ms); }) == "the option wait is 0 ms: write a time from 1 ms on");
  CHECK(refused([] { require_time("wait", -1ms, 0ms, 9ms); }) ==
        "the option wait is -1 ms: write a time from 0 ms to 9 ms");
  CHECK(refused([] { require_time("wait", 10ms, 0ms, 9ms); }).starts_with("the option wait is 10 ms"));
  CHECK(refused([] { require_time("wait", 9ms, 9ms, 9ms); }).empty());
  CHECK(refused([] { require_time("wait", std::chrono::milliseconds::max(), 1ms); }).empty());

  CHECK(refused([] { require_number("most", 0, 1); }) == "the option most is 0: write a number from 1 on");
  CHECK(refused([] { require_number("most", 5, 1, 4); }) == "the option most is 5: write a number from 1 to 4");
  CHECK(refused([] { require_number("most", 4, 4, 4); }).empty());

  for (const char* good : {"/", "/a/b", "/a%20b"}) CHECK(refused([&] { require_path("path", good); }).empty());
  for (const char* bad : {"", "a", "/a b", "/a?b", "/a#b", "/\xc3\xa4", "/a\n"}) {
    CAPTURE(bad);
    CHECK(refused([&] { require_path("path", bad); }) == "the option path is \"" + std::string(bad) +
                                                             "\": write a path that begins with \"/\", without a "
                                                             "query, with other characters than those of ASCII as %XX");
  }
}

TEST_CASE("0 is no limit where a limit may be missing", "[base][most]") {
  CHECK(base::most(0) == std::numeric_limits<std::size_t>::max());
  CHECK(base::most(1) == 1);
}
