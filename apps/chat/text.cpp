// Text is taken apart into code points, and put together again. The server has checked that it is UTF-8.

#include "text.hpp"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstdint>
#include <cwctype>
#include <span>
#include <stdexcept>

#include <locale.h>

namespace chat {
namespace {

struct range {
  char32_t first, last;
};

// Characters without a look of their own: format, direction, fillers.
constexpr range invisible[] = {{0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},    {0x115f, 0x1160},
                               {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},  {0x202a, 0x202e},
                               {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},  {0xfeff, 0xfeff},
                               {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};
// Of these, the ones that emoji and the scripts of Persian and India need.
constexpr range joining[] = {{0x200c, 0x200d}, {0xfe0e, 0xfe0f}, {0xe0020, 0xe007f}};
constexpr range blank[] = {{' ', ' '},       {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
                           {0x202f, 0x202f}, {0x205f, 0x205f}, {0x2800, 0x2800}, {0x3000, 0x3000}};
constexpr range control[] = {{0, 0x1f}, {0x7f, 0x9f}, {0x2028, 0x2029}};

bool is_in(std::span<const range> ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](const range& one) { return one.first <= c && c <= one.last; });
}
bool is_space(char32_t c) { return is_in(blank, c) || is_in(control, c); }
bool can_be_seen(char32_t c) { return !is_space(c) && !is_in(invisible, c); }

std::u32string decoded(std::string_view utf8) {
  std::u32string out;
  for (const char byte : utf8) {
    const auto bits = static_cast<unsigned char>(byte);
    if (bits < 0x80)
      out += bits;
    else if (bits >= 0xf0)
      out += bits & 0x07;
    else if (bits >= 0xe0)
      out += bits & 0x0f;
    else if (bits >= 0xc0)
      out += bits & 0x1f;
    else if (!out.empty())
      out.back() = (out.back() << 6) | (bits & 0x3f);
  }
  return out;
}

std::string encoded(std::u32string_view points) {
  std::string out;
  const auto add = [&out](char32_t bits) { out += static_cast<char>(bits); };
  for (const char32_t c : points) {
    if (c < 0x80) {
      add(c);
      continue;
    }
    if (c < 0x800) add(0xc0 | (c >> 6));
    if (c >= 0x800 && c < 0x10000) add(0xe0 | (c >> 12));
    if (c >= 0x10000) add(0xf0 | (c >> 18));
    if (c >= 0x10000) add(0x80 | ((c >> 12) & 0x3f));
    if (c >= 0x800) add(0x80 | ((c >> 6) & 0x3f));
    add(0x80 | (c & 0x3f));
  }
  return out;
}

// Without spaces around it, and not too long; nothing when it cannot be seen.
std::string finished(std::u32string_view text, std::size_t max_characters) {
  if (std::ranges::none_of(text, can_be_seen)) return {};
  while (is_space(text.front())) text.remove_prefix(1);
  text = text.substr(0, max_characters);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return encoded(text);
}

}  // namespace

std::string one_line(std::string_view text, std::size_t max_characters) {
  std::u32string out;
  for (const char32_t c : decoded(text)) {
    if (is_in(invisible, c) && !is_in(joining, c)) continue;
    if (is_space(c) && !out.empty() && out.back() == ' ') continue;
    out += is_space(c) ? U' ' : c;
  }
  return finished(out, max_characters);
}

std::string several_lines(std::string_view text, std::size_t max_characters) {
  std::u32string out = decoded(text);
  std::ranges::replace_if(out, [](char32_t c) { return is_in(control, c) && c != '\n'; }, U' ');
  return finished(out, max_characters);
}

std::string folded(std::string_view name) {
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::u32string out;
  for (const char32_t c : decoded(name)) {
    if (is_in(invisible, c)) continue;
    const auto wide = static_cast<std::wint_t>(c);
    out += static_cast<char32_t>(unicode == nullptr ? std::towlower(wide) : towlower_l(wide, unicode));
  }
  return encoded(out);
}

std::string random_secret() {
  unsigned char bytes[32];
  if (RAND_bytes(bytes, sizeof bytes) != 1) throw std::runtime_error("no random bytes for a secret");
  return {std::begin(bytes), std::end(bytes)};
}

std::string public_id(std::string_view secret) {
  constexpr std::size_t length = 10;  // bytes: nobody meets another person's id by chance
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), hash);
  std::string id;
  for (const unsigned char byte : std::span(hash).first(length)) {
    id += "0123456789abcdef"[byte >> 4];
    id += "0123456789abcdef"[byte & 15];
  }
  return id;
}

}  // namespace chat
