// SipHash-1-3 against OpenSSL's, and the secret.

#include "base/sip_hash.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "support/catch.hpp"

using namespace cosio::base;

namespace {

// The hash that OpenSSL makes of a text with the key 00 01 02 … 0f.
std::uint64_t by_openssl(std::string_view text) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr), EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> with(EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free);
  unsigned size = 8;
  unsigned for_each_word = 1;
  unsigned at_the_end = 3;
  const std::array<OSSL_PARAM, 4> params{OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_SIZE, &size),
                                         OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &for_each_word),
                                         OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &at_the_end),
                                         OSSL_PARAM_construct_end()};
  std::array<unsigned char, 16> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<unsigned char>(i);
  std::array<unsigned char, 8> out{};
  std::size_t made = 0;
  REQUIRE(EVP_MAC_init(with.get(), key.data(), key.size(), params.data()) == 1);
  REQUIRE(EVP_MAC_update(with.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  REQUIRE(EVP_MAC_final(with.get(), out.data(), &made, out.size()) == 1);
  std::uint64_t number = 0;
  for (std::size_t i = out.size(); i-- > 0;) number = number << 8 | out[i];
  return number;
}

}  // namespace

TEST_CASE("a text of any length has the hash that OpenSSL computes for it", "[base][sip_hash]") {
  const sip_key key{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  std::string text;
  for (int size = 0; size < 300; ++size) {
    CAPTURE(size);
    CHECK(sip_hash(key, text) == by_openssl(text));
    text += static_cast<char>(size * 7);
  }
}

TEST_CASE("the secret of the process is drawn once and is no constant", "[base][sip_hash]") {
  const sip_key& secret = process_secret();
  CHECK(&secret == &process_secret());
  CHECK(secret.first != 0);
  CHECK(secret.second != 0);
  CHECK(secret.first != secret.second);
}
