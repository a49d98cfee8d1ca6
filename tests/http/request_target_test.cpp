// Paths and queries as the wire spells them.

#include "http/request_target.hpp"

#include "support/catch.hpp"

using namespace cosio::http;

TEST_CASE("a target is split at its first question mark", "[http][request_target]") {
  CHECK(path_of("/a/b?x=1?y") == "/a/b");
  CHECK(query_of("/a/b?x=1?y") == "x=1?y");
  CHECK(path_of("/a%3Fb") == "/a%3Fb");
  CHECK(query_of("/a%3Fb").empty());
  CHECK(path_of("").empty());
  CHECK(query_of("/?").empty());
}

TEST_CASE("queries are read as browsers and Node write them", "[http][request_target]") {
  struct row {
    const char* why;
    std::string_view query;
    query_list expected;
  };
  const row rows[] = {
      {"nothing", "", {}},
      {"plain", "EIO=4&transport=polling", {{"EIO", "4"}, {"transport", "polling"}}},
      {"both spellings of a space", "a=x+y&b=x%20y", {{"a", "x y"}, {"b", "x y"}}},
      {"an encoded plus", "a=1%2B1", {{"a", "1+1"}}},
      {"names are decoded too", "a+b%3D=c", {{"a b=", "c"}}},
      {"no value, and an empty one", "a&b=", {{"a", ""}, {"b", ""}}},
      {"an empty name", "=v", {{"", "v"}}},
      {"empty pieces are skipped", "&&a=1&&b=2&", {{"a", "1"}, {"b", "2"}}},
      {"duplicates stay in their order", "a=1&a=2", {{"a", "1"}, {"a", "2"}}},
      {"equals signs in a value", "a=b=c", {{"a", "b=c"}}},
      {"names that objects inherit elsewhere", "__proto__=1&constructor=2", {{"__proto__", "1"}, {"constructor", "2"}}},
      {"a zero byte", "a=%00b", {{"a", std::string("\0b", 2)}}},
      {"UTF-8, encoded", "a=%E2%82%AC", {{"a", "\xE2\x82\xAC"}}},
      {"UTF-8, raw", "a=\xE2\x82\xAC+b", {{"a", "\xE2\x82\xAC b"}}},
      {"what is no UTF-8", "a=%FFx%C3", {{"a", "\xEF\xBF\xBDx\xEF\xBF\xBD"}}},
      {"an overlong form", "a=%C0%AF", {{"a", "\xEF\xBF\xBD\xEF\xBF\xBD"}}},
      {"half a surrogate pair", "a=%ED%A0%80", {{"a", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}}},
      {"a character cut short counts once", "a=%E2%82x", {{"a", "\xEF\xBF\xBDx"}}},
      {"malformed percent signs stay", "a=%&b=%4&c=%zz&d=100%", {{"a", "%"}, {"b", "%4"}, {"c", "%zz"}, {"d", "100%"}}},
      {"letters that URLs do not have", "a=[x]{y}\"z\"|^`\\", {{"a", "[x]{y}\"z\"|^`\\"}}},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(parse_query(r.query) == r.expected);
  }
}

TEST_CASE("a query ends where its view ends", "[http][request_target]") {
  const std::string_view around = "a=1&b=%32#behind&c=3";
  CHECK(parse_query(around.substr(0, 9)) == query_list{{"a", "1"}, {"b", "2"}});
  CHECK(parse_query(around.substr(0, 3)) == query_list{{"a", "1"}});
  CHECK(parse_query(around.substr(0, 0)).empty());
}

TEST_CASE("a thousand parameters of a query are read, and those behind them are not", "[http][request_target]") {
  std::string query = "p=1";
  for (int i = 2; i <= 999; ++i) query += "&p=" + std::to_string(i);
  CHECK(parse_query(query).size() == 999);
  query += "&p=last";
  CHECK(first_parameters(query) == query);
  CHECK(parse_query(query).size() == 1'000);
  CHECK(parse_query(query).back().second == "last");
  CHECK(first_parameters(query + "&p=more") == query);
  CHECK(parse_query(query + "&p=more&%").back().second == "last");
  CHECK(first_parameters("") == "");
}

TEST_CASE("a query reads the same whether or not Boost.URL accepts its neighbour", "[http][request_target]") {
  const std::string strict = "a=x+y%20z&b&=c&&d=%E2%82%AC%FF&e=1=2";
  const std::string lenient = strict + "&stray=%";
  query_list expected = parse_query(strict);
  expected.emplace_back("stray", "%");
  CHECK(parse_query(lenient) == expected);
}

TEST_CASE("a path is decoded without touching its plus signs", "[http][request_target]") {
  CHECK(decode_path("a%20b+c") == "a b+c");
  CHECK(decode_path("%2e%2E/%") == "../%");
  CHECK(decode_path("%") == "%");
  CHECK(decode_path("%4") == "%4");
  CHECK(decode_path("%00") == std::string(1, '\0'));
}

TEST_CASE("dots in a path are resolved as in browsers", "[http][request_target]") {
  struct row {
    std::string_view path;
    std::string_view resolved;
  };
  const row rows[] = {{"/", "/"},
                      {"/chat", "/chat"},
                      {"/a/b/", "/a/b/"},
                      {"/a/./b", "/a/b"},
                      {"/a/../b", "/b"},
                      {"/a/b/..", "/a/"},
                      {"/a/.", "/a/"},
                      {"/..", "/"},
                      {"/../../x", "/x"},
                      {"/...", "/..."},
                      {"/.a", "/.a"},
                      {"//host", "/"},
                      {"//host/chat", "/chat"},
                      {"/a//b", "/a//b"},
                      {"", ""}};
  for (const row& r : rows) {
    CAPTURE(r.path);
    CHECK(cosio::http::resolve_path(r.path) == r.resolved);
  }
}
