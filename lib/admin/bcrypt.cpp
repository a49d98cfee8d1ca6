// Hashes of passwords by bcrypt.

#include "admin/bcrypt.hpp"

#include <algorithm>
#include <cstddef>

#if COSIO_WITH_BCRYPT
#include <crypt.h>

#include <memory>
#endif

namespace cosio::inline v0_2::admin {
namespace {

constexpr std::size_t hash_size = 60;

bool is_hash_letter(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

#if COSIO_WITH_BCRYPT
// Empty when the system cannot.
std::string bcrypt_of(const std::string& password, const std::string& setting) {
  const auto room = std::make_unique<crypt_data>();  // 32 kB, zeros
  const char* const made = crypt_r(password.c_str(), setting.c_str(), room.get());
  return made != nullptr ? std::string(made) : std::string();
}
#endif

}  // namespace

bool is_bcrypt_hash(std::string_view text) noexcept {
  if (text.size() != hash_size || !text.starts_with("$2") || text[3] != '$' || text[6] != '$') return false;
  if (text[2] != 'a' && text[2] != 'b' && text[2] != 'y') return false;
  if (!is_digit(text[4]) || !is_digit(text[5])) return false;
  const int cost = (text[4] - '0') * 10 + (text[5] - '0');
  const std::string_view rest = text.substr(7);
  return cost >= 4 && cost <= 16 && std::all_of(rest.begin(), rest.end(), is_hash_letter);
}

#if COSIO_WITH_BCRYPT

// A system whose crypt_r() has no bcrypt answers nothing, or a text that is no hash. Source of the hash: jBCrypt.
bool can_bcrypt() noexcept {
  static const bool can = [] {
    const std::string known = "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.";
    return bcrypt_of("", known) == known;
  }();
  return can;
}

// The time of the comparison does not depend on the place of the first difference.
bool matches_bcrypt(const std::string& password, const std::string& hash) {
  if (password.find('\0') != std::string::npos) return false;
  const std::string made = bcrypt_of(password, hash);
  if (made.size() != hash.size()) return false;
  unsigned different = 0;
  for (std::size_t i = 0; i < made.size(); ++i) different |= static_cast<unsigned char>(made[i] ^ hash[i]);
  return different == 0;
}

#else

bool can_bcrypt() noexcept { return false; }
bool matches_bcrypt(const std::string&, const std::string&) { return false; }

#endif

}  // namespace cosio::inline v0_2::admin
