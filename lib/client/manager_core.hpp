// The manager of a client: one connection at a time, its reconnection, and the sockets that share it.
//
//   socket_core -> want_connection() -> begin_attempt() -> engine_source -> engine_client -> on_open()
//   engine_client -> on_message() -> packet_codec -> socket_core::on_packet()
//   the connection is lost, or an attempt failed -> schedule_reconnect() -> on_delay_over() -> begin_attempt()
//
// On its strand, except for what says "any thread".

#pragma once
#include <cosio/client_options.hpp>
#include <cosio/client_reason.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/posted_deadline.hpp"
#include "async/runtime.hpp"
#include "base/guarded.hpp"
#include "client/backoff.hpp"
#include "client/client_socket_core.hpp"
#include "client/client_socket_owner.hpp"
#include "client/connection_ear.hpp"
#include "client/engine_client.hpp"
#include "client/packet_codec.hpp"
#include "client/registrations.hpp"

namespace cosio::inline v0_2::clients {

class manager_core final : public client_socket_owner,
                           public connection_owner,
                           public std::enable_shared_from_this<manager_core> {
 public:
  /// Makes the source of connections to a target. @throws what make_engine_source() throws.
  using source_maker = std::function<std::shared_ptr<engine_source>(const connection_target&)>;

  /// @throws error errc::bad_argument for an option that makes no sense, and what `make_source` throws for `url`.
  static std::shared_ptr<manager_core> make(std::shared_ptr<async::runtime> where, std::string url,
                                            manager_options settings, source_maker make_source);
  manager_core(std::shared_ptr<async::runtime> where, std::string url, manager_options settings,
               source_maker make_source);

  // ---- any thread
  std::shared_ptr<socket_core> socket(std::string nsp, client_socket_options options);
  const async::strand& strand() const noexcept { return strand_; }
  bool connected() const noexcept { return connected_; }
  std::string transport() const;
  client_metrics metrics() const;
  void reconnect_now();
  void pause();
  void resume();
  void close();
  /// The manager is destroyed.
  void end() noexcept;

  const hooks_ptr<> on_open = make_hooks<>();
  const hooks_ptr<client_reason> on_close = make_hooks<client_reason>();
  const hooks_ptr<connect_error> on_error = make_hooks<connect_error>();
  const hooks_ptr<> on_ping = make_hooks<>();
  const hooks_ptr<std::size_t> on_reconnect_attempt = make_hooks<std::size_t>();
  const hooks_ptr<std::size_t> on_reconnect = make_hooks<std::size_t>();
  const hooks_ptr<connect_error> on_reconnect_error = make_hooks<connect_error>();
  const hooks_ptr<> on_reconnect_failed = make_hooks<>();

  // ---- for sockets
  void want_connection() override;
  void left() override;
  bool is_open() const noexcept override { return state_ == state::open; }
  bool is_overdue() const noexcept override;
  bool is_idle() const noexcept override;
  std::optional<std::string> root_id() const override { return root_id_; }
  void send(const packet_out& what, bool compress) override;
  std::shared_ptr<pending_result<bool>> room() override;
  void start_handler(task<> work) override;
  void when_room(std::size_t bytes, std::function<void()> handle) override;
  void count(std::uint64_t client_metrics::* what) noexcept override;
  const manager_options& settings() const noexcept override { return settings_; }

  // ---- for the connection
  void opened(const engine_handshake& by) override;
  void changed_transport(std::string_view to) override;
  void received(const message& what) override;
  void pinged() override { call_hooks(on_ping); }
  void drained() override;
  void ended(const engine_end& how) override;

 private:
  enum class state : std::uint8_t { closed, opening, open };
  using self_ptr = std::shared_ptr<manager_core>;

  void begin_attempt();
  connection_target next_target() const;
  static task<> ask_target(self_ptr self, std::uint64_t attempt);
  void dial(const connection_target& to);
  void attempt_failed(const std::string& why);
  void connection_lost(const client_reason& why);
  void release_connection();
  static task<> hold_closing(std::shared_ptr<async::runtime> where, std::shared_ptr<connection_ear> held,
                             async::time_point limit);
  void schedule_reconnect();
  void on_delay_over();
  bool may_try_again() const noexcept;
  void do_close();
  void on_end();

  void trace(bool sent, const message& what) noexcept;
  void route(wire::socket_packet& packet, std::size_t bytes);
  void handler_ended();
  void handle_held();
  std::vector<std::shared_ptr<socket_core>> sockets() const;
  template <class... Args>
  void call_hooks(const hooks_ptr<Args...>& which, const Args&... args);
  template <class... Args>
  static task<> run_hook(std::shared_ptr<const hook_function<Args...>> call, Args... args);

  const std::shared_ptr<async::runtime> where_;
  const async::strand strand_;
  const std::string url_;
  const manager_options settings_;
  const source_maker make_source_;

  mutable base::mutex mutex_;
  std::map<std::string, std::shared_ptr<socket_core>, std::less<>> sockets_ COSIO_GUARDED_BY(mutex_);
  std::string transport_ COSIO_GUARDED_BY(mutex_);
  client_metrics figures_ COSIO_GUARDED_BY(mutex_);
  std::atomic<bool> connected_{false};
  std::atomic<bool> ended_{false};

  state state_ = state::closed;
  std::uint64_t attempt_ = 0;
  std::shared_ptr<engine_source> source_;
  connection_target source_target_;
  std::shared_ptr<connection_ear> ear_;  // of the present connection
  std::optional<std::string> root_id_;
  std::string session_id_;
  packet_codec codec_;
  std::size_t packet_bytes_ = 0;  // of a packet that is not whole yet
  std::vector<std::shared_ptr<pending_result<bool>>> room_waits_;

  backoff backoff_;
  std::minstd_rand chance_{std::random_device{}()};
  bool reconnecting_ = false;
  bool skips_reconnect_ = false;
  bool waits_for_delay_ = false;
  bool paused_ = false;
  bool wanted_ = false;  // while it is paused
  async::posted_deadline<manager_core, &manager_core::on_delay_over> delay_;

  std::size_t running_ = 0;
  bool handles_ = false;
  std::deque<std::pair<std::size_t, std::function<void()>>> held_;
  std::size_t held_bytes_ = 0;
};

template <class... Args>
task<> manager_core::run_hook(std::shared_ptr<const hook_function<Args...>> call, Args... args) {
  auto work = detail::checked((*call)(std::move(args)...));
  co_await std::move(work);
}

template <class... Args>
void manager_core::call_hooks(const hooks_ptr<Args...>& which, const Args&... args) {
  for (auto& call : which->take()) start_handler(run_hook<Args...>(std::move(call), args...));
}

}  // namespace cosio::inline v0_2::clients
