// What answers the requests under a path: the engine, as the door sees it.
//
//   way in    http/connection -> http/router -> service::answer() or service::upgrade() -> engine

#pragma once
#include <cosio/error.hpp>
#include <cosio/http.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/strand.hpp"
#include "async/stream.hpp"

namespace cosio::http {

/// A connection that leaves HTTP: the stream, and what was read beyond the request.
struct upgraded_stream {
  std::unique_ptr<async::stream> stream;
  std::string leftover;
};

/// One request whose head has been read, being answered. On its connection's strand, except where said otherwise.
class exchange {
 public:
  virtual ~exchange() = default;

  /// Head only: its body is empty.
  virtual const request& head() const noexcept = 0;

  /// Reads the body, once.
  /// @return the bytes; or errc::payload_too_large (from Content-Length before a byte is read, or while reading; the rest is discarded
  ///         or the connection closed after the answer), errc::bad_request, errc::timed_out, errc::connection_closed.
  virtual task<result<std::string>> body(std::size_t max_bytes) = 0;

  /// The body, if all of it is there: as body() would return it, which is not to be called then. Nothing when it has to be waited for.
  virtual std::optional<result<std::string>> body_at_hand(std::size_t max_bytes) = 0;

  /// Calls `gone` once, on the connection's strand, if the connection ends before the answer has been handed over. Replaces the one before;
  /// an empty function takes it away. `gone` is dropped when the answer is there.
  virtual void on_abort(std::function<void()> gone) = 0;

  /// Ends the TCP connection without an answer: what answer() returns afterwards is dropped. Any thread.
  virtual void destroy() = 0;

  /// Only in upgrade(): takes the connection out of HTTP. Nothing has been written to it yet.
  virtual upgraded_stream take_stream() = 0;

  virtual async::strand strand() const = 0;
};

class service {
 public:
  virtual ~service() = default;

  /// Whether requests with this raw target (path and query) are ours: a byte prefix, nothing decoded.
  virtual bool owns(std::string_view target) const noexcept = 0;

  /// Whether the answer may be held back for long (a poll): the connection then goes on reading, so that it sees the client leave and
  /// handles requests that were pipelined behind it; answers still go out in order.
  virtual bool may_hold(const request& head) const noexcept = 0;

  /// Answers; runs on the connection's strand. An exception is logged and answered with 500.
  virtual task<response> answer(std::shared_ptr<exchange> x) = 0;

  /// An HTTP/1.1 request with `Connection: upgrade`. Takes the stream, or returns a refusal after which the connection is closed.
  virtual task<std::optional<response>> upgrade(std::shared_ptr<exchange> x) = 0;

  /// The application closes: no new work, end what is held.
  virtual void closing() = 0;

  /// How long an Upgrade request that no service owns may stay open without an answer: milliseconds::max() for as long as its client likes,
  /// nothing for a service that does not care.
  virtual std::optional<std::chrono::milliseconds> foreign_upgrade_time() const noexcept { return std::nullopt; }

  /// The application listens again.
  virtual void opening() {}
};

/// 500 for what service::answer() threw, which is logged.
response answer_to(const std::exception_ptr& thrown);
/// service::answer(), and answer_to() what it throws.
task<response> answer_of(std::shared_ptr<service> owner, std::shared_ptr<exchange> x);

}  // namespace cosio::http
