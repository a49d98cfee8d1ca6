// The options of the conformance app, for CLI11.

#include "options.hpp"

#include <cosio/error.hpp>

#include <algorithm>

#include "command_line/command_line.hpp"

namespace conformance {
namespace {

constexpr const char* about =
    "A server for the protocol suites of Socket.IO and Engine.IO, and for clients in any language.\n"
    "Not for load tests as it is: by default clients are pinged every 300 ms, have 200 ms to answer, and have 1 s\n"
    "to connect, because the suites expect that. For a load test add\n"
    "  --ping-interval 25000 --ping-timeout 20000 --connect-timeout 45000\n";

void add_listening(apps::command_line& line, options& out) {
  line.number("--port", out.port, "0 picks a free one")->capture_default_str();
  line.text("--host", out.host, "the address to listen on")->capture_default_str();
  line.add_flag("--reuse-port", out.reuse_port, "other processes may listen on the port");
  CLI::Option* const certificate = line.text("--cert", out.certificate, "certificate in PEM: HTTPS and WSS");
  CLI::Option* const key = line.text("--key", out.key, "its key in PEM");
  certificate->type_name("FILE")->needs(key);
  key->type_name("FILE")->needs(certificate);
  line.number("--threads", out.threads, "0: as many as processors", 0, 65'535)->capture_default_str();
}

void add_times(apps::command_line& line, options& out) {
  line.milliseconds("--ping-interval", out.ping_interval, "between two pings");
  line.milliseconds("--ping-timeout", out.ping_timeout, "for the answer to a ping");
  line.milliseconds("--connect-timeout", out.connect_timeout, "for the first namespace of a client");
  line.milliseconds("--upgrade-timeout", out.upgrade_timeout, "for the change from polling to WebSocket");
  line.milliseconds("--spread", out.spread, "over which clients leave at the end; the process takes longer then");
  line.milliseconds("--recovery", out.recovery.emplace(), "how long a client may be away and come back (never)")
      ->default_str("");
}

void add_features(apps::command_line& line, options& out, std::string& parser) {
  constexpr auto most_bytes = std::numeric_limits<std::uint32_t>::max();
  line.number("--max-payload", out.max_payload, "of a message or a request", 0, most_bytes)
      ->capture_default_str()
      ->type_name("BYTES");
  line.number("--deflate", out.deflate_threshold.emplace(), "compresses messages from so many bytes on (never)")
      ->type_name("BYTES");
  line.add_option("--origins", out.origins, "allowed by CORS, with credentials (all, without credentials)")
      ->type_name("URL,URL")
      ->delimiter(',')
      ->allow_extra_args(false);
  line.add_option("--adapter", out.adapter, "how other servers are met")
      ->type_name("NAME")
      ->check(CLI::IsMember({"classic", "postgres", "sharded", "sharded-static", "sharded-private", "streams"}))
      ->capture_default_str();
  line.text("--broker,--redis", out.broker, "where other servers are met (none)")->type_name("URL");
  CLI::Option* const node =
      line.number("--node", out.node, "its number among servers that pass requests on to each other (none)", 1, 4'095);
  CLI::Option* const nodes = line.text("--nodes", out.nodes, "those servers, as 1=http://127.0.0.1:3001,2=http://…");
  node->needs(nodes);
  nodes->type_name("LIST")->needs(node);
  line.text("--client-dir", out.client_directory, "browser files to serve instead of those built in")->type_name("DIR");
  line.add_option("--parser", parser, "of the Socket.IO server")
      ->type_name("NAME")
      ->check(CLI::IsMember({"default", "msgpack"}))
      ->capture_default_str();
}

// A build without the MessagePack parser says so like a wrong argument.
void choose_parser(options& out, const std::string& name) {
  if (name == "default") return;
  try {
    out.parser = cosio::msgpack_parser();
  } catch (const cosio::error& missing) {
    throw CLI::ValidationError("--parser", missing.detail());
  }
}

// "*" means all, as no list does.
void allow_all(std::vector<std::string>& origins) {
  std::erase(origins, "");
  if (std::ranges::find(origins, "*") != origins.end()) origins.clear();
}

}  // namespace

std::optional<int> read_options(options& out, int argc, const char* const* argv) {
  std::string parser = "default";
  apps::command_line line("conformance", about);
  add_listening(line, out);
  add_times(line, out);
  add_features(line, out, parser);
  line.final_callback([&] { choose_parser(out, parser); });
  if (const auto code = line.read(argc, argv)) return code;
  if (line.count("--recovery") == 0) out.recovery.reset();
  if (line.count("--deflate") == 0) out.deflate_threshold.reset();
  allow_all(out.origins);
  return std::nullopt;
}

}  // namespace conformance
