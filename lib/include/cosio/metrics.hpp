// The figures of a server: a snapshot of its counters, and the snapshot as text for collectors that read OpenMetrics.
//
// io.metrics() gives a snapshot. options.metrics_path, or a route with metrics_handler(), shows it to a collector.
// Counting is always on: each thread counts in cells of its own, which are added up when somebody asks.

#pragma once
#include <cosio/http.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

class server;

/// One of several things that are counted under one name: the reason of an end, the name of a limit, a kind of memory.
class counted {
 public:
  counted(std::string_view what, std::uint64_t n) noexcept : name(what), count(n) {}

  /// Points to constant text.
  std::string_view name;
  /// Since the server was made; of kept_bytes: now.
  std::uint64_t count;
};

/// The figures of one server: its state now, and its events since it was made.
///
/// The parts of a snapshot need not be of one instant: other threads count on while it is taken.
///
///     const cosio::metrics now = io.metrics();
///     if (now.sockets > 10'000) …
/// @par Threads  A value: one thread at a time.
class metrics {
 public:
  // ---------------------------------------------------------------- the state now

  /// Open TCP connections of the port that the server answers on, WebSockets included. Pages and other servers on the
  /// same port count, too. 0 without a port.
  std::uint64_t connections = 0;
  /// Sockets in all namespaces: a client in two namespaces counts twice.
  std::uint64_t sockets = 0;
  /// Namespaces that exist, `/` included.
  std::uint64_t namespaces = 0;
  /// Coroutines of the application (handlers, middleware, catch-alls) that have started and have not ended, and clients
  /// that are joining a namespace.
  std::uint64_t handlers_in_flight = 0;
  /// Open sessions by transport and by Engine.IO revision. Clients of generation 2 speak revision 3.
  std::uint64_t sessions_polling_eio3 = 0;
  std::uint64_t sessions_polling_eio4 = 0;
  std::uint64_t sessions_websocket_eio3 = 0;
  std::uint64_t sessions_websocket_eio4 = 0;
  /// The sum of the four figures above: all open sessions.
  std::uint64_t sessions() const noexcept {
    return sessions_polling_eio3 + sessions_polling_eio4 + sessions_websocket_eio3 + sessions_websocket_eio4;
  }

  /// The memory that clients make the server keep, by kind, in bytes: "head" (sessions, the heads of their first
  /// requests, and the first 4,096 bytes of each outbox), "frames" (what else is in outboxes), "input" (packets whose
  /// end has not come), "events" (that wait for handlers, and answers that are
  /// kept until others have answered), "rooms", "namespaces" (sockets with the payloads of their
  /// CONNECT, and namespaces that were made for a client). See options.max_client_bytes.
  std::vector<counted> kept_bytes;

  // ---------------------------------------------------------------- events since the server was made

  /// Sessions that were opened.
  std::uint64_t handshakes_accepted = 0;
  /// Handshakes and other requests that were refused, by the message of the refusal. There are always six entries, in
  /// the order of the codes on the wire: "Transport unknown" (0) … "Unsupported protocol version" (5).
  std::vector<counted> refused;
  /// Sessions that moved from polling to WebSocket.
  std::uint64_t upgrades_done = 0;
  /// Upgrades that began and did not end in time or in order: the session stayed on polling.
  std::uint64_t upgrades_abandoned = 0;
  /// Sessions that ended, by the text of the reason: "transport close", "slow consumer", … There is one entry for each
  /// kind of reason, zeros included.
  std::vector<counted> closed;

  /// Engine.IO packets of clients, heartbeats included.
  std::uint64_t packets_received = 0;
  /// Engine.IO packets that were handed to connections, heartbeats included.
  std::uint64_t packets_sent = 0;
  /// Bytes in the packets of clients, without frames and HTTP, after they were inflated.
  std::uint64_t bytes_received = 0;
  /// Bytes in frames to clients, before they are compressed.
  std::uint64_t bytes_sent = 0;

  /// Events of clients that were given to the handlers of their socket. An event that nobody listens to counts, too.
  std::uint64_t events = 0;
  /// Exceptions that left handlers and middleware. A handler that ends because its client left does not count,
  /// nor does a cosio::refusal of a handler or a middleware.
  std::uint64_t handler_errors = 0;
  /// Calls of handlers that did not take place, because the arguments of the event did not fit.
  std::uint64_t argument_errors = 0;
  /// Acknowledgements that clients were asked for, one for each receiver of a broadcast.
  std::uint64_t acks_asked = 0;
  /// Acknowledgements that came while somebody waited for them.
  std::uint64_t acks_answered = 0;
  /// Waits that ended by timeout(). Of those that were asked, the rest still waits, or its client left.
  std::uint64_t acks_timed_out = 0;

  /// Calls of emit() on this server that address many clients. Those that ask for acknowledgements do not count.
  std::uint64_t broadcasts = 0;
  /// Events that went into the outbox of one client, also by broadcasts of other servers.
  std::uint64_t deliveries_queued = 0;
  /// Volatile events that a client could not take at once.
  std::uint64_t deliveries_dropped = 0;
  /// Events for clients that were gone, or read too slowly.
  std::uint64_t deliveries_refused = 0;

  /// Limits that clients have met, by the name of the option: "max_payload", "max_connections", … One entry for each
  /// limit, zeros included.
  std::vector<counted> limits_hit;

  /// Sockets that were kept when they ended, because their client may come back (connection_state_recovery).
  std::uint64_t sessions_stored = 0;
  /// Sockets that came back.
  std::uint64_t sessions_recovered = 0;

  // ---------------------------------------------------------------- the cluster, by the adapter of "/"

  /// Whether the adapter counts what follows: that of a single server does not.
  bool has_cluster = false;
  /// Whether the broker can be reached, and the subscriptions are confirmed.
  bool cluster_connected = false;
  /// Bytes that wait to be published.
  std::uint64_t cluster_pending_bytes = 0;
  /// Messages that the broker has taken; messages of other servers; messages that could not be published.
  std::uint64_t cluster_published = 0;
  std::uint64_t cluster_received = 0;
  std::uint64_t cluster_lost = 0;
  /// Connections to the broker that were made again.
  std::uint64_t cluster_reconnected = 0;

  // ---------------------------------------------------------------- requests for other servers

  /// Whether this server passes requests on (<cosio/forwarding.hpp>): then what follows counts, as forwarding_counts.
  bool has_forwarding = false;
  /// Requests that were answered; that became tunnels; that their server has not answered; above a limit.
  std::uint64_t forwarded_answered = 0;
  std::uint64_t forwarded_upgraded = 0;
  std::uint64_t forwarded_failed = 0;
  std::uint64_t forwarded_refused = 0;
  /// Bytes through tunnels that have ended, both directions.
  std::uint64_t forwarded_bytes = 0;
  /// Now: requests without an answer, tunnels, and bytes in requests and answers that are kept.
  std::uint64_t forwarded_under_way = 0;
  std::uint64_t forwarded_tunnels = 0;
  std::uint64_t forwarded_kept_bytes = 0;

  /// The entry "slow consumer" of `closed`: clients that were disconnected because they read too slowly.
  std::uint64_t slow_consumers() const noexcept;
};

/// Labels of every sample, such as {"instance", "node 7"}. A name has letters, digits and '_', and does not begin with
/// a digit or with "__". A value is any UTF-8 text.
using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// Writes a snapshot as OpenMetrics 1.0 text. All names begin with "cosio_".
///
/// @throws error errc::bad_argument for a label with a name that is not allowed.
/// @par Source  OpenMetrics 1.0.
std::string to_openmetrics(const metrics& what, const metric_labels& labels = {});

/// Makes the handler of a route that answers with the metrics of a server as OpenMetrics text:
///
///     app.get("/metrics", cosio::metrics_handler(io));
///
/// The handler does not keep the server; when that is gone, it answers 503. It asks nobody who wants to know: keep the
/// path from the public. A server that owns its port has options.metrics_path for the same.
///
/// @throws error errc::bad_argument at once, for a label with a name that is not allowed.
/// @par Threads  The handler may run on any thread, several times at once.
std::function<http::response(http::request)> metrics_handler(const server& of, metric_labels labels = {});

}  // namespace cosio::inline v0_2
