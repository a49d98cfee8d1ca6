// Requests made by hand.

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <string>

#include "support/catch.hpp"

using namespace cosio;
using cosio::http::request;
using cosio::http::request_builder;

TEST_CASE("a request made by hand is like one that came in", "[http][request_builder]") {
  const request r = request_builder("POST", "/a%20b?x=1&x=2")
                        .header("Host", "a.example")
                        .header("X-List", " one\t")
                        .header("x-list", "two")
                        .body("bytes")
                        .remote_address("192.0.2.7")
                        .secure()
                        .build();
  CHECK(r.method() == "POST");
  CHECK(r.target() == "/a%20b?x=1&x=2");
  CHECK(r.path() == "/a%20b");
  CHECK(r.query("x") == "2");
  CHECK(r.header("host") == "a.example");
  CHECK(r.header("X-List") == "one, two");
  CHECK(r.headers().size() == 3);
  CHECK(r.headers()[1].first == "x-list");
  CHECK(r.body() == "bytes");
  CHECK(r.remote_address() == "192.0.2.7");
  CHECK(r.secure());
}

TEST_CASE("a builder can be used again", "[http][request_builder]") {
  request_builder b("GET", "/");
  const request first = b.build();
  const request second = b.header("X-A", "1").build();
  CHECK_FALSE(first.has_header("x-a"));
  CHECK(second.has_header("x-a"));
  CHECK(first.body().empty());
  CHECK_FALSE(first.secure());
}

TEST_CASE("what no request has is refused", "[http][request_builder]") {
  CHECK_THROWS_AS(request_builder("", "/"), error);
  CHECK_THROWS_AS(request_builder("GET /", "/"), error);
  CHECK_THROWS_AS(request_builder("GET", ""), error);
  CHECK_THROWS_AS(request_builder("GET", "/a b"), error);
  CHECK_THROWS_AS(request_builder("GET", "/\r\nX-A: 1"), error);
  CHECK_THROWS_AS(request_builder("GET", "/").header("X-A", "1\n2"), error);
  CHECK_THROWS_AS(request_builder("GET", "/").header("X A", "1"), error);
}
