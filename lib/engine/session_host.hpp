// The engine, as a session sees it.

#pragma once
#include <cosio/engine.hpp>

#include <string>

#include "async/deadlines.hpp"
#include "base/counters.hpp"

namespace cosio::engine {

/// The functions of an engine that its sessions call. Any thread.
class session_host {
 public:
  virtual ~session_host() = default;
  virtual const engine_options& settings() const noexcept = 0;
  virtual async::deadlines& timers() noexcept = 0;
  virtual base::counters& counters() noexcept = 0;
  virtual void remove_session(const std::string& sid) noexcept = 0;
};

}  // namespace cosio::engine
