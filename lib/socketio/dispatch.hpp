// The order of events: the events of one client, from the packet to the listeners.
//
//   flow   must_wait()        no room for handlers, or others wait: the event is held (hold(), take_held())
//          take()             an event is handled; its namespace may want one at a time: then it waits for its turn
//          let_pass()         a handler waits for this event by once(): it passes all that wait
//          handle()           catch-alls start; packet middleware runs, one next() after the other
//          refuse_event()     a middleware kept the event from its listeners: the client is told
//          start_listeners()  finds the listeners by the event's name; each makes its coroutine
//          handler_queue      runs the coroutines in order, so many at once
//          on_failure()       a handler threw: on_error is told, and perhaps the client
//
// On the client's strand.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/ack.hpp>
#include <cosio/binary.hpp>
#include <cosio/fwd.hpp>
#include <cosio/listener.hpp>
#include <cosio/middleware.hpp>
#include <cosio/options.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counters.hpp"
#include "engine/handler_queue.hpp"
#include "socketio/held_events.hpp"

namespace cosio::inline v0_2::socketio {

using engine::handler_queue;

class answer_at_end;
class socket_core;

class dispatch {
 public:
  /// @param of        The client. Its keep_handlers() keeps this object, too.
  /// @param limits    See handler_queue.
  dispatch(handler_queue::owner& of, const engine_options& limits, base::counters& counters) noexcept
      : handlers_(of, limits, counters) {}

  /// All handlers of the client run here: also those of connections and CONNECT.
  handler_queue& handlers() noexcept { return handlers_; }
  const handler_queue& handlers() const noexcept { return handlers_; }
  /// Whether what comes now must be held, behind what came before. The handlers' owner is told of room later.
  bool must_wait() const noexcept { return !handlers_.has_room() || (held_ && !held_->line_is_empty()); }
  /// Holds a packet that must wait, in memory of its own. An event that a handler waits for passes.
  void hold(std::string nsp, const received_event& event);
  /// The next packet that was held, if there is room for its handlers.
  std::optional<held_packet> take_held();
  /// The memory of all that is held.
  std::size_t held_bytes() const noexcept { return held_ ? held_->bytes() : 0; }
  /// An event has come, and need not wait for others. @throws what a conversion of the application's throws, and
  /// std::bad_alloc.
  void take(received_event event);
  /// A handler waits for an event: one that is held is given to it, a moment later.
  void on_awaited(const std::shared_ptr<socket_core>& by, std::string event);
  /// The socket leaves: its events that wait are dropped.
  void drop_events(const std::shared_ptr<socket_core>& of);
  /// The client leaves: all that wait are dropped.
  void drop_held() noexcept {
    const auto gone = std::exchange(held_, nullptr);  // out of the member first: destructors may look at it
  }
  /// From time to time: gives back what is kept for clients that send events.
  void rest();
  /// The strand is gone: no handler is started any more. Events that wait are dropped.
  void forsake() noexcept;

 private:
  using running_event = handler_queue::running_event;

  // The arguments of an event, in one of two forms: see detail::event_view.
  struct argument_view {
    const boost::json::value* values = nullptr;
    std::size_t count = 0;
    const std::vector<binary>& attachments;
    detail::parsed_elements parsed{};
  };
  static argument_view arguments_in(const received_event& event);
  static argument_view arguments_in(const arguments& list);
  static arguments copy_of(const argument_view& of);

  std::shared_ptr<dispatch> self() { return {handlers_.keep(), this}; }
  void handle(const received_event& event, const std::shared_ptr<running_event>& of);
  void refuse_event(const std::shared_ptr<socket_core>& socket, const packet& event, const std::exception_ptr& thrown);
  void send_refusal(const ack& answer, const refusal& told);
  static bool answers_failure(const socket_core& socket, const ack& answer);
  void answer_failure(const socket_core& socket, const ack& answer, const std::exception_ptr& thrown);
  void answer_kept_failure(const socket_core& socket, answer_at_end& at_end);
  void answer_last(answer_at_end& at_end, const std::shared_ptr<running_event>& of);
  // One event for its listeners. It refers to objects of the caller, and does not keep them.
  struct event_call {
    const std::shared_ptr<socket_core>& socket;
    const std::string& event;
    const argument_view& values;
    const ack& answer;
    const std::shared_ptr<running_event>& of;  // null unless somebody waits for the end of the event
    std::size_t bytes;                         // of the event, while its handlers run
    std::shared_ptr<answer_at_end> at_end{};   // set where a catch-all or packet middleware may answer
    bool is_awaited = false;                   // `of` is of await_handlers(), for at_end
    bool is_in_chain = false;                  // packet middleware settles at_end
  };
  void intercept(const event_call& call);
  void start_middlewares(const event_call& call, arguments args);
  static task<> run_middlewares(std::shared_ptr<dispatch> self, std::shared_ptr<socket_core> socket,
                                std::shared_ptr<packet> event, std::shared_ptr<bool> let_in, const event_call& call);
  static task<> settle_behind(std::shared_ptr<dispatch> self, std::shared_ptr<socket_core> socket, task<> chain,
                              std::shared_ptr<answer_at_end> at_end);
  void start_listeners(const event_call& call);
  // The things that the handlers of one event share.
  struct handlers_of_event;
  std::shared_ptr<running_event> await_handlers(const std::shared_ptr<socket_core>& socket,
                                                const std::shared_ptr<answer_at_end>& at_end,
                                                const std::shared_ptr<running_event>& of);
  void start_listener(const detail::listener_ptr& listener, handlers_of_event& all);
  handler_queue::on_failure on_failure(const detail::listener_ptr& listener, const handlers_of_event& all);
  void answer_misfit(const handlers_of_event& all, const std::string& problem);
  void settle_misfits(const handlers_of_event& all);

  held_events& held();
  void let_pass(const std::shared_ptr<socket_core>& socket, const std::string& event);
  void pass(const received_event& event);
  bool run_turn(const received_event& event);
  void start_next(const std::shared_ptr<socket_core>& socket);

  handler_queue handlers_;
  std::unique_ptr<held_events> held_;  // null for most clients
};

}  // namespace cosio::inline v0_2::socketio
