// The name that a misspelt word was meant to be.

#include "base/nearest.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace cosio::base;

TEST_CASE("the distance of two words is the letters to change", "[base][nearest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("join", "join") == 0);
  CHECK(edit_distance("", "join") == 4);
  CHECK(edit_distance("join", "") == 4);
  CHECK(edit_distance("joim", "join") == 1);
  CHECK(edit_distance("jon", "join") == 1);
  CHECK(edit_distance("joiin", "join") == 1);
  CHECK(edit_distance("jion", "join") == 1);  // neighbours that are swapped
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance(std::string(65, 'x'), "x") > 100);  // too long to look at
}

TEST_CASE("a misspelt word leads to the name that is nearest, and another word to none", "[base][nearest]") {
  const std::array<std::string_view, 4> names{"debug", "info", "warn", "message"};
  CHECK(nearest("debgu", names) == "debug");
  CHECK(nearest("inof", names) == "info");
  CHECK(nearest("warning", names) == "warn");
  CHECK(nearest("mess", names) == "message");
  CHECK(nearest("masage", names) == "message");
  CHECK(nearest("in", names).empty());
  CHECK(nearest("verbose", names).empty());
  CHECK(nearest("", names).empty());
  CHECK(nearest("warn", std::vector<std::string>()).empty());
  CHECK(did_you_mean("debgu", names) == "; did you mean \"debug\"?");
  CHECK(did_you_mean("verbose", names).empty());
}
