// The sockets of one client: one in each namespace, how they join, and how they leave.
//
//   CONNECT came     expect()   the namespace has a place in the table
//   middleware runs  found()    the socket is in its place
//   it is let in     admit()    the client is told; the socket has joined
//   it is not        refuse()   the client is told; the place is removed
//   the end          disconnect(), leave(), make_all_leave()
//
// On the client's strand.

#pragma once
#include <boost/container/small_vector.hpp>

#include <cosio/parser.hpp>
#include <cosio/reason.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "async/posted_deadline.hpp"
#include "socketio/client_host.hpp"
#include "socketio/dispatch.hpp"
#include "socketio/shared_name.hpp"
#include "socketio/socket_owner.hpp"

namespace cosio::socketio {

class socket_core;

class client_sockets : public socket_owner, public std::enable_shared_from_this<client_sockets> {
 public:
  client_host& host() const noexcept { return *host_; }
  const std::shared_ptr<client_host>& host_ptr() const noexcept { return host_; }
  dispatch& events() noexcept { return events_; }
  /// No socket joins any more.
  bool closed() const noexcept { return closed_; }

  /// A CONNECT for this namespace has come.
  void expect(std::string_view nsp);
  /// Whether the client has joined the namespace, or is about to.
  bool has(std::string_view nsp) const noexcept { return find(nsp) != nullptr; }
  /// Whether the client still waits for the answer to its CONNECT.
  bool is_expected(std::string_view nsp) const noexcept;
  /// The socket that will join, or be refused. Only for a namespace that has().
  void found(const std::shared_ptr<socket_core>& socket);
  /// Tells a client that waits to join that it may not, and why. Does nothing when the client does not wait any more.
  void refuse(const std::string& nsp, std::string_view json);
  /// The socket that has joined the namespace; null when there is none.
  std::shared_ptr<socket_core> joined(std::string_view nsp) const noexcept;
  using list = boost::container::small_vector<std::shared_ptr<socket_core>, 1>;
  /// All that have joined.
  list all_joined() const;
  /// Joined, and about to join.
  std::size_t size() const noexcept { return sockets_.size(); }

  // socket_owner
  bool admit(const std::shared_ptr<socket_core>& who) final;
  void disconnect(const std::shared_ptr<socket_core>& who, bool close) final;
  void send_control(wire::sio_type type, std::string_view nsp, std::string_view json) final;

  /// A socket leaves. Nothing is sent.
  void leave(const std::shared_ptr<socket_core>& who, const reason& why);
  /// The client broke the protocol: the session is closed. When its transport cannot close at once (polling), the
  /// sockets leave at once, with a reason of their own.
  void close_for_violation(std::string why);
  /// The server cannot do what it must for this client. Only this client is closed.
  void close_stuck(const std::exception_ptr& why);

 protected:
  client_sockets(std::shared_ptr<client_host> host, std::shared_ptr<engine::session> session,
                 engine::handler_queue::owner& handlers);
  ~client_sockets();

  /// Starts the time within which a namespace must be joined.
  void start_connect_timeout();
  /// Whether that time is still running.
  bool never_joined() const noexcept { return limit_ != nullptr; }
  /// No socket joins any more, and those that have joined leave. Nothing is sent.
  void make_all_leave(const reason& why);
  /// As make_all_leave(), when the strand is gone: no handler is told.
  void forsake() noexcept;

 private:
  void on_connect_timeout();
  using connect_limit = async::posted_deadline<client_sockets, &client_sockets::on_connect_timeout>;

  // The socket is null until the namespace is found: a predicate of the application's may take its time.
  using place = std::pair<shared_name, std::shared_ptr<socket_core>>;

  const place* find(std::string_view nsp) const noexcept;
  void remove(std::string_view nsp);
  void send_control_with(const parser& with, wire::sio_type type, std::string_view nsp, std::string_view json);

  const std::shared_ptr<client_host> host_;
  dispatch events_;
  boost::container::small_vector<place, 1> sockets_;  // one, as a rule
  std::shared_ptr<connect_limit> limit_;              // until the first namespace is joined
  bool closed_ = false;
};

}  // namespace cosio::socketio
