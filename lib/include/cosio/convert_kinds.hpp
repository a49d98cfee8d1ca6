// The kinds of C++ types that the conversion of arguments tells apart. convert.hpp lists the types, and uses these.
//
// A kind is a concept or a constant. It asks for the shape of a type where that is possible: so containers, optionals
// and paths of other libraries are understood, and their headers are not included.

#pragma once
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/array.hpp>
#include <boost/json/conversion.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>

namespace cosio::inline v0_2::detail {

// ---------------------------------------------------------------- text and numbers

// Text that can be written: std::string, std::string_view, literals.
template <class T>
concept string_like = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;
// Text that can be read: it owns its bytes.
template <class T>
concept owned_string = string_like<T> && requires(T& s, const char* text, std::size_t n) { s.assign(text, n); };
// Characters: whoever reads one would not know whether a number or a string is meant.
template <class T>
concept lone_character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                         std::same_as<T, char16_t> || std::same_as<T, char32_t>;
// std::filesystem::path: it becomes text in UTF-8.
template <class T>
concept path_like = requires(const T& p) {
  typename T::string_type;
  p.u8string();
  p.native();
  p.lexically_normal();
};

// ---------------------------------------------------------------- described types

// Types with BOOST_DESCRIBE_STRUCT and BOOST_DESCRIBE_ENUM.
template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
// The members that are written and read: the public ones, inherited ones included.
template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

// A member named after a C++ keyword takes a trailing underscore (`volatile_`), which is no part of its name in JSON.
constexpr std::string_view member_name(std::string_view name) noexcept {
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

// ---------------------------------------------------------------- containers

// Keys of maps. Members of objects have text as names, so a number is written in decimal digits.
template <class K>
concept text_key = std::convertible_to<const K&, std::string_view>;
template <class K>
concept number_key = std::integral<K> && !std::same_as<K, bool> && !lone_character<K>;
template <class K>
concept map_key = text_key<K> || number_key<K> || std::is_enum_v<K>;
// Maps: they become objects.
template <class T>
concept map_like = requires(const T& m) {
  typename T::mapped_type;
  m.begin()->first;
  requires map_key<std::remove_cvref_t<decltype(m.begin()->first)>>;
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
// Bytes in a row: std::vector, std::array and std::span of std::byte or std::uint8_t. They become binary.
template <class T>
concept byte_sequence = requires(const T& bytes) {
  typename T::value_type;
  { bytes.data() } -> std::convertible_to<const void*>;
  { bytes.size() } -> std::convertible_to<std::size_t>;
  requires std::same_as<std::remove_cv_t<typename T::value_type>, std::byte> ||
               std::same_as<std::remove_cv_t<typename T::value_type>, unsigned char>;
};

// ---------------------------------------------------------------- nothing, and choices

// A pointer that owns one object, or shares it.
template <class T>
inline constexpr bool is_smart_pointer = false;
template <class T>
inline constexpr bool is_smart_pointer<std::shared_ptr<T>> = std::is_object_v<T> && !std::is_array_v<T>;
template <class T, class Delete>
inline constexpr bool is_smart_pointer<std::unique_ptr<T, Delete>> = std::is_object_v<T> && !std::is_array_v<T>;
template <class T>
inline constexpr bool is_std_optional = false;
template <class T>
inline constexpr bool is_std_optional<std::optional<T>> = true;
// Optionals of other libraries, such as boost::optional.
template <class T>
concept optional_like = requires(T& maybe) {
  typename T::value_type;
  { *maybe } -> std::same_as<typename T::value_type&>;
  static_cast<bool>(maybe);
  maybe.emplace();
  maybe.reset();
};
// Types that may be nothing: nothing is null, and a member that is nothing is left out.
template <class T>
inline constexpr bool is_optional = is_std_optional<T> || is_smart_pointer<T> || optional_like<T>;

// The type of the value in an optional or behind a smart pointer.
template <class T>
struct value_in {
  using type = typename T::value_type;
};
template <class T>
  requires is_smart_pointer<T>
struct value_in<T> {
  using type = std::remove_cv_t<typename T::element_type>;
};
template <class T>
using optional_value = typename value_in<T>::type;

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

// ---------------------------------------------------------------- times

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;
// Points in time of the calendar. Those of other clocks mean nothing in another process.
template <class T>
inline constexpr bool is_time_point = false;
template <class D>
inline constexpr bool is_time_point<std::chrono::time_point<std::chrono::system_clock, D>> = is_duration<D>;
// Those that count days: std::chrono::sys_days.
template <class T>
inline constexpr bool is_day = false;
template <class Rep>
inline constexpr bool
    is_day<std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<Rep, std::chrono::days::period>>> =
        true;

// ---------------------------------------------------------------- JSON

// Boost.JSON's own types: they are written and read as they are.
template <class T>
concept json_native = std::same_as<T, boost::json::value> || std::same_as<T, boost::json::object> ||
                      std::same_as<T, boost::json::array> || std::same_as<T, boost::json::string>;
// Types with a tag_invoke() of the application's, for value_from and value_to of Boost.JSON.
template <class T>
concept written_by_application = requires(const T& value, boost::json::value& out) {
  tag_invoke(boost::json::value_from_tag(), out, value);
  value_from(value, boost::json::storage_ptr());
};
template <class T>
concept read_by_application = requires(const boost::json::value& value) { try_value_to<T>(value); } &&
                              (requires(const boost::json::value& value) {
                                tag_invoke(boost::json::value_to_tag<T>(), value);
                              } || requires(const boost::json::value& value) {
                                tag_invoke(boost::json::try_value_to_tag<T>(), value);
                              });

}  // namespace cosio::inline v0_2::detail
