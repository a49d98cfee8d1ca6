// Publishing to a cluster without being a server of it: a job, a worker, a command-line tool emits to the clients of
// all servers, by way of the broker that the servers share.
//
//   cosio::emitter hub(context.get_executor(), cosio::redis_wire(where));
//   const cosio::publication sent = co_await hub.to("readers").emit("news", "hello");
//   if (!sent.ok) …                                                            // sent.problem says why
//
// Ask for this header by name. <cosio/emitter.hpp> is another one: the verbs of the handles of a server.

#pragma once
#include <boost/asio/any_io_executor.hpp>

#include <cosio/argument_checks.hpp>
#include <cosio/cluster.hpp>
#include <cosio/emitter.hpp>
#include <cosio/redis.hpp>
#include <cosio/temporaries.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

namespace cluster {
class emitter_core;
}

/// Options of an emitter.
struct emitter_options {
  /// The time that the broker has to take a message: the connection that is not there yet is a part of it.
  std::chrono::milliseconds publish_timeout{5'000};
};

/// Publishes to the servers of a cluster.
///
/// A handle, and at the same time the receivers: copies share the connection, and to(), except(), volatile_() and the
/// like return another one, as those of a server do. local() and acknowledgements are none of its verbs, because it has
/// no sockets: the HTTP API of a server asks clients (<cosio/http_api.hpp>). timeout() is without effect.
///
/// It lives on an io_context of the caller, and starts no thread. A program without one has it run for as long as it
/// publishes: see docs/publish.md. The io_context has work as long as a handle exists.
/// @par Threads  Any.
class emitter : public narrows<emitter>, public detail::refuses_emits {
 public:
  /// Makes the connection.
  /// @param on    Belongs to an io_context.
  /// @param wire  Makes the wire, as the servers of the cluster have it: redis_wire() for those with redis_adapter(),
  ///              or any other.
  /// @throws error errc::not_supported for an executor that belongs to no io_context; and as the wire does.
  emitter(boost::asio::any_io_executor on, std::function<std::shared_ptr<cluster_wire>(adapter_host&)> wire,
          emitter_options how = emitter_options());

  /// The same for another namespace; all receivers in it. An emitter begins with "/".
  [[nodiscard]] emitter of(std::string_view nsp) const;

  /// Sends an event to the receivers. The arguments are encoded before this returns; nothing is published before the
  /// task is awaited. Events of one thread that awaits each task reach the servers in this order.
  /// @return whether the broker has taken this message, whatever else is published meanwhile. Whether a client has
  ///         received it nobody knows. A message is not ok, either, when its connection was lost, or the time was over,
  ///         before the broker answered: it may have taken the message all the same, and if that is published again,
  ///         clients may get it twice.
  /// @par Completes     when the broker has answered, or the time is over.
  /// @par Cancellation  The wait ends; the message may be published all the same.
  /// @throws error errc::bad_argument for a reserved event name, for binary after binary(false), and after local().
  template <class... Args>
  task<publication> emit(std::string_view event, const Args&... args) const {
    return emit_encoded(event, detail::checked_event(event, args...));
  }
  /// Never compiles, as emit() of a server with a temporary that GCC 12 destroys twice.
  using detail::refuses_emits::emit;

  /// Puts the receivers into rooms: names, or ranges of names. The next four return and throw as emit() does.
  template <class... R>
  task<publication> sockets_join(const R&... rooms) const {
    return move_all(message_type::sockets_join, detail::collect_rooms(rooms...));
  }
  /// Takes the receivers out of rooms.
  template <class... R>
  task<publication> sockets_leave(const R&... rooms) const {
    return move_all(message_type::sockets_leave, detail::collect_rooms(rooms...));
  }
  /// Disconnects the receivers; with `close` the sessions of their clients, too.
  task<publication> disconnect_sockets(bool close = false) const;
  /// Sends an event to the servers, where nsp::on_server_side() handlers are called.
  /// @throws error errc::bad_argument also when rooms were named.
  template <class... Args>
  task<publication> server_side_emit(std::string_view event, const Args&... args) const {
    return tell_servers(event, detail::checked_event(event, args...));
  }

  /// For the library.
  const std::shared_ptr<cluster::emitter_core>& internals() const noexcept { return core_; }

 private:
  friend class narrows<emitter>;
  emitter operator_for_rooms() const { return *this; }
  emitter operator_for_flags() const { return *this; }
  target& receivers() noexcept { return target_; }
  emit_flags& flags() noexcept { return target_.flags; }
  task<publication> emit_encoded(std::string_view event, event_data data) const;
  task<publication> tell_servers(std::string_view event, event_data data) const;
  task<publication> move_all(message_type how, std::vector<std::string> rooms) const;

  std::shared_ptr<cluster::emitter_core> core_;
  std::string nsp_ = "/";
  target target_;
};

/// Makes the wire to servers with redis_adapter(), and to those of Node with @socket.io/redis-adapter. It publishes
/// only, as @socket.io/redis-emitter does: for an emitter, and not for a server.
/// @throws error as redis_adapter() does.
/// @par Source  @socket.io/redis-emitter 5.1.
std::function<std::shared_ptr<cluster_wire>(adapter_host&)> redis_wire(redis_options where = redis_options());

}  // namespace cosio::inline v0_2
