// Who is in which room, here and elsewhere: the interface behind every broadcast.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/broadcast_operator.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

/// A packet of a broadcast, encoded once per protocol for all its receivers.
class outgoing_packet {
 public:
  virtual ~outgoing_packet() = default;
  virtual std::string_view nsp() const noexcept = 0;
  virtual std::string_view event() const noexcept = 0;
  /// The event and its arguments, as emit() encoded them: what travels to other servers.
  virtual const event_data& data() const noexcept = 0;
};

/// What became of one delivery.
enum class delivery : std::uint8_t { queued, dropped, refused };

/// A socket of this server, as an adapter sees it.
class local_socket {
 public:
  virtual ~local_socket() = default;
  virtual const std::string& id() const noexcept = 0;
  /// False once the socket has begun to leave: it must not be put into rooms any more.
  virtual bool alive() const noexcept = 0;
  /// Puts the packet in the client's queue; never waits. Refused while the socket has not joined yet, or is gone. Any thread.
  virtual delivery deliver(const outgoing_packet& packet, const emit_flags& flags) = 0;
};

/// The namespace as its adapter sees it.
class adapter_host {
 public:
  virtual ~adapter_host() = default;
  virtual const std::string& name() const noexcept = 0;
  /// Calls `walk`, which delivers to many sockets, so that what each of them gets is sent together.
  virtual void gather(const std::function<void()>& walk) = 0;
};

/// Knows the rooms of one namespace. Every operation can wait, so that an adapter may ask other servers.
///
/// @par Threads  Any; several at once.
class adapter {
 public:
  virtual ~adapter() = default;

  /// A socket has joined the namespace; it is in the room of its own id. From now on broadcasts to everybody reach it.
  virtual task<> connect(std::shared_ptr<local_socket> who) = 0;
  /// Puts a socket into rooms, also before connect(). Idempotent.
  virtual task<> join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) = 0;
  virtual task<> leave(std::string id, std::vector<std::string> rooms) = 0;
  /// Takes a socket out of everything.
  virtual task<> remove(std::string id) = 0;
  /// The rooms of a socket of this server, its own included.
  virtual std::vector<std::string> rooms_of(std::string_view id) const = 0;

  virtual task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) = 0;
  /// This server's sockets that a target names.
  virtual std::vector<std::shared_ptr<local_socket>> local_sockets(const target& to) const = 0;
  /// Ids on all servers.
  virtual task<std::vector<std::string>> sockets(target to) = 0;

  virtual task<> close() = 0;
};

}  // namespace cosio
