// A hash with a secret key: whoever does not know the key cannot choose texts that collide.
//
// SipHash by Jean-Philippe Aumasson and Daniel J. Bernstein, with one round for each word and three at the end, as the
// tables of Rust, Python and Ruby use it. It is written here because no library that we use offers it for a table:
// OpenSSL's SIPHASH takes memory and a microsecond for each text. The tests compare the two.

#pragma once
#include <cstdint>
#include <string_view>

namespace cosio::inline v0_2::base {

struct sip_key {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// SipHash-1-3. @par Source  https://www.aumasson.jp/siphash/siphash.pdf
std::uint64_t sip_hash(const sip_key& key, std::string_view text) noexcept;

/// The secret of this process, from the system's random source. Any thread. @throws std::system_error without one.
const sip_key& process_secret();

}  // namespace cosio::inline v0_2::base
