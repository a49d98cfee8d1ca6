// Handlers that stop with their client.

#include "socketio/stopping.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

#include "async/spawn.hpp"
#include "engine/session.hpp"
#include "socketio/socket_core.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

namespace asio = boost::asio;
using stop_signal = std::shared_ptr<asio::cancellation_signal>;

// Asio keeps the state of a cancellation inside of its signal: so the signal lives as long as the coroutine.
task<> keep(stop_signal stop, task<> work) {
  static_cast<void>(stop);
  co_await std::move(work);
}

}  // namespace

task<> run_until_left(std::shared_ptr<socket_core> socket, task<> work) {
  const stop_signal stop = std::make_shared<asio::cancellation_signal>();
  if (!socket->stop_at_end(stop)) co_return;
  const async::strand strand = socket->session().get_strand();
  std::exception_ptr thrown;
  try {
    auto token = asio::bind_cancellation_slot(stop->slot(), asio::use_awaitable);
    auto running = asio::co_spawn(strand, keep(stop, std::move(work)), std::move(token));
    co_await std::move(running);
  } catch (...) {
    thrown = std::current_exception();
  }
  const bool stopped = !socket->remove_stop(stop);
  if (thrown && !(stopped && async::is_end(thrown))) std::rethrow_exception(thrown);
}

}  // namespace cosio::inline v0_2::socketio
