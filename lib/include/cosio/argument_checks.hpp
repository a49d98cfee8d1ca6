// The checks of arguments while a program compiles: one sentence for each common mistake. No code is made of them.
//
//   user.emit("a", drawing)          checked_event()
//     first_flaw<…>                  the type that cannot travel, at any depth, and the reason
//       none: encode_event()
//       one:  no_argument<stroke>    a static_assert that says what to do
//
// listener.hpp asks first_flaw<…> about the parameters and the result of a handler, and socket.hpp about the types that
// somebody waits for. docs/handlers.md lists the sentences.

#pragma once
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/convert.hpp>
#include <cosio/fwd.hpp>
#include <cosio/hook.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace cosio::inline v0_2::detail {

// ---------------------------------------------------------------- types that cannot travel

// The place of a type: written as a value of emit(), an acknowledgement or data(), or as the result of a handler; read
// as the parameter of a handler, or for a call such as once<T>().
enum class role : std::uint8_t { given, result, parameter, asked };
constexpr bool is_read(role what) { return what == role::parameter || what == role::asked; }

// The reason why a type cannot travel.
enum class flaw : std::uint8_t {
  none,
  task,
  character,
  pointer,
  array,
  view,
  key,
  container,
  constructor,
  clock,
  handle,
  sent,
  nothing,
  unknown
};

template <flaw Why, class T>
struct found {
  static constexpr flaw why = Why;
  using type = T;
};
using nothing_found = found<flaw::none, void>;

// Types that see the data of somebody else.
template <class T>
inline constexpr bool is_view = string_like<T> && !owned_string<T>;
template <class T, std::size_t Size>
inline constexpr bool is_view<std::span<T, Size>> = true;
// Maps whose keys are nothing that can be a name.
template <class T>
concept map_without_names = range_like<T> && !map_like<T> && requires {
  typename T::key_type;
  typename T::mapped_type;
};
// Containers that read_list() can fill.
template <class T>
concept fillable = requires(T& out, typename T::value_type item) { out.insert(out.end(), std::move(item)); };

// Points in time of another clock than the calendar's.
template <class T>
inline constexpr bool is_foreign_time = false;
template <class Clock, class D>
inline constexpr bool is_foreign_time<std::chrono::time_point<Clock, D>> = true;
// A handle of the server's, with or without a contract.
template <class T>
inline constexpr bool is_handle =
    std::is_base_of_v<socket, T> || std::is_base_of_v<client, T> || std::is_base_of_v<nsp, T> ||
    std::is_base_of_v<server, T> || std::is_base_of_v<remote_socket, T> || std::is_base_of_v<engine_session, T>;
// The flaw of a type that cannot travel: `otherwise`, unless the type itself says more.
template <class T>
consteval flaw known_flaw(flaw otherwise) {
  if constexpr (std::is_class_v<T>) {
    if (is_foreign_time<T>) return flaw::clock;
    if (is_handle<T>) return flaw::handle;
    if (std::is_same_v<T, report>) return flaw::sent;
  }
  return otherwise;
}

// The flaw in a type. `Outer` are the structs around it, which may hold themselves: in a vector, for example.
template <bool Read, class T, class Outer = boost::mp11::mp_list<>>
consteval auto find_flaw();

// The first flaw in the types of a list.
template <bool Read, class Outer>
consteval auto find_first(boost::mp11::mp_list<>) {
  return nothing_found();
}
template <bool Read, class Outer, class T, class... Rest>
consteval auto find_first(boost::mp11::mp_list<T, Rest...>) {
  using here = decltype(find_flaw<Read, T, Outer>());
  if constexpr (here::why != flaw::none) {
    return here();
  } else {
    return find_first<Read, Outer>(boost::mp11::mp_list<Rest...>());
  }
}

template <class T>
struct type_of_member {
  template <class Member>
  using of = std::remove_cvref_t<decltype(std::declval<T&>().*Member::pointer)>;
};
template <bool Read, class T, class Outer>
consteval auto find_in_members() {
  using boost::mp11::mp_list;
  if constexpr (boost::mp11::mp_contains<Outer, T>::value) {
    return nothing_found();
  } else {
    using types = boost::mp11::mp_transform<type_of_member<T>::template of, members_of<T>>;
    return find_first<Read, boost::mp11::mp_push_front<Outer, T>>(boost::mp11::mp_rename<types, mp_list>());
  }
}
template <bool Read, class T, class Outer, std::size_t... I>
consteval auto find_in_elements(std::index_sequence<I...>) {
  return find_first<Read, Outer>(boost::mp11::mp_list<std::remove_cvref_t<std::tuple_element_t<I, T>>...>());
}

template <class T>
concept always_travels =
    (std::is_arithmetic_v<T> && !lone_character<T>) || std::is_enum_v<T> || std::same_as<T, std::string> ||
    std::same_as<T, std::nullptr_t> || std::same_as<T, binary> || std::same_as<T, argument> || json_native<T> ||
    std::same_as<T, std::monostate> || path_like<T> || is_duration<T> || is_time_point<T>;

// The cases follow write() and read().
template <bool Read, class T, class Outer>
consteval auto find_flaw() {
  if constexpr (std::is_void_v<T>) {
    return found<flaw::nothing, T>();
  } else if constexpr (always_travels<T>) {
    return nothing_found();
  } else if constexpr (lone_character<T>) {
    return found<flaw::character, T>();
  } else if constexpr (must_be_awaited<T>) {
    return found<flaw::task, T>();
  } else if constexpr (Read && (is_view<T> || std::is_pointer_v<T>)) {
    return found<flaw::view, T>();
  } else if constexpr (string_like<T> || byte_sequence<T>) {
    return nothing_found();
  } else if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_function_v<T>) {
    return found<flaw::pointer, T>();
  } else if constexpr (std::is_array_v<T>) {
    return found<flaw::array, T>();
  } else if constexpr (Read && !std::is_default_constructible_v<T>) {
    return found<known_flaw<T>(flaw::constructor), T>();
  } else if constexpr (is_optional<T>) {
    return find_flaw<Read, optional_value<T>, Outer>();
  } else if constexpr (is_variant<T>) {
    return find_first<Read, Outer>(boost::mp11::mp_rename<T, boost::mp11::mp_list>());
  } else if constexpr (map_like<T>) {
    return find_flaw<Read, typename T::mapped_type, Outer>();
  } else if constexpr (map_without_names<T>) {
    return found<flaw::key, T>();
  } else if constexpr (Read && tuple_like<T> && !described_struct<T>) {
    return find_in_elements<Read, T, Outer>(std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (range_like<T>) {
    using inner = decltype(find_flaw<Read, typename T::value_type, Outer>());
    if constexpr (inner::why == flaw::none && Read && !fillable<T>) {
      return found<flaw::container, T>();
    } else {
      return inner();
    }
  } else if constexpr (described_struct<T>) {
    return find_in_members<Read, T, Outer>();
  } else if constexpr (tuple_like<T>) {
    return find_in_elements<Read, T, Outer>(std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (Read ? read_by_application<T> : written_by_application<T>) {
    return nothing_found();
  } else {
    return found<known_flaw<T>(flaw::unknown), T>();
  }
}

// The first flaw in the values of a list. An `arguments` stands for values that were checked when they were made.
template <role Role, class... T>
using first_flaw = decltype(find_first<is_read(Role), boost::mp11::mp_list<>>(
    boost::mp11::mp_remove<boost::mp11::mp_list<T...>, arguments>()));

// Does not compile. The compiler prints the type with the sentence.
template <class T, flaw Why, role Role>
struct no_argument {
  static_assert(Why != flaw::task,
                "cosio: this argument is a task that nobody has awaited: co_await it first, and pass "
                "its result");
  static_assert(Why != flaw::character,
                "cosio: a char is neither a number nor a text in JSON: use a std::string, or a std::int8_t");
  static_assert(Why != flaw::pointer, "cosio: a pointer is no argument: pass the value that it points to");
  static_assert(Why != flaw::array, "cosio: an array of C is no argument: use a std::array or a std::vector");
  static_assert(Why != flaw::view || Role != role::parameter,
                "cosio: a parameter of a handler must own its data: take a std::string in place of a std::string_view "
                "or a const char*, a container in place of a std::span, and a value in place of a pointer");
  static_assert(
      Why != flaw::view || Role == role::parameter,
      "cosio: a value that is read must own its data: ask for a std::string in place of a std::string_view or "
      "a const char*, for a container in place of a std::span, and for a value in place of a pointer");
  static_assert(Why != flaw::key,
                "cosio: the keys of this map cannot be the names in a JSON object: use std::string, an "
                "integer or an enum as their type");
  static_assert(Why != flaw::container, "cosio: this container cannot be filled: use a std::vector");
  static_assert(Why != flaw::constructor,
                "cosio: a type that is read from an event needs a constructor without parameters");
  static_assert(Why != flaw::clock,
                "cosio: a point in time of this clock means nothing to another machine: use one of "
                "std::chrono::system_clock, or a duration");
  static_assert(Why != flaw::handle || Role != role::parameter,
                "cosio: the parameters of a handler are what the client sends, and that is no socket, client, "
                "namespace or server: capture it: [user](std::string text) {...}");
  static_assert(Why != flaw::handle || Role == role::parameter,
                "cosio: a socket, client, namespace or server is no argument, since it stays in this process: send its "
                "id(), or the name() of a namespace");
  static_assert(Why != flaw::sent || Role != role::result,
                "cosio: this handler would acknowledge with the report of an emit(), which is no argument: let it be a "
                "coroutine, which returns cosio::task<>, and write co_await in place of return");
  static_assert(Why != flaw::sent || Role == role::result,
                "cosio: the report of an emit() is no argument: send the numbers in it");
  static_assert(Why != flaw::nothing,
                "cosio: void is no value that can be read: for an answer without values write emit_with_ack<>(…), and "
                "once<>(…) for an event without arguments");
  static_assert(Why != flaw::unknown || Role != role::result,
                "cosio: the result of a handler is its acknowledgement, and this type cannot be one: describe it with "
                "BOOST_DESCRIBE_STRUCT(type, (), (members)), give it tag_invoke() of Boost.JSON, or return nothing");
  static_assert(Why != flaw::unknown || Role == role::result,
                "cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members)), "
                "or give it tag_invoke() of Boost.JSON");
};

/// encode_event(), for types that can travel. Others do not compile.
template <class... Args>
event_data checked_event(std::string_view name, const Args&... args) {
  using flawed = first_flaw<role::given, Args...>;
  if constexpr (flawed::why == flaw::none) {
    return encode_event(name, args...);
  } else {
    static_cast<void>(no_argument<typename flawed::type, flawed::why, role::given>());
    return event_data();
  }
}

/// The same for encode_answer().
template <class... Args>
event_data checked_answer(const Args&... args) {
  using flawed = first_flaw<role::given, Args...>;
  if constexpr (flawed::why == flaw::none) {
    return encode_answer(args...);
  } else {
    static_cast<void>(no_argument<typename flawed::type, flawed::why, role::given>());
    return event_data();
  }
}

/// Whether values of these types can travel. Does not compile when they cannot.
template <role Role, class... T>
consteval bool can_travel() {
  using flawed = first_flaw<Role, T...>;
  if constexpr (flawed::why != flaw::none) {
    static_cast<void>(no_argument<typename flawed::type, flawed::why, Role>());
  }
  return flawed::why == flaw::none;
}

}  // namespace cosio::inline v0_2::detail
