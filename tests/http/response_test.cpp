// Building responses.

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include "support/catch.hpp"

using namespace cosio;
using cosio::http::response;

TEST_CASE("a response holds status, type and body", "[http][response]") {
  const response r(201, "made", "text/html");
  CHECK(r.status() == 201);
  CHECK(r.body() == "made");
  CHECK(r.get("content-type") == "text/html");
  CHECK(response().status() == 200);
  CHECK(response(404).headers().empty());
}

TEST_CASE("set replaces a header wherever it stands, add does not", "[http][response]") {
  response r;
  r.add("Set-Cookie", "a=1").add("X", "1").add("set-cookie", "b=2");
  CHECK(r.headers().size() == 3);
  r.set("SET-COOKIE", "c=3");
  REQUIRE(r.headers().size() == 2);
  CHECK(r.headers()[0] == std::pair<std::string, std::string>("Set-Cookie", "c=3"));
  r.remove("x");
  CHECK(r.get("X").empty());
  CHECK(r.headers().size() == 1);
}

TEST_CASE("nothing can break out of a header", "[http][response]") {
  response r;
  for (const char* value : {"a\r\nX: 1", "a\nb", "a\rb", "\x01", "a\x7F"}) CHECK_THROWS_AS(r.set("X", value), error);
  CHECK_THROWS_AS(r.set("X", std::string_view("a\0b", 3)), error);
  for (const char* name : {"", "a b", "a:", "a\r\nb", "\xC3\xA4", "(x)"}) CHECK_THROWS_AS(r.add(name, "v"), error);
  CHECK(r.headers().empty());
  CHECK_NOTHROW(r.set("X-Text", "\xC3\xA4 tab\there"));
}

TEST_CASE("the refusal of a header does not repeat it", "[http][response]") {
  response r;
  try {
    r.set("X", "secret\r\n");
    FAIL("a line break was accepted");
  } catch (const error& e) {
    CHECK(e.code() == errc::bad_argument);
    CHECK(e.detail().find("secret") == std::string::npos);
  }
}

TEST_CASE("a body may be shared, and be replaced again", "[http][response]") {
  response r(200, "own");
  const auto bytes = std::make_shared<const std::string>("shared");
  r.body(bytes);
  CHECK(&r.body() == bytes.get());
  r.body(std::string("own again"));
  CHECK(r.body() == "own again");
}

TEST_CASE("a body that is given away is not copied, unless it is shared", "[http][response]") {
  response r(200, std::string(1'000, 'x'));
  const char* const bytes = r.body().data();
  const std::string own = r.take_body();
  CHECK(own == std::string(1'000, 'x'));
  CHECK(own.data() == bytes);
  CHECK(r.body().empty());
  const auto shared = std::make_shared<const std::string>("shared");
  r.body(shared);
  CHECK(r.take_body() == "shared");
  CHECK(*shared == "shared");
  CHECK(r.body().empty());
}
