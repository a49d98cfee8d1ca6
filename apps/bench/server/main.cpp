// The server that is measured: events.cpp behind one port, until a signal ends it.

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cosio/cosio.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>

#include "events.hpp"
#include "heap.hpp"
#include "options.hpp"

namespace {

// Every connection is a descriptor: as many as the system allows, not as many as a shell begins with.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

template <class Server>
cosio::task<> stop_on_signal(Server one) {
  boost::asio::signal_set signals(one.executor(), SIGINT, SIGTERM);
  co_await signals.async_wait(boost::asio::use_awaitable);
  one.stop();
}

// Serves with `one`: the server itself, or the application that it shares a port with.
template <class Server>
void run(Server& one) {
  one.listen();
  cosio::spawn(one.executor(), stop_on_signal(one));
  std::cout << "ready " << getpid() << " " << one.port() << std::endl;
  one.run();
}

void answer(const cosio::server& io, const bench::options& wanted) {
  bench::answer_events(io);
  bench::answer_for_heap(io.of("/heap"));
  bench::answer_for_json(io.of("/json"));
  for (unsigned i = 0; i < wanted.namespaces; ++i) bench::answer_events(io.of("/n" + std::to_string(i)));
}

void serve(const bench::options& wanted) {
  const cosio::server io(wanted.server);
  answer(io, wanted);
  run(io);
}

void serve_with_files(const bench::options& wanted) {
  cosio::http::app_options port;
  port.host = wanted.server.host;
  port.port = wanted.server.port;
  port.threads = wanted.server.threads;
  port.tls = wanted.server.tls;
  cosio::http::app web(port);
  web.files("/files", wanted.files);
  const cosio::server io(web, wanted.server);
  answer(io, wanted);
  run(web);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int exit_failed = 1;
  try {
    bench::options wanted;
    if (const auto code = bench::read_options(wanted, argc, argv)) return *code;
    raise_descriptor_limit();
    if (wanted.files.empty()) {
      serve(wanted);
    } else {
      serve_with_files(wanted);
    }
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "bench_server: " << failed.what() << "\n";
    return exit_failed;
  }
}
