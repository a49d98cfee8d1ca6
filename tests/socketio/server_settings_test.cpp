// The handle of a server: its settings, and the identity of clients.

#include <cosio/cosio.hpp>
#include <cosio/server.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// An object of the application that asks its server something when it is destroyed.
struct asks_at_its_end {
  explicit asks_at_its_end(std::function<void()> question) : ask(std::move(question)) {}
  ~asks_at_its_end() { ask(); }
  std::function<void()> ask;
};

cosio::task<boost::json::value> nobody(cosio::http::request) { co_return boost::json::value(nullptr); }

}  // namespace

TEST_CASE("run says where the server listens, and under which path", "[socketio][server]") {
  const captured_log log;
  cosio::set_log_level(cosio::log_level::info);
  cosio::options opts = test_options();
  opts.path = "/chat";
  sio_server s(opts);
  std::thread runner([&s] { s.io.run(); });
  const auto told = [&log] { return log.count(cosio::log_level::info, "/, Socket.IO at /chat/"); };
  CHECK(eventually([&told] { return told() == 1; }));
  CHECK(log.count(cosio::log_level::info, "listening on http://127.0.0.1:" + std::to_string(s.io.port()) + "/") == 1);
  s.io.stop();
  runner.join();
}

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
    if (origin == "https://c.example") throw cosio::refusal("not you");
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
  CHECK(error_of([&] { s.io.adapter(nullptr); }) == cosio::errc::already_running);
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

TEST_CASE("a function of the options that is replaced is destroyed at once, and may ask the server meanwhile",
          "[socketio][server]") {
  sio_server s(test_options());
  int asked = 0;
  auto held = std::make_shared<asks_at_its_end>([&] { asked += s.io.connect_timeout() == 45s ? 1 : 0; });
  s.io.identify([kept = std::move(held)](cosio::http::request r) { return nobody(std::move(r)); });
  CHECK(asked == 0);
  s.io.identify(nobody);
  CHECK(asked == 1);
}

TEST_CASE("a server keeps no copy of an identify function that was replaced", "[socketio][server]") {
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = held;
  cosio::options opts = test_options();
  opts.identify = [kept = std::move(held)](cosio::http::request r) { return nobody(std::move(r)); };
  const sio_server s(opts);
  opts = test_options();
  CHECK_FALSE(watched.expired());
  s.io.identify(nobody);
  CHECK(watched.expired());
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

TEST_CASE("what identify throws by accident is for the log, and not for the client", "[socketio][server]") {
  for (const bool explain : {false, true}) {
    const captured_log log;
    cosio::options opts = test_options();
    opts.explain_refusals = explain;
    sio_server s(opts);
    s.io.identify([](cosio::http::request) -> std::string { throw std::runtime_error("10.0.0.7 is down"); });
    const auto port = s.start();
    sio_client c(port);
    c.send("0");
    CHECK(c.receive() ==
          (explain ? R"(4{"message":"internal error: 10.0.0.7 is down"})" : R"(4{"message":"internal error"})"));
    sio_client old(port, generation2());
    CHECK(old.receive() == (explain ? R"(4"internal error: 10.0.0.7 is down")" : R"(4"internal error")"));
    CHECK(log.count(cosio::log_level::error, "10.0.0.7 is down") == 2);
  }
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
  const auto tell = [&](cosio::socket c) {
    CHECK(c.handshake().address() == c.remote_address());
    CHECK(c.conn().remote_address() == c.remote_address());
    said.put(std::string(c.remote_address()));
  };
  sio_server s(opts);
  s.io.on_connection(tell);
  auto port = s.start();
  const auto seen = [&](std::string headers, sio_settings how = {}) {
    how.headers = std::move(headers);
    sio_client c(port, how);
    c.join();
    return said.take();
  };
  CHECK(seen("") == "127.0.0.1");
  CHECK(seen("X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.1.1.1\r\n") == "1.2.3.4");
  CHECK(seen("X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.1.1.1\r\n", polling()) == "1.2.3.4");
  CHECK(seen("Forwarded: for=1.2.3.4\r\n") == "127.0.0.1");  // the proxies do not write this one

  opts.proxy_header = "Forwarded";
  sio_server other(opts);
  other.io.on_connection(tell);
  port = other.start();
  CHECK(seen("Forwarded: for=\"[2001:db8::1]:99\";proto=https\r\n") == "2001:db8::1");
  CHECK(seen("X-Forwarded-For: 1.2.3.4\r\n") == "127.0.0.1");

  sio_server closed;
  closed.io.on_connection([&](cosio::socket c) { said.put(std::string(c.remote_address())); });
  sio_settings how;
  how.headers = "X-Forwarded-For: 1.2.3.4\r\n";
  sio_client c(closed.start(), how);
  c.join();
  CHECK(said.take() == "127.0.0.1");
  opts.trusted_proxies = {"localhost"};
  CHECK_THROWS_AS(cosio::server(opts), cosio::error);
  opts.trusted_proxies.clear();
  opts.proxy_header = "X-Real-IP";
  CHECK_THROWS_AS(cosio::server(opts), cosio::error);
}

TEST_CASE("a predicate for origins that is replaced may use the server in its end", "[socketio][server_settings]") {
  const cosio::server io(test_options());
  std::string seen;
  std::shared_ptr<void> end(nullptr, [&](void*) { seen = io.origins().text(); });
  io.origins(
      [end = std::move(end)](std::string, cosio::http::request) -> cosio::task<bool> { co_return end == nullptr; });
  CHECK(io.origins().text() == "a predicate");
  CHECK(seen.empty());
  io.origins("*");
  CHECK(seen == "*");
}
