// The handle of a server: its ports, and closing when the clients have finished.

#include <cosio/cosio.hpp>
#include <cosio/server.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "socketio/server_core.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

// ---------------------------------------------------------------- ports

TEST_CASE("a server that has not listened may be attached to an application, with other options",
          "[socketio][server]") {
  mailbox<> said;
  cosio::http::app_options where;
  where.host = "127.0.0.1";
  where.port = 0;
  where.threads = 1;
  cosio::http::app app(where);
  app.get("/hello", [](cosio::http::request) { return cosio::http::response(200, "hello"); });
  cosio::server io(test_options());
  io.on_connection([&](cosio::socket c) { said.put(c.id()); });
  cosio::options other = test_options();
  other.path = "/other";
  io.attach(app, other);
  CHECK(io.path() == "/other");
  CHECK_THROWS_AS(io.listen(), cosio::error);
  CHECK(error_of([&] { io.attach(app, other); }) == cosio::errc::already_running);
  const auto port = app.listen();
  std::thread thread([&] { app.run(); });
  {
    sio_settings there;
    there.path = "/other/";
    sio_client c(port, there);
    const std::string first = c.join();
    CHECK(said.take() == first);
    there.over = sio_settings::transport::polling;
    sio_client p(port, there);
    const std::string second = p.join();
    CHECK(said.take() == second);
    http_client web(port);
    CHECK(web.ask(cosio::test::get("/hello")).body == "hello");
  }
  app.stop();
  thread.join();
}

TEST_CASE("a server at the path of another one of its application is refused, and stays as it was",
          "[socketio][server]") {
  cosio::http::app_options where;
  where.host = "127.0.0.1";
  where.port = 0;
  where.threads = 1;
  cosio::http::app app(where);
  const cosio::server first(app, test_options());
  try {
    const cosio::server second(app, test_options());
    FAIL("it would get no client");
  } catch (const cosio::error& e) {
    CHECK(e.code() == cosio::errc::bad_argument);
    CHECK(e.detail() ==
          "another server of this application, attached before, answers the requests for /socket.io/: give one of the "
          "two another path");
  }
  cosio::engine_options same;
  same.path = "/socket.io";
  CHECK(error_of([&] { const cosio::engine_server raw(app, same); }) == cosio::errc::bad_argument);
  cosio::options below = test_options();
  below.path = "/socket.io/below";
  CHECK(error_of([&] { const cosio::server second(app, below); }) == cosio::errc::bad_argument);

  const cosio::server own(test_options());
  CHECK(error_of([&] { own.attach(app); }) == cosio::errc::bad_argument);
  CHECK(own.listen() != 0);  // it still has its port

  const cosio::server late(test_options());
  CHECK(error_of([&] { late.attach(app); }) == cosio::errc::bad_argument);
  cosio::options other = test_options();
  other.path = "/other";
  CHECK_NOTHROW(late.attach(app, other));
  CHECK_NOTHROW(first.attach(app));  // the path is its own
}

// ---------------------------------------------------------------- closing gently

// edge 261, 263
TEST_CASE("close() ends every socket and frees the port, the server may listen again", "[socketio][server]") {
  mailbox<> said;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("hi", [] { return "hello"; });
    c.on_disconnect([&](cosio::reason why) { said.put(std::string(why.text())); });
  });
  const auto port = s.start();
  sio_client c(port);
  c.join();
  sio_client p(port, polling());
  p.join();
  p.start_poll();
  auto closing = start(s.io.executor(), s.io.close());
  CHECK(said.take() == "server shutting down");
  CHECK(said.take() == "server shutting down");
  CHECK(c.ends());  // it answers the close frame, and leaves
  CHECK(p.ends());
  wait(std::move(closing));
  CHECK(s.io.engine().clients_count() == 0);
  const auto again = s.io.listen();
  sio_client back(again);
  back.join();
  back.send(R"(21["hi"])");
  CHECK(back.receive() == R"(31["hello"])");
}

// edge 262
TEST_CASE("a server that does not listen may be closed", "[socketio][server]") {
  boost::asio::io_context context;
  cosio::server io(context.get_executor(), test_options());
  bool closed = false;
  boost::asio::co_spawn(context, io.close(), [&](std::exception_ptr e) { closed = e == nullptr; });
  context.run();
  CHECK(closed);
}

TEST_CASE("close() with a deadline drains: nobody comes in, sockets are told, what is queued arrives",
          "[socketio][server]") {
  mailbox<> said;
  sio_server s;
  s.io.on_connection(
      [&](cosio::socket c) { c.on_disconnect([&](cosio::reason why) { said.put(std::string(why.text())); }); });
  const auto port = s.start();
  sio_client c(port);
  c.join();
  sio_client p(port, polling());
  p.join();
  sio_client nowhere(port);  // a session without a socket
  const auto users = s.run(s.io.sockets().connected());
  const std::string much(500'000, 'x');
  for (const auto& [id, user] : users) s.run(user.emit("much", much));
  auto closing = start(s.io.executor(), s.io.close(10s));
  CHECK(said.take() == "server shutting down");
  CHECK(said.take() == "server shutting down");
  {
    http_client web(port);
    CHECK(web.ask(cosio::test::get("/socket.io/?EIO=4&transport=polling")).status == 503);
  }
  CHECK(c.receive().size() == much.size() + 12);
  CHECK(c.ends());
  CHECK(p.receive().size() == much.size() + 12);
  CHECK(p.ends());
  CHECK(nowhere.ends());
  wait(std::move(closing));
  CHECK(s.io.engine().clients_count() == 0);
}

TEST_CASE("close() returns when every end has been told", "[socketio][server]") {
  mailbox<> said;
  std::promise<void> go_on;
  std::atomic<bool> told{false};
  cosio::options opts = test_options(2);
  opts.ping_interval = opts.ping_timeout = 500ms;  // the client comes in meanwhile, however slow the machine is
  sio_server s(std::move(opts));
  bool goes_on = false;
  const auto let_go = [&] {
    if (!std::exchange(goes_on, true)) go_on.set_value();
  };
  const std::shared_ptr<void> at_end(nullptr,
                                     [&](void*) { let_go(); });  // a check that fails leaves no handler waiting
  s.io.on_connection([&](cosio::socket c) {
    c.on_disconnecting([&](cosio::reason why) {
      said.put(std::string(why.text()));
      go_on.get_future().wait();
      told = true;
    });
  });
  const auto port = s.start();
  sio_client p(port, polling());  // no request of it is under way
  p.join();
  REQUIRE(said.take() == "ping timeout");  // it is in no table any more
  auto closing = start(s.io.executor(), s.io.close());
  CHECK(closing.wait_for(200ms) == std::future_status::timeout);
  let_go();
  wait(std::move(closing));
  CHECK(told);
}

TEST_CASE("what does not drain until the deadline is cut", "[socketio][server]") {
  sio_server s;
  const auto port = s.start();
  sio_client p(port, polling());  // never asks for what is queued
  p.join();
  const auto user = s.run(s.io.sockets().connected()).begin()->second;
  s.run(user.emit("never fetched"));
  wait(start(s.io.executor(), s.io.close(20ms)));
  CHECK(s.io.engine().clients_count() == 0);
  CHECK_FALSE(user.connected());
}

// ---------------------------------------------------------------- the port

TEST_CASE("a port that is kept serves clients that are still here, one that is left serves nobody",
          "[socketio][server]") {
  sio_server s;
  const auto port = s.start();
  sio_client p(port, polling());
  p.join();
  cosio::close_options how(10s);
  how.spread = 10s;
  SECTION("kept, unless asked otherwise") {}
  SECTION("left") { how.keep_port = false; }
  sio_client second(port);
  second.join();
  auto closing = start(s.io.executor(), s.io.close(how));
  REQUIRE(eventually([&] { return s.io.port() == 0 || s.io.internals()->is_closing(); }));
  if (how.keep_port) {
    REQUIRE(eventually([&] { return s.io.port() == 0; }));
  } else {
    http_client web(port);
    CHECK(web.ask(cosio::test::get("/socket.io/?EIO=4&transport=polling")).status == 503);
  }
  wait(start(s.io.executor(), s.io.close(0ms)));
  s.stop();
}

TEST_CASE("a handshake whose connection was accepted before the port was left is answered", "[socketio][server]") {
  // The server has no thread of its own: the request comes after the port was left, however slow the test is.
  boost::asio::io_context context;
  cosio::server io(context.get_executor(), test_options());
  const auto port = io.listen();
  http_client early(port);
  const auto until = [&context](auto done) {
    return eventually([&] {
      context.restart();
      context.poll();
      return done();
    });
  };
  REQUIRE(until([&] { return io.metrics().connections == 1; }));
  early.send(cosio::test::get("/socket.io/?EIO=4&transport=polling"));
  cosio::close_options how(10s);
  how.keep_port = false;
  bool closed = false;
  boost::asio::co_spawn(context, io.close(how), [&](std::exception_ptr e) { closed = e == nullptr; });
  CHECK(until([&] { return closed; }));
  CHECK(early.read_answer().status == 200);
  CHECK(io.engine().clients_count() == 0);
}
