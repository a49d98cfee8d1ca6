// Signed requests: Authorization: HMAC-SHA256 <name>:<timestamp>:<code>.
//
//   read_claim()      the parts of the header
//   code_of()         the code that the request must have
//   replay_window     each code is accepted once
//
// Times are seconds since 1970 as callers give them: nothing here asks a clock. Source: RFC 2104, FIPS 180-4.

#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::api {

using digest = std::array<unsigned char, 32>;

/// @throws error errc::not_supported when OpenSSL refuses, because there is no memory.
digest sha256(std::string_view text);
digest hmac_sha256(std::string_view secret, std::string_view text);
/// Compares in a time that does not depend on the bytes.
bool is_same(const digest& a, const digest& b) noexcept;

/// The Authorization of a request, taken apart, and not believed yet.
struct claim {
  std::string name;
  std::string timestamp;  // as it was sent: it is a part of the signed text
  std::int64_t seconds = 0;
  digest code{};
};

/// @param credentials  The header behind the word HMAC-SHA256.
std::optional<claim> read_claim(std::string_view credentials);
/// The code of a request.
/// @param target    Path and query, as in the request line.
/// @param audience  Of the servers; empty: none.
digest code_of(std::string_view secret, std::string_view method, std::string_view target, std::string_view timestamp,
               std::string_view body, std::string_view audience = {});
/// Hexadecimal digits.
std::string hex_of(const digest& bytes);

/// The codes that were accepted, until their timestamp is too old anyway. Not thread-safe.
class replay_window {
 public:
  enum class verdict { fresh, replayed, full };

  replay_window(std::int64_t skew_seconds, std::size_t most) noexcept : skew_(skew_seconds), most_(most) {}

  bool is_in_time(std::int64_t timestamp, std::int64_t now) const noexcept {
    return now - timestamp <= skew_ && timestamp - now <= skew_;
  }
  /// Accepts a code, once. Its timestamp is in time.
  verdict take(const digest& code, std::int64_t timestamp, std::int64_t now);
  std::size_t size() const noexcept { return taken_.size(); }

 private:
  const std::int64_t skew_;
  const std::size_t most_;
  std::set<std::pair<std::int64_t, digest>> taken_;  // the oldest timestamp first
};

}  // namespace cosio::inline v0_2::api
