// Middleware runs before a socket joins a namespace, before an event reaches its listeners, or before a request reaches
// the engine. This header has its awaitable next(), and the exception that refuses.
//
//   nsp.use([](cosio::socket& user, cosio::next go) -> cosio::task<> {
//     if (!is_known(user)) throw cosio::refusal("who are you?", 401);
//     co_await go();  // the rest of the chain, and then the namespace
//   });
//
// Middleware that does nothing behind the rest of the chain needs no next(). It refuses by an exception, and lets in
// when it returns. It is a plain function or a coroutine:
//
//   nsp.use([](cosio::socket& user) {
//     if (!is_known(user)) throw cosio::refusal("who are you?", 401);
//   });

#pragma once
#include <boost/json/value.hpp>

#include <cosio/fwd.hpp>
#include <cosio/hook.hpp>
#include <cosio/json_view.hpp>
#include <cosio/listener.hpp>
#include <cosio/task.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

/// Thrown by middleware to refuse, with words and data for the client.
///
/// From a middleware of a namespace it becomes the client's `connect_error` with `message` and `data`. In protocol 4 it
/// becomes the client's `error`, which carries the data, or the message when there is no data.
/// From a packet middleware it goes to the socket's on_error, and to the client as the answer when the client asked for
/// an acknowledgement (options.answer_refused_events); in protocol 4 also as its `error`.
/// Any other exception refuses, too, but its text is not for the client, which reads `internal error`; with
/// options.explain_refusals the text follows. The log and on_error get the exception.
/// @par Threads  A value.
class refusal : public std::exception {
 public:
  /// @param message  For the client.
  explicit refusal(std::string message) : message_(std::move(message)) {}
  /// @param data  For the client's program: any JSON.
  refusal(std::string message, boost::json::value data)
      : message_(std::move(message)), data_(std::move(data)), has_data_(true) {}
  /// @param data  For the client's program: any type that an event could carry, such as a described struct. Byte
  ///              sequences become arrays of numbers here.
  /// @throws error errc::bad_argument when there is a cosio::binary in it: a refusal carries none.
  template <class T>
    requires(!std::is_convertible_v<const T&, boost::json::value>)
  refusal(std::string message, const T& data) : refusal(std::move(message), detail::to_json(data)) {}

  /// The message.
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  /// The data; null when there is none, or when it is null.
  const boost::json::value& data() const noexcept { return data_; }
  /// Whether data was given, if only null.
  bool has_data() const noexcept { return has_data_; }

 private:
  std::string message_;
  boost::json::value data_;
  bool has_data_ = false;
};

/// The rest of a chain of middleware.
///
/// `co_await next()` runs the later middleware and, at the end, lets the socket, event or request in. The code behind
/// it runs when that has happened; for an event, when its listeners have been started. A middleware that takes a next
/// and returns without a call refuses, with the message `not allowed`; a middleware of an engine answers the request
/// itself then. A second call does nothing, and so does a call after the middleware has returned.
/// @par Threads  The strand of the middleware. Copies share the one call.
class next {
 public:
  explicit next(std::function<task<>()> rest);

  /// @throws the exception of a later middleware. A middleware that swallows it lets nothing in: a socket is refused
  ///         with the message `not allowed`, an event is dropped.
  task<> operator()() const { return run(rest_); }

 private:
  static task<> run(std::shared_ptr<std::function<task<>()>> rest);

  std::shared_ptr<std::function<task<>()>> rest_;
};

namespace detail {

// A coroutine without next(). Owns the callable; the subject outlives it, as it outlives every middleware.
template <class F, class... Subject>
task<> run_guard(std::shared_ptr<F> guard, next go, Subject... subject) {
  auto work = checked(std::invoke(*guard, std::forward<Subject>(subject)...));
  co_await std::move(work);
  auto rest = go();
  co_await std::move(rest);
}

// A coroutine with next() that takes it, or a subject, by reference. Owns what it refers to, and the callable.
template <class F, class... Subject>
task<> run_link(std::shared_ptr<F> link, next go, Subject... subject) {
  auto work = checked(std::invoke(*link, std::forward<Subject>(subject)..., std::move(go)));
  co_await std::move(work);
}

// Whether a coroutine may refer to arguments that are gone when it waits.
template <class F>
constexpr bool may_refer_to_values() {
  if constexpr (has_signature<F>) {
    return signature<F>::refers_to_values;
  } else {
    return true;
  }
}

// The forms of middleware: it calls the rest of the chain itself, or the rest follows when it returns.
enum class middleware_form : std::uint8_t { none, with_next, without_next };

template <class F, class... Subject>
consteval middleware_form find_middleware_form() {
  if constexpr (std::is_invocable_v<F&, Subject..., next>) {
    constexpr bool waits = std::is_invocable_r_v<task<>, F&, Subject..., next>;
    static_assert(waits,
                  "cosio: middleware that takes cosio::next is a coroutine, which returns cosio::task<>; a plain "
                  "function takes no cosio::next: it refuses by throwing, and lets in when it returns");
    return waits ? middleware_form::with_next : middleware_form::none;
  } else if constexpr (std::is_invocable_v<F&, Subject...>) {
    using result = std::invoke_result_t<F&, Subject...>;
    constexpr bool returns_nothing = std::is_void_v<result> || std::is_same_v<result, task<>>;
    static_assert(
        returns_nothing,
        "cosio: middleware without cosio::next returns nothing, or cosio::task<>: it refuses by throwing, and "
        "lets in when it returns");
    return returns_nothing ? middleware_form::without_next : middleware_form::none;
  } else {
    return middleware_form::none;
  }
}

/// The form of a callable as middleware. Does not compile when it has none, and says which there are.
template <class F, class... Subject>
consteval middleware_form check_middleware() {
  using given = void(Subject...);
  constexpr bool fits = std::is_invocable_v<F&, Subject..., next> || std::is_invocable_v<F&, Subject...>;
  static_assert(fits || !std::is_same_v<given, void(socket&)>,
                "cosio: middleware of a namespace takes cosio::socket& (or cosio::socket), and cosio::next if it "
                "calls the rest itself");
  static_assert(fits || !std::is_same_v<given, void(packet&)>,
                "cosio: middleware of a socket takes cosio::packet&, and cosio::next if it calls the rest itself");
  static_assert(fits || sizeof...(Subject) == 1,
                "cosio: middleware of an engine takes cosio::http::request and cosio::http::response&, and cosio::next "
                "if it calls the rest itself");
  return find_middleware_form<F, Subject...>();
}

/// The middleware of a `use()` in any of its forms: a coroutine with next(), a coroutine or a plain function without.
///
/// @tparam Subject  What the middleware is given before the next(): a socket, a packet, a request and its answer.
template <class... Subject>
class middleware {
 public:
  /// The middleware in the form with next(). It must be kept until the task has ended, and the subject as well.
  using function = std::function<task<>(Subject..., next)>;

  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, middleware>)
  middleware(F&& callable) {
    using type = std::decay_t<F>;
    constexpr middleware_form form = check_middleware<type, Subject...>();
    if constexpr (form == middleware_form::with_next) {
      if constexpr (may_refer_to_values<type>()) {
        function_ = link_of(std::make_shared<type>(std::forward<F>(callable)));
      } else {
        function_ = std::forward<F>(callable);
      }
    } else if constexpr (form == middleware_form::without_next) {
      function_ = guard_of(std::make_shared<type>(std::forward<F>(callable)));
    }
  }

  /// For the library: gives the function away.
  function release() && noexcept { return std::move(function_); }

 private:
  template <class F>
  static function link_of(std::shared_ptr<F> link) {
    return [link = std::move(link)](Subject... subject, next go) -> task<> {
      return run_link<F, Subject...>(link, std::move(go), std::forward<Subject>(subject)...);
    };
  }
  template <class F>
  static function guard_of(std::shared_ptr<F> guard) {
    return [guard = std::move(guard)](Subject... subject, next go) -> task<> {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, Subject...>>) {
        std::invoke(*guard, std::forward<Subject>(subject)...);
        return go();
      } else {
        return run_guard<F, Subject...>(guard, std::move(go), std::forward<Subject>(subject)...);
      }
    };
  }

  function function_;
};

}  // namespace detail
}  // namespace cosio::inline v0_2
