// Where a request's head ends.

#include "http/head_scanner.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using cosio::http::head_scanner;
using state = cosio::http::head_scanner::state;

namespace {

// The state after all bytes, given one at a time.
state scan_slowly(head_scanner& scanner, const std::string& bytes) {
  state now = state::incomplete;
  for (std::size_t n = 1; n <= bytes.size() && now == state::incomplete; ++n)
    now = scanner.scan(std::string_view(bytes).substr(0, n));
  return now;
}

// The rules once more, in the plainest way: a byte at a time, with the whole head in front of it in view.
struct verdict {
  state now = state::incomplete;
  std::size_t size = 0;
  std::size_t start = 0;
  friend bool operator==(const verdict&, const verdict&) = default;
};

verdict plain_verdict(std::string_view bytes, std::size_t max_bytes) {
  verdict out;
  std::size_t line = 0;  // where the line begins
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == max_bytes) return {state::too_large, i, out.start};
    const char c = bytes[i];
    out.size = i + 1;
    if (i > 0 && bytes[i - 1] == '\r') {
      if (c != '\n') return {state::malformed, out.size, out.start};
      const bool empty = i - 1 == line;
      if (empty && line > out.start) return {state::complete, out.size, out.start};
      if (empty) out.start = i + 1;
      line = i + 1;
    } else if (c != '\r') {
      const bool folded = i == line && (c == ' ' || c == '\t');
      const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
      if (folded || control) return {state::malformed, out.size, out.start};
    }
  }
  return out;
}

verdict verdict_of(std::string_view bytes, std::size_t max_bytes, std::size_t piece) {
  head_scanner scanner(max_bytes);
  verdict out;
  for (std::size_t n = std::min(piece, bytes.size()); out.now == state::incomplete;
       n = std::min(n + piece, bytes.size())) {
    out = {scanner.scan(bytes.substr(0, n)), scanner.size(), scanner.start()};
    if (n == bytes.size()) break;
  }
  return out;
}

}  // namespace

TEST_CASE("every byte at every place gets the verdict of the plain rules, in pieces of any size",
          "[http][head_scanner]") {
  const std::string head = "\r\nGET /a?b=c HTTP/1.1\r\nHost: example.org\r\nX-Tab: a\tb\r\nEmpty:\r\n\r\n";
  for (std::size_t at = 0; at < head.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = head;
      changed[at] = static_cast<char>(byte);
      const verdict expected = plain_verdict(changed, 1000);
      for (const std::size_t piece :
           {std::size_t{1}, std::size_t{3}, std::size_t{8}, std::size_t{11}, changed.size()}) {
        if (verdict_of(changed, 1000, piece) == expected) continue;
        CAPTURE(at, byte, piece);
        FAIL_CHECK("another verdict than that of the plain rules");
      }
    }
  }
  CHECK(verdict_of(head, 1000, head.size()) == verdict{state::complete, head.size(), 2});
}

TEST_CASE("every limit gets the verdict of the plain rules", "[http][head_scanner]") {
  const std::string head = "GET /a?b=c HTTP/1.1\r\nHost: example.org\r\n\r\n";
  for (std::size_t limit = 0; limit <= head.size() + 1; ++limit) {
    CAPTURE(limit);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, head.size()})
      CHECK((verdict_of(head, limit, piece) == plain_verdict(head, limit)));
  }
}

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
