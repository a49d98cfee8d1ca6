// The interface of adapters. An adapter knows which socket is in which room, and delivers every broadcast.
//
//   options.adapter = cosio::redis_adapter();                                       // <cosio/redis.hpp>
//   options.adapter = [](cosio::adapter_host& host) { return std::make_shared<my_adapter>(host); };
//
// A namespace has one adapter. make_memory_adapter() makes the one that knows this server only. An adapter that speaks
// to other servers keeps a local part of this kind. It publishes what the operations below ask for, and applies what
// other servers publish. Handlers do not see the difference.
//
//   way out   nsp.to("a").emit(…) -> adapter::broadcast() -> local_socket::deliver() -> the client's outbox
//   way in    other server -> the adapter -> adapter_host::encode() -> local_socket::deliver()
//
// Ask for this header by name: only authors of adapters need it.

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

namespace cosio::inline v0_2 {

struct recovery_options;

namespace async {
class deadlines;
}
namespace adapters {
class packet_key;
}

/// A packet of a broadcast, encoded once per protocol for all its receivers.
///
/// Only the library makes packets: an adapter is given them, or gets them of adapter_host::encode(). A socket relies on
/// the library's own class behind this interface. So an application cannot derive from it: the only constructor needs a
/// packet_key, which the library alone defines.
///
/// @par Threads  Immutable: any.
class outgoing_packet {
 public:
  virtual ~outgoing_packet() = default;
  outgoing_packet(const outgoing_packet&) = delete;
  outgoing_packet& operator=(const outgoing_packet&) = delete;

  /// The name of the namespace. The view is valid as long as the packet.
  virtual std::string_view nsp() const noexcept = 0;
  /// The name of the event. The view is valid as long as the packet.
  virtual std::string_view event() const noexcept = 0;
  /// The event and its arguments, as emit() encoded them: the name is the first of the JSON array. This form travels to
  /// other servers.
  virtual const event_data& data() const noexcept = 0;
  /// The number under which its receivers acknowledge it. Not set: they shall not. It is a number of this server; other
  /// servers give the packet one of theirs.
  virtual std::optional<std::uint64_t> ack_id() const noexcept = 0;
  /// Makes a copy with an offset, which clients of protocol 5 receive as one more argument at the end; see
  /// session_record. They send the last one that they have received when they come back. Clients of protocol 4, and
  /// data(), go without it.
  virtual std::shared_ptr<const outgoing_packet> with_offset(std::string_view offset) const = 0;

 protected:
  explicit outgoing_packet(const adapters::packet_key&) noexcept {}
};

/// The outcome for one socket, as report counts it. `over_budget` is a refusal, too: the client's outbox would have
/// held more than four times options.max_queued_bytes.
enum class delivery : std::uint8_t { queued, dropped, refused, over_budget };

/// Collects the answers of clients. For each client that was asked, exactly one of the two functions is called.
///
/// @par Threads  Any, several at once; no lock is held. They must not wait.
class answer_sink {
 public:
  virtual ~answer_sink() = default;
  /// The values of the client's acknowledgement.
  virtual void answered(arguments answer) = 0;
  /// The client left first, or the event could not be sent to it.
  virtual void gone() = 0;
  /// Whether the answers are kept until others have come. Then each is charged to its client until
  /// local_socket::forget() is called, see options.max_client_bytes.
  virtual bool keeps() const noexcept { return false; }
};

/// A socket of this server, as an adapter sees it. Only the adapter knows its rooms. The library implements it;
/// adapters hold it by shared_ptr from connect() or join() until remove().
///
/// @par Threads  Any, also with a lock of the adapter's held. Only admit() needs the client's strand.
class local_socket {
 public:
  virtual ~local_socket() = default;
  /// The socket's id, and the name of the room of its own. It never changes.
  virtual const std::string& id() const noexcept = 0;
  /// False once the socket has begun to leave: it must not be put into rooms any more.
  virtual bool alive() const noexcept = 0;
  /// The application's data: socket::data().
  virtual boost::json::value data() const = 0;
  /// As handshake::to_json() writes it.
  virtual boost::json::value handshake_json() const = 0;

  /// Tells the client that it has joined: the CONNECT packet goes out, and from now on deliver() works.
  ///
  /// @return false when the client has gone meanwhile. Then nothing was sent, and the socket must not be put in.
  /// @par Strand  The client's, on which adapter::connect() is called.
  virtual bool admit() = 0;
  /// Puts the packet into the client's outbox. It never waits.
  /// @return `refused` while the socket has not joined yet, and when it is gone; `dropped` for a volatile packet that
  ///         cannot go out at once.
  virtual delivery deliver(const outgoing_packet& packet, const emit_flags& flags) = 0;
  /// The same for a packet that is meant for this socket alone. It is taken before admit(), too: so adapters send again
  /// what a client has missed.
  virtual delivery emit(const outgoing_packet& packet, const emit_flags& flags) = 0;
  /// As deliver(), and tells `to` what the client acknowledges. The packet must have an ack_id(). When the packet was
  /// not queued, `to` is told `gone` before this returns; also when the client owes options.max_pending_acks answers.
  virtual delivery ask(const outgoing_packet& packet, const emit_flags& flags, std::shared_ptr<answer_sink> to) = 0;
  /// Ends the question with this number. If its answer has not come, `to` of ask() is not called any more. If it has
  /// come, and was charged because it is kept, the charge ends. So call it once for every socket that was asked.
  virtual void forget(std::uint64_t ack_id) = 0;
  /// Makes the socket leave the namespace. With `close` the session of its client is closed, and all its sockets leave.
  /// @par Completes  when the socket has left.
  virtual task<> disconnect(bool close) = 0;
  /// Waits while much is queued for the client, as socket::emit() does. It returns at once when there is room, and when
  /// the client's session ends. No lock may be held meanwhile.
  virtual task<> wait_for_room() = 0;
  /// Charges the memory that rooms of this socket take to the account of its client.
  /// @return false above options.max_client_bytes. Then nothing is charged, and the socket must not join.
  [[nodiscard]] virtual bool charge_rooms(std::size_t bytes) noexcept = 0;
  /// Gives back what was charged, when the socket has left rooms.
  virtual void give_back_rooms(std::size_t bytes) noexcept = 0;
};

/// A socket of any server, as adapters describe it to fetch_sockets(). A copy of the data at the time of the question.
/// @par Threads  A value.
class socket_descriptor {
 public:
  socket_descriptor() = default;
  socket_descriptor(std::string who, boost::json::value shaken, std::vector<std::string> in, boost::json::value kept)
      : id(std::move(who)), handshake(std::move(shaken)), rooms(std::move(in)), data(std::move(kept)) {}

  std::string id;
  /// As handshake::to_json() writes it.
  boost::json::value handshake;
  /// Its rooms, the room of its id included.
  std::vector<std::string> rooms;
  /// The application's data.
  boost::json::value data;
};

/// The state of a socket that was disconnected, with which its client can come back as the same socket.
///
/// An offset is a place in the stream of events of the namespace. Only the adapter gives it a meaning; clients send the
/// last one that they have received.
/// @par Threads  A value.
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

  /// The secret with which the client comes back.
  std::string pid;
  std::string id;
  /// Its rooms, the room of its id included.
  std::vector<std::string> rooms;
  /// The application's data.
  boost::json::value data;
  /// The offset of the last event before the socket joined. After restore_session(): the events behind this offset must
  /// be sent again.
  std::string since;
  /// The offset of the last event that was sent again when the socket came back the last time; the client may not have
  /// received it. Empty: none.
  std::string resent;
  /// The time at which the client's credentials end, also when it comes back; not set: they do not end.
  std::optional<std::chrono::steady_clock::time_point> credentials_end;
};

/// The result of adapter::connect().
/// @par Threads  A value.
class admission {
 public:
  admission() = default;
  explicit admission(bool in, std::string at = {}, std::string sent_again = {})
      : ok(in), since(std::move(at)), resent(std::move(sent_again)) {}

  /// False: the client has gone meanwhile, or the events that it missed are not whole any more. In the second case its
  /// session is closed, and it begins anew.
  bool ok = false;
  /// See session_record. Empty from an adapter that keeps no sessions.
  std::string since;
  /// See session_record.
  std::string resent;
};

/// The figures of a wire since it began, for metrics.
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

/// The namespace, as its adapter sees it. The library implements it, and it outlives the adapter.
///
/// @par Threads  Any, also with a lock of the adapter's held, but for room_changed() and server_side_event().
class adapter_host {
 public:
  virtual ~adapter_host() = default;
  /// The name of the namespace, with its leading slash.
  virtual const std::string& name() const noexcept = 0;
  /// For adapters that get messages of other servers while the namespace may be on its way out. A lock() of it keeps
  /// the namespace and its adapter alive; null means that both are gone.
  virtual std::weak_ptr<adapter_host> weak() noexcept = 0;
  /// Calls `walk` at once. The packets that `walk` delivers to one socket are sent together afterwards. An adapter that
  /// delivers with a lock held does so in here, and takes the lock inside: nothing is written before `walk` returns.
  /// @return the number of clients for which a packet was too much, though it was reported as queued. They are judged
  ///         when `walk` has returned, after all that they take was written to them.
  virtual std::size_t gather(const std::function<void()>& walk) = 0;

  /// The executor for coroutines of the adapter. Several threads may run it.
  virtual boost::asio::any_io_executor executor() = 0;
  /// The server's table of deadlines, for the adapters of the library: the class is not among the public headers. Tests
  /// move its time by hand.
  virtual async::deadlines& timers() noexcept = 0;
  /// Milliseconds since 1970, for offsets. It may jump with the clock of the machine.
  virtual std::int64_t wall_clock() const noexcept = 0;
  /// The options of connection state recovery. Null when the server does not offer it.
  virtual const recovery_options* recovery() const noexcept = 0;
  /// Counts the outcome of a broadcast on this server, for the metrics.
  virtual void delivered(const report& what) noexcept { static_cast<void>(what); }
  /// options.max_rooms_per_client: rooms of one socket, besides the room of its id; 0: no limit. join() must throw
  /// errc::limit_reached above it.
  virtual std::size_t max_rooms() const noexcept { return 0; }
  /// Counts a socket that would have been in more rooms.
  virtual void rooms_refused() noexcept {}
  /// The time for which a connection may be dead before the server notices: events of this time must be kept for
  /// clients that come back.
  virtual std::chrono::milliseconds longest_silence() const noexcept = 0;

  /// Makes the packet of an event that another server sent.
  /// @param data    The JSON array with the event's name in front, and its binary.
  /// @param ack_id  A number of next_ack_id(), when its receivers shall acknowledge.
  /// @param flags   The sender's flags.
  virtual std::shared_ptr<const outgoing_packet> encode(std::string event, event_data data,
                                                        std::optional<std::uint64_t> ack_id,
                                                        const emit_flags& flags) const = 0;
  /// A new number for the acknowledgements of a broadcast. There is one counter for each namespace.
  virtual std::uint64_t next_ack_id() noexcept = 0;
  /// Calls the handlers of nsp::on_server_side() for an event that another server sent.
  /// @param event   Its name and its arguments.
  /// @param answer  Sends the answer back; false when the sender asked for none.
  virtual void server_side_event(arguments event, ack answer) = 0;

  /// Whether there are handlers of room events. It is cheap, so that it can be asked at every change.
  virtual bool watches_rooms() const noexcept = 0;
  /// Calls the handlers of nsp::on_room_event(). The adapter must call it in the order of the changes, one call at a
  /// time, and without any lock: handlers may call its operations, and those of other namespaces.
  virtual void room_changed(const room_event& what) = 0;
};

/// Knows the rooms of one namespace, and delivers to their sockets. Every operation can wait, so that an adapter may
/// ask other servers.
///
/// Operations with a target reach all servers; with target.flags.local this one only. When other servers do not answer
/// within target.flags.timeout (or the adapter's own time), the result says what is missing. An operation that cannot
/// be done at all throws, and its exception reaches the application's call.
/// @par Threads       Any; several at once.
/// @par Cancellation  An operation that waits for others must end its wait with
///                    boost::asio::error::operation_aborted. What was published stays published.
class adapter {
 public:
  virtual ~adapter() = default;

  /// Called once, when the namespace is made. Operations may come before it has ended. Default: does nothing.
  virtual task<> init();
  /// Called when the server closes, and when the namespace goes because it is empty. Sockets that are leaving may still
  /// be removed after it.
  virtual task<> close() = 0;

  // ---------------------------------------------------------------- sockets of this server

  /// Lets a socket into the namespace: calls who->admit(), and makes it a receiver of broadcasts and a member of the
  /// room of its id. Both must be one step: the socket gets no broadcast before it, and each broadcast after it.
  ///
  /// @param resumed  The result of restore_session() for this socket, or null. The socket has joined its rooms already.
  ///                 The events that it missed must go out (local_socket::emit) before admit(), with no gap between
  ///                 them and the broadcasts that follow, and nothing twice. Many events
  ///                 go out in pieces, each after local_socket::wait_for_room().
  /// @par Strand  The client's, where admit() must be called.
  virtual task<admission> connect(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> resumed) = 0;
  /// Puts a socket into rooms, also before connect(): broadcasts reach it only after that. Rooms in which it is already
  /// do not matter. A socket that is not alive() must not be put in, since nobody would remove it again.
  /// @throws error errc::limit_reached above adapter_host::max_rooms(): then it is in none of these rooms.
  virtual task<> join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) = 0;
  /// Takes a socket out of rooms; rooms in which it is not do not matter. The room of its id can be left, too.
  virtual task<> leave(std::string id, std::vector<std::string> rooms) = 0;
  /// Takes a socket out of all rooms and of the namespace. An id that is not known does not matter.
  virtual task<> remove(std::string id) = 0;
  /// The rooms of a socket of this server, the room of its id included. Empty for an id that is not known.
  virtual std::vector<std::string> rooms_of(std::string_view id) const = 0;
  /// The sockets of this server that a target names and that have joined, each once.
  virtual std::vector<std::shared_ptr<local_socket>> local_sockets(const target& to) const = 0;

  // ---------------------------------------------------------------- sockets of all servers

  /// Delivers a packet to the sockets of a target, each once. It does not wait for clients.
  /// @return the outcome on this server.
  virtual task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) = 0;
  /// Delivers a packet, and waits for the acknowledgement of every receiver on all servers, or for the end of
  /// to.flags.timeout, which is always set.
  /// @return the answers that came. answers::complete() is false when some are missing.
  virtual task<answers> broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) = 0;
  /// Delivers an event to one socket of this server, which has joined. It is called only when keeps_sessions() is true:
  /// the adapter must keep the event, since the client may miss it now and get it later.
  virtual task<delivery> emit(std::shared_ptr<local_socket> to, std::shared_ptr<const outgoing_packet> packet,
                              emit_flags flags);

  /// The ids of the sockets of a target.
  virtual task<partial<std::vector<std::string>>> sockets(target to) = 0;
  /// The same with rooms, data and handshake.
  virtual task<partial<std::vector<socket_descriptor>>> fetch_sockets(target to) = 0;
  /// The names of all rooms that have members, each once; the rooms of ids of sockets included.
  virtual task<partial<std::vector<std::string>>> all_rooms() = 0;
  /// Puts the sockets of a target into rooms. Sockets above the limit of rooms are passed by.
  /// @par Completes  for these three when it is done on this server, and published for the others.
  virtual task<> sockets_join(target to, std::vector<std::string> rooms) = 0;
  /// Takes the sockets of a target out of rooms.
  virtual task<> sockets_leave(target to, std::vector<std::string> rooms) = 0;
  /// Makes the sockets of a target leave; with `close` the sessions of their clients are closed.
  virtual task<> disconnect_sockets(target to, bool close) = 0;

  // ---------------------------------------------------------------- other servers

  /// Sends an event to the other servers, never to this one.
  virtual task<> server_side_emit(event_data event) = 0;
  /// The same, and waits for one answer of each server.
  /// @param timeout  Not set: the adapter's own time.
  virtual task<answers> server_side_emit_with_ack(event_data event,
                                                  std::optional<std::chrono::milliseconds> timeout) = 0;
  /// The number of servers in the cluster, this one included.
  virtual task<std::size_t> server_count() = 0;

  /// The figures of the way to the other servers, for metrics. Default: nothing, there are no others.
  virtual std::optional<wire_counts> counts() const { return std::nullopt; }

  // ---------------------------------------------------------------- connection state recovery

  /// Whether this adapter lets clients come back. Otherwise the two functions below and emit() are never called. The
  /// answer must not change.
  virtual bool keeps_sessions() const noexcept { return false; }
  /// Keeps a socket that was disconnected. It was removed before.
  virtual task<> persist_session(session_record record);
  /// Takes a session out of the store: it can be restored once. When its client is lost again before connect() has
  /// admitted it, persist_session() is called with it again.
  /// @param pid     The secret that the client sent.
  /// @param offset  The offset of the last event that the client received; empty when it received none.
  /// @return null when the session is not known, is too old, or its events are not whole any more. The client gets a
  ///         new socket then.
  virtual task<std::shared_ptr<const session_record>> restore_session(std::string pid, std::string offset);
};

/// Makes the adapter that keeps rooms and sessions of this server in memory. Servers have it without options.adapter.
/// It is also the local part for an adapter of an application.
///
/// @param host  Must outlive the adapter.
std::shared_ptr<adapter> make_memory_adapter(adapter_host& host);

}  // namespace cosio::inline v0_2
