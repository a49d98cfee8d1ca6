// Keys of session tickets: how long they are good, and that connections are resumed with them.

#include "http/ticket_keys.hpp"

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>

#include "support/catch.hpp"

using namespace cosio;
using namespace std::chrono_literals;

namespace {

// The name of a key and the start of the cipher, as a ticket has them.
struct ticket {
  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 16> iv{};
};

int prepare(http::ticket_keys& keys, bool fresh, ticket& of, std::chrono::minutes since) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                               EVP_CIPHER_CTX_free);
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> code(EVP_MAC_CTX_new(hmac.get()), EVP_MAC_CTX_free);
  return keys.prepare(fresh, of.name.data(), of.iv.data(), cipher.get(), code.get(), base::time_point(since));
}

}  // namespace

TEST_CASE("the key of tickets changes every hour, and is forgotten after two", "[http][ticket_keys]") {
  http::ticket_keys keys;
  ticket first;
  ticket foreign;
  CHECK(prepare(keys, false, foreign, 0min) == 0);
  REQUIRE(prepare(keys, true, first, 0min) == 1);
  CHECK(prepare(keys, false, first, 59min) == 1);
  CHECK(prepare(keys, false, foreign, 59min) == 0);
  ticket same;
  REQUIRE(prepare(keys, true, same, 59min) == 1);
  CHECK(same.name == first.name);
  CHECK(same.iv != first.iv);
  ticket next;
  REQUIRE(prepare(keys, true, next, 60min) == 1);
  CHECK(next.name != first.name);
  CHECK(prepare(keys, false, first, 61min) == 2);  // and the client gets a new one
  CHECK(prepare(keys, false, first, 119min) == 2);
  CHECK(prepare(keys, false, first, 120min) == 0);
  CHECK(prepare(keys, false, next, 120min) == 2);
  CHECK(prepare(keys, false, next, 180min) == 0);
}
