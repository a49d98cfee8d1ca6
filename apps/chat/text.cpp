// UTF-8 is cut between characters: never before a continuation byte.

#include "text.hpp"

#include <algorithm>

namespace chat {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || is_control(c); };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && is_continuation(text[max_bytes])) --max_bytes;
  return text.substr(0, max_bytes);
}

}  // namespace

std::string one_line(std::string_view text, std::size_t max_bytes) {
  std::string out(trimmed(cut(trimmed(text), max_bytes)));
  std::ranges::replace_if(out, is_control, ' ');
  return out;
}

std::string several_lines(std::string_view text, std::size_t max_bytes) {
  std::string out(trimmed(cut(trimmed(text), max_bytes)));
  std::ranges::replace_if(out, [](char c) { return is_control(c) && c != '\n'; }, ' ');
  return out;
}

}  // namespace chat
