// A server that is refused one allocation while it takes a connection loses that connection at most.

#include <cosio/cosio.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <cstddef>
#include <new>
#include <optional>
#include <string>

#include "memory/refuse_allocation.hpp"
#include "memory/sweep.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/polling_client.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/websocket_client.hpp"
#include "wire/json_tokens.hpp"

using namespace cosio::test;

namespace {

enum class way { websocket, polling, upgrade };

// Joins, asks, enters a room and receives a broadcast to it, as far as it gets. Behind each event comes another one,
// which is answered whatever happened to the first.
void talk(sio_client& c) {
  c.ignore_pings();  // should a handler be missing now, the session ends soon
  c.join();
  c.send({R"(21["ask","who is there"])", R"(22["ask","and now"])"});
  while (!c.receive().starts_with("32[")) continue;
  c.send({R"(23["enter","a room with a long name, which takes memory"])", R"(24["ask","and now"])"});
  while (!c.receive().starts_with("34[")) continue;
}

// Joins by polling and asks by WebSocket.
void move_over(std::uint16_t port) {
  polling_client first(port, "EIO=4", "", "/socket.io/");
  try {
    first.post("40");
    first.poll();
    websocket_client second(port, first.target("websocket"));
    second.send_text("2probe");
    if (second.text() != "3probe") return;
    second.send_text("5");
    second.send(text_frame(R"(421["ask","who is there"])") + text_frame(R"(422["ask","and now"])"));
    while (!second.text().starts_with("432[")) continue;
  } catch (const std::exception&) {
    first.post("1");  // in case it is still by polling that the session lives
  }
}

// A client that comes, talks, and goes.
void live(std::uint16_t port, way over) {
  std::optional<sio_client> c;
  try {
    if (over == way::upgrade) return move_over(port);
    c.emplace(port, sio_settings{.over = over == way::polling ? sio_settings::transport::polling
                                                              : sio_settings::transport::websocket});
    talk(*c);
  } catch (const std::exception&) {  // the server ended it, or said nothing any more
  }
  if (!c) return;
  try {
    c->close();
  } catch (const std::exception&) {  // its connection has ended: from another one
    http_client(port).ask(post("/socket.io/?EIO=4&transport=polling&sid=" + c->sid(), "1"));
  }
}

// Without the lines about events that nobody listens to: that is so behind a connection handler that has failed.
std::size_t complaints(const captured_log& log) {
  return log.count(cosio::log_level::warn) + log.count(cosio::log_level::error) -
         log.count(cosio::log_level::warn, "nobody listens to the event");
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
      for (int turn = 0; turn < 3; ++turn)
        boost::asio::post(s.io.executor(), boost::asio::use_future).wait();  // it sleeps
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
  for (const way over : {way::websocket, way::polling, way::upgrade}) {
    captured_log log;
    sio_server s(impatient_options());
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
      CAPTURE(static_cast<int>(over), number);
      const std::size_t before = complaints(log);
      refuse_allocation(number);
      live(port, over);
      refused = was_refused();
      refuse_allocation(0);
      require_empty(s.io, log);
      CHECK(complaints(log) <= before + 1);  // none when it was the log that was refused it
      CHECK(log.count(cosio::log_level::error, "a handler threw") == 0);  // nobody's run() is left by an exception
      require_served(port);
      require_empty(s.io, log);
    }
    CHECK(number > 50);
    CHECK_FALSE(refused);
  }
}

TEST_CASE("the memory for a large text goes back also when there is none for its values", "[memory]") {
  std::string text = "[0";
  for (int i = 0; i < 20'000; ++i) text += ",0";
  text += "]";
  starve_this_thread();
  // Whether the allocation of this number was refused to a parser of the text.
  const auto is_refused = [&text](std::size_t number) {
    refuse_allocation(number);
    try {
      cosio::wire::parse_tokens(text);
    } catch (const std::bad_alloc&) {
      return true;
    }
    refuse_allocation(0);
    return false;
  };
  std::size_t last = 0;
  while (is_refused(last + 1)) ++last;
  const bool once = is_refused(last);
  const bool again = is_refused(last);
  refuse_allocation(0);
  CHECK(last > 1);
  CHECK(once);
  CHECK(again);  // not so if it had kept its first memory
}
