// The conformance app: one process that lets any client, in any language, exercise the whole server from outside.
//
//   command line -> options -> an application with two servers on one port -> mounts.cpp, control.cpp

#include "control.hpp"
#include "mounts.hpp"
#include "options.hpp"
#include "services.hpp"
#include "shutdown.hpp"

#include <cosio/redis.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
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

cosio::options server_options(const options& wanted) {
  constexpr std::size_t payloads_per_packet = 10;  // a packet's attachments are messages of their own
  cosio::options out;
  configure(out, wanted);
  out.connect_timeout = wanted.connect_timeout;
  out.answer_refused_events = false;  // "a rejected event is not acknowledged"
  out.max_packet_bytes = payloads_per_packet * wanted.max_payload;
  out.client_directory = wanted.client_directory;
  if (!wanted.redis.empty()) {
    cosio::redis_options where;
    where.url = wanted.redis;
    out.adapter = cosio::redis_adapter(std::move(where));
  }
  if (wanted.recovery) out.connection_state_recovery.emplace().max_disconnection_duration = *wanted.recovery;
  out.parser = wanted.parser;
  return out;
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
  shutdown ending(app, io, raw);
  services all{io, raw, thread_count(wanted), [&ending] { ending.begin(); }};

  observe(all);
  mount_health(app);
  mount_echo(raw);
  mount_namespaces(io);
  mount_control(all);

  app.listen();
  ending.on_signals();
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
