// URLs of servers.

#include "client/server_url.hpp"

#include <cosio/error.hpp>

#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio;
using namespace cosio::clients;

TEST_CASE("the URL of a server has its scheme, host, port and query", "[client][url]") {
  struct row {
    const char* url;
    bool secure;
    const char* host;
    int port;
    const char* query;
    const char* field;
  };
  const row rows[] = {
      {"http://example.com", false, "example.com", 80, "", "example.com"},
      {"https://example.com/admin", true, "example.com", 443, "", "example.com"},
      {"WSS://Example.com:8443/a?x=1&y=%20#z", true, "example.com", 8443, "x=1&y=%20", "example.com:8443"},
      {"ws://127.0.0.1:443", false, "127.0.0.1", 443, "", "127.0.0.1:443"},
      {"http://[::1]:80/", false, "::1", 80, "", "[::1]"},
      {"https://[2001:db8::1]:3000", true, "2001:db8::1", 3000, "", "[2001:db8::1]:3000"}};
  for (const row& r : rows) {
    CAPTURE(r.url);
    const server_url read(r.url);
    CHECK(read.secure == r.secure);
    CHECK(read.host == r.host);
    CHECK(read.port == r.port);
    CHECK(read.query == r.query);
    CHECK(read.host_field() == r.field);
  }
}

TEST_CASE("a URL that names no server is refused", "[client][url]") {
  for (const char* url : {"", "example.com", "ftp://example.com", "http://", "http://:80", "http://a:0",
                          "http://a:65536", "http://a:8x", "http://a b", "http://a%0d%0ab", "http://a%00"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(server_url(url), error);
  }
}

TEST_CASE("user and password of a URL are decoded", "[client][url]") {
  const server_url read("https://a%40b:p%3Aw@example.com");
  CHECK(read.user == "a@b");
  CHECK(read.password == "p:w");
}

TEST_CASE("the base of all requests has the path and what is asked with each", "[client][url]") {
  engine_client_options options;
  CHECK(request_base(server_url("http://a"), options) == "/socket.io/?");
  CHECK(request_base(server_url("http://a/chat?b=c"), options) == "/socket.io/?b=c&");
  options.query = {{"tok en", "a&b=ü"}};
  options.path = "io/";
  CHECK(request_base(server_url("http://a?b=c"), options) == "/io/?b=c&tok%20en=a%26b%3D%C3%BC&");
  options.add_trailing_slash = false;
  options.path = "/io";
  options.query.clear();
  CHECK(request_base(server_url("http://a"), options) == "/io?");
  for (const char* path : {"/a b", "/a?b", "/a\r\nHost: x", "/\xC3\xBC"}) {
    CAPTURE(path);
    options.path = path;
    CHECK_THROWS_AS(request_base(server_url("http://a"), options), error);
  }
}

TEST_CASE("fields that would break a request are noticed", "[client][url]") {
  CHECK(is_good_field("X-Token", "a b\t\xC3\xBC"));
  CHECK(is_good_field("x", ""));
  CHECK_FALSE(is_good_field("", "x"));
  CHECK_FALSE(is_good_field("a b", "x"));
  CHECK_FALSE(is_good_field("a:", "x"));
  CHECK_FALSE(is_good_field("a", "x\r\ny: z"));
  CHECK_FALSE(is_good_field("a", std::string_view("x\0", 2)));
}
