// Sessions without a server: their host is the test's.

#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/gate.hpp"
#include "async/memory_stream.hpp"
#include "engine/make_request.hpp"
#include "engine/session.hpp"
#include "engine/websocket_transport.hpp"
#include "support/world.hpp"

namespace cosio::test {

/// The host of sessions in a world.
class fake_session_host final : public engine::session_host {
 public:
  explicit fake_session_host(world& in, engine_options settings = {}) : world_(in), settings_(std::move(settings)) {}

  const engine_options& settings() const noexcept override { return settings_; }
  async::deadlines& timers() noexcept override { return world_.timers(); }
  base::counters& counters() noexcept override { return counted; }
  const base::account_terms& account_terms() const noexcept override { return terms_; }
  void remove_session(const std::string& sid) noexcept override { forgotten.push_back(sid); }
  void heard(const engine::session&) noexcept override {}

  std::vector<std::string> forgotten;
  base::counters counted;

 private:
  world& world_;
  const engine_options settings_;
  const base::account_terms terms_{counted, settings_.max_client_bytes};
};

inline std::shared_ptr<engine::session> make_session(world& in, const std::string& sid,
                                                     wire::revision rev = wire::revision::v4,
                                                     engine_options settings = {}) {
  auto host = std::make_shared<fake_session_host>(in, std::move(settings));
  return engine::session::make(std::move(host), in.make_strand(), sid, rev, make_request("GET", "/"), false);
}

/// A WebSocket transport over a stream in memory.
inline std::shared_ptr<engine::websocket_transport> make_transport(world& in, std::unique_ptr<async::stream> stream,
                                                                   const async::strand& on,
                                                                   engine::websocket_settings settings = {},
                                                                   async::gate::pass alive = {}) {
  return std::make_shared<engine::websocket_transport>(std::move(stream), on, in.timers(), std::move(settings),
                                                       std::move(alive));
}

}  // namespace cosio::test
