// The sockets of one client: one in each namespace, how they join, and how they leave.
//
//   CONNECT came     expect()   the namespace has a place in the table, which is charged to the client's account
//   middleware runs  found()    the socket is in its place
//   it is let in     admit()    the client is told; the socket has joined
//   it is not        refuse()   the client is told; the socket is over
//   the end          leave(), disconnect(), dismiss(), end_all()
//
// A socket that was found() is over by end() alone, whether it has joined or not. All ways out call it, so that every
// wait for the client ends with the reason that is true. On the client's strand.

#pragma once
#include <boost/container/small_vector.hpp>

#include <cosio/middleware.hpp>
#include <cosio/parser.hpp>
#include <cosio/reason.hpp>

#include <cstddef>
#include <exception>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/posted_deadline.hpp"
#include "socketio/client_host.hpp"
#include "socketio/dispatch.hpp"
#include "socketio/shared_name.hpp"
#include "socketio/socket_owner.hpp"

namespace cosio::inline v0_2::socketio {

class socket_core;

class client_sockets : public socket_owner, public std::enable_shared_from_this<client_sockets> {
 public:
  client_host& host() const noexcept { return *host_; }
  const std::shared_ptr<client_host>& host_ptr() const noexcept { return host_; }
  dispatch& events() noexcept { return events_; }
  const dispatch& events() const noexcept { return events_; }
  /// No socket joins any more.
  bool closed() const noexcept { return closed_; }

  /// A CONNECT for this namespace has come: it gets a place. The memory of the place, of its socket and of the payload
  /// is charged to the client's account until the socket has left.
  /// @param payload  The memory of the payload, in bytes.
  /// @return false when that would be more than options.max_client_bytes: then the namespace has no place.
  [[nodiscard]] bool expect(std::string_view nsp, std::size_t payload);
  /// The same for the namespace that clients of protocol 4 join by themselves. It is never refused.
  void expect_default();
  /// A namespace may be made for this place: it is charged, too. @return as expect() does, but the place stays.
  [[nodiscard]] bool charge_namespace(std::string_view nsp);
  /// Whether the client has joined the namespace, or is about to.
  bool has(std::string_view nsp) const noexcept { return find(nsp) != nullptr; }
  /// Whether the client still waits for the answer to its CONNECT.
  bool is_expected(std::string_view nsp) const noexcept;
  /// Counts a CONNECT that a limit refuses. @return its refusal: what the client is told.
  refusal over_limit(base::limit which, std::string told);
  /// The namespace was found, and this is the socket that will join it, or be refused. Only where has() is true. When
  /// the socket is over, the server is told that the namespace has one socket less.
  void found(const std::shared_ptr<socket_core>& socket);
  /// Tells a client that waits to join that it may not, and why; its socket is over. Does nothing when the client does
  /// not wait any more.
  /// @param thrown  A refusal, whose words the client gets. Of any other exception it learns nothing.
  void refuse(const std::string& nsp, const std::exception_ptr& thrown);
  void refuse(const std::string& nsp, const refusal& what);
  /// The socket that has joined the namespace; null when there is none.
  std::shared_ptr<socket_core> joined(std::string_view nsp) const noexcept;
  using list = boost::container::small_vector<std::shared_ptr<socket_core>, 1>;
  /// All that have joined.
  list all_joined() const;
  /// Joined, and about to join.
  std::size_t size() const noexcept { return sockets_.size(); }

  /// Encodes the CONNECT of a socket, for admit(): an adapter may admit it with a lock held, and the parser of the
  /// application must not run then. @return false when it cannot be encoded; then the client is let go.
  bool prepare(const std::shared_ptr<socket_core>& who);
  /// Undoes prepare(), if the socket was not admitted.
  void unprepare(const socket_core& who) noexcept;
  /// The client comes back by connection state recovery. It joins when it has received what it missed, which may take
  /// longer than options.connect_timeout.
  void stop_connect_timeout() noexcept { limit_ = nullptr; }

  // socket_owner
  bool admit(const std::shared_ptr<socket_core>& who) final;
  void disconnect(const std::shared_ptr<socket_core>& who, bool close) final;
  void send_control(wire::sio_type type, std::string_view nsp, std::string_view json) final;
  engine::handler_queue& handlers() noexcept final { return events_.handlers(); }
  void on_awaited(const std::shared_ptr<socket_core>& by, const std::string& event) final;

  /// A socket that has joined leaves. Nothing is sent.
  void leave(const std::shared_ptr<socket_core>& who, const reason& why);
  /// All sockets are over, and the session closes. The client is told, in a way that keeps it from connecting again by
  /// itself: DISCONNECT for each socket that has joined, CONNECT_ERROR with the reason's text for the others.
  void dismiss(const reason& why);
  /// The client broke the protocol: the session is closed. When its transport cannot close at once (polling), the
  /// sockets leave at once, with a reason of their own.
  void close_for_violation(std::string why);
  /// The server cannot do what it must for this client. Only this client is closed.
  void close_stuck(const std::exception_ptr& why) noexcept;

 protected:
  client_sockets(std::shared_ptr<client_host> host, std::shared_ptr<engine::session> session,
                 engine::handler_queue::owner& handlers);
  ~client_sockets();

  /// Starts the time within which a namespace must be joined.
  void start_connect_timeout();
  /// Whether that time is still running.
  bool never_joined() const noexcept { return limit_ != nullptr; }
  enum class telling { nobody, joined, everybody };
  /// No socket joins any more, and all are over.
  void end_all(const reason& why, telling whom = telling::nobody);
  /// As end_all(), when the strand is gone: no handler is told.
  void forsake() noexcept;
  /// Sends the refusal of a CONNECT.
  void tell_refused(std::string_view nsp, const refusal& what);

 private:
  void on_connect_timeout();
  using connect_limit = async::posted_deadline<client_sockets, &client_sockets::on_connect_timeout>;

  // The socket is null until the namespace is found: a predicate of the application's may take its time.
  struct place {
    shared_name name;
    std::shared_ptr<socket_core> socket;
    std::size_t charged;  // bytes
  };

  const place* find(std::string_view nsp) const noexcept;
  void add_place(std::string_view nsp, std::size_t charged);
  void give_back(const place& of) noexcept;
  std::shared_ptr<socket_core> remove(std::string_view nsp);
  void end(const std::shared_ptr<socket_core>& who, const reason& why);
  void tell_end(const place& of, const reason& why, telling whom);
  using frames = std::vector<engine::shared_frame>;
  std::optional<frames> control_frames(const parser& with, wire::sio_type type, std::string_view nsp,
                                       std::string_view json);

  const std::shared_ptr<client_host> host_;
  dispatch events_;
  boost::container::small_vector<place, 1> sockets_;                   // one, as a rule
  std::forward_list<std::pair<const socket_core*, frames>> prepared_;  // CONNECT of sockets that are being admitted
  std::shared_ptr<connect_limit> limit_;                               // until the first namespace is joined
  bool closed_ = false;
};

}  // namespace cosio::inline v0_2::socketio
