// Answering a client's event: once, from anywhere, as long as the connection lives.

#include "socketio/socket_ack.hpp"

#include <cosio/cosio.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::ack;
using cosio::task;

namespace {

// A server whose handlers give the test the acknowledgements that they were asked for.
struct ack_world {
  ack_world() {
    s.io.on_connection([this](cosio::socket c) {
      joined.put(c);
      c.on("ask", [this](ack answer) { asked.put(answer); });
    });
    port = s.start();
  }
  ack ask(sio_client& c, const std::string& packet = R"(27["ask"])") {
    c.send(packet);
    return asked.take();
  }

  mailbox<cosio::socket> joined;
  mailbox<ack> asked;
  sio_server s;
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("an event is answered once, whoever answers, and from any thread", "[socketio][socket_ack]") {  // edge 226
  ack_world w;
  sio_client c(w.port);
  c.join();
  const ack answer = w.ask(c);
  const ack copy = answer;
  CHECK(answer);
  w.s.run(answer("first", 1));
  w.s.run(copy("second"));
  w.s.run(answer());
  CHECK(c.receive() == R"(37["first",1])");
  w.s.run(w.joined.take().emit("mark"));
  CHECK(c.receive() == R"(2["mark"])");
}

TEST_CASE("the handler's own answer and an explicit one are one", "[socketio][socket_ack]") {  // edge 226
  sio_server s;
  s.io.on_connection([](cosio::socket c) {
    c.on("both", [](ack answer) -> task<std::string> {
      co_await answer("explicit");
      co_return "returned";
    });
    c.on("mark", [] { return 1; });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(21["both"])", R"(22["mark"])"});
  CHECK(c.receive() == R"(31["explicit"])");
  CHECK(c.receive() == "32[1]");
}

TEST_CASE("a handler that throws answers nothing, unless it has answered before", "[socketio][socket_ack]") {
  sio_server s;
  s.io.on_connection([](cosio::socket c) {
    c.on("throw", []() -> task<int> { throw std::runtime_error("no answer"); });
    c.on("answer and throw", [](ack answer) -> task<int> {
      co_await answer("first");
      throw std::runtime_error("too late");
    });
    c.on("mark", [] { return 1; });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(21["throw"])", R"(22["answer and throw"])", R"(23["mark"])"});
  CHECK(c.receive() == R"(32["first"])");
  CHECK(c.receive() == "33[1]");
}

TEST_CASE("a client that asked for nothing gets nothing", "[socketio][socket_ack]") {
  ack_world w;
  sio_client c(w.port);
  c.join();
  const ack none = w.ask(c, R"(2["ask"])");
  CHECK_FALSE(none);
  w.s.run(none("x"));
  w.s.run(w.joined.take().emit("mark"));
  CHECK(c.receive() == R"(2["mark"])");
}

TEST_CASE("answers have no arguments, several, or binary", "[socketio][socket_ack]") {  // edge 225
  ack_world w;
  sio_client c(w.port);
  c.join();
  w.s.run(w.ask(c)());
  CHECK(c.receive() == "37[]");
  w.s.run(w.ask(c)(1, "two", nullptr));
  CHECK(c.receive() == R"(37[1,"two",null])");
  w.s.run(w.ask(c)(cosio::binary(std::string("\x01")), 2));
  CHECK(c.receive() == R"(61-7[{"_placeholder":true,"num":0},2])");
  CHECK(c.receive_bytes() == "\x01");
}

TEST_CASE("ids are the client's, up to the largest, and name its namespace", "[socketio][socket_ack]") {
  ack_world w;
  w.s.io.of("/custom").on_connection([&](cosio::socket c) { c.on("ask", [&](ack answer) { w.asked.put(answer); }); });
  sio_client c(w.port);
  c.join();
  c.join("/custom");
  w.s.run(w.ask(c, R"(20["ask"])")(1));
  CHECK(c.receive() == "30[1]");
  w.s.run(w.ask(c, R"(2/custom,9007199254740991["ask"])")(2));
  CHECK(c.receive() == "3/custom,9007199254740991[2]");
}

TEST_CASE("a client that has left the namespace still gets its answer, while its connection lives",
          "[socketio][socket_ack]") {
  ack_world w;
  w.s.io.of("/other");
  sio_client c(w.port);
  c.join();
  const ack answer = w.ask(c);
  c.send("1");
  c.join("/other");  // behind it
  w.s.run(answer("late"));
  CHECK(c.receive() == R"(37["late"])");
}

TEST_CASE("answering a client that is gone does nothing, and ends", "[socketio][socket_ack]") {
  ack_world w;
  auto c = std::make_unique<sio_client>(w.port);
  c->join();
  const ack answer = w.ask(*c);
  c->drop();
  CHECK(eventually([&] { return w.s.io.engine().clients_count() == 0; }));
  const auto before = w.s.io.metrics();
  w.s.run(answer("nobody"));
  w.s.run(answer("nobody"));
  const auto now = w.s.io.metrics();
  CHECK(now.packets_sent == before.packets_sent);
  CHECK(now.bytes_sent == before.bytes_sent);
  CHECK(now.handler_errors == before.handler_errors);
}

TEST_CASE("an acknowledgement may outlive its server", "[socketio][socket_ack]") {
  ack kept;
  {
    ack_world w;
    sio_client c(w.port);
    c.join();
    kept = w.ask(c);
  }
  boost::asio::io_context elsewhere;
  auto ended = start(elsewhere.get_executor(), kept("nobody"));
  elsewhere.run();
  wait(std::move(ended));
}
