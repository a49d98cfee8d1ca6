// Reading: the JSON of an event, with the binary beside it -> C++ values. convert.hpp lists the types and the rules.
//
//   [](int age, picture face)       take<T>(arguments, index)    throws what describe_mismatch() says
//     read(value, attachments)      one value, at any depth: the case for its type, and read() of its parts
//       mismatch                    what was wanted and what came, with the place: filled when read() returns false
//
// The header is a part of convert.hpp.

#pragma once
#include <boost/describe/enumerators.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/convert_kinds.hpp>
#include <cosio/convert_times.hpp>
#include <cosio/convert_variant.hpp>
#include <cosio/error.hpp>
#include <cosio/json_ref.hpp>
#include <cosio/mismatch.hpp>

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <ratio>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cosio::inline v0_2 {

namespace socketio {
class socket_core;
}

class event_data;

namespace detail {

/// Reads back the arguments of an encoded event, without its name.
arguments arguments_of(const event_data& event);

/// The binary that a placeholder names. Null when the value is no placeholder, or names an attachment that is missing.
const binary* attachment_of(json_ref value, const std::vector<binary>& attachments) noexcept;

/// Whether binary stands anywhere in the value.
bool holds_binary(json_ref value, const std::vector<binary>& attachments) noexcept;

/// A copy of the value with the binary that it names.
argument argument_of(json_ref value, const std::vector<binary>& attachments);

/// Reads one value into `out`.
///
/// @param attachments  The binary that placeholders in the value name.
/// @return false when it does not fit: then `wrong` says why, and `out` may be half filled.
template <class T>
bool read(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong);

bool read_text(json_ref value, std::string& out, mismatch& wrong);
/// Reads whole milliseconds as a count of units from `lowest` to `highest`; `unit` is the milliseconds in one.
bool read_units(json_ref value, std::int64_t unit, std::int64_t lowest, std::int64_t highest, std::int64_t& count,
                mismatch& wrong);
/// Reads the text of a date as seconds since 1970, and nanoseconds from 0 to 999,999,999 beyond them.
bool read_date(json_ref value, std::int64_t& seconds, std::int32_t& nanoseconds, mismatch& wrong);
/// The same, and reads the text of a day as its first second.
bool read_day(json_ref value, std::int64_t& seconds, std::int32_t& nanoseconds, mismatch& wrong);
/// Reads a number in the only form that a key may have.
bool key_number(std::string_view text, std::int64_t& out) noexcept;
bool key_number(std::string_view text, std::uint64_t& out) noexcept;

// Takes doubles without a fraction, too, up to 2^53: JavaScript has one type for both.
template <class T>
bool read_integer(json_ref value, T& out, mismatch& wrong) {
  const auto fits = [&](auto number) {
    if (!std::in_range<T>(number)) return false;
    out = static_cast<T>(number);
    return true;
  };
  bool is_read = false;
  switch (value.kind()) {
    case boost::json::kind::int64:
      is_read = fits(value.int64());
      break;
    case boost::json::kind::uint64:
      is_read = fits(value.uint64());
      break;
    case boost::json::kind::double_:
      if (const double d = value.number(); std::trunc(d) == d && std::abs(d) < 9007199254740992.0)
        is_read = fits(static_cast<std::int64_t>(d));  // 1e3 is an integer to JavaScript
      break;
    default:
      break;
  }
  return is_read || wrong.want_integer(std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), value);
}

// Takes integers, too. A float takes no number beyond its range.
template <class T>
bool read_floating(json_ref value, T& out, mismatch& wrong) {
  switch (value.kind()) {
    case boost::json::kind::double_:
      if constexpr (sizeof(T) < sizeof(double)) {
        constexpr auto most = static_cast<double>(std::numeric_limits<T>::max());
        if (std::abs(value.number()) > most) return wrong.want_from_to("a number", -most, most, value);
      }
      return out = static_cast<T>(value.number()), true;
    case boost::json::kind::int64:
      return out = static_cast<T>(value.int64()), true;
    case boost::json::kind::uint64:
      return out = static_cast<T>(value.uint64()), true;
    default:
      return wrong.want("a number", value);
  }
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

// Containers whose new last element is read where it is.
template <class T>
concept grows_in_place = requires(T& list) {
  { list.emplace_back() } -> std::same_as<typename T::value_type&>;
};
template <class T>
concept reserves_elements = requires(T& list, std::size_t count) {
  list.reserve(count);
  list.data();
};

// Replaces the contents of a container by the elements of an array.
template <class T>
bool read_list(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  if (!value.is_array()) return wrong.want("an array", value);
  if constexpr (requires { out.clear(); }) out.clear();  // a default of the application's
  if constexpr (reserves_elements<T>) {
    // Not for more than 16 KB: the elements may not fit, and then nothing large was allocated for them.
    constexpr std::size_t most = 16'384 / sizeof(typename T::value_type);
    out.reserve(value.size() < most ? value.size() : most);
  }
  std::size_t index = 0;
  for (const json_ref element : value.elements()) {
    if constexpr (grows_in_place<T>) {
      if (!read(element, attachments, out.emplace_back(), wrong)) return wrong.at("[" + std::to_string(index) + "]");
      ++index;
      continue;
    }
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
bool read_bytes(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  const auto sized = [&](std::size_t size) {
    if constexpr (!tuple_like<T>) out.resize(size);
    return out.size() == size;
  };
  if (const binary* found = attachment_of(value, attachments)) {
    if (!sized(found->size())) return wrong.want_bytes(out.size(), found->size());
    if (!found->empty()) std::memcpy(out.data(), found->data(), found->size());
    return true;
  }
  if (!value.is_array()) return wrong.want_binary(value);
  if (!sized(value.size())) return wrong.want_list(out.size(), value);
  std::size_t i = 0;
  for (const json_ref element : value.elements()) {
    std::uint8_t one = 0;
    if (!read_integer(element, one, wrong)) return wrong.at("[" + std::to_string(i) + "]");
    out.data()[i++] = static_cast<typename T::value_type>(one);
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
bool read_map(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  if (!value.is_object() || attachment_of(value, attachments) != nullptr) return wrong.want("an object", value);
  if constexpr (requires { out.clear(); }) out.clear();
  std::size_t index = 0;
  for (const json_member entry : value.members()) {
    typename T::mapped_type item{};
    // The key is the peer's: messages name the place instead.
    if (!read(entry.value, attachments, item, wrong)) return wrong.at("{" + std::to_string(index) + "}");
    typename T::key_type key{};
    if (!read_key(entry.name, key, wrong)) return wrong.at("{" + std::to_string(index) + "}");
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
bool read_members(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
  if (!value.is_object() || attachment_of(value, attachments) != nullptr) return wrong.want("an object", value);
  member_search search(value);
  json_ref found = value;
  bool ok = true;
  boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
    if (!ok) return;
    using type = std::decay_t<decltype(out.*member.pointer)>;
    constexpr std::string_view name = member_name(member.name);
    if (!search.find(name, found)) {
      if constexpr (!is_optional<type>) ok = wrong.want_member(name);
      return;
    }
    if (!read(found, attachments, out.*member.pointer, wrong)) ok = wrong.at("." + std::string(name));
  });
  return ok;
}

// An array must have as many elements as the tuple.
template <class T, std::size_t... I>
bool read_tuple(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong,
                std::index_sequence<I...>) {
  if (!value.is_array() || value.size() != sizeof...(I)) return wrong.want_list(sizeof...(I), value);
  auto element = value.elements().begin();
  const auto read_one = [&](auto& item, std::size_t index) {
    if (!read(*element, attachments, item, wrong)) return wrong.at("[" + std::to_string(index) + "]");
    ++element;
    return true;
  };
  return (read_one(std::get<I>(out), I) && ...);
}

// A described enum is read from the name of an enumerator; a number is no name.
template <class T>
bool read_enum(json_ref value, T& out, mismatch& wrong) {
  if (value.is_string() && find_enumerator(value.text(), out)) return true;
  std::vector<std::string_view> names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto known) { names.push_back(known.name); });
  return wrong.want_one_of(names, value);
}

// null empties an optional or a smart pointer.
template <class T>
bool read_optional(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
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
bool read_duration(json_ref value, D& out, mismatch& wrong) {
  if constexpr (has_whole_milliseconds<D>) {
    using limits = std::numeric_limits<typename D::rep>;
    constexpr auto lowest = static_cast<std::int64_t>(limits::min());
    constexpr std::int64_t highest = std::in_range<std::int64_t>(limits::max())
                                         ? static_cast<std::int64_t>(limits::max())
                                         : std::numeric_limits<std::int64_t>::max();
    std::int64_t count = 0;
    if (!read_units(value, milliseconds_in<D>::num, lowest, highest, count, wrong)) return false;
    out = D(static_cast<typename D::rep>(count));
    return true;
  } else {
    using exact = std::chrono::duration<double, std::milli>;
    double milliseconds = 0;
    if (!read_floating(value, milliseconds, wrong)) return wrong.want("a number of milliseconds", value);
    return from_milliseconds(milliseconds, out) ||
           wrong.want_from_to("milliseconds", exact(D::min()).count(), exact(D::max()).count(), value);
  }
}

// The text of a date, rounded down to the unit of the type. A type that counts days takes the text of a day, too.
template <class T>
bool read_time_point(json_ref value, T& out, mismatch& wrong) {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
  typename T::duration since_1970{};
  if (!(is_day<T> ? read_day : read_date)(value, seconds, nanoseconds, wrong)) return false;
  if (!from_seconds(seconds, nanoseconds, since_1970))
    return wrong.want_date_from_to(date_milliseconds(T::min().time_since_epoch()),
                                   date_milliseconds(T::max().time_since_epoch()));
  out = T(since_1970);
  return true;
}

// No text with a NUL: the file system would see a shorter path than the program.
template <class T>
bool read_path(json_ref value, T& out, mismatch& wrong) {
  std::string text;
  if (!read_text(value, text, wrong)) return false;
  if (text.find('\0') != std::string::npos) return wrong.want_text("a string without NUL", value);
  const auto* const first = reinterpret_cast<const char8_t*>(text.data());
  out = T(first, first + text.size());
  return true;
}

template <class T>
bool read(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong) {
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
    out = value.copy();
    return true;
  } else if constexpr (std::is_same_v<T, boost::json::object>) {
    if (!value.is_object()) return wrong.want("an object", value);
    if (holds_binary(value, attachments)) return wrong.want_plain(value, attachments);
    out = std::move(value.copy().get_object());
    return true;
  } else if constexpr (std::is_same_v<T, boost::json::array>) {
    if (!value.is_array()) return wrong.want("an array", value);
    if (holds_binary(value, attachments)) return wrong.want_plain(value, attachments);
    out = std::move(value.copy().get_array());
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_bool()) return wrong.want("a boolean", value);
    out = value.truth();
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
    if (!value.is_string()) return wrong.want("a string", value);
    out.assign(value.text().data(), value.text().size());
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
    auto converted = value.is_tree() ? try_value_to<T>(value.tree()) : try_value_to<T>(value.copy());
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
/// @param who  For the log: the socket that has sent the packet; null when it is not known.
/// @throws error errc::conversion with the sentence of describe_mismatch() or describe_answer_mismatch().
[[noreturn]] void throw_mismatch(origin from, std::string_view event, std::size_t index, const mismatch& wrong,
                                 const socketio::socket_core* who);

/// The value at `index`; null beyond the end. It is valid until the list changes, or values() is called.
json_ref value_at(const arguments& list, std::size_t index);

/// Reads one argument of a list; `arguments` takes all that are left.
/// @throws error errc::conversion when it does not fit, or is missing.
template <class T>
T take(const arguments& list, std::size_t index, origin from, std::string_view event,
       const socketio::socket_core* who = nullptr) {
  T out{};
  if constexpr (std::is_same_v<T, arguments>) {  // all that are left
    for (; index < list.size(); ++index) out.append(list, index);
  } else if (mismatch wrong; !read(value_at(list, index), list.attachments(), out, wrong)) {
    if (index >= list.size()) wrong.got = "missing";
    throw_mismatch(from, event, index, wrong, who);
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
