// The hash map that is searched without making a string.

#include "base/text_map.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/catch.hpp"
#include "support/colliding_texts.hpp"

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

TEST_CASE("texts that were made to collide are found as fast as others", "[base][text_map]") {
  const std::vector<std::string> texts = cosio::test::colliding_texts(12);
  REQUIRE(texts.size() == 4'096);
#if defined(__GLIBCXX__) && defined(__LP64__)
  // They do collide where the hash has no secret.
  const auto hash = std::hash<std::string>();
  REQUIRE(std::all_of(texts.begin(), texts.end(), [&](const std::string& t) { return hash(t) == hash(texts[0]); }));
#endif
  std::size_t comparisons = 0;
  std::unordered_map<std::string, int, cosio::base::text_hash, cosio::test::counting_equal> map(0, {}, {&comparisons});
  for (const std::string& text : texts) map.emplace(text, 0);
  REQUIRE(map.size() == texts.size());
  for (const std::string& text : texts) CHECK(map.find(std::string_view(text)) != map.end());
  for (const std::string& text : texts) CHECK(map.erase(text) == 1);
  CHECK(comparisons < 4 * texts.size());
}
