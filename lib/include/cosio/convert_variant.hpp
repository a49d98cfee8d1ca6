// The choice of the alternative of a std::variant that JSON is read into.
//
// The header is a part of convert.hpp. An alternative is looked at before it is read: the kind of the JSON value, the
// names of its members, and the members that are numbers, booleans, enums or text. In most contracts one alternative is
// left then. Only where several are left, one after the other is read, until one fits.
//
// Such readings multiply where variants are nested, so their number is limited: most_readings.

#pragma once
#include <boost/describe/enumerators.hpp>
#include <boost/json/object.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cosio/binary.hpp>
#include <cosio/convert_kinds.hpp>
#include <cosio/json_ref.hpp>
#include <cosio/mismatch.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cosio::inline v0_2::detail {

template <class T>
bool read(json_ref value, const std::vector<binary>& attachments, T& out, mismatch& wrong);
const binary* attachment_of(json_ref value, const std::vector<binary>& attachments) noexcept;
// Adds the words for a type to those of the other alternatives.
void add_type(std::string_view words, std::vector<std::string>& into);

// The number of times that one value may be read because variants around it, and itself, look alike.
inline constexpr std::size_t most_readings = 64;

// ---------------------------------------------------------------- looking at a value

// Values without parts, whose reading costs next to nothing.
template <class T>
inline constexpr bool is_scalar = std::is_arithmetic_v<T> || std::is_enum_v<T> || is_duration<T> || is_time_point<T>;

// The enumerator of that name.
template <described_enum T>
bool find_enumerator(std::string_view name, T& out) noexcept {
  bool found = false;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto known) {
    if (!found && name == known.name) {
      out = known.value;
      found = true;
    }
  });
  return found;
}

// Whether a value is of the JSON type that a T is read from. The cases have the order of read().
template <class T>
bool is_of_kind(json_ref value, const std::vector<binary>& attachments) noexcept;

template <class... T>
bool is_of_one_kind(json_ref value, const std::vector<binary>& attachments,
                    std::type_identity<std::variant<T...>>) noexcept {
  return (is_of_kind<T>(value, attachments) || ...);
}

template <class T>
bool is_of_kind(json_ref value, const std::vector<binary>& attachments) noexcept {
  if constexpr (std::same_as<T, bool>) {
    return value.is_bool();
  } else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate>) {
    return value.is_null();
  } else if constexpr (described_enum<T> || is_time_point<T> || path_like<T> || owned_string<T>) {
    return value.is_string();
  } else if constexpr (is_scalar<T>) {
    return value.is_number();
  } else if constexpr (std::same_as<T, binary>) {
    return attachment_of(value, attachments) != nullptr;
  } else if constexpr (std::same_as<T, boost::json::object>) {
    return value.is_object();
  } else if constexpr (is_optional<T>) {
    return value.is_null() || is_of_kind<optional_value<T>>(value, attachments);
  } else if constexpr (is_variant<T>) {
    return is_of_one_kind(value, attachments, std::type_identity<T>());
  } else if constexpr (byte_sequence<T>) {
    return value.is_array() || attachment_of(value, attachments) != nullptr;
  } else if constexpr (map_like<T>) {
    return value.is_object() && attachment_of(value, attachments) == nullptr;
  } else if constexpr (std::same_as<T, boost::json::array> || (tuple_like<T> && !described_struct<T>) ||
                       range_like<T>) {
    return value.is_array();
  } else if constexpr (described_struct<T>) {
    return value.is_object() && attachment_of(value, attachments) == nullptr;
  } else {
    return true;  // any JSON, or a conversion of the application's
  }
}

// Whether a value without parts can be read into a T.
template <class T>
bool is_scalar_of(json_ref value, const std::vector<binary>& attachments) {
  T out{};
  if constexpr (described_enum<T>) {  // without the text of a failure
    return value.is_string() && find_enumerator(value.text(), out);
  } else {
    mismatch ignored;
    return read(value, attachments, out, ignored);
  }
}

// Whether a member of a struct looks like an M: it is looked at, but not into it.
template <class M>
bool member_may_be(json_ref value, const std::vector<binary>& attachments) {
  if constexpr (is_scalar<M>) {
    return is_scalar_of<M>(value, attachments);
  } else if constexpr (is_optional<M>) {
    return value.is_null() || member_may_be<optional_value<M>>(value, attachments);
  } else {
    return is_of_kind<M>(value, attachments);
  }
}

// Whether an object has what a described struct needs.
template <class T>
bool members_may_be(json_ref value, const std::vector<binary>& attachments) {
  member_search search(value);
  json_ref found = value;
  bool ok = true;
  boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
    if (!ok) return;
    using type = std::decay_t<decltype(std::declval<T&>().*member.pointer)>;
    const bool is_there = search.find(member_name(member.name), found);
    ok = is_there ? member_may_be<type>(found, attachments) : is_optional<type>;
  });
  return ok;
}

// Whether a value looks like a T. Its cost is that of the members of T, whatever the size of the value.
template <class T>
bool may_be(json_ref value, const std::vector<binary>& attachments);

template <class... T>
bool may_be_one(json_ref value, const std::vector<binary>& attachments, std::type_identity<std::variant<T...>>) {
  return (may_be<T>(value, attachments) || ...);
}

template <class T>
bool may_be(json_ref value, const std::vector<binary>& attachments) {
  if (!is_of_kind<T>(value, attachments)) return false;
  if constexpr (is_scalar<T>) {
    return is_scalar_of<T>(value, attachments);
  } else if constexpr (is_optional<T>) {
    return value.is_null() || may_be<optional_value<T>>(value, attachments);
  } else if constexpr (is_variant<T>) {
    return may_be_one(value, attachments, std::type_identity<T>());
  } else if constexpr (byte_sequence<T> || json_native<T> || map_like<T>) {
    return true;
  } else if constexpr (tuple_like<T> && !described_struct<T>) {
    return value.size() == std::tuple_size_v<T>;
  } else if constexpr (described_struct<T> && !range_like<T>) {
    return members_may_be<T>(value, attachments);
  } else {
    return true;
  }
}

// Types of which a look says all: what looks like one can be read as one.
template <class T>
inline constexpr bool is_seen_at_once =
    is_scalar<T> || std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate> || std::same_as<T, binary> ||
    (owned_string<T> && !path_like<T>);

// ---------------------------------------------------------------- names of types, for messages

// "an object with x, y": the members that must be there.
template <class T>
std::string name_of_struct() {
  constexpr std::size_t most_members = 4;
  std::string out;
  std::size_t count = 0;
  boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
    using type = std::decay_t<decltype(std::declval<T&>().*member.pointer)>;
    if (is_optional<type> || ++count > most_members) return;
    out += (count == 1 ? "an object with " : ", ") + std::string(member_name(member.name));
  });
  if (count > most_members) out += " and others";
  return out.empty() ? "an object" : out;
}

// Appends what a T is read from. The cases have the order of read().
template <class T>
void name_types(std::vector<std::string>& into);

template <class... T>
void name_alternatives(std::vector<std::string>& into, std::type_identity<std::variant<T...>>) {
  (name_types<T>(into), ...);
}

template <class T>
void name_types(std::vector<std::string>& into) {
  if constexpr (std::same_as<T, bool>) {
    add_type("a boolean", into);
  } else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate>) {
    add_type("null", into);
  } else if constexpr (described_enum<T>) {
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto known) { into.push_back("\"" + std::string(known.name) + "\""); });
  } else if constexpr (is_time_point<T>) {
    add_type("a date", into);
  } else if constexpr (is_duration<T> || std::floating_point<T>) {
    add_type("a number", into);
  } else if constexpr (is_scalar<T>) {
    add_type("an integer", into);
  } else if constexpr (path_like<T> || owned_string<T>) {
    add_type("a string", into);
  } else if constexpr (is_optional<T>) {
    add_type("null", into);
    name_types<optional_value<T>>(into);
  } else if constexpr (is_variant<T>) {
    name_alternatives(into, std::type_identity<T>());
  } else if constexpr (std::same_as<T, binary> || byte_sequence<T>) {
    add_type("binary", into);
  } else if constexpr (map_like<T> || std::same_as<T, boost::json::object>) {
    add_type("an object", into);
  } else if constexpr (tuple_like<T> && !described_struct<T>) {
    into.push_back("an array of " + std::to_string(std::tuple_size_v<T>));
  } else if constexpr (range_like<T>) {
    add_type("an array", into);
  } else if constexpr (described_struct<T>) {
    into.push_back(name_of_struct<T>());
  } else {
    add_type("a value that converts", into);
  }
}

// ---------------------------------------------------------------- reading

// Whether a value of each alternative can be made, to be read into.
template <class T>
inline constexpr bool has_default_alternatives = false;
template <class... T>
inline constexpr bool has_default_alternatives<std::variant<T...>> = (std::is_default_constructible_v<T> && ...);

// Reads the first alternative that fits.
template <class... T, std::size_t... I>
bool read_variant(json_ref value, const std::vector<binary>& attachments, std::variant<T...>& out, mismatch& wrong,
                  std::index_sequence<I...>) {
  std::array<bool, sizeof...(T)> looks_right{};
  std::size_t count = 0;
  bool sure = false;
  const auto look = [&](bool right, bool seen_at_once, std::size_t at) {
    looks_right[at] = right;
    count += right ? 1 : 0;
    sure = right && seen_at_once;
  };
  (static_cast<void>(sure || (look(may_be<T>(value, attachments), is_seen_at_once<T>, I), false)), ...);

  const auto none_fits = [&] {
    std::vector<std::string> types;
    (name_types<T>(types), ...);
    return wrong.want_any_of(types, value);
  };
  if (count == 0) return none_fits();
  bool fits = false;
  if (count == 1) {  // its message is the better one
    static_cast<void>(
        ((looks_right[I] && (fits = read(value, attachments, out.template emplace<I>(), wrong), true)) || ...));
    return fits;
  }
  if (wrong.readings * count > most_readings) return wrong.give_up(value);
  mismatch tried;
  const auto attempt = [&](auto& alternative) {
    tried = mismatch();
    tried.readings = wrong.readings * count;
    fits = read(value, attachments, alternative, tried);
    return fits || tried.gave_up;
  };
  static_cast<void>(((looks_right[I] && attempt(out.template emplace<I>())) || ...));
  if (fits) return true;
  if (!tried.gave_up) return none_fits();
  wrong = std::move(tried);
  return false;
}

}  // namespace cosio::inline v0_2::detail
