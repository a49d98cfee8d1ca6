// Input: Boost.JSON's parser with a handler of ours, which reads doubles exactly. Output: one walk over the value.

#include "wire/json_limits.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "wire/exact_double.hpp"
#include "wire/json_repair.hpp"
#include "wire/utf8.hpp"

namespace cosio::inline v0_2::wire {
namespace {

namespace json = boost::json;
using boost::system::error_code;
using detail::json_ref;
using detail::text_buffer;

// Builds the value as Boost.JSON's own handler does, except in on_double().
struct value_builder {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();
  using text = json::string_view;

  value_builder(unsigned char* scratch, std::size_t scratch_bytes) : stack({}, scratch, scratch_bytes) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t members, error_code&) { return stack.push_object(members), true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t elements, error_code&) { return stack.push_array(elements), true; }
  bool on_key_part(text part, std::size_t, error_code&) { return stack.push_chars(part), true; }
  bool on_key(text part, std::size_t, error_code&) { return stack.push_key(part), true; }
  bool on_string_part(text part, std::size_t, error_code&) { return stack.push_chars(part), true; }
  bool on_string(text part, std::size_t, error_code&) { return stack.push_string(part), true; }
  bool on_number_part(text, error_code&) { return true; }
  bool on_int64(std::int64_t number, text, error_code&) { return stack.push_int64(number), true; }
  bool on_uint64(std::uint64_t number, text, error_code&) { return stack.push_uint64(number), true; }
  bool on_double(double rough, text digits, error_code&);
  bool on_bool(bool value, error_code&) { return stack.push_bool(value), true; }
  bool on_null(error_code&) { return stack.push_null(), true; }
  bool on_comment_part(text, error_code&) { return true; }
  bool on_comment(text, error_code&) { return true; }

  json::value_stack stack;
};

bool value_builder::on_double(double rough, text digits, error_code&) {
  if (const auto exact = exact_double({digits.data(), digits.size()}, rough)) {
    stack.push_double(*exact);
  } else {
    stack.push_null();
  }
  return true;
}

struct refusal {
  error_code code;
  std::size_t offset;
};

boost::system::result<json::value, refusal> parse_once(std::string_view text, const json::storage_ptr& storage,
                                                       std::size_t max_depth) {
  unsigned char scratch[4096];  // small packets need no allocation of the parser
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<value_builder> parser(options, scratch, sizeof scratch);
  parser.handler().stack.reset(storage);
  error_code wrong;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), wrong);
  if (!wrong && used < text.size()) wrong = json::error::extra_data;
  if (wrong) return refusal{wrong, used};
  return parser.handler().stack.release();
}

std::uint64_t word_at(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
constexpr std::uint64_t top_bits = ones * 0x80;

// Whether one of eight bytes is below 0x20, a quote or a backslash (the usual zero-byte test, three times).
bool any_special(std::uint64_t word) noexcept {
  const std::uint64_t quote = word ^ ones * '"';
  const std::uint64_t backslash = word ^ ones * '\\';
  return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & top_bits;
}

bool is_special(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

const char* skip_unspecial(const char* at, const char* end) noexcept {
  while (end - at >= 8 && !any_special(word_at(at))) at += 8;
  while (at != end && !is_special(*at)) ++at;
  return at;
}

// Fewer than eight bytes, in a word that has nothing else to escape. Bytes may be in it twice.
std::uint64_t rest_at(const char* at, std::size_t bytes) noexcept {
  if (bytes >= 4) {
    std::uint32_t halves[2];
    std::memcpy(&halves[0], at, 4);
    std::memcpy(&halves[1], at + bytes - 4, 4);
    return halves[0] | std::uint64_t{halves[1]} << 32;
  }
  constexpr std::uint64_t spaces = ones * ' ';
  if (bytes == 0) return spaces;
  const auto byte = [at](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(at[i])}; };
  return (spaces << 24) | byte(0) | byte(bytes / 2) << 8 | byte(bytes - 1) << 16;
}

// Whether all characters can be copied into a literal: ASCII, and nothing to escape. Nearly every string is so.
bool is_plain(const char* at, const char* end) noexcept {
  constexpr std::ptrdiff_t block = 32;
  for (; end - at >= block; at += block) {
    unsigned char bad = 0;
    for (std::ptrdiff_t i = 0; i < block; ++i) {  // a loop that compilers turn into vector instructions
      const auto byte = static_cast<unsigned char>(at[i]);
      bad = static_cast<unsigned char>(bad | (static_cast<unsigned char>(byte - 0x20) >= 0x60) | (byte == '"') |
                                       (byte == '\\'));
    }
    if (bad != 0) return false;
  }
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = word_at(at);
    if ((word & top_bits) != 0 || any_special(word)) return false;
  }
  const std::uint64_t rest = rest_at(at, static_cast<std::size_t>(end - at));
  return (rest & top_bits) == 0 && !any_special(rest);
}

void append_escape(text_buffer& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  constexpr std::string_view shorts = "\"\"\\\\\bb\ff\nn\rr\tt";
  for (std::size_t i = 0; i < shorts.size(); i += 2) {
    if (shorts[i] == c) {
      out.put('\\');
      out.put(shorts[i + 1]);
      return;
    }
  }
  out.put("\\u00");
  out.put(digits[(c >> 4) & 15]);
  out.put(digits[c & 15]);
}

// Appends well-formed UTF-8 with escapes.
void append_escaped(text_buffer& out, std::string_view text) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end; ++at) {
    const char* const special = skip_unspecial(at, end);
    out.put({at, static_cast<std::size_t>(special - at)});
    if (special == end) break;
    append_escape(out, *special);
    at = special;
  }
}

template <class Number>
void append_chars(text_buffer& out, Number number) {
  constexpr std::size_t longest = 32;  // the longest double, -2.2250738585072014e-308, has 24
  char* const at = out.room(longest);
  out.add(static_cast<std::size_t>(std::to_chars(at, at + longest, number).ptr - at));
}

bool append_whole(text_buffer& out, double number) {
  constexpr double largest_exact = 9007199254740992.0;  // 2^53
  if (std::abs(number) >= largest_exact) return false;
  const auto whole = static_cast<std::int64_t>(number);
  if (static_cast<double>(whole) != number) return false;
  append_chars(out, whole);
  return true;
}

// Appends a fraction with at most six decimals. Most fractions that applications send are such, and this is five times
// as fast as the general way. The result is exact: no two decimals of 15 digits are the same double, and the division
// of exact numbers rounds as reading does.
bool append_short_fraction(text_buffer& out, double number) {
  constexpr std::int64_t scale = 1'000'000;
  if (std::abs(number) >= 1e9) return false;
  const auto millionths = static_cast<std::int64_t>(number * scale + std::copysign(0.5, number));
  if (static_cast<double>(millionths) / scale != number) return false;
  if (millionths < 0) out.put('-');
  const std::int64_t size = std::abs(millionths);
  append_chars(out, size / scale);
  char fraction[7] = {'.'};
  std::int64_t rest = size % scale;
  for (int i = 6; i > 0; --i, rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
  std::size_t length = sizeof fraction;
  while (fraction[length - 1] == '0') --length;  // not all are zero: whole numbers do not come here
  out.put({fraction, length});
  return true;
}

void append_array(text_buffer& out, json_ref array) {
  out.put('[');
  bool first = true;
  for (const json_ref element : array.elements()) {
    if (!first) out.put(',');
    first = false;
    append_json(out, element);
  }
  out.put(']');
}

void append_object(text_buffer& out, json_ref object) {
  out.put('{');
  bool first = true;
  for (const detail::json_member member : object.members()) {
    if (!first) out.put(',');
    first = false;
    append_json_string(out, member.name);
    out.put(':');
    append_json(out, member.value);
  }
  out.put('}');
}

// Appends to a string what `write` writes to a buffer.
template <class Write>
void append(std::string& out, Write write) {
  text_buffer to(std::move(out));
  write(to);
  out = to.take();
}

}  // namespace

result<json::value> parse_json(std::string_view text, json::storage_ptr storage, const json_limits& limits) {
  auto parsed = parse_once(text, storage, limits.max_depth);
  if (parsed.has_error() && parsed.error().code != json::error::too_deep) {
    std::string rewritten(text);
    if (repair_json(rewritten)) parsed = parse_once(rewritten, storage, limits.max_depth);
  }
  if (parsed.has_value()) return std::move(*parsed);
  const errc code = parsed.error().code == json::error::too_deep ? errc::json_too_deep : errc::bad_json;
  return fault{code, parsed.error().offset};
}

void append_json(text_buffer& out, json_ref value) {
  switch (value.kind()) {
    case json::kind::null:
      out.put("null");
      break;
    case json::kind::bool_:
      out.put(value.truth() ? "true" : "false");
      break;
    case json::kind::int64:
      append_chars(out, value.int64());
      break;
    case json::kind::uint64:
      append_chars(out, value.uint64());
      break;
    case json::kind::double_:
      append_json_number(out, value.number());
      break;
    case json::kind::string:
      append_json_string(out, value.text());
      break;
    case json::kind::array:
      append_array(out, value);
      break;
    case json::kind::object:
      append_object(out, value);
      break;
  }
}

void append_json_string(text_buffer& out, std::string_view text) {
  if (is_plain(text.data(), text.data() + text.size())) {
    const std::size_t bytes = text.size() + 2;
    char* const at = out.room(bytes);
    at[0] = '"';
    text.copy(at + 1, text.size());
    at[bytes - 1] = '"';
    out.add(bytes);
    return;
  }
  out.put('"');
  if (is_utf8(text)) {
    append_escaped(out, text);
  } else {
    append_escaped(out, to_utf8(text));
  }
  out.put('"');
}

void append_json_number(text_buffer& out, double number) {
  if (!std::isfinite(number)) {
    out.put("null");
  } else if (!append_whole(out, number) && !append_short_fraction(out, number)) {
    append_chars(out, number);
  }
}

void append_json(std::string& out, json_ref value) {
  append(out, [&](text_buffer& to) { append_json(to, value); });
}
void append_json(std::string& out, const json::value& value) { append_json(out, json_ref(value)); }
void append_json_string(std::string& out, std::string_view text) {
  append(out, [&](text_buffer& to) { append_json_string(to, text); });
}
void append_json_number(std::string& out, double number) {
  append(out, [&](text_buffer& to) { append_json_number(to, number); });
}

}  // namespace cosio::inline v0_2::wire
