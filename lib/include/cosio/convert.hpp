// C++ values and described structs <-> the arguments of events.
//
// Understood, at any depth: bool, numbers, strings, nullptr, std::optional, cosio::binary, Boost.JSON values, sequences, maps with string
// keys, tuples and pairs, structs and enums described with BOOST_DESCRIBE_STRUCT / BOOST_DESCRIBE_ENUM, and what Boost.JSON's
// value_from / value_to can convert. What is written can be read into the same type again. A char alone is refused: JavaScript has none.

#pragma once
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
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

/// An event or an answer, encoded: a JSON array and the binary in it. What emit() makes of its arguments before it returns.
class event_data {
 public:
  event_data() = default;
  event_data(std::string json, std::vector<binary> attachments)
      : json_(std::move(json)), attachments_(std::move(attachments)) {}

  const std::string& json() const noexcept { return json_; }
  const std::vector<binary>& attachments() const noexcept { return attachments_; }

 private:
  std::string json_;
  std::vector<binary> attachments_;
};

namespace detail {

// Appends JSON text to a string and collects binary. The library implements it (lib/socketio/convert.cpp).
class argument_writer {
 public:
  void raw(std::string_view text) { out_ += text; }
  void null() { out_ += "null"; }
  void boolean(bool value) { out_ += value ? "true" : "false"; }
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  void number(double value);
  void string(std::string_view text);
  void json(const boost::json::value& value);
  void bytes(const binary& value);
  void all(const arguments& values, bool& first);  // each value, with its binary

  event_data take() { return event_data(std::move(out_), std::move(attachments_)); }

 private:
  void json_with_binary(const boost::json::value& value, const std::vector<binary>& attachments);

  std::string out_;
  std::vector<binary> attachments_;
};

// Where a conversion failed and what was wanted, built from the inside out: ".user.name", "a string". Nothing in it is the peer's text.
struct mismatch {
  std::string path;
  std::string wanted;
  std::string got;

  bool at(std::string_view member) {
    path.insert(0, member);
    return false;
  }
  bool want(std::string_view type, const boost::json::value& value);
  bool want_binary(const boost::json::value& value);
  bool want_list(std::size_t size, const boost::json::value& value);
  bool want_range(std::int64_t lowest, std::uint64_t highest, const boost::json::value& value);
  bool want_one_of(const std::vector<std::string_view>& names, const boost::json::value& value);
  bool want_member(std::string_view name);
};

template <class T>
concept string_like = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;
template <class T>
concept owned_string = string_like<T> && requires(T& s, const char* text, std::size_t n) { s.assign(text, n); };
template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept map_like = requires(const T& m) {
  typename T::mapped_type;
  { m.begin()->first } -> std::convertible_to<std::string_view>;
};
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
template <class T>
concept json_native = std::same_as<T, boost::json::value> || std::same_as<T, boost::json::object> ||
                      std::same_as<T, boost::json::array> || std::same_as<T, boost::json::string>;
// Neither number nor string to its reader.
template <class T>
concept lone_character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                         std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

// A member named after a C++ keyword takes a trailing underscore (`volatile_`), which is no part of its name in JSON.
constexpr std::string_view member_name(std::string_view name) noexcept {
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

// ---------------------------------------------------------------- writing

template <class T>
void write(argument_writer& out, const T& value);

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

template <class T>
void write(argument_writer& out, const T& value) {
  static_assert(!lone_character<T>,
                "a char is neither a number nor a string in JSON: send a std::string, or a std::int8_t");
  if constexpr (std::is_same_v<T, bool>) {
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
    out.json(boost::json::value_from(value));
  }
}

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

template <class... Args>
event_data encode_list(bool first_taken, argument_writer& out, const Args&... args) {
  [[maybe_unused]] bool first = !first_taken;
  (write_argument(out, args, first), ...);
  out.raw("]");
  return out.take();
}

/// `["name",args…]`
template <class... Args>
event_data encode_event(std::string_view name, const Args&... args) {
  argument_writer out;
  out.raw("[");
  out.string(name);
  return encode_list(true, out, args...);
}

/// `[args…]`
template <class... Args>
event_data encode_answer(const Args&... args) {
  argument_writer out;
  out.raw("[");
  return encode_list(false, out, args...);
}

// ---------------------------------------------------------------- reading

/// What was encoded, read back: the arguments of an event, without its name.
arguments arguments_of(const event_data& event);

const binary* attachment_of(const boost::json::value& value, const std::vector<binary>& attachments) noexcept;

template <class T>
bool read(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong);

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

template <class T, std::size_t... I>
bool read_tuple(const boost::json::value& value, const std::vector<binary>& attachments, T& out, mismatch& wrong,
                std::index_sequence<I...>) {
  const auto* list = value.if_array();
  if (list == nullptr || list->size() != sizeof...(I)) return wrong.want_list(sizeof...(I), value);
  return ((read((*list)[I], attachments, std::get<I>(out), wrong) || wrong.at("[" + std::to_string(I) + "]")) && ...);
}

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
  if constexpr (std::is_same_v<T, boost::json::value>) {
    out = boost::json::value(value, boost::json::storage_ptr());
    return true;
  } else if constexpr (std::is_same_v<T, boost::json::object>) {
    if (!value.is_object()) return wrong.want("an object", value);
    out = boost::json::object(value.get_object(), boost::json::storage_ptr());
    return true;
  } else if constexpr (std::is_same_v<T, boost::json::array>) {
    if (!value.is_array()) return wrong.want("an array", value);
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
    auto converted = boost::json::try_value_to<T>(value);
    if (!converted) return wrong.want("a value that converts", value);
    out = std::move(*converted);
    return true;
  }
}

/// One sentence: `argument 0 (.user.name) of event "chat" must be a string, but is a number`.
std::string describe_mismatch(std::string_view event, std::size_t index, const mismatch& wrong);
/// The same about something that is no argument: `the data (.name) must be a string, but is a number`.
std::string describe_mismatch(std::string_view what, const mismatch& wrong);
/// `argument 0 of the answer to "chat" must be …`
std::string describe_answer_mismatch(std::string_view event, std::size_t index, const mismatch& wrong);

/// What a list of arguments came with: an event, the answer to one, or nothing that has a name.
enum class origin : std::uint8_t { unknown, event, answer };
[[noreturn]] void throw_mismatch(origin from, std::string_view event, std::size_t index, const mismatch& wrong);

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
T arguments::get(std::size_t index) const {
  return detail::take<T>(*this, index, detail::origin::unknown, {});
}

}  // namespace cosio
