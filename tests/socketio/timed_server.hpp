// A Socket.IO server in a world: connections in memory, time that moves when told, one thread.

#pragma once
#include <boost/asio/co_spawn.hpp>

#include <cosio/cosio.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/engine_world.hpp"
#include "support/world.hpp"

namespace cosio::test {

/// A client over WebSocket in memory.
class world_client {
 public:
  explicit world_client(memory_client peer) : ws_(std::move(peer), "/socket.io/?EIO=4&transport=websocket") {
    ws_.text();
  }

  void send(std::string_view packet) { ws_.send_text("4" + std::string(packet)); }
  /// The next packet, without the digit of Engine.IO; "(nothing)" when there is none. Pings are answered.
  std::string receive() {
    std::string text = ws_.text();
    while (text == "2") {
      ws_.send_text("3");
      text = ws_.text();
    }
    return text.starts_with('4') ? text.substr(1) : text;
  }
  std::string join(std::string_view nsp = "") {
    send("0" + std::string(nsp));
    return receive();
  }
  bool ended() { return ws_.ended(); }
  memory_websocket& websocket() noexcept { return ws_; }

 private:
  memory_websocket ws_;
};

struct timed_server {
  explicit timed_server(options opts = {})
      : state(std::make_shared<http::app::state>(w.take_runtime(), http::app_options())),
        app(state),
        io(app, without_files(std::move(opts))) {}

  memory_client connect() {
    async::memory_streams pair(64 * 1024);
    state->serve(std::move(pair.near));
    w.settle();
    return memory_client(w, std::move(pair.far));
  }
  world_client open() { return world_client(connect()); }
  world_client join() {
    world_client made = open();
    made.join();
    return made;
  }

  /// Starts a coroutine. @return whether it has ended without an exception, later.
  std::shared_ptr<bool> start(task<> work) {
    auto done = std::make_shared<bool>(false);
    boost::asio::co_spawn(w.context(), std::move(work), [done](std::exception_ptr e) { *done = e == nullptr; });
    w.settle();
    return done;
  }

  static options without_files(options opts) {
    opts.serve_client = false;
    return opts;
  }

  world w;
  std::shared_ptr<http::app::state> state;
  http::app app;
  server io;
};

}  // namespace cosio::test
