// UTF-8 against a decoder written the other way round, and base64 there and back.

#include <algorithm>
#include <string>

#include "check.hpp"
#include "wire/base64.hpp"
#include "wire/utf8.hpp"

using namespace cosio::wire;
using cosio::fuzz::check;

namespace {

// Decodes to code points and judges those, where the library judges bytes. Counts UTF-16 units on the way.
bool slow_is_utf8(std::string_view text, std::size_t& units) {
  units = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (bytes == 0 || bytes > text.size() - at) return false;
    std::uint32_t point = bytes == 1 ? lead : lead & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
      const auto next = static_cast<std::uint8_t>(text[at + i]);
      if (next >> 6 != 2) return false;
      point = point << 6 | (next & 0x3FU);
    }
    const std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[bytes] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    units += bytes == 4 ? 2 : 1;
    at += bytes;
  }
  return true;
}

bool check_in_pieces(std::string_view text, std::size_t piece) {
  utf8_checker checker;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    if (!checker.feed(text.substr(0, piece))) return false;
  }
  return checker.complete();
}

void check_utf8(std::string_view text, std::size_t piece) {
  std::size_t units = 0;
  const bool good = slow_is_utf8(text, units);
  check(is_utf8(text) == good, "is_utf8() agrees with the slow decoder");
  check(check_in_pieces(text, piece) == good, "pieces agree with the whole");
  const std::string repaired = to_utf8(text);
  check(is_utf8(repaired), "repaired text is UTF-8");
  check((repaired == text) == good, "only ill-formed text is repaired");
  const std::size_t bytes = utf16_prefix(text, piece);
  check(bytes <= text.size() || bytes == text.npos, "a prefix lies inside the text");
  if (!good) return;
  check(utf16_length(text) == units, "lengths agree with the slow decoder");
  check(utf16_prefix(text, units) == text.size(), "all units are all bytes");
  check(bytes == text.npos || utf16_length(text.substr(0, bytes)) == piece, "a prefix has the units asked for");
  check(bytes == text.npos || is_utf8(text.substr(0, bytes)), "a prefix splits no sign");
}

void check_base64(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  check(text.size() == base64_size(bytes.size()), "base64_size() tells the size");
  std::string back;
  decode_base64(text, back);
  check(back == bytes, "base64 comes back as it was");
  std::string lenient;
  decode_base64(bytes, lenient);
  check(lenient.size() <= bytes.size() / 4 * 3 + 2, "base64 never grows when decoded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = cosio::fuzz::text_of(data, size);
  const std::size_t piece = 1 + cosio::fuzz::take_choice(bytes);
  check_utf8(bytes, piece);
  check_base64(bytes);
  return 0;
}
