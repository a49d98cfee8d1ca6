// Two coroutines race to stop the application: the orderly way, and the deadline for clients that do not cooperate.

#include "shutdown.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <utility>

namespace conformance {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds deadline{1'200};      // for all of it
constexpr std::chrono::milliseconds time_to_finish{500};  // for handlers and what is queued

}  // namespace

shutdown::shutdown(cosio::http::app app, cosio::server io, cosio::engine_server raw)
    : app_(std::move(app)), io_(std::move(io)), raw_(std::move(raw)), signals_(app_.executor(), SIGINT, SIGTERM) {}

void shutdown::on_signals() { cosio::spawn(app_.executor(), await_signal()); }

void shutdown::begin() {
  if (begun_.exchange(true)) return;
  cosio::spawn(app_.executor(), close_everything(app_, io_, raw_));
  cosio::spawn(app_.executor(), stop_after_deadline(app_));
}

cosio::task<> shutdown::await_signal() {
  co_await signals_.async_wait(asio::use_awaitable);
  begin();
}

cosio::task<> shutdown::close_everything(cosio::http::app app, cosio::server io, cosio::engine_server raw) {
  co_await io.close(time_to_finish);
  co_await raw.close();
  co_await app.close();
  app.stop();
}

cosio::task<> shutdown::stop_after_deadline(cosio::http::app app) {
  asio::steady_timer timer(app.executor(), deadline);
  co_await timer.async_wait(asio::use_awaitable);
  app.stop();
}

}  // namespace conformance
