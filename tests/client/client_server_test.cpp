// A client and a server of this library in one process, over real connections.

#include <boost/asio/io_context.hpp>

#include <cosio/cosio.hpp>
#include <cosio/io_client.hpp>
#include <cosio/parser.hpp>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/mailbox.hpp"
#include "support/sio_server.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// A client with an io_context and a thread of its own.
class live_client {
 public:
  explicit live_client(std::uint16_t port, std::string path = "", manager_options options = {})
      : runs_(context_),
        server(context_.get_executor(), "http://127.0.0.1:" + std::to_string(port) + path, std::move(options)) {}

  template <class T>
  T run(task<T> work) {
    return wait(test::start(context_.get_executor(), std::move(work)));
  }
  boost::asio::io_context& context() noexcept { return context_; }

 private:
  boost::asio::io_context context_;
  background runs_;

 public:
  manager server;
};

manager_options over(std::string transport) {
  manager_options options;
  options.connection.transports = {std::move(transport)};
  options.reconnection_delay = 10ms;
  return options;
}

}  // namespace

TEST_CASE("a client and a server of this library") {
  const std::string transport = GENERATE("polling", "websocket");
  CAPTURE(transport);
  mailbox<> ids;
  sio_server s;
  s.io.on_connection([&](cosio::socket user) {
    ids.put(user.id());
    user.on("add", [](int a, int b) { return a + b; });
    user.on("echo", [user](cosio::arguments all) -> task<> { co_await user.emit("echoed", all); });
  });
  live_client c(s.start(), "", over(transport));
  const auto me = c.server.socket();
  c.run(me.connect());
  CHECK(me.id() == ids.take());
  CHECK(c.server.transport() == transport);
  CHECK(c.run(me.emit_with_ack<int>("add", 1, 2)) == 3);

  mailbox<std::pair<std::string, binary>> echoed;
  me.on("echoed", [&](std::string text, binary bytes) { echoed.put({text, bytes}); });
  const binary bytes(std::string("\x00\xff", 2));
  const std::string text = "привет \xF0\x9F\x98\x80";
  CHECK(c.run(me.emit("echo", text, bytes)).queued == 1);
  const auto got = echoed.take();
  CHECK(got.first == text);
  CHECK(got.second == bytes);
  c.run(me.disconnect());
  CHECK_FALSE(me.connected());
}

TEST_CASE("a middleware of the server refuses a client, with data") {
  sio_server s;
  s.io.use([](cosio::socket& user) {
    if (user.handshake().auth().object().contains("token")) return;
    throw refusal("no token", boost::json::value{{"code", 7}});
  });
  live_client c(s.start());
  const auto stranger = c.server.socket("/");
  try {
    c.run(stranger.connect());
    FAIL("nothing was thrown");
  } catch (const connect_error& e) {
    CHECK(e.refused());
    CHECK(e.message() == "no token");
    CHECK(e.data().at("code") == 7);
  }
}

TEST_CASE("the path of the URL names the namespace of socket()") {
  sio_server s;
  mailbox<> names;
  s.io.of("/chat").on_connection([&](cosio::socket user) { names.put(std::string(user.nsp().name())); });
  live_client c(s.start(), "/chat");
  const auto me = c.server.socket();
  CHECK(me.nsp() == "/chat");
  c.run(me.connect());
  CHECK(names.take() == "/chat");
}

TEST_CASE("a client comes back to its server with what it missed") {
  options opts = test_options();
  opts.connection_state_recovery.emplace();
  sio_server s(std::move(opts));
  mailbox<cosio::socket> users;
  s.io.on_connection([&](cosio::socket user) { users.put(user); });
  live_client c(s.start(), "", over("websocket"));
  const auto me = c.server.socket("/");
  mailbox<int> news;
  mailbox<> ends;
  me.on("news", [&](int n) { news.put(n); });
  me.on_disconnect([&](client_reason why) { ends.put(std::string(why.text())); });
  c.run(me.connect());
  const cosio::socket user = users.take();
  const std::string id = me.id();
  s.run(s.io.emit("news", 1));
  CHECK(news.take() == 1);
  c.server.pause();
  s.run_on(user, [](cosio::socket whose) -> task<> { co_await whose.conn().close(); }(user));
  ends.take();
  s.run(s.io.emit("news", 2));
  c.server.resume();
  CHECK(news.take() == 2);
  CHECK(me.id() == id);
  CHECK(me.recovered());
}

TEST_CASE("MessagePack between a client and a server") {
  options opts = test_options();
  opts.parser = msgpack_parser();
  sio_server s(std::move(opts));
  s.io.on_connection([](cosio::socket user) { user.on("twice", [](int n) { return 2 * n; }); });
  manager_options options = over("websocket");
  options.parser = msgpack_parser();
  live_client c(s.start(), "", std::move(options));
  const auto me = c.server.socket("/");
  c.run(me.connect());
  CHECK(c.run(me.emit_with_ack<int>("twice", 21)) == 42);
}

TEST_CASE("protocol 4 between a client and a server") {
  options opts = test_options();
  opts.allow_eio3 = true;
  sio_server s(std::move(opts));
  s.io.on_connection([](cosio::socket user) { user.on("twice", [](int n) { return 2 * n; }); });
  s.io.of("/chat").on_connection([](cosio::socket) {});
  manager_options options = over(GENERATE("polling", "websocket"));
  options.protocol = 4;
  live_client c(s.start(), "", std::move(options));
  const auto me = c.server.socket("/");
  c.run(me.connect());
  CHECK(c.run(me.emit_with_ack<int>("twice", 21)) == 42);
  const auto chat = c.server.socket("/chat", {.query = "token=abc"});
  c.run(chat.connect());
  CHECK(chat.id().find("/chat#") == 0);
}

TEST_CASE("a client is destroyed while events come and go") {
  sio_server s;
  s.io.on_connection([](cosio::socket user) {
    user.on("more", [user](int n) -> task<int> {
      co_await user.emit("event", n);
      co_return n;
    });
  });
  const std::uint16_t port = s.start();
  mailbox<int> came;
  boost::asio::io_context context;
  const background runs(context, 2);
  for (int round = 0; round < 20; ++round) {
    auto server = std::make_shared<manager>(context.get_executor(), "http://127.0.0.1:" + std::to_string(port));
    const auto me = server->socket("/");
    me.on("event", [me, &came](int n) -> task<> {
      came.put(n);
      co_await me.emit("more", n);
    });
    auto work = [](client_socket of) -> task<> {
      co_await of.connect();
      for (int n = 0;; ++n) co_await of.emit_with_ack<int>("more", n);
    };
    auto running = test::start(context.get_executor(), work(me));
    for (int n = 0; n < round; ++n) came.take();
    server.reset();
    try {
      wait(std::move(running));
      FAIL("it ended without an error");
    } catch (const cosio::error& e) {
      CHECK((e.code() == errc::cancelled || e.code() == errc::disconnected));
    }
  }
}
