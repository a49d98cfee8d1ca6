// Answering: the acknowledgement that a client asked for with an event.

#pragma once
#include <cosio/convert.hpp>
#include <cosio/task.hpp>

#include <memory>
#include <utility>

namespace cosio {

/// The answer to one event. As the last parameter of a handler it is there whether the client asked or not; answering a client that did
/// not ask does nothing. The first call answers, later ones do nothing.
///
/// @par Threads  Any. Copies share the one answer.
class ack {
 public:
  /// Sends an encoded answer. Implemented by the library, and by tests.
  class sender {
   public:
    virtual ~sender() = default;
    virtual task<> send(event_data answer) = 0;
  };

  ack() = default;
  explicit ack(std::shared_ptr<sender> to) noexcept : to_(std::move(to)) {}

  /// Whether the client waits for an answer.
  explicit operator bool() const noexcept { return to_ != nullptr; }

  /// Answers with these arguments. They are encoded before this returns.
  ///
  /// @par Completes  when the answer is in the client's queue, or at once when the client is gone.
  template <class... Args>
  task<> operator()(const Args&... args) const {
    return to_ ? to_->send(detail::encode_answer(args...)) : nothing();
  }

 private:
  static task<> nothing();

  std::shared_ptr<sender> to_;
};

}  // namespace cosio
