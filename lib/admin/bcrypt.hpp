// Hashes of passwords by bcrypt: crypt_r(3) of libxcrypt (or musl) computes them.

#pragma once
#include <string>
#include <string_view>

namespace cosio::inline v0_2::admin {

/// Whether a text has the form of a bcrypt hash with a cost from 4 to 16. One attempt of cost 16 takes some seconds.
bool is_bcrypt_hash(std::string_view text) noexcept;

/// Whether the system can compute such hashes.
bool can_bcrypt() noexcept;

/// Whether a password has this hash. False for a password with a null byte, behind which crypt_r() would not look.
/// Takes 50 ms and more. @par Threads  Any.
bool matches_bcrypt(const std::string& password, const std::string& hash);

}  // namespace cosio::inline v0_2::admin
