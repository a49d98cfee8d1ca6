// JSON Web Tokens that others have signed: checks them with OpenSSL. HS256, RS256 and ES256.

#pragma once
#include <openssl/evp.h>

#include <chrono>
#include <cosio/cosio.hpp>
#include <cstdint>
#include <memory>
#include <string>

/// The words of a token. A token without one of them is refused.
struct claims {
  std::string sub;       ///< the name of the user
  std::int64_t exp = 0;  ///< the end, in seconds since 1970

  std::chrono::system_clock::time_point end() const;
};
BOOST_DESCRIBE_STRUCT(claims, (), (sub, exp))

/// Checks tokens with one algorithm and one key: a token that could choose its algorithm would choose a bad one.
/// @par Threads  Immutable: any.
class token_check {
 public:
  /// @param algorithm  HS256, RS256 or ES256.
  /// @param key        The secret of HS256, or the file with the public key (PEM).
  token_check(std::string algorithm, std::string key);

  /// Reads a token whose signature is right. Whether its time is over is asked elsewhere.
  /// @throws cosio::refusal for every other token.
  claims read(const std::string& token) const;

 private:
  bool is_signed(const std::string& text, const std::string& signature) const;

  std::string algorithm_;
  std::string secret_;
  std::shared_ptr<EVP_PKEY> key_;
};
