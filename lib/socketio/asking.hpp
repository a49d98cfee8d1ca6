// Emitting and awaiting the answer: from one socket, or from many.

#pragma once
#include <cosio/broadcast_operator.hpp>
#include <cosio/convert.hpp>
#include <cosio/task.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadlines.hpp"
#include "async/suspension.hpp"
#include "socketio/acks.hpp"

namespace cosio::inline v0_2::socketio {

class nsp_core;
class socket_core;

/// The answer that one coroutine waits for. Any thread.
class pending_answer final : public answer_sink, public async::deadline {
 public:
  void suspended(std::shared_ptr<async::suspension> waiting);
  void answered(arguments answer) override;
  void gone() override;
  void on_deadline() noexcept override;
  /// Too many acknowledgements of this client are awaited.
  void refused();
  /// The event was volatile, and was not sent.
  void dropped();

  /// The answer, after the wait has ended.
  /// @param verb  For the message of an error: "was answered" or "came".
  /// @throws error errc::timed_out, errc::disconnected, errc::dropped, errc::limit_reached; system_error when the wait
  ///         was cancelled.
  arguments take(boost::system::error_code ended_with, std::string_view event, std::string_view verb);

 private:
  std::shared_ptr<async::suspension> waiting_;
  arguments answer_;
};

/// Emits to one socket and waits for its answer.
task<arguments> ask(std::shared_ptr<socket_core> to, emit_flags flags, std::string event, event_data data);

/// Emits to many and waits for all their answers, until flags.timeout.
task<answers> ask_all(std::shared_ptr<nsp_core> nsp, target to, std::string event, event_data data);

}  // namespace cosio::inline v0_2::socketio
