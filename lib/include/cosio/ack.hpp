// The acknowledgement: the answer to an event, when the client asked for one.
//
// A handler gets an ack as its last parameter, or answers by what it returns. packet::answer() has it for middleware.

#pragma once
#include <cosio/argument_checks.hpp>
#include <cosio/convert.hpp>
#include <cosio/task.hpp>
#include <cosio/temporaries.hpp>

#include <memory>
#include <utility>

namespace cosio::inline v0_2 {

/// Sends the answer to one event.
///
/// A handler gets one whether the client asked or not. Answering a client that did not ask does nothing. The first call
/// answers, later ones do nothing, also those through a copy. An ack may be kept and called long after the handler has
/// ended, also when the socket has left its namespace, as long as the client's session lives.
/// @par Threads  Any. Copies share the one answer.
class ack : public detail::refuses_answers {
 public:
  /// Sends an encoded answer. Implemented by the library, and by tests.
  class sender {
   public:
    virtual ~sender() = default;
    /// @param answer  The JSON array of the values, and their binary. Later calls than the first do nothing.
    virtual task<> send(event_data answer) = 0;
  };

  /// An ack of a client that did not ask.
  ack() = default;
  explicit ack(std::shared_ptr<sender> to) noexcept : to_(std::move(to)) {}

  /// Whether the client asked for an answer. It stays true after the answer was sent.
  explicit operator bool() const noexcept { return to_ != nullptr; }

  /// Answers with these values, which the client gets as the arguments of its callback. They are encoded before this
  /// returns; nothing is sent before the task is awaited.
  ///
  /// @par Completes     when the answer is in the client's outbox, at once when the client is gone. It waits while more
  ///                    than options.high_water_mark bytes are queued for the client.
  /// @par Cancellation  Ends the wait; the answer stays queued.
  template <class... Args>
  task<> operator()(const Args&... args) const {
    return to_ ? to_->send(detail::checked_answer(args...)) : nothing();
  }
  /// Never compiles: it is chosen for a temporary that GCC 12 destroys twice, and says so.
  using detail::refuses_answers::operator();

 private:
  static task<> nothing();

  std::shared_ptr<sender> to_;
};

}  // namespace cosio::inline v0_2
