// The acknowledgement of an event whose handler gives none: the end of a coroutine, and a failure.

#include <cosio/cosio.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::task;

namespace {

// A server whose clients get these listeners, and one of these clients.
struct house {
  explicit house(std::function<void(cosio::socket)> welcome, cosio::options opts = test_options())
      : s(std::move(opts)), c((s.io.on_connection(std::move(welcome)), s.start())) {
    c.join();
  }
  // Sends an event that is answered behind the others.
  void ping() { c.send(R"(29["ping"])"); }

  sio_server s;
  sio_client c;
};

void answer_ping(const cosio::socket& who) {
  who.on("ping", [] { return "pong"; });
}

const std::string pong = R"(39["pong"])";

cosio::options answering() {
  cosio::options opts = test_options();
  opts.answer_failed_events = true;
  return opts;
}

}  // namespace

// ---------------------------------------------------------------- the end of a coroutine

TEST_CASE("the end of a coroutine with typed parameters is the acknowledgement", "[socketio][answers]") {
  cosio::test::pause here;
  house h([&](cosio::socket who) {
    answer_ping(who);
    who.on("now", [](int) -> task<> { co_return; });
    who.on("by reference", [](const std::string&) -> task<> { co_return; });
    who.on("later", [&]() -> task<> { co_await here.wait(); });
  });
  h.c.send({R"(21["now",1])", R"(22["by reference","x"])", R"(23["later"])"});
  CHECK(h.c.receive() == "31[]");
  CHECK(h.c.receive() == "32[]");
  h.ping();
  CHECK(h.c.receive() == pong);
  here.go();
  CHECK(h.c.receive() == "33[]");
}

TEST_CASE("the end of a handler is no acknowledgement where the handler, or another one, may give it",
          "[socketio][answers]") {
  mailbox<cosio::ack> kept;
  house h([&](cosio::socket who) {
    answer_ping(who);
    who.on("keeps", [&](cosio::ack answer) -> task<> {
      kept.put(std::move(answer));
      co_return;
    });
    who.on("untyped", [](cosio::arguments) -> task<> { co_return; });
    who.on("plain", [](int) {});
    who.on("two", [](int) -> task<> { co_return; });
    who.on("two", [](int n) -> task<int> { co_return n; });
    who.on("not asked", [](int) -> task<> { co_return; });
    who.on("throws", []() -> task<> {
      throw std::runtime_error("no");
      co_return;
    });
  });
  h.c.send({R"(21["keeps"])", R"(22["untyped"])", R"(23["plain",1])", R"(24["two",4])", R"(2["not asked",1])",
            R"(25["throws"])"});
  CHECK(h.c.receive() == "34[4]");
  h.ping();
  CHECK(h.c.receive() == pong);
  h.s.run(kept.take()("at last"));
  CHECK(h.c.receive() == R"(31["at last"])");
}

TEST_CASE("a catch-all that takes the acknowledgement may answer after the handler has ended", "[socketio][answers]") {
  mailbox<cosio::ack> kept;
  cosio::listener_handle keeper;
  house h([&](cosio::socket who) {
    answer_ping(who);
    who.on("save", [](int) -> task<> { co_return; });
    who.on("off", [&] { keeper.remove(); });
    who.on_any([](std::string, cosio::arguments) {});
    keeper = who.on_any([&](std::string event, cosio::arguments, cosio::ack answer) {
      if (event == "save") kept.put(std::move(answer));
    });
  });
  h.c.send(R"(21["save",1])");
  h.ping();
  CHECK(h.c.receive() == pong);
  h.s.run(kept.take()("saved"));
  CHECK(h.c.receive() == R"(31["saved"])");
  h.c.send({R"(2["off"])", R"(22["save",2])"});
  CHECK(h.c.receive() == "32[]");
}

TEST_CASE("of several handlers, the end of the only one whose arguments fit is the acknowledgement",
          "[socketio][answers]") {
  cosio::test::pause here;
  house h([&](cosio::socket who) {
    answer_ping(who);
    who.on("first", [](int) -> task<> { co_return; });
    who.on("first", [](std::string) -> task<> { co_return; });
    who.on("later", [](std::string) -> task<> { co_return; });
    who.on("later", [&](int) -> task<> { co_await here.wait(); });
  });
  h.c.send({R"(21["first",1])", R"(22["first","x"])", R"(23["later",1])"});
  CHECK(h.c.receive() == "31[]");
  CHECK(h.c.receive() == "32[]");
  h.ping();
  CHECK(h.c.receive() == pong);
  here.go();
  CHECK(h.c.receive() == "33[]");
}

TEST_CASE("the end of a coroutine is the acknowledgement when the packet middleware has ended without one",
          "[socketio][answers]") {
  cosio::test::pause here;
  house h([&](cosio::socket who) {
    answer_ping(who);
    who.use([&](cosio::packet& p, cosio::next go) -> task<> {
      co_await go();
      if (p.event() == "answered later") co_await here.wait();
      if (p.event().starts_with("answered")) co_await p.answer()("by the middleware");
      if (p.event() == "fails") throw std::runtime_error("behind next()");
    });
    for (const char* event : {"answered", "answered later", "left alone", "fails"})
      who.on(event, []() -> task<> { co_return; });
    who.on("ends last", [&]() -> task<> { co_await here.wait(); });
  });
  h.c.send(R"(21["answered"])");
  CHECK(h.c.receive() == R"(31["by the middleware"])");
  h.c.send(R"(22["answered later"])");
  h.ping();
  CHECK(h.c.receive() == pong);
  here.go();
  CHECK(h.c.receive() == R"(32["by the middleware"])");
  h.c.send({R"(23["left alone"])", R"(24["fails"])"});
  CHECK(h.c.receive() == "33[]");
  CHECK(h.c.receive() == "34[]");
  h.c.send(R"(25["ends last"])");
  h.ping();
  CHECK(h.c.receive() == pong);
  here.go();
  CHECK(h.c.receive() == "35[]");
}

TEST_CASE("a coroutine that waits for the event leaves the acknowledgement to the handler", "[socketio][answers]") {
  mailbox<> said;
  house h([&](cosio::socket who) {
    who.on("save", [](int) -> task<> { co_return; });
    who.async_once<int>([&](std::exception_ptr, int n) { said.put("waited for " + std::to_string(n)); }, "save");
  });
  h.c.send(R"(21["save",1])");
  CHECK(h.c.receive() == "31[]");
  CHECK(said.take() == "waited for 1");
}

TEST_CASE("a listener answers by its end only where no other gets the event", "[socketio][answers]") {
  class counting final : public cosio::ack::sender {
   public:
    explicit counting(int& sent) : sent_(sent) {}
    task<> send(cosio::event_data) override {
      ++sent_;
      co_return;
    }

   private:
    int& sent_;
  };
  int sent = 0;
  const cosio::ack answer(std::make_shared<counting>(sent));
  const auto listener = cosio::detail::make_listener([]() -> task<> { co_return; });
  const std::vector<cosio::binary> no_binary;
  std::string problem;
  boost::asio::io_context context;
  for (const bool end_may_answer : {false, true}) {
    const cosio::detail::event_view event{"e", nullptr, 0, no_binary, answer, end_may_answer};
    auto ended = start(context.get_executor(), listener->start(event, problem));
    context.restart();
    context.run();
    ended.get();
    CHECK(sent == (end_may_answer ? 1 : 0));
  }
}

// ---------------------------------------------------------------- failures

TEST_CASE("without answer_failed_events an event whose handler fails is not answered", "[socketio][answers]") {
  house h([](cosio::socket who) {
    answer_ping(who);
    who.on("refuses", [](int) -> int { throw cosio::refusal("no"); });
  });
  h.c.send({R"(21["refuses",1])", R"(22["refuses","text"])"});
  h.ping();
  CHECK(h.c.receive() == pong);
}

TEST_CASE("with answer_failed_events the client reads a refusal, and of no other exception the text",
          "[socketio][answers]") {
  mailbox<> said;
  house h(
      [&](cosio::socket who) {
        who.on("refuses", [](int) -> int { throw cosio::refusal("sold out", 409); });
        who.on("later", []() -> task<> {
          const auto here = co_await boost::asio::this_coro::executor;
          co_await boost::asio::post(here, boost::asio::use_awaitable);
          throw cosio::refusal("sold out");
        });
        who.on("fails", [] { throw std::runtime_error("10.0.0.7 is down"); });
        who.on_error([&](cosio::socket_error wrong) { said.put(wrong.event() + ": " + wrong.message()); });
      },
      answering());
  h.c.send(R"(21["refuses",1])");
  CHECK(h.c.receive() == R"(31[{"message":"sold out","data":409}])");
  h.c.send(R"(22["later"])");
  CHECK(h.c.receive() == R"(32[{"message":"sold out"}])");
  h.c.send(R"(23["fails"])");
  CHECK(h.c.receive() == R"(33[{"message":"internal error"}])");
  h.c.send(R"(24["refuses","text"])");
  CHECK(h.c.receive() == R"(34[{"message":"the arguments do not fit"}])");
  CHECK(said.take() == "refuses: sold out");
  CHECK(said.take() == "later: sold out");
  CHECK(said.take() == "fails: 10.0.0.7 is down");
  CHECK(said.take().starts_with("refuses: argument 0"));
}

TEST_CASE("handlers whose arguments do not fit answer only where they fit no handler of the event",
          "[socketio][answers]") {
  house h(
      [](cosio::socket who) {
        answer_ping(who);
        who.on("buy", [](int) { return "a number"; });
        who.on("buy", [](std::string) { return "a name"; });
        who.on("wait", [](int) -> task<> { co_return; });
        who.on("wait", [](std::string) -> task<> { co_return; });
      },
      answering());
  h.c.send({R"(21["buy","x"])", R"(22["buy",1])", R"(23["buy",null])", R"(24["wait","x"])", R"(25["wait",null])"});
  CHECK(h.c.receive() == R"(31["a name"])");
  CHECK(h.c.receive() == R"(32["a number"])");
  CHECK(h.c.receive() == R"(33[{"message":"the arguments do not fit"}])");
  CHECK(h.c.receive() == "34[]");
  CHECK(h.c.receive() == R"(35[{"message":"the arguments do not fit"}])");
  h.ping();
  CHECK(h.c.receive() == pong);
}

TEST_CASE("a handler that fails takes no answer from another handler of the event that answers later",
          "[socketio][answers]") {
  cosio::test::pause here;
  house h(
      [&](cosio::socket who) {
        answer_ping(who);
        who.on("order", [] { throw std::runtime_error("the first"); });
        who.on("order", [&]() -> task<std::string> {
          co_await here.wait();
          co_return "served";
        });
      },
      answering());
  h.c.send(R"(21["order"])");
  h.ping();
  CHECK(h.c.receive() == pong);
  here.go();
  CHECK(h.c.receive() == R"(31["served"])");
}

TEST_CASE("the first failure is answered when the last handler of the event has ended without an answer",
          "[socketio][answers]") {
  cosio::test::pause here;
  mailbox<> said;
  house h(
      [&](cosio::socket who) {
        answer_ping(who);
        who.on("order", [] { throw cosio::refusal("the first"); });
        who.on("order", [&]() -> task<> { co_await here.wait(); });
        who.on("order", [] { throw cosio::refusal("the third"); });
        who.on("at once", [] { throw cosio::refusal("no"); });
        who.on("at once", [] {});
        who.on_error([&](cosio::socket_error wrong) { said.put(wrong.message()); });
      },
      answering());
  h.c.send(R"(21["order"])");
  h.ping();
  CHECK(h.c.receive() == pong);
  CHECK(said.take() == "the first");
  CHECK(said.take() == "the third");
  here.go();
  CHECK(h.c.receive() == R"(31[{"message":"the first"}])");
  h.c.send(R"(22["at once"])");
  CHECK(h.c.receive() == R"(32[{"message":"no"}])");
}

TEST_CASE("a failure is answered when the packet middleware has ended without an answer", "[socketio][answers]") {
  cosio::test::pause here;
  house h(
      [&](cosio::socket who) {
        answer_ping(who);
        who.use([&](cosio::packet& p, cosio::next go) -> task<> {
          co_await go();
          if (p.event() == "ping") co_return;
          co_await here.wait();
          if (p.event() == "covered") co_await p.answer()("by the middleware");
        });
        for (const char* event : {"covered", "left alone"}) who.on(event, [] { throw cosio::refusal("no"); });
      },
      answering());
  h.c.send({R"(21["covered"])", R"(22["left alone"])"});
  h.ping();
  CHECK(h.c.receive() == pong);
  for (int i = 0; i < 2; ++i) here.go();
  std::vector<std::string> got{h.c.receive(), h.c.receive()};
  std::sort(got.begin(), got.end());
  CHECK(got == std::vector<std::string>{R"(31["by the middleware"])", R"(32[{"message":"no"}])"});
}

TEST_CASE("events one at a time: the failure of one is answered before the next event begins", "[socketio][answers]") {
  cosio::options opts = answering();
  opts.handlers = cosio::handler_order::sequential;
  cosio::test::pause here;
  house h(
      [&](cosio::socket who) {
        answer_ping(who);
        who.on("order", [] { throw cosio::refusal("no"); });
        who.on("order", [&]() -> task<> { co_await here.wait(); });
        who.on("next", [] { return "next"; });
      },
      opts);
  h.c.send({R"(21["order"])", R"(22["next"])"});
  here.go();
  CHECK(h.c.receive() == R"(31[{"message":"no"}])");
  CHECK(h.c.receive() == R"(32["next"])");
  h.ping();
  CHECK(h.c.receive() == pong);
}

TEST_CASE("an event that fails takes no answer from a catch-all that has the acknowledgement and answers later",
          "[socketio][answers]") {
  for (const bool one_at_a_time : {false, true}) {
    CAPTURE(one_at_a_time);
    cosio::options opts = answering();
    if (one_at_a_time) opts.handlers = cosio::handler_order::sequential;
    cosio::test::pause here;
    house h(
        [&](cosio::socket who) {
          answer_ping(who);
          who.on_any([&](std::string event, cosio::arguments, cosio::ack answer) -> task<> {
            if (event == "ping" || event == "alone") co_return;
            co_await here.wait();
            if (event != "left alone") co_await answer("by the catch-all");
          });
          for (const char* event : {"fails", "left alone", "alone"}) who.on(event, [] { throw cosio::refusal("no"); });
          who.on("unfit", [](int) {});
        },
        opts);
    const auto check = [&](const char* packet, const char* answer) {
      h.c.send(packet);
      h.ping();
      if (!one_at_a_time) CHECK(h.c.receive() == pong);
      here.go();
      CHECK(h.c.receive() == answer);
      if (one_at_a_time) CHECK(h.c.receive() == pong);
    };
    check(R"(21["fails"])", R"(31["by the catch-all"])");
    check(R"(22["unfit","x"])", R"(32["by the catch-all"])");
    check(R"(23["left alone"])", R"(33[{"message":"no"}])");
    h.c.send(R"(24["alone"])");
    CHECK(h.c.receive() == R"(34[{"message":"no"}])");
  }
}

TEST_CASE("packet middleware may answer an event that fits no handler", "[socketio][answers]") {
  house h(
      [&](cosio::socket who) {
        who.use([](cosio::packet& p, cosio::next go) -> task<> {
          co_await go();
          if (p.event() == "covered") co_await p.answer()("by the middleware");
        });
        for (const char* event : {"covered", "left alone"}) who.on(event, [](int) {});
      },
      answering());
  h.c.send(R"(21["covered","x"])");
  CHECK(h.c.receive() == R"(31["by the middleware"])");
  h.c.send(R"(22["left alone","x"])");
  CHECK(h.c.receive() == R"(32[{"message":"the arguments do not fit"}])");
}

TEST_CASE("an event is answered also when the middleware that started the rest has ended before",
          "[socketio][answers]") {
  cosio::test::pause here;
  house h(
      [&](cosio::socket who) {
        answer_ping(who);
        who.use([](cosio::packet& p, cosio::next go) -> task<> {
          if (p.event() == "ping") {
            co_await go();
            co_return;
          }
          const auto on = co_await boost::asio::this_coro::executor;
          cosio::spawn(on, go());
        });
        who.use([&](cosio::packet& p, cosio::next go) -> task<> {
          if (p.event() != "ping") co_await here.wait();
          co_await go();
        });
        who.on("ends", [](int) -> task<> { co_return; });
        who.on("fails", [] { throw cosio::refusal("no"); });
      },
      answering());
  h.c.send(R"(21["ends",1])");
  h.ping();
  CHECK(h.c.receive() == pong);
  here.go();
  CHECK(h.c.receive() == "31[]");
  h.c.send(R"(22["fails"])");
  h.ping();
  CHECK(h.c.receive() == pong);
  here.go();
  CHECK(h.c.receive() == R"(32[{"message":"no"}])");
}

TEST_CASE("with explain_refusals the answer to a failed event has the cause", "[socketio][answers]") {
  cosio::options opts = answering();
  opts.explain_refusals = true;
  house h([](cosio::socket who) { who.on("fails", [](int) { throw std::runtime_error("10.0.0.7 is down"); }); }, opts);
  h.c.send(R"(21["fails",1])");
  CHECK(h.c.receive() == R"(31[{"message":"internal error: 10.0.0.7 is down"}])");
  h.c.send(R"(22["fails"])");
  CHECK(h.c.receive().starts_with(R"(32[{"message":"the arguments do not fit: argument 0)"));
}

TEST_CASE("a failed event is answered once, and only for a client that asked", "[socketio][answers]") {
  house h(
      [](cosio::socket who) {
        answer_ping(who);
        who.on("answered", [](cosio::ack answer) -> task<> {
          co_await answer("done");
          throw std::runtime_error("afterwards");
        });
        who.on("two", [] { return 1; });
        who.on("two", [] { throw std::runtime_error("the second"); });
        who.on("not asked", [] { throw std::runtime_error("nobody asked"); });
        who.on_any([](std::string event, cosio::arguments) {
          if (event == "watched") throw std::runtime_error("a catch-all");
        });
        who.on("watched", [] { return "fine"; });
      },
      answering());
  h.c.send({R"(21["answered"])", R"(22["two"])", R"(2["not asked"])", R"(23["watched"])"});
  CHECK(h.c.receive() == R"(31["done"])");
  CHECK(h.c.receive() == "32[1]");
  CHECK(h.c.receive() == R"(33["fine"])");
  h.ping();
  CHECK(h.c.receive() == pong);
}

TEST_CASE("a handler that returns an empty task has failed, and its arguments fit", "[socketio][answers]") {
  mailbox<> said;
  house h(
      [&](cosio::socket who) {
        answer_ping(who);
        who.on("asked", [](int) -> task<> { return {}; });
        who.on("by reference", [](const std::string&) -> task<> { return {}; });
        who.on("with a result", []() -> task<int> { return {}; });
        who.on_error([&](cosio::socket_error wrong) { said.put(wrong.event() + ": " + wrong.message()); });
      },
      answering());
  const std::string sentence =
      ": the function returned an empty cosio::task<>: write co_return in it, or let it be a plain function";
  h.c.send(R"(21["asked",1])");
  CHECK(h.c.receive() == R"(31[{"message":"internal error"}])");
  CHECK(said.take().starts_with("asked" + sentence));
  h.c.send(R"(2["asked",1])");
  CHECK(said.take().starts_with("asked" + sentence));
  h.c.send(R"(22["by reference","x"])");
  CHECK(h.c.receive() == R"(32[{"message":"internal error"}])");
  CHECK(said.take().starts_with("by reference" + sentence));
  h.c.send(R"(23["with a result"])");
  CHECK(h.c.receive() == R"(33[{"message":"internal error"}])");
  CHECK(said.take().starts_with("with a result" + sentence));
  h.ping();
  CHECK(h.c.receive() == pong);
}
