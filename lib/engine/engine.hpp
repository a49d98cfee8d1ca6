// The Engine.IO server: answers the requests under its path. It opens sessions, finds them again, or refuses.
//
//   way in    http/router -> answer() or upgrade() -> handshake, session
//
// Flow: origin policy and middleware -> examine() -> allow_request and limits -> make_session() -> the first answer.
// Later requests of a session take the first two steps, and go to its strand.

#pragma once
#include <cosio/engine.hpp>
#include <cosio/http.hpp>
#include <cosio/options.hpp>
#include <cosio/task.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "async/gate.hpp"
#include "async/runtime.hpp"
#include "async/suspension.hpp"
#include "base/guarded.hpp"
#include "engine/engine_middleware.hpp"
#include "engine/handshake.hpp"
#include "engine/session.hpp"
#include "engine/session_table.hpp"
#include "engine/visitors.hpp"
#include "engine/websocket_transport.hpp"
#include "http/forwarded.hpp"
#include "http/service.hpp"

namespace cosio::inline v0_2::http {
class node_client;
}

namespace cosio::inline v0_2::engine {

class forwarder;

/// The application's handlers. Set before the application listens.
struct engine_handlers {
  // Called on the session's strand, before its first packet is read.
  std::vector<std::function<void(std::shared_ptr<session>)>> session_opened;
  std::function<void(const connection_error&)> refused;
  std::function<void(http::response&, const http::request&)> initial_headers;
  std::function<void(http::response&, const http::request&)> headers;
  std::function<task<std::string>(http::request)> generate_id;
  std::shared_ptr<const middleware_list> middleware = std::make_shared<const middleware_list>();
};

/// Any thread. The settings and handlers never change once there are requests.
class engine_core final : public http::service, public session_host, public std::enable_shared_from_this<engine_core> {
 public:
  engine_core(std::shared_ptr<async::runtime> runtime, engine_options settings);

  engine_handlers& handlers() noexcept { return handlers_; }
  std::size_t session_count() const noexcept { return sessions_.size(); }
  const std::shared_ptr<base::counters>& shared_counters() const noexcept { return counters_; }
  async::runtime& get_runtime() noexcept { return *runtime_; }
  const std::shared_ptr<async::runtime>& shared_runtime() const noexcept { return runtime_; }

  /// The application that this engine belongs to. Null when there is none, or it is gone.
  std::shared_ptr<http::app::state> app() const noexcept { return app_.lock(); }
  void app(const std::shared_ptr<http::app::state>& of) noexcept { app_ = of; }

  /// From now on requests of sessions of other servers are passed on. Before the first request.
  /// @throws error errc::bad_argument when they are already.
  void forward(std::shared_ptr<forwarder> others);
  /// Null when no request is passed on.
  const std::shared_ptr<forwarder>& others() const noexcept { return forwarder_; }

  /// Sets the runtime and the settings anew. Before the first request.
  void configure(std::shared_ptr<async::runtime> runtime, engine_options settings);
  /// The origin policy. A new one counts from the next request.
  origin_policy origins() const;
  void origins(origin_policy policy);

  /// Its sessions become clients of a Socket.IO server: for the line about the port.
  void serves_socket_io() noexcept { serves_socket_io_ = true; }

  /// Closes every session at once, and refuses handshakes until a port is opened again.
  /// @par Completes  When the connections of all sessions are gone.
  static task<> close(std::shared_ptr<engine_core> self, reason why);
  /// Refuses handshakes until a port is opened again.
  /// @param close_answers_by  The deadline of server::close(): no client has longer to answer a close frame.
  void refuse_sessions(async::time_point close_answers_by = async::time_point::max()) noexcept {
    close_answers_by_ = close_answers_by;
    closing_ = true;
  }
  bool refuses_sessions() const noexcept { return closing_; }
  /// All sessions of this moment.
  std::vector<std::shared_ptr<session>> all_sessions() const { return sessions_.all(); }
  /// Closes every session after its queued frames have been sent, and refuses handshakes until a port is opened again.
  /// @par Completes  When no session is left, or the time is over.
  static task<> drain(std::shared_ptr<engine_core> self, reason why, async::duration within);

  // session_host
  const engine_options& settings() const noexcept override { return settings_; }
  async::deadlines& timers() noexcept override { return runtime_->timers(); }
  base::counters& counters() noexcept override { return *counters_; }
  const base::account_terms& account_terms() const noexcept override { return *account_terms_; }
  void remove_session(const std::string& sid) noexcept override;
  void heard(const session& from) noexcept override;
  bool too_many_silent() const noexcept override;
  http::request seen(const http::request& request) const override;
  async::duration time_to_answer_close() noexcept override;
  async::gate::pass begin_end() noexcept override { return async::gate::pass(ends_); }

  // http::service
  bool owns(std::string_view target) const noexcept override;
  std::string serves() const override;
  std::string introduce() const override { return serves(); }
  bool may_hold(const http::request& head) const override;
  taking take_over(const std::shared_ptr<http::exchange>& x) override;
  task<http::response> answer(std::shared_ptr<http::exchange> x) override;
  task<std::optional<http::response>> upgrade(std::shared_ptr<http::exchange> x) override;
  void closing() override;
  void opening() override;
  std::optional<std::chrono::milliseconds> foreign_upgrade_time() const noexcept override;

 private:
  using exchange_ptr = std::shared_ptr<http::exchange>;
  using session_ptr = std::shared_ptr<session>;
  using verdict = std::variant<admitted, refused>;
  using maker = std::variant<session_ptr, refused>;

  class taken_poll;
  class taken_post;
  struct checked_origin;
  using origin_ptr = std::shared_ptr<const checked_origin>;

  bool is_plain(const http::request& request) const;
  taking take_poll(const exchange_ptr& x, const session_ptr& s, origin_ptr origin);
  taking take_post(const exchange_ptr& x, const session_ptr& s, origin_ptr origin);
  static task<> finish_post(std::shared_ptr<taken_post> post);

  // The server of a request, when that is another one. See engine_forward.cpp.
  std::shared_ptr<http::node_client> elsewhere(const http::request& head) const;

  // Coroutines own the objects that they use: they are static, and the engine is a value.
  static task<http::response> pass_on(std::shared_ptr<engine_core> self, exchange_ptr x,
                                      std::shared_ptr<http::node_client> to);
  static task<std::optional<http::response>> tunnel_to(std::shared_ptr<engine_core> self, exchange_ptr x,
                                                       std::shared_ptr<http::node_client> to);
  static task<http::response> answer_request(std::shared_ptr<engine_core> self, exchange_ptr x);
  static task<std::optional<http::response>> upgrade_request(std::shared_ptr<engine_core> self, exchange_ptr x);
  // Not a coroutine: it is done with the request before it returns.
  static task<http::response> answer_checked(std::shared_ptr<engine_core> self, exchange_ptr x,
                                             const http::request& request);
  static task<http::response> answer_with(http::response answer);
  static task<std::optional<refused>> check_jsonp_origin(std::shared_ptr<engine_core> self, http::request request);
  static task<std::optional<refused>> ask_application(std::shared_ptr<engine_core> self, http::request request);
  static task<std::optional<refused>> ask_allow_request(std::shared_ptr<engine_core> self, http::request request);
  refused over_limit(base::limit which);
  static task<maker> make_session(std::shared_ptr<engine_core> self, http::request request, question asked,
                                  async::strand strand);
  void end_oldest_silent(std::string_view address) noexcept;
  void uncount(session& gone) noexcept;
  // A session was made, but its client will never know.
  static void close_unanswered(session& s);
  static task<http::response> open_polling(std::shared_ptr<engine_core> self, http::request request, question asked);
  static task<http::response> poll(std::shared_ptr<engine_core> self, exchange_ptr x, session_ptr s);
  static task<http::response> post(std::shared_ptr<engine_core> self, exchange_ptr x, session_ptr s);
  static task<> until_reading(session_ptr s);
  http::response refuse_post(const http::request& head, const session& s);

  http::response refuse(const http::request& request, const refused& why);
  http::response refuse_origin(const http::request& request, const origin_verdict& origin);
  http::response refuse_upgrade(const http::request& request, const refused& why, unsigned status = 400);
  void tell_opened(const session_ptr& s);
  // Lets a handler change a head. Its exceptions are logged.
  void let_change(const std::function<void(http::response&, const http::request&)>& handler, http::response& head,
                  const http::request& request) const;
  void tell_refused(const http::request& request, const refused& why);
  void log_refused(const http::request& request, const refused& why) const;
  http::response polling_response(const http::request& request, unsigned status, std::string body, bool binary,
                                  bool compress) const;
  http::response poll_response(const http::request& head, poll_request& polled, const session_ptr& s);
  http::response post_response(const http::request& head) const;
  // The same answers. Where no handler changes them, and nothing is special, their heads are ready.
  http::taken_request::made poll_answer(const http::request& head, poll_request& polled, const session_ptr& s);
  http::taken_request::made post_answer(const http::request& head) const;
  bool has_ready_head(const http::request& head, const poll_request& polled) const;
  bool may_compress(std::size_t bytes, bool compress) const noexcept;
  std::shared_ptr<websocket_transport> take_websocket(http::exchange& x, const async::strand& strand, bool base64,
                                                      wire::revision rev,
                                                      const std::optional<wire::deflate_agreement>& deflate,
                                                      std::string& leftover);
  void switch_protocols(http::exchange& x, const session_ptr& s, bool is_handshake, const http::response& extra,
                        const std::optional<wire::deflate_agreement>& deflate);

  // These never change once there are requests.
  std::shared_ptr<async::runtime> runtime_;
  engine_options settings_;
  std::string prefix_;
  std::atomic<bool> serves_socket_io_{false};
  std::optional<http::trusted_proxies> proxies_;  // nothing when no proxy is trusted
  std::shared_ptr<forwarder> forwarder_;          // null when no request is passed on
  engine_handlers handlers_;
  std::weak_ptr<http::app::state> app_;
  std::shared_ptr<visitors> visitors_;
  session_table sessions_;
  const std::shared_ptr<base::counters> counters_ = std::make_shared<base::counters>();
  std::unique_ptr<const base::account_terms> account_terms_;
  const std::shared_ptr<async::gate> connections_;                             // WebSocket connections that left HTTP
  const std::shared_ptr<async::gate> ends_ = std::make_shared<async::gate>();  // sessions that end just now
  std::atomic<bool> closing_{false};
  std::atomic<async::time_point> close_answers_by_{async::time_point::max()};  // see refuse_sessions()

  mutable base::mutex origins_mutex_;
  origin_policy origins_ COSIO_GUARDED_BY(origins_mutex_);  // instead of settings_.origins, since it may change
  base::mutex drains_mutex_;
  // Coroutines that wait until there is no session.
  std::vector<std::weak_ptr<async::suspension>> drains_ COSIO_GUARDED_BY(drains_mutex_);
};

/// The prefix of all targets of an engine: options.path without a trailing '/', then one is added (add_trailing_slash).
std::string path_prefix(const engine_options& settings);

}  // namespace cosio::inline v0_2::engine
