// The receivers of a broadcast: an immutable chain of rooms and flags, with the operations on all of them.
//
//   co_await io.to("a", "b").except("c").emit("news", 1);
//   const auto readers = io.of("/news").in("readers");  // a chain may be kept
//   co_await readers.volatile_().emit("tick");

#pragma once
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cosio/argument_checks.hpp>
#include <cosio/completion.hpp>
#include <cosio/convert.hpp>
#include <cosio/emitter.hpp>
#include <cosio/fwd.hpp>
#include <cosio/handshake.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>
#include <cosio/temporaries.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

namespace socketio {
class nsp_core;
}

namespace detail {

/// Whether a question to many was asked without a type, as it must be. Does not compile for emit_with_ack<int>().
template <class... Asked>
consteval bool check_many() {
  constexpr bool fits = sizeof...(Asked) == 0;
  static_assert(fits,
                "cosio: a question to many has many answers, and takes no type: "
                "const cosio::answers got = co_await room.timeout(5s).emit_with_ack(...); then got.values<int>()");
  return fits;
}

}  // namespace detail

/// The answers of many: of clients to a broadcast (emit_with_ack), or of other servers (server_side_emit_with_ack).
///
/// Answers that are missing are no exception here; or_throw() makes one of them.
/// @par Threads  A value.
class answers {
 public:
  answers() = default;
  answers(std::vector<arguments> responses, bool complete);
  answers(std::vector<arguments> responses, const shortfall& missing);

  /// The answer of each client, or of each server, in the order of arrival. Those that came are here, also when others
  /// are missing.
  const std::vector<arguments>& responses() const noexcept { return responses_; }
  /// The first argument of each answer, as a T.
  /// @throws error errc::conversion when one does not fit: clients may answer with anything. responses() has them all.
  template <class T>
  std::vector<T> values() const {
    std::vector<T> out;
    if constexpr (detail::can_travel<detail::role::asked, T>()) {
      out.reserve(responses_.size());
      for (const arguments& one : responses_) out.push_back(detail::take<T>(one, 0, detail::origin::answer, question_));
    }
    return out;
  }
  /// False when the time was over before everybody had answered, or when somebody left first.
  bool complete() const noexcept { return problem_.empty(); }
  /// The missing answers in words; empty when nothing is missing.
  const std::string& problem() const noexcept { return problem_; }
  /// errc::timed_out when something is missing, else no error.
  boost::system::error_code error() const noexcept {
    return complete() ? boost::system::error_code() : make_error_code(errc::timed_out);
  }
  /// These answers, when none is missing.
  /// @throws error errc::timed_out with problem() otherwise.
  const answers& or_throw() const {
    if (!complete()) throw cosio::error(errc::timed_out, problem_);
    return *this;
  }
  /// For the library: the event that was asked. Errors of values() name it.
  void question(std::string event) { question_ = std::move(event); }

 private:
  std::vector<arguments> responses_;
  std::string question_;
  std::string problem_;
};

/// A socket of this server or of another one, as fetch_sockets() finds it: a copy of its data at that time, and a way
/// to reach it, wherever it is.
///
/// Its operations do nothing when the socket has left meanwhile. They go through the adapter, as a broadcast to the
/// room of its id; the report of emit() counts it only when it is on this server.
/// @par Threads  Any.
class remote_socket : public emits<remote_socket> {
 public:
  remote_socket() = default;
  remote_socket(std::shared_ptr<socketio::nsp_core> nsp, std::string id, std::vector<std::string> rooms,
                boost::json::value data, boost::json::value handshake);

  /// The id, which is also the name of a room that the socket is in.
  const std::string& id() const noexcept { return id_; }
  /// The rooms at the time of the question.
  const std::vector<std::string>& rooms() const noexcept { return rooms_; }
  /// The application's data at that time; a change of it here changes nothing there.
  const boost::json::value& data() const noexcept { return data_; }
  /// As handshake::to_json() writes it.
  const boost::json::value& handshake() const noexcept { return handshake_; }

  /// For `timeout(5s).emit_with_ack(…)`: the answers have that of this socket alone.
  [[nodiscard]] broadcast_operator timeout(std::chrono::milliseconds after) const;
  /// Puts the socket into rooms: names, or ranges of names.
  /// @par Completes  for these three when it is done, or the other server has been told.
  template <class... R>
  task<> join(const R&... rooms) const;
  /// Takes the socket out of rooms.
  template <class... R>
  task<> leave(const R&... rooms) const;
  /// Disconnects the socket; with `close` the session of its client is closed, too.
  task<> disconnect(bool close = false) const;

  // The same for callers that are no coroutines: see completion.hpp. Tokens are for `void(std::exception_ptr)`.

  /// As join().
  template <class Token, class... R>
  auto async_join(Token&& token, const R&... rooms) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), join(rooms...));
  }
  /// As leave().
  template <class Token, class... R>
  auto async_leave(Token&& token, const R&... rooms) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), leave(rooms...));
  }
  /// As disconnect().
  template <class Token>
  auto async_disconnect(Token&& token, bool close = false) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), disconnect(close));
  }

 protected:
  friend class emits<remote_socket>;
  detail::starting_place starts_at() const;
  broadcast_operator operator_for_flags() const;
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  std::shared_ptr<socketio::nsp_core> nsp_;
  std::string id_;
  std::vector<std::string> rooms_;
  boost::json::value data_;
  boost::json::value handshake_;
};

/// The receivers of a broadcast, and how it is sent. to(), except(), volatile_() and the like return one.
///
/// Every modifier returns a new operator, and leaves the old one as it is; so an operator may be kept and used again.
/// It names rooms, not sockets: its receivers are those that are in the rooms at the time of the emit.
/// @par Threads  Any.
class broadcast_operator : public narrows<broadcast_operator>,
                           public emits<broadcast_operator>,
                           public detail::refuses_broadcasts {
 public:
  broadcast_operator(std::shared_ptr<socketio::nsp_core> nsp, target to);
  broadcast_operator(const broadcast_operator& other);
  broadcast_operator(broadcast_operator&& other) noexcept;
  broadcast_operator& operator=(const broadcast_operator& other);
  broadcast_operator& operator=(broadcast_operator&& other) noexcept;
  ~broadcast_operator();

  /// Sends an event to all receivers, on all servers, and waits for the acknowledgement of each until timeout(), which
  /// must be set.
  ///
  /// @par Completes     when all have answered or left, or the time is over. The answers that came are in the result,
  ///                    and its complete() says whether some are missing.
  /// @par Cancellation  The wait ends; the event was sent, and answers that still come are ignored.
  /// @throws error errc::bad_argument without a timeout, for a reserved event name, or for binary after binary(false);
  ///               errc::disconnected when the adapter cannot reach the other servers.
  template <class... None, class... Args>
  task<answers> emit_with_ack(std::string_view event, const Args&... args) const {
    if constexpr (!detail::check_many<None...>()) return {};
    return ask_data(nsp_, target_, std::string(event), detail::checked_event(event, args...));
  }
  /// Never compiles, as emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_broadcasts::emit_with_ack;

  /// The ids of the sockets, on all servers; with local() of this one.
  /// @throws incomplete<std::vector<std::string>> when another server did not answer in time: it has the ids that came.
  /// @throws error errc::disconnected when the adapter cannot reach the other servers.
  task<std::vector<std::string>> clients() const;
  /// The sockets, on all servers; with local() of this one. Each has its rooms, data and handshake, so it costs more
  /// than clients().
  /// @throws incomplete<std::vector<remote_socket>> when another server did not answer in time, with the sockets that
  ///         have come until then.
  /// @throws error errc::disconnected when the adapter cannot reach the other servers.
  task<std::vector<remote_socket>> fetch_sockets() const;
  /// Puts the sockets into rooms: names, or ranges of names. A socket that would be in more than
  /// options.max_rooms_per_client rooms is passed by.
  /// @par Completes  when it is done on this server, and other servers have been told.
  template <class... R>
  task<> sockets_join(const R&... rooms) const {
    return join_all(nsp_, target_, detail::collect_rooms(rooms...));
  }
  /// Takes the sockets out of rooms.
  template <class... R>
  task<> sockets_leave(const R&... rooms) const {
    return leave_all(nsp_, target_, detail::collect_rooms(rooms...));
  }
  /// Disconnects the sockets, with the reason `server namespace disconnect`. With `close` the sessions of their clients
  /// are closed, and all sockets of these clients leave.
  /// @par Completes  when it is done on this server, and other servers have been told.
  task<> disconnect_sockets(bool close = false) const;

  /// Sends an event to the other servers of the cluster, where nsp::on_server_side() handlers are called; never to this
  /// server, and never to clients. It needs an adapter that knows other servers. With rooms in memory there are none,
  /// and nothing happens; with local() neither.
  /// @par Completes  when the event is on its way.
  /// @throws error errc::bad_argument for `connect`, `connection` and `new_namespace`, and when rooms were named.
  template <class... Args>
  task<> server_side_emit(std::string_view event, const Args&... args) const {
    return tell_servers(nsp_, target_, std::string(event), detail::checked_event(event, args...));
  }
  /// The same, and waits for one answer of each server, until timeout() or for the adapter's own time.
  /// @return the answers that came; complete() says whether some are missing.
  /// @par Cancellation  The wait ends; the event was sent.
  template <class... None, class... Args>
  task<answers> server_side_emit_with_ack(std::string_view event, const Args&... args) const {
    if constexpr (!detail::check_many<None...>()) return {};
    return ask_servers(nsp_, target_, std::string(event), detail::checked_event(event, args...));
  }
  /// These never compile, as emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_broadcasts::server_side_emit;
  using detail::refuses_broadcasts::server_side_emit_with_ack;

  // The same for callers that are no coroutines: see completion.hpp.

  /// As emit_with_ack(). @param token  For `void(std::exception_ptr, cosio::answers)`.
  template <class... None, class Token, class... Args>
  auto async_emit_with_ack(Token&& token, std::string_view event, const Args&... args) const {
    if constexpr (detail::check_many<None...>())
      return detail::start_with(std::forward<Token>(token), starts_at(), emit_with_ack(event, args...));
  }
  /// As server_side_emit(). @param token  For `void(std::exception_ptr)`.
  template <class Token, class... Args>
  auto async_server_side_emit(Token&& token, std::string_view event, const Args&... args) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), server_side_emit(event, args...));
  }
  /// As server_side_emit_with_ack(). @param token  For `void(std::exception_ptr, cosio::answers)`.
  template <class... None, class Token, class... Args>
  auto async_server_side_emit_with_ack(Token&& token, std::string_view event, const Args&... args) const {
    if constexpr (detail::check_many<None...>())
      return detail::start_with(std::forward<Token>(token), starts_at(), server_side_emit_with_ack(event, args...));
  }
  /// These never compile, as emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_broadcasts::async_emit_with_ack;
  using detail::refuses_broadcasts::async_server_side_emit;
  using detail::refuses_broadcasts::async_server_side_emit_with_ack;
  /// As clients(). @param token  For `void(std::exception_ptr, std::vector<std::string>)`.
  template <class Token>
  auto async_clients(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), clients());
  }
  /// As fetch_sockets(). @param token  For `void(std::exception_ptr, std::vector<cosio::remote_socket>)`.
  template <class Token>
  auto async_fetch_sockets(Token&& token) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), fetch_sockets());
  }
  /// As sockets_join(). @param token  For `void(std::exception_ptr)`, as in the next two.
  template <class Token, class... R>
  auto async_sockets_join(Token&& token, const R&... rooms) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), sockets_join(rooms...));
  }
  /// As sockets_leave().
  template <class Token, class... R>
  auto async_sockets_leave(Token&& token, const R&... rooms) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), sockets_leave(rooms...));
  }
  /// As disconnect_sockets().
  template <class Token>
  auto async_disconnect_sockets(Token&& token, bool close = false) const {
    return detail::start_with(std::forward<Token>(token), starts_at(), disconnect_sockets(close));
  }

 protected:
  template <class>
  friend class narrows;
  friend class emits<broadcast_operator>;
  detail::starting_place starts_at() const { return starts_in(nsp_); }
  broadcast_operator operator_for_rooms() const { return *this; }
  broadcast_operator operator_for_flags() const { return *this; }
  task<report> emit_encoded(std::string_view event, event_data data) const;

 private:
  friend class remote_socket;
  friend class nsp;
  friend class parent_operator;
  using nsp_ptr = std::shared_ptr<socketio::nsp_core>;
  static detail::starting_place starts_in(const nsp_ptr& nsp);
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

/// The operations on all sockets of a namespace, for nsp and server. Each is the same as the function of that name in
/// broadcast_operator, for a broadcast without rooms.
///
/// @tparam Self  The handle. Its operator_for_rooms() returns a broadcast_operator.
/// @par Threads  Any.
template <class Self>
class manages : public detail::refuses_broadcasts {
 public:
  /// The ids of all sockets, on all servers.
  task<std::vector<std::string>> clients() const { return everybody().clients(); }
  /// All sockets, on all servers, with their rooms, data and handshake.
  task<std::vector<remote_socket>> fetch_sockets() const { return everybody().fetch_sockets(); }
  /// Puts all sockets into rooms.
  template <class... R>
  task<> sockets_join(const R&... rooms) const {
    return everybody().sockets_join(rooms...);
  }
  /// Takes all sockets out of rooms.
  template <class... R>
  task<> sockets_leave(const R&... rooms) const {
    return everybody().sockets_leave(rooms...);
  }
  /// Disconnects all sockets; with `close` the sessions of their clients, too.
  task<> disconnect_sockets(bool close = false) const { return everybody().disconnect_sockets(close); }
  /// Does not compile: answers of many need a time. Write `timeout(5s).emit_with_ack(…)`.
  template <class... None, class... Args>
  task<answers> emit_with_ack(std::string_view event, const Args&... args) const {
    static_assert(sizeof...(Args) > 1'000, "cosio: answers of many need a time: write timeout(5s).emit_with_ack(…)");
    return everybody().emit_with_ack(event, args...);
  }
  /// Sends an event to the other servers of the cluster.
  template <class... Args>
  task<> server_side_emit(std::string_view event, const Args&... args) const {
    return everybody().server_side_emit(event, args...);
  }
  /// The same, and waits for one answer of each server.
  template <class... None, class... Args>
  task<answers> server_side_emit_with_ack(std::string_view event, const Args&... args) const {
    return everybody().template server_side_emit_with_ack<None...>(event, args...);
  }
  /// These never compile, as emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_broadcasts::server_side_emit;
  using detail::refuses_broadcasts::server_side_emit_with_ack;

  // The same for callers that are no coroutines: see completion.hpp, and broadcast_operator for the tokens.

  /// As clients().
  template <class Token>
  auto async_clients(Token&& token) const {
    return everybody().async_clients(std::forward<Token>(token));
  }
  /// As fetch_sockets().
  template <class Token>
  auto async_fetch_sockets(Token&& token) const {
    return everybody().async_fetch_sockets(std::forward<Token>(token));
  }
  /// As sockets_join().
  template <class Token, class... R>
  auto async_sockets_join(Token&& token, const R&... rooms) const {
    return everybody().async_sockets_join(std::forward<Token>(token), rooms...);
  }
  /// As sockets_leave().
  template <class Token, class... R>
  auto async_sockets_leave(Token&& token, const R&... rooms) const {
    return everybody().async_sockets_leave(std::forward<Token>(token), rooms...);
  }
  /// As disconnect_sockets().
  template <class Token>
  auto async_disconnect_sockets(Token&& token, bool close = false) const {
    return everybody().async_disconnect_sockets(std::forward<Token>(token), close);
  }
  /// As server_side_emit().
  template <class Token, class... Args>
  auto async_server_side_emit(Token&& token, std::string_view event, const Args&... args) const {
    return everybody().async_server_side_emit(std::forward<Token>(token), event, args...);
  }
  /// As server_side_emit_with_ack().
  template <class... None, class Token, class... Args>
  auto async_server_side_emit_with_ack(Token&& token, std::string_view event, const Args&... args) const {
    return everybody().template async_server_side_emit_with_ack<None...>(std::forward<Token>(token), event, args...);
  }
  /// These never compile, as emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_broadcasts::async_server_side_emit;
  using detail::refuses_broadcasts::async_server_side_emit_with_ack;

 private:
  broadcast_operator everybody() const { return static_cast<const Self&>(*this).operator_for_rooms(); }
};

}  // namespace cosio::inline v0_2
