// The order of events: the events of one client, from the packet to the listeners.
//
//   flow   take()             an event has come; its namespace may want one event at a time: then it waits in a queue
//          handle()           catch-alls start; packet middleware runs, one next() after the other
//          refuse_event()     a middleware kept the event from its listeners: the client is told
//          start_listeners()  finds the listeners by the event's name; each makes its coroutine
//          handler_queue      runs the coroutines in order, so many at once
//
// On the client's strand.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/ack.hpp>
#include <cosio/binary.hpp>
#include <cosio/fwd.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "engine/handler_queue.hpp"

namespace cosio::socketio {

using engine::handler_queue;

class socket_core;

/// An event of a client, as it was read.
struct received_event {
  std::shared_ptr<socket_core> to;
  boost::json::value data;  // the name and the arguments
  std::vector<binary> attachments;
  std::optional<std::uint64_t> id;  // of the acknowledgement that the client wants

  /// A copy whose data is not in the memory of a batch of input.
  received_event kept() const { return {to, boost::json::value(data, boost::json::storage_ptr()), attachments, id}; }
};

class dispatch {
 public:
  /// @param of  The client. Its keep_handlers() keeps this object, too.
  dispatch(handler_queue::owner& of, std::size_t max_in_flight, base::counters& counters) noexcept
      : handlers_(of, max_in_flight, counters) {}

  /// All handlers of the client run here: also those of connections and CONNECT.
  handler_queue& handlers() noexcept { return handlers_; }
  /// Whether an event may be taken now. When there is room again, the handlers' owner is told.
  bool has_room() const noexcept {
    return handlers_.has_room() && (!queues_ || queues_->waiting < handlers_.max_in_flight());
  }
  /// An event has come. @throws what a conversion of the application's throws, and std::bad_alloc.
  void take(received_event event);
  /// The socket leaves: its events that wait are dropped.
  void remove_queue(const std::shared_ptr<socket_core>& of);
  /// From time to time: gives back what is kept for clients that send events.
  void rest();
  /// The strand is gone: no handler is started any more. Events that wait are dropped.
  void forsake() noexcept;

 private:
  using running_event = handler_queue::running_event;

  // The events of a socket whose namespace wants one event at a time. There is a queue while an event is handled.
  struct event_queue {
    std::shared_ptr<socket_core> of;
    std::deque<received_event> waiting;
  };
  struct event_queues {
    std::vector<event_queue> of_sockets;
    std::size_t waiting = 0;  // in all of them
  };

  std::shared_ptr<dispatch> self() { return {handlers_.keep(), this}; }
  void handle(const received_event& event, const std::shared_ptr<running_event>& of);
  static task<> run_middlewares(std::shared_ptr<dispatch> self, std::shared_ptr<socket_core> socket,
                                std::shared_ptr<packet> event, std::shared_ptr<bool> let_in,
                                std::weak_ptr<running_event> of);
  static void refuse_event(const std::shared_ptr<socket_core>& socket, const packet& event,
                           const std::exception_ptr& thrown);
  void start_listeners(const std::shared_ptr<socket_core>& socket, const std::string& event,
                       const boost::json::value* values, std::size_t count, const std::vector<binary>& attachments,
                       const ack& answer, const std::shared_ptr<running_event>& of);

  event_queue* queue_of(const std::shared_ptr<socket_core>& socket) noexcept;
  void wait_in_queue(event_queue& at, const received_event& event);
  void handle_in_order(received_event event);
  void start_next(const std::shared_ptr<socket_core>& socket);

  handler_queue handlers_;
  std::unique_ptr<event_queues> queues_;  // null for most clients
};

}  // namespace cosio::socketio
