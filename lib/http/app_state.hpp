// The object behind http::app, as the floors above see it: the runtime, the services, the port.

#pragma once
#include <cosio/http.hpp>
#include <cosio/log.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/runtime.hpp"
#include "async/stream.hpp"
#include "base/guarded.hpp"
#include "http/connection.hpp"
#include "http/listener.hpp"
#include "http/predecessor.hpp"
#include "http/service.hpp"

namespace cosio::inline v0_2::http {

/// @par Threads  Any, except where said otherwise.
struct app::state {
  state(std::unique_ptr<async::runtime> runtime, app_options options);
  /// Runs when the last handle is destroyed: stops accepting, tells the services, and closes idle connections. It waits
  /// for nothing. If the io_context is ours, it ends it: sessions and connections are forsaken.
  ~state();

  async::runtime& runtime() noexcept { return *runtime_; }
  /// For objects that may outlive the application.
  const std::shared_ptr<async::runtime>& shared_runtime() const noexcept { return shared_->runtime; }
  const app_options& options() const noexcept { return shared_->options; }
  router& routes() noexcept { return shared_->routes; }

  /// Asked before the routes, in the order in which services were added.
  void add_service(std::shared_ptr<service> added) { shared_->routes.add_service(std::move(added)); }
  void remove_service(const service* gone) { shared_->routes.remove_service(gone); }

  /// Serves a connection that was accepted elsewhere.
  void serve(std::unique_ptr<async::stream> stream);

  /// Takes over a socket of another io_context. @param read_before  The bytes that somebody has read from it already.
  /// @par Completes  when the connection has ended.
  static task<> serve(std::shared_ptr<state> self, tcp_socket socket, std::string read_before);
  /// The same for a connection of any kind, which stays on its own io_context.
  static task<> serve(std::shared_ptr<state> self, any_stream stream, std::string read_before);
  static task<response> answer(std::shared_ptr<state> self, request asked);

  /// @param told  The level of the line that says where it listens.
  std::uint16_t listen(log_level told);
  void reload_certificates();
  std::uint16_t port() const noexcept;
  bool listening() const noexcept;
  std::vector<int> sockets() const;
  /// Whether other processes may accept the connections of the port.
  bool shares_port() const noexcept { return options().reuse_port || !options().sockets.empty() || has_successor(); }
  /// Open TCP connections, WebSockets included; 0 before listen().
  std::size_t connections() const noexcept;
  /// Connections that were refused because of max_connections.
  std::uint64_t refused() const noexcept { return shared_->refused.load(std::memory_order_relaxed); }
  /// Connections that speak HTTP.
  std::size_t http_connections() const noexcept { return shared_->open.size(); }

  /// See app::run_until_signal.
  static void run_until_signal(const std::shared_ptr<state>& self, std::chrono::milliseconds deadline,
                               std::function<task<>()> goodbye);

  /// See app::stop_listening. @param within  New connections have no longer for their first answer.
  static task<> stop_listening(std::shared_ptr<state> self, std::chrono::milliseconds within);
  /// The same unless `keep` is true: see close_options::keep_port.
  static task<> leave_port(std::shared_ptr<state> self, std::optional<bool> keep, std::chrono::milliseconds within);
  static task<> close(std::shared_ptr<state> self);
  /// Cuts the connections that are left after that time.
  static task<> close(std::shared_ptr<state> self, std::chrono::milliseconds deadline);

 private:
  std::uint16_t open_port();
  void tell_port(log_level told) const;
  static task<> end(std::weak_ptr<state> which, std::shared_ptr<void> call, std::chrono::milliseconds time,
                    std::function<task<>()> goodbye);
  /// @return an object that is held as long as the call, or the close that it began, is under way.
  /// @throws error errc::already_running while an earlier one is.
  std::shared_ptr<void> begin_until_signal();
  using listeners = std::vector<std::shared_ptr<listener>>;
  listeners open_all(const std::shared_ptr<certificates>& secured, std::uint16_t& port);
  listeners take_listeners();

  const std::shared_ptr<async::runtime> runtime_;
  const std::shared_ptr<connection_context> shared_;
  mutable base::mutex mutex_;
  std::shared_ptr<certificates> certificates_ COSIO_GUARDED_BY(mutex_);  // with TLS, after listen()
  listeners listeners_ COSIO_GUARDED_BY(mutex_);                         // empty: not open
  std::uint16_t port_ COSIO_GUARDED_BY(mutex_) = 0;
  std::weak_ptr<void> until_signal_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::http
