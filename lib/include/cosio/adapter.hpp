// Who is in which room, here and elsewhere: the interface behind every broadcast.
//
// A namespace has one adapter. The one of this library that knows this server only is make_memory_adapter(); one that
// speaks to other servers keeps such a local part, publishes what the operations below ask for, and applies what other
// servers publish. Nothing above it changes.

#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/json/value.hpp>

#include <cosio/ack.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

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

namespace cosio {

struct recovery_options;

namespace async {
class deadlines;
}

/// A packet of a broadcast, encoded once per protocol for all its receivers.
class outgoing_packet {
 public:
  virtual ~outgoing_packet() = default;
  virtual std::string_view nsp() const noexcept = 0;
  virtual std::string_view event() const noexcept = 0;
  /// The event and its arguments, as emit() encoded them: what travels to other servers.
  virtual const event_data& data() const noexcept = 0;
  /// The number under which its receivers acknowledge it, if they shall. Of this server: others number their own.
  virtual std::optional<std::uint64_t> ack_id() const noexcept = 0;
  /// A copy that clients which can recover receive with one more argument at the end: where in the stream of events
  /// they are. Clients of protocol 4, and data(), go without it.
  virtual std::shared_ptr<const outgoing_packet> with_offset(std::string_view offset) const = 0;
};

/// What became of one delivery. over_budget: refused too, for more bytes than may wait for the client; see report.
enum class delivery : std::uint8_t { queued, dropped, refused, over_budget };

/// Who waits for the answers of clients. Called on any thread, without a lock; once for each client that was asked.
class answer_sink {
 public:
  virtual ~answer_sink() = default;
  virtual void answered(arguments answer) = 0;
  virtual void gone() = 0;  ///< the client left first
};

/// A socket of this server, as an adapter sees it. Its rooms are the adapter's to know.
///
/// @par Threads  Any.
class local_socket {
 public:
  virtual ~local_socket() = default;
  virtual const std::string& id() const noexcept = 0;
  /// False once the socket has begun to leave: it must not be put into rooms any more.
  virtual bool alive() const noexcept = 0;
  /// Data of the application's.
  virtual boost::json::value data() const = 0;
  /// As handshake::to_json() writes it.
  virtual boost::json::value handshake_json() const = 0;

  /// Tells the client that it has joined: from now on deliver() works. Called by adapter::connect(), on the client's
  /// strand.
  /// @return false when the client has gone meanwhile: then nothing was told, and the socket must not be put in.
  virtual bool admit() = 0;
  /// Puts the packet in the client's queue; never waits. Refused while the socket has not joined yet, or is gone.
  virtual delivery deliver(const outgoing_packet& packet, const emit_flags& flags) = 0;
  /// The same for a packet that is meant for this socket alone, which also goes out before admit().
  virtual delivery emit(const outgoing_packet& packet, const emit_flags& flags) = 0;
  /// deliver(), and tells `to` what the client acknowledges; the packet has an ack_id(). When it was not queued, `to`
  /// is told at once.
  virtual delivery ask(const outgoing_packet& packet, const emit_flags& flags, std::shared_ptr<answer_sink> to) = 0;
  /// Nobody waits any more for the answer with this number.
  virtual void forget(std::uint64_t ack_id) = 0;
  /// Leaves the namespace; with `close` the client's whole connection is closed.
  virtual task<> disconnect(bool close) = 0;
};

/// A socket of any server, as fetch_sockets() describes it.
class socket_descriptor {
 public:
  socket_descriptor() = default;
  socket_descriptor(std::string who, boost::json::value shaken, std::vector<std::string> in, boost::json::value kept)
      : id(std::move(who)), handshake(std::move(shaken)), rooms(std::move(in)), data(std::move(kept)) {}

  std::string id;
  boost::json::value handshake;  ///< as handshake::to_json() writes it
  std::vector<std::string> rooms;
  boost::json::value data;
};

/// What is kept of a socket that was disconnected, so that its client can come back as the same.
class session_record {
 public:
  session_record() = default;
  session_record(std::string secret, std::string who, std::vector<std::string> in, boost::json::value kept,
                 std::string from, std::string sent_again = {})
      : pid(std::move(secret)),
        id(std::move(who)),
        rooms(std::move(in)),
        data(std::move(kept)),
        since(std::move(from)),
        resent(std::move(sent_again)) {}

  std::string pid;  ///< the secret that brings it back
  std::string id;
  std::vector<std::string> rooms;
  boost::json::value data;
  std::string
      since;  ///< the place in the stream of events where the socket joined; when restored: behind which it goes on
  std::string
      resent;  ///< the place of the last event that was sent to it when it came back; it may not have received that. Empty: none
};

/// What came of connect().
class admission {
 public:
  admission() = default;
  explicit admission(bool in, std::string at = {}, std::string sent_again = {})
      : ok(in), since(std::move(at)), resent(std::move(sent_again)) {}

  /// False: the client has gone meanwhile, or what it missed is not whole any more.
  bool ok = false;
  std::string since;  ///< the place in the stream of events; this and the next: see session_record
  std::string resent;
};

/// The namespace as its adapter sees it. Outlives the adapter.
///
/// @par Threads  Any.
class adapter_host {
 public:
  virtual ~adapter_host() = default;
  virtual const std::string& name() const noexcept = 0;
  /// For adapters that hear from elsewhere while the namespace may be on its way out: locked, it keeps the namespace, and its adapter, alive.
  virtual std::weak_ptr<adapter_host> weak() noexcept = 0;
  /// Calls `walk`, which delivers to many sockets, so that what each of them gets is sent together.
  virtual void gather(const std::function<void()>& walk) = 0;

  /// Where an adapter's own coroutines run.
  virtual boost::asio::any_io_executor executor() = 0;
  /// The server's table of deadlines, whose time tests move by hand.
  virtual async::deadlines& timers() noexcept = 0;
  /// Milliseconds since 1970, for offsets.
  virtual std::int64_t wall_clock() const noexcept = 0;
  /// Null when the server does not offer recovery.
  virtual const recovery_options* recovery() const noexcept = 0;
  /// Told of what became of every broadcast on this server, for its metrics. Called with or without a lock: it only counts.
  virtual void delivered(const report& what) noexcept { static_cast<void>(what); }
  /// In how many rooms a socket may be, besides its own; 0: no limit.
  virtual std::size_t max_rooms() const noexcept { return 0; }
  /// Told when a socket would have been in more.
  virtual void rooms_refused() noexcept {}
  /// For how long a connection may be dead before it is noticed.
  virtual std::chrono::milliseconds longest_silence() const noexcept = 0;

  /// Makes the packet of an event that another server sent. @param data  The JSON array with the event's name in front,
  /// and its binary. @param flags  What the sender said of it.
  virtual std::shared_ptr<const outgoing_packet> encode(std::string event, event_data data,
                                                        std::optional<std::uint64_t> ack_id,
                                                        const emit_flags& flags) const = 0;
  /// A number for the acknowledgements of a broadcast; one counter per namespace.
  virtual std::uint64_t next_ack_id() noexcept = 0;
  /// Another server sent a server-side event: its name is the first of `event`. @param answer  Sends the answer back;
  /// may be empty.
  virtual void server_side_event(arguments event, ack answer) = 0;

  /// Whether anybody wants to be told of rooms; asked often.
  virtual bool watches_rooms() const noexcept = 0;
  /// Something happened to a room. Called without a lock, in the order in which it happened.
  virtual void room_changed(const room_event& what) = 0;
};

/// Knows the rooms of one namespace. Every operation can wait, so that an adapter may ask other servers.
///
/// Operations with a target reach all servers, but with target.flags.local this one only. When other servers do not
/// answer within target.flags.timeout (or the adapter's own time), the result says what is missing; an operation that
/// cannot be done at all throws.
/// @par Threads  Any; several at once.
class adapter {
 public:
  virtual ~adapter() = default;

  /// Started when the namespace is made; operations may come before it has ended.
  virtual task<> init();
  /// The server closes, or the namespace goes because it is empty. Sockets that leave may still be removed afterwards.
  virtual task<> close() = 0;

  // ---------------------------------------------------------------- sockets of this server

  /// A socket joins the namespace: puts it into the room of its own id and calls who->admit(), so that no broadcast
  /// reaches it before and none passes it by afterwards.
  ///
  /// @param resumed  What restore_session() returned for it, or null. It has joined its rooms already; what it missed
  /// goes out before admit(),
  ///                 with no gap between both and nothing twice.
  /// @par Strand  The client's, until admit() was called.
  virtual task<admission> connect(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> resumed) = 0;
  /// Puts a socket into rooms, also before connect(). Idempotent.
  virtual task<> join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) = 0;
  virtual task<> leave(std::string id, std::vector<std::string> rooms) = 0;
  /// Takes a socket out of everything.
  virtual task<> remove(std::string id) = 0;
  /// The rooms of a socket of this server, its own included.
  virtual std::vector<std::string> rooms_of(std::string_view id) const = 0;
  /// This server's sockets that a target names.
  virtual std::vector<std::shared_ptr<local_socket>> local_sockets(const target& to) const = 0;

  // ---------------------------------------------------------------- sockets of all servers

  /// @return what became of it on this server.
  virtual task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) = 0;
  /// Emits and waits for every receiver's acknowledgement, on all servers, until to.flags.timeout, which is set.
  virtual task<answers> broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) = 0;
  /// An event for one socket of this server, which has joined. Only called when keeps_sessions(): the client may miss
  /// it now and get it later.
  virtual task<delivery> emit(std::shared_ptr<local_socket> to, std::shared_ptr<const outgoing_packet> packet,
                              emit_flags flags);

  /// Ids.
  virtual task<partial<std::vector<std::string>>> sockets(target to) = 0;
  virtual task<partial<std::vector<socket_descriptor>>> fetch_sockets(target to) = 0;
  /// Names of all rooms that have members, those that are ids of sockets included.
  virtual task<partial<std::vector<std::string>>> all_rooms() = 0;
  virtual task<> sockets_join(target to, std::vector<std::string> rooms) = 0;
  virtual task<> sockets_leave(target to, std::vector<std::string> rooms) = 0;
  virtual task<> disconnect_sockets(target to, bool close) = 0;

  // ---------------------------------------------------------------- other servers

  /// Sends an event to the other servers, never to this one.
  virtual task<> server_side_emit(event_data event) = 0;
  /// The same, and waits for one answer from each. @param timeout  The adapter's own when absent.
  virtual task<answers> server_side_emit_with_ack(event_data event,
                                                  std::optional<std::chrono::milliseconds> timeout) = 0;
  /// This one included.
  virtual task<std::size_t> server_count() = 0;

  // ---------------------------------------------------------------- connection state recovery

  /// Whether clients can come back: only then are the three below called, and emit().
  virtual bool keeps_sessions() const noexcept { return false; }
  virtual task<> persist_session(session_record record);
  /// Takes a session out of the store: it can be restored once. @param offset  Of the last event that the client
  /// received, empty when it received none. @return null when there is nothing to go on with; that is no error.
  virtual task<std::shared_ptr<const session_record>> restore_session(std::string pid, std::string offset);
};

/// Rooms and sessions of this server, in memory: what a server has without options.adapter. Also the local part of an
/// application's own adapter.
std::shared_ptr<adapter> make_memory_adapter(adapter_host& host);

}  // namespace cosio
