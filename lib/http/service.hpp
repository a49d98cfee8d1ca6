// The interface of everything that answers requests under a path. The engine is a service.
//
//   way in    http/connection -> http/router -> service::answer() or service::upgrade() -> engine

#pragma once
#include <cosio/error.hpp>
#include <cosio/http.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/strand.hpp"
#include "async/stream.hpp"

namespace cosio::inline v0_2::http {

/// The stream of a connection that leaves HTTP, and the bytes that were read beyond the request.
struct upgraded_stream {
  std::unique_ptr<async::stream> stream;
  std::string leftover;
};

/// The status that refuses a request, for an error of exchange::body().
constexpr unsigned status_of_body(errc wrong) noexcept {
  return wrong == errc::payload_too_large ? 413 : wrong == errc::timed_out ? 408 : 400;
}

/// The later answer to a request that a service has taken over. See service::take_over().
class taken_request {
 public:
  virtual ~taken_request() = default;

  struct made {
    response answer;
    /// More lines of its head, each with its line end. They must live for ever.
    std::string_view fields = {};
  };
  /// Makes the answer, once. On the connection's strand. An exception is logged and answered with 500.
  virtual made make_answer() = 0;
};

/// Somebody who bounds the bytes of bodies that are read. See exchange::watch_body().
class body_watch {
 public:
  virtual ~body_watch() = default;
  /// Bytes of a body have come. On the connection's strand.
  /// @param bytes  All that came of it so far.
  /// @return false: nobody needs the body any more.
  virtual bool came(std::size_t bytes) = 0;
};

/// One request whose head has been read and that is being answered. On its connection's strand, except where
/// said otherwise.
class exchange {
 public:
  virtual ~exchange() = default;

  /// The head of the request. The body is not in it.
  virtual const request& head() const noexcept = 0;

  /// Reads the body, once.
  /// @return the bytes; or errc::payload_too_large, errc::bad_request, errc::timed_out, errc::connection_closed.
  ///         payload_too_large comes from Content-Length before a byte is read, or while reading. The rest of the body
  ///         is then discarded, or the connection is closed after the answer.
  virtual task<result<std::string>> body(std::size_t max_bytes) = 0;

  /// The result that body() would return, if the whole body is there; body() must not be called then. Nothing when the
  /// body must be waited for.
  virtual std::optional<result<std::string>> body_at_hand(std::size_t max_bytes) = 0;

  /// Has body() call `by` each time that bytes have come and more must be waited for. When that returns false, body()
  /// drops them, and returns errc::connection_closed. Before body(). Without effect where the whole body is there.
  virtual void watch_body(std::weak_ptr<body_watch> by) { static_cast<void>(by); }

  /// Calls `gone` once, on the connection's strand, if the connection ends before the answer has been handed over.
  /// Replaces the function that was set before; an empty function removes it. `gone` is destroyed when there is
  /// an answer.
  virtual void on_abort(std::function<void()> gone) = 0;

  /// Aborts the TCP connection without an answer: the result of answer() is dropped. Any thread.
  virtual void abort() = 0;

  /// Nobody needs the body any more. If body() waits for bytes, it returns errc::connection_closed soon, and drops
  /// those that came; the request is to be answered all the same. Else without effect. Any thread.
  virtual void drop_body() = 0;

  /// Answers a request that service::take_over() has taken, once. Any thread: `by` is asked on the connection's strand,
  /// before this returns if nothing runs there. Without memory for that, the connection ends.
  ///
  /// Only exchanges of connections have it: no other is given to service::take_over().
  virtual void finish(std::shared_ptr<taken_request> by) noexcept;

  /// Takes the connection out of HTTP. Only in upgrade(), before anything was written to it.
  virtual upgraded_stream take_stream() = 0;

  virtual async::strand strand() const = 0;
};

/// @par Threads  answer() and upgrade() run on the connection's strand, all others on any thread.
class service {
 public:
  virtual ~service() = default;

  /// Whether this service owns requests with this raw target (path and query). Compares a prefix; decodes nothing.
  virtual bool owns(std::string_view target) const noexcept = 0;

  /// Whether the answer may be held back for long (a poll). The connection then continues to read: it sees when the
  /// client leaves, and handles requests that were pipelined behind it. Answers are still sent in order.
  virtual bool may_hold(const request& head) const = 0;

  /// Whether a service has taken a request over.
  enum class taking {
    no,       // answer() is to be called
    held,     // as may_hold(): the connection continues to read
    in_turn,  // the connection reads the next request behind the answer
  };
  /// Called in front of answer(), so that an ordinary request costs no coroutine. A service that takes the request over
  /// calls exchange::finish(), now or later. It takes only what is there as a whole: body_at_hand() gave it the body.
  /// One that does not take it may have asked body_at_hand(), if that gave nothing, or an error.
  ///
  /// Runs on the connection's strand, at a place where the connection is in order: other strands may be entered, which
  /// may call functions of this exchange. May throw before it has taken the request, which is logged and answered
  /// with 500.
  virtual taking take_over(const std::shared_ptr<exchange>&) { return taking::no; }

  /// Answers; runs on the connection's strand. An exception is logged and answered with 500.
  virtual task<response> answer(std::shared_ptr<exchange> x) = 0;

  /// Handles an HTTP/1.1 request with `Connection: upgrade`. Takes the stream, or returns a refusal; the connection is
  /// closed after a refusal.
  virtual task<std::optional<response>> upgrade(std::shared_ptr<exchange> x) = 0;

  /// Called when the application closes: the service accepts no new work, and ends the requests that it holds.
  virtual void closing() = 0;

  /// How long an Upgrade request that no service owns may stay open without an answer. milliseconds::max() means as
  /// long as its client likes; nothing means that this service has no wish.
  virtual std::optional<std::chrono::milliseconds> foreign_upgrade_time() const noexcept { return std::nullopt; }

  /// The words for lines of the log about paths: "Socket.IO at /socket.io/". Empty: there is nothing to tell.
  virtual std::string serves() const { return {}; }

  /// Called when the application listens again.
  virtual void opening() {}

  /// Called behind opening(), without a lock: the service may write a line about itself.
  /// @return words for the line about the port: "Socket.IO at /socket.io/". Empty: none.
  virtual std::string introduce() const { return {}; }
};

/// Logs an exception of service::answer(), and returns the answer 500.
response answer_to(const std::exception_ptr& thrown);
/// The same; the log names the request.
response answer_to(const request& asked, const std::exception_ptr& thrown);
/// Calls service::answer(), and answer_to() with the exception that it throws.
task<response> answer_of(std::shared_ptr<service> owner, std::shared_ptr<exchange> x);

}  // namespace cosio::inline v0_2::http
