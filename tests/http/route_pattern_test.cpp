// Paths of routes.

#include "http/route_pattern.hpp"

#include <cosio/error.hpp>

#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::http;

TEST_CASE("patterns match paths and take their names apart", "[http][route_pattern]") {
  struct row {
    const char* pattern;
    const char* path;
    bool matches;
    query_list params;
  };
  const row rows[] = {
      {"/", "/", true, {}},
      {"/", "/a", false, {}},
      {"/a/b", "/a/b", true, {}},
      {"/a/b", "/a/b/", false, {}},
      {"/a/b", "/A/b", false, {}},
      {"/a", "/%61", false, {}},
      {"/users/:id", "/users/7", true, {{"id", "7"}}},
      {"/users/:id", "/users/", false, {}},
      {"/users/:id", "/users/7/x", false, {}},
      {"/users/:id", "/users/a%2Fb+c", true, {{"id", "a/b+c"}}},
      {"/users/:id/posts/:post", "/users/7/posts/9", true, {{"id", "7"}, {"post", "9"}}},
      {"/index.:ext", "/index.html", true, {{"ext", "html"}}},
      {"/index.:ext", "/index.", false, {}},
      {"/index.:ext", "/indexXhtml", false, {}},
      {"/:name.:ext", "/a.tar.gz", true, {{"name", "a"}, {"ext", "tar.gz"}}},
      {"/:name.:ext", "/plain", false, {}},
      {"/:a-:b", "/1-2", true, {{"a", "1"}, {"b", "2"}}},
      {"/:a.txt", "/x.txt", true, {{"a", "x"}}},
      {"/:a.txt", "/x/y.txt", false, {}},
      {"/files/*", "/files/", true, {}},
      {"/files/*", "/files/a/b", true, {}},
      {"/files/*", "/files", false, {}},
      {"/:id/*", "/7/anything", true, {{"id", "7"}}},
      {"*", "/anything/at/all", true, {}},
      {"*", "no-slash", true, {}},
  };
  for (const row& r : rows) {
    CAPTURE(r.pattern, r.path);
    const auto params = route_pattern(r.pattern).match(r.path);
    CHECK(params.has_value() == r.matches);
    if (params) CHECK(*params == r.params);
  }
}

TEST_CASE("patterns that cannot be meant are refused", "[http][route_pattern]") {
  for (const char* pattern : {"", "a", "/a*b", "/**", "/:", "/a/:/b", "/:a:b", "/:a/:a", "/*/"}) {
    CAPTURE(pattern);
    CHECK_THROWS_AS(route_pattern(pattern), error);
  }
}
