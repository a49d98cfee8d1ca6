// One socket of a client: joining its namespace, events in both directions, acknowledgements, and what waits.
//
//   open() -> owner.want_connection() … on_open() -> CONNECT -> on_packet(CONNECT) -> connected
//   emit() -> the connection, or offline_events, or the line of retries
//   on_packet(EVENT) -> owner.when_room() -> dispatch() -> listeners
//
// On the strand of the manager, except for what says "any thread".

#pragma once
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>
#include <cosio/client_reason.hpp>
#include <cosio/client_socket.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/posted_deadline.hpp"
#include "async/strand.hpp"
#include "base/guarded.hpp"
#include "client/client_outgoing.hpp"
#include "client/client_socket_owner.hpp"
#include "client/registrations.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::clients {

class socket_core : public std::enable_shared_from_this<socket_core> {
 public:
  socket_core(std::weak_ptr<client_socket_owner> owner, std::shared_ptr<async::runtime> where, async::strand on,
              std::string nsp, client_socket_options settings);

  // ---- any thread
  const std::string& nsp() const noexcept { return nsp_; }
  const async::strand& strand() const noexcept { return strand_; }
  const std::shared_ptr<async::runtime>& where() const noexcept { return where_; }
  const client_socket_options& settings() const noexcept { return settings_; }
  std::string id() const;
  bool connected() const noexcept { return connected_; }
  bool active() const noexcept { return active_; }
  bool recovered() const noexcept { return recovered_; }
  bool ended() const noexcept { return ended_; }
  pending_events pending() const noexcept;
  /// The end of the manager: no handler is called any more. The rest follows in on_end().
  void close_registrations();

  const std::shared_ptr<registrations<detail::listener_ptr>> listeners;
  const hooks_ptr<std::string, arguments> any;
  const hooks_ptr<std::string, arguments> any_outgoing;
  const hooks_ptr<> on_connect;
  const hooks_ptr<connect_error> on_connect_error;
  const hooks_ptr<client_reason> on_disconnect;
  const hooks_ptr<client_failure> on_error;

  // ---- what the application asks for
  using connect_wait = std::shared_ptr<pending_result<bool>>;
  using end_wait = std::shared_ptr<pending_result<client_reason>>;
  void open();
  void open(connect_wait wait);
  void disconnect();
  void wait_for_end(end_wait wait);
  /// A coroutine waits for an event: it learns of the end of the manager.
  void wait_with(std::shared_ptr<pending_result<arguments>> wait);
  /// The outcome of an emit.
  struct emitted {
    report what;
    std::shared_ptr<pending_result<bool>> room;  // to be waited for, unless null
  };
  /// @throws error errc::disconnected with when_offline::fail; what a parser throws.
  emitted emit(const outgoing_ptr& what);
  /// The same for an event that asks; its question learns of every failure.
  void ask(const outgoing_ptr& what) noexcept;
  /// Nobody waits for the answer any more.
  void forget(const outgoing_ptr& what);

  // ---- what the manager tells
  /// There is a connection.
  void on_open();
  void on_packet(wire::socket_packet& packet, std::size_t bytes);
  /// An attempt to connect failed. `is_last`: there is no other.
  void on_attempt_failed(const connect_error& why, bool is_last);
  /// No further attempt is made.
  void on_given_up();
  /// The connection is gone.
  void on_connection_lost(const client_reason& why);
  /// The manager is gone.
  void on_end();

 private:
  using self_ptr = std::shared_ptr<socket_core>;
  class reply;
  struct received;

  std::shared_ptr<client_socket_owner> owner() const noexcept { return owner_.lock(); }
  static task<> ask_auth(self_ptr self, std::uint64_t attempt);
  void send_connect(boost::json::value auth);
  void send_disconnect();
  void on_connect_packet(const wire::socket_packet& packet);
  void joined(std::string id, std::string pid);
  void refused(connect_error why);
  void leave(const client_reason& why);
  void fail_acks(errc code, const char* why);

  report send_or_keep(const outgoing_ptr& what);
  report drop(const outgoing_ptr& what);
  report keep(offline_events& in, const outgoing_ptr& what);
  void transmit(const outgoing_event& what, std::optional<std::uint64_t> id);
  void send_kept();

  void drain_line(bool again);
  void try_answered(arguments values);
  void try_failed(errc code, const char* why);
  void try_timed_out();
  void end_try(bool drain);

  void on_ack(std::uint64_t id, arguments values);
  void on_connect_error_packet(const wire::socket_packet& packet);
  void on_event(std::shared_ptr<received> event);
  void dispatch(const std::shared_ptr<received>& event);
  void start_listener(const detail::listener_ptr& listener, const detail::event_view& view);
  static task<> run_listener(self_ptr self, detail::listener_ptr listener, task<> work, std::string event);
  template <class... Args>
  void call_hooks(const hooks_ptr<Args...>& which, std::string_view event, const Args&... args);
  template <class... Args>
  static task<> run_hook(self_ptr self, std::shared_ptr<const hook_function<Args...>> call, std::string event,
                         Args... args);
  void failed(std::string_view event, std::exception_ptr thrown, std::string message);

  const std::weak_ptr<client_socket_owner> owner_;
  const std::shared_ptr<async::runtime> where_;
  const async::strand strand_;
  const std::string nsp_;
  const client_socket_options settings_;

  mutable base::mutex mutex_;
  std::string id_ COSIO_GUARDED_BY(mutex_);
  std::atomic<bool> connected_{false};
  std::atomic<bool> active_{false};
  std::atomic<bool> recovered_{false};
  std::atomic<bool> ended_{false};
  std::atomic<std::size_t> awaited_{0};

  bool joining_ = false;       // CONNECT is on its way, or its data is being asked for
  bool sent_connect_ = false;  // CONNECT was sent, and not answered: perhaps to a socket that is not active any more
  std::uint64_t attempt_ = 0;  // counts them, and connections
  std::string pid_;
  std::string offset_;
  std::vector<std::shared_ptr<received>> early_;  // events that came before the server's CONNECT
  std::size_t early_bytes_ = 0;
  std::vector<connect_wait> connect_waits_;
  std::vector<end_wait> end_waits_;
  std::vector<std::shared_ptr<pending_result<arguments>>> event_waits_;

  std::uint64_t next_id_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<question>> acks_;
  offline_events kept_;
  offline_events line_;  // with retries: sent one by one
  bool trying_ = false;  // the first of the line was sent
  std::size_t tries_ = 0;
  std::optional<std::uint64_t> try_id_;
  using try_limit = async::posted_deadline<socket_core, &socket_core::try_timed_out>;
  std::shared_ptr<try_limit> try_limit_;
};

// An event that has come. Its arguments stand behind the name.
struct socket_core::received {
  boost::json::value data;
  std::vector<binary> attachments;
  std::optional<std::uint64_t> id;
  std::uint64_t attempt = 0;  // of the socket, when it came
  std::size_t bytes = 0;
};

// ---------------------------------------------------------------- hooks: each is a coroutine of its own

template <class... Args>
task<> socket_core::run_hook(self_ptr self, std::shared_ptr<const hook_function<Args...>> call, std::string event,
                             Args... args) {
  std::exception_ptr thrown;
  try {
    auto work = detail::checked((*call)(std::move(args)...));
    co_await std::move(work);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) self->failed(event, thrown, {});
}

template <class... Args>
void socket_core::call_hooks(const hooks_ptr<Args...>& which, std::string_view event, const Args&... args) {
  for (auto& call : which->take()) {
    const auto on = owner();
    if (!on || ended_) return;
    on->start_handler(run_hook<Args...>(shared_from_this(), std::move(call), std::string(event), args...));
  }
}

}  // namespace cosio::inline v0_2::clients
