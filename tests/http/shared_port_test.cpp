// Ports that others have opened, ports of several processes, and ports that are left before the connections.

#include <fcntl.h>
#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "http/door.hpp"
#include "http/listening_sockets.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

http::app_options on_sockets(std::vector<int> sockets) {
  http::app_options options;
  options.host = "127.0.0.1";
  options.sockets = std::move(sockets);
  return options;
}

http::app_options on_port(std::uint16_t port, bool reuse) {
  http::app_options options;
  options.host = "127.0.0.1";
  options.port = port;
  options.reuse_port = reuse;
  return options;
}

void answer_with_address(http::app& app) {
  app.get("/who", [](http::request r) { return http::response(200, "from " + std::string(r.remote_address())); });
}

const std::string who = get("/who", "Connection: close\r\n");

}  // namespace

// ---------------------------------------------------------------- sockets of others

TEST_CASE("an application serves on sockets that others have opened: IPv4, IPv6 and Unix", "[http][sockets]") {
  const scratch_folder folder;
  const auto local = unix_address(folder.file("web"));
  const auto one = listening_at(local);
  const auto two = listening_at(loopback_4());
  const auto three = listening_at(loopback_6());
  door d(on_sockets({one.get(), two.get(), three.get()}));
  answer_with_address(d.app);
  CHECK(d.app.listen() == port_of(two.get()));
  CHECK(d.app.port() == port_of(two.get()));
  CHECK(d.app.sockets().size() == 3);
  const background running(d.w.context());
  auto at_4 = loopback_4();
  at_4.sin_port = htons(port_of(two.get()));
  auto at_6 = loopback_6();
  at_6.sin6_port = htons(port_of(three.get()));
  CHECK(asked_at(local, who).ends_with("from 127.0.0.1"));
  CHECK(asked_at(at_4, who).ends_with("from 127.0.0.1"));
  CHECK(asked_at(at_6, who).ends_with("from ::1"));
}

TEST_CASE("an application with Unix sockets only listens, without a port", "[http][sockets]") {
  const captured_log log;
  const scratch_folder folder;
  const auto local = unix_address(folder.file("web"));
  const auto one = listening_at(local);
  door d(on_sockets({one.get()}));
  answer_with_address(d.app);
  CHECK(d.app.listen() == 0);
  CHECK(d.app.listening());
  CHECK(d.app.url().empty());
  CHECK(log.count(log_level::debug, "listening on a socket that was passed") == 1);
  CHECK(error_of([&] { d.app.listen(); }) == errc::already_running);
  const background running(d.w.context());
  CHECK(asked_at(local, who).ends_with("from 127.0.0.1"));
}

TEST_CASE("a descriptor that is no listening socket is refused, and the sockets before it are let go",
          "[http][sockets]") {
  const auto good = listening_at(loopback_4());
  const base::descriptor file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto deaf = bound(SOCK_STREAM, loopback_4());
  const auto datagrams = bound(SOCK_DGRAM, loopback_4());
  rlimit most{};
  ::getrlimit(RLIMIT_NOFILE, &most);
  const int none = static_cast<int>(most.rlim_cur) + 7;
  for (const int wrong : {file.get(), deaf.get(), datagrams.get(), none}) {
    CAPTURE(wrong);
    door d(on_sockets({good.get(), wrong}));
    try {
      d.app.listen();
      FAIL("nobody can connect to it");
    } catch (const error& e) {
      CHECK(e.code() == errc::bad_argument);
      CHECK(e.detail() == "descriptor " + std::to_string(wrong) +
                              " cannot be listened on: options.sockets takes sockets of TCP or Unix that listen");
    }
    d.w.settle();
    CHECK_FALSE(d.app.listening());
    CHECK(d.app.sockets().empty());
  }
  CHECK(error_of([] { http::validate(on_sockets({3, -1})); }) == errc::bad_argument);
  door d(on_sockets({good.get()}));
  CHECK(d.app.listen() == port_of(good.get()));
}

TEST_CASE("a port that is left goes on elsewhere: who waits for it is served there", "[http][sockets]") {
  const auto socket = listening_at(loopback_4());
  door before(on_sockets({socket.get()}));
  const auto port = before.app.listen();
  before.w.settle();
  http_client served(port);
  served.send(get("/hello"));
  REQUIRE(before.w.run_until([&] { return before.state->http_connections() == 1; }));
  http_client waiting(port);
  waiting.send(get("/hello"));
  before.w.run(before.app.stop_listening());
  CHECK_FALSE(before.app.listening());
  CHECK(before.state->connections() >= 1);

  door after(on_sockets({socket.get()}));
  CHECK(after.app.listen() == port);
  http_client late(port);
  {
    const background one(before.w.context());
    const background two(after.w.context());
    CHECK(served.read_answer().body == "hello");
    CHECK(waiting.read_answer().body == "hello");
    CHECK(late.ask(get("/hello")).body == "hello");
    CHECK(served.ask(get("/hello")).body == "hello");  // its connection is open
  }
  before.w.run(before.app.close());
  CHECK(before.app.listen() == port);
}

// ---------------------------------------------------------------- leaving the own port

TEST_CASE("connections that wait when the port is closed are served", "[http][sockets]") {
  door d(on_port(0, false));
  const auto port = d.app.listen();
  std::vector<http_client> all;
  for (int i = 0; i < 200; ++i) {
    all.emplace_back(port);
    all.back().send(get("/hello", "Connection: close\r\n"));
  }
  d.w.run(d.app.stop_listening());
  CHECK(d.app.port() == 0);
  const background running(d.w.context());
  std::size_t answered = 0;
  for (http_client& c : all) answered += c.read_answer().status == 200 ? 1U : 0U;
  CHECK(answered == all.size());
  CHECK_THROWS(http_client(port));
}

TEST_CASE("leaving the port waits for the first answer of each connection, for half a second", "[http][sockets]") {
  door d(on_port(0, false));
  d.app.listen();
  memory_client silent = d.connect();
  memory_client holding = d.connect();
  holding.send(get("/held/one"));
  memory_client idle = d.connect();
  CHECK(idle.ask(get("/hello")).body == "hello");
  bool left = false;
  boost::asio::co_spawn(d.w.context(), d.app.stop_listening(), [&](std::exception_ptr e) { left = !e; });
  d.w.settle();
  CHECK_FALSE(left);
  SECTION("it comes") {
    CHECK(silent.ask(get("/hello")).body == "hello");
    CHECK(left);
  }
  SECTION("it does not come") {
    d.w.advance(499ms);
    CHECK_FALSE(left);
    d.w.advance(1ms);
    CHECK(left);
    CHECK(silent.ask(get("/hello")).body == "hello");  // late, but not too late
  }
  SECTION("the client leaves") {
    silent.close();
    d.w.settle();
    CHECK(left);
  }
  CHECK(d.open() >= 2);
}

TEST_CASE("a port that is not open can be left", "[http][sockets]") {
  door d(on_port(0, false));
  d.w.run(d.app.stop_listening());
  CHECK(d.app.listen() != 0);
  d.w.run(d.app.stop_listening());
  d.w.run(d.app.stop_listening());
  CHECK(d.app.listen() != 0);
}

// ---------------------------------------------------------------- one port, several processes

TEST_CASE("processes that all ask for it share a port", "[http][sockets]") {
  door one(on_port(0, true));
  const auto port = one.app.listen();
  door alone(on_port(port, false));
  CHECK(error_of([&] { alone.app.listen(); }) == errc::address_in_use);
  door two(on_port(port, true));
  CHECK(two.app.listen() == port);
  one.w.run(one.app.stop_listening());
  const background running(two.w.context());
  CHECK(http_client(port).ask(get("/hello")).body == "hello");
}
