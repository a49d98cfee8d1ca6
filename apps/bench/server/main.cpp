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

cosio::task<> stop_on_signal(cosio::server io) {
  boost::asio::signal_set signals(io.executor(), SIGINT, SIGTERM);
  co_await signals.async_wait(boost::asio::use_awaitable);
  io.stop();
}

void serve(const bench::options& wanted) {
  const cosio::server io(wanted.server);
  bench::answer_events(io);
  bench::answer_for_heap(io.of("/heap"));
  for (unsigned i = 0; i < wanted.namespaces; ++i) bench::answer_events(io.of("/n" + std::to_string(i)));
  io.listen();
  cosio::spawn(io.executor(), stop_on_signal(io));
  std::cout << "ready " << getpid() << " " << io.port() << std::endl;
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int exit_failed = 1;
  try {
    bench::options wanted;
    if (const auto code = bench::read_options(wanted, argc, argv)) return *code;
    raise_descriptor_limit();
    serve(wanted);
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "bench_server: " << failed.what() << "\n";
    return exit_failed;
  }
}
