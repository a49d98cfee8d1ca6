// The handle of a server: its settings, who clients are, ports, one event at a time, parents, and closing gently.

#include <cosio/cosio.hpp>
#include <cosio/server.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

sio_settings polling() {
  sio_settings settings;
  settings.over = sio_settings::transport::polling;
  return settings;
}

sio_settings generation2() {
  sio_settings settings;
  settings.eio = 3;
  return settings;
}

}  // namespace

// ---------------------------------------------------------------- settings

TEST_CASE("settings are read and written, path and serve_client until the server is attached",
          "[socketio][server]") {  // edge 281
  captured_log log;
  cosio::options opts = test_options();
  opts.serve_client = true;
  sio_server s(opts);
  CHECK(s.io.path() == "/socket.io");
  CHECK(s.io.serve_client());
  CHECK(s.io.connect_timeout() == 45s);
  CHECK(s.io.origins().text() == "the server's own origin");
  s.io.path("/chat").serve_client(false).connect_timeout(7s).origins({"https://a.example", "https://b.example"});
  const auto port = s.start();
  CHECK(s.io.path() == "/chat");
  CHECK_FALSE(s.io.serve_client());
  CHECK(s.io.connect_timeout() == 7s);
  CHECK(s.io.origins().text() == "https://a.example, https://b.example");
  CHECK(s.io.options().path == "/chat");
  CHECK(s.io.options().origins.text() == "https://a.example, https://b.example");

  sio_settings there;
  there.path = "/chat/";
  sio_client c(port, there);
  c.join();
  http_client web(port);
  CHECK(web.ask(cosio::test::get("/chat/socket.io.js")).status ==
        400);  // the engine's answer: there are no client files
  CHECK(web.ask(cosio::test::get("/socket.io/?EIO=4&transport=polling")).status == 404);

  s.io.path("/late").serve_client(true);
  CHECK(s.io.path() == "/chat");
  CHECK_FALSE(s.io.serve_client());
  CHECK(log.count(cosio::log_level::warn, "path() has no effect") == 1);
  CHECK(log.count(cosio::log_level::warn, "serve_client() has no effect") == 1);
}

TEST_CASE("origins may change while the server runs, also to a coroutine that decides", "[socketio][server]") {
  sio_server s;
  const auto port = s.start();
  const auto status = [&](const char* origin) {
    http_client web(port);
    return web.ask(cosio::test::get("/socket.io/?EIO=4&transport=polling", "Origin: " + std::string(origin) + "\r\n"))
        .status;
  };
  CHECK(status("https://a.example") == 403);
  s.io.origins("https://a.example");
  CHECK(status("https://a.example") == 200);
  CHECK(status("https://b.example") == 403);
  s.io.origins([](std::string origin, cosio::http::request asked) -> cosio::task<bool> {
    if (origin == "https://c.example") throw std::runtime_error("not you");
    co_return origin == "https://b.example" && asked.method() == "GET";
  });
  CHECK(s.io.origins().text() == "a predicate");
  CHECK(status("https://a.example") == 403);
  CHECK(status("https://b.example") == 200);
  http_client web(port);
  const auto refused =
      web.ask(cosio::test::get("/socket.io/?EIO=4&transport=polling", "Origin: https://c.example\r\n"));
  CHECK(refused.status == 403);
  CHECK(refused.body.find("not you") != std::string::npos);
  s.io.origins("*");
  CHECK(status("https://a.example") == 200);
}

TEST_CASE("connect_timeout counts for clients that come afterwards", "[socketio][server]") {  // edge 196
  sio_server s;
  const auto port = s.start();
  s.io.connect_timeout(1ms);
  sio_client c(port);
  CHECK(c.ends());
}

TEST_CASE("adapters are made anew until the first client is there", "[socketio][server]") {
  mailbox<> made;
  sio_server s;
  s.io.of("/news");
  s.io.adapter([&](cosio::adapter_host& host) -> std::shared_ptr<cosio::adapter> {
    made.put(host.name());
    return cosio::make_memory_adapter(host);
  });
  std::vector<std::string> names = {made.take(), made.take()};
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"/", "/news"});
  s.io.of("/later");
  CHECK(made.take() == "/later");
  sio_client c(s.start());
  c.join();
  s.run(s.io.emit("hi"));
  CHECK(c.receive() == R"(2["hi"])");
  CHECK_THROWS_AS(s.io.adapter(nullptr), cosio::error);
}

// ---------------------------------------------------------------- who clients are

TEST_CASE("identify says who a client is, once for all its namespaces, and handshakes show it", "[socketio][server]") {
  mailbox<> asked;
  mailbox<> said;
  sio_server s;
  s.io.identify([&](cosio::http::request r) -> cosio::task<boost::json::value> {
    asked.put(std::string(r.query("token").value_or("nobody")));
    boost::json::object user;
    user["acoid"] = "ada";
    user["roles"] = boost::json::array{"admin", "author"};
    boost::json::object who;
    who["user"] = std::move(user);
    co_return who;
  });
  const auto tell = [&](cosio::socket c) {
    const cosio::json_view eos = c.handshake().eos();
    said.put(eos["user"]["acoid"].as<std::string>() + " " + eos["user"]["roles"][1].as<std::string>());
  };
  s.io.use([&](cosio::socket& c, cosio::next go) -> cosio::task<> {
    if (c.handshake().eos()["user"]["acoid"] != "ada") throw cosio::refusal("who?");
    co_await go();
  });
  s.io.on_connection(tell);
  s.io.of("/news", tell);
  const auto port = s.start();
  sio_settings with;
  with.query = "&token=t1";
  sio_client c(port, with);
  c.send({"0", "0/news,"});
  CHECK(said.take() == "ada author");
  CHECK(said.take() == "ada author");
  CHECK(asked.take() == "t1");
  CHECK(asked.empty());

  const auto here = s.run(s.io.sockets().connected());
  const auto& shaken = here.begin()->second.handshake();
  CHECK(shaken.eos()["user"]["missing"]["deeper"][3].is_null());
  CHECK(shaken.eos()["user"]["roles"][7].is_null());
  CHECK(shaken.to_json().at("eos").at("user").at("acoid") == "ada");
  CHECK_THROWS_AS(shaken.eos()["user"]["acoid"].as<int>(), cosio::error);
}

TEST_CASE("a handshake has no eos when nobody was asked", "[socketio][server]") {
  sio_server s;
  sio_client c(s.start());
  c.join();
  const auto here = s.run(s.io.sockets().connected());
  CHECK(here.begin()->second.handshake().eos().is_null());
  CHECK_FALSE(here.begin()->second.handshake().to_json().contains("eos"));
}

TEST_CASE("what identify throws refuses the client, which may try again", "[socketio][server]") {
  int times = 0;
  sio_server s;
  s.io.identify([&](cosio::http::request r) {
    if (++times % 2 == 1) throw cosio::refusal("not authorized", boost::json::object{{"code", 401}});
    return std::string(r.remote_address());
  });
  const auto port = s.start();
  sio_client c(port);
  c.send("0");
  CHECK(c.receive() == R"(4{"message":"not authorized","data":{"code":401}})");
  c.join();
  const auto here = s.run(s.io.sockets().connected());
  CHECK(here.begin()->second.handshake().eos() == "127.0.0.1");
  sio_client old(port, generation2());
  CHECK(old.receive() == R"(4{"code":401})");
}

TEST_CASE("namespaces that a client joins while identify waits share its answer", "[socketio][server]") {
  mailbox<> said;
  cosio::test::pause here;
  int times = 0;
  sio_server s;
  s.io.identify([&](cosio::http::request) -> cosio::task<boost::json::value> {
    const int mine = ++times;
    co_await here.wait();
    co_return mine;
  });
  for (const char* name : {"/", "/a", "/b"})
    s.io.of(name,
            [&](cosio::socket c) { said.put(c.nsp().name() + " " + std::to_string(c.handshake().eos().as<int>())); });
  sio_client c(s.start());
  c.send({"0", "0/a,", "0/b,"});
  here.go();
  std::vector<std::string> all = {said.take(), said.take(), said.take()};
  std::sort(all.begin(), all.end());
  CHECK(all == std::vector<std::string>{"/ 1", "/a 1", "/b 1"});
}

TEST_CASE("the address is the peer's, or what trusted proxies say", "[socketio][server]") {
  mailbox<> said;
  cosio::options opts = test_options();
  opts.trusted_proxies = {"127.0.0.0/8", "10.0.0.0/8"};
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    CHECK(c.handshake().address() == c.remote_address());
    CHECK(c.conn().remote_address() == c.remote_address());
    said.put(std::string(c.remote_address()));
  });
  const auto port = s.start();
  const auto seen = [&](std::string headers, sio_settings how = {}) {
    how.headers = std::move(headers);
    sio_client c(port, how);
    c.join();
    return said.take();
  };
  CHECK(seen("") == "127.0.0.1");
  CHECK(seen("X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.1.1.1\r\n") == "1.2.3.4");
  CHECK(seen("X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.1.1.1\r\n", polling()) == "1.2.3.4");
  CHECK(seen("Forwarded: for=\"[2001:db8::1]:99\";proto=https\r\n") == "2001:db8::1");

  sio_server closed;
  closed.io.on_connection([&](cosio::socket c) { said.put(std::string(c.remote_address())); });
  sio_settings how;
  how.headers = "X-Forwarded-For: 1.2.3.4\r\n";
  sio_client c(closed.start(), how);
  c.join();
  CHECK(said.take() == "127.0.0.1");
  opts.trusted_proxies = {"localhost"};
  CHECK_THROWS_AS(cosio::server(opts), cosio::error);
}

// ---------------------------------------------------------------- namespaces

TEST_CASE("of() takes a connection handler, and on() knows connection and new_namespace", "[socketio][server]") {
  mailbox<> said;
  sio_server s;
  s.io.on("new_namespace", [&](cosio::nsp made) { said.put("new " + made.name()); });
  s.io.on("connection", [&](cosio::socket) { said.put("connection"); });
  s.io.on("connect", [&](cosio::socket) -> cosio::task<> {
    said.put("connect");
    co_return;
  });
  s.io.of("news", [&](cosio::socket c) { said.put(c.nsp().name()); });
  CHECK(said.take() == "new /news");
  s.io.of(cosio::pattern("/room-{digits}"), [&](cosio::socket c) { said.put(c.nsp().name()); });
  s.io.of([](std::string name, cosio::handshake) -> cosio::task<bool> { co_return name == "/asked"; },
          [&](cosio::socket c) { said.put(c.nsp().name()); });
  CHECK_THROWS_AS(s.io.on("other", [](cosio::socket) {}), cosio::error);
  CHECK_THROWS_AS(s.io.on("connection", [](cosio::nsp) {}), cosio::error);
  sio_client c(s.start());
  c.join();
  CHECK(said.take() == "connection");
  CHECK(said.take() == "connect");
  c.join("/news");
  CHECK(said.take() == "/news");
  for (const char* name : {"/room-7", "/asked"}) {
    c.join(name);
    CHECK(said.take() == "new " + std::string(name));
    CHECK(said.take() == name);
  }
}

// edge 213
TEST_CASE("a parent sends to rooms of all its namespaces, with every flag, and has no sockets of its own",
          "[socketio][server]") {
  sio_server s;
  const auto parent = s.io.of(cosio::pattern("/room-{digits}"));
  parent.use([](cosio::socket who, cosio::next go) -> cosio::task<> {  // by value will do
    co_await who.join("early");
    co_await go();
  });
  parent.on("connection", [](cosio::socket c) -> cosio::task<> { co_await c.join("in"); });
  CHECK_THROWS_AS(parent.on("other", [](cosio::socket) {}), cosio::error);
  sio_client c(s.start());
  c.join("/room-1");
  c.join("/room-2");
  CHECK(parent.children().size() == 2);
  const auto sent = [&](cosio::task<cosio::report> work) { return s.run(std::move(work)).queued; };
  const auto both = [&](const std::string& event) {
    std::vector<std::string> got = {c.receive(), c.receive()};
    std::sort(got.begin(), got.end());
    return got == std::vector<std::string>{"2/room-1,[\"" + event + "\"]", "2/room-2,[\"" + event + "\"]"};
  };
  CHECK(sent(parent.emit("all")) == 2);
  CHECK(both("all"));
  CHECK(sent(parent.to("in").emit("to")) == 2);
  CHECK(both("to"));
  CHECK(sent(parent.in("early").local().compress(false).binary(false).timeout(1s).emit("flags")) == 2);
  CHECK(both("flags"));
  CHECK(sent(parent.except("in").emit("nobody")) == 0);
  CHECK(sent(parent.to("nowhere").send(1)) == 0);
  CHECK(sent(parent.write(1)) == 2);
  CHECK(c.receive().ends_with(R"(["message",1])"));
  CHECK(c.receive().ends_with(R"(["message",1])"));
  CHECK_THROWS_AS(s.run(parent.fetch_sockets()), cosio::error);
  CHECK_THROWS_AS(s.run(parent.to("in").fetch_sockets()), cosio::error);
}

TEST_CASE("send and write are emit of message, everywhere", "[socketio][server]") {
  sio_server s;
  sio_client c(s.start());
  c.join();
  const auto user = s.run(s.io.sockets().connected()).begin()->second;
  s.run(s.io.send(1));
  s.run(s.io.write(2));
  s.run(s.io.sockets().send(3));
  s.run(s.io.sockets().write(4));
  s.run(s.io.to(user.id()).send(5));
  s.run(s.io.to(user.id()).write(6));
  s.run(user.send(7));
  s.run(user.write(8));
  s.run(user.compress(false).send(9));
  s.run(user.compress(false).write(10));
  for (int i = 1; i <= 10; ++i) CHECK(c.receive() == "2[\"message\"," + std::to_string(i) + "]");
}

// edge 233
TEST_CASE("names that either generation reserves are not emitted, by anybody", "[socketio][server]") {
  sio_server s;
  sio_client c(s.start());
  c.join();
  const auto user = s.run(s.io.sockets().connected()).begin()->second;
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "error"}) {
    CAPTURE(name);
    CHECK_THROWS_WITH(s.run(user.emit(name)), Catch::Contains("is a reserved event name"));
    CHECK_THROWS_WITH(s.run(s.io.emit(name)), Catch::Contains("is a reserved event name"));
    CHECK_THROWS_AS(s.run(user.emit_with_ack(name)), cosio::error);
    CHECK_THROWS_AS(s.run(s.io.timeout(1s).emit_with_ack(name)), cosio::error);
  }
  const cosio::binary bytes(std::string("x"));
  CHECK_THROWS_WITH(s.run(user.binary(false).emit("e", bytes)), Catch::Contains("binary(false)"));
  s.run(user.binary(true).emit("e", bytes));
  CHECK(c.receive() == R"(51-["e",{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == "x");
}

// ---------------------------------------------------------------- one event at a time

TEST_CASE("in a sequential namespace an event waits for the handlers before it, acknowledgements and others do not",
          "[socketio][server]") {
  mailbox<> said;
  cosio::test::pause here;
  sio_server s;
  const auto serve = [&](cosio::socket c) {
    const std::string nsp = c.nsp().name();
    c.on("slow", [&, nsp](int n) -> cosio::task<int> {
      said.put(nsp + " starts " + std::to_string(n));
      co_await here.wait();
      said.put(nsp + " ends " + std::to_string(n));
      co_return n;
    });
    c.on("quick", [&, nsp](int n) {
      said.put(nsp + " quick " + std::to_string(n));
      return n;
    });
    c.on("ask", [&, c](int n) -> cosio::task<int> {
      const int answer = co_await c.emit_with_ack<int>("question", n);
      said.put("answered " + std::to_string(answer));
      co_return answer;
    });
  };
  s.io.of("/orders", serve).sequential();
  s.io.on_connection(serve);
  sio_client c(s.start());
  c.join();
  c.join("/orders");
  c.send({R"(2/orders,1["slow",1])", R"(2/orders,2["quick",2])", R"(2/orders,["nobody listens"])",
          R"(2/orders,3["slow",3])", R"(2/orders,4["quick",4])", R"(25["quick",5])"});
  CHECK(said.take() == "/orders starts 1");
  CHECK(said.take() == "/ quick 5");
  CHECK(c.receive() == "35[5]");
  CHECK(said.empty());
  here.go();
  for (const char* step : {"/orders ends 1", "/orders quick 2", "/orders starts 3"}) CHECK(said.take() == step);
  CHECK(c.receive() == "3/orders,1[1]");
  CHECK(c.receive() == "3/orders,2[2]");
  here.go();
  for (const char* step : {"/orders ends 3", "/orders quick 4"}) CHECK(said.take() == step);
  CHECK(c.receive() == "3/orders,3[3]");
  CHECK(c.receive() == "3/orders,4[4]");

  c.send({R"(2/orders,6["ask",6])", R"(2/orders,7["quick",7])"});
  CHECK(c.receive() == R"(2/orders,0["question",6])");
  c.send("3/orders,0[60]");
  CHECK(said.take() == "answered 60");
  CHECK(said.take() == "/orders quick 7");
}

TEST_CASE("with options that say sequential, middleware, catch-alls and all listeners of an event are one turn",
          "[socketio][server]") {
  mailbox<> said;
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.handlers = cosio::handler_order::sequential;
  sio_server s(opts);
  s.io.of("/free").sequential(false);
  s.io.on_connection([&](cosio::socket c) {
    c.use([&](cosio::packet& p, cosio::next go) -> cosio::task<> {
      said.put("use " + p.event());
      if (p.event() == "no") throw cosio::refusal("no");
      co_await here.wait();
      co_await go();
    });
    c.on_any([&](std::string event, cosio::arguments) { said.put("any " + event); });
    c.on("e", [&]() -> cosio::task<> {
      said.put("first");
      co_await here.wait();
      said.put("first ends");
    });
    c.on("e", [&] { said.put("second"); });
    c.on("f", [&] { said.put("f"); });
  });
  s.io.of("/free", [&](cosio::socket c) {
    c.on("e", [&]() -> cosio::task<> {
      said.put("free");
      co_await here.wait();
    });
  });
  const auto port = s.start();
  sio_client c(port);
  c.join();
  c.send({R"(2["e"])", R"(2["no"])", R"(2["f"])"});
  for (const char* step : {"any e", "use e"}) CHECK(said.take() == step);
  here.go();
  for (const char* step : {"first", "second"}) CHECK(said.take() == step);
  const auto first = here.arrival();
  CHECK(said.empty());
  first->end();
  for (const char* step : {"first ends", "any no", "use no", "any f", "use f"}) CHECK(said.take() == step);
  here.go();
  CHECK(said.take() == "f");

  sio_client other(port);
  other.join("/free");
  other.send({R"(2/free,["e"])", R"(2/free,["e"])"});
  CHECK(said.take() == "free");
  CHECK(said.take() == "free");
  here.go();
  here.go();
}

TEST_CASE("events that wait in line are bounded, go on in order, and are forgotten with their socket",
          "[socketio][server]") {
  mailbox<> said;
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.handlers = cosio::handler_order::sequential;
  opts.max_handlers_in_flight = 2;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on("n", [&](int n) -> cosio::task<> {
      said.put(std::to_string(n));
      co_await here.wait();
    });
  });
  const auto port = s.start();
  sio_client c(port);
  c.join();
  for (int i = 0; i < 10; ++i) c.send("2[\"n\"," + std::to_string(i) + "]");
  for (int i = 0; i < 10; ++i) {
    CHECK(said.take() == std::to_string(i));
    here.go();
  }
  c.send({R"(2["n",10])", R"(2["n",11])"});
  CHECK(said.take() == "10");
  const auto last = here.arrival();
  c.drop();
  CHECK(eventually([&] { return s.io.engine().clients_count() == 0; }));
  last->end();
  sio_client next(port);
  next.join();
  next.send(R"(2["n",12])");
  CHECK(said.take() == "12");
  here.go();
}

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
  CHECK_THROWS_AS(io.attach(app, other), cosio::error);
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
  s.run(s.io.close());
  CHECK(said.take() == "server shutting down");
  CHECK(said.take() == "server shutting down");
  CHECK(c.ends());
  CHECK(p.ends());
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
    CHECK(web.ask(cosio::test::get("/socket.io/?EIO=4&transport=polling")).status == 400);
  }
  CHECK(c.receive().size() == much.size() + 12);
  CHECK(c.ends());
  CHECK(p.receive().size() == much.size() + 12);
  CHECK(p.ends());
  CHECK(nowhere.ends());
  wait(std::move(closing));
  CHECK(s.io.engine().clients_count() == 0);
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
