// The events of one client that wait for a handler, in memory of their own.
//
//   the line   events, and CONNECTs between them, wait until there is room for handlers
//   a turn     events of one socket, whose namespace is sequential, wait until its turn before has ended
//
// An event is in one of the two. It is also in the list of its socket, with which it goes, and in the list of its name,
// by which a handler that waits for it finds it. So no step here looks at more events than it takes away.

#pragma once
#include <boost/intrusive/list.hpp>
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text_map.hpp"
#include "engine/handler_queue.hpp"
#include "wire/json_memory.hpp"
#include "wire/json_tokens.hpp"

namespace cosio::inline v0_2::socketio {

class socket_core;

/// An event of a client, as it was read.
struct received_event {
  std::shared_ptr<socket_core> to;
  boost::json::value data;  // the name and the arguments
  std::vector<binary> attachments;
  std::optional<std::uint64_t> id;  // of the acknowledgement that the client wants
  std::size_t bytes = 0;            // on the wire, attachments included
  detail::parsed_list_ptr list{};   // in place of `data`, as it was parsed

  /// The name and the arguments, in either form.
  detail::json_ref json() const noexcept { return list ? list->value() : detail::json_ref(data); }
  /// The memory of the data and the attachments.
  std::size_t memory() const noexcept {
    return list ? list->memory() + wire::memory_of(attachments) : wire::packet_memory(data, attachments);
  }

  /// A copy whose data is not in the memory of a batch of input.
  received_event kept() const {
    return {to, boost::json::value(data, boost::json::storage_ptr()), attachments, id, bytes, list};
  }
};

/// An event, or a CONNECT.
struct held_packet {
  std::string nsp;       // of a CONNECT
  received_event event;  // of a CONNECT: only its data
};

/// On the client's strand.
class held_events {
 public:
  using turn_ptr = std::shared_ptr<engine::handler_queue::running_event>;

  held_events() = default;
  held_events(const held_events&) = delete;
  held_events& operator=(const held_events&) = delete;
  ~held_events();

  /// Appends to the line. @param name  Of the event; empty for a CONNECT.
  void add_to_line(std::string nsp, received_event kept, std::string name);
  /// Appends to the events that wait for the turn of their socket. Only for a socket that has a turn.
  void add_to_turn(received_event kept, std::string name);

  bool line_is_empty() const noexcept { return line_.empty(); }
  bool is_empty() const noexcept { return line_.empty() && sockets_.empty(); }
  /// Takes the first of the line. Events whose socket has a turn go to the events that wait for it.
  std::optional<held_packet> take_first();
  /// Takes the first event with this name that waits for this socket.
  std::optional<received_event> take_named(const socket_core& of, std::string_view name);
  bool has_named(const socket_core& of, std::string_view name) const noexcept;

  /// Handlers wait for this event, and it waits for room.
  void defer(const std::shared_ptr<socket_core>& of, const std::string& name);
  using awaited = std::pair<std::shared_ptr<socket_core>, std::string>;
  std::optional<awaited> take_deferred();

  /// An event is handled, and others of its socket wait for its end.
  void begin_turn(const socket_core& of, turn_ptr running);
  /// The turn that runs; null when there is none.
  turn_ptr turn_of(const socket_core& of) const noexcept;
  /// Takes the next event that waits for the turn of this socket. Without one the turn is over.
  std::optional<received_event> next_of_turn(const socket_core& of);

  /// The socket has left: its events are dropped.
  void drop(const socket_core& of) noexcept;
  /// The memory of all that wait.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  using unlinks_itself = boost::intrusive::link_mode<boost::intrusive::auto_unlink>;
  struct in_order;
  struct in_socket;
  struct in_name;
  using order_hook = boost::intrusive::list_base_hook<unlinks_itself, boost::intrusive::tag<in_order>>;
  using socket_hook = boost::intrusive::list_base_hook<unlinks_itself, boost::intrusive::tag<in_socket>>;
  using name_hook = boost::intrusive::list_base_hook<unlinks_itself, boost::intrusive::tag<in_name>>;

  struct entry : order_hook, socket_hook, name_hook {
    held_packet packet;
    std::string name;
    std::size_t bytes = 0;
  };
  template <class Hook>
  using list_by =
      boost::intrusive::list<entry, boost::intrusive::base_hook<Hook>, boost::intrusive::constant_time_size<false>>;

  struct of_socket {
    list_by<socket_hook> all;
    list_by<order_hook> for_turn;
    base::text_map<list_by<name_hook>> by_name;
    turn_ptr running;
  };

  entry& make(std::string nsp, received_event kept, std::string name);
  held_packet take(entry& one) noexcept;
  of_socket* find(const socket_core& of) noexcept;
  const of_socket* find(const socket_core& of) const noexcept;
  void forget_if_idle(const socket_core& of) noexcept;

  list_by<order_hook> line_;
  std::unordered_map<const socket_core*, of_socket> sockets_;  // those that have events here, or a turn
  std::vector<awaited> deferred_;
  std::size_t bytes_ = 0;
};

}  // namespace cosio::inline v0_2::socketio
