// Answering a client's event.

#pragma once
#include <cosio/ack.hpp>
#include <cosio/convert.hpp>
#include <cosio/task.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace cosio::inline v0_2::socketio {

class socket_core;

/// The end of a handler, or its failure, as the answer to an event, while others may still answer: its other handlers,
/// or middleware behind next(). It is sent when they have not. On the client's strand.
class answer_at_end final : public ack::sender {
 public:
  /// @param answer  The acknowledgement of the event.
  explicit answer_at_end(ack answer) noexcept : answer_(std::move(answer)) {}

  /// The handler has ended.
  task<> send(event_data nothing) override;
  /// The handlers of the event have been started. @param is_alone  Whether the end of one of them is the answer.
  void started(bool is_alone) noexcept { is_alone_ = is_alone; }
  /// From now on no middleware answers. @return a task that answers, when a handler has ended; else an invalid one.
  task<> settle();
  bool is_settled() const noexcept { return is_settled_; }

  const ack& answer() const noexcept { return answer_; }
  /// A handler has failed. The first failure is the one that is told.
  void keep_failure(const std::exception_ptr& thrown) noexcept {
    if (!failure_) failure_ = thrown;
  }
  /// All handlers of the event have ended.
  void all_ended() noexcept { have_all_ended_ = true; }
  /// The failure to answer with, once; null when there is none, and while others may still answer.
  std::exception_ptr take_failure() noexcept {
    return is_settled_ && have_all_ended_ ? std::exchange(failure_, nullptr) : nullptr;
  }

 private:
  const ack answer_;
  bool is_alone_ = false;
  bool has_ended_ = false;
  bool is_settled_ = false;
  bool have_all_ended_ = false;
  std::exception_ptr failure_;
};

/// The acknowledgement of one event: sends ACK with this id, once.
ack make_ack(std::shared_ptr<socket_core> to, std::uint64_t id);
/// Queues the ACK with this id, and does not wait for room. Also after the socket has left its namespace, while the
/// session is open: the client may still wait.
void send_ack(socket_core& to, std::uint64_t id, event_data answer);

}  // namespace cosio::inline v0_2::socketio
