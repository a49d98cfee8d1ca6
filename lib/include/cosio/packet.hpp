// An event on its way to the listeners, as packet middleware sees it.

#pragma once
#include <cosio/ack.hpp>
#include <cosio/arguments.hpp>

#include <string>
#include <utility>

namespace cosio {

/// One event of a client before its listeners. Middleware may change name and arguments: the listeners see the change.
///
/// @par Threads  The client's strand, as long as the middleware runs.
class packet {
 public:
  packet(std::string event, arguments args, ack answer)
      : event_(std::move(event)), args_(std::move(args)), answer_(std::move(answer)) {}

  const std::string& event() const noexcept { return event_; }
  void event(std::string name) { event_ = std::move(name); }

  const arguments& args() const noexcept { return args_; }
  arguments& args() noexcept { return args_; }

  /// The acknowledgement, when the client asked for one.
  const ack& answer() const noexcept { return answer_; }

 private:
  std::string event_;
  arguments args_;
  ack answer_;
};

}  // namespace cosio
