// Requests from bytes, and the ones that are refused.

#include "http/request_parser.hpp"

#include <cosio/http.hpp>

#include <algorithm>
#include <string>

#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::http;

namespace {

struct outcome {
  bool refused = false;
  errc code = errc::cancelled;
  request head;
  std::string body;
  std::size_t used = 0;
  bool done = false;
};

// Feeds a whole request in pieces of `step` bytes, as a connection does.
outcome parse(std::string_view bytes, std::size_t step, head_limits limits = {}) {
  request_parser parser(limits);
  outcome out;
  bool has_head = false;
  std::string unread;
  while (!bytes.empty() || !unread.empty()) {
    unread += bytes.substr(0, step);
    const bool last = bytes.empty();
    bytes.remove_prefix(std::min(step, bytes.size()));
    for (bool more = true; more;) {
      const auto used = has_head ? parser.feed_body(unread, out.body, 1000) : parser.feed_head(unread);
      if (!used) {
        out.refused = true;
        out.code = used.error().code;
        return out;
      }
      unread.erase(0, *used);
      out.used += *used;
      more = !has_head && *used > 0;
      if (more) out.head = request(std::shared_ptr<request_data>(parser.take_head()));
      has_head = has_head || more;
      if (has_head && parser.done()) {
        out.done = true;
        return out;
      }
    }
    if (last) break;
  }
  return out;
}

std::string request_of(std::string_view line, std::string_view fields = "", std::string_view body = "") {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace

TEST_CASE("a request is read in pieces of any size", "[http][request_parser]") {
  const std::string bytes =
      request_of("POST /a?b=1 HTTP/1.1", "Host: h\r\nX-One:  1 \r\ncontent-LENGTH: 5\r\n", "hello");
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()}) {
    CAPTURE(step);
    const outcome out = parse(bytes, step);
    REQUIRE(out.done);
    CHECK(out.head.method() == "POST");
    CHECK(out.head.target() == "/a?b=1");
    CHECK(out.head.header("host") == "h");
    CHECK(out.head.header("x-one") == "1");
    CHECK(out.head.headers() == query_list{{"host", "h"}, {"x-one", "1"}, {"content-length", "5"}});
    CHECK(out.body == "hello");
    CHECK(out.used == bytes.size());
  }
}

TEST_CASE("a chunked body is put together, its trailers are counted and dropped", "[http][request_parser]") {
  const std::string bytes =
      request_of("POST / HTTP/1.1", "Transfer-Encoding: Chunked\r\n",
                 "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n000\r\nTrailer: t\r\nContent-Length-Of-Old: 5\r\n\r\n");
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, bytes.size()}) {
    CAPTURE(step);
    const outcome out = parse(bytes, step);
    REQUIRE(out.done);
    CHECK(out.body == "abc0123456789");
    CHECK(out.used == bytes.size());
    CHECK_FALSE(out.head.has_header("trailer"));
  }
}

TEST_CASE("what follows a request is left for the next one", "[http][request_parser]") {
  const std::string first = request_of("POST / HTTP/1.1", "Content-Length: 2\r\n", "ok");
  const outcome out = parse(first + "GET / HTTP/1.1\r\n", 1000);
  CHECK(out.done);
  CHECK(out.used == first.size());
}

TEST_CASE("requests that smuggle or break the rules are refused", "[http][request_parser]") {
  struct row {
    const char* why;
    std::string bytes;
  };
  const std::string get = "GET / HTTP/1.1";
  const std::string post = "POST / HTTP/1.1";
  const row rows[] = {
      {"length and chunked", request_of(post, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"chunked and length", request_of(post, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
      {"two different lengths", request_of(post, "Content-Length: 5\r\nContent-Length: 6\r\n", "hello")},
      {"a list of different lengths", request_of(post, "Content-Length: 5, 6\r\n", "hello")},
      {"a list of equal lengths", request_of(post, "Content-Length: 5, 5\r\n", "hello")},
      {"two equal lengths", request_of(post, "Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
      {"a length with thirty zeros", request_of(post, "Content-Length: " + std::string(30, '0') + "5\r\n", "hello")},
      {"a negative length", request_of(post, "Content-Length: -1\r\n")},
      {"a signed length", request_of(post, "Content-Length: +5\r\n", "hello")},
      {"a hexadecimal length", request_of(post, "Content-Length: 0x5\r\n", "hello")},
      {"an empty length", request_of(post, "Content-Length: \r\n")},
      {"a length beyond 64 bits", request_of(post, "Content-Length: 18446744073709551616\r\n")},
      {"a space in front of the colon", request_of(post, "Content-Length : 5\r\n", "hello")},
      {"a coding that is not chunked", request_of(post, "Transfer-Encoding: gzip\r\n")},
      {"codings before chunked", request_of(post, "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
      {"chunked, twice", request_of(post, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"chunked with a trailing comma", request_of(post, "Transfer-Encoding: chunked,\r\n", "0\r\n\r\n")},
      {"a chunked look-alike", request_of(post, "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")},
      {"an empty coding", request_of(post, "Transfer-Encoding:\r\n", "0\r\n\r\n")},
      {"chunked in HTTP/1.0", request_of("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"a folded header", request_of(get, "X: a\r\n b\r\n")},
      {"a bare line feed", "GET / HTTP/1.1\nHost: h\n\n"},
      {"a bare line feed inside", "GET / HTTP/1.1\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n"},
      {"HTTP/2", request_of("GET / HTTP/2.0")},
      {"HTTP/0.9", request_of("GET / HTTP/0.9")},
      {"HTTP/1.2", request_of("GET / HTTP/1.2")},
      {"no version", request_of("GET /")},
      {"lower-case http", request_of("GET / http/1.1")},
      {"two spaces", request_of("GET  / HTTP/1.1")},
      {"a space behind the version", request_of("GET / HTTP/1.1 ")},
      {"no method", request_of("/ HTTP/1.1")},
      {"a method with a colon", request_of("G:T / HTTP/1.1")},
      {"a header without colon", request_of(get, "Host\r\n")},
      {"a header without name", request_of(get, ": x\r\n")},
      {"two hosts", request_of(get, "Host: a\r\nHost: b\r\n")},
      {"the same host, twice", request_of(get, "Host: a\r\nHost: a\r\n")},
      {"a control character", request_of(get, "Origin: http://\x01\r\n")},
      {"a chunk size that is no number", request_of(post, "Transfer-Encoding: chunked\r\n", "x\r\nab")},
      {"an empty chunk size", request_of(post, "Transfer-Encoding: chunked\r\n", "\r\n\r\n\r\n")},
      {"a chunk size with a sign", request_of(post, "Transfer-Encoding: chunked\r\n", "-1\r\nab")},
      {"a chunk size with 0x", request_of(post, "Transfer-Encoding: chunked\r\n", "0x1\r\na\r\n0\r\n\r\n")},
      {"a chunk size with a space in front",
       request_of(post, "Transfer-Encoding: chunked\r\n", " 1\r\na\r\n0\r\n\r\n")},
      {"a chunk size beyond 64 bits", request_of(post, "Transfer-Encoding: chunked\r\n", "10000000000000000\r\na")},
      {"a chunk longer than announced", request_of(post, "Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n")},
      {"a line feed alone behind a chunk", request_of(post, "Transfer-Encoding: chunked\r\n", "1\r\na\n0\r\n\r\n\r\n")},
      {"a line feed alone behind a chunk size",
       request_of(post, "Transfer-Encoding: chunked\r\n", "1\na\r\n0\r\n\r\n")},
      {"a folded trailer", request_of(post, "Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\nA: b\r\n c\r\n\r\n")},
      {"a folded trailer without a value",
       request_of(post, "Transfer-Encoding: chunked\r\n", "0\r\nB: b\r\nA:\r\n\t\r\n\r\n")},
      {"garbage behind the last chunk", request_of(post, "Transfer-Encoding: chunked\r\n", "0\r\nx\r\n\r\n")},
  };
  for (const row& r : rows) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{1000}}) {
      CAPTURE(r.why, step);
      const outcome out = parse(r.bytes, step);
      CHECK(out.refused);
      CHECK(out.code == errc::bad_request);
    }
  }
}

// RFC 9112, section 3.2
TEST_CASE("HTTP/1.1 names one host, with possible characters", "[http][request_parser]") {
  struct row {
    const char* version;
    const char* fields;
    bool good;
  };
  const row rows[] = {{"1.1", "Host: a.example:3000\r\n", true},
                      {"1.1", "Host: [::1]\r\n", true},
                      {"1.1", "Host:\r\n", true},
                      {"1.1", "", false},
                      {"1.1", "Host: a b\r\n", false},
                      {"1.1", "Host: a/../b@c\r\n", false},
                      {"1.0", "", true},
                      {"1.0", "Host: a b\r\n", false}};
  for (const row& r : rows) {
    CAPTURE(r.version, r.fields);
    request_parser parser(head_limits{});
    REQUIRE(parser.feed_head(request_of("GET / HTTP/" + std::string(r.version), r.fields)).value() > 0);
    CHECK(parser.names_its_host() == r.good);
  }
}

// RFC 9112, section 3.2.2
TEST_CASE("a target in absolute form becomes a path, and its host counts", "[http][request_parser]") {
  struct row {
    std::string_view target;
    std::string_view path;
    std::string_view host;
    bool good;
  };
  const row rows[] = {{"http://h/socket.io/?EIO=4", "/socket.io/?EIO=4", "h", true},
                      {"HTTPS://a.example:3000/x", "/x", "a.example:3000", true},
                      {"http://h", "/", "h", true},
                      {"http://h?a=b/c", "/?a=b/c", "h", true},
                      {"http://u@h/x", "/x", "u@h", false},
                      {"http:///x", "/x", "other", false},
                      {"ftp://h/x", "ftp://h/x", "other", true},
                      {"/http://h/x", "/http://h/x", "other", true}};
  for (const row& r : rows) {
    CAPTURE(r.target);
    request_parser parser(head_limits{});
    const std::string bytes = request_of("GET " + std::string(r.target) + " HTTP/1.1", "Host: other\r\n");
    REQUIRE(parser.feed_head(bytes).value() == bytes.size());
    CHECK(parser.target() == r.path);
    CHECK(parser.names_its_host() == r.good);
    CHECK(request(std::shared_ptr<request_data>(parser.take_head())).header("host") == r.host);
  }
}

TEST_CASE("what the reference accepts in a target is accepted", "[http][request_parser]") {
  for (const std::string_view target : {"*", "/\xC3\xA4?[]{}|\"<>^`\\", "/a#b", "//x", "h:80"}) {
    CAPTURE(target);
    const outcome out = parse(request_of("GET " + std::string(target) + " HTTP/1.1"), 1000);
    REQUIRE(out.done);
    CHECK(out.head.target() == target);
  }
}

TEST_CASE("a head with too many bytes or fields is told apart", "[http][request_parser]") {
  head_limits limits;
  limits.max_bytes = 60;
  limits.max_fields = 2;
  CHECK(parse(request_of("GET / HTTP/1.1", "A: 1\r\nB: 2\r\n"), 1000, limits).done);
  const outcome fields = parse(request_of("GET / HTTP/1.1", "A: 1\r\nB: 2\r\nC: 3\r\n"), 1000, limits);
  CHECK(fields.refused);
  CHECK(fields.code == errc::head_too_large);
  const outcome bytes = parse(request_of("GET /" + std::string(60, 'x') + " HTTP/1.1"), 1, limits);
  CHECK(bytes.refused);
  CHECK(bytes.code == errc::head_too_large);
}

TEST_CASE("chunk lines and trailers have limits too", "[http][request_parser]") {
  head_limits limits;
  limits.max_bytes = 60;
  limits.max_fields = 3;
  const std::string head = request_of("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n");
  CHECK(parse(head + "1;" + std::string(1000, 'x'), 1, limits).refused);
  CHECK(parse(head + "0\r\nA: 1\r\nB: 2\r\n\r\n", 1, limits).done);
  CHECK(parse(head + "0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", 1, limits).refused);
  CHECK(parse(head + "0\r\nA: " + std::string(1000, 'x'), 1, limits).refused);
}

TEST_CASE("the line of a chunk may be one byte longer than what may wait, in whatever pieces",
          "[http][request_parser]") {
  head_limits limits;
  limits.max_bytes = 60;
  const std::string head = request_of("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n");
  for (const std::size_t step : {std::size_t{1}, std::size_t{1'000}}) {
    for (const std::size_t size : {std::size_t{60}, std::size_t{61}, std::size_t{62}, std::size_t{63}}) {
      CAPTURE(step, size);
      const std::string line = "1;" + std::string(size - 4, 'x') + "\r\n";
      const outcome read = parse(head + line + "a\r\n0\r\n\r\n", step, limits);
      CHECK(read.done == (size <= 61));
      CHECK(read.refused == (size > 61));
    }
  }
}

TEST_CASE("trailers above the limit are refused in however many pieces they come", "[http][request_parser]") {
  head_limits limits;
  limits.max_bytes = 60;
  const std::string head = request_of("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n");
  for (const std::size_t step : {std::size_t{1}, std::size_t{13}, std::size_t{1000}}) {
    CAPTURE(step);
    const outcome small = parse(head + "3\r\nabc\r\n0\r\nA: " + std::string(40, 'x') + "\r\n\r\n", step, limits);
    CHECK(small.done);
    CHECK(small.body == "abc");
    CHECK(parse(head + "3\r\nabc\r\n0\r\nA: " + std::string(60, 'x') + "\r\n\r\n", step, limits).refused);
    CHECK(parse(head + "0\r\nA: " + std::string(60, 'x') + "\r\n\r\n", step, limits).refused);
    const outcome long_body = parse(head + "100\r\n" + std::string(256, 'b') + "\r\n0\r\n\r\n", step, limits);
    CHECK(long_body.done);
    CHECK(long_body.body == std::string(256, 'b'));
  }
}

TEST_CASE("a body beyond the limit is counted, not kept", "[http][request_parser]") {
  request_parser parser(head_limits{});
  const std::string head = request_of("POST / HTTP/1.1", "Content-Length: 10\r\n");
  REQUIRE(parser.feed_head(head).value() == head.size());
  CHECK(parser.content_length() == 10U);
  std::string body;
  REQUIRE(parser.feed_body("0123456", body, 4).value() == 7);
  CHECK(body == "0123");
  CHECK(parser.body_size() == 7);
  CHECK_FALSE(parser.done());
  REQUIRE(parser.feed_body("789next", body, 4).value() == 3);
  CHECK(parser.done());
  CHECK(body == "0123");
  CHECK(parser.body_size() == 10);
}

TEST_CASE("whether the connection stays open follows version and header", "[http][request_parser]") {
  struct row {
    const char* version;
    const char* header;
    bool stays;
  };
  const row rows[] = {{"1.1", "", true},
                      {"1.1", "Connection: close\r\n", false},
                      {"1.1", "Connection: Keep-Alive, Close\r\n", false},
                      {"1.1", "Connection: keep-alive\r\n", true},
                      {"1.0", "", false},
                      {"1.0", "Connection: keep-alive\r\n", true},
                      {"1.0", "Connection: close\r\n", false}};
  for (const row& r : rows) {
    CAPTURE(r.version, r.header);
    request_parser parser(head_limits{});
    REQUIRE(parser.feed_head(request_of("GET / HTTP/" + std::string(r.version), r.header)).value() > 0);
    CHECK(parser.keep_alive() == r.stays);
    CHECK(parser.http_1_0() == (r.version[2] == '0'));
  }
}

TEST_CASE("only HTTP/1.1 with both headers asks for an upgrade", "[http][request_parser]") {
  struct row {
    const char* version;
    const char* headers;
    bool upgrades;
  };
  const row rows[] = {{"1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true},
                      {"1.1", "Connection: keep-alive, upgrade\r\nUpgrade: IRC/6.9\r\n", true},
                      {"1.1", "Connection: Upgrade\r\n", false},
                      {"1.1", "Upgrade: websocket\r\n", false},
                      {"1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false},
                      {"1.1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", false},
                      {"1.1", "", false}};
  for (const row& r : rows) {
    CAPTURE(r.version, r.headers);
    request_parser parser(head_limits{});
    REQUIRE(parser.feed_head(request_of("GET / HTTP/" + std::string(r.version), r.headers)).value() > 0);
    CHECK(parser.wants_upgrade() == r.upgrades);
  }
}

TEST_CASE("statuses have their names", "[http][request_parser]") {
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(404) == "Not Found");
  CHECK(reason_phrase(431) == "Request Header Fields Too Large");
  CHECK_FALSE(reason_phrase(799).empty());
}
