// Codes of signed requests, by OpenSSL.

#include "api/signature.hpp"

#include <cosio/error.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>

#include "base/hex.hpp"

namespace cosio::inline v0_2::api {
namespace {

constexpr std::size_t most_digits = 12;         // of the seconds
constexpr std::size_t most_fraction = 18;       // digits behind the point
constexpr std::size_t most_of_a_key_name = 64;  // bytes

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool are_digits(std::string_view text, std::size_t most) noexcept {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<std::int64_t> read_seconds(std::string_view text) {
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (!are_digits(whole, most_digits)) return std::nullopt;
  if (point != std::string_view::npos && !are_digits(text.substr(point + 1), most_fraction)) return std::nullopt;
  std::int64_t seconds = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
  return seconds;
}

int value_of(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool read_hex(std::string_view text, digest& into) noexcept {
  if (text.size() != 2 * into.size()) return false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const int high = value_of(text[2 * i]);
    const int low = value_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    into[i] = static_cast<unsigned char>(16 * high + low);
  }
  return true;
}

[[noreturn]] void no_digest() { throw error(errc::not_supported, "OpenSSL cannot compute a digest"); }

}  // namespace

digest sha256(std::string_view text) {
  digest out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) != 1) no_digest();
  return out;
}

digest hmac_sha256(std::string_view secret, std::string_view text) {
  digest out{};
  unsigned size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes, text.size(), out.data(), &size) ==
      nullptr)
    no_digest();
  return out;
}

bool is_same(const digest& a, const digest& b) noexcept { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

std::optional<claim> read_claim(std::string_view credentials) {
  const auto one = credentials.find(':');
  if (one == std::string_view::npos) return std::nullopt;
  const auto two = credentials.find(':', one + 1);
  if (two == std::string_view::npos) return std::nullopt;
  claim out;
  out.name = credentials.substr(0, std::min(one, most_of_a_key_name + 1));
  out.timestamp = credentials.substr(one + 1, std::min(two - one - 1, most_digits + most_fraction + 2));
  const auto seconds = read_seconds(out.timestamp);
  if (!seconds || !read_hex(credentials.substr(two + 1), out.code)) return std::nullopt;
  out.seconds = *seconds;
  return out;
}

digest code_of(std::string_view secret, std::string_view method, std::string_view target, std::string_view timestamp,
               std::string_view body, std::string_view audience) {
  std::string text;
  text.reserve(audience.size() + method.size() + target.size() + timestamp.size() + body.size() + 4);
  if (!audience.empty()) text.append(audience).append("\n");
  text.append(method).append("\n").append(target).append("\n").append(timestamp).append("\n").append(body);
  return hmac_sha256(secret, text);
}

std::string hex_of(const digest& bytes) {
  std::string out;
  for (const unsigned char byte : bytes) base::append_hex(out, byte);
  return out;
}

replay_window::verdict replay_window::take(const digest& code, std::int64_t timestamp, std::int64_t now) {
  while (!taken_.empty() && now - taken_.begin()->first > skew_) taken_.erase(taken_.begin());
  if (taken_.contains({timestamp, code})) return verdict::replayed;
  if (taken_.size() >= most_) return verdict::full;
  taken_.emplace(timestamp, code);
  return verdict::fresh;
}

}  // namespace cosio::inline v0_2::api
