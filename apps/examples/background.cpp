// Work beside the handlers, and an end in good order when the process gets SIGTERM or SIGINT.
//
// - a job of the server, once a second; a job of each client, which ends with it
// - a thread of the program's own, which has no coroutines, and tells the clients something
// - at the end: clients are told, handlers that run finish and answer, jobs are cancelled, results are saved

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <cosio/cosio.hpp>
#include <cstdint>
#include <exception>
#include <iostream>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

cosio::task<> pause(std::chrono::milliseconds time) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, time);
  co_await timer.async_wait(asio::use_awaitable);  // throws when the coroutine is cancelled
}

// Started by io.spawn(). The close of the server cancels it where it waits.
cosio::task<> tell_uptime(cosio::nsp where) {
  for (int seconds = 0;; ++seconds) {
    co_await where.emit("uptime", seconds);
    co_await pause(1s);
  }
}

// Started by user.spawn(). It is cancelled when its client leaves.
cosio::task<> remind(cosio::socket user, std::string of, std::chrono::milliseconds in) {
  co_await pause(in);
  co_await user.emit("reminder", of);
}

// A thread for a device, a queue or a library that waits in its own way. It runs no coroutines of the server.
void watch_device(const std::stop_token& end, const cosio::server& io) {
  std::mutex mutex;
  std::condition_variable_any next;
  std::unique_lock lock(mutex);
  for (int value = 1; !end.stop_requested(); ++value) {
    io.async_emit([](std::exception_ptr, const cosio::report&) {}, "measured", value);
    next.wait_for(lock, end, 500ms, [] { return false; });  // stands for the wait for the next value
  }
}

void serve(cosio::socket user, std::atomic<int>& cooked) {
  user.on("remind me", [user](std::string of, std::chrono::milliseconds in) { user.spawn(remind(user, of, in)); });

  // It takes a while. When the server closes meanwhile, it is finished all the same, and its answer is sent.
  user.on("cook", [user, &cooked](std::string dish) -> cosio::task<std::string> {
    co_await user.emit("cooking", dish);
    co_await pause(1s);
    ++cooked;
    co_return dish + " is ready";
  });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  std::atomic<int> cooked = 0;
  cosio::server io(opts);
  io.on_connection([&cooked](cosio::socket user) { serve(user, cooked); });
  io.spawn(tell_uptime(io.sockets()));
  std::jthread device([&io](const std::stop_token& end) { watch_device(end, io); });

  cosio::close_options how(10s);  // then everything is cut; systemd waits 90 s, Docker 10 s, Kubernetes 30 s
  how.spread = 1s;                // clients go one after the other, and do not come back all at once
  how.event = "going down";       // is sent first
  io.run_until_signal(how);
  device.request_stop();
  std::cout << "saved: " << cooked << " dishes" << std::endl;
}
