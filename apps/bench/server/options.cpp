// The options of the measured server, for CLI11.

#include "options.hpp"

#include <algorithm>
#include <chrono>

#include "command_line/command_line.hpp"
#include "tls/certificate.hpp"

namespace bench {
namespace {

void set_defaults(cosio::options& out) {
  out.host = "127.0.0.1";
  out.threads = 1;
  out.http_compression.reset();
}

void set_times(cosio::options& out, const apps::command_line& line, std::chrono::milliseconds ping,
               std::chrono::milliseconds recovery) {
  if (line.count("--ping") > 0) {
    out.ping_interval = out.ping_timeout = ping;
    out.ping_timeout_eio3 = 2 * ping;
  }
  if (line.count("--recovery") > 0) out.connection_state_recovery.emplace().max_disconnection_duration = recovery;
}

void secure(cosio::options& out) {
  const certificate own = make_certificate();
  out.tls.emplace();
  out.tls->certificate = own.chain;
  out.tls->key = own.key;
}

void fit_limits(cosio::options& out, const apps::command_line& line) {
  if (line.count("--max-payload") > 0) out.max_packet_bytes = (out.max_attachments + 1) * out.max_payload;
  out.high_water_mark = std::min(out.high_water_mark, out.max_queued_bytes);
}

}  // namespace

std::optional<int> read_options(options& out, int argc, const char* const* argv) {
  set_defaults(out.server);
  std::chrono::milliseconds ping = out.server.ping_interval;
  std::chrono::milliseconds recovery{0};
  bool tls = false;
  bool compress = false;
  bool takeover = false;
  apps::command_line line("bench_server", "The server that the benchmark measures.");
  line.number("PORT", out.server.port, "on 127.0.0.1; 0 picks a free one")->capture_default_str();
  line.number("--threads", out.server.threads, "of the server")->capture_default_str();
  line.number("--namespaces", out.namespaces, "namespaces that nobody uses")->capture_default_str();
  line.number("--max-payload", out.server.max_payload, "raises the limit of a whole packet as well, to its attachments")
      ->type_name("BYTES");
  line.number("--max-queued", out.server.max_queued_bytes, "what may wait for one client")->type_name("BYTES");
  line.text("--metrics-path", out.server.metrics_path, "answers with the server's metrics")->type_name("PATH");
  line.text("--files", out.files, "serves its files below /files/")->type_name("FOLDER");
  line.add_flag("--tls", tls, "HTTPS and WSS, with a new certificate that nobody has signed");
  line.add_flag("--compress", compress, "permessage-deflate for those who offer it, each message by itself");
  line.add_flag("--takeover", takeover, "permessage-deflate whose messages refer to earlier ones");
  line.milliseconds("--ping", ping, "the interval of heartbeats, and how long they may take");
  line.milliseconds("--recovery", recovery, "clients that come back in this time are the same sockets (never)")
      ->default_str("");
  if (const auto code = line.read(argc, argv)) return code;
  set_times(out.server, line, ping, recovery);
  fit_limits(out.server, line);
  if (tls) secure(out.server);
  if (compress || takeover) out.server.per_message_deflate.emplace().server_context_takeover = takeover;
  return std::nullopt;
}

}  // namespace bench
