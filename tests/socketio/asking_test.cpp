// Emitting and awaiting the answer, from one client or from many. It always ends.

#include "socketio/asking.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "socketio/timed_server.hpp"
#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::arguments;
using cosio::binary;
using cosio::errc;
using cosio::task;

namespace {

// A server, and clients of whose sockets the test has handles.
struct asking_world {
  explicit asking_world(unsigned threads = 1) : s(test_options(threads)) {
    s.io.on_connection([this](cosio::socket c) { joined.put(c); });
    port = s.start();
  }
  cosio::socket join(sio_client& c) {
    c.join();
    return joined.take();
  }
  template <class T>
  std::future<T> start(task<T> work) {
    return cosio::test::start(s.io.executor(), std::move(work));
  }

  mailbox<cosio::socket> joined;
  sio_server s;
  std::uint16_t port = 0;
};

task<> to_nowhere(task<cosio::report> work) { co_await std::move(work); }

// The code and the text of a failed operation.
template <class T>
std::pair<errc, std::string> failure(std::future<T> result) {
  try {
    static_cast<void>(wait(std::move(result)));
  } catch (const cosio::error& e) {
    return {static_cast<errc>(e.code().value()), e.detail()};
  }
  return {errc::packet_empty, "nothing failed"};
}

std::vector<std::string> texts(const cosio::answers& all) {
  std::vector<std::string> out;
  for (const arguments& one : all.responses()) out.push_back(cosio::detail::encode_answer(one).json());
  return out;
}

}  // namespace

TEST_CASE("an answer is what was awaited, converted", "[socketio][asking]") {  // edge 229
  asking_world w;
  sio_client c(w.port);
  const auto socket = w.join(c);

  auto all = w.start(socket.emit_with_ack("q", 1));
  CHECK(c.receive() == R"(20["q",1])");
  c.send(R"(30["a",[2]])");
  const arguments got = wait(std::move(all));
  CHECK(got.size() == 2);
  CHECK(got.get<std::string>(0) == "a");

  auto one = w.start(socket.timeout(10s).emit_with_ack<int>("q"));
  CHECK(c.receive() == R"(21["q"])");
  c.send("31[7,8]");
  CHECK(wait(std::move(one)) == 7);

  auto two = w.start(socket.emit_with_ack<std::string, std::optional<int>>("q"));
  CHECK(c.receive() == R"(22["q"])");
  c.send(R"(32["x"])");
  CHECK(wait(std::move(two)) == std::tuple<std::string, std::optional<int>>("x", std::nullopt));

  auto none = w.start(socket.emit_with_ack("q"));
  CHECK(c.receive() == R"(23["q"])");
  c.send("33");
  CHECK(wait(std::move(none)).empty());
}

TEST_CASE("questions and answers may be binary", "[socketio][asking]") {
  asking_world w;
  sio_client c(w.port);
  const auto socket = w.join(c);
  auto asked = w.start(socket.emit_with_ack<binary>("q", binary(std::string("question"))));
  CHECK(c.receive() == R"(51-0["q",{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == "question");
  c.send({R"(61-0[{"_placeholder":true,"num":0}])", sio_message::bytes("answer")});
  CHECK(wait(std::move(asked)).view() == "answer");
}

TEST_CASE("an answer that does not fit is an error", "[socketio][asking]") {
  asking_world w;
  sio_client c(w.port);
  const auto socket = w.join(c);
  auto wrong = w.start(socket.emit_with_ack<int>("q"));
  c.receive();
  c.send(R"(30["seven"])");
  CHECK(failure(std::move(wrong)) ==
        std::pair(errc::conversion,
                  std::string("argument 0 of the answer to \"q\" must be an integer, but is a string")));
  auto missing = w.start(socket.emit_with_ack<int>("q"));
  c.receive();
  c.send("31[]");
  CHECK(failure(std::move(missing)).first == errc::conversion);
}

TEST_CASE("without an answer in time the question times out, and a late answer is ignored",
          "[socketio][asking]") {  // edge 228
  asking_world w;
  sio_client c(w.port);
  const auto socket = w.join(c);
  auto asked = w.start(socket.timeout(20ms).emit_with_ack("q"));
  c.receive();
  CHECK(failure(std::move(asked)) == std::pair(errc::timed_out, std::string("operation has timed out")));
  c.send("30[1]");
  auto again = w.start(socket.timeout(10s).emit_with_ack<int>("q"));
  CHECK(c.receive() == R"(21["q"])");
  c.send("31[2]");
  CHECK(wait(std::move(again)) == 2);
}

TEST_CASE("no time at all is no hang", "[socketio][asking]") {
  asking_world w(2);
  sio_client c(w.port);
  const auto socket = w.join(c);
  for (const auto time : {0ms, -5ms, 1ms}) {
    CHECK(failure(w.start(socket.timeout(time).emit_with_ack("q"))).first == errc::timed_out);
    const auto many = wait(w.start(w.s.io.timeout(time).emit_with_ack("q")));
    CHECK_FALSE(many.complete());
  }
}

TEST_CASE("an answer may take any time", "[socketio][asking]") {
  asking_world w;
  sio_client c(w.port);
  const auto socket = w.join(c);
  auto asked = w.start(socket.timeout(std::chrono::milliseconds::max()).emit_with_ack<int>("q"));
  CHECK(c.receive() == R"(20["q"])");
  auto many = w.start(w.s.io.timeout(std::chrono::milliseconds::max()).emit_with_ack("all"));
  CHECK(c.receive() == R"(21["all"])");
  c.send("30[1]");
  c.send("31[2]");
  CHECK(wait(std::move(asked)) == 1);
  CHECK(wait(std::move(many)).complete());
}

TEST_CASE("a question ends when the client leaves first, however it leaves", "[socketio][asking]") {
  asking_world w;
  sio_client c(w.port);
  const auto socket = w.join(c);
  auto asked = w.start(socket.emit_with_ack("q"));
  c.receive();
  SECTION("it leaves the namespace") { c.send("1"); }
  SECTION("it closes") { c.close(); }
  SECTION("its connection is lost") { c.drop(); }
  SECTION("the server disconnects it") { w.s.run(socket.disconnect()); }
  SECTION("the server closes its connection") { w.s.run(socket.disconnect(true)); }
  SECTION("the server closes") {
    c.drop();
    w.s.run(w.s.io.close());
  }
  CHECK(failure(std::move(asked)) ==
        std::pair(errc::disconnected, std::string("the socket left before \"q\" was answered")));
}

TEST_CASE("asking a socket that has left fails at once", "[socketio][asking]") {
  asking_world w;
  sio_client c(w.port);
  const auto socket = w.join(c);
  w.s.run(socket.disconnect());
  CHECK(failure(w.start(socket.emit_with_ack("q"))).first == errc::disconnected);
  CHECK(failure(w.start(socket.timeout(10s).emit_with_ack("q"))).first == errc::disconnected);
  CHECK(failure(w.start(socket.once("e"))).first == errc::disconnected);
}

TEST_CASE("a volatile question that is dropped ends at once, and says so", "[socketio][asking]") {
  timed_server s;
  std::vector<cosio::socket> joined;
  s.io.on_connection([&](cosio::socket c) { joined.push_back(c); });
  world_client c = s.join();
  const std::string large(300'000, 'x');  // more than the connection takes while nobody reads
  s.start(to_nowhere(joined.at(0).emit("large", large)));
  std::optional<errc> ended;
  std::string why;
  auto ask = [&](cosio::socket to) -> task<> {
    try {
      co_await to.volatile_().emit_with_ack<int>("q");
    } catch (const cosio::error& e) {
      ended = static_cast<errc>(e.code().value());
      why = e.detail();
    }
  };
  auto asking = ask(joined.at(0));
  const auto first = s.start(std::move(asking));
  CHECK(*first);
  CHECK(ended == errc::dropped);
  CHECK(why == "\"q\" is volatile, and could not go out at once");

  // Once the client has read, it is asked.
  while (c.receive() != "(nothing)") {
  }
  ended = std::nullopt;
  auto again = ask(joined.at(0));
  const auto second = s.start(std::move(again));
  CHECK_FALSE(*second);
  CHECK(c.receive() == R"(21["q"])");
  c.send("31[7]");
  CHECK(*second);
  CHECK_FALSE(ended);
}

TEST_CASE("a question may be cancelled", "[socketio][asking]") {
  asking_world w;
  sio_client c(w.port);
  const auto socket = w.join(c);
  boost::asio::cancellation_signal stop;
  std::promise<std::exception_ptr> ended;
  boost::asio::co_spawn(
      socket.conn().internals()->get_strand(), socket.timeout(10s).emit_with_ack("q"),
      boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, arguments) { ended.set_value(e); }));
  c.receive();
  boost::asio::post(socket.conn().internals()->get_strand(),
                    [&] { stop.emit(boost::asio::cancellation_type::terminal); });
  try {
    std::rethrow_exception(wait(ended.get_future()));
    FAIL("it went on");
  } catch (const boost::system::system_error& e) {
    CHECK(e.code() == boost::asio::error::operation_aborted);
  }
  c.send("30[]");  // nobody waits for it
  auto again = w.start(socket.emit_with_ack<int>("q"));
  CHECK(c.receive() == R"(21["q"])");
  c.send("31[1]");
  CHECK(wait(std::move(again)) == 1);
}

TEST_CASE("ids come from one counter for the namespace", "[socketio][asking]") {
  asking_world w;
  sio_client a(w.port);
  sio_client b(w.port);
  const auto first = w.join(a);
  const auto second = w.join(b);
  auto one = w.start(first.emit_with_ack("q"));
  CHECK(a.receive() == R"(20["q"])");
  auto two = w.start(second.emit_with_ack("q"));
  CHECK(b.receive() == R"(21["q"])");
  auto both = w.start(w.s.io.timeout(10s).emit_with_ack("q"));
  CHECK(a.receive() == R"(22["q"])");
  CHECK(b.receive() == R"(22["q"])");
  b.send({"30[1]", "32[2]"});  // another client's id answers nothing
  a.send({"30[3]", "32[4]"});
  CHECK(wait(std::move(one)).get<int>(0) == 3);
  CHECK(wait(std::move(both)).responses().size() == 2);
  b.send("31[5]");
  CHECK(wait(std::move(two)).get<int>(0) == 5);
}

// ---------------------------------------------------------------- many

TEST_CASE("the answers of many come in the order of their arrival", "[socketio][asking]") {  // edge 230
  asking_world w;
  sio_client a(w.port);
  sio_client b(w.port);
  w.join(a);
  w.join(b);
  auto asked = w.start(w.s.io.timeout(10s).emit_with_ack("q", "x"));
  CHECK(a.receive() == R"(20["q","x"])");
  CHECK(b.receive() == R"(20["q","x"])");
  b.send(R"(30["b",1])");
  b.send({R"(30["again"])", R"(2["flush"])"});
  CHECK(eventually([&] { return w.s.io.engine().clients_count() == 2; }));
  a.send("30");
  const auto all = wait(std::move(asked));
  CHECK(all.complete());
  auto got = texts(all);
  std::sort(got.begin(), got.end());  // two connections: either may be read first
  CHECK(got == std::vector<std::string>{R"(["b",1])", "[]"});
  try {
    static_cast<void>(all.values<int>());
    FAIL("neither is a number");
  } catch (const cosio::error& wrong) {
    CHECK(wrong.detail().starts_with(R"(argument 0 of the answer to "q" must be an integer)"));
  }
}

TEST_CASE("when the time is over the answers so far are there, and late ones are ignored",
          "[socketio][asking]") {  // edge 230
  asking_world w;
  sio_client a(w.port);
  sio_client b(w.port);
  w.join(a);
  const auto silent = w.join(b);
  auto asked = w.start(w.s.io.timeout(200ms).emit_with_ack("q"));
  a.receive();
  b.receive();
  a.send(R"(30["a"])");
  const auto some = wait(std::move(asked));
  CHECK_FALSE(some.complete());
  CHECK(texts(some) == std::vector<std::string>{R"(["a"])"});
  b.send(R"(30["late"])");
  auto again = w.start(silent.emit_with_ack<int>("q"));
  CHECK(b.receive() == R"(21["q"])");
  b.send("31[1]");
  CHECK(wait(std::move(again)) == 1);
}

TEST_CASE("a client that leaves is not waited for", "[socketio][asking]") {
  asking_world w;
  sio_client a(w.port);
  sio_client b(w.port);
  w.join(a);
  w.join(b);
  auto asked = w.start(w.s.io.timeout(10s).emit_with_ack("q"));
  a.receive();
  b.receive();
  b.drop();
  a.send(R"(30["a"])");
  const auto some = wait(std::move(asked));
  CHECK_FALSE(some.complete());
  CHECK(texts(some) == std::vector<std::string>{R"(["a"])"});
}

TEST_CASE("asking nobody is answered at once", "[socketio][asking]") {  // edge 231
  asking_world w;
  const auto none = wait(w.start(w.s.io.timeout(10s).emit_with_ack("q")));
  CHECK(none.complete());
  CHECK(none.responses().empty());
  CHECK(wait(w.start(w.s.io.to("empty").timeout(10s).emit_with_ack("q"))).complete());
}

TEST_CASE("asking many needs a timeout", "[socketio][asking]") {  // edge 232
  asking_world w;
  sio_client a(w.port);
  const auto socket = w.join(a);
  CHECK(failure(w.start(w.s.io.to("x").emit_with_ack("q"))).first == errc::bad_argument);
  CHECK(failure(w.start(socket.broadcast().emit_with_ack("q"))).first == errc::bad_argument);
}

TEST_CASE("the receivers of a question are chosen as those of any broadcast", "[socketio][asking]") {
  asking_world w;
  sio_client a(w.port);
  sio_client b(w.port);
  const auto asker = w.join(a);
  const auto other = w.join(b);
  auto asked = w.start(asker.broadcast().timeout(10s).emit_with_ack("q"));
  CHECK(b.receive() == R"(20["q"])");
  b.send("30[1]");
  CHECK(wait(std::move(asked)).complete());
  auto second = w.start(w.s.io.to(other.id(), asker.id()).except(asker.id()).timeout(10s).emit_with_ack("q"));
  CHECK(b.receive() == R"(21["q"])");
  b.send("31[2]");
  CHECK(texts(wait(std::move(second))) == std::vector<std::string>{"[2]"});
  w.s.run(asker.emit("last"));
  CHECK(a.receive() == R"(2["last"])");  // it was never asked
}

TEST_CASE("a handler may ask everybody, its own client included", "[socketio][asking]") {
  asking_world w;
  w.s.io.on_connection([&](cosio::socket c) {
    c.on("ask", [io = c.nsp()]() -> task<std::size_t> {
      const auto all = co_await io.timeout(10s).emit_with_ack("q");
      co_return all.responses().size();
    });
  });
  sio_client a(w.port);
  sio_client b(w.port);
  w.join(a);
  w.join(b);
  a.send(R"(27["ask"])");
  a.receive();
  b.receive();
  b.send("30[]");
  a.send("30[]");
  CHECK(a.receive() == "37[2]");
}
