// Middleware runs before a socket joins a namespace, before an event reaches its listeners, or before a request reaches
// the engine. This header has its awaitable next(), and the exception that refuses.
//
//   nsp.use([](cosio::socket& user, cosio::next go) -> cosio::task<> {
//     if (!is_known(user)) throw cosio::refusal("who are you?", 401);
//     co_await go();  // the rest of the chain, and then the namespace
//   });

#pragma once
#include <boost/json/value.hpp>

#include <cosio/fwd.hpp>
#include <cosio/json_view.hpp>
#include <cosio/task.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace cosio {

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
/// it runs when that has happened; for an event, when its listeners have been started.
/// A middleware that returns without a call refuses, with the message `not allowed`; a middleware of an engine answers
/// the request itself then. A second call does nothing, and so does a call after the middleware has returned.
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

// Middleware of a socket, or of a packet.
template <class Subject>
using middleware_of = std::function<task<>(Subject&, next)>;

/// Whether a callable can be middleware. Does not compile when it cannot.
template <class Subject, class F>
consteval bool check_middleware() {
  constexpr bool fits = std::is_invocable_r_v<task<>, F&, Subject&, next>;
  static_assert(fits || !std::is_same_v<Subject, socket>,
                "cosio: middleware of a namespace takes cosio::socket& (or cosio::socket) and cosio::next, and returns "
                "cosio::task<>");
  static_assert(fits || !std::is_same_v<Subject, packet>,
                "cosio: middleware of a socket takes cosio::packet& and cosio::next, and returns cosio::task<>");
  return fits;
}

template <class Subject, class F>
middleware_of<Subject> make_middleware(F&& callable) {
  if constexpr (check_middleware<Subject, std::decay_t<F>>()) {
    return middleware_of<Subject>(std::forward<F>(callable));
  } else {
    return {};
  }
}

}  // namespace detail
}  // namespace cosio
