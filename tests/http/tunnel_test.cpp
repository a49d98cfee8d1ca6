// Two connections that carry each other's bytes.

#include "http/tunnel.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "async/memory_stream.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t room = 32 * 1024;  // of each direction of each connection

struct passage {
  explicit passage(std::string for_client = {}, std::string for_server = {}) {
    async::memory_streams a(room);
    async::memory_streams b(room);
    client = std::make_unique<memory_client>(w, std::move(a.far));
    server = std::make_unique<memory_client>(w, std::move(b.far));
    const std::shared_ptr<async::deadlines> timers(std::shared_ptr<void>(), &w.timers());
    between = http::tunnel::start(w.make_strand(), timers, {std::move(a.near), std::move(for_client)},
                                  {std::move(b.near), std::move(for_server)}, 10s, [this](std::uint64_t n) {
                                    ++ends;
                                    bytes = n;
                                  });
    w.settle();
  }
  // Its coroutines end before the deadlines do.
  ~passage() {
    if (between) between->cut();
    between.reset();
    w.settle();
  }

  world w;
  std::unique_ptr<memory_client> client;
  std::unique_ptr<memory_client> server;
  std::shared_ptr<http::tunnel> between;
  int ends = 0;
  std::uint64_t bytes = 0;
};

}  // namespace

TEST_CASE("a tunnel carries bytes both ways, those that were there before first", "[http][tunnel]") {
  passage p("to the client, ", "to the server, ");
  p.client->send("hello server");
  p.server->send("hello client");
  CHECK(p.client->received() == "to the client, hello client");
  CHECK(p.server->received() == "to the server, hello server");
  CHECK(p.ends == 0);
  p.between->cut();
  p.w.settle();
  CHECK(p.client->ended());
  CHECK(p.server->ended());
  CHECK(p.ends == 1);
  CHECK(p.bytes == 54);
}

TEST_CASE("the end of one direction is passed on, and the other one goes on", "[http][tunnel]") {
  passage p;
  p.client->send("last words");
  p.client->shutdown_send();
  p.w.settle();
  CHECK(p.server->received() == "last words");
  CHECK(p.server->ended());
  CHECK(p.ends == 0);
  p.server->send("answer");
  CHECK(p.client->received() == "answer");
  p.server->shutdown_send();
  p.w.settle();
  CHECK(p.client->ended());
  CHECK(p.ends == 1);
}

TEST_CASE("one direction alone does not go on for ever", "[http][tunnel]") {
  passage p;
  p.client->shutdown_send();
  for (int i = 0; i < 9; ++i) {
    p.w.advance(1s);
    p.server->send("a byte");
  }
  CHECK(p.ends == 0);
  p.w.advance(1s);
  CHECK(p.ends == 1);
  CHECK(p.server->ended());
}

TEST_CASE("a side that breaks ends the other one", "[http][tunnel]") {
  passage p;
  p.server->reset();
  p.w.settle();
  CHECK(p.client->ended());
  CHECK(p.ends == 1);
}

TEST_CASE("a side that does not read slows the other one down", "[http][tunnel]") {
  passage p;
  const std::string part(1'000, 'x');
  std::size_t sent = 0;
  boost::system::error_code ec;
  for (int i = 0; i < 1'000 && !ec; ++i) {
    const iovec piece{const_cast<char*>(part.data()), part.size()};
    sent += p.server->stream().write_some({&piece, 1}, ec);
    p.w.settle();
  }
  CHECK(ec == boost::asio::error::would_block);
  CHECK(sent <= 2 * room + http::tunnel::piece);
  CHECK(sent >= 2 * room);

  // It reads again: everything comes, and the way is free.
  std::size_t got = 0;
  while (got < sent) {
    const std::string some = p.client->received();
    REQUIRE_FALSE(some.empty());
    got += some.size();
  }
  p.server->send("and more");
  CHECK(p.client->received() == "and more");
}

TEST_CASE("a tunnel ends when no byte has moved for its time", "[http][tunnel]") {
  passage p;
  p.w.advance(9s);
  p.client->send("a byte");
  p.w.advance(9s);
  CHECK(p.ends == 0);
  CHECK(p.server->received() == "a byte");
  p.w.advance(11s);
  CHECK(p.ends == 1);
  CHECK(p.client->ended());
  CHECK(p.server->ended());
}
