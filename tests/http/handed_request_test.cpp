// Requests that somebody else has read: answered, written down again, and sockets that are handed over.

#include "http/handed_request.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "http/door.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using boost::asio::ip::tcp;
using cosio::http::request_builder;

namespace {

// Two connected sockets of the world's io_context: ours, and that of a client.
struct tcp_pair {
  explicit tcp_pair(world& w)
      : acceptor(w.context(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        client(acceptor.local_endpoint().port()),
        server(w.context()) {
    acceptor.accept(server);
  }
  tcp::acceptor acceptor;
  http_client client;
  tcp::socket server;
};

// Whether small packets leave without a delay: TCP_NODELAY.
bool sends_at_once(int fd) {
  int on = 0;
  socklen_t size = sizeof(on);
  REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
  return on != 0;
}

}  // namespace

TEST_CASE("routes and services answer requests that are handed to them", "[http][handed_request]") {
  door d;
  CHECK(d.w.run(d.app.answer(request_builder("GET", "/hello").build())).body() == "hello");
  CHECK(d.w.run(d.app.answer(request_builder("POST", "/echo").body("said").build())).body() == "said");
  CHECK(d.w.run(d.app.answer(request_builder("GET", "/nothing").build())).status() == 404);
  CHECK(d.w.run(d.app.answer(request_builder("POST", "/held/a").body("x").build())).body() == "posted x");
  const std::string most(100, 'x');
  CHECK(d.w.run(d.app.answer(request_builder("POST", "/held/a").body(most).build())).body() == "posted " + most);
  CHECK(d.w.run(d.app.answer(request_builder("POST", "/held/a").body(most + "x").build())).status() == 413);
}

TEST_CASE("an HTTP server that answers itself gets the bytes of a file", "[http][handed_request]") {
  const auto dir = std::filesystem::temp_directory_path() / ("cosio-handed-" + std::to_string(::getpid()));
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "page.txt") << "page";
  door d;
  d.app.files("/s", dir.string());
  const auto page = d.w.run(d.app.answer(request_builder("GET", "/s/page.txt").build()));
  CHECK(page.body() == "page");
  CHECK_FALSE(page.file());
  const auto head = d.w.run(d.app.answer(request_builder("HEAD", "/s/page.txt").build()));
  CHECK(head.status() == 200);
  CHECK(head.body().empty());
  CHECK_FALSE(head.file());
  std::filesystem::remove_all(dir);
}

TEST_CASE("what a handler throws is answered with 500, handed over or not", "[http][handed_request]") {
  const captured_log log;
  door d;
  d.app.get("/bad", [](http::request) -> http::response { throw std::runtime_error("broken"); });
  CHECK(d.w.run(d.app.answer(request_builder("GET", "/bad").build())).status() == 500);
  CHECK(log.count(log_level::error, R"(the handler of GET "/bad" threw: broken)") == 1);
}

TEST_CASE("a service that ends the connection ends the wait for the answer", "[http][handed_request]") {
  door d;
  std::exception_ptr thrown;
  boost::asio::co_spawn(d.w.context(), d.app.answer(request_builder("GET", "/held/a").build()),
                        [&](std::exception_ptr e, http::response) { thrown = e; });
  d.w.settle();
  REQUIRE(d.held->exchanges.count("/held/a") == 1);
  d.held->exchanges["/held/a"]->abort();
  d.held->release("/held/a", http::response(200));
  d.w.settle();
  REQUIRE(thrown);
  try {
    std::rethrow_exception(thrown);
  } catch (const error& e) {
    CHECK(e.code() == errc::connection_closed);
  }
}

TEST_CASE("a request is written down as HTTP/1.1 with a length of ours", "[http][handed_request]") {
  const http::request asked = request_builder("POST", "/x?y")
                                  .header("Host", "a")
                                  .header("Transfer-Encoding", "chunked")
                                  .header("Expect", "100-continue")
                                  .header("Content-Length", "7")
                                  .header("X-A", "1")
                                  .body("four")
                                  .build();
  CHECK(http::bytes_of(asked) == "POST /x?y HTTP/1.1\r\nhost: a\r\nx-a: 1\r\ncontent-length: 4\r\n\r\nfour");
  CHECK(http::bytes_of(request_builder("GET", "/").build()) == "GET / HTTP/1.1\r\nhost: \r\n\r\n");
}

TEST_CASE("a socket that is handed over is served until it ends", "[http][handed_request]") {
  door d;
  tcp_pair pair(d.w);
  bool ended = false;
  const int fd = pair.server.native_handle();
  CHECK_FALSE(sends_at_once(fd));
  boost::asio::co_spawn(d.w.context(), d.app.serve(std::move(pair.server)), [&](std::exception_ptr) { ended = true; });
  pair.client.send(get("/hello") + post("/echo", "again"));
  REQUIRE(d.w.run_until([&] { return d.open() == 1; }));
  d.w.settle();
  CHECK(pair.client.read_answer().body == "hello");
  CHECK(pair.client.read_answer().body == "again");
  CHECK(sends_at_once(fd));
  CHECK_FALSE(ended);
  pair.client.close();
  CHECK(d.w.run_until([&] { return ended; }));
  CHECK(d.open() == 0);
}

TEST_CASE("a socket can be handed over with a request that was read, and with what came behind it",
          "[http][handed_request]") {
  door d;
  tcp_pair pair(d.w);
  bool ended = false;
  auto work =
      d.app.serve(std::move(pair.server), request_builder("POST", "/echo").header("Host", "a").body("first").build(),
                  get("/hello", "Connection: close\r\n"));
  boost::asio::co_spawn(d.w.context(), std::move(work), [&](std::exception_ptr) { ended = true; });
  d.w.settle();
  CHECK(pair.client.read_answer().body == "first");
  CHECK(pair.client.read_answer().body == "hello");
  CHECK(pair.client.ends());
  pair.client.close();
  CHECK(d.w.run_until([&] { return ended; }));
}

TEST_CASE("a handed connection that leaves HTTP is waited for, too", "[http][handed_request]") {
  door d;
  tcp_pair pair(d.w);
  bool ended = false;
  auto work = d.app.serve(
      std::move(pair.server),
      request_builder("GET", "/held/ws").header("Connection", "Upgrade").header("Upgrade", "websocket").build(),
      "frames");
  boost::asio::co_spawn(d.w.context(), std::move(work), [&](std::exception_ptr) { ended = true; });
  REQUIRE(d.w.run_until([&] { return d.held->taken.has_value(); }));
  CHECK(d.held->taken->leftover == "frames");
  d.w.settle();
  CHECK_FALSE(ended);
  d.held->taken->stream->close();
  CHECK(d.w.run_until([&] { return ended; }));
}

TEST_CASE("a socket that is not open is refused", "[http][handed_request]") {
  door d;
  CHECK_THROWS_AS(d.w.run(d.app.serve(tcp::socket(d.w.context()))), error);
}

TEST_CASE("closing an application ends the connections that were handed to it", "[http][handed_request]") {
  door d;
  tcp_pair pair(d.w);
  bool ended = false;
  boost::asio::co_spawn(d.w.context(), d.app.serve(std::move(pair.server)), [&](std::exception_ptr) { ended = true; });
  REQUIRE(d.w.run_until([&] { return d.open() == 1; }));
  d.w.run(d.app.close());
  CHECK(d.w.run_until([&] { return ended; }));
  CHECK(pair.client.ends());
}
