// A server's metrics, and their text. Source: OpenMetrics 1.0.

#include <cosio/adapter.hpp>
#include <cosio/error.hpp>
#include <cosio/metrics.hpp>
#include <cosio/reason.hpp>
#include <cosio/server.hpp>

#include <algorithm>
#include <memory>
#include <span>

#include "base/counters.hpp"
#include "engine/engine.hpp"
#include "engine/forwarder.hpp"
#include "engine/refusal.hpp"
#include "http/app_state.hpp"
#include "socketio/server_core.hpp"

namespace cosio::inline v0_2 {
namespace {

using base::counter;

// Different threads count up and down: a sum may look negative for a moment.
std::uint64_t now_there(std::uint64_t sum) { return static_cast<std::int64_t>(sum) < 0 ? 0 : sum; }

// ---------------------------------------------------------------- the text

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_label_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) && name.substr(0, 2) != "__" &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string_view("\\n") : std::string_view(&c, 1);
  }
}

class openmetrics_writer {
 public:
  explicit openmetrics_writer(const metric_labels& labels) {
    for (const auto& [name, value] : labels) {
      if (!is_label_name(name))
        throw error(
            errc::bad_argument,
            "a label of metrics is named with letters, digits and '_', and does not begin with a digit or \"__\"");
      append_label(fixed_, name, value);
    }
  }

  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    head(name, "gauge", help);
    sample(name, "", {}, value);
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value, std::string_view unit = {}) {
    head(name, "counter", help, unit);
    sample(name, "_total", {}, value);
  }
  /// One sample for each, told apart by a label.
  void counters(std::string_view name, std::string_view help, std::string_view label, std::span<const counted> values) {
    if (values.empty()) return;  // a family has a sample
    head(name, "counter", help);
    for (const counted& one : values) sample(name, "_total", labelled(label, one.name), one.count);
  }

  void head(std::string_view name, std::string_view type, std::string_view help, std::string_view unit = {}) {
    line("# TYPE", name, type);
    if (!unit.empty()) line("# UNIT", name, unit);
    line("# HELP", name, help);
  }
  void sample(std::string_view name, std::string_view suffix, std::string_view labels, std::uint64_t value) {
    out_.append("cosio_").append(name).append(suffix);
    std::string all(labels);
    if (!fixed_.empty()) all += (all.empty() ? "" : ",") + fixed_;
    if (!all.empty()) out_ += "{" + all + "}";
    out_ += " " + std::to_string(value) + "\n";
  }
  static std::string labelled(std::string_view name, std::string_view value) {
    std::string out;
    append_label(out, name, value);
    return out;
  }
  std::string take() { return std::move(out_) + "# EOF\n"; }

 private:
  static void append_label(std::string& out, std::string_view name, std::string_view value) {
    if (!out.empty()) out += ',';
    out.append(name).append("=\"");
    append_escaped(out, value);
    out += '"';
  }
  void line(std::string_view what, std::string_view name, std::string_view text) {
    out_.append(what).append(" cosio_").append(name).append(" ").append(text).append("\n");
  }

  std::string out_;
  std::string fixed_;
};

void write_sessions(openmetrics_writer& to, const metrics& what) {
  const struct {
    const char* labels;
    std::uint64_t count;
  } kinds[] = {{R"(transport="polling",eio="3")", what.sessions_polling_eio3},
               {R"(transport="polling",eio="4")", what.sessions_polling_eio4},
               {R"(transport="websocket",eio="3")", what.sessions_websocket_eio3},
               {R"(transport="websocket",eio="4")", what.sessions_websocket_eio4}};
  to.head("sessions", "gauge", "Open Engine.IO sessions.");
  for (const auto& one : kinds) to.sample("sessions", "", one.labels, one.count);
}

void write_now(openmetrics_writer& to, const metrics& what) {
  to.gauge("connections", "Open TCP connections of the port.", what.connections);
  write_sessions(to, what);
  to.gauge("sockets", "Clients in namespaces.", what.sockets);
  to.gauge("namespaces", "Namespaces.", what.namespaces);
  to.gauge("handlers_in_flight", "Handlers that have started and not ended.", what.handlers_in_flight);
  if (what.kept_bytes.empty()) return;  // a family has a sample
  to.head("kept_bytes", "gauge", "Memory that clients make the server keep.", "bytes");
  for (const counted& one : what.kept_bytes)
    to.sample("kept_bytes", "", openmetrics_writer::labelled("kind", one.name), one.count);
}

void write_sessions_so_far(openmetrics_writer& to, const metrics& what) {
  const counted upgrades[] = {{"done", what.upgrades_done}, {"abandoned", what.upgrades_abandoned}};
  to.counter("handshakes_accepted", "Sessions that were opened.", what.handshakes_accepted);
  to.counters("requests_refused", "Handshakes and other requests that were refused.", "refusal", what.refused);
  to.counters("upgrades", "Upgrades from polling to WebSocket.", "outcome", upgrades);
  to.counters("sessions_closed", "Sessions that ended.", "reason", what.closed);
  to.counters("limits_hit", "How often a limit was met.", "limit", what.limits_hit);
  to.counter("sessions_stored", "Sockets kept for clients that may come back.", what.sessions_stored);
  to.counter("sessions_recovered", "Sockets that came back.", what.sessions_recovered);
}

void write_traffic(openmetrics_writer& to, const metrics& what) {
  const counted acks[] = {{"answered", what.acks_answered}, {"timed out", what.acks_timed_out}};
  const counted deliveries[] = {
      {"queued", what.deliveries_queued}, {"dropped", what.deliveries_dropped}, {"refused", what.deliveries_refused}};
  to.counter("received_packets", "Engine.IO packets of clients.", what.packets_received);
  to.counter("sent_packets", "Engine.IO packets to clients.", what.packets_sent);
  to.counter("received_bytes", "Bytes in packets of clients.", what.bytes_received, "bytes");
  to.counter("sent_bytes", "Bytes in frames to clients, before compression.", what.bytes_sent, "bytes");
  to.counter("events", "Events of clients that were given to handlers.", what.events);
  to.counter("handler_errors", "Exceptions of handlers and middleware.", what.handler_errors);
  to.counter("argument_errors", "Events whose arguments fit no handler.", what.argument_errors);
  to.counter("acks_asked", "Acknowledgements that were asked of clients.", what.acks_asked);
  to.counters("acks", "What became of acknowledgements that were asked of clients.", "outcome", acks);
  to.counter("broadcasts", "Broadcasts that were made on this server.", what.broadcasts);
  to.counters("deliveries", "Events to single clients.", "outcome", deliveries);
}

void write_cluster(openmetrics_writer& to, const metrics& what) {
  if (!what.has_cluster) return;
  const counted messages[] = {
      {"published", what.cluster_published}, {"received", what.cluster_received}, {"lost", what.cluster_lost}};
  to.gauge("cluster_connected", "Whether the broker can be reached.", what.cluster_connected ? 1 : 0);
  to.head("cluster_pending_bytes", "gauge", "Messages that wait for the broker.", "bytes");
  to.sample("cluster_pending_bytes", "", {}, what.cluster_pending_bytes);
  to.counters("cluster_messages", "Messages between servers.", "outcome", messages);
  to.counter("cluster_reconnections", "Connections to the broker that were made again.", what.cluster_reconnected);
}

void write_forwarding(openmetrics_writer& to, const metrics& what) {
  if (!what.has_forwarding) return;
  const counted requests[] = {{"answered", what.forwarded_answered},
                              {"upgraded", what.forwarded_upgraded},
                              {"failed", what.forwarded_failed},
                              {"refused", what.forwarded_refused}};
  to.gauge("forwarded_under_way", "Requests that other servers have not answered.", what.forwarded_under_way);
  to.gauge("forwarded_tunnels", "WebSockets through this server to others.", what.forwarded_tunnels);
  to.head("forwarded_kept_bytes", "gauge", "Requests for other servers, and their answers.", "bytes");
  to.sample("forwarded_kept_bytes", "", {}, what.forwarded_kept_bytes);
  to.counters("forwarded_requests", "Requests of sessions of other servers.", "outcome", requests);
  to.counter("forwarded_bytes", "Bytes through tunnels that have ended.", what.forwarded_bytes, "bytes");
}

http::response answer_with_metrics(const std::weak_ptr<socketio::server_core>& of, const metric_labels& labels) {
  const auto core = of.lock();
  if (!core) return http::response(503);
  http::response answer(200, to_openmetrics(server(core).metrics(), labels),
                        "application/openmetrics-text; version=1.0.0; charset=utf-8");
  answer.set("Cache-Control", "no-store");
  return answer;
}

}  // namespace

std::uint64_t metrics::slow_consumers() const noexcept {
  const std::string_view name = reason(reason::kind::slow_consumer).text();
  const auto found =
      std::find_if(closed.begin(), closed.end(), [name](const counted& one) { return one.name == name; });
  return found == closed.end() ? 0 : found->count;
}

std::string to_openmetrics(const metrics& what, const metric_labels& labels) {
  openmetrics_writer out(labels);
  write_now(out, what);
  write_sessions_so_far(out, what);
  write_traffic(out, what);
  write_cluster(out, what);
  write_forwarding(out, what);
  return out.take();
}

std::function<http::response(http::request)> metrics_handler(const server& of, metric_labels labels) {
  static_cast<void>(openmetrics_writer(labels));  // throws now for labels that cannot be written
  return [weak = std::weak_ptr(of.internals()), labels = std::move(labels)](http::request) {
    return answer_with_metrics(weak, labels);
  };
}

// ---------------------------------------------------------------- the snapshot

namespace {

void take_sessions(metrics& to, const socketio::server_core& of) {
  const auto session = [&](bool websocket, bool eio4) {
    return now_there(of.counted(counter::sessions + base::session_kind(websocket, eio4)));
  };
  to.sessions_polling_eio3 = session(false, false);
  to.sessions_polling_eio4 = session(false, true);
  to.sessions_websocket_eio3 = session(true, false);
  to.sessions_websocket_eio4 = session(true, true);
  to.handshakes_accepted = of.counted(counter::handshakes);
  to.upgrades_done = of.counted(counter::upgrades);
  to.upgrades_abandoned = of.counted(counter::upgrades_abandoned);
  for (std::size_t i = 0; i < base::refusal_counters; ++i)
    to.refused.emplace_back(refusal_message(static_cast<engine::refusal_code>(i + 1)),
                            of.counted(counter::refused + i));
  for (std::size_t i = 0; i <= static_cast<std::size_t>(base::last_reason); ++i)
    to.closed.emplace_back(reason(static_cast<reason::kind>(i)).text(), of.counted(counter::closed + i));
}

void take_traffic(metrics& to, const socketio::server_core& of) {
  to.packets_received = of.counted(counter::packets_in);
  to.packets_sent = of.counted(counter::packets_out);
  to.bytes_received = of.counted(counter::bytes_in);
  to.bytes_sent = of.counted(counter::bytes_out);
  to.events = of.counted(counter::events);
  to.handler_errors = of.counted(counter::handler_errors);
  to.argument_errors = of.counted(counter::argument_errors);
  to.acks_asked = of.counted(counter::asked);
  to.acks_answered = of.counted(counter::answered);
  to.acks_timed_out = of.counted(counter::timed_out);
  to.broadcasts = of.counted(counter::broadcasts);
  to.deliveries_queued = of.counted(counter::queued);
  to.deliveries_dropped = of.counted(counter::dropped);
  to.deliveries_refused = of.counted(counter::delivery_refused);
}

void take_cluster(metrics& to, const socketio::server_core& of) {
  const auto main = of.find("/");
  const auto adapter = main ? main->shared_adapter() : nullptr;
  const auto counts = adapter ? adapter->counts() : std::nullopt;
  if (!counts) return;
  to.has_cluster = true;
  to.cluster_connected = counts->connected;
  to.cluster_pending_bytes = counts->pending_bytes;
  to.cluster_published = counts->published;
  to.cluster_received = counts->received;
  to.cluster_lost = counts->lost;
  to.cluster_reconnected = counts->reconnected;
}

void take_forwarding(metrics& to, const socketio::server_core& of) {
  const auto& others = of.engine()->others();
  if (!others) return;
  const forwarding_counts counts = others->counts();
  to.has_forwarding = true;
  to.forwarded_answered = counts.requests;
  to.forwarded_upgraded = counts.upgrades;
  to.forwarded_failed = counts.failed;
  to.forwarded_refused = counts.refused;
  to.forwarded_bytes = counts.bytes;
  to.forwarded_under_way = counts.under_way;
  to.forwarded_tunnels = counts.tunnels;
  to.forwarded_kept_bytes = counts.kept_bytes;
}

}  // namespace

metrics server::metrics() const {
  cosio::metrics now;
  const auto app = core_->engine()->app();
  if (app) now.connections = app->connections();
  now.sockets = now_there(core_->counted(counter::sockets));
  now.namespaces = core_->all().size();
  now.handlers_in_flight = now_there(core_->counted(counter::handlers));
  for (std::size_t i = 0; i < static_cast<std::size_t>(base::kept::count); ++i)
    now.kept_bytes.emplace_back(to_string(static_cast<base::kept>(i)),
                                now_there(core_->counted(counter::kept_bytes + i)));
  take_sessions(now, *core_);
  take_traffic(now, *core_);
  take_cluster(now, *core_);
  take_forwarding(now, *core_);
  now.limits_hit.emplace_back("max_connections", app ? app->refused() : 0);
  for (std::size_t i = 0; i < static_cast<std::size_t>(base::limit::count); ++i)
    now.limits_hit.emplace_back(to_string(static_cast<base::limit>(i)), core_->counted(counter::limits + i));
  now.sessions_stored = core_->counted(counter::recovery_stored);
  now.sessions_recovered = core_->counted(counter::recovered);
  return now;
}

}  // namespace cosio::inline v0_2
