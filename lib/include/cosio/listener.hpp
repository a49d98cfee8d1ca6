// A typed callable becomes a listener; and the handle that removes it.

#pragma once
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

/// Removes what on(), once() or use() registered. Copyable; dropping it removes nothing.
class listener_handle {
 public:
  listener_handle() = default;
  explicit listener_handle(std::function<void()> remove) : remove_(std::make_shared<std::function<void()>>(std::move(remove))) {}

  /// Removes the listener; a handler of it that runs finishes. Idempotent. Any thread.
  void remove() const {
    if (remove_ && *remove_) (*remove_)();
  }

 private:
  std::shared_ptr<std::function<void()>> remove_;
};

namespace detail {

/// An event being dispatched. Only valid while listener_base::start() runs: a listener takes what it needs by value.
struct event_view {
  std::string_view event;
  const boost::json::value* values = nullptr;  // the arguments, without the event's name
  std::size_t count = 0;
  const std::vector<binary>& attachments;
  const ack& answer;
};

/// A registered callable. It lives as long as any of its coroutines: start() keeps a shared_ptr to itself in the coroutine.
class listener_base : public std::enable_shared_from_this<listener_base> {
 public:
  virtual ~listener_base() = default;

  /// Converts the arguments now and returns the coroutine to run. When they do not fit: an invalid task, and `problem` says why.
  virtual task<> start(const event_view& event, std::string& problem) = 0;
};

// ---------------------------------------------------------------- what a callable takes and returns

template <class F>
struct signature : signature<decltype(&F::operator())> {};
template <class R, class... P>
struct signature<R (*)(P...)> {
  using result = R;
  using parameters = std::tuple<std::decay_t<P>...>;
};
template <class R, class C, class... P>
struct signature<R (C::*)(P...)> : signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct signature<R (C::*)(P...) const> : signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct signature<R (C::*)(P...) noexcept> : signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct signature<R (C::*)(P...) const noexcept> : signature<R (*)(P...)> {};

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
  if constexpr (std::is_same_v<T, ack>) {
    out = event.answer;
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
  using traits = signature<F>;
  using parameters = typename traits::parameters;
  using returned = typename traits::result;
  using value = typename task_value<returned>::type;

 public:
  explicit typed_listener(F callable) : callable_(std::move(callable)) {}

  task<> start(const event_view& event, std::string& problem) override {
    parameters values;
    if (!read_all(event, values, problem, std::make_index_sequence<std::tuple_size_v<parameters>>())) return {};
    return run(std::static_pointer_cast<typed_listener>(this->shared_from_this()), std::move(values), event.answer);
  }

 private:
  template <std::size_t... I>
  static bool read_all(const event_view& event, parameters& values, std::string& problem, std::index_sequence<I...>) {
    return (read_parameter<std::tuple_element_t<I, parameters>, I>(event, std::get<I>(values), problem) && ...);
  }

  static task<> run(std::shared_ptr<typed_listener> self, parameters values, ack answer) {
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

  F callable_;
};

template <class F>
std::shared_ptr<listener_base> make_listener(F&& callable) {
  using type = std::decay_t<F>;
  if constexpr (std::is_pointer_v<type>) {
    return std::make_shared<typed_listener<std::function<std::remove_pointer_t<type>>>>(std::forward<F>(callable));
  } else {
    return std::make_shared<typed_listener<type>>(std::forward<F>(callable));
  }
}

}  // namespace detail
}  // namespace cosio
