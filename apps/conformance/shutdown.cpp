// Two coroutines race to stop the application: the orderly way, and the deadline for clients that do not cooperate.

#include "shutdown.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cosio/successor.hpp>

#include <chrono>
#include <csignal>
#include <utility>

namespace conformance {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds deadline{1'200};      // for all of it
constexpr std::chrono::milliseconds time_to_finish{500};  // for handlers and what is queued
constexpr std::chrono::milliseconds time_to_answer{200};  // for clients that owe acknowledgements

}  // namespace

shutdown::shutdown(cosio::http::app app, cosio::server io, cosio::engine_server raw, std::chrono::milliseconds spread)
    : app_(std::move(app)),
      io_(std::move(io)),
      raw_(std::move(raw)),
      spread_(spread),
      signals_(app_.executor(), SIGINT, SIGTERM) {}

void shutdown::on_signals() { cosio::spawn(app_.executor(), await_signal()); }

void shutdown::begin() {
  if (begun_.exchange(true)) return;
  cosio::http::tell_service_manager("STOPPING=1");
  cosio::spawn(app_.executor(), close_everything(app_, io_, raw_, spread_));
  cosio::spawn(app_.executor(), stop_after(app_, deadline + spread_));
}

cosio::task<> shutdown::await_signal() {
  co_await signals_.async_wait(asio::use_awaitable);
  begin();
}

cosio::task<> shutdown::close_everything(cosio::http::app app, cosio::server io, cosio::engine_server raw,
                                         std::chrono::milliseconds spread) {
  if (app.shares_port()) co_await app.stop_listening();
  cosio::close_options how(time_to_finish + spread);
  how.spread = spread;
  how.answer_time = time_to_answer;
  co_await io.close(how);
  co_await raw.close();
  co_await app.close();
  app.stop();
}

cosio::task<> shutdown::stop_after(cosio::http::app app, std::chrono::milliseconds time) {
  asio::steady_timer timer(app.executor(), time);
  co_await timer.async_wait(asio::use_awaitable);
  app.stop();
}

}  // namespace conformance
