// The opening handshake's key and answer.

#include "wire/websocket_accept.hpp"

#include <string_view>

#include "support/catch.hpp"

using namespace cosio::wire;
using namespace std::string_view_literals;

TEST_CASE("the answer to a key is the one of RFC 6455", "[wire][websocket_accept]") {
  CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // section 1.3
  CHECK(websocket_accept("x3JJHMbDL1EzLkh9GBhXDw==") == "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

TEST_CASE("a key is 16 bytes of base64", "[wire][websocket_accept]") {
  struct row {
    const char* why;
    std::string_view key;
    bool good;
  };
  const row rows[] = {
      {"the one of RFC 6455", "dGhlIHNhbXBsZSBub25jZQ==", true},
      {"all digits of the alphabet's end", "+/+/+/+/+/+/+/+/+/+/+/==", true},
      {"nothing, edge case 19", "", false},
      {"one digit short", "dGhlIHNhbXBsZSBub25jZ==", false},
      {"one digit long", "dGhlIHNhbXBsZSBub25jZQQ==", false},
      {"no padding", "dGhlIHNhbXBsZSBub25jZQAA", false},
      {"one padding character", "dGhlIHNhbXBsZSBub25jZQA=", false},
      {"padding inside", "dGhlIHNhbXBsZSBub25j====", false},
      {"URL-safe alphabet", "-_hlIHNhbXBsZSBub25jZQ==", false},
      {"a space", "dGhlIHNhbXBsZSBub25 ZQ==", false},
      {"a zero byte", "dGhlIHNhbXBsZSBub25\0ZQ=="sv, false},
      {"a line end behind it", "dGhlIHNhbXBsZSBub25jZQ==\n", false},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(is_websocket_key(r.key) == r.good);
  }
}
