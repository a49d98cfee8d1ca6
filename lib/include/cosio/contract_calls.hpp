// The common part of contract.hpp and client_contract.hpp, for typed handles of servers and of clients: the types that
// waiting gives, the calls of untyped functions with the types of a declaration, and the typed acknowledgement.

#pragma once
#include <cosio/ack.hpp>
#include <cosio/arguments.hpp>
#include <cosio/contract_checks.hpp>
#include <cosio/event.hpp>
#include <cosio/task.hpp>
#include <cosio/temporaries.hpp>

#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

/// A cosio::ack for the declared answer. It is the last parameter of a handler that answers before it has ended, or
/// answers later; such a handler returns nothing or task<>.
template <class Answer>
class typed_ack : public ack {
 public:
  /// Answers, as ack does. The elements of a declared std::tuple are arguments of their own. It does not compile when
  /// the arguments do not fit the declared answer.
  template <class... Args>
  task<> operator()(const Args&... args) const {
    using declared = typename detail::acknowledgement<Answer>::types;
    if constexpr (detail::given_fit<declared, std::decay_t<const Args&>...>::value) {
      const auto send = [&to = static_cast<const ack&>(*this)](const auto&... each) { return to(each...); };
      return detail::with_declared<declared>(send, std::index_sequence_for<Args...>(), args...);
    } else {
      detail::complain_of_given<"the acknowledgement", declared, std::decay_t<const Args&>...>();
      return {};
    }
  }
  /// Never compiles, as ack with a temporary that GCC 12 destroys twice.
  using detail::refuses_answers::operator();
};

namespace detail {

// The type that awaiting some declared arguments gives: void for none, the type of the only one, or a tuple.
template <class Types>
struct awaited {
  using type = Types;
};
template <>
struct awaited<std::tuple<>> {
  using type = void;
};
template <class T>
struct awaited<std::tuple<T>> {
  using type = T;
};
template <class Event>
struct awaited_answer {
  using type = typename awaited<typename Event::acknowledgement::types>::type;
};
template <>
struct awaited_answer<no_event> {
  using type = void;
};
template <class Event>
struct awaited_arguments {
  using type = typename awaited<typename Event::arguments>::type;
};
template <>
struct awaited_arguments<no_event> {
  using type = void;
};

// The declared types of an acknowledgement, for ask_for().
template <class Event>
consteval auto answer_types() {
  if constexpr (std::same_as<Event, no_event>) {
    return std::type_identity<std::tuple<>>();
  } else {
    return std::type_identity<typename Event::acknowledgement::types>();
  }
}

template <class Ignored>
task<> ignore_result(task<Ignored> waiting) {
  const auto ignored = co_await std::move(waiting);
  static_cast<void>(ignored);
}

// Call handle.emit_with_ack<T...>(…) and handle.once<T...>(…) for the types of a tuple. Their tasks give awaited<>.
template <class Handle, class... T, class... Args>
auto ask_for(std::type_identity<std::tuple<T...>>, const Handle& handle, std::string_view name, const Args&... args) {
  if constexpr (sizeof...(T) == 0) {
    return ignore_result(handle.template emit_with_ack<>(name, args...));
  } else if constexpr (std::same_as<std::tuple<T...>, std::tuple<arguments>>) {
    return handle.template emit_with_ack<>(name, args...);
  } else {
    return handle.template emit_with_ack<T...>(name, args...);
  }
}
template <class Handle, class... T, class... Within>
auto wait_for(std::type_identity<std::tuple<T...>>, const Handle& whose, std::string_view name, Within... within) {
  if constexpr (sizeof...(T) == 0) {
    return ignore_result(whose.template once<>(name, within...));
  } else if constexpr (std::same_as<std::tuple<T...>, std::tuple<arguments>>) {
    return whose.template once<>(name, within...);
  } else {
    return whose.template once<T...>(name, within...);
  }
}

template <class>
inline constexpr bool never = false;

}  // namespace detail
}  // namespace cosio::inline v0_2
