// Clients: what they say and hear, how they come and go, and their faults.

#include <cosio/test/client.hpp>

#include <boost/asio/co_spawn.hpp>

#include <cosio/cosio.hpp>
#include <cosio/parser.hpp>
#include <cosio/test.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "chat.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using cosio::test::client;
using cosio::test::client_options;
using cosio::test::failure;
using cosio::test::transport;
using cosio::test::world;

namespace {

template <class F>
std::string summary_of(F run) {
  try {
    run();
  } catch (const failure& e) {
    return e.summary();
  }
  return {};
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A world with a chat and two people in it.
struct company {
  explicit company(const client_options& kind = client_options())
      : io(w.server(chat::options())), ann((chat::set_up(io), enter("ann", kind))), bob(enter("bob", kind)) {}

  client enter(const std::string& name, const client_options& kind) {
    return w.client("/chat", {{"token", name}}, kind).named(name);
  }

  world w;
  cosio::server io;
  client ann;
  client bob;
};

}  // namespace

TEST_CASE("every kind of client comes in, talks, hears, and leaves", "[test_kit]") {
  for (const client_options& kind : cosio::test::every_client()) {
    CAPTURE(to_string(kind.over), kind.eio);
    company c(kind);
    const bool polls = kind.over == transport::polling || kind.over == transport::jsonp;
    CHECK(c.ann.transport() == (polls ? "polling" : "websocket"));
    CHECK_FALSE(c.ann.id().empty());
    CHECK(c.ann.ask<int>("add", 2, 3) == 5);
    c.ann.emit("say", "h\xC3\xA9llo");
    c.bob.expect("said", "ann", "h\xC3\xA9llo");
    const std::vector<std::uint8_t> bytes{0, 1, 255};
    CHECK(c.bob.ask<std::vector<std::uint8_t>>("reverse", bytes) == std::vector<std::uint8_t>{255, 1, 0});
    c.bob.close();
    CHECK(c.bob.reason() == "io client disconnect");
    CHECK(c.bob.transport() == "closed");
    CHECK(c.ann.take<std::string>("left") == "bob");
    c.w.advance(10min);
    CHECK(c.ann.connected());
  }
}

TEST_CASE("answers are of the types that the test asks for", "[test_kit]") {
  company c;
  CHECK(c.ann.ask<>("add", 1, 2)[0] == 3);
  const std::string said = summary_of([&] { c.ann.ask<std::string>("add", 1, 2); });
  CHECK(contains(said, "ann got the answer to \"add\" with other types than the test asks for: [3]"));
  c.bob.emit("say", "hi");
  const auto [from, text] = c.ann.take<std::string, std::string>("said");
  CHECK(from == "bob");
  CHECK(text == "hi");
}

TEST_CASE("events are taken by name, and the others stay", "[test_kit]") {
  company c;
  c.bob.ask<>("listen", "attic");
  c.ann.emit("say", "one");
  c.ann.emit("whisper", "attic", "two");
  c.ann.emit("say", "three");
  c.bob.expect("whispered", "ann", "two");
  CHECK(c.bob.inbox().size() == 2);
  CHECK(c.bob.inbox()[0].event == "said");
  CHECK(
      contains(summary_of([&] { c.bob.expect_nothing(); }), "bob got what it must not get: \"said\" [\"ann\",\"one\""));
  c.bob.expect_nothing("whispered");
  c.bob.clear_inbox();
  c.bob.expect_nothing();
  const std::string said = summary_of([&] {
    c.ann.emit("say", "four");
    c.bob.expect("said", "ann", "five");
  });
  CHECK(contains(said, "expected: [\"ann\",\"five\"]\n  got:      [\"ann\",\"four\""));
}

TEST_CASE("an event is awaited before it comes", "[test_kit]") {
  company c;
  std::string heard;
  c.w.run([&]() -> cosio::task<> {
    auto coming = c.bob.next<std::string, std::string>("said");
    c.ann.emit("say", "hi");
    const auto got = co_await std::move(coming);
    heard = std::get<1>(got);
  });
  CHECK(heard == "hi");
  c.w.run([&]() -> cosio::task<> {
    auto coming = c.bob.next<std::string, std::string>("said");
    auto asked = c.ann.emit_with_ack<std::size_t>("say", "it comes before bob waits");
    co_await std::move(asked);
    co_await c.w.sleep(1s);
    const auto got = co_await std::move(coming);
    heard = std::get<1>(got);
  });
  CHECK(heard == "it comes before bob waits");
}

TEST_CASE("a wait that was cancelled takes no event", "[test_kit]") {
  company c;
  CHECK(contains(summary_of([&] { c.bob.take("said"); }), "bob in /chat waits for the event \"said\""));
  c.ann.emit("say", "late");
  c.bob.expect("said", "ann", "late");
}

TEST_CASE("clients answer the server", "[test_kit]") {
  company c;
  c.ann.on("colour?", []() -> cosio::task<std::string> { co_return "blue"; });
  CHECK(c.ann.ask<std::string>("survey") == "blue");
  CHECK(c.bob.ask<std::string>("survey") == "no answer");
  CHECK(c.w.now() >= 5s);
  c.bob.on("said", [](int) {});
  c.ann.emit("say", "no number");
  CHECK(contains(summary_of([&] { c.w.settle(); }), "bob's handler of \"said\" does not take these arguments"));
}

TEST_CASE("who is refused is told why", "[test_kit]") {
  company c;
  for (const client_options& kind : {client_options(), client_options(transport::polling)}) {
    const auto told = c.w.refusal("/chat", {{"token", "mallory"}}, kind);
    CHECK(told.message() == "who are you?");
    CHECK(told.data() == 401);
  }
  CHECK_THROWS_AS(c.w.client("/attic"), cosio::test::refused);
  CHECK(contains(summary_of([&] { c.w.refusal("/chat", {{"token", "eve"}}); }), "was let in, but must be refused"));
  client_options foreign;
  foreign.headers = {{"Origin", "https://elsewhere.example"}};
  CHECK(contains(c.w.refusal("/chat", {{"token", "eve"}}, foreign).message(), "403"));
}

TEST_CASE("a connection carries several namespaces", "[test_kit]") {
  company c;
  c.io.of("/news").on_connection([](cosio::socket) {});
  auto news = c.ann.of("/news");
  CHECK(news.id() != c.ann.id());
  c.io.of("/news").async_emit([](const std::exception_ptr&, const cosio::report&) {}, "headline", 1);
  news.expect("headline", 1);
  news.disconnect();
  CHECK(c.ann.connected());
  CHECK_THROWS_AS(c.ann.of("/attic"), cosio::test::refused);
}

TEST_CASE("cut and half-closed connections end, and the server is told", "[test_kit]") {
  company c;
  c.bob.cut();
  CHECK(c.bob.reason() == "transport error");
  CHECK(std::get<0>(c.ann.take<std::string, std::string>("left")) == "bob");
  auto eve = c.enter("eve", {});
  eve.half_close();
  eve.expect_end();
  c.ann.expect("left", "eve", "transport close");
  CHECK(contains(summary_of([&] { eve.emit("say", "hi"); }), "eve cannot emit in /chat: it is there no more"));
  CHECK(contains(summary_of([&] { eve.take("said"); }), "eve in /chat waited for the event \"said\", but it is there"));
}

TEST_CASE("an answer that cannot come any more ends the wait", "[test_kit]") {
  company c;
  const std::string said = summary_of([&] {
    c.w.run([&]() -> cosio::task<> {
      auto asked = c.ann.emit_with_ack<std::string>("survey");
      c.ann.cut();
      co_await std::move(asked);
    });
  });
  CHECK(contains(said, "ann in /chat waited for the answer to \"survey\", but it has left: transport error"));
}

TEST_CASE("a client that comes back hears what it missed", "[test_kit]") {
  for (const transport over : {transport::polling, transport::websocket}) {
    company c(client_options{over});
    c.ann.emit("say", "one");
    c.bob.expect("said", "ann", "one");
    const std::string id = c.bob.id();
    c.bob.cut();
    c.w.advance(10s);
    c.ann.emit("say", "two");
    c.bob.reconnect();
    CHECK(c.bob.recovered());
    CHECK(c.bob.id() == id);
    c.bob.expect("said", "ann", "two");
    c.bob.cut();
    c.w.advance(10min);
    c.bob.reconnect();
    CHECK_FALSE(c.bob.recovered());
    CHECK(contains(summary_of([&] { c.bob.reconnect(); }), "bob is connected in /chat"));
  }
}

TEST_CASE("a slow reader fills its queue and is let go", "[test_kit]") {
  cosio::test::world_options small;
  small.pipe_bytes = 1'000;
  world w(small);
  cosio::options opts;
  opts.max_queued_bytes = 20'000;
  auto io = w.server(opts);
  std::string why;
  io.on_connection([&](cosio::socket user) { user.on_disconnect([&](cosio::reason reason) { why = reason.text(); }); });
  auto slow = w.client();
  slow.stop_reading();
  for (int i = 0; i < 50; ++i) {
    boost::asio::co_spawn(w.executor(), io.emit("news", std::string(1'000, 'x')),
                          [](const std::exception_ptr&, const cosio::report&) {});
    w.settle();
  }
  CHECK(why.empty());  // it has 5 seconds to read
  w.advance(10s);
  CHECK(why == "slow consumer");
}

TEST_CASE("a packet is sent again, or as it stands", "[test_kit]") {
  company c;
  c.ann.emit("say", "once");
  c.ann.send_again();
  c.bob.expect("said", "ann", "once");
  c.bob.expect("said", "ann", "once");
  c.ann.send_packet("2/chat,[\"say\",\"raw\"]");
  c.bob.expect("said", "ann", "raw");
  c.ann.send_packet("9nonsense");
  c.ann.expect_end("transport close");
}

TEST_CASE("a client without heartbeats is let go after the ping timeout", "[test_kit]") {
  for (const unsigned eio : {3U, 4U}) {
    company c;
    client_options quiet(transport::websocket, eio);
    quiet.heartbeats = false;
    auto eve = c.enter("eve", quiet);
    c.w.advance(5min);
    CHECK_FALSE(eve.connected());
    c.ann.expect("left", "eve", "ping timeout");
  }
}

TEST_CASE("a client that vanishes and returns goes on, if it is in time", "[test_kit]") {
  company c;
  c.bob.vanish();
  c.ann.emit("say", "hi");
  c.w.advance(5s);
  CHECK(c.bob.inbox().empty());
  c.bob.return_to_life();
  c.bob.expect("said", "ann", "hi");
}

TEST_CASE("clients upgrade when they are told to", "[test_kit]") {
  company c(client_options{transport::polling});
  CHECK(c.ann.transport() == "polling");
  c.ann.upgrade();
  CHECK(c.ann.transport() == "websocket");
  CHECK(c.ann.ask<int>("add", 1, 1) == 2);
}

TEST_CASE("clients speak MessagePack and compress", "[test_kit]") {
  world w;
  cosio::options opts;
  opts.parser = cosio::msgpack_parser();
  opts.per_message_deflate = cosio::deflate_options();
  auto io = w.server(opts);
  io.on_connection([](cosio::socket user) { user.on("echo", [](std::string text) { return text; }); });
  client_options kind;
  kind.msgpack = kind.compression = true;
  auto ann = w.client(kind);
  const std::string text(5'000, 'x');
  CHECK(ann.ask<std::string>("echo", text) == text);
}

TEST_CASE("the server sees the request of a client", "[test_kit]") {
  world w;
  auto io = w.server();
  std::string seen;
  io.on_connection([&](cosio::socket user) {
    const auto& said = user.handshake();
    seen = std::string(said.address()) + " " + std::string(said.query("room").value_or("?")) + " " +
           said.request().header("x-team");
  });
  client_options kind;
  kind.query = "room=7";
  kind.headers = {{"X-Team", "red"}};
  kind.address = "192.0.2.7";
  w.client(kind);
  CHECK(seen == "192.0.2.7 7 red");
}
