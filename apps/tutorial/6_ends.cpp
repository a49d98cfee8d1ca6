// Step 6: settings come from the environment, and the process ends in good order.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cosio/cosio.hpp>
#include <cstdint>
#include <cstdlib>

using namespace std::chrono_literals;

std::string setting(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

// Ends with the server: close() cancels it where it waits.
cosio::task<> tell_time(cosio::nsp everybody) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  for (int minutes = 1;; ++minutes) {
    timer.expires_after(1min);
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_await everybody.emit("minutes", minutes);
  }
}

cosio::task<> on_connection(cosio::socket user) {
  co_await user.join("lobby");
  user.on("say",
          [user](std::string text) -> cosio::task<> { co_await user.to("lobby").emit("said", user.id(), text); });
}

int main() {
  cosio::http::app_options where;
  where.host = setting("HOST", "127.0.0.1");
  where.port = static_cast<std::uint16_t>(std::stoi(setting("PORT", "3000")));
  cosio::http::app web(where);
  web.get("/healthz", [](cosio::http::request) { return cosio::http::response(200, "ok"); });
  web.files("/", setting("PAGES", "public"));

  cosio::options opts;
  opts.metrics_path = "/metrics";
  cosio::server io(web, opts);
  io.on_connection(on_connection);
  io.spawn(tell_time(io.sockets()));

  cosio::close_options how(10s);  // then everything is cut
  how.spread = 2s;                // clients go one after the other
  how.event = "closing";          // is sent first
  io.run_until_signal(how);       // SIGTERM and SIGINT; serves the application, too
}
