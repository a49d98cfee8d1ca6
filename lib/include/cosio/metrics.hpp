// What a server has counted: a snapshot, and its text for collectors that read OpenMetrics.

#pragma once
#include <cosio/http.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

class server;

/// One of several things that are counted under one name.
class counted {
 public:
  counted(std::string_view what, std::uint64_t n) noexcept : name(what), count(n) {}

  std::string_view name;  ///< of a constant text
  std::uint64_t count;
};

/// What a server has counted since it was made, and what there is now. The parts of a snapshot need not be of one instant.
///
///     const cosio::metrics now = io.metrics();
///     if (now.sockets > 10'000) …
class metrics {
 public:
  // What there is now.
  std::uint64_t connections =
      0;                      ///< open TCP connections of the port it answers on, WebSockets included; 0 without a port
  std::uint64_t sockets = 0;  ///< in all namespaces
  std::uint64_t namespaces = 0;
  std::uint64_t handlers_in_flight = 0;  ///< of events and connections: started, and not ended yet
  std::uint64_t sessions_polling_eio3 = 0;
  std::uint64_t sessions_polling_eio4 = 0;
  std::uint64_t sessions_websocket_eio3 = 0;
  std::uint64_t sessions_websocket_eio4 = 0;
  std::uint64_t sessions() const noexcept {
    return sessions_polling_eio3 + sessions_polling_eio4 + sessions_websocket_eio3 + sessions_websocket_eio4;
  }

  // What has happened.
  std::uint64_t handshakes_accepted = 0;
  std::vector<counted>
      refused;  ///< handshakes and other requests, by message: "Transport unknown" (code 0) … "Unsupported protocol version" (5)
  std::uint64_t upgrades_done = 0;
  std::uint64_t upgrades_abandoned = 0;  ///< the session stayed on polling
  std::vector<counted> closed;           ///< sessions, by reason: "transport close", "slow consumer", …

  std::uint64_t packets_received = 0;  ///< of Engine.IO, heartbeats included
  std::uint64_t packets_sent = 0;      ///< handed to connections
  std::uint64_t bytes_received = 0;    ///< of packets, unpacked
  std::uint64_t bytes_sent = 0;        ///< of frames, before they are compressed

  std::uint64_t events = 0;           ///< of clients, that were given to handlers
  std::uint64_t handler_errors = 0;   ///< what handlers and middleware threw
  std::uint64_t argument_errors = 0;  ///< events whose arguments fit no handler
  std::uint64_t acks_asked = 0;       ///< acknowledgements that were asked of clients
  std::uint64_t acks_answered = 0;
  std::uint64_t acks_timed_out = 0;  ///< what is missing waits still, or its client left

  std::uint64_t broadcasts = 0;          ///< that were made here
  std::uint64_t deliveries_queued = 0;   ///< events to single clients, also those of other servers' broadcasts
  std::uint64_t deliveries_dropped = 0;  ///< volatile ones
  std::uint64_t deliveries_refused = 0;  ///< the client was gone, or read too slowly

  std::vector<counted> limits_hit;  ///< by option: "max_payload", "max_connections", …

  std::uint64_t sessions_stored = 0;     ///< of clients that may come back (connection_state_recovery)
  std::uint64_t sessions_recovered = 0;  ///< that came back

  /// Of `closed`: clients that were disconnected because they read too slowly.
  std::uint64_t slow_consumers() const noexcept;
};

/// Labels of every sample, such as {"instance", "node 7"}: names of letters, digits and '_', values of any UTF-8 text.
using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// The snapshot as OpenMetrics 1.0 text: all names begin with "cosio_". @throws error errc::bad_argument for a label that is no name.
std::string to_openmetrics(const metrics& what, const metric_labels& labels = {});

/// Answers with a server's metrics as OpenMetrics text, for a route of an application's:
///
///     app.get("/metrics", cosio::metrics_handler(io));
///
/// It does not keep the server; when that is gone it answers 503. For a server that owns its port there is options.metrics_path.
std::function<http::response(http::request)> metrics_handler(const server& of, metric_labels labels = {});

}  // namespace cosio
