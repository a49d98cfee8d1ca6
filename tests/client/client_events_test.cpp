// A client's socket: events and acknowledgements in both directions.

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <cosio/parser.hpp>

#include <string>
#include <tuple>

#include "client/fake_engine.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

struct point {
  int x = 0;
  int y = 0;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

client_socket joined(client_world& w, client_socket_options options = {}) {
  auto s = w.server.socket("/", std::move(options));
  w.run(s.connect());
  w.connection().texts.clear();
  w.connection().sent.clear();
  return s;
}

}  // namespace

TEST_CASE("a client's handlers get typed arguments") {
  client_world w;
  const auto s = joined(w);
  texts got;
  s.on("draw", [&](point p, std::string color) -> task<> {
    got.push_back(color + " " + std::to_string(p.x + p.y));
    co_return;
  });
  s.on_any([&](std::string event, arguments args) { got.push_back(event + " " + std::to_string(args.size())); });
  w.connection().deliver(R"(2["draw",{"x":1,"y":2},"red"])");
  w.settle();
  CHECK(got == texts{"draw 2", "red 3"});
}

TEST_CASE("a client answers by what its handlers return, or by their ack") {
  client_world w;
  const auto s = joined(w);
  s.on("add", [](int a, int b) { return a + b; });
  s.on("later", [](ack answer) -> task<> { co_await answer(1, "two"); });
  s.on("done", [](int) -> task<> { co_return; });
  w.connection().deliver(R"(27["add",1,2])");
  w.connection().deliver(R"(28["later"])");
  w.connection().deliver(R"(29["done",1])");
  w.connection().deliver(R"(2["add",1,2])");  // nobody asked
  w.settle();
  CHECK(w.connection().texts == texts{"37[3]", R"(38[1,"two"])", "39[]"});
}

TEST_CASE("an answer to a connection that has gone is not sent to the next") {
  client_world w;
  const auto s = joined(w);
  ack kept;
  s.on("ask", [&](ack answer) { kept = answer; });
  w.connection().deliver(R"(20["ask"])");
  w.settle();
  w.connection().lose(reason::kind::transport_close);
  w.advance(1s);
  REQUIRE(s.connected());
  w.run(kept(1));
  w.settle();
  CHECK(w.connection().texts == texts{"0"});
}

TEST_CASE("arguments that do not fit, and exceptions, go to on_error") {
  client_world w;
  const auto s = joined(w);
  texts wrong;
  s.on_error([&](client_failure f) { wrong.push_back(f.event + ": " + f.message); });
  s.on("n", [](int) {});
  s.on("t", []() -> task<> {
    throw std::runtime_error("oh");
    co_return;
  });
  w.connection().deliver(R"(2["n","text"])");
  w.connection().deliver(R"(2["t"])");
  w.settle();
  REQUIRE(wrong.size() == 2);
  CHECK(wrong[0].find("n: argument 0 of event \"n\" must be an integer") == 0);
  CHECK(wrong[1].find("t: ") == 0);
  CHECK(wrong[1].find("oh") != std::string::npos);
  CHECK(s.connected());
}

TEST_CASE("listeners of a client are removed, and called once") {
  client_world w;
  const auto s = joined(w);
  int calls = 0;
  s.once("e", [&] { ++calls; });
  const auto handle = s.on("e", [&] { calls += 10; });
  w.connection().deliver(R"(2["e"])");
  w.connection().deliver(R"(2["e"])");
  w.settle();
  CHECK(calls == 21);
  handle.remove();
  CHECK(s.listener_count("e") == 0);
  s.on("e", [&] { ++calls; });
  s.off("e");
  w.connection().deliver(R"(2["e"])");
  w.settle();
  CHECK(calls == 21);
  CHECK_THROWS_AS(s.on("connect", [] {}), error);
}

TEST_CASE("a coroutine waits for an event of the server") {
  client_world w;
  const auto s = joined(w);
  auto got = w.start(s.once<int, std::string>("pair"));
  auto late = w.start(s.once<int>("never", 3s));
  w.connection().deliver(R"(2["pair",1,"a"])");
  w.settle();
  CHECK(got.get() == std::tuple<int, std::string>(1, "a"));
  w.advance(3s);
  CHECK(code_of(late) == errc::timed_out);
  CHECK(s.listener_count("never") == 0);
}

TEST_CASE("binary goes out and comes in without a copy") {
  client_world w;
  const auto s = joined(w);
  const binary bytes(std::string("\x01\x02\x03", 3));
  const report sent = w.run(s.emit("picture", "a", bytes));
  CHECK(sent.queued == 1);
  REQUIRE(w.connection().sent.size() == 2);
  CHECK(w.connection().texts[0] == R"(51-["picture","a",{"_placeholder":true,"num":0}])");
  CHECK(w.connection().sent[1].bytes().data() == bytes.data());

  binary got;
  s.on("picture", [&](binary b) { got = b; });
  w.connection().deliver(R"(51-["picture",{"_placeholder":true,"num":0}])");
  w.connection().deliver(bytes);
  w.settle();
  CHECK(got.data() == bytes.data());
}

TEST_CASE("emit_with_ack() of a client gets the answer, with its types") {
  client_world w;
  const auto s = joined(w);
  auto sum = w.start(s.emit_with_ack<int>("add", 1, 2));
  auto all = w.start(s.emit_with_ack("all"));
  CHECK(w.connection().texts == texts{R"(20["add",1,2])", R"(21["all"])"});
  CHECK(s.pending().acks == 2);
  w.connection().deliver("31[1,2,3]");
  w.connection().deliver("30[3]");
  w.settle();
  CHECK(sum.get() == 3);
  CHECK(all.get().size() == 3);
  CHECK(s.pending().acks == 0);
  auto wrong = w.start(s.emit_with_ack<int>("x"));
  w.connection().deliver(R"(32["no"])");
  w.settle();
  CHECK(code_of(wrong) == errc::conversion);
}

TEST_CASE("every acknowledgement ends: timeout, disconnect, the end of the manager") {
  client_world w;
  const auto s = joined(w);
  auto timed = w.start(s.timeout(2s).emit_with_ack("a"));
  auto lost = w.start(s.emit_with_ack("b"));
  w.advance(2s);
  CHECK(code_of(timed) == errc::timed_out);
  w.connection().deliver("30[]");  // too late
  w.settle();
  CHECK(w.server.metrics().unknown_acks == 1);
  w.connection().lose(reason::kind::ping_timeout);
  w.settle();
  CHECK(code_of(lost) == errc::disconnected);
  w.advance(1s);
  REQUIRE(s.connected());
  auto last = w.start(s.emit_with_ack("c"));
  auto event = w.start(s.once<int>("d"));
  w.server = manager(std::shared_ptr<clients::manager_core>());
  w.settle();
  CHECK(code_of(last) == errc::disconnected);
  CHECK(code_of(event) == errc::cancelled);
  auto after = w.start(s.emit_with_ack("e"));
  CHECK(code_of(after) == errc::cancelled);
  CHECK(w.run(s.emit("e")).refused == 1);
}

TEST_CASE("events wait for the connection, in order and within a number of bytes") {
  client_world w;
  client_socket_options options;
  options.max_pending_bytes = 1'000;
  const auto s = w.server.socket("/", options);
  CHECK(w.run(s.emit("a", 1)).pending == 1);
  auto answer = w.start(s.emit_with_ack<int>("b"));
  auto forgotten = w.start(s.timeout(1s).emit_with_ack("c"));
  CHECK(s.pending().events == 3);
  CHECK(s.pending().bytes > 0);
  const report full = w.run(s.emit("d", std::string(2'000, 'x')));
  CHECK(full.refused == 1);
  auto refused = w.start(s.emit_with_ack("d", std::string(2'000, 'x')));
  CHECK(code_of(refused) == errc::limit_reached);
  w.advance(1s);
  CHECK(code_of(forgotten) == errc::timed_out);
  CHECK(s.pending().events == 2);
  CHECK(w.server.metrics().refused == 2);
  w.run(s.connect());
  CHECK(w.connection().texts == texts{"0", R"(2["a",1])", R"(20["b"])"});
  CHECK(s.pending().events == 0);
  w.connection().deliver("30[5]");
  w.settle();
  CHECK(answer.get() == 5);
}

TEST_CASE("an emit says what happens to it without a connection") {
  client_world w;
  const auto s = w.server.socket("/");
  CHECK_THROWS_AS(w.run(s.offline(when_offline::fail).emit("a")), error);
  CHECK(w.run(s.offline(when_offline::drop).emit("b")).dropped == 1);
  CHECK(w.run(s.volatile_().emit("c")).dropped == 1);
  auto asked = w.start(s.volatile_().emit_with_ack("d"));
  CHECK(code_of(asked) == errc::dropped);
  auto failed = w.start(s.offline(when_offline::fail).emit_with_ack("e"));
  CHECK(code_of(failed) == errc::disconnected);
  CHECK(s.pending().events == 0);
  CHECK(s.pending().acks == 0);
  CHECK(w.server.metrics().dropped == 3);
}

TEST_CASE("a volatile event is dropped when something waits before it") {
  client_world w;
  const auto s = joined(w);
  CHECK(w.run(s.volatile_().emit("a")).queued == 1);
  w.connection().waiting = 1;
  CHECK(w.run(s.volatile_().emit("b")).dropped == 1);
  CHECK(w.connection().texts == texts{R"(2["a"])"});
}

TEST_CASE("an event waits when the heartbeat is overdue") {
  client_world w;
  const auto s = joined(w);
  w.connection().overdue = true;
  CHECK(w.run(s.emit("a")).pending == 1);
  w.connection().lose(reason::kind::ping_timeout);
  w.advance(1s);
  CHECK(w.connection().texts == texts{"0", R"(2["a"])"});
}

TEST_CASE("emit() of a client waits while much waits in the connection") {
  client_world w;
  const auto s = joined(w);
  w.connection().waiting = 2'000'000;
  auto sent = w.start(s.emit("a"));
  CHECK(w.connection().texts == texts{R"(2["a"])"});
  CHECK_FALSE(is_ready(sent));
  SECTION("until it is written") {
    w.connection().drain();
    w.settle();
    CHECK(sent.get().queued == 1);
  }
  SECTION("or the connection has gone") {
    w.connection().lose(reason::kind::transport_close);
    w.settle();
    CHECK(sent.get().queued == 1);
  }
}

TEST_CASE("a client's event is not compressed when it says so") {
  client_world w;
  const auto s = joined(w);
  w.connection().compressed.clear();
  w.run(s.emit("a"));
  w.run(s.compress(false).emit("b"));
  CHECK(w.connection().compressed == std::vector<bool>{true, false});
}

TEST_CASE("a client's emit is checked") {
  client_world w;
  const auto s = joined(w);
  CHECK_THROWS_AS(s.emit("disconnect"), error);
  const boost::json::value stray{{"_placeholder", true}, {"num", 3}};
  CHECK_THROWS_AS(s.emit("a", stray, binary(std::string("x"))), error);
}

TEST_CASE("on_any_outgoing is told of each event when it is sent") {
  client_world w;
  const auto s = w.server.socket("/");
  texts out;
  s.on_any_outgoing([&](std::string event, arguments args) { out.push_back(event + std::to_string(args.size())); });
  w.run(s.emit("early", 1));
  CHECK(out.empty());
  w.run(s.connect());
  w.run(s.emit("late", 1, 2));
  CHECK(out == texts{"early1", "late2"});
}

TEST_CASE("callers that are no coroutines use tokens, on executors of their own") {
  client_world w;
  const auto s = joined(w);
  auto sent = s.async_emit(boost::asio::use_future, "a");
  auto sum = s.async_emit_with_ack<int>(boost::asio::use_future, "add");
  w.settle();
  w.connection().deliver("30[4]");
  w.settle();
  CHECK(sent.get().queued == 1);
  CHECK(sum.get() == 4);

  boost::asio::io_context elsewhere;
  int got = 0;
  auto work = [](client_socket of, int* to) -> task<> { *to = co_await of.emit_with_ack<int>("add"); };
  auto asked = test::start(elsewhere.get_executor(), work(s, &got));
  elsewhere.poll();
  w.settle();
  w.connection().deliver("31[5]");
  w.settle();
  CHECK(got == 0);  // it goes on where it was started
  elsewhere.restart();
  elsewhere.poll();
  CHECK(got == 5);
}

TEST_CASE("a client's retries: one by one, sent again until acknowledged") {
  client_world w;
  client_socket_options options;
  options.retries = 2;
  options.ack_timeout = 1s;
  const auto s = joined(w, options);
  CHECK(w.run(s.emit("a")).pending == 1);
  auto b = w.start(s.emit_with_ack<int>("b"));
  CHECK(w.connection().texts == texts{R"(20["a"])"});
  CHECK(s.pending().events == 2);
  w.connection().deliver("30[]");
  w.settle();
  CHECK(w.connection().texts == texts{R"(20["a"])", R"(21["b"])"});
  w.advance(1s);
  CHECK(w.connection().texts.back() == R"(22["b"])");
  w.connection().deliver("31[1]");  // of the sending before: too late
  w.settle();
  CHECK_FALSE(is_ready(b));
  SECTION("an answer to the last sending counts") {
    w.connection().deliver("32[7]");
    w.settle();
    CHECK(b.get() == 7);
    CHECK(s.pending().events == 0);
  }
  SECTION("after the last one the event is given up") {
    w.advance(1s);
    CHECK(w.connection().texts.back() == R"(23["b"])");
    w.advance(1s);
    CHECK(code_of(b) == errc::timed_out);
    CHECK(w.connection().texts.size() == 4);
  }
  SECTION("a lost connection counts as one, and the next goes on") {
    w.connection().lose(reason::kind::transport_close);
    w.advance(1s);
    CHECK(w.connection().texts == texts{"0", R"(23["b"])"});
    w.connection().deliver("33[8]");
    w.settle();
    CHECK(b.get() == 8);
  }
}

TEST_CASE("retries without a time are sent again with the next connection") {
  client_world w;
  client_socket_options options;
  options.retries = 0;
  const auto s = joined(w, options);
  w.run(s.emit("a"));
  w.connection().lose(reason::kind::transport_close);
  w.advance(1s);
  CHECK(w.connection().texts == texts{"0", R"(21["a"])"});
  CHECK(w.run(s.volatile_().emit("v")).queued == 1);  // not in the line
}

TEST_CASE("MessagePack, and what else a parser makes") {
  manager_options options = steady();
  options.parser = msgpack_parser();
  client_world w(std::move(options));
  w.source->answers_connect = false;
  const auto s = w.server.socket("/");
  auto ready = w.start(s.connect());
  REQUIRE(w.connection().sent.size() == 1);
  CHECK(w.connection().sent[0].is_binary());
  parser::packet packet;
  packet.type = parser::kind::connect;
  packet.data = boost::json::value{{"sid", "m"}};
  for (auto& each : msgpack_parser()->encode(packet)) w.connection().deliver(std::get<binary>(each));
  w.settle();
  CHECK(code_of(ready) == boost::system::error_code());
  CHECK(s.id() == "m");
}

TEST_CASE("a hostile server costs a client little") {
  manager_options options = steady();
  options.max_attachments = 2;
  options.max_handlers_in_flight = 1;
  options.max_held_bytes = 2'000;
  client_world w(std::move(options));
  const auto s = joined(w);
  SECTION("packets for nobody are ignored") {
    w.connection().deliver(R"(2/unknown,["a"])");
    w.connection().deliver("399[1]");
    w.connection().deliver(R"(0/unknown,{"sid":"x"})");
    w.settle();
    CHECK(w.server.metrics().unknown_namespaces == 2);
    CHECK(w.server.metrics().unknown_acks == 1);
    CHECK(s.connected());
  }
  SECTION("a packet that cannot be read ends the connection, and the next is made") {
    std::string why;
    s.on_disconnect([&](client_reason r) { why = r.text(); });
    w.connection().deliver("9what");
    w.settle();
    CHECK(why == "parse error");
    CHECK(w.server.metrics().unreadable == 1);
    w.advance(1s);
    CHECK(s.connected());
  }
  SECTION("too many attachments") {
    w.connection().deliver(R"(53-["a"])");
    w.settle();
    CHECK_FALSE(s.connected());
  }
  SECTION("events that come faster than their handlers end") {
    int started = 0;
    s.on("a", [&, s]() -> task<> {
      ++started;
      co_await s.once<>("never");
    });
    for (int i = 0; i < 5; ++i) w.connection().deliver(R"(2["a"])");
    w.settle();
    CHECK(started == 1);
    CHECK(s.connected());
    for (int i = 0; i < 5; ++i) w.connection().deliver(R"(2["a"])");
    w.settle();
    CHECK_FALSE(s.connected());
  }
}

TEST_CASE("an emit in a handler of on_connect is sent once") {
  client_world w;
  client_socket_options options;
  options.retries = 3;
  const auto s = w.server.socket("/", options);
  s.on_connect([s]() -> task<> { co_await s.emit("hello"); });
  w.run(s.connect());
  w.settle();
  CHECK(w.connection().texts == texts{"0", R"(20["hello"])"});
}
