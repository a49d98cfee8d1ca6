// A live chart of the server's own metrics. The page is chart/index.html; Prometheus reads the same at /metrics.

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cosio/cosio.hpp>
#include <cstdint>
#include <string>

using namespace std::chrono_literals;

// The events of a second, and the state now.
struct sample {
  std::chrono::system_clock::time_point at;
  double events = 0;      // of clients, in a second
  double deliveries = 0;  // to clients, in a second
  double bytes_in = 0;
  double bytes_out = 0;
  std::uint64_t clients = 0;
  std::uint64_t handlers = 0;
  std::uint64_t kept_bytes = 0;  // memory that clients make the server keep
  std::uint64_t slow_consumers = 0;
};
BOOST_DESCRIBE_STRUCT(sample, (),
                      (at, events, deliveries, bytes_in, bytes_out, clients, handlers, kept_bytes, slow_consumers))

namespace {

sample between(const cosio::metrics& before, const cosio::metrics& now, std::chrono::duration<double> time) {
  const auto rate = [&](std::uint64_t cosio::metrics::* of) {
    return static_cast<double>(now.*of - before.*of) / time.count();
  };
  sample out;
  out.at = std::chrono::system_clock::now();
  out.events = rate(&cosio::metrics::events);
  out.deliveries = rate(&cosio::metrics::deliveries_queued);
  out.bytes_in = rate(&cosio::metrics::bytes_received);
  out.bytes_out = rate(&cosio::metrics::bytes_sent);
  out.clients = now.sockets;
  out.handlers = now.handlers_in_flight;
  for (const cosio::counted& kind : now.kept_bytes) out.kept_bytes += kind.count;
  out.slow_consumers = now.slow_consumers();
  return out;
}

// A job of the server: io.spawn() starts it, and the end of the server cancels it. It holds the server as a pointer,
// because a handle would keep the server alive.
cosio::task<> measure(const cosio::server* io) {
  constexpr auto period = 500ms;
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  for (cosio::metrics before = io->metrics();;) {
    timer.expires_after(period);
    co_await timer.async_wait(boost::asio::use_awaitable);
    const cosio::metrics now = io->metrics();
    const sample seen = between(before, now, period);
    co_await io->to("charts").volatile_().emit("sample", seen);  // a page that reads slowly gets fewer of them
    before = now;
  }
}

void serve(cosio::socket user) {
  user.on("watch", [user]() -> cosio::task<> { co_await user.join("charts"); });
  user.on("stop watching", [user]() -> cosio::task<> { co_await user.leave("charts"); });
  // Something to see: the page can make some load.
  user.on("shout", [user](std::string text) -> cosio::task<> { co_await user.nsp().emit("shouted", text); });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::http::app_options where;
  if (argc > 1) where.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  cosio::http::app web(where);
  web.files("/", "chart");

  cosio::options opts;
  opts.metrics_path = "/metrics";  // keep it from the public
  cosio::server io(web, opts);
  io.on_connection(serve);
  io.spawn(measure(&io));
  io.run_until_signal();
}
