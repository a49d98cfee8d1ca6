// Where a request's head ends.

#include "http/head_scanner.hpp"

#include <string>

#include "support/catch.hpp"

using cosio::http::head_scanner;
using state = cosio::http::head_scanner::state;

namespace {

// The state after all bytes, given one at a time.
state scan_slowly(head_scanner& scanner, const std::string& bytes) {
  state now = state::incomplete;
  for (std::size_t n = 1; n <= bytes.size() && now == state::incomplete; ++n) now = scanner.scan(std::string_view(bytes).substr(0, n));
  return now;
}

}  // namespace

TEST_CASE("the end of a head is found in any pieces", "[http][head_scanner]") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  head_scanner whole(1000);
  CHECK(whole.scan(head + "body") == state::complete);
  CHECK(whole.size() == head.size());
  CHECK(whole.start() == 0);
  head_scanner slowly(1000);
  CHECK(scan_slowly(slowly, head) == state::complete);
  CHECK(slowly.size() == head.size());
}

TEST_CASE("empty lines in front of a request are no head", "[http][head_scanner]") {
  head_scanner scanner(1000);
  CHECK(scanner.scan("\r\n\r\n") == state::incomplete);
  CHECK(scanner.scan("\r\n\r\nGET / HTTP/1.1\r\n") == state::incomplete);
  CHECK(scanner.scan("\r\n\r\nGET / HTTP/1.1\r\n\r\n") == state::complete);
  CHECK(scanner.start() == 4);
  CHECK(scanner.size() == 22);
}

TEST_CASE("what two parsers could read differently is refused where it stands", "[http][head_scanner]") {
  struct row {
    const char* why;
    std::string bytes;
  };
  const row rows[] = {
      {"a bare line feed", "GET / HTTP/1.1\n"},
      {"a bare line feed behind a header", "GET / HTTP/1.1\r\nHost: a\n"},
      {"a carriage return alone", "GET / HTTP/1.1\r\nHost: a\rX"},
      {"two carriage returns", "GET / HTTP/1.1\r\r\n"},
      {"a folded line", "GET / HTTP/1.1\r\nX: a\r\n "},
      {"a folded line with a tab", "GET / HTTP/1.1\r\nX: a\r\n\t"},
      {"a folded line in front of everything", " "},
      {"a zero byte", std::string("GET /\0", 6)},
      {"a control character", "GET / HTTP/1.1\r\nX: \x0B"},
      {"delete", "GET / HTTP/1.1\r\nX: \x7F"},
      {"a TLS hello", "\x16\x03\x01"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    head_scanner scanner(1000);
    CHECK(scanner.scan(r.bytes) == state::malformed);
    head_scanner slowly(1000);
    CHECK(scan_slowly(slowly, r.bytes) == state::malformed);
  }
}

TEST_CASE("a head may have exactly as many bytes as the limit", "[http][head_scanner]") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  head_scanner exact(head.size());
  CHECK(exact.scan(head) == state::complete);
  head_scanner smaller(head.size() - 1);
  CHECK(smaller.scan(head) == state::too_large);
  head_scanner slowly(head.size() - 1);
  CHECK(scan_slowly(slowly, head) == state::too_large);
}
