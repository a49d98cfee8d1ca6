// The common parts of client_core_*_test.cpp.

#pragma once
#include "socketio/client_core.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/memory_stream.hpp"
#include "http/app_state.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/world.hpp"

namespace cosio::test {

// Sends back what it gets, and tells the test what goes wrong and why clients leave.
struct echo_server {
  explicit echo_server(cosio::options opts = test_options()) : s(std::move(opts)) {
    for (const char* name : {"/", "/custom"}) s.io.of(name).on_connection([this](cosio::socket c) { welcome(c); });
    port = s.start();
  }
  void welcome(cosio::socket c) {
    c.on("message", [c](cosio::arguments all) -> cosio::task<> { co_await c.emit("message-back", all); });
    c.on("message-with-ack", [](cosio::arguments all) { return all; });
    for (const char* name : {"1", "1.5", "error"}) {
      c.on(name, [c, name](cosio::arguments all) -> cosio::task<> { co_await c.emit("got", name, all); });
    }
    c.on_error([this](cosio::socket_error wrong) -> cosio::task<> {
      errors.put(wrong.message());
      co_return;
    });
    c.on_disconnect([this](cosio::reason why) -> cosio::task<> {
      left.put(std::string(why.text()));
      co_return;
    });
  }

  mailbox<> errors;
  mailbox<> left;
  sio_server s;
  std::uint16_t port = 0;
};

}  // namespace cosio::test
