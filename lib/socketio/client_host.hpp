// The server, as its clients and namespaces see it.
//
// server_core implements it. So clients and namespaces need not know the server that they belong to.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/handshake.hpp>
#include <cosio/http.hpp>
#include <cosio/options.hpp>
#include <cosio/task.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/runtime.hpp"
#include "base/counters.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::socketio {

class nsp_core;

/// Any thread. A client or a coroutine that uses it holds it by a shared_ptr; namespaces refer to it weakly.
class client_host {
 public:
  using identity_hook = std::function<task<boost::json::value>(http::request)>;

  virtual ~client_host() = default;

  /// The options that never change once the server is attached.
  virtual const options& settings() const noexcept = 0;
  /// Limits for decoding packets.
  virtual const wire::decoder_limits& packet_limits() const noexcept = 0;
  /// How long a client may take to join its first namespace. May change at any time.
  virtual std::chrono::milliseconds connect_timeout() const = 0;
  /// The question to the application who a client is; empty when it is not asked. May change at any time.
  virtual identity_hook identify() const = 0;

  virtual std::shared_ptr<async::runtime> runtime() const = 0;
  virtual async::deadlines& timers() noexcept = 0;
  /// The counters of the server's engine.
  virtual std::shared_ptr<base::counters> counters() const = 0;

  /// No client comes in any more: the server closes, and does not listen again yet.
  virtual bool is_closing() const noexcept = 0;

  /// A socket is on its way into the namespace of this name.
  /// @return null when there is none that is complete: ask enter_on_demand().
  virtual std::shared_ptr<nsp_core> enter(std::string_view name) = 0;
  /// The same. Waits for a namespace that is being made. For one that does not exist it asks patterns and predicates,
  /// in their order.
  /// @return null when none of them allows the name.
  /// @throws refusal when no more namespaces may be made; or else what a predicate threw first, when none allows it.
  virtual task<std::shared_ptr<nsp_core>> enter_on_demand(std::string name, handshake shaken) = 0;
  /// The names of namespaces that the application has made; of many, only some.
  virtual std::vector<std::string> some_namespaces() const = 0;
  /// A socket has left, or did not get in: an empty namespace that was made on demand may go.
  virtual void left(const std::shared_ptr<nsp_core>& nsp) = 0;
};

}  // namespace cosio::inline v0_2::socketio
