// An Engine.IO server on a free port of the loopback interface. Threads of its own run it, and it sends every
// message back.
//
//   echo_engine server;                        // declared before its clients and before the sessions that a test keeps
//   polling_client c(server.port());
//   const engine_session s = server.opened();  // waits, ten seconds at most
//   …
//   CHECK(server.closed().text() == "transport close");

#pragma once
#include <boost/asio/io_context.hpp>

#include <cosio/engine.hpp>
#include <cosio/http.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "engine/session.hpp"
#include "support/mailbox.hpp"
#include "support/world.hpp"

namespace cosio::test {

class echo_engine {
 public:
  using setup = std::function<void(const engine_server&)>;

  /// @param more  Registers what a test wants to know or to say, before the port is open.
  explicit echo_engine(engine_options settings = {}, const setup& more = {}, http::app_options options = local())
      : app_(context_.get_executor(), std::move(options)), engine_(app_, std::move(settings)) {
    engine_.on_connection([this](engine_session s) { welcome(s); });
    engine_.on_connection_error([this](const connection_error& e) { refused_.put(e); });
    if (more) more(engine_);
    port_ = app_.listen();
  }
  echo_engine(const echo_engine&) = delete;
  echo_engine& operator=(const echo_engine&) = delete;
  ~echo_engine() {
    try {
      run(engine_.close());
    } catch (const std::exception& e) {
      std::fprintf(stderr, "echo_engine: closing failed: %s\n", e.what());
    }
  }

  static http::app_options local() {
    http::app_options options;
    options.host = "127.0.0.1";
    options.port = 0;
    return options;
  }

  std::uint16_t port() const noexcept { return port_; }
  const engine_server& engine() const noexcept { return engine_; }
  http::app& app() noexcept { return app_; }
  boost::asio::io_context& context() noexcept { return context_; }

  /// The next session that opened, the reason of the next one that closed, the next refusal.
  engine_session opened() { return opened_.take(); }
  reason closed() { return closed_.take(); }
  connection_error refused() { return refused_.take(); }
  bool nobody_closed() const { return closed_.empty(); }

  /// Runs a coroutine on the server's threads to its end.
  template <class T>
  T run(task<T> work) {
    return wait(start(context_.get_executor(), std::move(work)));
  }
  /// Calls something on a session's strand, and waits for its end.
  template <class F>
  void on_strand(const engine_session& s, F work) {
    std::promise<void> done;
    boost::asio::post(s.internals()->get_strand(), [&] {
      work();
      done.set_value();
    });
    wait(done.get_future());
  }

 private:
  void welcome(const engine_session& s) {
    // Weak: a session that is still open when the io_context goes must not keep itself alive.
    s.on_message([weak = std::weak_ptr(s.internals())](message m) -> task<> {
      const auto alive = weak.lock();
      if (!alive) co_return;
      auto back = engine_session(alive).send(std::move(m));
      co_await std::move(back);
    });
    s.on_close([this](reason why) { closed_.put(std::move(why)); });
    opened_.put(s);
  }

  boost::asio::io_context context_;
  mailbox<engine_session> opened_;
  mailbox<reason> closed_;
  mailbox<connection_error> refused_;
  http::app app_;
  engine_server engine_;
  std::uint16_t port_ = 0;
  background threads_{context_, 2};
};

}  // namespace cosio::test
