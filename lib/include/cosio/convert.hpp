// Conversion of C++ values to the arguments of events, and back. emit(), handlers, emit_with_ack() and data() use it.
//
// These types are understood, at any depth:
//   - bool, nullptr, integers and floating-point numbers
//   - std::string and other strings; handlers must take a type that owns its text
//   - std::filesystem::path as text in UTF-8
//   - std::optional, boost::optional, std::shared_ptr and std::unique_ptr: nothing is null, and a member of a struct
//     that is nothing is left out
//   - std::variant: the value that it holds; the first alternative that fits is read, and std::monostate is null
//   - cosio::binary, and std::vector, std::array and std::span of std::byte or std::uint8_t as binary
//   - cosio::argument: any value, with the binary in it
//   - Boost.JSON values, without binary
//   - sequences and sets as arrays
//   - maps as objects; their keys are text, integers in decimal digits, or enums
//   - tuples and pairs as arrays of a fixed size
//   - durations of std::chrono as numbers of milliseconds
//   - points in time of std::chrono::system_clock as text, in the form of a Date: "2026-11-30T13:41:14.000Z"
//   - structs described with BOOST_DESCRIBE_STRUCT as objects, inherited members included
//   - enums described with BOOST_DESCRIBE_ENUM as the name, other enums as the number
//   - types with tag_invoke() of Boost.JSON; they need <boost/json/value_from.hpp> and <boost/json/value_to.hpp>
//
// This header brings both macros along. A value that is written can be read into the same type again, but views cannot
// be read. A point in time loses what is finer than a millisecond. A char does not compile, and neither does a vector
// of them: a reader would not know whether text, a number or binary is meant. A cycle of std::shared_ptr never ends.
//
// Reading is strict: a string is no number, and a number with a fraction is no integer. Numbers must be in the range of
// the C++ type. Members of an object that the struct does not have are ignored; members that are missing are an error,
// unless they may be nothing. Bytes are read from an array of numbers, too.

#pragma once
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/array.hpp>
#include <boost/json/conversion.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/convert_kinds.hpp>
#include <cosio/convert_times.hpp>
#include <cosio/convert_variant.hpp>
#include <cosio/error.hpp>
#include <cosio/mismatch.hpp>

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
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
  void raw(std::string_view text) { out_ += text; }
  void null() { out_ += "null"; }
  void boolean(bool value) { out_ += value ? "true" : "false"; }
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  void number(double value);
  // Quoted and escaped.
  void string(std::string_view text);
  void json(const boost::json::value& value);
  // A placeholder; the bytes go to the attachments.
  void bytes(const binary& value);
  // A copy of the bytes, as binary.
  void bytes(std::span<const std::byte> value);
  // A point in time, in milliseconds since 1970. Null for one that JavaScript cannot hold, as JSON.stringify() does.
  void date(std::optional<std::int64_t> milliseconds);
  // A value with its binary.
  void any(const argument& value);
  // Each value of a list, with its binary. `first` says whether no comma is needed in front, and is updated.
  void all(const arguments& values, bool& first);

  // The result; the writer is empty afterwards.
  event_data take() { return event_data(std::move(out_), std::move(attachments_)); }

 private:
  void json_with_binary(const boost::json::value& value, const std::vector<binary>& attachments);

  std::string out_;
  std::vector<binary> attachments_;
  bool json_only_ = false;
};

// ---------------------------------------------------------------- writing

template <class T>
void write(argument_writer& out, const T& value);

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
    if (!first) out.raw(",");
    first = false;
    out.string(member_name(member.name));
    out.raw(":");
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
      out.json(boost::json::value(value));
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
    out.json(value_from(value, boost::json::storage_ptr()));
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
  out.raw("]");
  return out.take();
}

/// Encodes an event: `["name",args…]`.
template <class... Args>
event_data encode_event(std::string_view name, const Args&... args) {
  argument_writer out;
  out.raw("[");
  out.string(name);
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

// ---------------------------------------------------------------- reading

/// Reads back the arguments of an encoded event, without its name.
arguments arguments_of(const event_data& event);

/// The binary that a placeholder names. Null when the value is no placeholder, or names an attachment that is missing.
const binary* attachment_of(const boost::json::value& value, const std::vector<binary>& attachments) noexcept;

/// Whether binary stands anywhere in the value.
bool holds_binary(const boost::json::value& value, const std::vector<binary>& attachments) noexcept;

/// A copy of the value with the binary that it names.
argument argument_of(const boost::json::value& value, const std::vector<binary>& attachments);

/// Reads one value into `out`.
///
/// @param attachments  The binary that placeholders in the value name.
/// @return false when it does not fit: then `wrong` says why, and `out` may be half filled.
template <class T>
bool read(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong);

bool read_text(const boost::json::value& value, std::string& out, mismatch& wrong);
/// Reads whole milliseconds as a count of units; `unit` is the milliseconds in one.
bool read_units(const boost::json::value& value, std::int64_t unit, std::int64_t& count, mismatch& wrong);
/// Reads the text of a date as seconds since 1970, and nanoseconds from 0 to 999,999,999 beyond them.
bool read_date(const boost::json::value& value, std::int64_t& seconds, std::int32_t& nanoseconds, mismatch& wrong);
/// Reads a number in the only form that a key may have.
bool key_number(std::string_view text, std::int64_t& out) noexcept;
bool key_number(std::string_view text, std::uint64_t& out) noexcept;

// Takes doubles without a fraction, too, up to 2^53: JavaScript has one type for both.
template <class T>
bool read_integer(const boost::json::value& value, T& out, mismatch& wrong) {
  const auto fits = [&](auto number) {
    if (!std::in_range<T>(number))
      return wrong.want_range(std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), value);
    out = static_cast<T>(number);
    return true;
  };
  if (const auto* i = value.if_int64()) return fits(*i);
  if (const auto* u = value.if_uint64()) return fits(*u);
  if (const auto* d = value.if_double(); d != nullptr && std::trunc(*d) == *d && std::abs(*d) < 9007199254740992.0) {
    return fits(static_cast<std::int64_t>(*d));  // 1e3 is an integer to JavaScript
  }
  return wrong.want("an integer", value);
}

// Takes integers, too. A float takes no number beyond its range.
template <class T>
bool read_floating(const boost::json::value& value, T& out, mismatch& wrong) {
  if (const auto* d = value.if_double()) {
    if constexpr (sizeof(T) < sizeof(double)) {
      if (std::abs(*d) > static_cast<double>(std::numeric_limits<T>::max()))
        return wrong.want("a number in the range of float", value);
    }
    return out = static_cast<T>(*d), true;
  }
  if (const auto* i = value.if_int64()) return out = static_cast<T>(*i), true;
  if (const auto* u = value.if_uint64()) return out = static_cast<T>(*u), true;
  return wrong.want("a number", value);
}

// Tables with buckets, where equal keys are one.
template <class T>
concept hashed = requires(const T& table, const typename T::key_type& key) { table.bucket_size(table.bucket(key)); };
template <class T>
concept hashed_set =
    hashed<T> && requires(T& table, typename T::value_type item) { table.insert(std::move(item)).second; };

// Whether a client has chosen keys that fall into one bucket: then each more of them costs a walk through all. By
// chance so many do not meet.
template <class T, class K>
bool is_crowded(const T& table, const K& key) {
  constexpr std::size_t most = 64;
  if constexpr (hashed<T>) return table.bucket_size(table.bucket(key)) > most;
  return false;
}

// Replaces the contents of a container by the elements of an array.
template <class T>
bool read_list(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  const auto* list = value.if_array();
  if (list == nullptr) return wrong.want("an array", value);
  if constexpr (requires { out.clear(); }) out.clear();  // a default of the application's
  std::size_t index = 0;
  for (const auto& element : *list) {
    typename T::value_type item{};
    if (!read(element, attachments, item, wrong)) return wrong.at("[" + std::to_string(index) + "]");
    if constexpr (hashed_set<T>) {
      const auto at = out.insert(std::move(item)).first;
      if (is_crowded(out, *at)) {
        wrong.want("a value that collides with few others", element);
        return wrong.at("[" + std::to_string(index) + "]");
      }
    } else {
      out.insert(out.end(), std::move(item));
    }
    ++index;
  }
  return true;
}

// Bytes are binary. Clients without a type for binary send an array of numbers, which is read, too.
template <class T>
bool read_bytes(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  const auto sized = [&](std::size_t size) {
    if constexpr (!tuple_like<T>) out.resize(size);
    return out.size() == size;
  };
  if (const binary* found = attachment_of(value, attachments)) {
    if (!sized(found->size())) return wrong.want_bytes(out.size(), found->size());
    if (!found->empty()) std::memcpy(out.data(), found->data(), found->size());
    return true;
  }
  const auto* list = value.if_array();
  if (list == nullptr) return wrong.want_binary(value);
  if (!sized(list->size())) return wrong.want_list(out.size(), value);
  for (std::size_t i = 0; i < list->size(); ++i) {
    std::uint8_t one = 0;
    if (!read_integer((*list)[i], one, wrong)) return wrong.at("[" + std::to_string(i) + "]");
    out.data()[i] = static_cast<typename T::value_type>(one);
  }
  return true;
}

// The key of a map from the name of a member. Numbers have one form only: "7", neither "07" nor "+7".
template <class K>
bool read_key(std::string_view name, K& out, mismatch& wrong) {
  if constexpr (text_key<K>) {
    static_assert(owned_string<K>,
                  "cosio: the keys of a map that is read own their text: take std::string instead of std::string_view");
    out.assign(name.data(), name.size());
    return true;
  } else if constexpr (described_enum<K>) {
    if (find_enumerator(name, out)) return true;
    return wrong.want_key("is the name of an enumerator");
  } else if constexpr (std::is_enum_v<K>) {
    std::underlying_type_t<K> number{};
    if (!read_key(name, number, wrong)) return false;
    out = static_cast<K>(number);
    return true;
  } else {
    std::conditional_t<std::unsigned_integral<K>, std::uint64_t, std::int64_t> number{};
    if (!key_number(name, number) || !std::in_range<K>(number))
      return wrong.want_key(std::string("is an integer from ")
                                .append(std::to_string(std::numeric_limits<K>::min()))
                                .append(" to ")
                                .append(std::to_string(std::numeric_limits<K>::max())));
    out = static_cast<K>(number);
    return true;
  }
}

// Replaces the contents of a map by the members of an object. Binary is no object.
template <class T>
bool read_map(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  const auto* object = value.if_object();
  if (object == nullptr || attachment_of(value, attachments) != nullptr) return wrong.want("an object", value);
  if constexpr (requires { out.clear(); }) out.clear();
  std::size_t index = 0;
  for (const auto& entry : *object) {
    typename T::mapped_type item{};
    // The key is the peer's: messages name the place instead.
    if (!read(entry.value(), attachments, item, wrong)) return wrong.at("{" + std::to_string(index) + "}");
    typename T::key_type key{};
    if (!read_key(std::string_view(entry.key().data(), entry.key().size()), key, wrong))
      return wrong.at("{" + std::to_string(index) + "}");
    const auto at = out.insert_or_assign(std::move(key), std::move(item)).first;
    if (is_crowded(out, at->first)) {
      wrong.want_key("collides with few others");
      return wrong.at("{" + std::to_string(index) + "}");
    }
    ++index;
  }
  return true;
}

// Fills a described struct from an object. A member that may be nothing and is missing keeps its default; all others
// must be there.
template <class T>
bool read_members(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  const auto* object = value.if_object();
  if (object == nullptr || attachment_of(value, attachments) != nullptr) return wrong.want("an object", value);
  bool ok = true;
  boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
    if (!ok) return;
    using type = std::decay_t<decltype(out.*member.pointer)>;
    constexpr std::string_view name = member_name(member.name);
    const auto* found = object->if_contains(name);
    if (found == nullptr) {
      if constexpr (!is_optional<type>) ok = wrong.want_member(name);
      return;
    }
    if (!read(*found, attachments, out.*member.pointer, wrong)) ok = wrong.at("." + std::string(name));
  });
  return ok;
}

// An array must have as many elements as the tuple.
template <class T, std::size_t... I>
bool read_tuple(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong,
                std::index_sequence<I...>) {
  const auto* list = value.if_array();
  if (list == nullptr || list->size() != sizeof...(I)) return wrong.want_list(sizeof...(I), value);
  return ((read((*list)[I], attachments, std::get<I>(out), wrong) || wrong.at("[" + std::to_string(I) + "]")) && ...);
}

// A described enum is read from the name of an enumerator; a number is no name.
template <class T>
bool read_enum(const boost::json::value& value, T& out, mismatch& wrong) {
  const auto* name = value.if_string();
  if (name != nullptr && find_enumerator(std::string_view(name->data(), name->size()), out)) return true;
  std::vector<std::string_view> names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto known) { names.push_back(known.name); });
  return wrong.want_one_of(names, value);
}

// null empties an optional or a smart pointer.
template <class T>
bool read_optional(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  out.reset();
  if (value.is_null()) return true;
  if constexpr (is_smart_pointer<T>) {
    using pointee = optional_value<T>;
    auto made = std::make_unique<pointee>();
    if (!read(value, attachments, *made, wrong)) return false;
    out = std::move(made);
    return true;
  } else {
    out.emplace();
    return read(value, attachments, *out, wrong);
  }
}

// Milliseconds. A duration of whole milliseconds or of seconds takes no part of its unit; others take the nearest.
template <class D>
bool read_duration(const boost::json::value& value, D& out, mismatch& wrong) {
  constexpr std::string_view in_range = "milliseconds in the range of the duration";
  if constexpr (has_whole_milliseconds<D>) {
    std::int64_t count = 0;
    if (!read_units(value, milliseconds_in<D>::num, count, wrong)) return false;
    if (!std::in_range<typename D::rep>(count)) return wrong.want(in_range, value);
    out = D(static_cast<typename D::rep>(count));
    return true;
  } else {
    double milliseconds = 0;
    if (!read_floating(value, milliseconds, wrong)) return wrong.want("a number of milliseconds", value);
    return from_milliseconds(milliseconds, out) || wrong.want(in_range, value);
  }
}

// The text of a date, rounded down to the unit of the type.
template <class T>
bool read_time_point(const boost::json::value& value, T& out, mismatch& wrong) {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
  typename T::duration since_1970{};
  if (!read_date(value, seconds, nanoseconds, wrong)) return false;
  if (!from_seconds(seconds, nanoseconds, since_1970))
    return wrong.want_text("a date in the range of the C++ type", value);
  out = T(since_1970);
  return true;
}

// No text with a NUL: the file system would see a shorter path than the program.
template <class T>
bool read_path(const boost::json::value& value, T& out, mismatch& wrong) {
  std::string text;
  if (!read_text(value, text, wrong)) return false;
  if (text.find('\0') != std::string::npos) return wrong.want_text("a string without NUL", value);
  const auto* const first = reinterpret_cast<const char8_t*>(text.data());
  out = T(first, first + text.size());
  return true;
}

template <class T>
bool read(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  static_assert(
      !std::is_same_v<T, std::string_view> && !std::is_pointer_v<T>,
      "cosio: a value that is read must own its data: ask for a std::string in place of a std::string_view or "
      "a const char*, for a container in place of a std::span, and for a value in place of a pointer");
  static_assert(
      !lone_character<T>,
      "cosio: a char is neither a number nor a text in JSON: use a std::string, or a std::int8_t; for bytes a "
      "cosio::binary or a std::vector<std::uint8_t>");
  if constexpr (std::is_same_v<T, std::string>) {
    return read_text(value, out, wrong);
  } else if constexpr (std::is_same_v<T, argument>) {
    out = argument_of(value, attachments);
    return true;
  } else if constexpr (std::is_same_v<T, boost::json::value>) {
    if (holds_binary(value, attachments)) return wrong.want_plain(value, attachments);
    out = boost::json::value(value, boost::json::storage_ptr());
    return true;
  } else if constexpr (std::is_same_v<T, boost::json::object>) {
    if (!value.is_object()) return wrong.want("an object", value);
    if (holds_binary(value, attachments)) return wrong.want_plain(value, attachments);
    out = boost::json::object(value.get_object(), boost::json::storage_ptr());
    return true;
  } else if constexpr (std::is_same_v<T, boost::json::array>) {
    if (!value.is_array()) return wrong.want("an array", value);
    if (holds_binary(value, attachments)) return wrong.want_plain(value, attachments);
    out = boost::json::array(value.get_array(), boost::json::storage_ptr());
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_bool()) return wrong.want("a boolean", value);
    out = value.get_bool();
    return true;
  } else if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::monostate>) {
    return value.is_null() || wrong.want("null", value);
  } else if constexpr (described_enum<T>) {
    return read_enum(value, out, wrong);
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    if (!read_integer(value, number, wrong)) return false;
    out = static_cast<T>(number);
    return true;
  } else if constexpr (std::integral<T>) {
    return read_integer(value, out, wrong);
  } else if constexpr (std::floating_point<T>) {
    return read_floating(value, out, wrong);
  } else if constexpr (std::is_same_v<T, binary>) {
    const binary* found = attachment_of(value, attachments);
    if (found == nullptr) return wrong.want_binary(value);
    out = *found;
    return true;
  } else if constexpr (path_like<T>) {
    return read_path(value, out, wrong);
  } else if constexpr (is_optional<T>) {
    return read_optional(value, attachments, out, wrong);
  } else if constexpr (is_variant<T>) {
    static_assert(has_default_alternatives<T>,
                  "cosio: a std::variant can be read when each of its alternatives has a default constructor");
    if constexpr (has_default_alternatives<T>)
      return read_variant(value, attachments, out, wrong, std::make_index_sequence<std::variant_size_v<T>>());
  } else if constexpr (is_duration<T>) {
    return read_duration(value, out, wrong);
  } else if constexpr (is_time_point<T>) {
    return read_time_point(value, out, wrong);
  } else if constexpr (owned_string<T>) {
    const auto* text = value.if_string();
    if (text == nullptr) return wrong.want("a string", value);
    out.assign(text->data(), text->size());
    return true;
  } else if constexpr (byte_sequence<T>) {
    constexpr bool owns = tuple_like<T> || requires { out.resize(std::size_t{}); };
    static_assert(owns,
                  "cosio: a view owns no bytes that could be read into: take a std::vector<std::byte>, a "
                  "std::vector<std::uint8_t> or a cosio::binary instead of a std::span");
    if constexpr (owns) return read_bytes(value, attachments, out, wrong);
  } else if constexpr (map_like<T>) {
    return read_map(value, attachments, out, wrong);
  } else if constexpr (tuple_like<T> && !described_struct<T>) {
    return read_tuple(value, attachments, out, wrong, std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (range_like<T>) {
    return read_list(value, attachments, out, wrong);
  } else if constexpr (described_struct<T>) {
    return read_members(value, attachments, out, wrong);
  } else if constexpr (read_by_application<T>) {
    if (holds_binary(value, attachments)) return wrong.want_plain(value, attachments);
    auto converted = try_value_to<T>(value);
    if (!converted) return wrong.want("a value that converts", value);
    out = std::move(*converted);
    return true;
  } else {
    static_assert(
        read_by_application<T>,
        "cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members)), "
        "or give it tag_invoke() of Boost.JSON");
    return false;
  }
}

/// Describes a failed conversion in one sentence:
/// `argument 0 (.user.name) of event "chat" must be a string, but is a number`.
std::string describe_mismatch(std::string_view event, std::size_t index, const mismatch& wrong);
/// The same about a value that is no argument: `the data (.name) must be a string, but is a number`.
std::string describe_mismatch(std::string_view what, const mismatch& wrong);
/// The same about an acknowledgement: `argument 0 of the answer to "chat" must be …`.
std::string describe_answer_mismatch(std::string_view event, std::size_t index, const mismatch& wrong);

/// The packet that a list of arguments came with: an event, the answer to one, or nothing that has a name. It decides
/// how a failed conversion is described.
enum class origin : std::uint8_t { unknown, event, answer };
/// @throws error errc::conversion with the sentence of describe_mismatch() or describe_answer_mismatch().
[[noreturn]] void throw_mismatch(origin from, std::string_view event, std::size_t index, const mismatch& wrong);

/// Reads one argument of a list; `arguments` takes all that are left.
/// @throws error errc::conversion when it does not fit, or is missing.
template <class T>
T take(const arguments& list, std::size_t index, origin from, std::string_view event) {
  T out{};
  if constexpr (std::is_same_v<T, arguments>) {  // all that are left
    for (; index < list.size(); ++index) out.append(list, index);
  } else if (mismatch wrong; !read(list[index], list.attachments(), out, wrong)) {
    if (index >= list.size()) wrong.got = "missing";
    throw_mismatch(from, event, index, wrong);
  }
  return out;
}

}  // namespace detail

template <class T>
T argument::get() const {
  T out{};
  detail::mismatch wrong;
  if (!detail::read(value_, attachments_, out, wrong))
    throw error(errc::conversion, detail::describe_mismatch("the value", wrong));
  return out;
}

template <class T>
T arguments::get(std::size_t index) const {
  return detail::take<T>(*this, index, detail::origin::unknown, {});
}

}  // namespace cosio::inline v0_2
