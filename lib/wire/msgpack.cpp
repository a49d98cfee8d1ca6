// MessagePack by nlohmann-json. Events of its reader build Boost.JSON values. Its writer gets values of its own kind.

#include "wire/msgpack.hpp"

#if COSIO_WITH_MSGPACK

#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "wire/js_date.hpp"
#include "wire/utf8.hpp"

namespace cosio::inline v0_2::wire {
namespace {

namespace json = boost::json;
using foreign_json = nlohmann::ordered_json;  // members keep their order

// Walks over the input and publishes its position. One thread at a time.
class tracked_iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  tracked_iterator(const char* at, const char** reached) noexcept : at_(at), reached_(reached) {}

  reference operator*() const noexcept { return *at_; }
  tracked_iterator& operator++() noexcept {
    *reached_ = ++at_;
    return *this;
  }
  tracked_iterator operator++(int) noexcept {
    const tracked_iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const tracked_iterator& a, const tracked_iterator& b) noexcept { return a.at_ == b.at_; }

 private:
  const char* at_;
  const char** reached_;
};

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) noexcept {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

// The milliseconds since 1970 of a timestamp of MessagePack; the most negative number for one out of reach.
std::int64_t milliseconds_of(std::span<const std::uint8_t> stamp) noexcept {
  constexpr std::int64_t most_seconds = 8'640'000'000'000;  // of a Date
  constexpr unsigned seconds_bits = 34;                     // of the form with 8 bytes
  constexpr std::uint64_t nanoseconds_of_millisecond = 1'000'000;
  std::uint64_t nanoseconds = 0;
  auto seconds = static_cast<std::int64_t>(big_endian(stamp.last(std::min<std::size_t>(stamp.size(), 8))));
  if (stamp.size() == 8) {
    nanoseconds = static_cast<std::uint64_t>(seconds) >> seconds_bits;
    seconds &= (std::int64_t{1} << seconds_bits) - 1;
  } else if (stamp.size() == 12) {
    nanoseconds = big_endian(stamp.first(4));
  }
  if (seconds > most_seconds || seconds < -most_seconds) return std::numeric_limits<std::int64_t>::min();
  return seconds * 1'000 + static_cast<std::int64_t>(nanoseconds / nanoseconds_of_millisecond);
}

// Receives the events of nlohmann's reader. Its member functions have the names that the reader calls. One thread at
// a time.
class value_builder {
 public:
  using number_integer_t = foreign_json::number_integer_t;
  using number_unsigned_t = foreign_json::number_unsigned_t;
  using number_float_t = foreign_json::number_float_t;
  using string_t = foreign_json::string_t;
  using binary_t = foreign_json::binary_t;

  /// @param input  The bytes of the whole input.
  value_builder(const msgpack_limits& limits, std::size_t input, parser::packet& into)
      : limits_(limits), spare_(limits.max_bytes - std::min(limits.max_bytes, input)), into_(into) {
    limits_.max_depth = std::min(limits_.max_depth, msgpack_deepest);
    stack_.reset(json::storage_ptr());
  }

  bool null() {
    return add([this] { stack_.push_null(); });
  }
  bool boolean(bool value) {
    return add([&] { stack_.push_bool(value); });
  }
  bool number_integer(number_integer_t value) {
    return add([&] { stack_.push_int64(value); });
  }
  bool number_unsigned(number_unsigned_t value) {
    return add([&] {
      if (value <= static_cast<number_unsigned_t>(INT64_MAX)) {
        stack_.push_int64(static_cast<std::int64_t>(value));
      } else {
        stack_.push_uint64(value);
      }
    });
  }
  bool number_float(number_float_t value, const string_t&) {
    return add([&] { stack_.push_double(value); });
  }
  bool string(string_t& value) {
    repair(value);
    return add([&] { stack_.push_string(value); });
  }
  bool binary(binary_t& value);

  bool start_object(std::size_t) { return start(true); }
  bool start_array(std::size_t) { return start(false); }
  bool key(string_t& value) {
    key_ = std::move(value);
    repair(key_);
    return true;
  }
  bool end_object() {
    const std::size_t members = end();
    return stack_.push_object(members), true;
  }
  bool end_array() {
    const std::size_t elements = end();
    return stack_.push_array(elements), true;
  }

  template <class Problem>
  bool parse_error(std::size_t, const std::string&, const Problem&) noexcept {
    return false;
  }

  const char* reached = nullptr;
  errc wrong = errc::bad_message;  // until another error is found

  /// Whether there was a value other than a single undefined.
  bool complete() const noexcept { return top_ == 1; }
  json::value take() { return stack_.release(); }

 private:
  struct container {
    bool is_object;
    std::size_t size = 0;
  };

  static void repair(string_t& text) {
    if (!is_utf8(text)) text = to_utf8(text);
  }
  bool fail(errc code) {
    wrong = code;
    return false;
  }
  // A key is pushed together with its value: for an undefined value both are left out.
  void announce() {
    if (open_.empty()) {
      ++top_;
      return;
    }
    if (open_.back().is_object) stack_.push_key(key_);
    ++open_.back().size;
  }
  template <class Push>
  bool add(Push push) {
    if (limits_.max_values-- == 0) return fail(errc::message_too_large);
    announce();
    push();
    return true;
  }
  bool start(bool is_object) {
    if (open_.size() >= limits_.max_depth) return fail(errc::json_too_deep);
    if (limits_.max_values-- == 0) return fail(errc::message_too_large);
    announce();
    open_.push_back({is_object});
    return true;
  }
  std::size_t end() {
    const std::size_t size = open_.back().size;
    open_.pop_back();
    return size;
  }
  bool undefined() { return open_.empty() || open_.back().is_object ? true : null(); }
  bool date(std::int64_t milliseconds);
  bool attachment(const binary_t& bytes);
  void push_attachment(const binary_t& bytes);
  // Whether one binary value more stays within the limit of bytes.
  bool has_room() noexcept {
    if (spare_ < binary_cost) return false;
    spare_ -= binary_cost;
    return true;
  }
  bool is_fixed(std::size_t size, std::uint8_t first) const noexcept;

  msgpack_limits limits_;
  std::size_t spare_;  // bytes of the limit that are left
  parser::packet& into_;
  json::value_stack stack_;
  std::vector<container> open_;
  std::string key_;
  std::size_t top_ = 0;
};

// Whether the value of `size` bytes that was just read is a fixext. Only its first byte distinguishes `d4 00 xx` from
// the longer `c7 01 00 xx`.
bool value_builder::is_fixed(std::size_t size, std::uint8_t first) const noexcept {
  return static_cast<std::uint8_t>(*(reached - size - 2)) == first;
}

bool value_builder::binary(binary_t& value) {
  if (!value.has_subtype()) return attachment(value);
  const auto type = static_cast<std::int8_t>(value.subtype());
  const std::size_t size = value.size();
  if (type == 0) {
    if (size == 1 && is_fixed(size, 0xd4)) return undefined();
    if (size == 8 && is_fixed(size, 0xd7)) return date(static_cast<std::int64_t>(big_endian(value)));
    const bool is_other_fixext = (size == 2 && is_fixed(size, 0xd5)) || (size == 4 && is_fixed(size, 0xd6)) ||
                                 (size == 16 && is_fixed(size, 0xd8));
    if (!is_other_fixext) return attachment(value);
  }
  if (type == -1 && limits_.timestamps && (size == 4 || size == 8 || size == 12)) return date(milliseconds_of(value));
  if (!has_room()) return fail(errc::message_too_large);
  return add([&] {
    stack_.push_int64(type);
    push_attachment(value);
    stack_.push_array(2);
  });
}

bool value_builder::date(std::int64_t milliseconds) {
  const auto text = js_date(milliseconds);
  if (!text) return null();
  return add([&] { stack_.push_string(*text); });
}

bool value_builder::attachment(const binary_t& bytes) {
  if (!has_room()) return fail(errc::message_too_large);
  return add([&] { push_attachment(bytes); });
}

// Pushes the placeholder that parser::packet::add() would make.
void value_builder::push_attachment(const binary_t& bytes) {
  stack_.push_key("_placeholder");
  stack_.push_bool(true);
  stack_.push_key("num");
  stack_.push_int64(static_cast<std::int64_t>(into_.attachments.size()));
  stack_.push_object(2);
  into_.attachments.emplace_back(std::string(bytes.begin(), bytes.end()));
}

// Appends to the list behind the map directly: the map itself would search all other keys for each key.
void append_member(foreign_json::object_t& to, std::string_view key, foreign_json value) {
  using list = foreign_json::object_t::Container;
  static_cast<list&>(to).emplace_back(std::string(key), std::move(value));
}

foreign_json converted(const json::value& value, const parser::packet& from) {
  switch (value.kind()) {
    case json::kind::null:
      return nullptr;
    case json::kind::bool_:
      return value.get_bool();
    case json::kind::int64:
      return value.get_int64();
    case json::kind::uint64:
      return value.get_uint64();
    case json::kind::double_:
      return value.get_double();
    case json::kind::string:
      return std::string(value.get_string());
    case json::kind::array: {
      foreign_json list = foreign_json::array();
      auto& items = list.get_ref<foreign_json::array_t&>();
      items.reserve(value.get_array().size());
      for (const json::value& item : value.get_array()) items.push_back(converted(item, from));
      return list;
    }
    case json::kind::object:
      break;
  }
  if (const binary* found = from.binary_at(value)) {
    const std::string_view bytes = found->view();
    return foreign_json::binary({bytes.begin(), bytes.end()});
  }
  foreign_json map = foreign_json::object();
  auto& members = map.get_ref<foreign_json::object_t&>();
  for (const json::key_value_pair& member : value.get_object())
    append_member(members, member.key(), converted(member.value(), from));
  return map;
}

}  // namespace

bool has_msgpack() noexcept { return true; }

result<void> read_msgpack(std::string_view bytes, const msgpack_limits& limits, parser::packet& into) {
  value_builder builder(limits, bytes.size(), into);
  const char* const start = bytes.data();
  builder.reached = start;
  const tracked_iterator begin(start, &builder.reached);
  const tracked_iterator end(start + bytes.size(), &builder.reached);
  const bool whole =
      foreign_json::sax_parse(begin, end, &builder, foreign_json::input_format_t::msgpack) && builder.complete();
  if (!whole) return fault{builder.wrong, static_cast<std::size_t>(builder.reached - start)};
  into.data = builder.take();
  return {};
}

std::string write_msgpack_value(const json::value& value, const parser::packet& from) {
  std::string out;
  foreign_json::to_msgpack(converted(value, from), nlohmann::detail::output_adapter<char>(out));
  return out;
}

std::string write_msgpack(std::span<const msgpack_member> members, const parser::packet& from) {
  foreign_json map = foreign_json::object();
  auto& list = map.get_ref<foreign_json::object_t&>();
  for (const msgpack_member& member : members) {
    if (member.value != nullptr) append_member(list, member.key, converted(*member.value, from));
  }
  std::string out;
  foreign_json::to_msgpack(map, nlohmann::detail::output_adapter<char>(out));
  return out;
}

}  // namespace cosio::inline v0_2::wire

#else

namespace cosio::inline v0_2::wire {

bool has_msgpack() noexcept { return false; }

result<void> read_msgpack(std::string_view, const msgpack_limits&, parser::packet&) {
  return fault{errc::not_supported, 0};
}
std::string write_msgpack_value(const boost::json::value&, const parser::packet&) { throw error(errc::not_supported); }
std::string write_msgpack(std::span<const msgpack_member>, const parser::packet&) { throw error(errc::not_supported); }

}  // namespace cosio::inline v0_2::wire

#endif
