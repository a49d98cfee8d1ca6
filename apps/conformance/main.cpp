// The conformance app: one process that lets any client, in any language, exercise the whole server from outside.
//
//   command line -> options -> an application with two servers on one port -> mounts.cpp, control.cpp

#include "control.hpp"
#include "mounts.hpp"
#include "options.hpp"
#include "services.hpp"
#include "shutdown.hpp"

#include <cosio/forwarding.hpp>
#include <cosio/postgres.hpp>
#include <cosio/redis.hpp>
#include <cosio/successor.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace conformance {
namespace {

constexpr int exit_failed = 1;

unsigned thread_count(const options& wanted) {
  return wanted.threads != 0 ? wanted.threads : std::max(1U, std::thread::hardware_concurrency());
}

cosio::http::app_options port_options(const options& wanted) {
  cosio::http::app_options out;
  out.host = wanted.host;
  out.port = wanted.port;
  out.reuse_port = wanted.reuse_port;
  out.sockets = cosio::http::inherited_sockets();
  out.threads = thread_count(wanted);
  if (!wanted.certificate.empty()) {
    out.tls.emplace();
    out.tls->certificate_file = wanted.certificate;
    out.tls->key_file = wanted.key;
  }
  return out;
}

cosio::origin_policy origins(const options& wanted) {
  if (wanted.origins.empty()) return "*";
  return cosio::origin_policy(wanted.origins).credentials();
}

constexpr std::chrono::milliseconds patience{800};  // with clients that do not answer a goodbye

// The options of both servers.
void configure(cosio::engine_options& out, const options& wanted) {
  out.ping_interval = wanted.ping_interval;
  out.ping_timeout = wanted.ping_timeout;
  out.ping_timeout_eio3 = wanted.ping_timeout;
  out.upgrade_timeout = wanted.upgrade_timeout;
  out.max_payload = wanted.max_payload;
  out.close_timeout = patience;
  out.origins = origins(wanted);
  if (wanted.deflate_threshold) {
    out.per_message_deflate.emplace();
    out.per_message_deflate->threshold = *wanted.deflate_threshold;
  }
}

cosio::engine_options raw_options(const options& wanted) {
  cosio::engine_options out;
  configure(out, wanted);
  return out;
}

decltype(cosio::options::adapter) adapter_of(const options& wanted) {
  if (wanted.adapter == "streams") {
    cosio::streams_options where;
    where.redis.url = wanted.broker;
    return cosio::redis_streams_adapter(std::move(where));
  }
  if (wanted.adapter.starts_with("sharded")) {
    cosio::sharded_options where;
    where.redis.url = wanted.broker;
    if (wanted.adapter == "sharded-static") where.mode = cosio::subscription_mode::static_;
    if (wanted.adapter == "sharded-private") where.mode = cosio::subscription_mode::dynamic_private;
    return cosio::sharded_redis_adapter(std::move(where));
  }
  if (wanted.adapter == "postgres") {
    cosio::postgres_options where;
    where.url = wanted.broker;
    return cosio::postgres_adapter(std::move(where));
  }
  cosio::redis_options where;
  where.url = wanted.broker;
  return cosio::redis_adapter(std::move(where));
}

cosio::options server_options(const options& wanted) {
  constexpr std::size_t payloads_per_packet = 10;  // a packet's attachments are messages of their own
  cosio::options out;
  configure(out, wanted);
  out.connect_timeout = wanted.connect_timeout;
  out.answer_refused_events = false;  // "a rejected event is not acknowledged"
  out.max_packet_bytes = payloads_per_packet * wanted.max_payload;
  out.client_directory = wanted.client_directory;
  if (!wanted.broker.empty()) out.adapter = adapter_of(wanted);
  if (wanted.recovery) out.connection_state_recovery.emplace().max_disconnection_duration = *wanted.recovery;
  out.parser = wanted.parser;
  return out;
}

// "1=http://127.0.0.1:3001,2=http://127.0.0.1:3002"
cosio::node_list node_list_of(const std::string& text) {
  cosio::node_list out;
  std::istringstream entries(text);
  for (std::string entry; std::getline(entries, entry, ',');) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos) throw std::runtime_error("--nodes: write 1=http://127.0.0.1:3001,2=http://…");
    const auto number = static_cast<unsigned>(std::stoul(entry.substr(0, equals)));
    if (!out.emplace(number, entry.substr(equals + 1)).second)
      throw std::runtime_error("--nodes: there are two servers " + std::to_string(number));
  }
  return out;
}

// Requests of sessions of other servers go to them, whatever server a load balancer has chosen.
void pass_on(const cosio::engine_server& engine, const options& wanted) {
  if (wanted.node == 0) return;
  cosio::forwarding_options out;
  out.node = wanted.node;
  out.nodes = node_list_of(wanted.nodes);
  out.secret = "the secret of all conformance apps";
  const cosio::forwarding others(engine, std::move(out));
}

// Observes every namespace, also the ones that clients make.
void observe(services& all) {
  const auto know = [&all](cosio::nsp made) {
    all.namespaces.add(made);
    all.log.watch(made);
  };
  know(all.io.sockets());
  all.io.on_new_namespace(know);
}

int serve(const options& wanted) {
  cosio::http::app app(port_options(wanted));
  const cosio::engine_server raw(app, raw_options(wanted));
  const cosio::server io(app, server_options(wanted));
  pass_on(raw, wanted);
  pass_on(io.engine(), wanted);
  shutdown ending(app, io, raw, wanted.spread);
  services all{io, raw, thread_count(wanted), [&ending] { ending.begin(); }};

  observe(all);
  mount_health(app);
  mount_echo(raw);
  mount_namespaces(io);
  mount_control(all);

  app.listen();
  ending.on_signals();
  cosio::http::tell_service_manager("READY=1");
  std::cout << "listening on " << app.url() << std::endl;
  app.run();
  return 0;
}

}  // namespace
}  // namespace conformance

int main(int argc, char** argv) {
  using namespace conformance;
  try {
    options wanted;
    if (const auto code = read_options(wanted, argc, argv)) return *code;
    return serve(wanted);
  } catch (const std::exception& failed) {
    std::cerr << "conformance: " << failed.what() << "\n";
    return exit_failed;
  }
}
