// The port: accepting, refusing, running out of sockets, stopping.

#include "http/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cosio/error.hpp>

#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>

#include "http/door.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

http::app_options on_loopback(std::size_t max_connections = 0) {
  http::app_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.max_connections = max_connections;
  return options;
}

// The error of the system instead of a connection; 0: it accepts.
std::atomic<int> refused_with{0};

// As long as it lives, the system has no sockets to give.
struct no_more_sockets {
  explicit no_more_sockets(int why = EMFILE) { refused_with = why; }
  ~no_more_sockets() { refused_with = 0; }
};

}  // namespace

// Replaces the function of the C library: a real lack of descriptors would also affect the test and the sanitizers.
extern "C" int accept4(int on, sockaddr* address, socklen_t* size, int flags) {
  if (const int why = refused_with) {
    errno = why;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_accept4, on, address, size, flags));
}

TEST_CASE("accepted connections send small packets at once", "[http][listener]") {
  door d(on_loopback());
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  http_client client(port);
  CHECK(client.ask(get("/hello")).status == 200);
  sockaddr_in own{};
  socklen_t size = sizeof(own);
  REQUIRE(::getsockname(client.fd(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
  int found = 0;
  for (int fd = 0; fd < 1'024; ++fd) {
    sockaddr_in peer{};
    size = sizeof(peer);
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_port != own.sin_port) continue;
    int on = 0;
    size = sizeof(on);
    REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
    CHECK(on == 1);
    ++found;
  }
  CHECK(found == 1);
}

TEST_CASE("connections come in through the port", "[http][listener]") {
  door d(on_loopback());
  const std::uint16_t port = d.app.listen();
  CHECK(port != 0);
  CHECK(d.app.port() == port);
  CHECK(d.app.listening());
  const background running(d.w.context());
  http_client one(port);
  http_client two(port);
  CHECK(one.ask(get("/hello")).body == "hello");
  CHECK(two.ask(get("/hello")).body == "hello");
  CHECK(d.state->connections() == 2);
  CHECK(d.state->http_connections() == 2);
}

TEST_CASE("urgent data is data like any other", "[http][listener]") {
  door d(on_loopback());
  const std::uint16_t port = d.app.listen();
  const auto ask = [](http_client& client) {
    client.send("GET /hel");
    REQUIRE(::send(client.fd(), "l", 1, MSG_OOB) == 1);
    client.send("o HTTP/1.1\r\nHost: a\r\n\r\n");
  };
  http_client client(port);
  ask(client);  // everything is there before the first read, which stops in front of the urgent byte
  const background running(d.w.context());
  CHECK(client.read_answer().body == "hello");
  for (int i = 0; i < 10; ++i) {
    ask(client);
    CHECK(client.read_answer().body == "hello");
  }
}

TEST_CASE("a port that is taken is refused with its number", "[http][listener]") {
  door first(on_loopback());
  http::app_options options = on_loopback();
  options.port = first.app.listen();
  door second(options);
  try {
    second.app.listen();
    FAIL("the port was opened twice");
  } catch (const error& e) {
    CHECK(e.code() == errc::address_in_use);
    CHECK(e.detail().find(std::to_string(options.port)) != std::string::npos);
  }
  CHECK_FALSE(second.app.listening());
}

TEST_CASE("a host that is none of ours is refused", "[http][listener]") {
  http::app_options options = on_loopback();
  options.host = "no such host";
  door d(options);
  try {
    d.app.listen();
    FAIL("a name with spaces has no address");
  } catch (const error& e) {
    CHECK(e.code() == errc::bad_argument);
    CHECK(e.detail().find(R"(cannot listen on the host "no such host", which has no address here)") == 0);
  }
  options.host = "192.0.2.1";
  door elsewhere(options);
  try {
    elsewhere.app.listen();
    FAIL("no machine has an address that is for documentation");
  } catch (const error& e) {
    CHECK(e.code() == errc::bad_argument);
    CHECK(e.detail().find("192.0.2.1 port 0 cannot be listened on: this machine has no such address") == 0);
    CHECK(std::string(e.what()).find("boost") == std::string::npos);
  }
}

TEST_CASE("a name is as good as an address", "[http][listener]") {
  http::app_options options = on_loopback();
  options.host = "localhost";
  door d(options);
  CHECK(d.app.listen() != 0);
}

TEST_CASE("above the limit a connection gets 503 and is closed, below it again one is served", "[http][listener]") {
  door d(on_loopback(2));
  const std::uint16_t port = d.app.listen();
  const background running(d.w.context());
  http_client one(port);
  auto two = std::make_unique<http_client>(port);
  CHECK(one.ask(get("/hello")).status == 200);
  CHECK(two->ask(get("/hello")).status == 200);
  http_client three(port);
  const http_answer full = three.read_answer();
  CHECK(full.status == 503);
  CHECK(full.header("connection") == "close");
  CHECK(three.ends());
  two->send(get("/hello", "Connection: close\r\n"));
  CHECK(two->read_answer().status == 200);
  two.reset();
  while (d.state->connections() > 1) std::this_thread::yield();
  http_client four(port);
  CHECK(four.ask(get("/hello")).status == 200);
}

TEST_CASE("a connection that has left HTTP still counts", "[http][listener]") {
  door d(on_loopback(1));
  const std::uint16_t port = d.app.listen();
  http_client upgraded(port);
  upgraded.send(get("/held/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  REQUIRE(d.w.run_until([&] { return d.held->taken.has_value(); }));
  CHECK(d.state->http_connections() == 0);
  CHECK(d.state->connections() == 1);
  {
    const background running(d.w.context());
    CHECK(http_client(port).read_answer().status == 503);
  }
  d.held->taken.reset();
  CHECK(d.state->connections() == 0);
}

TEST_CASE("a process without descriptors accepts again when it has some, and says so once", "[http][listener]") {
  captured_log log;
  door d(on_loopback());
  const std::uint16_t port = d.app.listen();
  http_client waiting(port);  // in the backlog: nothing has run yet
  waiting.send(get("/hello"));
  {
    const no_more_sockets left;
    for (int i = 0; i < 3; ++i) {
      REQUIRE(d.w.run_until([&] { return log.count(log_level::error, "cannot accept") == 1; }));
      d.w.advance(100ms);
    }
    CHECK(d.state->connections() == 0);
    CHECK(log.count(log_level::error) == 1);
  }
  d.w.settle();
  CHECK(d.state->connections() == 0);  // not before the pause is over
  d.w.advance(100ms);
  REQUIRE(d.w.run_until([&] { return d.state->connections() == 1; }));
  const background running(d.w.context());
  CHECK(waiting.read_answer().body == "hello");
}

TEST_CASE("an incident after a good time is told again", "[http][listener]") {
  captured_log log;
  door d(on_loopback());
  const std::uint16_t port = d.app.listen();
  for (std::size_t incident = 1; incident <= 2; ++incident) {
    http_client waiting(port);
    {
      const no_more_sockets left(incident == 1 ? ENFILE : ENOBUFS);
      REQUIRE(d.w.run_until([&] { return log.count(log_level::error, "cannot accept") == incident; }));
    }
    d.w.advance(100ms);
    REQUIRE(d.w.run_until([&] { return d.state->connections() == 1; }));
    waiting.close();
    REQUIRE(d.w.run_until([&] { return d.state->connections() == 0; }));
  }
}

TEST_CASE("closing while accepting pauses ends at once", "[http][listener]") {
  captured_log log;
  door d(on_loopback());
  http_client waiting(d.app.listen());
  {
    const no_more_sockets left;
    REQUIRE(d.w.run_until([&] { return log.count(log_level::error, "cannot accept") == 1; }));
  }
  d.w.run(d.app.close());
  CHECK_FALSE(d.app.listening());
  CHECK(waiting.ends());
}

TEST_CASE("a listener whose accepting pauses goes with its io_context", "[http][listener]") {
  const captured_log log;
  const auto token = std::make_shared<int>();
  {
    door d(on_loopback());
    d.app.get("/token", [token](http::request) { return http::response(200); });
    http_client waiting(d.app.listen());
    const no_more_sockets left;
    REQUIRE(d.w.run_until([&] { return log.count(log_level::error, "cannot accept") == 1; }));
  }
  CHECK(token.use_count() == 1);
}
