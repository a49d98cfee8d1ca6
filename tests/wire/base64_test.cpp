// Base64: RFC 4648's vectors, the reference's leniency, and the way there and back.

#include "wire/base64.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace cosio::wire;
using namespace std::string_view_literals;

namespace {

std::string encoded(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

std::string decoded(std::string_view text) {
  std::string out = "what was there before";
  decode_base64(text, out);
  return out;
}

}  // namespace

TEST_CASE("bytes become base64 and come back", "[wire][base64]") {
  struct row {
    std::string_view bytes;
    std::string_view text;
  };
  const row rows[] = {
      {"", ""},
      {"f", "Zg=="},  // RFC 4648, section 10
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\x01\x02\x03\x04", "AQIDBA=="},  // edge case 59
      {"\0\0\0"sv, "AAAA"},
      {"\xFB\xFF\xBF", "+/+/"},
      {"\xFF\xFF\xFF\xFF", "/////w=="},
  };
  for (const row& r : rows) {
    CAPTURE(r.text);
    CHECK(encoded(r.bytes) == r.text);
    CHECK(base64_size(r.bytes.size()) == r.text.size());
    CHECK(decoded(r.text) == r.bytes);
  }
}

TEST_CASE("base64 is read as leniently as the reference reads it", "[wire][base64]") {
  struct row {
    const char* why;
    std::string_view text;
    std::string_view bytes;
  };
  const row rows[] = {
      {"URL-safe alphabet", "-_-_", "\xFB\xFF\xBF"},
      {"no padding, one byte over", "AQIDBA", "\x01\x02\x03\x04"},
      {"no padding, two bytes over", "AQIDBAU", "\x01\x02\x03\x04\x05"},
      {"edge case 115", "AQID", "\x01\x02\x03"},
      {"spaces and line ends", " A\r\nQ I\tD", "\x01\x02\x03"},
      {"characters of no alphabet",
       "A!Q\"I\xC3\xA4"
       "D",
       "\x01\x02\x03"},
      {"a single digit holds no byte", "A", ""},
      {"a single digit too many", "AQIDB", "\x01\x02\x03"},
      {"padding only", "====", ""},
      {"nothing of base64 at all", "!?", ""},
      {"a zero byte in between", "AQ\0ID"sv, "\x01\x02\x03"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(decoded(r.text) == r.bytes);
  }
}

TEST_CASE("every byte at every position survives the way there and back", "[wire][base64]") {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t length = 1; length <= 7; ++length) {
      const std::string bytes(length, static_cast<char>(byte));
      CHECK(decoded(encoded(bytes)) == bytes);
    }
  }
}

TEST_CASE("base64 is appended to what is there", "[wire][base64]") {
  std::string out = "b";
  append_base64(out, "foo");
  CHECK(out == "bZm9v");
}
