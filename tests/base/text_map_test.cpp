// The hash map that is searched without making a string.

#include "base/text_map.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

TEST_CASE("a text map is searched by views, also by views into larger text", "[base][text_map]") {
  cosio::base::text_map<int> map;
  map.emplace("room", 1);
  map.emplace("", 2);
  map.emplace(std::string("a\0b", 3), 3);
  const std::string_view text = "a room with a view";
  REQUIRE(map.find(text.substr(2, 4)) != map.end());
  CHECK(map.find(text.substr(2, 4))->second == 1);
  CHECK(map.find(std::string_view())->second == 2);
  CHECK(map.find(std::string_view("a\0b", 3))->second == 3);
  CHECK(map.find(std::string_view("a")) == map.end());
  CHECK(map.find(text) == map.end());
}
