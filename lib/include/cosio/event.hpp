// The declaration of events with the types of their arguments. Contracts are made of these declarations (contract.hpp).
//
// The header needs nothing but the standard library, and the macros of Boost.Describe, which declarations use. So
// clients and code generators can include it alone.
//
//   struct chat {
//     using client_to_server = cosio::events<
//         cosio::event<"say", void(std::string)>,                                     // no acknowledgement
//         cosio::event<"history", std::vector<message>(cosio::arg<"count", int>)>>;   // acknowledged with the messages
//     using server_to_client = cosio::events<
//         cosio::event<"said", void(cosio::arg<"from", std::string>, cosio::arg<"text", std::string>)>>;
//   };

#pragma once
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace cosio::inline v0_2 {

/// A string literal that can be an argument of a template. Write the literal itself: `event<"say", …>`.
template <std::size_t Size>
struct literal {
  consteval explicit(false) literal(const char (&from)[Size]) {
    for (std::size_t i = 0; i < Size; ++i) text[i] = from[i];
  }
  /// The text without its null at the end.
  constexpr std::string_view view() const noexcept { return {text, Size - 1}; }

  char text[Size]{};
};

/// An argument with a name, which the TypeScript of the contract shows. In C++ the argument is a T, and has no name.
template <literal Name, class T>
struct arg {};

namespace detail {

// The C++ type behind a declared argument, and its name if it has one.
template <class T>
struct declared {
  using type = std::decay_t<T>;
  static constexpr std::string_view name{};
};
template <literal Name, class T>
struct declared<arg<Name, T>> {
  using type = std::decay_t<T>;
  static constexpr std::string_view name = Name.view();
};

// The acknowledgement of an event: none, one value, or the values of a tuple. `types` are the values on the wire.
// `value` is the type that a handler returns, and that the side that asked gets.
template <class R>
struct acknowledgement {
  static constexpr bool asked = true;
  static constexpr std::string_view names[] = {declared<R>::name};
  using types = std::tuple<typename declared<R>::type>;
  using value = typename declared<R>::type;
};
template <>
struct acknowledgement<void> {
  static constexpr bool asked = false;
  using types = std::tuple<>;
  using value = void;
};
template <class... R>
struct acknowledgement<std::tuple<R...>> {
  static constexpr bool asked = true;
  static constexpr std::string_view names[] = {declared<R>::name..., {}};
  using types = std::tuple<typename declared<R>::type...>;
  using value = types;
};

}  // namespace detail

/// One event: its name, and a signature `answer(arguments…)`.
///
/// The answer says how the receiver acknowledges: `void` not at all, a type with one value of it, a std::tuple with
/// several values, an empty std::tuple with no value.
template <literal Name, class Signature>
struct event;

template <literal Name, class R, class... A>
struct event<Name, R(A...)> {
  static constexpr std::string_view name = Name.view();
  /// Whether the receiver acknowledges.
  static constexpr bool acknowledged = detail::acknowledgement<R>::asked;
  /// The names of the arguments; empty for those that are no `arg`. One empty name stands behind the last.
  static constexpr std::string_view argument_names[] = {detail::declared<A>::name..., {}};
  /// The C++ types of the arguments.
  using arguments = std::tuple<typename detail::declared<A>::type...>;
  using acknowledgement = detail::acknowledgement<R>;
  /// The C++ type of the answer: void, one type, or a std::tuple.
  using answer = typename acknowledgement::value;
};

namespace detail {

// Names that neither side may send. Source: Socket.IO, "Emit cheatsheet", reserved events.
consteval bool is_reserved(std::string_view name) {
  for (const std::string_view of_the_library :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})
    if (name == of_the_library) return true;
  return false;
}

// The place of a name; count when it is not there.
template <class... E>
consteval std::size_t place_of([[maybe_unused]] std::string_view name) {
  std::size_t at = 0;
  static_cast<void>(((E::name == name || (++at, false)) || ...));
  return at;
}

template <class... E>
consteval bool all_different() {
  std::size_t at = 0;
  return ((place_of<E...>(E::name) == at++) && ...);
}

template <class Event>
struct check_event {
  static_assert(!is_reserved(Event::name), "cosio: this name of an event belongs to the library");
};

}  // namespace detail

/// The events of one direction: from the client to the server, or back.
///
/// It does not compile when two events have the same name, or when a name belongs to the library (`connect`,
/// `connect_error`, `disconnect`, `disconnecting`, `newListener`, `removeListener`).
template <class... Event>
struct events : private detail::check_event<Event>... {
  static_assert(detail::all_different<Event...>(), "cosio: two events of one direction have the same name");
  /// The number of events.
  static constexpr std::size_t count = sizeof...(Event);
  using list = std::tuple<Event...>;

  /// The index in `list` of the event with this name; `count` when there is none.
  static consteval std::size_t find(std::string_view name) { return detail::place_of<Event...>(name); }
};

}  // namespace cosio::inline v0_2
