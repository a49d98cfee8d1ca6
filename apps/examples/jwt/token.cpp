// Base64, signatures and claims of tokens. Nothing of a token is believed before its signature was checked.

#include "token.hpp"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

namespace {

const unsigned char* bytes(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string from_base64url(std::string text) {
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string out(text.size(), '\0');
  const int size = EVP_DecodeBlock(bytes(out), bytes(std::as_const(text)), static_cast<int>(text.size()));
  if (size < static_cast<int>(padding)) throw std::invalid_argument("no base64");
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

// A token has the two numbers of an ES256 signature side by side. OpenSSL wants them as ASN.1.
std::string to_asn1(const std::string& raw) {
  if (raw.size() != 64) return {};
  const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  ECDSA_SIG_set0(pair.get(), BN_bin2bn(bytes(raw), 32, nullptr), BN_bin2bn(bytes(raw) + 32, 32, nullptr));
  std::string out(static_cast<std::size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)), '\0');
  unsigned char* to = bytes(out);
  i2d_ECDSA_SIG(pair.get(), &to);
  return out;
}

std::shared_ptr<EVP_PKEY> public_key(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "r"), std::fclose);
  std::shared_ptr<EVP_PKEY> key(in ? PEM_read_PUBKEY(in.get(), nullptr, nullptr, nullptr) : nullptr, EVP_PKEY_free);
  if (!key) throw std::runtime_error("no public key in " + file);
  return key;
}

}  // namespace

std::chrono::system_clock::time_point claims::end() const {
  constexpr std::int64_t latest = 9'000'000'000;  // in 2255: the clock counts nanoseconds in 64 bits
  return std::chrono::system_clock::time_point(std::chrono::seconds(std::clamp(exp, std::int64_t{0}, latest)));
}

token_check::token_check(std::string algorithm, std::string key) : algorithm_(std::move(algorithm)) {
  if (algorithm_ == "HS256") {
    secret_ = std::move(key);
    return;
  }
  key_ = public_key(key);
  const bool fits = EVP_PKEY_is_a(key_.get(), algorithm_ == "RS256" ? "RSA" : "EC") == 1;
  if (!fits || (algorithm_ != "RS256" && algorithm_ != "ES256")) throw std::runtime_error("no key for " + algorithm_);
}

claims token_check::read(const std::string& token) const {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == last) throw cosio::refusal("this is no token");
  try {
    if (!is_signed(token.substr(0, last), from_base64url(token.substr(last + 1))))
      throw std::runtime_error("signature");
    const auto header = boost::json::parse(from_base64url(token.substr(0, first)));
    if (header.at("alg").as_string() != algorithm_) throw std::runtime_error("algorithm");
    const auto body = boost::json::parse(from_base64url(token.substr(first + 1, last - first - 1)));
    return cosio::json_view(std::make_shared<const boost::json::value>(body)).as<claims>();
  } catch (const std::exception&) {
    throw cosio::refusal("this token does not count");  // a client that guesses need not know why
  }
}

bool token_check::is_signed(const std::string& text, const std::string& signature) const {
  if (algorithm_ == "HS256") {
    unsigned char sum[32];
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes(text), text.size(), sum, nullptr);
    return signature.size() == sizeof sum && CRYPTO_memcmp(signature.data(), sum, sizeof sum) == 0;
  }
  const std::string found = algorithm_ == "ES256" ? to_asn1(signature) : signature;
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> check(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(check.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(check.get(), bytes(found), found.size(), bytes(text), text.size()) == 1;
}
