// Temporaries that GCC 12 destroys twice, and the overloads that refuse them while a program compiles. Other overloads
// refuse a call of an async_ function without its token.
//
//   co_await user.emit("draw", stroke{"red", 2})       // two destructors for one string
//
// Each function that takes arguments has a second overload for such temporaries. The overload never compiles: its
// static_assert says what to do. The overloads are members of the classes below; a handle derives from one of them, and
// takes them over with `using`. So they are written once for the handles with and without types: `Name` is empty for
// emit("draw", …), and the event for emit<"draw">(…).
//
// The async_ functions refuse these temporaries only with a token whose result can be awaited, such as use_awaitable or
// deferred. A future and a callback are no part of a co_await expression, and nothing is destroyed twice there.

#pragma once
#include <boost/asio/async_result.hpp>

#include <cosio/completion.hpp>
#include <cosio/event.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

class answers;

namespace detail {

#if defined(__GNUC__) && __GNUC__ == 12 && !defined(__clang__)
inline constexpr bool destroys_temporaries_twice = true;
#else
inline constexpr bool destroys_temporaries_twice = false;
#endif

// A temporary that GCC 12 destroys twice when braces make it in a co_await expression: an aggregate with a destructor.
// The type does not show whether there are braces: the result of a call and a moved variable look the same.
template <class T>
concept fragile_temporary = destroys_temporaries_twice && !std::is_reference_v<T> && std::is_aggregate_v<T> &&
                            !std::is_trivially_destructible_v<T>;
// Chooses, with GCC 12, the overload that refuses. Other compilers never take it.
template <class... Given>
concept any_fragile = (fragile_temporary<Given> || ...);

/// Does not compile. It stands for the result of a function that was given a temporary.
template <class Returned, class... Given>
Returned refuse_temporary() {
  static_assert(
      !any_fragile<Given...>,
      "cosio: GCC 12 destroys this temporary twice when braces make it in a co_await expression: give it a name "
      "first: `stroke s{…}; co_await user.emit(\"a\", s);`");
  std::terminate();
}

// Whether what an async_ function returns can be awaited, or can be started later in a co_await expression.
template <class Result>
concept awaited_result = requires(Result& of) { of.await_ready(); } ||
                         (!std::is_void_v<Result> && boost::asio::is_async_operation<Result>::value);
// The result of an async_ function for this token, when its operation gives a T.
template <class Token, class T>
using result_with =
    decltype(start_with(std::declval<Token>(), std::declval<starting_place>(), std::declval<task<T>>()));
// The same as any_fragile, for such a function.
template <class Token, class T, class... Given>
concept any_fragile_with = any_fragile<Given...> && awaited_result<result_with<Token, T>>;

// The name of an event in the place of a completion token. No token can be a text.
template <class First>
concept no_token = std::is_convertible_v<First, std::string_view>;

/// Refuses temporaries for emits, and for typed_emitter.
class refuses_emits {
 public:
  template <literal... Name, class... Args>
    requires any_fragile<Args...>
  task<report> emit(Args&&...) const {
    return refuse_temporary<task<report>, Args...>();
  }
  template <class... Args>
    requires any_fragile<Args...>
  task<report> send(Args&&...) const {
    return refuse_temporary<task<report>, Args...>();
  }
  template <class... Args>
    requires any_fragile<Args...>
  task<report> write(Args&&...) const {
    return refuse_temporary<task<report>, Args...>();
  }
  template <class Token, class... Args>
    requires any_fragile_with<Token, report, Args...>
  auto async_emit(Token&&, Args&&...) const {
    return refuse_temporary<result_with<Token, report>, Args...>();
  }
  template <no_token First, class... Rest>
  auto async_emit(First&&, Rest&&...) const {
    return check_token<report, First>();
  }
};

/// Refuses temporaries for broadcast_operator and manages, and for typed_operator and typed_nsp.
class refuses_broadcasts {
 public:
  template <literal... Name, class... Args>
    requires any_fragile<Args...>
  task<answers> emit_with_ack(Args&&...) const {
    return refuse_temporary<task<answers>, Args...>();
  }
  template <literal... Name, class... Args>
    requires any_fragile<Args...>
  task<> server_side_emit(Args&&...) const {
    return refuse_temporary<task<>, Args...>();
  }
  template <literal... Name, class... Args>
    requires any_fragile<Args...>
  task<answers> server_side_emit_with_ack(Args&&...) const {
    return refuse_temporary<task<answers>, Args...>();
  }
  template <class Token, class... Args>
    requires any_fragile_with<Token, answers, Args...>
  auto async_emit_with_ack(Token&&, Args&&...) const {
    return refuse_temporary<result_with<Token, answers>, Args...>();
  }
  template <no_token First, class... Rest>
  auto async_emit_with_ack(First&&, Rest&&...) const {
    return check_token<answers, First>();
  }
  template <class Token, class... Args>
    requires any_fragile_with<Token, void, Args...>
  auto async_server_side_emit(Token&&, Args&&...) const {
    return refuse_temporary<result_with<Token, void>, Args...>();
  }
  template <no_token First, class... Rest>
  auto async_server_side_emit(First&&, Rest&&...) const {
    return check_token<void, First>();
  }
  template <class Token, class... Args>
    requires any_fragile_with<Token, answers, Args...>
  auto async_server_side_emit_with_ack(Token&&, Args&&...) const {
    return refuse_temporary<result_with<Token, answers>, Args...>();
  }
  template <no_token First, class... Rest>
  auto async_server_side_emit_with_ack(First&&, Rest&&...) const {
    return check_token<answers, First>();
  }
};

/// Refuses temporaries for ack and typed_ack.
class refuses_answers {
 public:
  template <class... Args>
    requires any_fragile<Args...>
  task<> operator()(Args&&...) const {
    return refuse_temporary<task<>, Args...>();
  }
};

}  // namespace detail

}  // namespace cosio::inline v0_2
