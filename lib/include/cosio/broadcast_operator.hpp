// To whom: an immutable chain of rooms and flags, and what is done to all of them.

#pragma once
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cosio/convert.hpp>
#include <cosio/emitter.hpp>
#include <cosio/fwd.hpp>
#include <cosio/handshake.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

namespace socketio {
class nsp_core;
}

/// The answers to a broadcast with acknowledgement, or of other servers.
class answers {
 public:
  answers() = default;
  answers(std::vector<arguments> responses, bool complete)
      : responses_(std::move(responses)), problem_(complete ? "" : "operation has timed out") {}
  answers(std::vector<arguments> responses, const shortfall& missing)
      : responses_(std::move(responses)), problem_(missing.text()) {}

  /// What each client, or each server, answered, in the order of arrival; also when some are missing.
  const std::vector<arguments>& responses() const noexcept { return responses_; }
  /// The first argument of each answer, as a T. @throws error errc::conversion when one does not fit.
  template <class T>
  std::vector<T> values() const {
    std::vector<T> out;
    out.reserve(responses_.size());
    for (const arguments& one : responses_) out.push_back(one.template get<T>(0));
    return out;
  }
  /// False when the time was over before everybody had answered.
  bool complete() const noexcept { return problem_.empty(); }
  /// What is missing, in words; empty when nothing is.
  const std::string& problem() const noexcept { return problem_; }
  /// errc::timed_out when something is missing, else none.
  boost::system::error_code error() const noexcept {
    return complete() ? boost::system::error_code() : make_error_code(errc::timed_out);
  }
  /// These answers, when none is missing. @throws error errc::timed_out with problem() otherwise.
  const answers& or_throw() const {
    if (!complete()) throw cosio::error(errc::timed_out, problem_);
    return *this;
  }

 private:
  std::vector<arguments> responses_;
  std::string problem_;
};

/// A socket of this server or of another one, as fetch_sockets() finds it: a snapshot, and a way to reach the socket wherever it is.
///
/// @par Threads  Any.
class remote_socket : public emits<remote_socket> {
 public:
  remote_socket() = default;
  remote_socket(std::shared_ptr<socketio::nsp_core> nsp, std::string id, std::vector<std::string> rooms,
                boost::json::value data, boost::json::value handshake)
      : nsp_(std::move(nsp)),
        id_(std::move(id)),
        rooms_(std::move(rooms)),
        data_(std::move(data)),
        handshake_(std::move(handshake)) {}

  const std::string& id() const noexcept { return id_; }
  const std::vector<std::string>& rooms() const noexcept { return rooms_; }
  const boost::json::value& data() const noexcept { return data_; }
  /// As handshake::to_json() writes it.
  const boost::json::value& handshake() const noexcept { return handshake_; }

  /// For `timeout(5s).emit_with_ack(…)`: the answers are those of this socket.
  [[nodiscard]] broadcast_operator timeout(std::chrono::milliseconds after) const;
  template <class... R>
  task<> join(const R&... rooms) const;
  template <class... R>
  task<> leave(const R&... rooms) const;
  task<> disconnect(bool close = false) const;

 protected:
  friend class emits<remote_socket>;
  broadcast_operator operator_for_flags() const;
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  std::shared_ptr<socketio::nsp_core> nsp_;
  std::string id_;
  std::vector<std::string> rooms_;
  boost::json::value data_;
  boost::json::value handshake_;
};

/// The receivers of a broadcast. Every modifier returns a new operator; one may be kept and used again.
///
/// @par Threads  Any.
class broadcast_operator : public narrows<broadcast_operator>, public emits<broadcast_operator> {
 public:
  broadcast_operator(std::shared_ptr<socketio::nsp_core> nsp, target to)
      : nsp_(std::move(nsp)), target_(std::move(to)) {}

  /// Emits and waits for every receiver's acknowledgement, until timeout() (which must be set).
  ///
  /// @par Completes  when all have answered or left, or the time is over. What has come until then is in the result, whose error() says whether
  ///                 anything is missing.
  /// @throws error errc::bad_argument without a timeout, for a reserved event name, or for binary after binary(false).
  template <class... Args>
  task<answers> emit_with_ack(std::string_view event, const Args&... args) const {
    return ask_data(nsp_, target_, std::string(event), detail::encode_event(event, args...));
  }

  /// Ids of the sockets, on all servers.
  /// @throws incomplete<std::vector<std::string>> when another server did not answer in time.
  task<std::vector<std::string>> clients() const;
  /// The sockets, on all servers.
  /// @throws incomplete<std::vector<remote_socket>> when another server did not answer in time: those that came are in it.
  task<std::vector<remote_socket>> fetch_sockets() const;
  /// Puts them into rooms, or takes them out: names, or ranges of names.
  /// @par Completes  when it is done on this server, and other servers have been told.
  template <class... R>
  task<> sockets_join(const R&... rooms) const {
    return join_all(nsp_, target_, detail::collect_rooms(rooms...));
  }
  template <class... R>
  task<> sockets_leave(const R&... rooms) const {
    return leave_all(nsp_, target_, detail::collect_rooms(rooms...));
  }
  /// Disconnects them; with `close` their whole connection.
  task<> disconnect_sockets(bool close = false) const;

  /// Emits to the other servers of the cluster, never to this one or to clients: their on_server_side() handlers are called. Needs an adapter
  /// that knows other servers; with rooms in memory there are none.
  /// @throws error errc::bad_argument for `connect`, `connection` and `new_namespace`, and when rooms were named.
  template <class... Args>
  task<> server_side_emit(std::string_view event, const Args&... args) const {
    return tell_servers(nsp_, target_, std::string(event), detail::encode_event(event, args...));
  }
  /// The same, and waits for one answer of each server, until timeout() or for the adapter's own time.
  template <class... Args>
  task<answers> server_side_emit_with_ack(std::string_view event, const Args&... args) const {
    return ask_servers(nsp_, target_, std::string(event), detail::encode_event(event, args...));
  }

 protected:
  template <class>
  friend class narrows;
  friend class emits<broadcast_operator>;
  broadcast_operator operator_for_rooms() const { return *this; }
  broadcast_operator operator_for_flags() const { return *this; }
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  friend class remote_socket;
  friend class nsp;
  friend class parent_operator;
  using nsp_ptr = std::shared_ptr<socketio::nsp_core>;
  static task<report> emit_data(nsp_ptr nsp, target to, std::string event, event_data data);
  static task<answers> ask_data(nsp_ptr nsp, target to, std::string event, event_data data);
  static task<> tell_servers(nsp_ptr nsp, target to, std::string event, event_data data);
  static task<answers> ask_servers(nsp_ptr nsp, target to, std::string event, event_data data);
  static task<> join_all(nsp_ptr nsp, target to, std::vector<std::string> rooms);
  static task<> leave_all(nsp_ptr nsp, target to, std::vector<std::string> rooms);
  static target only(const std::string& id);
  target& receivers() noexcept { return target_; }
  emit_flags& flags() noexcept { return target_.flags; }

  nsp_ptr nsp_;
  target target_;
};

template <class... R>
task<> remote_socket::join(const R&... rooms) const {
  return broadcast_operator::join_all(nsp_, broadcast_operator::only(id_), detail::collect_rooms(rooms...));
}
template <class... R>
task<> remote_socket::leave(const R&... rooms) const {
  return broadcast_operator::leave_all(nsp_, broadcast_operator::only(id_), detail::collect_rooms(rooms...));
}

/// The verbs of a whole namespace that broadcast_operator has, too: nsp and server have them from here.
///
/// @tparam Self  The handle. It has operator_for_rooms(), which returns a broadcast_operator.
/// @par Threads  Any.
template <class Self>
class manages {
 public:
  /// Ids of all sockets, on all servers. This and the others: see broadcast_operator.
  task<std::vector<std::string>> clients() const { return everybody().clients(); }
  task<std::vector<remote_socket>> fetch_sockets() const { return everybody().fetch_sockets(); }
  template <class... R>
  task<> sockets_join(const R&... rooms) const {
    return everybody().sockets_join(rooms...);
  }
  template <class... R>
  task<> sockets_leave(const R&... rooms) const {
    return everybody().sockets_leave(rooms...);
  }
  task<> disconnect_sockets(bool close = false) const { return everybody().disconnect_sockets(close); }
  template <class... Args>
  task<> server_side_emit(std::string_view event, const Args&... args) const {
    return everybody().server_side_emit(event, args...);
  }
  template <class... Args>
  task<answers> server_side_emit_with_ack(std::string_view event, const Args&... args) const {
    return everybody().server_side_emit_with_ack(event, args...);
  }

 private:
  broadcast_operator everybody() const { return static_cast<const Self&>(*this).operator_for_rooms(); }
};

}  // namespace cosio
