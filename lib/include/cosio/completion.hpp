// Operations for callers that are no coroutines: the async_ functions of server, nsp, parent_nsp, socket, their
// operators, remote_socket, engine_session and engine_server.
//
//   std::future<cosio::report> sent = io.async_emit(boost::asio::use_future, "news", 1);
//   user.async_emit_with_ack<int>([](std::exception_ptr e, int age) { … }, "your age?");
//
// Every function async_x(token, …) does what x(…) does, and its token says how the caller learns of the end. A token is
// any of Asio's: use_future, deferred, detached, use_awaitable, a callback of (std::exception_ptr) or
// (std::exception_ptr, T), or one of these with bind_executor, bind_cancellation_slot and the like around it.
//
// Arguments     are encoded before the call returns, as those of x().
// Start         on the strand of the client for a socket and a session, on a strand of its own for each call of an
//               engine_server, else on a strand of the namespace, or of the parent of namespaces. So events that one
//               thread emits through one socket, or through one namespace (or parent) and its operators, are sent in
//               that order. Coroutines that await emit() themselves are not in this order.
// Handles       may be destroyed before the end.
// Completion    on the associated executor of the handler, never inside of the call. Without one it is called on the
//               strand. The first argument is null, or the exception that x() throws.
// Exceptions    of a callback leave run() of the io_context that calls it. run() of a server or an http::app logs them.
// Cancellation  by the slot of the handler, as x() says. The type must be `terminal`. Any thread may emit the signal.
// The end       When the io_context ends before the operation, the handler is destroyed and not called: a future then
//               throws std::future_error.

#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/consign.hpp>

#include <cosio/task.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2::detail {

/// The strand on which an operation of a handle starts. It keeps the object of the handle: a strand must not outlive
/// its io_context, but a deferred operation may wait for long before it starts.
class starting_place {
 public:
  using finder = boost::asio::any_io_executor (*)(void* of);
  /// @param find  Returns an empty executor when the io_context of the object has ended.
  starting_place(std::shared_ptr<void> of, finder find) noexcept : of_(std::move(of)), find_(find) {}

  /// The strand. When its io_context has ended, operations find nobody, and end at once: then any thread will do.
  boost::asio::any_io_executor executor() const;

 private:
  std::shared_ptr<void> of_;
  finder find_;
};

// Passes a cancellation on to the strand. The handler of the operation owns it.
class stopper {
 public:
  explicit stopper(boost::asio::any_io_executor on) : on_(std::move(on)) {}
  boost::asio::cancellation_slot slot() noexcept { return signal_.slot(); }
  static void stop(std::shared_ptr<stopper> self, boost::asio::cancellation_type type);

 private:
  boost::asio::any_io_executor on_;
  boost::asio::cancellation_signal signal_;
};

// Asio calls it when the operation is to begin: at once, or later if the token is `deferred`.
class start_task {
 public:
  explicit start_task(starting_place where) noexcept : where_(std::move(where)) {}
  template <class Handler, class T>
  void operator()(Handler&& handler, task<T> work) const {
    namespace asio = boost::asio;
    const auto on = where_.executor();
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (!slot.is_connected()) return asio::co_spawn(on, std::move(work), std::forward<Handler>(handler));
    const auto stop = std::make_shared<stopper>(on);
    slot.assign([weak = std::weak_ptr<stopper>(stop)](asio::cancellation_type type) {
      if (auto alive = weak.lock()) stopper::stop(std::move(alive), type);
    });
    auto owning = asio::consign(std::forward<Handler>(handler), stop);
    asio::co_spawn(on, std::move(work), asio::bind_cancellation_slot(stop->slot(), std::move(owning)));
  }

 private:
  starting_place where_;
};

// The signature of the completion of an operation with the result T.
template <class T>
struct completion_of {
  using type = void(std::exception_ptr, T);
};
template <>
struct completion_of<void> {
  using type = void(std::exception_ptr);
};

// Whether a token can complete an operation with the result T.
#ifdef BOOST_ASIO_HAS_CONCEPTS
template <class T, class Token>
inline constexpr bool completes = boost::asio::completion_token_for<Token, typename completion_of<T>::type>;
#else
template <class T, class Token>
inline constexpr bool completes = true;
#endif

/// The same. Does not compile when the token cannot, and says what to pass.
template <class T, class Token>
consteval bool check_token() {
  constexpr bool fits = completes<T, Token>;
  static_assert(fits || !std::is_void_v<T>,
                "cosio: an async_ function begins with a completion token; as one, a callback takes the exception: "
                "[](std::exception_ptr failed) {...}");
  static_assert(fits || std::is_void_v<T>,
                "cosio: an async_ function begins with a completion token; as one, a callback takes the exception and "
                "the result: [](std::exception_ptr failed, auto result) {...}");
  return fits;
}

/// Starts `work` there, and completes as `token` says.
template <class T, class Token>
auto start_with(Token&& token, starting_place where, task<T> work) {
  if constexpr (check_token<T, Token>()) {
    return boost::asio::async_initiate<Token, typename completion_of<T>::type>(start_task(std::move(where)), token,
                                                                               std::move(work));
  }
}

}  // namespace cosio::inline v0_2::detail
