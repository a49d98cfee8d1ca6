// disconnect-self, expires-in, close-server: the ends of a socket, and of the process.

#include "control/command.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace conformance {
namespace {

namespace asio = boost::asio;
using cosio::arguments;
using cosio::socket;
using cosio::task;
using std::chrono::milliseconds;

// Waits until nothing is queued, but not for long: closing a server drops queued packets.
task<> until_sent(cosio::engine_session to) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer pause(executor);
  for (milliseconds waited{0}; to.buffered() != 0 && waited < milliseconds(500); waited += milliseconds(5)) {
    pause.expires_after(milliseconds(5));
    co_await pause.async_wait(asio::use_awaitable);
  }
}

// Only a failure is acknowledged: afterwards the socket is gone.
task<> disconnect_itself(socket user, arguments args, cosio::ack answer) {
  bool close = false;
  boost::json::object problem;
  try {
    close = args.get<std::optional<bool>>(0).value_or(false);
  } catch (const std::exception& wrong) {
    problem = failure(wrong);
  }
  if (problem.empty()) {
    co_await user.disconnect(close);
  } else {
    co_await answer(problem);
  }
}

}  // namespace

void add_endings(const socket& user, services& all) {
  user.on("disconnect-self",
          [user](arguments args, cosio::ack answer) { return disconnect_itself(user, std::move(args), answer); });

  user.on("expires-in", [user](int ms) { user.expires_in(milliseconds(ms)); });

  user.on("close-server", [user, &all](cosio::ack answer) -> task<> {
    co_await answer(nullptr, true);
    co_await until_sent(user.conn());
    all.shut_down();
  });
}

}  // namespace conformance
