// Signed requests: the header, the code, and the window in which a code is accepted once.

#include "api/signature.hpp"

#include <string>

#include "support/catch.hpp"

using namespace cosio::api;

namespace {

std::string hex(const digest& bytes) {
  std::string out;
  for (const unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte / 16];
    out += "0123456789abcdef"[byte % 16];
  }
  return out;
}

}  // namespace

TEST_CASE("codes are those of RFC 4231 and FIPS 180-4", "[api][signature]") {
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("the code of a request is that of its four parts, with a line feed between them", "[api][signature]") {
  CHECK(code_of("a secret of a key", "POST", "/api/emit", "1796000000.5", "{}") ==
        hmac_sha256("a secret of a key", "POST\n/api/emit\n1796000000.5\n{}"));
}

TEST_CASE("a header that is no claim is refused, whatever is wrong with it", "[api][signature]") {
  const std::string code = hex(sha256("abc"));
  const auto good = read_claim("backend:1796000000.123:" + code);
  REQUIRE(good);
  CHECK(good->name == "backend");
  CHECK(good->timestamp == "1796000000.123");
  CHECK(good->seconds == 1796000000);
  CHECK(good->code == sha256("abc"));

  for (const std::string& wrong :
       {std::string(), std::string("backend"), std::string("backend:1796000000"), "backend::" + code,
        "backend:-5:" + code, "backend:1e9:" + code, "backend:1796000000.:" + code, "backend:.5:" + code,
        "backend:1796000000.1234567890123456789:" + code, "backend:1796000000000:" + code,
        "backend:1796000000:" + code + "00", "backend:1796000000:" + code.substr(1),
        "backend:1796000000:x" + code.substr(1), "backend:1796000000 :" + code, "backend:17960:00000:" + code}) {
    CAPTURE(wrong);
    CHECK_FALSE(read_claim(wrong));
  }
}

TEST_CASE("a timestamp is in time up to the skew, on both sides", "[api][signature]") {
  const replay_window window(60, 10);
  CHECK(window.is_in_time(1'000, 1'060));
  CHECK(window.is_in_time(1'060, 1'000));
  CHECK_FALSE(window.is_in_time(1'000, 1'061));
  CHECK_FALSE(window.is_in_time(1'061, 1'000));
}

TEST_CASE("a code is accepted once, until its timestamp is out of time anyway", "[api][signature]") {
  using verdict = replay_window::verdict;
  replay_window window(60, 2);
  CHECK(window.take(sha256("a"), 1'000, 1'000) == verdict::fresh);
  CHECK(window.take(sha256("a"), 1'000, 1'060) == verdict::replayed);
  CHECK(window.take(sha256("b"), 1'060, 1'060) == verdict::fresh);
  CHECK(window.take(sha256("c"), 1'060, 1'060) == verdict::full);
  CHECK(window.take(sha256("b"), 1'060, 1'060) == verdict::replayed);  // also when it is full
  CHECK(window.take(sha256("c"), 1'061, 1'061) == verdict::fresh);     // "a" is too old to be sent again
  CHECK(window.size() == 2);
}
