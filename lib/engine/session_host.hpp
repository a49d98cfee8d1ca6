// The engine, as a session sees it.

#pragma once
#include <cosio/engine.hpp>

#include <string>

#include "async/deadlines.hpp"
#include "async/gate.hpp"
#include "base/account.hpp"
#include "base/counters.hpp"

namespace cosio::inline v0_2::engine {

class session;

/// The functions of an engine that its sessions call. Any thread.
class session_host {
 public:
  virtual ~session_host() = default;
  virtual const engine_options& settings() const noexcept = 0;
  virtual async::deadlines& timers() noexcept = 0;
  virtual base::counters& counters() noexcept = 0;
  /// Of all its sessions.
  virtual const base::account_terms& account_terms() const noexcept = 0;
  virtual void remove_session(const std::string& sid) noexcept = 0;
  /// The client of a session that was silent since its handshake has sent a request.
  virtual void heard(const session& from) noexcept = 0;
  /// Whether more sessions than max_silent_sessions are silent since their handshake.
  virtual bool too_many_silent() const noexcept { return false; }
  /// A request as the client has sent it, if it came through a trusted proxy.
  virtual http::request seen(const http::request& request) const { return request; }
  /// The time that a client has to answer a close frame: close_timeout, or until the deadline of server::close().
  virtual async::duration time_to_answer_close() noexcept { return settings().close_timeout; }
  /// Held while a session ends, until its handler has been told. The host is not closed before.
  virtual async::gate::pass begin_end() noexcept { return {}; }
};

}  // namespace cosio::inline v0_2::engine
