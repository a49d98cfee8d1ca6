// A typed callable becomes a listener; and the handle that removes it.

#pragma once
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cosio/ack.hpp>
#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>
#include <cosio/task.hpp>

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

namespace cosio {

/// Removes what on(), once(), use() and their like registered. Copyable; dropping it removes nothing. Handles of one registration are equal.
///
/// @par Threads  Any.
class listener_handle {
 public:
  listener_handle() = default;
  /// @param table   Where the registration is kept, and
  /// @param number  its number there.
  listener_handle(std::function<void()> remove, const void* table, std::uint64_t number)
      : remove_(std::make_shared<std::function<void()>>(std::move(remove))), table_(table), number_(number) {}

  /// Removes the registration; a handler of it that runs finishes. Idempotent.
  void remove() const {
    if (remove_ && *remove_) (*remove_)();
  }

  /// False for a handle of nothing.
  explicit operator bool() const noexcept { return number_ != 0; }
  friend bool operator==(const listener_handle& a, const listener_handle& b) noexcept {
    return a.table_ == b.table_ && a.number_ == b.number_;
  }

 private:
  std::shared_ptr<std::function<void()>> remove_;
  const void* table_ = nullptr;
  std::uint64_t number_ = 0;
};

/// The type of stops_with_client.
struct stops_with_client_t {
  explicit stops_with_client_t() = default;
};

/// Given to on(), once() and on_connection(): the handler's coroutine is cancelled when its socket leaves.
///
/// It stops where it waits: what it awaits ends with boost::asio::error::operation_aborted, as does every `co_await` after that, and the
/// exception, which nobody need catch, is no error to anybody. A handler that does not wait runs on to its next `co_await`. Asio's terminal
/// cancellation: whatever Asio operation it awaits (a timer, a stream, a resolver) ends. Without this, a handler runs on after its client has left.
inline constexpr stops_with_client_t stops_with_client{};

/// A member function with its object, as a handler: `user.on("say", cosio::method(&room::say, this_room))`.
///
/// @param object  A pointer or a smart pointer, kept as it is: a shared_ptr keeps its object alive, a raw pointer is yours to outlive.
template <class R, class C, class Object, class... P>
auto method(R (C::*call)(P...), Object object) {
  return [call, object = std::move(object)](P... args) -> R { return ((*object).*call)(std::forward<P>(args)...); };
}
template <class R, class C, class Object, class... P>
auto method(R (C::*call)(P...) const, Object object) {
  return [call, object = std::move(object)](P... args) -> R { return ((*object).*call)(std::forward<P>(args)...); };
}

namespace detail {

/// An event being dispatched. Only valid while listener_base::start() runs: a listener takes what it needs by value.
struct event_view {
  std::string_view event;
  const boost::json::value* values = nullptr;  // the arguments, without the event's name
  std::size_t count = 0;
  const std::vector<binary>& attachments;
  const ack& answer;
};

/// A name, of an event or a namespace, held once for the many who have it. Immutable.
struct held_name : boost::intrusive_ref_counter<held_name> {
  explicit held_name(std::string_view name) : text(name) {}
  const std::string text;
};

/// A registered callable. Every socket has its own listeners, and there are many sockets: what a listener must know of its registration lies in
/// it, which is registered in one place and once, and it counts its owners itself.
class listener_base : public boost::intrusive_ref_counter<listener_base> {
 public:
  virtual ~listener_base() = default;

  /// Converts the arguments now and returns the coroutine to run. When they do not fit: an invalid task, and `problem` says why. Whoever runs the
  /// coroutine keeps the listener until it has ended: what a lambda has captured lives there.
  virtual task<> start(const event_view& event, std::string& problem) = 0;

  /// By which its table knows it; for how long it listens.
  std::uint32_t number : 30 = 0;
  std::uint32_t once : 1 = 0;
  /// Whether its coroutines are cancelled when the socket leaves. Set before it is registered.
  std::uint32_t stops_with_client : 1 = 0;
  boost::intrusive_ptr<const held_name> name;
};
using listener_ptr = boost::intrusive_ptr<listener_base>;

// ---------------------------------------------------------------- what a callable takes and returns

template <class F>
struct signature : signature<decltype(&F::operator())> {};
template <class R, class... P>
struct signature<R (*)(P...)> {
  using result = R;
  using parameters = std::tuple<std::decay_t<P>...>;
  static constexpr bool takes_references = (std::is_reference_v<P> || ...);
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

/// Whether the parameters of a callable can be read off its type.
template <class F>
concept has_signature = std::is_pointer_v<F> || requires { &F::operator(); };

/// std::bind, generic lambdas: they take all arguments, with or without the acknowledgement, or none.
template <class F>
struct opaque_signature {
  using parameters =
      std::conditional_t<std::is_invocable_v<F&, arguments, ack>, std::tuple<arguments, ack>,
                         std::conditional_t<std::is_invocable_v<F&, arguments>, std::tuple<arguments>, std::tuple<>>>;
  static_assert(std::is_invocable_v<F&, arguments, ack> || std::is_invocable_v<F&, arguments> ||
                    std::is_invocable_v<F&>,
                "the parameters of this callable cannot be seen (std::bind, a generic lambda), and it does not take "
                "cosio::arguments: write a lambda "
                "with typed parameters, or cosio::method(&type::function, object)");
  using result = decltype(std::apply(std::declval<F&>(), std::declval<parameters>()));
  static constexpr bool takes_references = true;  // perhaps
};
template <class F>
using signature_of = typename std::conditional_t<has_signature<F>, std::type_identity<signature<F>>,
                                                 std::type_identity<opaque_signature<F>>>::type;

/// A handler of one parameter of exactly this type.
template <class F, class T>
inline constexpr bool takes_only = false;
template <has_signature F, class T>
inline constexpr bool takes_only<F, T> = std::is_same_v<typename signature<F>::parameters, std::tuple<T>>;

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;
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

/// Reads parameter I of a handler from the event; the last one may be the acknowledgement.
template <class T, std::size_t I>
bool read_parameter(const event_view& event, T& out, std::string& problem) {
  if constexpr (std::is_base_of_v<ack, T>) {
    static_cast<ack&>(out) = event.answer;
    return true;
  } else if constexpr (std::is_same_v<T, arguments>) {
    for (std::size_t i = I; i < event.count; ++i) out.values().emplace_back(event.values[i]);
    out.attachments() = event.attachments;
    return true;
  } else {
    static const boost::json::value absent;
    mismatch wrong;
    if (read(I < event.count ? event.values[I] : absent, event.attachments, out, wrong)) return true;
    if (I >= event.count) wrong.got = "missing";
    problem = describe_mismatch(event.event, I, wrong);
    return false;
  }
}

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
    if constexpr (std::is_same_v<returned, task<void>> && !traits::takes_references) {
      return std::apply(callable_, std::move(values));  // the usual case: its coroutine holds all it needs
    } else {
      return run(boost::intrusive_ptr<typed_listener>(this), std::move(values), event.answer);
    }
  }

 private:
  template <std::size_t... I>
  static bool read_all(const event_view& event, parameters& values, std::string& problem, std::index_sequence<I...>) {
    return (read_parameter<std::tuple_element_t<I, parameters>, I>(event, std::get<I>(values), problem) && ...);
  }

  // References of the callable's are to `values`.
  static task<> run(boost::intrusive_ptr<typed_listener> self, parameters values, ack answer) {
    if constexpr (std::is_same_v<returned, task<void>>) {
      auto work = std::apply(self->callable_, std::move(values));
      co_await std::move(work);
    } else if constexpr (is_task<returned>) {
      auto work = std::apply(self->callable_, std::move(values));
      const value result = co_await std::move(work);
      auto answered = send(answer, result);
      co_await std::move(answered);
    } else if constexpr (std::is_void_v<returned>) {
      std::apply(self->callable_, std::move(values));
    } else {
      const value result = std::apply(self->callable_, std::move(values));
      auto answered = send(answer, result);
      co_await std::move(answered);
    }
  }

  // A std::tuple answers with several arguments, anything else with one.
  static task<> send(const ack& answer, const auto& result) {
    if constexpr (is_std_tuple<std::decay_t<decltype(result)>>) {
      return std::apply([&](const auto&... item) { return answer(item...); }, result);
    } else {
      return answer(result);
    }
  }

  [[no_unique_address]] F callable_;
};

template <class F>
listener_ptr make_listener(F&& callable) {
  using type = std::decay_t<F>;
  return listener_ptr(new typed_listener<type>(std::forward<F>(callable)));
}

template <class F, class... Args>
task<> run_plain(std::shared_ptr<F> callable, Args... args) {
  std::invoke(*callable, std::move(args)...);
  co_return;
}

/// A callable that takes `Args` and returns task<> or something else, as one that returns task<>. Plain functions run to their end at once; what
/// they throw leaves the task, as it does with coroutines. Whoever runs the task keeps the function meanwhile.
template <class... Args, class F>
std::function<task<>(Args...)> make_handler(F&& callable) {
  using type = std::decay_t<F>;
  static_assert(std::is_invocable_v<type&, Args...>, "this handler cannot be called with what it is to be told");
  if constexpr (std::is_same_v<std::invoke_result_t<type&, Args...>, task<>>) {
    return std::function<task<>(Args...)>(std::forward<F>(callable));
  } else {
    auto kept = std::make_shared<type>(std::forward<F>(callable));
    return [kept](Args... args) -> task<> { return run_plain<type, Args...>(kept, std::move(args)...); };
  }
}

}  // namespace detail
}  // namespace cosio
