// UTF-8 as a table of lead bytes: how many bytes follow, and which range the first of them must be in.

#include "wire/utf8.hpp"

#include <cstring>

namespace cosio::inline v0_2::wire {
namespace {

struct lead_byte {
  std::uint8_t missing;  // continuation bytes that follow; 0 when the byte starts nothing
  std::uint8_t low;      // range of the first of them (RFC 3629, section 4)
  std::uint8_t high;
};

constexpr lead_byte lead_of(std::uint8_t byte) noexcept {
  if (byte < 0xC2) return {0, 0, 0};  // a continuation, or the start of an overlong form
  if (byte < 0xE0) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};  // surrogates
  if (byte < 0xF0) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte < 0xF4) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};  // above U+10FFFF
  return {0, 0, 0};
}

constexpr std::uint64_t top_bits = 0x8080'8080'8080'8080;

std::uint64_t word_at(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

bool is_ascii(std::uint64_t word) noexcept { return (word & top_bits) == 0; }

const char* skip_ascii(const char* at, const char* end) noexcept {
  for (; end - at >= 32; at += 32) {
    if (!is_ascii(word_at(at) | word_at(at + 8) | word_at(at + 16) | word_at(at + 24))) break;
  }
  for (; end - at >= 8; at += 8) {
    if (!is_ascii(word_at(at))) break;
  }
  while (at != end && static_cast<std::uint8_t>(*at) < 0x80) ++at;
  return at;
}

// One sequence that does not start with ASCII, and its good bytes: all of them, or the longest good beginning.
struct sequence {
  std::size_t bytes;
  bool whole;
};

sequence read_sequence(const char* at, const char* end) noexcept {
  const lead_byte lead = lead_of(static_cast<std::uint8_t>(*at));
  const auto left = static_cast<std::size_t>(end - at);
  std::uint8_t low = lead.low;
  std::uint8_t high = lead.high;
  for (std::size_t i = 1; i <= lead.missing; ++i) {
    if (i == left) return {i, false};
    const auto byte = static_cast<std::uint8_t>(at[i]);
    if (byte < low || byte > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {lead.missing + std::size_t{1}, lead.missing != 0};
}

// The number of bytes of the sequence that starts with `lead`. The text must be well-formed.
std::size_t sequence_bytes(std::uint8_t lead) noexcept {
  return lead < 0x80 ? 1U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : 4U;
}

// Finds the first ill-formed sequence, or the end.
const char* skip_well_formed(const char* at, const char* end) noexcept {
  for (at = skip_ascii(at, end); at != end;) {
    if (static_cast<std::uint8_t>(*at) < 0x80) {
      at = skip_ascii(at, end);
      continue;
    }
    const sequence found = read_sequence(at, end);
    if (!found.whole) return at;
    at += found.bytes;
  }
  return end;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  return skip_well_formed(begin, end) == end;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const bad = skip_well_formed(at, end);
    out.append(at, bad);
    if (bad == end) break;
    out.append("\xEF\xBF\xBD");
    at = bad + read_sequence(bad, end).bytes;
  }
  return out;
}

std::size_t utf16_length(std::string_view text) noexcept {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    units += static_cast<std::size_t>((byte & 0xC0) != 0x80) + static_cast<std::size_t>(byte >= 0xF0);
  }
  return units;
}

std::size_t utf16_prefix(std::string_view text, std::size_t units) noexcept {
  std::size_t at = 0;
  while (units > 0) {
    if (units >= 8 && text.size() - at >= 8 && is_ascii(word_at(text.data() + at))) {
      at += 8;
      units -= 8;
      continue;
    }
    if (at == text.size()) return std::string_view::npos;
    const std::size_t bytes = sequence_bytes(static_cast<std::uint8_t>(text[at]));
    const std::size_t taken = bytes == 4 ? 2 : 1;
    if (bytes > text.size() - at || taken > units) return std::string_view::npos;
    at += bytes;
    units -= taken;
  }
  return at;
}

bool utf8_checker::feed(std::string_view piece) noexcept {
  if (failed_) return false;
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    if (missing_ == 0) {
      at = skip_well_formed(at, end);
      if (at == end) break;
      const lead_byte lead = lead_of(static_cast<std::uint8_t>(*at++));
      missing_ = lead.missing;
      low_ = lead.low;
      high_ = lead.high;
      failed_ = missing_ == 0;
    } else {
      const auto byte = static_cast<std::uint8_t>(*at++);
      failed_ = byte < low_ || byte > high_;
      --missing_;
      low_ = 0x80;
      high_ = 0xBF;
    }
    if (failed_) return false;
  }
  return true;
}

}  // namespace cosio::inline v0_2::wire
