// A server that is refused one allocation while it takes a connection loses that connection at most.

#include <cosio/cosio.hpp>

#include <boost/asio/post.hpp>

#include <string>

#include "memory/refuse_allocation.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

using transport = sio_settings::transport;

// Comes, asks, joins a room, hears a broadcast to it, and goes: as far as it gets.
void live(std::uint16_t port, transport over) {
  try {
    sio_client c(port, {.over = over});
    c.ignore_pings();  // should a handler be missing now, the session ends soon
    c.join();
    c.send(R"(21["ask","who is there"])");
    c.receive();
    c.send(R"(2["enter","a room with a long name, which takes memory"])");
    c.receive();
    c.close();
  } catch (const std::exception&) {
    return;  // the server ended it, or said nothing any more
  }
}

std::string what_was_said(const captured_log& log) {
  std::string out;
  for (const log_line& line : log.lines())
    if (line.level != cosio::log_level::debug) out += line.component + ": " + line.message + "\n";
  return out.substr(out.size() > 1'000 ? out.size() - 1'000 : 0);
}

// What the server holds of clients: nothing, when all is well.
std::string held(cosio::server& io) {
  const auto now = io.metrics();
  if (now.connections == 0 && now.sessions() == 0 && now.sockets == 0) return {};
  return std::to_string(now.connections) + " connections, " + std::to_string(now.sessions()) + " sessions, " +
         std::to_string(now.sockets) + " sockets";
}

void require_empty(cosio::server& io, const captured_log& log) {
  if (eventually([&] { return held(io).empty(); })) return;
  FAIL(held(io) << " are left; it was said:\n" << what_was_said(log));
}

}  // namespace

TEST_CASE("whichever allocation of accepting is refused, the next connection is served", "[memory]") {
  captured_log log;
  sio_server s;
  s.io.on_connection([](cosio::socket c) { c.on("ask", [](std::string text) { return text + "!"; }); });
  const std::uint16_t port = s.start();
  boost::asio::post(s.io.executor(), [] { starve_this_thread(); });
  std::size_t number = 0;
  bool refused = true;
  while (refused && number < 100) {
    ++number;
    CAPTURE(number);
    refuse_allocation(number);
    {
      http_client silent(port);
      // It is taken, or there is nothing left to refuse.
      (void)eventually([&] { return was_refused() || s.io.metrics().connections == 1; });
    }
    refused = was_refused();
    refuse_allocation(0);
    sio_client after(port);
    after.join();
    after.send(R"(21["ask","who is there"])");
    CHECK(after.receive() == R"(31["who is there!"])");
    after.close();
    REQUIRE(eventually([&] { return s.io.metrics().connections == 0; }));
  }
  CHECK(number > 5);
  CHECK_FALSE(refused);
  CHECK(log.count(cosio::log_level::error) == number - 1);  // each refusal was told once
}

TEST_CASE("whichever allocation of a client's life is refused, it costs no other client anything, and nothing is left",
          "[memory]") {
  for (const transport over : {transport::websocket, transport::polling}) {
    captured_log log;
    cosio::options opts = test_options();
    opts.ping_interval = 100ms;  // so that clients who are not heard of any more end soon
    opts.ping_timeout = 100ms;
    opts.connect_timeout = 500ms;
    sio_server s(std::move(opts));
    s.io.on_connection([](cosio::socket c) {
      c.on("ask", [](std::string text) { return text + "!"; });
      c.on("enter", [c](std::string room) -> cosio::task<> {
        co_await c.join(room);
        const auto members = c.nsp().to(room);
        co_await members.emit("entered", room);
      });
    });
    const std::uint16_t port = s.start();
    boost::asio::post(s.io.executor(), [] { starve_this_thread(); });
    live(port, over);  // pools and buffers are made once
    require_empty(s.io, log);
    std::size_t number = 0;
    bool refused = true;
    while (refused && number < 1'000) {
      ++number;
      static auto t0 = std::chrono::steady_clock::now();
      CAPTURE(static_cast<int>(over), number);
      refuse_allocation(number);
      live(port, over);
      auto t1 = std::chrono::steady_clock::now();
      refused = was_refused();
      refuse_allocation(0);
      require_empty(s.io, log);
      sio_client after(port);
      after.join();
      after.send(R"(21["ask","who is there"])");
      CHECK(after.receive() == R"(31["who is there!"])");
      after.close();
      require_empty(s.io, log);
      auto t2 = std::chrono::steady_clock::now();
      fprintf(stderr, "%d %zu live %ld rest %ld\n%s", int(over), number, long((t1-t0).count()/1000000), long((t2-t1).count()/1000000), [&]{ static size_t seen=0; std::string o; auto l=log.lines(); if (l.size()<seen) seen=0; for(size_t i=seen;i<l.size();++i) if(l[i].level!=cosio::log_level::debug) o+="   "+l[i].component+": "+l[i].message+"\n"; seen=l.size(); return o;}().c_str()); t0=t2;
    }
    CHECK(number > 50);
    CHECK_FALSE(refused);
  }
}
