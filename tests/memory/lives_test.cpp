// Lives of clients with the paths that a plain one does not take, while one allocation of the server is refused.

#include <cosio/cosio.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "memory/refuse_allocation.hpp"
#include "memory/sweep.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/polling_client.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/websocket_client.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// The server ends a client that it cannot serve: then the life is over.
template <class F>
void as_far_as_it_gets(F life) {
  try {
    life();
  } catch (const std::exception&) {  // it is cut off, or hears nothing any more
  }
}

void answer(const cosio::socket& c) {
  c.on("ask", [](std::string text) { return text + "!"; });
}

// Waits for other work of the server first: so the events behind it wait for their turn.
cosio::task<std::string> answer_later(std::string text) {
  const auto here = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(here, boost::asio::use_awaitable);
  co_return text + "!";
}

void end(std::uint16_t port, const std::string& sid) {
  http_client(port).ask(post("/socket.io/?EIO=4&transport=polling&sid=" + sid, "1"));
}

// The first character of an id, percent-encoded.
std::string encoded(const std::string& sid) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto first = static_cast<unsigned char>(sid.front());
  return std::string("%") + digits[first >> 4] + digits[first & 15] + sid.substr(1);
}

void ask_with_encoded_queries(std::uint16_t port) {
  std::string sid;
  as_far_as_it_gets([&] {
    http_client line(port);
    const auto opened = line.ask(get("/socket.io/?E%49O=4&transport=%70olling"));
    if (opened.status != 200) return;
    sid = text_member(opened.body.substr(1), "sid");
    const std::string target = "/socket.io/?EIO=4&transport=%70olling&sid=" + encoded(sid);
    line.ask(post(target, "40"));
    line.ask(get(target));
    line.ask(post(target, R"(421["ask","who is there"])"));
    line.ask(get(target));
    websocket_client second(port, "/socket.io/?EIO=4&transport=%77ebsocket&sid=" + encoded(sid));
    second.send_text("2probe");
    second.text();
  });
  if (!sid.empty()) as_far_as_it_gets([&] { end(port, sid); });
}

void move_while_a_get_is_held(std::uint16_t port) {
  std::optional<polling_client> made;
  as_far_as_it_gets([&] { made.emplace(port, "EIO=4", "", "/socket.io/"); });
  if (!made) return;
  polling_client& first = *made;
  as_far_as_it_gets([&] {
    first.post("40");
    first.poll();
    first.start_poll();
    websocket_client second(port, first.target("websocket"));
    second.send_text("2probe");
    if (second.text() != "3probe") return;
    second.send_text("5");
    second.send(text_frame(R"(421["ask","who is there"])") + text_frame(R"(422["ask","and now"])"));
    while (!second.text().starts_with("432[")) continue;
  });
  as_far_as_it_gets([&] { first.post("1"); });
}

void close(std::uint16_t port, sio_client& c) {
  try {
    c.close();
  } catch (const std::exception&) {
    as_far_as_it_gets([&] { end(port, c.sid()); });
  }
}

// A client over WebSocket, and what it says.
template <class F>
void live(std::uint16_t port, F talk) {
  std::optional<sio_client> c;
  as_far_as_it_gets([&] {
    c.emplace(port);
    c->ignore_pings();
    talk(*c);
  });
  if (c) close(port, *c);
}

void wait_for(sio_client& c, std::string_view packet) {
  while (!c.receive().starts_with(packet)) continue;
}

}  // namespace

TEST_CASE("requests with percent-encoded queries lose one client at most", "[memory][lives]") {
  captured_log log;
  sio_server s(impatient_options());
  s.io.on_connection(answer);
  const auto port = s.start();
  CHECK(sweep(s, port, log, memory_of::the_program, [port] { ask_with_encoded_queries(port); }) > 50);
}

TEST_CASE("an upgrade while a GET is held loses one client at most", "[memory][lives]") {
  captured_log log;
  sio_server s(impatient_options());
  s.io.on_connection(answer);
  const auto port = s.start();
  CHECK(sweep(s, port, log, memory_of::the_program, [port] { move_while_a_get_is_held(port); }) > 50);
}

TEST_CASE("events that wait for their turn lose one client at most", "[memory][lives]") {
  captured_log log;
  sio_server s(impatient_options());
  s.io.on_connection(answer);
  s.io.of("/line").sequential().on_connection([](cosio::socket c) { c.on("ask", answer_later); });
  const auto port = s.start();
  const auto life = [port] {
    live(port, [](sio_client& c) {
      c.send({"0/line,", "0/line,"});  // the second is ignored
      wait_for(c, "0/line,");
      c.send({R"(2/line,1["ask","a"])", R"(2/line,2["ask","b"])", R"(2/line,3["ask","c"])"});
      c.send(R"(2/line,4["ask","and now"])");  // whatever became of those
      wait_for(c, "3/line,4[");
    });
  };
  CHECK(sweep(s, port, log, memory_of::the_program, life) > 50);
}

TEST_CASE("a client whose events pause the reading costs no other one anything", "[memory][lives]") {
  captured_log log;
  cosio::options opts = impatient_options();
  opts.max_held_bytes = 4'000;
  opts.max_handlers_in_flight = 1;
  sio_server s(std::move(opts));
  s.io.on_connection(answer);
  s.io.of("/slow").on_connection([](cosio::socket c) { c.on("ask", answer_later); });
  const auto port = s.start();
  const auto life = [port] {
    live(port, [](sio_client& c) {
      c.send("0/slow,");
      wait_for(c, "0/slow,");
      const std::string text(1'500, 'x');
      for (int i = 1; i < 5; ++i) c.send("2/slow," + std::to_string(i) + R"(["ask",")" + text + R"("])");
      c.send(R"(2/slow,9["ask","and now"])");
      wait_for(c, "3/slow,9[");
    });
  };
  CHECK(sweep(s, port, log, memory_of::the_program, life) > 50);
}

TEST_CASE("a client that leaves while a middleware waits leaves nothing", "[memory][lives]") {
  captured_log log;
  sio_server s(impatient_options());
  s.io.on_connection(answer);
  s.io.of("/closed").use([](cosio::socket& c, cosio::next go) -> cosio::task<> {
    co_await c.disconnected();
    co_await go();
  });
  const auto port = s.start();
  const auto life = [port] {
    live(port, [](sio_client& c) {
      c.send("0");
      wait_for(c, "0{");
      c.send("0/closed,");
      c.send(R"(21["ask","who is there"])");
      wait_for(c, "31[");
    });
  };
  CHECK(sweep(s, port, log, memory_of::the_program, life) > 50);
}

TEST_CASE("a client that comes back loses itself at most", "[memory][lives]") {
  captured_log log;
  cosio::options opts = impatient_options();
  opts.connection_state_recovery.emplace();
  sio_server s(std::move(opts));
  s.io.on_connection([](cosio::socket c) {
    answer(c);
    c.on("enter", [c](std::string room) -> cosio::task<int> {
      co_await c.join(room);
      co_return 1;
    });
  });
  const auto port = s.start();
  std::string pid;
  const auto come = [&] {
    sio_client c(port);
    c.send("0");
    const std::string reply = c.receive();
    const boost::json::value told = boost::json::parse({reply.data() + 1, reply.size() - 1});
    pid = boost::json::value_to<std::string>(told.at("pid"));
    c.send(R"(21["enter","a room with a long name, which takes memory"])");
    c.receive();
    c.drop();
    (void)eventually([&] { return s.io.engine().clients_count() == 0; });
    s.run(s.io.to("a room with a long name, which takes memory").emit("missed", std::string(100, 'x')));
  };
  const auto life = [&] {
    live(port, [&](sio_client& c) {
      c.send(R"(0{"pid":")" + pid + R"("})");
      wait_for(c, "0{");
      c.send({R"(21["ask","who is there"])", R"(22["ask","and now"])"});
      wait_for(c, "32[");
    });
  };
  CHECK(sweep(s, port, log, memory_of::the_program, life, come) > 50);
}

TEST_CASE("a client that leaves, and may come back, is in no room afterwards", "[memory][lives]") {
  captured_log log;
  cosio::options opts = test_options();
  opts.connection_state_recovery.emplace();
  sio_server s(std::move(opts));
  s.io.on_connection([](cosio::socket c) -> cosio::task<> {
    answer(c);
    co_await c.join("a room with a long name, which takes memory");
    co_await c.join("a second room with a long name, which takes memory");
  });
  const auto port = s.start();
  std::optional<sio_client> c;
  const auto come = [&] {
    c.emplace(port);
    c->send("0");
    wait_for(*c, "0{");
    REQUIRE(eventually([&] { return rooms(s.io) == 3; }));  // with its own
  };
  const auto leave = [&] {
    c->drop();
    (void)eventually([&] { return held(s.io).empty(); });
    for (int turn = 0; turn < 3; ++turn) boost::asio::post(s.io.executor(), boost::asio::use_future).get();
  };
  CHECK(sweep(s, port, log, memory_of::the_program, leave, come) > 5);
}

TEST_CASE("whichever frame of a coroutine there is no memory for, it costs one client at most", "[memory][lives]") {
  captured_log log;
  sio_server s(impatient_options());
  s.io.on_connection(answer);
  s.io.of("/line").sequential().on_connection([](cosio::socket c) { c.on("ask", answer_later); });
  const auto port = s.start();
  const auto life = [port] {
    live(port, [](sio_client& c) {
      c.send("0/line,");
      wait_for(c, "0/line,");
      c.send({R"(2/line,1["ask","a"])", R"(2/line,2["ask","b"])"});
      c.send(R"(2/line,3["ask","and now"])");
      wait_for(c, "3/line,3[");
    });
    ask_with_encoded_queries(port);
  };
  CHECK(sweep(s, port, log, memory_of::frames_as_well, life) > 50);
}
