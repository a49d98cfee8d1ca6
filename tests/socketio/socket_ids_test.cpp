// Ids of sockets that the application makes.

#include "socketio/socket_ids.hpp"

#include <cosio/cosio.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::socketio::socket_ids;

namespace {

// "user-<name>" of the query ?name=…, in every namespace.
cosio::options with_ids() {
  cosio::options opts = test_options();
  opts.generate_socket_id = [](std::string nsp, cosio::handshake shaken) -> cosio::task<std::string> {
    const auto name = shaken.query("name");
    if (!name) throw std::runtime_error("no name");
    co_return *name == "empty" ? std::string() : (nsp == "/" ? "user-" : nsp + ":") + std::string(*name);
  };
  return opts;
}

sio_settings named(std::string_view name, unsigned eio = 4) {
  sio_settings settings;
  settings.eio = eio;
  settings.query = "&name=" + std::string(name);
  return settings;
}

}  // namespace

TEST_CASE("an id is taken once at a time, and never an empty one", "[socketio][socket_ids]") {
  const auto ids = std::make_shared<socket_ids>();
  CHECK_FALSE(ids->take(""));
  auto first = ids->take("a");
  REQUIRE(first);
  CHECK_FALSE(ids->take("a"));
  CHECK(ids->take("b"));
  const auto copy = first;
  first = nullptr;
  CHECK_FALSE(ids->take("a"));
}

TEST_CASE("an id is free again with its last holder", "[socketio][socket_ids]") {
  const auto ids = std::make_shared<socket_ids>();
  for (int i = 0; i < 3; ++i) {
    const auto held = ids->take("a");
    CHECK(held);
  }
}

TEST_CASE("the application makes the ids of sockets, for every generation and namespace", "[socketio][socket_ids]") {
  sio_server s(with_ids());
  mailbox<> joined;
  const auto tell = [&](cosio::socket c) { joined.put(c.id()); };
  s.io.on_connection(tell);
  s.io.of("/more").on_connection(tell);
  s.io.on_connection(
      [](cosio::socket c) { c.on("who", [c]() -> cosio::task<> { co_await c.nsp().to("user-ann").emit("hello"); }); });
  const auto port = s.start();
  sio_client ann(port, named("ann"));
  CHECK(ann.join() == "user-ann");
  CHECK(joined.take() == "user-ann");
  CHECK(ann.join("/more") == "/more:ann");
  CHECK(joined.take() == "/more:ann");
  ann.send(R"(2["who"])");
  CHECK(ann.receive() == R"(2["hello"])");  // the id is the name of its room
  sio_client old(port, named("bob", 3));
  CHECK(joined.take() == "user-bob");
}

TEST_CASE("an id that is empty or taken, and an exception, refuse the client and nobody else",
          "[socketio][socket_ids]") {
  captured_log log;
  sio_server s(with_ids());
  s.io.on_connection(
      [](cosio::socket c) { c.on("who", [c]() -> cosio::task<> { co_await c.nsp().to("user-ann").emit("hello"); }); });
  const auto port = s.start();
  sio_client ann(port, named("ann"));
  ann.join();
  for (const char* name : {"ann", "empty"}) {
    CAPTURE(name);
    sio_client other(port, named(name));
    other.send("0");
    CHECK(other.receive() == R"(4{"message":"internal error"})");
  }
  sio_client nobody(port);
  nobody.send("0");
  CHECK(nobody.receive() == R"(4{"message":"internal error"})");
  CHECK(log.count(cosio::log_level::error, "generate_socket_id made an id that is empty, or that a socket has") == 2);
  CHECK(log.count(cosio::log_level::error, "no name") == 1);
  ann.send(R"(2["who"])");
  CHECK(ann.receive() == R"(2["hello"])");
  ann.close();
  CHECK(eventually([&] { return s.io.metrics().sockets == 0; }));
  sio_client again(port, named("ann"));
  CHECK(again.join() == "user-ann");
}
