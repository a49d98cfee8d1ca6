// Writing: C++ values -> the JSON of an event, with the binary beside it. convert.hpp lists the types.
//
//   emit("said", 1, picture)        encode_event()    ["said",1,{"_placeholder":true,"num":0}], and the picture
//     write_argument(each)          an `arguments` stands for all of its values
//       write(value)                one value, at any depth: the case for its type, and write() of its parts
//
// The header is a part of convert.hpp.

#pragma once
#include <boost/describe/enumerators.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/convert_kinds.hpp>
#include <cosio/convert_times.hpp>
#include <cosio/json_ref.hpp>
#include <cosio/text_buffer.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cosio::inline v0_2 {

/// An event or an answer, encoded: a JSON array, and the binary that its placeholders name. emit() makes it of its
/// arguments before it returns, so the arguments need not outlive the call.
/// @par Threads  A value. Copies share the binary, and copy the JSON.
class event_data {
 public:
  event_data() = default;
  event_data(std::string json, std::vector<binary> attachments)
      : json_(std::move(json)), attachments_(std::move(attachments)) {}

  /// The JSON array as text: `["name",1,2]` for an event, `[1,2]` for an answer.
  const std::string& json() const noexcept { return json_; }
  /// The binary, in the order in which it was written.
  const std::vector<binary>& attachments() const noexcept { return attachments_; }

 private:
  std::string json_;
  std::vector<binary> attachments_;
};

namespace detail {

// Appends JSON text to a string and collects binary, for the templates below. The library implements it.
//
// Numbers are written as JavaScript writes them: NaN and infinity become null. Text is made UTF-8.
class argument_writer {
 public:
  argument_writer() = default;
  // `json_only`: the value does not travel as an event does, so byte sequences are arrays of numbers.
  explicit argument_writer(bool json_only) : json_only_(json_only) {}

  // JSON that is complete: brackets, commas.
  void raw(std::string_view text) { out_.put(text); }
  void null() { out_.put("null"); }
  void boolean(bool value) { out_.put(value ? "true" : "false"); }
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  void number(double value);
  // Quoted and escaped.
  void string(std::string_view text);
  void json(json_ref value);
  // A placeholder; the bytes go to the attachments.
  void bytes(const binary& value);
  // A copy of the bytes, as binary.
  void bytes(std::span<const std::byte> value);
  // A point in time, in milliseconds since 1970. Null for one that JavaScript cannot hold, as JSON.stringify() does.
  void date(std::optional<std::int64_t> milliseconds);
  // The day of that point in time; null as above.
  void day(std::optional<std::int64_t> milliseconds);
  // A value with its binary.
  void any(const argument& value);
  // Each value of a list, with its binary. `first` says whether no comma is needed in front, and is updated.
  void all(const arguments& values, bool& first);

  // The beginning of an event: `["name"`.
  void begin(std::string_view name);
  // Ends the list that was begun. The writer is empty afterwards.
  event_data end();

 private:
  void json_with_binary(json_ref value, const std::vector<binary>& attachments);

  text_buffer out_;
  std::vector<binary> attachments_;
  bool json_only_ = false;
};

template <class T>
void write(argument_writer& out, const T& value);

// `,"name":` of a member. A C++ name needs no escapes.
template <class Member>
inline constexpr auto member_head = [] {
  constexpr std::string_view name = member_name(Member::name);
  std::array<char, name.size() + 4> head{',', '"'};
  for (std::size_t i = 0; i < name.size(); ++i) head[i + 2] = name[i];
  head[name.size() + 2] = '"';
  head[name.size() + 3] = ':';
  return head;
}();

// An object with a member for each member of the struct.
template <class T>
void write_members(argument_writer& out, const T& value) {
  out.raw("{");
  bool first = true;
  boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
    using type = std::decay_t<decltype(value.*member.pointer)>;
    if constexpr (is_optional<type>) {
      if (!static_cast<bool>(value.*member.pointer)) return;  // left out, as JavaScript leaves out undefined
    }
    constexpr const auto& head = member_head<decltype(member)>;
    out.raw({head.data() + (first ? 1 : 0), head.size() - (first ? 1 : 0)});
    first = false;
    write(out, value.*member.pointer);
  });
  out.raw("}");
}

// `each` writes one item; commas and brackets come from here.
template <class Range, class Each>
void write_list(argument_writer& out, const Range& range, std::string_view open, std::string_view close, Each each) {
  out.raw(open);
  bool first = true;
  for (const auto& item : range) {
    if (!first) out.raw(",");
    first = false;
    each(item);
  }
  out.raw(close);
}

// Writes the name of the enumerator, if the value has one.
template <class T>
bool write_name(argument_writer& out, T value) {
  bool found = false;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto known) {
    if (!found && known.value == value) {
      out.string(known.name);
      found = true;
    }
  });
  return found;
}

// The name of the enumerator; the number for a value that has no name.
template <class T>
void write_enum(argument_writer& out, T value) {
  if (!write_name(out, value)) out.integer(static_cast<std::int64_t>(value));
}

// The name of a member of an object: text, the name of an enumerator, or a number in quotes.
template <class K>
void write_key(argument_writer& out, const K& key) {
  if constexpr (text_key<K>) {
    out.string(key);
  } else if constexpr (std::is_enum_v<K>) {
    if constexpr (described_enum<K>) {
      if (write_name(out, key)) return;
    }
    write_key(out, static_cast<std::underlying_type_t<K>>(key));
  } else {
    out.raw("\"");
    if constexpr (std::unsigned_integral<K>) {
      out.unsigned_integer(key);
    } else {
      out.integer(key);
    }
    out.raw("\"");
  }
}

// An integer where the type has whole milliseconds, as far as 64 bits go.
template <class D>
void write_duration(argument_writer& out, D value) {
  if constexpr (has_whole_milliseconds<D>) {
    if (const auto whole = whole_milliseconds(value)) return out.integer(*whole);
  }
  out.number(std::chrono::duration<double, std::milli>(value).count());
}

// The alternative that a variant holds; null for one that lost its value by an exception.
template <class T>
void write_variant(argument_writer& out, const T& value) {
  if (value.valueless_by_exception()) return out.null();
  std::visit([&](const auto& held) { write(out, held); }, value);
}

// The order of the cases matters: an enum is no integer, and a string is a range, too.
template <class T>
void write(argument_writer& out, const T& value) {
  static_assert(
      !lone_character<T>,
      "cosio: a char is neither a number nor a text in JSON: use a std::string, or a std::int8_t; for bytes a "
      "cosio::binary, which is made of a std::vector<char>, too");
  // The usual types come first: for them the compiler need not ask the concepts below.
  if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    out.string(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out.boolean(value);
  } else if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::monostate>) {
    out.null();
  } else if constexpr (described_enum<T>) {
    write_enum(out, value);
  } else if constexpr (std::is_enum_v<T>) {
    out.integer(static_cast<std::int64_t>(value));
  } else if constexpr (std::unsigned_integral<T>) {
    out.unsigned_integer(value);
  } else if constexpr (std::integral<T>) {
    out.integer(value);
  } else if constexpr (std::floating_point<T>) {
    out.number(static_cast<double>(value));
  } else if constexpr (std::is_same_v<T, binary>) {
    out.bytes(value);
  } else if constexpr (std::is_same_v<T, argument>) {
    out.any(value);
  } else if constexpr (json_native<T>) {
    if constexpr (std::is_same_v<T, boost::json::value>) {
      out.json(value);
    } else {
      const boost::json::value whole(value);
      out.json(whole);
    }
  } else if constexpr (string_like<T>) {
    out.string(value);
  } else if constexpr (path_like<T>) {
    const auto text = value.u8string();
    out.string(std::string_view(reinterpret_cast<const char*>(text.data()), text.size()));
  } else if constexpr (is_optional<T>) {
    if (static_cast<bool>(value)) {
      write(out, *value);
    } else {
      out.null();
    }
  } else if constexpr (is_variant<T>) {
    write_variant(out, value);
  } else if constexpr (is_duration<T>) {
    write_duration(out, value);
  } else if constexpr (is_day<T>) {
    out.day(date_milliseconds(value.time_since_epoch()));
  } else if constexpr (is_time_point<T>) {
    out.date(date_milliseconds(value.time_since_epoch()));
  } else if constexpr (byte_sequence<T>) {
    out.bytes(std::as_bytes(std::span(value.data(), value.size())));
  } else if constexpr (map_like<T>) {
    write_list(out, value, "{", "}", [&](const auto& entry) {
      write_key(out, entry.first);
      out.raw(":");
      write(out, entry.second);
    });
  } else if constexpr (range_like<T>) {
    write_list(out, value, "[", "]", [&](const auto& item) { write<typename T::value_type>(out, item); });
  } else if constexpr (described_struct<T>) {
    write_members(out, value);
  } else if constexpr (tuple_like<T>) {
    out.raw("[");
    bool first = true;
    std::apply([&](const auto&... item) { ((first ? void() : out.raw(","), first = false, write(out, item)), ...); },
               value);
    out.raw("]");
  } else if constexpr (written_by_application<T>) {
    const boost::json::value whole = value_from(value, boost::json::storage_ptr());
    out.json(whole);
  } else {
    static_assert(
        written_by_application<T>,
        "cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members)), "
        "or give it tag_invoke() of Boost.JSON");
  }
}

// One argument of emit(); an `arguments` stands for all of its values.
template <class T>
void write_argument(argument_writer& out, const T& value, bool& first) {
  if constexpr (std::is_same_v<T, arguments>) {
    out.all(value, first);
  } else {
    if (!first) out.raw(",");
    first = false;
    write(out, value);
  }
}

// Writes the rest of a list that was begun with "[". `first_taken`: a value stands in it already.
template <class... Args>
event_data encode_list(bool first_taken, argument_writer& out, const Args&... args) {
  [[maybe_unused]] bool first = !first_taken;
  (write_argument(out, args, first), ...);
  return out.end();
}

/// Encodes an event: `["name",args…]`.
template <class... Args>
event_data encode_event(std::string_view name, const Args&... args) {
  argument_writer out;
  out.begin(name);
  return encode_list(true, out, args...);
}

/// Encodes one value in a list, as JSON that stays without binary: byte sequences are arrays of numbers.
template <class T>
event_data encode_json(const T& value) {
  argument_writer out(true);
  out.raw("[");
  return encode_list(false, out, value);
}

/// Encodes an answer: `[args…]`.
template <class... Args>
event_data encode_answer(const Args&... args) {
  argument_writer out;
  out.raw("[");
  return encode_list(false, out, args...);
}

}  // namespace detail

}  // namespace cosio::inline v0_2
