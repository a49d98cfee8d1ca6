// Conversion of C++ values to the arguments of events, and back. emit(), handlers, emit_with_ack() and data() use it.
//
// These types are understood, at any depth:
//   - bool, nullptr, integers and floating-point numbers
//   - std::string and other strings; handlers must take a type that owns its text
//   - std::optional: nothing is null, and a member of a struct that is nothing is left out
//   - cosio::binary
//   - cosio::argument: any value, with the binary in it
//   - Boost.JSON values, without binary
//   - sequences and sets as arrays, maps with string keys as objects
//   - tuples and pairs as arrays of a fixed size
//   - structs described with BOOST_DESCRIBE_STRUCT as objects, inherited members included
//   - enums described with BOOST_DESCRIBE_ENUM as the name, other enums as the number
//   - everything that value_from and value_to of Boost.JSON can convert, where <boost/json/value_from.hpp> and
//     <boost/json/value_to.hpp> are included
//
// This header brings both macros along. A value that is written can be read into the same type again. A char alone does
// not compile, because JavaScript has no such type.
//
// Reading is strict: a string is no number, and a number with a fraction is no integer. Numbers must be in the range of
// the C++ type. Members of an object that the struct does not have are ignored; members that are missing are an error,
// unless they are std::optional.

#pragma once
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/error.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio {

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
};

// A failed conversion: its place, the type that was wanted, and the type that came. It holds no text of the peer, so it
// may be logged and sent.
//
// The functions return false, so that a reader can fail with `return wrong.want(…)`.
struct mismatch {
  // ".user.name[2]", built from the inside out by at(). Empty for the value itself.
  std::string path;
  // "a string", "an integer from 0 to 255"
  std::string wanted;
  // "a number", "null", "missing"
  std::string got;

  // Puts a member or an index in front of the path.
  bool at(std::string_view member) {
    path.insert(0, member);
    return false;
  }
  bool want(std::string_view type, const boost::json::value& value);
  bool want_binary(const boost::json::value& value);
  bool want_plain(const boost::json::value& value, const std::vector<binary>& attachments);
  bool want_list(std::size_t size, const boost::json::value& value);
  bool want_range(std::int64_t lowest, std::uint64_t highest, const boost::json::value& value);
  bool want_one_of(const std::vector<std::string_view>& names, const boost::json::value& value);
  bool want_member(std::string_view name);
};

// ---------------------------------------------------------------- kinds of types

// Text that can be written: std::string, std::string_view, literals.
template <class T>
concept string_like = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;
// Text that can be read: it owns its bytes.
template <class T>
concept owned_string = string_like<T> && requires(T& s, const char* text, std::size_t n) { s.assign(text, n); };
// Types with BOOST_DESCRIBE_STRUCT and BOOST_DESCRIBE_ENUM.
template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
// Maps whose keys are text: they become objects.
template <class T>
concept map_like = requires(const T& m) {
  typename T::mapped_type;
  { m.begin()->first } -> std::convertible_to<std::string_view>;
};
// Containers: they become arrays.
template <class T>
concept range_like = requires(const T& r) {
  r.begin();
  r.end();
  typename T::value_type;
};
template <class T>
concept tuple_like = requires { std::tuple_size<T>::value; };
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
// Boost.JSON's own types: they are written and read as they are.
template <class T>
concept json_native = std::same_as<T, boost::json::value> || std::same_as<T, boost::json::object> ||
                      std::same_as<T, boost::json::array> || std::same_as<T, boost::json::string>;
// Characters: whoever reads one would not know whether a number or a string is meant.
template <class T>
concept lone_character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                         std::same_as<T, char16_t> || std::same_as<T, char32_t>;
// The members that are written and read: the public ones, inherited ones included.
template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

// A member named after a C++ keyword takes a trailing underscore (`volatile_`), which is no part of its name in JSON.
constexpr std::string_view member_name(std::string_view name) noexcept {
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

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
      if (!(value.*member.pointer)) return;  // left out, as JavaScript leaves out undefined
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

// The name of the enumerator; the number for a value that has no name.
template <class T>
void write_enum(argument_writer& out, T value) {
  bool found = false;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto known) {
    if (!found && known.value == value) {
      out.string(known.name);
      found = true;
    }
  });
  if (!found) out.integer(static_cast<std::int64_t>(value));
}

// The order of the cases matters: an enum is no integer, and a string is a range, too.
template <class T>
void write(argument_writer& out, const T& value) {
  static_assert(!lone_character<T>,
                "a char is neither a number nor a string in JSON: send a std::string, or a std::int8_t");
  // The usual types come first: for them the compiler need not ask the concepts below.
  if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    out.string(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out.boolean(value);
  } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
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
  } else if constexpr (is_optional<T>) {
    if (value) {
      write(out, *value);
    } else {
      out.null();
    }
  } else if constexpr (map_like<T>) {
    write_list(out, value, "{", "}", [&](const auto& entry) {
      out.string(entry.first);
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
  } else {
    static_assert(
        requires { value_from(value, boost::json::storage_ptr()); },
        "cosio: this type is not described, and no conversion to JSON is in sight: describe it, or include "
        "<boost/json/value_from.hpp> with a tag_invoke() of yours");
    out.json(value_from(value, boost::json::storage_ptr()));
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

// Takes doubles without a fraction, too, up to 2^53: JavaScript has one type for both.
bool read_text(const boost::json::value& value, std::string& out, mismatch& wrong);

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
    out.insert(out.end(), std::move(item));
    ++index;
  }
  return true;
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
    out.insert_or_assign(std::string(entry.key()), std::move(item));
    ++index;
  }
  return true;
}

// Fills a described struct from an object. A std::optional that is missing keeps its default; all others must be there.
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
  using enumerators = boost::describe::describe_enumerators<T>;
  if (const auto* name = value.if_string()) {
    bool found = false;
    boost::mp11::mp_for_each<enumerators>([&](auto known) {
      if (!found && *name == known.name) {
        out = known.value;
        found = true;
      }
    });
    if (found) return true;
  }
  std::vector<std::string_view> names;
  boost::mp11::mp_for_each<enumerators>([&](auto known) { names.push_back(known.name); });
  return wrong.want_one_of(names, value);
}

template <class T>
bool read(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  static_assert(!std::is_same_v<T, std::string_view> && !std::is_pointer_v<T>,
                "a handler's parameter must own its data: take std::string instead of std::string_view or a pointer");
  static_assert(!lone_character<T>,
                "a char is neither a number nor a string in JSON: take a std::string, or a std::int8_t");
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
  } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
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
  } else if constexpr (is_optional<T>) {
    if (value.is_null()) return out.reset(), true;
    return read(value, attachments, out.emplace(), wrong);
  } else if constexpr (owned_string<T>) {
    const auto* text = value.if_string();
    if (text == nullptr) return wrong.want("a string", value);
    out.assign(text->data(), text->size());
    return true;
  } else if constexpr (map_like<T>) {
    return read_map(value, attachments, out, wrong);
  } else if constexpr (tuple_like<T> && !described_struct<T>) {
    return read_tuple(value, attachments, out, wrong, std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (range_like<T>) {
    return read_list(value, attachments, out, wrong);
  } else if constexpr (described_struct<T>) {
    return read_members(value, attachments, out, wrong);
  } else {
    static_assert(
        requires { try_value_to<T>(value); },
        "cosio: this type is not described, and no conversion from JSON is in sight: describe it, or include "
        "<boost/json/value_to.hpp> with a tag_invoke() of yours");
    if (holds_binary(value, attachments)) return wrong.want_plain(value, attachments);
    auto converted = try_value_to<T>(value);
    if (!converted) return wrong.want("a value that converts", value);
    out = std::move(*converted);
    return true;
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

}  // namespace cosio
