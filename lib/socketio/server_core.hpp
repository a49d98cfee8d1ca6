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

#include "async/runtime.hpp"
#include "base/counters.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "engine/engine.hpp"
#include "socketio/client_host.hpp"
#include "socketio/mounting.hpp"
#include "socketio/nsp_core.hpp"
#include "wire/json_parser.hpp"

namespace cosio::socketio {

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
  /// Makes a client of a session, on its strand.
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

  std::shared_ptr<nsp_core> of(std::string name);
  std::shared_ptr<nsp_core> find(std::string_view name) const override;
  std::shared_ptr<parent_core> add_parent(parent_core::rule allow, const pattern* names);
  void on_new_namespace(std::function<void(nsp)> handler);
  std::vector<std::shared_ptr<nsp_core>> all() const;

  task<std::shared_ptr<nsp_core>> make_on_demand(std::string name, handshake shaken) override;
  std::shared_ptr<nsp_core> enter(const std::shared_ptr<nsp_core>& nsp) override;
  void left(const std::shared_ptr<nsp_core>& nsp) override;

  std::shared_ptr<base::counters> counters() const override { return mounting_.engine()->shared_counters(); }
  /// The sum of a counter over all engines that were this server's.
  std::uint64_t counted(base::counter what) const;

  static task<> close(std::shared_ptr<server_core> self);
  /// Lets the clients finish first; see server::close.
  static task<> drain(std::shared_ptr<server_core> self, close_options how);

 private:
  struct parent_entry {
    std::shared_ptr<parent_core> parent;
    std::optional<pattern> names;
  };

  static task<std::shared_ptr<nsp_core>> make_by_rule(std::shared_ptr<server_core> self, std::string name,
                                                      handshake shaken);
  // The options that may change at any time. The functions move here, so that a replaced one is kept nowhere.
  struct changing {
    explicit changing(options& from)
        : connect_timeout(from.connect_timeout), identify(std::move(from.identify)), adapter(std::move(from.adapter)) {
      from.identify = nullptr;
      from.adapter = nullptr;
    }
    std::chrono::milliseconds connect_timeout;
    identity_hook identify;
    adapter_factory adapter;
  };

  std::shared_ptr<nsp_core> make(const std::string& name, const std::shared_ptr<parent_core>& parent);
  std::shared_ptr<cosio::adapter> make_adapter(nsp_core& of) const;
  void remake_adapters();
  task<> close_own_app() const;
  void close_clients();
  std::vector<std::shared_ptr<client_core>> clients() const;
  static task<> tell_everybody(std::shared_ptr<server_core> self, std::string event, std::chrono::milliseconds spread);
  static task<> drain_clients(std::shared_ptr<server_core> self, async::time_point until,
                              std::chrono::milliseconds spread);
  void welcome_sessions_of(engine::engine_core& engine);

  options settings_;                    // immutable once attached; three options are in changing_
  wire::decoder_limits packet_limits_;  // of the settings
  mounting mounting_;
  std::atomic<bool> had_clients_{false};

  mutable base::mutex mutex_;
  changing changing_ COSIO_GUARDED_BY(mutex_);
  base::text_map<std::shared_ptr<nsp_core>> namespaces_ COSIO_GUARDED_BY(mutex_);
  std::vector<parent_entry> parents_ COSIO_GUARDED_BY(mutex_);
  std::vector<std::function<void(nsp)>> new_namespace_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::socketio
