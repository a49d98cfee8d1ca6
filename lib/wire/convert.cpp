// C++ values -> the JSON of an event, and the messages of conversions that fail.

#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>
#include <cosio/json_view.hpp>

#include <boost/json/array.hpp>
#include <boost/json/kind.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/kept_text.hpp"
#include "wire/argument_list.hpp"
#include "wire/js_date.hpp"
#include "wire/json_limits.hpp"
#include "wire/json_tokens.hpp"
#include "wire/placeholder.hpp"

namespace cosio::inline v0_2 {
namespace {

namespace json = boost::json;

template <class T>
void append_integer(detail::text_buffer& out, T value) {
  constexpr std::size_t longest = 24;
  char* const at = out.room(longest);
  out.add(static_cast<std::size_t>(std::to_chars(at, at + longest, value).ptr - at));
}

const char* kind_name(detail::json_ref value) noexcept {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return wire::placeholder_index(value) ? "binary" : "an object";
  }
  return "nothing";
}

double as_double(detail::json_ref value) noexcept {
  switch (value.kind()) {
    case json::kind::int64:
      return static_cast<double>(value.int64());
    case json::kind::uint64:
      return static_cast<double>(value.uint64());
    default:
      return value.number();
  }
}

bool has_fraction(detail::json_ref value) noexcept {
  if (value.kind() != json::kind::double_) return false;
  const double number = value.number();
  return std::isfinite(number) && std::trunc(number) != number;
}

// The words for a number that is out of the range. Null for one in the range, for NaN, and for what is no number.
const char* beyond(detail::json_ref value, std::int64_t lowest, std::uint64_t highest) noexcept {
  bool below = false;
  bool above = false;
  switch (value.kind()) {
    case json::kind::int64:
      below = std::cmp_less(value.int64(), lowest);
      above = std::cmp_greater(value.int64(), highest);
      break;
    case json::kind::uint64:
      above = value.uint64() > highest;
      break;
    case json::kind::double_:  // the highest 64 bits are rounded to 2^63 or 2^64, which are out of the range
      below = value.number() < static_cast<double>(lowest);
      above = value.number() >= static_cast<double>(highest) + 1;
      break;
    default:
      break;
  }
  if (below) return "a smaller number";
  return above ? "a larger number" : nullptr;
}

std::string from_to(std::string_view lowest, std::string_view highest) {
  return std::string(" from ").append(lowest).append(" to ").append(highest);
}

std::string text_of(double number) {
  std::array<char, 32> text{};
  const auto [end, failed] = std::to_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() ? std::string(text.data(), end) : std::string("the limit");
}

json::array list_of(const event_data& encoded) {
  json::parse_options options;
  options.max_depth = 1'024;  // the default of options.max_json_depth: a client could not send deeper values back
  return json::parse(encoded.json(), {}, options).as_array();
}

}  // namespace

namespace detail {
namespace {

// The room of an earlier text of this thread. A text that fits into it is copied once, to a string of its own size,
// and does not grow step by step.
constexpr std::size_t most_spare = 16'384;
std::string* spare() noexcept { return base::kept_text<text_buffer>(); }

}  // namespace

std::string text_buffer::take() {
  const std::size_t size = std::exchange(size_, 0);
  std::string* const kept = spare();
  if (!kept || text_.size() > most_spare || text_.size() <= kept->size()) {
    text_.resize(size);
    return std::exchange(text_, {});
  }
  std::string text(text_, 0, size);
  *kept = std::exchange(text_, {});
  return text;
}

void text_buffer::grow(std::size_t bytes) {
  constexpr std::size_t least = 511;
  std::string* const kept = text_.empty() ? spare() : nullptr;
  if (kept && bytes <= kept->size()) {
    text_ = std::exchange(*kept, {});
  } else {
    text_.resize(std::max({size_ + bytes, text_.capacity(), 2 * size_, least}));
  }
}

void add_type(std::string_view words, std::vector<std::string>& into) { into.emplace_back(words); }

void argument_writer::integer(std::int64_t value) { append_integer(out_, value); }
void argument_writer::unsigned_integer(std::uint64_t value) { append_integer(out_, value); }
void argument_writer::number(double value) { wire::append_json_number(out_, value); }
void argument_writer::string(std::string_view text) { wire::append_json_string(out_, text); }
void argument_writer::json(json_ref value) { wire::append_json(out_, value); }

void argument_writer::bytes(const binary& value) {
  std::string place;
  wire::append_placeholder(place, attachments_.size());
  raw(place);
  attachments_.push_back(value);
}

void argument_writer::bytes(std::span<const std::byte> value) {
  if (!json_only_) return bytes(binary(value));
  write_list(*this, value, "[", "]", [&](std::byte one) { integer(std::to_integer<std::int64_t>(one)); });
}

void argument_writer::date(std::optional<std::int64_t> milliseconds) {
  const auto text = milliseconds ? wire::js_date(*milliseconds) : std::nullopt;
  if (text) {
    string(*text);
  } else {
    null();
  }
}

void argument_writer::day(std::optional<std::int64_t> milliseconds) {
  const auto text = milliseconds ? wire::js_date(*milliseconds) : std::nullopt;
  if (text) {
    string(std::string_view(*text).substr(0, text->find('T')));
  } else {
    null();
  }
}

void argument_writer::any(const argument& value) {
  if (value.attachments().empty()) return json(value.value());
  json_with_binary(value.value(), value.attachments());
}

void argument_writer::all(const arguments& values, bool& first) {
  const parsed_elements& parsed = values.parsed();
  if (parsed.list && values.attachments().empty()) {
    const std::string_view text = parsed.list->as_written(parsed.first);
    if (!text.empty()) {
      if (!first) out_.put(',');
      first = false;
      return out_.put(text);
    }
  }
  for_each_value(values, [&](json_ref value) {
    if (!first) out_.put(',');
    first = false;
    if (values.attachments().empty()) {
      json(value);
    } else {
      json_with_binary(value, values.attachments());
    }
  });
}

void argument_writer::begin(std::string_view name) {
  raw("[");
  string(name);
}
event_data argument_writer::end() {
  raw("]");
  return event_data(out_.take(), std::move(attachments_));
}

// Placeholders get new numbers, because this packet may hold other binary, too.
void argument_writer::json_with_binary(json_ref value, const std::vector<binary>& attachments) {
  if (value.is_array()) {
    write_list(*this, value.elements(), "[", "]", [&](json_ref item) { json_with_binary(item, attachments); });
  } else if (const binary* found = attachment_of(value, attachments)) {
    bytes(*found);
  } else if (value.is_object()) {
    write_list(*this, value.members(), "{", "}", [&](const json_member& member) {
      string(member.name);
      out_.put(':');
      json_with_binary(member.value, attachments);
    });
  } else {
    json(value);
  }
}

bool mismatch::want(std::string_view type, json_ref value) {
  wanted = type;
  got = kind_name(value);
  return false;
}

bool mismatch::want_binary(json_ref value) {
  want("binary", value);
  if (value.is_object()) got = "an object";  // it looks like a placeholder, but names no attachment
  return false;
}

bool mismatch::want_bytes(std::size_t size, std::size_t came) {
  wanted = "binary of " + std::to_string(size) + " bytes";
  got = "binary of " + std::to_string(came);
  return false;
}

bool mismatch::want_plain(json_ref value, const std::vector<binary>& attachments) {
  want("a value without binary (cosio::argument is the type for any value with its binary)", value);
  if (attachment_of(value, attachments) == nullptr) got += " with binary in it";
  return false;
}

bool mismatch::want_list(std::size_t size, json_ref value) {
  want("an array of " + std::to_string(size), value);
  if (value.is_array()) got += " of " + std::to_string(value.size());
  return false;
}

bool mismatch::want_integer(std::int64_t lowest, std::uint64_t highest, json_ref value) {
  want("an integer", value);
  if (has_fraction(value)) {
    got = "a number with a fraction";
  } else if (const char* const found = beyond(value, lowest, highest)) {
    wanted += from_to(std::to_string(lowest), std::to_string(highest));
    got = found;
  } else if (value.kind() == json::kind::double_) {
    got = std::isnan(value.number()) ? "NaN" : "a floating-point number with a magnitude of 2^53 or more";
  }
  return false;
}

bool mismatch::want_from_to(std::string_view what, std::int64_t lowest, std::int64_t highest, json_ref value) {
  want(what, value);
  wanted += from_to(std::to_string(lowest), std::to_string(highest));
  if (const char* const found = beyond(value, lowest, static_cast<std::uint64_t>(highest))) got = found;
  return false;
}

bool mismatch::want_from_to(std::string_view what, double lowest, double highest, json_ref value) {
  want(what, value);
  if (std::isfinite(lowest) && std::isfinite(highest)) wanted += from_to(text_of(lowest), text_of(highest));
  if (!value.is_number()) return false;
  const double found = as_double(value);
  got = std::isnan(found) ? "NaN" : found < 0 ? "a smaller number" : "a larger number";
  return false;
}

bool mismatch::want_date_from_to(std::optional<std::int64_t> lowest, std::optional<std::int64_t> highest) {
  constexpr std::int64_t farthest = 8'640'000'000'000'000;  // milliseconds of a Date in JavaScript
  wanted = "a date" + from_to(wire::js_date(lowest.value_or(-farthest)).value_or(""),
                              wire::js_date(highest.value_or(farthest)).value_or(""));
  got = "another date";
  return false;
}

bool mismatch::want_one_of(const std::vector<std::string_view>& names, json_ref value) {
  want("one of", value);
  const char* between = " \"";
  for (const std::string_view name : names) {
    wanted.append(between).append(name).append("\"");
    between = ", \"";
  }
  if (value.is_string()) got = "another string";
  return false;
}

bool mismatch::want_member(std::string_view name) {
  wanted = "there";
  got = "missing";
  return at("." + std::string(name));
}

bool mismatch::want_text(std::string_view type, json_ref value) {
  want(type, value);
  if (value.is_string()) got = "another string";
  return false;
}

bool mismatch::want_key(std::string_view rule) {
  wanted.assign("at a key that ").append(rule);
  got = "at another key";
  return false;
}

bool mismatch::want_any_of(const std::vector<std::string>& types, json_ref value) {
  constexpr std::size_t longest = 300;
  want("", value);
  for (auto type = types.begin(); type != types.end(); ++type) {
    if (std::find(types.begin(), type, *type) != type) continue;  // int and long are one to JSON
    if (wanted.size() + type->size() > longest) {
      wanted += wanted.empty() ? "another type" : " or another type";
      break;
    }
    wanted.append(wanted.empty() ? "" : " or ").append(*type);
  }
  return false;
}

bool mismatch::give_up(json_ref value) {
  gave_up = true;
  return want(
      "a value whose variants differ at first sight, since too many alternatives of variants inside of each "
      "other look like it",
      value);
}

bool read_text(json_ref value, std::string& out, mismatch& wrong) {
  if (!value.is_string()) return wrong.want("a string", value);
  out.assign(value.text());
  return true;
}

bool read_units(json_ref value, std::int64_t unit, std::int64_t lowest, std::int64_t highest, std::int64_t& count,
                mismatch& wrong) {
  using limits = std::numeric_limits<std::int64_t>;
  const std::int64_t least = lowest < limits::min() / unit ? limits::min() : lowest * unit;
  const std::int64_t most = highest > limits::max() / unit ? limits::max() : highest * unit;
  const bool is_integer = read_integer(value, count, wrong);
  if (beyond(value, least, most < 0 ? 0 : static_cast<std::uint64_t>(most)) != nullptr)
    return wrong.want_from_to("milliseconds", least, most, value);
  if (is_integer && count % unit == 0) {
    count /= unit;
    return true;
  }
  if (is_integer) wrong.got = "another number";
  wrong.wanted = unit == 1 ? "a whole number of milliseconds" : "milliseconds, a multiple of " + std::to_string(unit);
  return false;
}

bool read_date(json_ref value, std::int64_t& seconds, std::int32_t& nanoseconds, mismatch& wrong) {
  const auto date = value.is_string() ? wire::read_js_date(value.text()) : std::nullopt;
  if (!date) return wrong.want_text("a date such as \"2026-11-30T13:41:14.000Z\"", value);
  seconds = date->seconds;
  nanoseconds = date->nanoseconds;
  return true;
}

bool read_day(json_ref value, std::int64_t& seconds, std::int32_t& nanoseconds, mismatch& wrong) {
  constexpr std::int64_t seconds_of_a_day = 86'400;
  if (const auto day = value.is_string() ? wire::read_js_day(value.text()) : std::nullopt) {
    seconds = *day * seconds_of_a_day;
    return true;
  }
  if (read_date(value, seconds, nanoseconds, wrong)) return true;
  wrong.wanted = "a day such as \"2026-11-30\"";
  return false;
}

namespace {

template <class T>
bool number_of(std::string_view text, T& out) noexcept {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.starts_with('0') && text != "0") return false;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, out);
  return failed == std::errc() && stopped == end;
}

}  // namespace

bool key_number(std::string_view text, std::int64_t& out) noexcept { return number_of(text, out); }
bool key_number(std::string_view text, std::uint64_t& out) noexcept { return number_of(text, out); }

const binary* attachment_of(json_ref value, const std::vector<binary>& attachments) noexcept {
  if (attachments.empty()) return nullptr;
  const auto index = wire::placeholder_index(value);
  return index && *index < attachments.size() ? &attachments[*index] : nullptr;
}

namespace {

std::string sentence(std::string_view of, std::string_view event, std::size_t index, const mismatch& wrong) {
  std::string out = "argument " + std::to_string(index);
  if (!wrong.path.empty()) out.append(" (").append(wrong.path).append(")");
  if (!event.empty()) out.append(of).append("\"").append(event).append("\"");
  return out.append(" must be ").append(wrong.wanted).append(", but is ").append(wrong.got);
}

}  // namespace

std::string describe_mismatch(std::string_view event, std::size_t index, const mismatch& wrong) {
  return sentence(" of event ", event, index, wrong);
}

std::string describe_answer_mismatch(std::string_view event, std::size_t index, const mismatch& wrong) {
  return sentence(" of the answer to ", event, index, wrong);
}

std::string describe_mismatch(std::string_view what, const mismatch& wrong) {
  std::string out(what);
  if (!wrong.path.empty()) out += " (" + wrong.path + ")";
  return out + " must be " + wrong.wanted + ", but is " + wrong.got;
}

arguments arguments_of(const event_data& event) {
  json::array all = list_of(event);
  all.erase(all.begin());
  return arguments(std::move(all), event.attachments());
}

asked_member::operator std::string() const {
  if (length_ == 0) return "the value";
  return "the member \"" + std::string(text_, length_) + (length_ == sizeof text_ ? "…\"" : "\"");
}

json::value only_value(const event_data& list) {
  if (!list.attachments().empty())
    throw error(errc::bad_argument, "this value may hold no binary: it does not travel as the arguments of events do");
  return list_of(list).front();
}

}  // namespace detail
}  // namespace cosio::inline v0_2
