// Several servers that behave as one: the interface between the messages that servers send to each other, and the way
// on which these messages travel.
//
//   options.adapter = cosio::cluster_adapter([](cosio::adapter_host& host) { return std::make_shared<my_wire>(host); });
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
  /// The receivers: broadcast, sockets_join, sockets_leave, disconnect_sockets, fetch_sockets.
  target to;
  /// The event with its name in front: broadcast, server_side_emit. One value: server_side_emit_response, broadcast_ack.
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

/// Writes a message as the servers of Node do: JSON text, or MessagePack when the message may contain binary and does.
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
/// @par Threads  Any, one call at a time for each namespace, in the order of the wire. The calls do not wait.
class cluster_receiver {
 public:
  virtual ~cluster_receiver() = default;
  /// A message of another server, or of this one. The adapter ignores its own ones.
  /// @param offset  The place of the message in the stream of events; empty from a wire that has none.
  virtual void received(cluster_message message, std::string_view offset) = 0;
  /// The broker cannot be reached, as far as the wire knows.
  virtual void lost() = 0;
  /// The broker is there again, and the subscriptions are confirmed.
  virtual void restored(wire_gap gap) = 0;
};

/// What a wire has done since it began, for metrics.
/// @par Threads  A value.
class wire_counts {
 public:
  std::uint64_t published = 0;    ///< messages that the broker has taken
  std::uint64_t received = 0;     ///< messages of other servers
  std::uint64_t lost = 0;         ///< messages that could not be published
  std::uint64_t reconnected = 0;  ///< connections that were made again
  std::size_t pending_bytes = 0;  ///< bytes that wait to be published
  bool connected = false;         ///< subscribed and confirmed
};

/// What happened to a message that was published.
/// @par Threads  A value.
class publication {
 public:
  /// Whether the broker has taken the message, or the wire has put it into the line for the broker.
  bool ok = false;
  /// The place in the stream of events; empty from a wire that has none.
  std::string offset;
  /// The reason, when it is not ok.
  std::string problem;
};

/// The sessions that a wire keeps, so that a client can come back on another server.
class kept_session {
 public:
  session_record record;
  /// A broadcast that the client has missed, and its offset.
  struct missed {
    cluster_message message;
    std::string offset;
  };
  std::vector<missed> events;
};

/// Carries messages between servers. One wire serves all namespaces of a server.
///
/// @par Threads  Any; several at once.
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

  /// Publishes a message to the servers of its namespace. It does not throw when the broker cannot be reached.
  /// @par Completes  when the message is in the line for the broker; a wire with offsets: when the broker has taken it.
  virtual task<publication> publish(cluster_message message) = 0;
  /// Sends an answer to the server that asked. Default: publish().
  virtual task<publication> answer(std::string requester, cluster_message message);

  /// The number of servers that listen to a namespace, this one included. Nothing: they are counted by heartbeats,
  /// which the adapter sends then.
  /// @throws error errc::disconnected when the broker does not answer within the time.
  virtual task<std::optional<std::size_t>> server_count(std::string nsp, std::chrono::milliseconds within);

  /// The first socket of this server is in a room: for wires with a channel for each room. Default: nothing.
  /// @par Completes  when the broker has confirmed it.
  virtual task<> room_created(std::string nsp, std::string room);
  /// The last socket has left it.
  virtual task<> room_deleted(std::string nsp, std::string room);
  /// Whether the two functions above are needed.
  virtual bool watches_rooms() const noexcept { return false; }

  /// Whether the wire keeps sessions: then publish() gives every broadcast an offset.
  virtual bool keeps_sessions() const noexcept { return false; }
  virtual task<> save_session(std::string nsp, session_record record, std::chrono::milliseconds lifetime);
  /// Takes a session out of the store, with the broadcasts of its namespace behind `offset`.
  virtual task<std::optional<kept_session>> take_session(std::string nsp, std::string pid, std::string offset);
  /// The offset of the last event of the stream, for clients that have received none yet.
  virtual std::string last_offset() const;

  virtual wire_counts counts() const = 0;
};

/// Options of the cluster adapter, whatever the wire.
struct cluster_options {
  /// The time that other servers have to answer a request, such as fetch_sockets(), when timeout() was not called.
  std::chrono::milliseconds requests_timeout{5'000};
  /// Wires that do not count servers: the time between two heartbeats of a server.
  std::chrono::milliseconds heartbeat_interval{5'000};
  /// The time without any message after which a server is taken for gone.
  std::chrono::milliseconds heartbeat_timeout{10'000};
};

/// Makes the factory for options.adapter.
/// @param make  Makes the wire for the first namespace. All namespaces of the server share it.
/// @par Source  socket.io-adapter 2.5, ClusterAdapter and ClusterAdapterWithHeartbeat.
std::function<std::shared_ptr<adapter>(adapter_host&)> cluster_adapter(
    std::function<std::shared_ptr<cluster_wire>(adapter_host&)> make, cluster_options settings = cluster_options());

}  // namespace cosio::inline v0_2
