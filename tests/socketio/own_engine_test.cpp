// A server on an engine that exists already, and clients made of single sessions.

#include <cosio/cosio.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>
#include <initializer_list>
#include <memory>
#include <string>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/sio_server.hpp"
#include "support/websocket_client.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string direct = "/engine.io/?EIO=4&transport=websocket";

// Joins the main namespace by hand.
void join(websocket_client& ws) {
  REQUIRE(ws.text().starts_with("0{"));
  ws.send_text("40");
  REQUIRE(ws.text().starts_with("40{\"sid\":"));
}

void serve_echo(const cosio::server& io) {
  io.on_connection([](cosio::socket c) {
    c.on("echo", [c](std::string text) -> cosio::task<> { co_await c.emit("back", text); });
    c.on("ask", [](std::string text) { return text + "!"; });
  });
}

void check_echo(websocket_client& ws) {
  ws.send_text(R"(42["echo","hello"])");
  CHECK(ws.text() == R"(42["back","hello"])");
  ws.send_text(R"(427["ask","well"])");
  CHECK(ws.text() == R"(437["well!"])");
}

// An application with an engine on it, run by a thread, and nothing else.
struct engine_app {
  engine_app() : app(context.get_executor(), echo_engine::local()), engine(app) {}
  engine_app(const engine_app&) = delete;
  engine_app& operator=(const engine_app&) = delete;
  ~engine_app() {
    try {
      if (threads) run(engine.close());
    } catch (const std::exception& e) {
      std::fprintf(stderr, "engine_app: closing failed: %s\n", e.what());
    }
  }
  std::uint16_t start() {
    const std::uint16_t port = app.listen();
    threads = std::make_unique<background>(context);
    return port;
  }
  template <class T>
  T run(cosio::task<T> work) {
    return wait(cosio::test::start(context.get_executor(), std::move(work)));
  }
  // Closes a server. Its clients see the close frame and leave, as honest ones do: nobody waits for close_timeout.
  void close(const cosio::server& io, std::initializer_list<websocket_client*> clients) {
    auto closing = cosio::test::start(context.get_executor(), io.close());
    for (websocket_client* ws : clients) {
      CHECK(ws->close_code() == 1005);
      ws->close();
    }
    wait(std::move(closing));
  }

  boost::asio::io_context context;
  cosio::http::app app;
  cosio::engine_server engine;
  std::unique_ptr<background> threads;
};

}  // namespace

TEST_CASE("a server can be made on an engine", "[socketio][own_engine]") {
  engine_app house;
  const cosio::server io(house.engine);
  serve_echo(io);
  CHECK(io.engine().internals() == house.engine.internals());
  CHECK(io.port() == 0);
  CHECK_THROWS_AS(io.listen(), cosio::error);
  const std::uint16_t port = house.start();
  websocket_client ws(port, direct);
  join(ws);
  check_echo(ws);
  CHECK(house.engine.clients_count() == 1);
  house.close(io, {&ws});
}

TEST_CASE("a server that would have had a port of its own can be bound to an engine", "[socketio][own_engine]") {
  engine_app house;
  cosio::options opts = test_options();
  opts.connect_timeout = 50ms;
  const cosio::server io(opts);
  serve_echo(io);
  io.bind(house.engine);
  CHECK(io.engine().internals() == house.engine.internals());
  CHECK_THROWS_AS(io.listen(), cosio::error);
  const std::uint16_t port = house.start();
  websocket_client ws(port, direct);
  join(ws);
  check_echo(ws);
  // A client that joins no namespace is closed: the server's time runs here, too.
  websocket_client silent(port, direct);
  CHECK(silent.text().starts_with("0{"));
  CHECK(silent.close_code() == 1005);
  silent.close();
  house.close(io, {&ws});
  CHECK(house.engine.clients_count() == 0);
}

TEST_CASE("a server bound to a second engine has that one, and closes the clients of both", "[socketio][own_engine]") {
  engine_app house;
  cosio::options opts = test_options();
  opts.path = "/first";
  const cosio::server io(house.app, opts);
  const auto first = io.engine();
  io.bind(house.engine);
  CHECK(io.engine().internals() == house.engine.internals());
  const std::uint16_t port = house.start();
  websocket_client one(port, "/first/?EIO=4&transport=websocket");
  join(one);
  websocket_client two(port, direct);
  join(two);
  house.close(io, {&one, &two});
  CHECK(first.clients_count() == 0);
  CHECK(house.engine.clients_count() == 0);
}

TEST_CASE("a session may be adopted from any thread", "[socketio][own_engine]") {
  mailbox<cosio::engine_session> opened;
  engine_app house;
  cosio::options opts = test_options();
  opts.path = "/io";
  const cosio::server io(house.app, opts);
  serve_echo(io);
  house.engine.on_connection([&](cosio::engine_session s) { opened.put(s); });
  websocket_client ws(house.start(), direct);
  io.adopt(opened.take());
  join(ws);
  check_echo(ws);
  house.close(io, {&ws});
}

TEST_CASE("a server can serve several engines of an application", "[socketio][own_engine]") {
  engine_app house;
  cosio::options opts = test_options();
  opts.path = "/first";
  const cosio::server io(house.app, opts);
  serve_echo(io);
  io.bind(house.engine);
  const std::uint16_t port = house.start();
  websocket_client one(port, "/first/?EIO=4&transport=websocket");
  join(one);
  websocket_client two(port, direct);
  join(two);
  check_echo(one);
  check_echo(two);
  house.run(io.emit("news", 1));
  CHECK(one.text() == R"(42["news",1])");
  CHECK(two.text() == R"(42["news",1])");
  house.close(io, {&one, &two});
  CHECK(house.engine.clients_count() == 0);
}

TEST_CASE("an engine on another io_context is refused", "[socketio][own_engine]") {
  engine_app house;
  engine_app other;
  const cosio::server io(other.app, test_options());
  CHECK_THROWS_AS(io.bind(house.engine), cosio::error);
}

TEST_CASE("a client can be made of one raw session, others stay raw", "[socketio][own_engine]") {
  const captured_log log;
  engine_app house;
  cosio::options opts = test_options();
  opts.path = "/io";
  const cosio::server io(house.app, opts);
  serve_echo(io);
  house.engine.on_connection([&](cosio::engine_session s) {
    if (s.request().query("raw") == "1") {
      s.on_message([s](cosio::message m) -> cosio::task<> { co_await s.send("raw " + m.text()); });
      CHECK_THROWS_AS(io.adopt(s), cosio::error);  // its messages are handled already
    } else {
      io.adopt(s);
      CHECK_THROWS_AS(io.adopt(s), cosio::error);
    }
  });
  const std::uint16_t port = house.start();
  websocket_client raw(port, direct + "&raw=1");
  CHECK(raw.text().starts_with("0{"));
  raw.send_text("4hello");
  CHECK(raw.text() == "4raw hello");
  websocket_client ws(port, direct);
  join(ws);
  check_echo(ws);
  CHECK(house.run(io.clients()).size() == 1);
  house.close(io, {&ws});  // its clients go, adopted or not
  raw.send_text("4still");
  CHECK(raw.text() == "4raw still");
  raw.close();
}

TEST_CASE("middleware of the engine stands in front of a server", "[socketio][own_engine]") {
  sio_server s;
  s.io.engine().use([](cosio::http::request, cosio::http::response& head, cosio::next go) -> cosio::task<> {
    head.set("X-Served-By", "node 7");
    co_await go();
  });
  const std::uint16_t port = s.start();
  const polling_client client(port, "EIO=4", "", "/socket.io/");
  CHECK(client.opened().header("x-served-by") == "node 7");
}
