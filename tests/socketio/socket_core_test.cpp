// One client in one namespace: its handlers, its data, its end, and who lets go of whom.

#include "socketio/socket_core.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/cosio.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::reason;
using cosio::task;
using cosio::socketio::socket_core;

namespace {

struct socket_world {
  socket_world() {
    s.io.on_connection([this](cosio::socket c) { joined.put(c); });
    port = s.start();
  }
  cosio::socket join(sio_client& c) {
    c.join();
    return joined.take();
  }
  bool nobody_there() {
    return eventually([&] { return s.io.engine().clients_count() == 0; });
  }

  mailbox<cosio::socket> joined;
  mailbox<> steps;
  sio_server s;
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("disconnecting still has the rooms, disconnect has none", "[socketio][socket_core]") {  // edge 257
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  w.s.run(who.join("room"));
  who.on_disconnecting([&, who](reason why) -> task<> {
    w.steps.put("disconnecting " + std::to_string(who.rooms().size()) + " " + (who.connected() ? "connected" : "left") +
                " " + std::string(why.text()));
    co_return;
  });
  who.on_disconnect([&, who](reason why) -> task<> {
    w.steps.put("disconnect " + std::to_string(who.rooms().size()) + " " + (who.connected() ? "connected" : "left") +
                " " + std::string(why.text()));
    co_return;
  });
  c.send("1");
  CHECK(w.steps.take() == "disconnecting 2 connected client namespace disconnect");
  CHECK(w.steps.take() == "disconnect 0 left client namespace disconnect");
  c.drop();
  CHECK(w.nobody_there());
  CHECK(w.steps.empty());
}

TEST_CASE("the end is told once, although a handler disconnects again", "[socketio][socket_core]") {
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  who.on_disconnecting([&, who](reason) -> task<> {
    w.steps.put("disconnecting");
    co_await who.disconnect();
  });
  who.on_disconnect([&, who](reason) -> task<> {
    w.steps.put("disconnect");
    co_await who.disconnect(true);  // it has left: its handle acts on nothing
  });
  c.send("1");
  CHECK(w.steps.take() == "disconnecting");
  CHECK(w.steps.take() == "disconnect");
  CHECK(w.join(c).connected());  // the connection is still there
  CHECK(w.steps.empty());
}

TEST_CASE("a disconnecting handler may close the connection, and the end is told once", "[socketio][socket_core]") {
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  who.on_disconnecting([&, who](reason) -> task<> {
    w.steps.put("disconnecting");
    co_await who.disconnect(true);
  });
  who.on_disconnect([&](reason why) -> task<> {
    w.steps.put(std::string(why.text()));
    co_return;
  });
  c.send("1");
  CHECK(w.steps.take() == "disconnecting");
  CHECK(w.steps.take() == "client namespace disconnect");
  CHECK(c.ends());
  CHECK(w.nobody_there());
  CHECK(w.steps.empty());
}

TEST_CASE("handlers of the end that throw are reported, the others run", "[socketio][socket_core]") {
  const captured_log log;
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  who.on_disconnect([](reason) -> task<> { throw std::runtime_error("handler failed"); });
  who.on_disconnect([&](reason) -> task<> {
    w.steps.put("second");
    co_return;
  });
  c.send("1");
  CHECK(w.steps.take() == "second");
  CHECK(eventually([&] { return log.count(cosio::log_level::error, "handler failed") == 1; }));
}

TEST_CASE("handlers that were removed are not told, and a handle may be used again", "[socketio][socket_core]") {
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  const auto token = std::make_shared<int>();
  const auto handler = [&, token](reason) -> task<> {
    w.steps.put("removed");
    co_return;
  };
  const auto first = who.on_disconnect(handler);
  const auto second = who.on_disconnecting(handler);
  const auto third = who.on_error([token](cosio::socket_error) -> task<> { co_return; });
  who.on_disconnect([&](reason) -> task<> {
    w.steps.put("kept");
    co_return;
  });
  CHECK(token.use_count() == 5);
  for (int i = 0; i < 2; ++i) {
    first.remove();
    second.remove();
    third.remove();
  }
  CHECK(token.use_count() == 2);
  c.send("1");
  CHECK(w.steps.take() == "kept");
  CHECK(w.steps.empty());
  first.remove();                                // it is gone: nothing to do
  const auto late = who.on_disconnect(handler);  // so is what it would be added to
  late.remove();
  CHECK(token.use_count() == 2);
}

TEST_CASE("whoever awaits the end gets the reason, before and after it", "[socketio][socket_core]") {
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  auto first = start(w.s.io.executor(), who.disconnected());
  auto second = start(who.conn().internals()->get_strand(), who.disconnected());
  c.send("1");
  CHECK(wait(std::move(first)).text() == "client namespace disconnect");
  CHECK(wait(std::move(second)).text() == "client namespace disconnect");
  CHECK(w.s.run(who.disconnected()).text() == "client namespace disconnect");
}

TEST_CASE("data is the application's, from any thread, and outlives the connection", "[socketio][socket_core]") {
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  CHECK(who.data() == boost::json::object());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([who, t] {
      for (int i = 0; i < 100; ++i) {
        who.data({{"t", t}, {"i", i}});
        static_cast<void>(who.data().at("t"));
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(who.data().at("i") == 99);
  who.data("last");
  c.send("1");
  w.s.run(who.disconnected());
  CHECK(who.data() == "last");
}

TEST_CASE("errors are told with what was thrown, and are in the log", "[socketio][socket_core]") {
  const captured_log log;
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  mailbox<cosio::socket_error> errors;
  who.on_error([&](cosio::socket_error wrong) -> task<> {
    errors.put(std::move(wrong));
    co_return;
  });
  who.on("refuse", [] { throw cosio::refusal("no", {{"code", 7}}); });
  who.on("number", [](int) {});
  who.on("throw", [] { throw 42; });
  c.send({R"(2["refuse"])", R"(2["number","x"])", R"(2["throw"])"});
  const auto refused = errors.take();
  CHECK(refused.event() == "refuse");
  CHECK(refused.message() == "no");
  CHECK(refused.data().at("code") == 7);
  CHECK(refused.cause());
  const auto mismatch = errors.take();
  CHECK(mismatch.event() == "number");
  CHECK_FALSE(mismatch.cause());
  CHECK(errors.take().message() == "an exception of unknown type");
  CHECK(log.count(cosio::log_level::warn, "no") >= 1);
}

// ---------------------------------------------------------------- who lets go of whom

TEST_CASE("whatever a socket's handlers hold is let go of when it leaves", "[socketio][socket_core]") {
  const auto token = std::make_shared<int>();
  std::weak_ptr<socket_core> seen;
  socket_world w;
  sio_client c(w.port);
  {
    const auto who = w.join(c);
    seen = who.internals();
    who.on("e", [token, who] {});
    who.once("o", [token, who] {});
    who.on_any([token, who](std::string, cosio::arguments) -> task<> { co_return; });
    who.use([token, who](cosio::packet&, cosio::next go) -> task<> { co_await go(); });
    who.on_disconnect([token, who](reason) -> task<> { co_return; });
    who.on_disconnecting([token, who](reason) -> task<> { co_return; });
    who.on_error([token, who](cosio::socket_error) -> task<> { co_return; });
    CHECK(token.use_count() == 8);
  }
  const bool lost = GENERATE(true, false);
  CAPTURE(lost);
  if (lost) {
    c.drop();
    CHECK(w.nobody_there());
  } else {
    c.send("1");
    c.join();
    w.joined.take();
  }
  CHECK(eventually([&] { return token.use_count() == 1 && seen.expired(); }));
}

namespace {

// A server whose handlers wait in many ways when it is destroyed.
struct forsaken_world {
  void serve(sio_server& s) {
    s.io.use([this](cosio::socket& c, cosio::next go) -> task<> {
      const auto hold = token;
      if (c.handshake().auth().object().contains("slow")) {
        co_await c.join("on the way in");
        arrived.put("middleware");
        co_await c.disconnected();
      }
      co_await go();
    });
    s.io.sockets().on_room_event([this](const cosio::room_event& what) {
      if (what.what == cosio::room_event::kind::left) ++left;
    });
    s.io.on_connection([this](cosio::socket c) {
      sockets.put(c);
      c.on("await the end", [this, c, hold = token]() -> task<> {
        arrived.put("disconnected");
        co_await c.disconnected();
        *hold = 1;
      });
      c.on("await an event", [this, c, hold = token]() -> task<> {
        arrived.put("once");
        co_await c.once("never");
        *hold = 1;
      });
      c.on("await an answer", [c, hold = token]() -> task<> {
        auto asked = c.emit_with_ack("question");
        co_await std::move(asked);
        *hold = 1;
      });
      c.on("await a timer", [this, c, hold = token]() -> task<> {
        const auto executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer timer(executor, std::chrono::hours(1));
        arrived.put("timer");
        co_await timer.async_wait(boost::asio::use_awaitable);
        *hold = 1;
      });
      c.on(
          "await a timer, stopping",
          [this, c, hold = token]() -> task<> {
            const auto executor = co_await boost::asio::this_coro::executor;
            boost::asio::steady_timer timer(executor, std::chrono::hours(1));
            arrived.put("timer");
            co_await timer.async_wait(boost::asio::use_awaitable);
            *hold = 1;
          },
          cosio::stops_with_client);
      c.on("await the test", [this, c, hold = token]() -> task<> {
        co_await here.wait();
        *hold = 1;
      });
      c.on_disconnect([c, hold = token](reason) -> task<> {
        *hold = 1;
        co_return;
      });
    });
  }

  std::shared_ptr<int> token = std::make_shared<int>(0);
  std::atomic<int> left{0};  // rooms
  mailbox<> arrived;
  mailbox<cosio::socket> sockets;
  cosio::test::pause here;
};

}  // namespace

TEST_CASE("a server that goes without closing lets go of everything, whatever its clients do",
          "[socketio][socket_core]") {
  forsaken_world w;
  std::vector<std::weak_ptr<socket_core>> seen;
  sio_settings polling;
  polling.over = sio_settings::transport::polling;
  {
    std::vector<std::unique_ptr<sio_client>> clients;  // still connected when the server goes
    sio_server s;
    w.serve(s);
    const auto port = s.start();
    const auto client = [&](const sio_settings& settings = {}) -> sio_client& {
      return *clients.emplace_back(std::make_unique<sio_client>(port, settings));
    };
    for (const char* event : {"await the end", "await an event", "await a timer", "await a timer, stopping"}) {
      auto& c = client();
      c.join();
      c.send("2[\"" + std::string(event) + "\"]");
      w.arrived.take();
    }
    auto& asked = client();
    asked.join();
    asked.send(R"(2["await an answer"])");
    CHECK(asked.receive() == R"(20["question"])");
    auto& idle = client(polling);
    idle.join();
    auto& held = client(polling);
    held.join();
    held.start_poll();
    client();  // joins nothing
    client().send(R"(0{"slow":1})");
    w.arrived.take();
    polling_client upgrading(port, "EIO=4", "", "/socket.io/");
    websocket_client probe(port, upgrading.target("websocket"));
    probe.send_text("2probe");
    CHECK(probe.text() == "3probe");
    while (!w.sockets.empty()) seen.push_back(w.sockets.take().internals());
    CHECK(seen.size() == 7);
    s.stop();
  }
  CHECK(w.token.use_count() == 1);
  CHECK(*w.token == 0);  // nobody was told
  CHECK(w.left == 0);
  for (const auto& who : seen) CHECK(who.expired());
}

TEST_CASE("events that wait in line, and clients that wait to be identified, go with their server",
          "[socketio][socket_core]") {
  mailbox<cosio::socket> joined;
  mailbox<> arrived;
  std::vector<std::weak_ptr<socket_core>> seen;
  std::weak_ptr<cosio::socketio::server_core> server;
  const auto token = std::make_shared<int>(0);
  {
    std::vector<std::unique_ptr<sio_client>> clients;
    cosio::options opts = test_options();
    opts.handlers = cosio::handler_order::sequential;
    opts.identify = [&arrived, hold = token](cosio::http::request asked) -> task<boost::json::value> {
      if (!asked.query("slow")) co_return boost::json::value();
      const auto executor = co_await boost::asio::this_coro::executor;
      boost::asio::steady_timer timer(executor, std::chrono::hours(1));
      arrived.put("identify");
      co_await timer.async_wait(boost::asio::use_awaitable);
      co_return boost::json::value();
    };
    sio_server s(opts);
    server = s.io.internals();
    s.io.of("/other");
    s.io.on_connection([&, hold = token](cosio::socket c) {
      joined.put(c);
      c.on("wait", [&arrived, c, hold]() -> task<> {
        arrived.put("waits");
        co_await c.disconnected();
      });
    });
    const auto port = s.start();
    auto& busy = *clients.emplace_back(std::make_unique<sio_client>(port));
    busy.join();
    seen.push_back(joined.take().internals());
    busy.send({R"(2["wait"])", R"(2["wait"])", R"(2["wait"])"});
    CHECK(arrived.take() == "waits");
    sio_settings slow;
    slow.query = "&slow=1";
    auto& unknown = *clients.emplace_back(std::make_unique<sio_client>(port, slow));
    unknown.send({"0", "0/other,"});
    CHECK(arrived.take() == "identify");
    s.stop();
  }
  for (const auto& who : seen) CHECK(who.expired());
  CHECK(server.expired());
  CHECK(token.use_count() == 1);
}

TEST_CASE("so does one that runs on the caller's io_context, when that goes", "[socketio][socket_core]") {
  forsaken_world w;
  std::vector<std::weak_ptr<socket_core>> seen;
  {
    boost::asio::io_context context;
    cosio::server io(context.get_executor(), test_options());
    io.on_connection([&](cosio::socket c) {
      seen.push_back(c.internals());
      c.on("wait", [c, &w, hold = w.token]() -> task<> {
        w.arrived.put("waits");
        co_await c.disconnected();
      });
      c.on_disconnect([c, hold = w.token](reason) -> task<> {
        *hold = 1;
        co_return;
      });
    });
    const auto port = io.listen();
    std::unique_ptr<sio_client> c;
    {
      const background threads(context);
      c = std::make_unique<sio_client>(port);
      c->join();
      c->send(R"(2["wait"])");
      w.arrived.take();
    }
  }
  CHECK(w.token.use_count() == 1);
  CHECK(*w.token == 0);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].expired());
}

TEST_CASE("a server on the caller's io_context that goes first ends its clients as that runs on",
          "[socketio][socket_core]") {
  mailbox<> left;
  mailbox<cosio::socket> joined;
  boost::asio::io_context context;
  const background threads(context);
  cosio::socket kept;
  {
    cosio::server io(context.get_executor(), test_options());
    io.on_connection([&](cosio::socket c) {
      c.on_disconnect([&](reason why) -> task<> {
        left.put(std::string(why.text()));
        co_return;
      });
      joined.put(c);
    });
    sio_client c(io.listen());
    c.join();
    kept = joined.take();
    io = cosio::server(test_options());
    CHECK(c.ends());
  }
  CHECK(left.take() == "forced close");
  CHECK(wait(start(context.get_executor(), kept.disconnected())).text() == "forced close");
  CHECK(wait(start(context.get_executor(), kept.emit("late"))).refused == 1);
}

TEST_CASE("a socket that outlives its server is one that has left", "[socketio][socket_core]") {
  cosio::socket kept;
  std::shared_ptr<cosio::nsp> nsp;
  forsaken_world w;
  std::string id;
  boost::asio::io_context elsewhere;
  std::future<cosio::arguments> asked;
  std::future<reason> ended;
  std::shared_ptr<cosio::async::suspension> handler;
  {
    std::unique_ptr<sio_client> c;  // still connected when the server goes
    sio_server s;
    w.serve(s);
    c = std::make_unique<sio_client>(s.start());
    id = c->join();
    kept = w.sockets.take();
    kept.data("mine");
    nsp = std::make_shared<cosio::nsp>(kept.nsp());
    c->send(R"(2["await the test"])");
    handler = w.here.arrival();
    asked = start(elsewhere.get_executor(), kept.emit_with_ack("question"));
    ended = start(elsewhere.get_executor(), kept.disconnected());
    elsewhere.poll();
    CHECK(c->receive() == R"(20["question"])");
  }
  elsewhere.restart();
  elsewhere.run();
  CHECK(wait(std::move(ended)).text() == "server shutting down");
  CHECK_THROWS_AS(wait(std::move(asked)), cosio::error);

  const auto run = [&](auto work) {
    auto result = start(elsewhere.get_executor(), std::move(work));
    elsewhere.restart();
    elsewhere.run();
    return wait(std::move(result));
  };
  CHECK_FALSE(kept.connected());
  CHECK(kept.id() == id);
  CHECK(kept.data() == "mine");
  CHECK(kept.rooms().empty());
  CHECK(kept.handshake().address() == "127.0.0.1");
  CHECK(kept.nsp().name() == "/");
  CHECK_FALSE(kept.conn().open());
  CHECK(run(kept.emit("late")).refused == 1);
  CHECK(run(kept.broadcast().emit("late")).queued == 0);
  CHECK(run(nsp->emit("late")).queued == 0);
  CHECK(run(nsp->clients()).empty());
  CHECK(run(kept.disconnected()).what() == reason::kind::server_shutting_down);
  run(kept.join("late"));
  run(kept.leave("late"));
  run(kept.disconnect());
  run(kept.disconnect(true));
  run(kept.conn().close());
  CHECK_THROWS_AS(run(kept.emit_with_ack("late")), cosio::error);
  CHECK_THROWS_AS(run(kept.once("late")), cosio::error);
  const auto late = kept.on("late", [] {});
  late.remove();
  CHECK(handler->end());  // its strand is gone, and it with it
  handler = nullptr;
  CHECK(*w.token == 0);
}

TEST_CASE("a server that shares an application's port is over when that goes", "[socketio][socket_core]") {
  mailbox<cosio::socket> joined;
  cosio::socket kept;
  std::unique_ptr<cosio::server> io;
  const auto token = std::make_shared<int>();
  {
    cosio::http::app_options local;
    local.host = "127.0.0.1";
    local.port = 0;
    local.threads = 1;
    cosio::http::app app(local);
    io = std::make_unique<cosio::server>(app, test_options());
    io->on_connection([&, token](cosio::socket c) {
      c.on("e", [token, c] {});
      joined.put(c);
    });
    const auto port = app.listen();
    std::thread running([&] { app.run(); });
    sio_client c(port);
    c.join();
    kept = joined.take();
    app.stop();
    running.join();
  }
  CHECK_FALSE(kept.connected());
  boost::asio::io_context elsewhere;
  auto all = start(elsewhere.get_executor(), io->sockets().connected());
  elsewhere.run();
  CHECK(wait(std::move(all)).empty());
  CHECK(io->engine().clients_count() == 0);
  io = nullptr;
  const std::weak_ptr<socket_core> seen = kept.internals();
  kept = {};
  CHECK(seen.expired());
  CHECK(token.use_count() == 1);
}

TEST_CASE("a close that is under way when its server goes, goes with it", "[socketio][socket_core]") {
  std::weak_ptr<cosio::socketio::server_core> seen;
  {
    std::unique_ptr<websocket_client> silent;  // does not answer the close frame, so close() waits
    sio_server s;
    seen = s.io.internals();
    const auto port = s.start();
    silent = std::make_unique<websocket_client>(port, "/socket.io/?EIO=4&transport=websocket");
    CHECK(silent->text().starts_with("0{"));
    boost::asio::co_spawn(s.io.executor(), s.io.close(), [](std::exception_ptr) {});
    CHECK(silent->close_code() == 1005);
    s.stop();
  }
  CHECK(seen.expired());
}
