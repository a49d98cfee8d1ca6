// The server: namespaces by name, by pattern and by predicate, on an engine. The object behind <cosio/server.hpp>.

#pragma once
#include <cosio/options.hpp>
#include <cosio/server.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/gate.hpp"
#include "async/runtime.hpp"
#include "base/counters.hpp"
#include "base/guarded.hpp"
#include "base/sharing.hpp"
#include "engine/engine.hpp"
#include "socketio/background.hpp"
#include "socketio/client_host.hpp"
#include "socketio/mounting.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/nsp_table.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::socketio {

class client_core;

/// Any thread.
class server_core final : public client_host, public std::enable_shared_from_this<server_core> {
 public:
  server_core(const std::shared_ptr<async::runtime>& runtime, options settings);
  /// Drops the handlers of the application: they may hold namespaces.
  ~server_core() override;
  server_core(const server_core&) = delete;
  server_core& operator=(const server_core&) = delete;

  using adapter_factory = std::function<std::shared_ptr<cosio::adapter>(adapter_host&)>;

  /// Starts answering on an application's port.
  void attach(http::app& app);
  /// Answers on the application's port only, and runs where that runs. Before it is attached.
  void move_to(http::app& app);
  bool attached() const { return mounting_.attached(); }
  /// Makes clients of the sessions of an engine that exists already.
  void bind(const std::shared_ptr<engine::engine_core>& engine);
  /// Makes a client of a session of an engine that is not this server's, on the session's strand.
  /// @throws error errc::not_supported while the server is closed, or when messages of the session are handled already.
  void adopt(const std::shared_ptr<engine::session>& s);
  /// The application behind serve() and answer(). @throws error errc::not_supported when there is none.
  http::app serving_app();
  bool owns(std::string_view target) const noexcept;
  /// The application whose port belongs to this server, if it has one.
  void own(http::app app) { mounting_.own(std::move(app)); }
  std::optional<http::app> own_app() const { return mounting_.own_app(); }
  void disown() { mounting_.disown().reset(); }

  const options& settings() const noexcept override { return settings_; }
  const wire::decoder_limits& packet_limits() const noexcept override { return packet_limits_; }
  /// All options, as they are now.
  options current_settings() const;
  /// Replaces the options. @throws error errc::already_running once the server is attached.
  void configure(options settings);
  std::chrono::milliseconds connect_timeout() const override;
  void connect_timeout(std::chrono::milliseconds within);
  void origins(origin_policy policy);
  identity_hook identify() const override;
  void identify(identity_hook who);
  void use_adapter(adapter_factory factory);
  async::deadlines& timers() noexcept override { return mounting_.timers(); }
  std::shared_ptr<engine::engine_core> engine() const { return mounting_.engine(); }
  std::shared_ptr<async::runtime> runtime() const override { return mounting_.runtime(); }

  /// The namespace of this name, which is made if there is none. @param configure  Called with it, before clients can
  /// find it if it is new; may be empty.
  std::shared_ptr<nsp_core> of(std::string name, const std::function<void(nsp)>& configure = {});
  std::shared_ptr<nsp_core> find(std::string_view name) const { return namespaces_->find(name); }
  /// @param configure  Called before clients can ask for namespaces of this parent; may be empty.
  std::shared_ptr<parent_core> add_parent(parent_core::rule allow, const pattern* names,
                                          const std::function<void(parent_nsp)>& configure = {});
  void on_new_namespace(std::function<void(nsp)> handler);
  std::vector<std::shared_ptr<nsp_core>> all() const { return namespaces_->all(); }
  /// The server is about to listen, perhaps after a close.
  void open() { namespaces_->open_all(); }

  std::shared_ptr<nsp_core> enter(std::string_view name) override { return namespaces_->enter(name); }
  task<std::shared_ptr<nsp_core>> enter_on_demand(std::string name, handshake shaken) override;
  std::vector<std::string> some_namespaces() const override { return namespaces_->some_names(); }
  void left(const std::shared_ptr<nsp_core>& nsp) override;

  /// Runs work of the application until the server closes.
  /// @throws error errc::cancelled when the server is closing or closed, or its io_context has ended.
  void spawn(task<> work);

  bool is_closing() const noexcept override;
  std::shared_ptr<base::counters> counters() const override { return mounting_.engine()->shared_counters(); }
  /// The sum of a counter over all engines that were this server's.
  std::uint64_t counted(base::counter what) const;

  static task<> close(std::shared_ptr<server_core> self, async::time_point until = async::time_point::max());
  /// Lets the clients finish first; see server::close.
  static task<> drain(std::shared_ptr<server_core> self, close_options how);

 private:
  struct parent_entry {
    std::shared_ptr<parent_core> parent;
    std::optional<pattern> names;
  };

  static task<std::shared_ptr<nsp_core>> find_or_make(std::shared_ptr<server_core> self, std::string name,
                                                      handshake shaken);
  static task<std::shared_ptr<parent_core>> ask_parents(std::shared_ptr<server_core> self, std::string name,
                                                        handshake shaken);
  // The options that may change at any time. The functions move here, so that a replaced one is kept nowhere, and are
  // sharing ones, since they are copied with the lock held.
  struct changing {
    explicit changing(options& from)
        : connect_timeout(from.connect_timeout),
          identify(base::sharing(std::move(from.identify).release())),
          adapter(base::sharing(std::move(from.adapter))) {
      from.identify = nullptr;
      from.adapter = nullptr;
    }
    std::chrono::milliseconds connect_timeout;
    identity_hook identify;
    adapter_factory adapter;
  };

  std::shared_ptr<nsp_core> build(const std::string& name, const std::shared_ptr<parent_core>& parent);
  void complete(const std::shared_ptr<nsp_core>& made, const std::function<void(nsp)>& configure);
  void tell_of(const std::shared_ptr<nsp_core>& made);
  std::shared_ptr<nsp_core> make_for_client(const std::string& name, const std::shared_ptr<parent_core>& parent);
  std::shared_ptr<parent_core> pattern_for(std::string_view name) const;
  std::shared_ptr<const std::vector<parent_entry>> all_parents() const;
  std::shared_ptr<cosio::adapter> make_adapter(nsp_core& of) const;
  void give_adapter(nsp_core& to);
  void remake_adapters();
  task<> close_own_app(async::time_point until);
  std::shared_ptr<async::gate> close_clients(std::shared_ptr<async::gate> kept);
  static task<> until_kept(std::shared_ptr<server_core> self, std::shared_ptr<async::gate> kept,
                           async::time_point until);
  /// Every client: also one that has joined no namespace, and one that waits in a middleware.
  std::vector<std::shared_ptr<client_core>> clients() const;
  static task<> tell_everybody(std::shared_ptr<server_core> self, std::string event, std::chrono::milliseconds spread);
  task<> leave_port(const close_options& how);
  static task<> drain_clients(std::shared_ptr<server_core> self, async::time_point until,
                              std::chrono::milliseconds spread, std::chrono::milliseconds answer_time);
  void welcome_sessions_of(engine::engine_core& engine);
  std::shared_ptr<client_core> take(const std::shared_ptr<engine::session>& s);

  options settings_;                    // immutable once attached; three options are in changing_
  wire::decoder_limits packet_limits_;  // of the settings
  mounting mounting_;
  std::atomic<bool> had_clients_{false};
  std::atomic<bool> has_told_no_sessions_{false};  // the log
  const std::shared_ptr<nsp_table> namespaces_ = std::make_shared<nsp_table>();
  const std::shared_ptr<background> background_ = std::make_shared<background>();

  mutable base::mutex mutex_;
  changing changing_ COSIO_GUARDED_BY(mutex_);
  // Readers keep the list that they have found: names are matched without the lock.
  std::shared_ptr<const std::vector<parent_entry>> parents_ COSIO_GUARDED_BY(mutex_) =
      std::make_shared<const std::vector<parent_entry>>();
  std::vector<std::function<void(nsp)>> new_namespace_ COSIO_GUARDED_BY(mutex_);
  // Clients of sessions that another engine keeps. All others are found by the sessions of this server's engines.
  std::vector<std::weak_ptr<client_core>> adopted_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::socketio
