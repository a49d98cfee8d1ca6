// A running server for tests. Its handlers talk to the test through a mailbox.
//
//   mailbox<> said;                            // declared first: handlers use it to their end
//   sio_server s;
//   s.io.on_connection([&](cosio::socket c) { c.on("say", [&](std::string text) { said.put(text); }); });
//   sio_client c(s.start());
//   …
//   CHECK(said.take() == "hello");             // waits, ten seconds at most

#pragma once
#include <cosio/cosio.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <thread>
#include <utility>

#include "engine/session.hpp"
#include "support/mailbox.hpp"

namespace cosio::test {

/// Waits until something is true that nobody tells of. @return false when it did not come true in time.
template <class F>
bool eventually(F done) {
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
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
    return wait(test::start(whose.conn().internals()->get_strand(), std::move(work)));
  }

  cosio::server io;

 private:
  std::thread thread_;
};

}  // namespace cosio::test
