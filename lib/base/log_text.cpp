// Escapes and quotes.

#include "base/log_text.hpp"

#include "base/hex.hpp"

namespace cosio::inline v0_2::base {
namespace {

// The size of such a character at the front of a text. 0 for all others.
std::size_t control_size(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0xFFU; };
  const auto is_from = [&](std::size_t i, unsigned first, unsigned last) {
    return byte(i) >= first && byte(i) <= last;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && is_from(1, 0x80, 0x9F)) return 2;
  if (byte(0) == 0xD8 && byte(1) == 0x9C) return 2;
  if (byte(0) != 0xE2) return 0;
  const bool is_mark = byte(1) == 0x80 && (is_from(2, 0x8E, 0x8F) || is_from(2, 0xA8, 0xAE));
  const bool is_isolate = byte(1) == 0x81 && is_from(2, 0xA6, 0xA9);
  return is_mark || is_isolate ? 3 : 0;
}

}  // namespace

bool has_control(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (control_size(text.substr(i)) != 0) return true;
  return false;
}

std::string one_line(std::string_view text) {
  std::string line;
  std::size_t escaped = 0;  // bytes of a character that is not yet over
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (escaped == 0) escaped = control_size(text.substr(i));
    if (escaped == 0) {
      line += text[i];
      continue;
    }
    --escaped;
    base::append_hex(line.append("\\x"), static_cast<unsigned char>(text[i]));
  }
  return line;
}

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  while (most > 0 && continues(text[most])) --most;
  return std::string(text.substr(0, most)) + "…";
}

std::string quoted(std::string_view text, std::size_t most) {
  std::string all = "\"";
  for (const char c : shortened(text, most)) {
    if (c == '"' || c == '\\') all += '\\';
    all += c;
  }
  return one_line(all + '"');
}

}  // namespace cosio::inline v0_2::base
