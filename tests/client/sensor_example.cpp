// A sensor, an example of docs/client.md: what it measures without a connection is sent later. Nobody runs it.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/io_client.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>

cosio::client_socket_options sensor_options() {
  cosio::client_socket_options options;
  options.retries = 1'000;  // each measurement until the server has acknowledged it
  options.ack_timeout = std::chrono::seconds(5);
  options.max_pending_bytes = 64 * 1024;
  return options;
}

namespace {

double measure() { return 21.5; }

}  // namespace

// A measurement every ten seconds. Without a connection they wait, up to 64 KiB of them.
cosio::task<> measure_for(cosio::client_socket station) {
  const auto here = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer clock(here);
  for (std::int64_t number = 0;; ++number) {
    const double degrees = measure();
    const cosio::report sent = co_await station.emit("temperature", number, degrees);
    const cosio::pending_events waiting = station.pending();
    if (sent.refused != 0) std::cerr << "measurement " << number << " is lost: " << waiting.bytes << " bytes wait\n";
    clock.expires_after(std::chrono::seconds(10));
    co_await clock.async_wait(boost::asio::use_awaitable);
  }
}

int main() {
  boost::asio::io_context context;
  const cosio::manager server(context.get_executor(), "https://station.example");
  const auto station = server.socket("/sensors", sensor_options());
  station.on_connect([] { std::cerr << "connected\n"; });
  station.on_disconnect([](cosio::client_reason why) { std::cerr << "disconnected: " << why << '\n'; });
  station.open();
  boost::asio::co_spawn(context, measure_for(station), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
  context.run();
}
