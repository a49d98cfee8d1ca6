// Listeners: how a typed callable becomes one, and the handle that removes it.
//
// Applications use listener_handle, stops_with_client and method() from here. The rest is the machinery behind
// socket::on(): it reads the parameters of a callable off its type, converts the arguments of an event to them, and
// sends the returned value as the acknowledgement.

#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cosio/ack.hpp>
#include <cosio/argument_checks.hpp>
#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>
#include <cosio/fwd.hpp>
#include <cosio/hook.hpp>
#include <cosio/task.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// Names one registration, to remove it: on(), once(), use(), on_any(), on_disconnect() and the like return one.
///
/// Dropping a handle removes nothing. A handle keeps nothing alive; removing does nothing when the socket is gone.
/// Handles of one registration are equal.
/// @par Threads  Any.
class listener_handle {
 public:
  /// A handle of nothing. on() returns one, too, when the socket has left already: nothing was registered then.
  listener_handle() = default;
  /// Made by the library.
  /// @param remove  Takes the registration out.
  /// @param table   Identifies the place that keeps the registration.
  /// @param number  The number of the registration in that place; 0 for nothing.
  listener_handle(std::function<void()> remove, const void* table, std::uint64_t number);

  /// Removes the registration: the callable is not started any more. A coroutine of it that runs goes on to its end. A
  /// second call does nothing.
  void remove() const;

  /// False for a handle of nothing. It stays true after remove().
  explicit operator bool() const noexcept { return number_ != 0; }
  friend bool operator==(const listener_handle& a, const listener_handle& b) noexcept {
    return a.table_ == b.table_ && a.number_ == b.number_;
  }

 private:
  std::shared_ptr<std::function<void()>> remove_;
  const void* table_ = nullptr;
  std::uint64_t number_ = 0;
};

/// The type of stops_with_client. It has no other value.
struct stops_with_client_t {
  explicit stops_with_client_t() = default;
};

/// Given to on(), once() and on_connection() as last argument: the handler's coroutine is cancelled when its socket
/// leaves. Without it a handler runs on after its client has left.
///
/// The handler stops where it waits, whatever Asio operation that is (a timer, a stream, a resolver): the operation
/// ends with boost::asio::error::operation_aborted, and so does every `co_await` after that. The exception need not be
/// caught: neither on_error nor the log is told of it. A handler that does not wait runs on to its next `co_await`.
/// @par Cancellation  Asio's terminal cancellation. To say a last word, await
///                    `boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation())` first.
inline constexpr stops_with_client_t stops_with_client{};

/// Makes a handler of a member function and its object: `user.on("say", cosio::method(&room::say, this_room))`.
///
/// @param object  A pointer or a smart pointer, which the handler keeps. A shared_ptr keeps the object alive. With a
///                raw pointer, the object must live as long as the registration and its coroutines.
template <class R, class C, class Object, class... P>
auto method(R (C::*call)(P...), Object object) {
  return [call, object = std::move(object)](P... args) -> R { return ((*object).*call)(std::forward<P>(args)...); };
}
template <class R, class C, class Object, class... P>
auto method(R (C::*call)(P...) const, Object object) {
  return [call, object = std::move(object)](P... args) -> R { return ((*object).*call)(std::forward<P>(args)...); };
}

namespace detail {

/// An event on its way to the listeners. It is valid only while listener_base::start() runs: a listener copies what it
/// needs for longer.
struct event_view {
  std::string_view event;
  /// The arguments, without the event's name; `count` of them.
  const boost::json::value* values = nullptr;
  std::size_t count = 0;
  /// The binary that placeholders in `values` name.
  const std::vector<binary>& attachments;
  /// False when the client did not ask for an acknowledgement.
  const ack& answer;
  /// Whether the end of a handler may be the answer: there is a question, and no catch-all takes its acknowledgement.
  bool end_may_answer = false;
  /// Then, where other handlers or middleware may still answer: the acknowledgement for the end of a handler, in place
  /// of `answer`. Else null.
  const ack* at_end = nullptr;
  /// The arguments as they were parsed. If there is a list, `values` is null.
  parsed_elements parsed{};

  /// The argument at `index`; null beyond the end.
  json_ref at(std::size_t index) const noexcept {
    if (index >= count) return absent();
    return parsed.list ? element_at(parsed, index) : json_ref(values[index]);
  }
  /// A copy of the arguments from `index` on.
  cosio::arguments from(std::size_t index) const;
  /// Says in `problem` why the argument at `index` does not fit.
  /// @return false
  bool refuse(std::size_t index, mismatch& wrong, std::string& problem) const;

 private:
  static json_ref absent() noexcept;  // null
};

/// The name of an event or a namespace. Many listeners and clients share one of these, so that the name is stored once.
/// @par Threads  Immutable: any. The count of owners is atomic.
struct held_name : boost::intrusive_ref_counter<held_name> {
  explicit held_name(std::string_view name) : text(name) {}
  const std::string text;
};

/// A registered callable.
///
/// A listener is registered once, in one table. Every socket has its own listeners, and there are many sockets: to save
/// memory, the facts of the registration lie in the listener itself, and it counts its owners itself.
/// @par Threads  The table's lock guards the members; start() is called on the client's strand.
class listener_base : public boost::intrusive_ref_counter<listener_base> {
 public:
  virtual ~listener_base();

  /// Converts the arguments and makes the coroutine to run.
  ///
  /// The caller must keep the listener until the coroutine has ended: the captures of a lambda live in the listener.
  /// @return an invalid task when the arguments do not fit: then `problem` says why.
  /// @throws an exception of the application's: of a conversion, or of a handler that is no coroutine.
  virtual task<> start(const event_view& event, std::string& problem) = 0;

  /// Whether a coroutine waits for the event: then the event waits for nobody.
  virtual bool is_awaited() const noexcept { return false; }

  /// Its id in the table; 0 before it is registered.
  std::uint32_t number : 30 = 0;
  /// Whether it is removed after the first event.
  std::uint32_t once : 1 = 0;
  /// Whether its coroutines are cancelled when the socket leaves. Set before it is registered.
  std::uint32_t stops_with_client : 1 = 0;
  /// The event that it listens to.
  boost::intrusive_ptr<const held_name> name;
};
using listener_ptr = boost::intrusive_ptr<listener_base>;

/// A catch-all handler, of socket::on_any().
struct catch_all {
  std::function<task<>(std::string, arguments, ack)> call;
  /// Whether it takes the acknowledgement: then it may answer, perhaps later.
  bool may_answer = false;
};

// ---------------------------------------------------------------- parameters and return type of a callable

// Reads both off the type of a function pointer, a member function or the call operator of a class (lambda,
// std::function). The values are kept in a tuple of decayed types, because the coroutine outlives the event.
template <class P>
inline constexpr bool is_changeable = std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>>;
template <class F>
struct signature : signature<decltype(&F::operator())> {};
template <class R, class... P>
struct signature<R (*)(P...)> {
  using result = R;
  using parameters = std::tuple<std::decay_t<P>...>;
  static constexpr bool takes_references = (std::is_reference_v<P> || ...);
  static constexpr bool changes_arguments = (is_changeable<P> || ...);
  // A reference to something that the caller passes by value ends with the call, and a coroutine goes on.
  static constexpr bool refers_to_values = ((std::is_reference_v<P> && !is_changeable<P>) || ...);
};
template <class R, class... P>
struct signature<R (*)(P...) noexcept> : signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct signature<R (C::*)(P...)> : signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct signature<R (C::*)(P...) const> : signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct signature<R (C::*)(P...) noexcept> : signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct signature<R (C::*)(P...) const noexcept> : signature<R (*)(P...)> {};

/// Whether the parameters of a callable can be read off its type: it has one call operator, which is no template.
template <class F>
concept has_signature = std::is_function_v<std::remove_pointer_t<F>> || requires { &F::operator(); };

/// The types that a function of the standard library made of a callable: std::bind, std::bind_front. A lambda is none.
template <class F>
inline constexpr bool is_bound = false;
template <template <class...> class Bound, class... T>
inline constexpr bool is_bound<Bound<T...>> = true;

/// For std::bind, whose parameters cannot be seen: it takes all arguments, with or without the acknowledgement, or
/// none. The first of these forms that compiles is used.
template <class F>
struct opaque_signature {
  using parameters =
      std::conditional_t<std::is_invocable_v<F&, arguments, ack>, std::tuple<arguments, ack>,
                         std::conditional_t<std::is_invocable_v<F&, arguments>, std::tuple<arguments>, std::tuple<>>>;
  using result = decltype(std::apply(std::declval<F&>(), std::declval<parameters>()));
  static constexpr bool takes_references = true;  // perhaps
  static constexpr bool refers_to_values = true;  // perhaps
  static constexpr bool changes_arguments = false;
};
template <class F>
using signature_of = typename std::conditional_t<has_signature<F>, std::type_identity<signature<F>>,
                                                 std::type_identity<opaque_signature<F>>>::type;

template <class T>
using is_ack = std::is_base_of<ack, T>;

/// Whether a handler has one parameter of exactly this type. By that socket::on() knows a handler of a reason, and
/// server::on() one of a namespace.
template <class F, class T>
inline constexpr bool takes_only = false;
template <has_signature F, class T>
inline constexpr bool takes_only<F, T> = std::is_same_v<typename signature<F>::parameters, std::tuple<T>>;

/// Whether a handler has one parameter, which is a socket with a contract: a cosio::typed_socket.
template <class F>
inline constexpr bool takes_typed_socket = false;
template <class Parameters>
inline constexpr bool is_typed_socket = false;
template <class T>
inline constexpr bool is_typed_socket<std::tuple<T>> = std::is_base_of_v<socket, T> && !std::is_same_v<T, socket>;
template <has_signature F>
inline constexpr bool takes_typed_socket<F> = is_typed_socket<typename signature<F>::parameters>;

// Whether a handler of these parameters sees all arguments with their types, and cannot answer itself.
template <class Parameters>
inline constexpr bool leaves_the_answer = false;
template <class... P>
inline constexpr bool leaves_the_answer<std::tuple<P...>> =
    (... && (!std::is_base_of_v<ack, P> && !std::is_same_v<P, arguments>));

// The T of a task<T>; any other type is its own value.
template <class T>
struct task_value {
  using type = T;
};
template <class T>
struct task_value<task<T>> {
  using type = T;
};
template <class T>
inline constexpr bool is_std_tuple = false;
template <class... T>
inline constexpr bool is_std_tuple<std::tuple<T...>> = true;

/// Reads parameter I of a handler from the event. An ack takes the acknowledgement, `arguments` takes all arguments
/// from I on, any other type takes argument I. A parameter that is missing in the event is read from null, which
/// std::optional and JSON values take.
/// @return false when the argument does not fit: then `problem` says which, and why.
template <class T, std::size_t I>
bool read_parameter(const event_view& event, T& out, std::string& problem) {
  if constexpr (std::is_base_of_v<ack, T>) {
    static_cast<ack&>(out) = event.answer;
    return true;
  } else if constexpr (std::is_same_v<T, arguments>) {
    out = event.from(I);
    return true;
  } else {
    mismatch wrong;
    return read(event.at(I), event.attachments, out, wrong) || event.refuse(I, wrong, problem);
  }
}

// A std::tuple answers with several arguments, anything else with one.
template <class T>
task<> send_result(const ack& answer, const T& result) {
  if constexpr (is_std_tuple<T>) {
    return std::apply([&](const auto&... item) { return answer(item...); }, result);
  } else {
    return answer(result);
  }
}

/// Awaits the coroutine of a handler, and answers with nothing when it has ended. Without a question it answers nobody.
task<> answer_after(task<> work, ack answer);
/// Awaits the coroutine of a handler, and answers with its result.
template <class T>
task<> answer_with(task<T> work, ack answer) {
  const T result = co_await std::move(work);
  auto answered = send_result(answer, result);
  co_await std::move(answered);
}

/// A listener around a callable of the application's.
///
/// A callable that returns task<T> or T acknowledges with the T. A callable that returns task<> acknowledges with
/// nothing when it has ended, if it has typed parameters, takes no ack, and nobody else answers the event. All
/// others leave that to their ack. The end of a plain function is no answer: it often starts work that goes on.
template <class F>
class typed_listener final : public listener_base {
  using traits = signature_of<F>;
  using parameters = typename traits::parameters;
  using returned = typename traits::result;
  using value = typename task_value<returned>::type;

 public:
  explicit typed_listener(F callable) : callable_(std::move(callable)) {}

  task<> start(const event_view& event, std::string& problem) override {
    parameters values;
    if (!read_all(event, values, problem, std::make_index_sequence<std::tuple_size_v<parameters>>())) return {};
    if constexpr (is_task<returned> && !traits::takes_references) {
      // The usual case: its coroutine holds all it needs, and what answers is not made again for each handler.
      auto work = std::apply(callable_, std::move(values));
      if (!work.valid()) throw_empty_task();
      if constexpr (!std::is_same_v<returned, task<void>>) {
        return answer_with(std::move(work), event.answer);
      } else {
        if (!end_answers || !event.end_may_answer || !event.answer) return work;
        return answer_after(std::move(work), answer_of_end(event));
      }
    } else {
      return run(boost::intrusive_ptr<typed_listener>(this), std::move(values), answer_of_end(event));
    }
  }

 private:
  // Whether the end of the coroutine is the answer.
  static constexpr bool end_answers =
      std::is_same_v<returned, task<void>> && has_signature<F> && leaves_the_answer<parameters>;

  // The acknowledgement that run() sends.
  static ack answer_of_end(const event_view& event) {
    if constexpr (std::is_same_v<returned, task<void>>) {
      if (!end_answers || !event.end_may_answer) return {};
      if (event.at_end != nullptr) return *event.at_end;
    }
    return event.answer;
  }

  template <std::size_t... I>
  static bool read_all(const event_view& event, parameters& values, std::string& problem, std::index_sequence<I...>) {
    return (read_parameter<std::tuple_element_t<I, parameters>, I>(event, std::get<I>(values), problem) && ...);
  }

  // Owns the listener and the arguments: a callable that takes references refers to `values` in this frame.
  static task<> run(boost::intrusive_ptr<typed_listener> self, parameters values, ack answer) {
    if constexpr (std::is_same_v<returned, task<void>>) {
      auto work = std::apply(self->callable_, std::move(values));
      if (!work.valid()) throw_empty_task();
      co_await std::move(work);
      if (!answer) co_return;
      auto answered = answer();
      co_await std::move(answered);
    } else if constexpr (is_task<returned>) {
      auto work = std::apply(self->callable_, std::move(values));
      if (!work.valid()) throw_empty_task();
      const value result = co_await std::move(work);
      auto answered = send_result(answer, result);
      co_await std::move(answered);
    } else if constexpr (std::is_void_v<returned>) {
      std::apply(self->callable_, std::move(values));
    } else {
      const value result = std::apply(self->callable_, std::move(values));
      auto answered = send_result(answer, result);
      co_await std::move(answered);
    }
  }

  [[no_unique_address]] F callable_;
};

// ---------------------------------------------------------------- checks

// The parameters of a handler that are read from arguments: all but the acknowledgement at the end.
template <class... P>
consteval auto read_parameters(std::type_identity<std::tuple<P...>>) {
  return boost::mp11::mp_remove_if<boost::mp11::mp_list<P...>, is_ack>();
}
template <class... P>
consteval bool has_early_ack(std::type_identity<std::tuple<P...>>) {
  std::size_t place = 0;
  return ((++place < sizeof...(P) && is_ack<P>::value) || ...);
}

// The reason why a callable is no handler.
enum class obstacle : std::uint8_t { none, member_function, no_callable, hidden, bound, early_ack, changes };

template <class F>
consteval obstacle find_obstacle() {
  if constexpr (std::is_member_function_pointer_v<F>) {
    return obstacle::member_function;
  } else if constexpr (has_signature<F>) {
    if (signature<F>::changes_arguments) return obstacle::changes;
    return has_early_ack(std::type_identity<typename signature<F>::parameters>()) ? obstacle::early_ack
                                                                                  : obstacle::none;
  } else if constexpr (!std::is_class_v<F>) {
    return obstacle::no_callable;
  } else if constexpr (is_bound<F>) {
    constexpr bool called =
        std::is_invocable_v<F&, arguments, ack> || std::is_invocable_v<F&, arguments> || std::is_invocable_v<F&>;
    return called ? obstacle::none : obstacle::bound;
  } else {
    return obstacle::hidden;
  }
}

// Does not compile. The compiler prints the type of the callable with the sentence.
template <class F, obstacle Why>
struct no_handler {
  static_assert(Why != obstacle::member_function,
                "cosio: a member function needs its object: write cosio::method(&type::function, object)");
  static_assert(Why != obstacle::no_callable,
                "cosio: a handler is a lambda, a function, a std::function or cosio::method(&type::function, object)");
  static_assert(Why != obstacle::hidden,
                "cosio: a handler says the types of its parameters: it is no generic lambda, and has one operator(). "
                "Write the type in place of auto, or cosio::arguments for all arguments");
  static_assert(Why != obstacle::bound,
                "cosio: the parameters of this callable cannot be seen (std::bind), and it does not take "
                "cosio::arguments: write a lambda with typed parameters, or cosio::method(&type::function, object)");
  static_assert(Why != obstacle::early_ack, "cosio: cosio::ack is the last parameter of a handler");
  static_assert(Why != obstacle::changes,
                "cosio: a parameter of a handler is a value or a const reference, no other reference: nobody would see "
                "the change");
};

template <role Role, class T>
struct flaw_in_list;
template <role Role, class... T>
struct flaw_in_list<Role, boost::mp11::mp_list<T...>> {
  using type = first_flaw<Role, T...>;
};
// The values of an acknowledgement: none, one, or those of a std::tuple.
template <class T>
struct acknowledged_with {
  using type = boost::mp11::mp_list<std::remove_cvref_t<T>>;
};
template <class T>
  requires std::is_void_v<T>
struct acknowledged_with<T> {
  using type = boost::mp11::mp_list<>;
};
template <class... T>
struct acknowledged_with<std::tuple<T...>> {
  using type = boost::mp11::mp_list<std::remove_cvref_t<T>...>;
};

/// Whether a callable can be a handler of events. Does not compile when it cannot, and says why.
template <class F>
consteval bool check_listener() {
  constexpr obstacle why = find_obstacle<F>();
  if constexpr (why != obstacle::none) {
    static_cast<void>(no_handler<F, why>());
    return false;
  } else {
    using traits = signature_of<F>;
    using taken = decltype(read_parameters(std::type_identity<typename traits::parameters>()));
    using wrong_parameter = typename flaw_in_list<role::parameter, taken>::type;
    using returned = typename acknowledged_with<typename task_value<typename traits::result>::type>::type;
    using wrong_result = typename flaw_in_list<role::result, returned>::type;
    if constexpr (wrong_parameter::why != flaw::none) {
      static_cast<void>(no_argument<typename wrong_parameter::type, wrong_parameter::why, role::parameter>());
    } else if constexpr (wrong_result::why != flaw::none) {
      static_cast<void>(no_argument<typename wrong_result::type, wrong_result::why, role::result>());
    }
    return wrong_parameter::why == flaw::none && wrong_result::why == flaw::none;
  }
}

/// Makes the listener of a callable, which is moved or copied into it.
template <class F>
listener_ptr make_listener(F&& callable) {
  using type = std::decay_t<F>;
  if constexpr (check_listener<type>()) {
    return listener_ptr(new typed_listener<type>(std::forward<F>(callable)));
  } else {
    return {};
  }
}

// A coroutine whose frame owns the plain function that it calls.
template <class F, class... Args>
task<> run_plain(std::shared_ptr<F> callable, Args... args) {
  std::invoke(*callable, std::move(args)...);
  co_return;
}

// Whether a coroutine may refer to arguments that are not its own.
template <class F>
constexpr bool may_take_references() {
  if constexpr (has_signature<F>) {
    return signature<F>::takes_references;
  } else {
    return true;
  }
}

/// Whether a callable can be called with `Args`. Does not compile when it cannot, and says which parameters it has.
template <class F, class... Args>
consteval bool check_told() {
  constexpr bool fits = std::is_invocable_v<F&, Args...>;
  if constexpr (fits) {
    using result = std::invoke_result_t<F&, Args...>;
    static_assert(!must_be_awaited<result> || is_task<result>, "cosio: a coroutine as a handler returns cosio::task<>");
  }
  using told = void(Args...);
  constexpr bool is_typed = !fits && std::is_same_v<told, void(socket)> && takes_typed_socket<F>;
  static_assert(!is_typed,
                "cosio: this server or namespace has no contract, so a handler of on_connection() takes cosio::socket; "
                "for a cosio::typed_socket write cosio::typed_nsp<contract>(io.sockets()).on_connection(...)");
  static_assert(
      fits || is_typed || !std::is_same_v<told, void(socket)>,
      "cosio: a handler of on_connection() takes cosio::socket by value, and returns nothing or cosio::task<>");
  static_assert(fits || !std::is_same_v<told, void(reason)>,
                "cosio: a handler of on_disconnect() or on_disconnecting() takes cosio::reason by value, and returns "
                "nothing or cosio::task<>");
  static_assert(fits || !std::is_same_v<told, void(socket_error)>,
                "cosio: a handler of on_error() of a socket takes cosio::socket_error by value, and returns nothing or "
                "cosio::task<>");
  static_assert(
      fits || !std::is_same_v<told, void(std::string, arguments)>,
      "cosio: a catch-all handler takes std::string and cosio::arguments by value (and in on_any() cosio::ack, "
      "if it answers), and returns nothing or cosio::task<>");
  static_assert(fits || !std::is_same_v<told, void(message)>,
                "cosio: a handler of on_message() takes cosio::message by value, and returns nothing or "
                "cosio::task<>");
  return fits;
}

/// Wraps a callable that takes `Args` as a function that returns task<>. A coroutine is taken as it is. If it takes
/// references, a frame around it owns the arguments; if it cannot be copied, it is shared. A result is ignored. A
/// plain function runs when the task is awaited, and its exception leaves the task, as with coroutines.
///
/// The caller must keep the returned function until the task has ended. The task is that of the application: the caller
/// awaits checked(task).
template <class... Args, class F>
std::function<task<>(Args...)> make_handler(F&& callable) {
  using type = std::decay_t<F>;
  if constexpr (!check_told<type, Args...>()) {
    return {};
  } else if constexpr (std::is_same_v<std::invoke_result_t<type&, Args...>, task<>> && !may_take_references<type>() &&
                       std::is_copy_constructible_v<type>) {
    return std::function<task<>(Args...)>(std::forward<F>(callable));
  } else if constexpr (is_task<std::invoke_result_t<type&, Args...>>) {
    auto kept = std::make_shared<type>(std::forward<F>(callable));
    return [kept](Args... args) -> task<> { return run_hook<type, Args...>(kept, std::move(args)...); };
  } else {
    auto kept = std::make_shared<type>(std::forward<F>(callable));
    return [kept](Args... args) -> task<> { return run_plain<type, Args...>(kept, std::move(args)...); };
  }
}

/// The parameter of a function that takes a handler of `Args` in any form: see make_handler().
template <class... Args>
class handler {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, handler>)
  handler(F&& callable) : function_(make_handler<Args...>(std::forward<F>(callable))) {}

  /// Gives the function away.
  std::function<task<>(Args...)> release() && noexcept { return std::move(function_); }

 private:
  std::function<task<>(Args...)> function_;
};

}  // namespace detail
}  // namespace cosio::inline v0_2
