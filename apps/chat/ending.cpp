// Clients get a moment to leave. The connections of slower clients are aborted.

#include "ending.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>

namespace chat {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds patience{1'500};  // for all of it
constexpr std::chrono::milliseconds deadline{1'000};  // for what is under way
constexpr std::chrono::milliseconds spread{300};      // so that pages do not come back all at once

cosio::task<> stop_after_patience(cosio::http::app app) {
  asio::steady_timer timer(app.executor(), patience);
  co_await timer.async_wait(asio::use_awaitable);
  app.stop();
}

}  // namespace

cosio::task<> end_on_signal(cosio::http::app app, cosio::server io) {
  asio::signal_set signals(app.executor(), SIGINT, SIGTERM);
  co_await signals.async_wait(asio::use_awaitable);
  cosio::spawn(app.executor(), stop_after_patience(app));
  cosio::close_options how(deadline);
  how.spread = spread;
  co_await io.close(how);
  co_await app.close();
  app.stop();
}

}  // namespace chat
