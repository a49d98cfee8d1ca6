// A running server for tests, and the mailbox through which its handlers talk to the test.
//
//   mailbox<> said;                            // declared first: handlers use it to their end
//   sio_server s;
//   s.io.on_connection([&](cosio::socket c) { c.on("say", [&](std::string text) { said.put(text); }); });
//   sio_client c(s.start());
//   …
//   CHECK(said.take() == "hello");             // waits, ten seconds at most

#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cosio/cosio.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace cosio::test {

constexpr std::chrono::seconds patience{10};

/// What is put is taken in order, from any thread.
template <class T = std::string>
class mailbox {
 public:
  void put(T item) {
    {
      const std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
    }
    changed_.notify_one();
  }

  /// @throws std::runtime_error when nothing comes in time.
  T take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return !items_.empty(); })) throw std::runtime_error("the mailbox stayed empty");
    T first = std::move(items_.front());
    items_.pop_front();
    return first;
  }

  bool empty() const {
    const std::lock_guard lock(mutex_);
    return items_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
};

/// Starts `work` on an executor; the future has its result.
template <class T, class Executor>
std::future<T> start(const Executor& on, task<T> work) {
  auto promise = std::make_shared<std::promise<T>>();
  auto result = promise->get_future();
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(on, std::move(work), [promise](std::exception_ptr e) {
      if (e) {
        promise->set_exception(e);
      } else {
        promise->set_value();
      }
    });
  } else {
    boost::asio::co_spawn(on, std::move(work), [promise](std::exception_ptr e, T value) {
      if (e) {
        promise->set_exception(e);
      } else {
        promise->set_value(std::move(value));
      }
    });
  }
  return result;
}

/// What a future brings. @throws std::runtime_error when it does not come in time.
template <class T>
T wait(std::future<T> result) {
  if (result.wait_for(patience) != std::future_status::ready) throw std::runtime_error("the coroutine did not end");
  return result.get();
}

/// Local, on a free port, with one thread; without the browser's files.
inline cosio::options test_options(unsigned threads = 1) {
  cosio::options opts;
  opts.host = "127.0.0.1";
  opts.port = 0;
  opts.threads = threads;
  opts.serve_client = false;
  return opts;
}

/// A server that owns its port. It is stopped, its clients cut off, at the end.
class sio_server {
 public:
  explicit sio_server(cosio::options opts = test_options()) : io(std::move(opts)) {}
  sio_server(const sio_server&) = delete;
  sio_server& operator=(const sio_server&) = delete;
  ~sio_server() { stop(); }

  /// Listens and serves. @return the port.
  std::uint16_t start() {
    const std::uint16_t port = io.listen();
    thread_ = std::thread([this] { io.run(); });
    return port;
  }
  void stop() {
    io.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// Runs a coroutine on the server's threads to its end.
  template <class T>
  T run(task<T> work) {
    return wait(test::start(io.executor(), std::move(work)));
  }
  /// The same on the strand of a client.
  template <class T>
  T run_on(const cosio::socket& whose, task<T> work) {
    return wait(test::start(whose.internals()->client()->session().get_strand(), std::move(work)));
  }

  cosio::server io;

 private:
  std::thread thread_;
};

}  // namespace cosio::test
