// Several servers that behave as one: the interface between the messages that servers send to each other, and the way
// on which these messages travel.
//
//   const auto make = [](cosio::adapter_host& host) { return std::make_shared<my_wire>(host); };
//   options.adapter = cosio::cluster_adapter(make);
//
// The library has wires of its own: <cosio/redis.hpp> and <cosio/postgres.hpp>. This header is for the author of
// another one: a wire carries messages, and knows nothing of rooms and sockets.
//
//   way out   nsp.to("a").emit(…) -> the cluster adapter -> cluster_wire::publish() -> the broker
//   way in    the broker -> the wire -> cluster_receiver::received() -> the sockets of this server
//
// Ask for this header by name: only authors of wires need it.

#pragma once
#include <cosio/adapter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// The types of messages between servers. The numbers travel.
/// @par Source  socket.io-adapter 2.5, ClusterAdapter.
enum class message_type : std::uint8_t {
  initial_heartbeat = 1,
  heartbeat = 2,
  broadcast = 3,
  sockets_join = 4,
  sockets_leave = 5,
  disconnect_sockets = 6,
  fetch_sockets = 7,
  fetch_sockets_response = 8,
  server_side_emit = 9,
  server_side_emit_response = 10,
  broadcast_client_count = 11,
  broadcast_ack = 12,
  adapter_close = 13
};

/// A message of one server to the others. Each type uses some of the members only.
/// @par Threads  A value.
class cluster_message {
 public:
  cluster_message() = default;
  explicit cluster_message(message_type what) : type(what) {}

  message_type type = message_type::heartbeat;
  /// The id of the adapter that sent it. An adapter is of one namespace on one server.
  std::string uid;
  std::string nsp = "/";
  /// Requests that are answered, and their answers.
  std::string request_id;
  /// The packet that `event` was taken from, in a broadcast of this server. It does not travel.
  std::shared_ptr<const outgoing_packet> packet;
  /// The receivers: broadcast, sockets_join, sockets_leave, disconnect_sockets, fetch_sockets.
  target to;
  /// The event with its name in front: broadcast, server_side_emit. The first value of an answer, or no value:
  /// server_side_emit_response, broadcast_ack.
  event_data event;
  /// sockets_join, sockets_leave.
  std::vector<std::string> rooms;
  /// disconnect_sockets: whether the sessions of the clients are closed.
  bool close = false;
  /// broadcast_client_count.
  std::uint64_t client_count = 0;
  /// fetch_sockets_response.
  std::vector<socket_descriptor> sockets;
};

/// Whether a message is an answer, which only the server that asked needs.
constexpr bool is_answer(message_type type) noexcept {
  return type == message_type::fetch_sockets_response || type == message_type::server_side_emit_response ||
         type == message_type::broadcast_client_count || type == message_type::broadcast_ack;
}

/// Writes a message as the servers of Node do: JSON text, or MessagePack when the event of the message has binary.
/// @throws error errc::not_supported for binary, when the library was built without nlohmann-json.
std::string write_message(const cluster_message& message);
/// Reads JSON text or MessagePack. A message that is not well formed is refused whole.
/// @param nsp  The namespace of a message that names none.
std::optional<cluster_message> read_message(std::string_view bytes, std::string_view nsp);

/// A time in which a wire carried nothing.
/// @par Threads  A value.
class wire_gap {
 public:
  /// How long it lasted, as far as the wire knows.
  std::chrono::milliseconds duration{0};
  /// Whether messages of other servers may have been lost. A wire that reads on where it stopped loses none.
  bool may_have_lost = true;
};

/// Receives what a wire brings for one namespace. The library implements it.
/// @par Threads  Any, one call at a time for each namespace, in the order of the wire. The calls do not wait. They take
///               no lock that is held while the wire is called.
class cluster_receiver {
 public:
  virtual ~cluster_receiver() = default;
  /// A message of another server, or of this one. The adapter ignores its own ones, but for the broadcasts of a wire
  /// that keeps sessions: these are delivered in their place among the others; see cluster_wire::publish().
  /// @param offset  The place of the message in the stream of events; empty from a wire that has none.
  virtual void received(cluster_message message, std::string_view offset) = 0;
  /// The broker cannot be reached, as far as the wire knows.
  virtual void lost() = 0;
  /// The broker is there again, and the subscriptions are confirmed. It is called before any message behind the gap.
  virtual void restored(wire_gap gap) = 0;
};

/// The outcome of publishing a message.
/// @par Threads  A value.
class publication {
 public:
  publication() = default;
  /// A message that was taken. @param at  See offset.
  static publication taken(std::string at = {}) {
    publication out;
    out.ok = true;
    out.offset = std::move(at);
    return out;
  }
  /// A message that could not be published.
  static publication failed(std::string why) {
    publication out;
    out.problem = std::move(why);
    return out;
  }

  /// Whether the broker has taken the message, or the wire has put it into the line for the broker.
  bool ok = false;
  /// Whether it is in the line only, and the broker cannot be reached now. It is lost if the line becomes too long.
  bool pending = false;
  /// The place in the stream of events; empty from a wire that has none.
  std::string offset;
  /// The reason, when it is not ok.
  std::string problem;
};

/// The sessions that a wire keeps, so that a client can come back on another server.
class kept_session {
 public:
  kept_session() = default;

  session_record record;
  /// A broadcast that the client has missed, and its offset.
  struct missed {
    cluster_message message;
    std::string offset;
  };
  /// In the order of the stream. The adapter leaves out those that do not concern the session, and volatile ones.
  std::vector<missed> events;
  /// The events are whole up to this offset. It is not before anything that received() was called with when
  /// take_session() began. A client that was on a faster server may have more than this one has received: then it is
  /// the offset of the client. The client is let in when last_offset() or received() has come so far. Empty from a wire
  /// whose events are none.
  std::string upto;
  /// For a wire that reads only so many sessions at once: the adapter destroys it when it has room for the events.
  std::shared_ptr<void> place;
};

/// Carries messages between servers. One wire serves all namespaces of a server.
///
/// @par Threads  Any; several at once. last_offset() and is_earlier() are called with a lock of the adapter held: they
///               must not call a receiver.
class cluster_wire {
 public:
  virtual ~cluster_wire() = default;

  /// Begins to receive the messages of a namespace.
  /// @param uid  Of this server's adapter: answers are sent to it.
  /// @param to   Is called until stop() completes.
  /// @par Completes  when the broker has confirmed it, or at once when the broker cannot be reached: then the wire goes
  ///                 on trying.
  virtual task<> listen(std::string nsp, std::string uid, std::shared_ptr<cluster_receiver> to) = 0;
  virtual task<> stop(std::string nsp, std::string uid) = 0;

  /// Publishes a message to the servers of its namespace. It does not throw when the broker cannot be reached. Messages
  /// go out in the order in which the calls are begun.
  ///
  /// A wire that keeps sessions gives each broadcast without request_id an offset, and brings it back to received() in
  /// its place in the stream, before this completes. Where it cannot bring it back so soon, it does so later, and once;
  /// the adapter delivers it then. It does not bring back what it has reported as failed.
  /// @par Completes  when the message is in the line for the broker; a wire with offsets: when the broker has taken it.
  virtual task<publication> publish(cluster_message message) = 0;
  /// Sends an answer to the server that asked. Default: publish().
  virtual task<publication> answer(std::string requester, cluster_message message);

  /// Whether server_count() counts. Otherwise the adapter sends heartbeats and counts the servers that do the same. The
  /// answer must not change.
  virtual bool counts_servers() const noexcept { return false; }
  /// The number of servers that listen to a namespace, this one included. Default: nothing.
  /// @throws error errc::disconnected when the broker does not answer within the time.
  virtual task<std::optional<std::size_t>> server_count(std::string nsp, std::chrono::milliseconds within);

  /// The first socket of this server is in a room: for wires with a channel for each room. Default: nothing. Calls for
  /// one room are begun in the order of the changes.
  /// @par Completes  when the broker has confirmed it, or at once when the broker cannot be reached.
  virtual task<> room_created(std::string nsp, std::string room);
  /// The last socket has left it.
  virtual task<> room_deleted(std::string nsp, std::string room);
  /// Whether the two functions above are needed.
  virtual bool watches_rooms() const noexcept { return false; }

  /// Whether the wire keeps sessions: then publish() gives every broadcast an offset.
  virtual bool keeps_sessions() const noexcept { return false; }
  virtual task<> save_session(std::string nsp, session_record record, std::chrono::milliseconds lifetime);
  /// Takes a session out of the store, with the broadcasts of its namespace behind `offset`, or behind session_record::
  /// since: the later of both counts.
  /// @param offset  The last one that the client has; it is the client's word. Empty: the client has none.
  /// @return nothing when the session is not known, or when events behind the offset are not there any more.
  virtual task<std::optional<kept_session>> take_session(std::string nsp, std::string pid, std::string offset);
  /// The offset of the last event of the namespace's stream that the wire has read, for clients that have received none
  /// yet. It is never later than what received() was called with. Empty: none is known.
  virtual std::string last_offset(std::string_view nsp) const;
  /// Whether an offset is before another one in the stream. Default: numbers in the text are compared as numbers, one
  /// after the other, as fits `17` and `1795919328641-0`.
  virtual bool is_earlier(std::string_view a, std::string_view b) const;

  virtual wire_counts counts() const = 0;
};

/// Something that has happened to the cluster, as one server sees it in one namespace.
/// @par Threads  A value.
class cluster_event {
 public:
  enum class kind : std::uint8_t {
    /// A server of which nothing was known; only where servers are counted by heartbeats.
    server_joined,
    /// A server says that it goes, or was silent for too long.
    server_left,
    /// The broker cannot be reached.
    broker_lost,
    /// The broker is there again.
    broker_restored,
    /// A message did not reach the other servers. Of an event, the clients of this server got it.
    not_published
  };
  cluster_event(kind happened, std::string in) : what(happened), nsp(std::move(in)) {}

  kind what;
  std::string nsp;
  /// server_joined, server_left: the id of the server.
  std::string server;
  /// broker_restored: how long nothing came, and whether messages may have been lost.
  wire_gap gap;
  /// not_published: the type of the message, and why.
  message_type type = message_type::broadcast;
  std::string problem;
};

/// Options of the cluster adapter, whatever the wire.
struct cluster_options {
  /// The time that other servers have to answer a request, such as fetch_sockets(), when timeout() was not called.
  std::chrono::milliseconds requests_timeout{5'000};
  /// Wires that do not count servers: the time between two heartbeats of a server.
  std::chrono::milliseconds heartbeat_interval{5'000};
  /// The time without any message after which a server is taken for gone.
  std::chrono::milliseconds heartbeat_timeout{10'000};
  /// Wires with a channel for each room: whether join() waits until the broker has confirmed the room of a first
  /// socket. Then no event is missed that is sent afterwards. It waits no longer than requests_timeout.
  bool await_subscriptions = true;
  /// A function that is told of what happens to the cluster. It is called on any thread, without a lock, and must not
  /// wait. Its exceptions are logged.
  std::function<void(const cluster_event&)> on_event{};
};

/// Makes the factory for options.adapter.
/// @param make  Makes the wire for the first namespace. All namespaces of the server share it.
/// @par Source  socket.io-adapter 2.5, ClusterAdapter and ClusterAdapterWithHeartbeat.
std::function<std::shared_ptr<adapter>(adapter_host&)> cluster_adapter(
    std::function<std::shared_ptr<cluster_wire>(adapter_host&)> make, cluster_options settings = cluster_options());

}  // namespace cosio::inline v0_2
