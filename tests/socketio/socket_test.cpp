// The handles of one client: what handlers see and do, for clients of both generations.

#include <cosio/socket.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::next;
using cosio::reason;
using cosio::task;

namespace {

// A server, and clients of whose sockets the test has handles.
struct socket_world {
  explicit socket_world(cosio::options opts = test_options()) : s(std::move(opts)) {
    for (const char* name : {"/", "/custom"}) {
      s.io.of(name).on_connection([this](cosio::socket c) {
        c.on_disconnect([this, c](reason why) -> task<> {
          left.put(c.nsp().name() + " " + std::string(why.text()));
          co_return;
        });
        joined.put(c);
      });
    }
    port = s.start();
  }
  cosio::socket join(sio_client& c, const std::string& nsp = "/") {
    c.join(nsp);
    return joined.take();
  }

  mailbox<cosio::socket> joined;
  mailbox<> left;
  sio_server s;
  std::uint16_t port = 0;
};

sio_settings generation_2(sio_settings::transport over = sio_settings::transport::websocket) {
  sio_settings settings;
  settings.eio = 3;
  settings.over = over;
  return settings;
}

}  // namespace

TEST_CASE("a handle names its client, its namespace and its session", "[socketio][socket]") {
  socket_world w;
  sio_settings settings;
  settings.query = "&token=x";
  sio_client c(w.port, settings);
  const auto who = w.join(c, "/custom");
  CHECK(who);
  CHECK(who.nsp().name() == "/custom");
  CHECK(who.conn().id() == c.sid());
  CHECK(who.client().conn().id() == c.sid());
  CHECK(who.conn().transport() == "websocket");
  CHECK(who.protocol() == 5);
  CHECK(who.remote_address() == "127.0.0.1");
  CHECK(who.request().query("token") == "x");
  CHECK(who.client().request().query("token") == "x");
  CHECK(who.connected());
  CHECK(who.rooms() == std::vector<std::string>{who.id()});
  const auto copy = who;
  CHECK(copy == who);
  CHECK_FALSE(cosio::socket());
  const auto other = w.join(c);
  CHECK_FALSE(other == who);
  CHECK(other.id() != who.id());
  CHECK(other.conn().id() == who.conn().id());
}

TEST_CASE("what is sent to join is the auth, the query is that of the URL", "[socketio][socket]") {  // edge 221
  socket_world w;
  sio_settings settings;
  settings.query = "&key=1&key=2";
  sio_client c(w.port, settings);
  c.join("/", R"({"token":"t"})");
  const auto who = w.joined.take();
  CHECK(boost::json::serialize(who.handshake().auth().value()) == R"({"token":"t"})");
  CHECK(who.handshake().query("key") == "2");
  CHECK_FALSE(who.handshake().query("token"));
}

TEST_CASE("rooms are joined and left, alone and together", "[socketio][socket]") {  // edge 239
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  w.s.run(who.join("a"));
  w.s.run(who.join("b", std::string("c")));
  w.s.run(who.join(std::vector<std::string>{"d", "a"}));
  CHECK(who.rooms().size() == 5);
  w.s.run(who.leave("a", "nobody"));
  CHECK(who.rooms().size() == 4);
  CHECK(w.s.run(w.s.io.to("a").emit("e")).queued == 0);
  CHECK(w.s.run(w.s.io.to("b").emit("e")).queued == 1);
}

TEST_CASE("listeners are added in front and behind, for once, and removed", "[socketio][socket]") {
  socket_world w;
  mailbox<> steps;
  sio_client c(w.port);
  const auto who = w.join(c);
  const auto first = who.on("e", [&] { steps.put("first"); });
  who.prepend_listener("e", [&] { steps.put("prepended"); });
  who.once("e", [&] { steps.put("once"); });
  who.on("other", [] {});
  CHECK(who.listener_count("e") == 3);
  auto names = who.event_names();
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"disconnect", "e", "other"});
  c.send(R"(2["e"])");
  for (const char* step : {"prepended", "first", "once"}) CHECK(steps.take() == step);
  first.remove();
  first.remove();
  CHECK(who.listener_count("e") == 1);
  c.send(R"(2["e"])");
  CHECK(steps.take() == "prepended");
  who.remove_all_listeners("e");
  CHECK(who.event_names() == std::vector<std::string>{"other", "disconnect"});
  who.remove_all_listeners();
  CHECK(who.event_names().empty());
  who.on("e", [&] { steps.put("new"); });
  c.send(R"(2["e"])");
  CHECK(steps.take() == "new");
  CHECK(steps.empty());
}

TEST_CASE("names that no client may send are refused, with what to use instead", "[socketio][socket]") {
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(who.on(name, [] {}), cosio::error);
    CHECK_THROWS_AS(who.once(name, [] {}), cosio::error);
    CHECK_THROWS_AS(who.prepend_listener(name, [] {}), cosio::error);
  }
  try {
    who.on("disconnect", [] {});
    FAIL("it was taken");
  } catch (const cosio::error& e) {
    CHECK(e.code() == cosio::errc::bad_argument);
    CHECK(e.detail().find("on_disconnect") != std::string::npos);
  }
}

TEST_CASE("a coroutine may await an event", "[socketio][socket]") {
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  auto typed = start(w.s.io.executor(), who.once<std::string, int>("login"));
  auto all = start(who.conn().internals()->get_strand(), who.once("login"));
  auto wrong = start(who.conn().internals()->get_strand(), who.once<int>("login"));
  CHECK(eventually([&] { return who.listener_count("login") == 3; }));
  c.send(R"(2["login","ann",7])");
  CHECK(wait(std::move(typed)) == std::tuple<std::string, int>("ann", 7));
  CHECK(wait(std::move(all)).size() == 2);
  CHECK_THROWS_AS(wait(std::move(wrong)), cosio::error);
  CHECK(who.listener_count("login") == 0);
}

TEST_CASE("any-handlers come before the listeners, in their order", "[socketio][socket]") {  // edge 247
  socket_world w;
  mailbox<> steps;
  sio_client c(w.port);
  const auto who = w.join(c);
  const auto any = [&](std::string label) {
    return [&steps, label](std::string event, cosio::arguments args) -> task<> {
      steps.put(label + " " + event + " " + std::to_string(args.size()));
      co_return;
    };
  };
  const auto first = who.on_any(any("first"));
  who.on_any(any("second"));
  who.prepend_any(any("prepended"));
  who.on("e", [&] { steps.put("listener"); });
  c.send(R"(2["e",1,2])");
  for (const char* step : {"prepended e 2", "first e 2", "second e 2", "listener"}) CHECK(steps.take() == step);
  first.remove();
  c.send(R"(2["nobody listens"])");
  for (const char* step : {"prepended nobody listens 0", "second nobody listens 0"}) CHECK(steps.take() == step);
  who.off_any();
  c.send(R"(2["e"])");
  CHECK(steps.take() == "listener");
  CHECK(steps.empty());
}

TEST_CASE("packet middleware may change what the listeners see", "[socketio][socket]") {  // edge 249
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  who.use([](cosio::packet& p, next go) -> task<> {
    p.args().values().emplace_back("added");
    co_await go();
  });
  who.use([](cosio::packet& p, next go) -> task<> {
    if (p.event() == "old") p.event("new");
    co_await go();
  });
  who.on("new", [](int n, std::string added) { return added + std::to_string(n); });
  c.send(R"(23["old",1])");
  CHECK(c.receive() == R"(33["added1"])");
}

TEST_CASE("packet middleware that refuses keeps the event from its listeners, and the client in",
          "[socketio][socket]") {  // edge 250
  socket_world w;
  mailbox<> steps;
  sio_client c(w.port);
  const auto who = w.join(c);
  const auto guard = who.use([](cosio::packet& p, next go) -> task<> {
    if (p.event() == "secret") throw cosio::refusal("not for you", {{"event", p.event()}});
    co_await go();
  });
  who.on_error([&](cosio::socket_error wrong) -> task<> {
    steps.put(wrong.event() + ": " + wrong.message() + " " + boost::json::serialize(wrong.data()));
    co_return;
  });
  who.on("secret", [&] { steps.put("listener"); });
  who.on("open", [&] { steps.put("open"); });
  c.send({R"(2["secret"])", R"(2["open"])"});
  CHECK(steps.take() == R"(secret: not for you {"event":"secret"})");
  CHECK(steps.take() == "open");
  guard.remove();
  c.send(R"(2["secret"])");
  CHECK(steps.take() == "listener");
  CHECK(who.connected());
}

TEST_CASE("flags of one emit", "[socketio][socket]") {  // edge 246
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  w.s.run(who.compress(false).emit("e", 1));
  w.s.run(who.compress().emit("e", 2));
  w.s.run(who.volatile_().send(3));
  CHECK(c.receive() == R"(2["e",1])");
  CHECK(c.receive() == R"(2["e",2])");
  CHECK(c.receive() == R"(2["message",3])");
}

TEST_CASE("a volatile packet right behind a regular one is dropped, on both transports",
          "[socketio][socket]") {  // edge 242, 243, 244
  socket_world w;
  for (const auto over : {sio_settings::transport::websocket, sio_settings::transport::polling}) {
    sio_settings settings;
    settings.over = over;
    sio_client c(w.port, settings);
    const auto who = w.join(c);
    // In one turn: nothing can be flushed in between.
    const auto emit_all = [](cosio::socket to) -> task<std::size_t> {
      const auto first = co_await to.emit("e", 1);
      const auto second = co_await to.volatile_().emit("e", 2, cosio::binary(std::string("x")));
      const auto third = co_await to.emit("e", 3);
      co_return first.queued * 100 + second.dropped * 10 + third.queued;
    };
    CHECK(w.s.run_on(who, emit_all(who)) == 111);
    CHECK(c.receive() == R"(2["e",1])");
    CHECK(c.receive() == R"(2["e",3])");
  }
}

TEST_CASE("what each thread emits to a socket arrives in its order, and all of it", "[socketio][socket]") {
  socket_world w(test_options(3));
  sio_client c(w.port);
  const auto who = w.join(c);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&w, who, t] {
      for (int i = 0; i < 100; ++i) w.s.run(who.emit("n", t, i));
    });
  for (auto& thread : threads) thread.join();
  std::vector<int> expected(3, 0);
  for (int i = 0; i < 300; ++i) {
    const std::string packet = c.receive();  // 2["n",<thread>,<number>]
    const std::size_t thread = static_cast<std::size_t>(packet.at(6) - '0');
    CHECK(packet == "2[\"n\"," + std::to_string(thread) + "," + std::to_string(expected.at(thread)++) + "]");
  }
}

namespace {

// An emit that waits for room: the client polls only when the test lets it.
struct waiting_emit {
  waiting_emit() {
    who = w.join(c);
    strand = who.conn().internals()->get_strand();
    auto done = [this](std::exception_ptr e, cosio::report sent) {
      ended.put(e ? "cancelled" : "queued " + std::to_string(sent.queued));
    };
    boost::asio::co_spawn(*strand, who.emit("much", much),
                          boost::asio::bind_cancellation_slot(stop.slot(), std::move(done)));
    CHECK(eventually([&] { return who.conn().internals()->buffered() > 1'000; }));
    w.s.run_on(who, who.join("behind it"));
    CHECK(ended.empty());
  }
  static cosio::options low_mark() {
    cosio::options opts = test_options();
    opts.high_water_mark = 1'000;
    return opts;
  }

  const std::string much = std::string(1'000, 'x');
  const std::string packet = R"(2["much",")" + much + R"("])";
  mailbox<> ended;
  socket_world w{low_mark()};
  sio_client c{w.port, polling()};
  cosio::socket who;
  std::optional<cosio::async::strand> strand;
  boost::asio::cancellation_signal stop;
};

}  // namespace

TEST_CASE("an emit waits while too much is queued, until the client has read", "[socketio][socket]") {
  waiting_emit e;
  CHECK(e.c.receive() == e.packet);
  CHECK(e.ended.take() == "queued 1");
}

TEST_CASE("an emit that is cancelled while it waits for room leaves its packet in the queue", "[socketio][socket]") {
  waiting_emit e;
  boost::asio::post(*e.strand, [&] { e.stop.emit(boost::asio::cancellation_type::terminal); });
  CHECK(e.ended.take() == "cancelled");
  CHECK(e.c.receive() == e.packet);
  CHECK(e.who.connected());
}

// ---------------------------------------------------------------- the end

TEST_CASE("disconnect leaves one namespace and keeps the connection", "[socketio][socket]") {  // edge 259
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  const auto other = w.join(c, "/custom");
  w.s.run(who.disconnect());
  CHECK(w.left.take() == "/ server namespace disconnect");
  CHECK(c.receive() == "1");
  CHECK_FALSE(who.connected());
  CHECK(w.s.run(who.emit("late")).refused == 1);
  w.s.run(other.emit("still here"));
  CHECK(c.receive() == R"(2/custom,["still here"])");
  w.s.run(who.disconnect());
  w.s.run(other.emit("mark"));
  CHECK(c.receive() == R"(2/custom,["mark"])");  // nothing in between
}

TEST_CASE("disconnect(true) leaves them all and closes the connection", "[socketio][socket]") {  // edge 258
  socket_world w;
  sio_client c(w.port);
  const auto who = w.join(c);
  w.join(c, "/custom");
  w.s.run(who.disconnect(true));
  std::vector<std::string> left = {w.left.take(), w.left.take()};
  std::sort(left.begin(), left.end());
  CHECK(left == std::vector<std::string>{"/ server namespace disconnect", "/custom server namespace disconnect"});
  auto rest = c.receive_to_end();
  std::sort(rest.begin(), rest.end());
  CHECK(rest == std::vector<std::string>{"1", "1/custom,"});
  CHECK(eventually([&] { return w.s.io.engine().clients_count() == 0; }));
}

TEST_CASE("closing the server tells why, and frees the port, it may listen again",
          "[socketio][socket]") {  // edge 261, 263
  socket_world w;
  {
    sio_client c(w.port);
    const auto who = w.join(c);
    auto closed = start(w.s.io.executor(), w.s.io.close());
    CHECK(w.left.take() == "/ server shutting down");
    CHECK(c.ends());
    wait(std::move(closed));
    CHECK_FALSE(who.connected());
  }
  CHECK_THROWS_AS(http_client(w.port), std::runtime_error);
  const auto port = w.s.io.listen();
  sio_client again(port);
  CHECK(w.join(again).connected());
}

TEST_CASE("closing a server that does not listen does nothing", "[socketio][socket]") {  // edge 262
  const cosio::server io(test_options());
  boost::asio::io_context elsewhere;
  auto closed = start(elsewhere.get_executor(), io.close());
  elsewhere.run();
  wait(std::move(closed));
  CHECK(io.port() == 0);
}

// ---------------------------------------------------------------- clients of generation 2

TEST_CASE("a client of generation 2 is in / by itself, under the session's id",
          "[socketio][socket]") {  // edge 215, 218
  socket_world w;
  for (const auto over : {sio_settings::transport::websocket, sio_settings::transport::polling}) {
    sio_client c(w.port, generation_2(over));
    CHECK(c.receive() == "0");
    const auto who = w.joined.take();
    CHECK(who.id() == c.sid());
    CHECK(who.protocol() == 4);
    CHECK(who.conn().protocol() == 3);
    w.s.run(who.emit("e", 1));
    CHECK(c.receive() == R"(2["e",1])");
  }
}

TEST_CASE("its namespaces may have a query, which is the auth", "[socketio][socket]") {  // edge 216, 220
  socket_world w;
  sio_client c(w.port, generation_2());
  CHECK(c.receive() == "0");
  w.joined.take();
  c.send("0/custom?token=a%20b&x=,");
  CHECK(c.receive() == "0/custom,");
  const auto who = w.joined.take();
  CHECK(who.id() == "/custom#" + c.sid());
  CHECK(who.handshake().auth().value() == boost::json::value{{"token", "a b"}, {"x", ""}});
  who.on("echo", [](int n) { return n; });
  c.send(R"(2/custom?token=a,7["echo",1])");
  CHECK(c.receive() == "3/custom,7[1]");
}

TEST_CASE("its refusals are the data, or the message", "[socketio][socket]") {  // edge 219
  sio_server s;
  s.io.of("/deny").use([](cosio::socket&, next) -> task<> { throw cosio::refusal("nope", {{"a", 1}}); });
  s.io.of("/deny2").use([](cosio::socket&, next) -> task<> { throw cosio::refusal("nope2"); });
  sio_client c(s.start(), generation_2());
  CHECK(c.receive() == "0");
  c.send("0/deny");
  CHECK(c.receive() == R"(4/deny,{"a":1})");
  c.send("0/deny2");
  CHECK(c.receive() == R"(4/deny2,"nope2")");
}

TEST_CASE("it is refused where only generation 3 and later is wanted", "[socketio][socket]") {  // edge 217
  cosio::options opts = test_options();
  opts.allow_eio3 = false;
  sio_server s(opts);
  const auto port = s.start();
  CHECK_THROWS_AS(sio_client(port, generation_2()), std::runtime_error);
  CHECK_THROWS_AS(sio_client(port, generation_2(sio_settings::transport::polling)), std::runtime_error);
  sio_client c(port);
  c.join();
}
