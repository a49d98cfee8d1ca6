// Connection state recovery, over real connections: a client that was cut off comes back as the same socket.

#include <cosio/cosio.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "adapter/local_adapter.hpp"
#include "async/suspension.hpp"
#include "socketio/socket_core.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

namespace json = boost::json;
using names = std::vector<std::string>;

cosio::options with_recovery(bool skip_middlewares = true) {
  cosio::options opts = test_options();
  opts.connection_state_recovery.emplace().skip_middlewares = skip_middlewares;
  return opts;
}

std::string member(std::string_view packet, std::string_view name) {
  const json::value parsed = json::parse({packet.data() + 1, packet.size() - 1});
  const json::value* found = parsed.as_object().if_contains(name);
  return found != nullptr ? json::value_to<std::string>(*found) : "";
}

// An event packet in two parts: what was emitted, and the offset behind it.
struct received {
  explicit received(const std::string& packet) {
    json::array list = json::parse(packet.substr(packet.find('['))).as_array();
    offset = json::value_to<std::string>(list.back());
    list.pop_back();
    event = json::serialize(list);
  }
  std::string event;
  std::string offset;
};

// The CONNECT of a client that comes back.
std::string credentials(const std::string& pid, const std::string& offset) {
  return R"(0{"pid":")" + pid + R"(","offset":")" + offset + R"("})";
}

struct recovering_server {
  explicit recovering_server(cosio::options opts = with_recovery()) : s(std::move(opts)) {
    s.io.on_connection([this](cosio::socket c) {
      c.on_disconnect([this](cosio::reason why) -> cosio::task<> {
        left.put(std::string(why.text()));
        co_return;
      });
      c.on("ask", [](cosio::arguments all) { return all; });
      here.put(c);
    });
    port = s.start();
  }

  void emit(const std::string& event) { s.run(s.io.emit(event)); }

  mailbox<> left;
  mailbox<cosio::socket> here;
  sio_server s;
  std::uint16_t port = 0;
};

// A client that has joined and received one event.
struct session {
  explicit session(recovering_server& s) : server(s), connection(std::make_unique<sio_client>(s.port)) {
    connection->send("0");
    const std::string reply = connection->receive();
    sid = member(reply, "sid");
    pid = member(reply, "pid");
    socket = s.here.take();
    s.emit("first");
    last = connection->receive();
    offset = received(last).offset;
  }
  // Cut off: the server knows.
  std::string lose() {
    connection->drop();
    return server.left.take();
  }
  // Connects again with what the client would send.
  void come_back(const sio_settings& how = {}) {
    connection = std::make_unique<sio_client>(server.port, how);
    connection->send(credentials(pid, offset));
  }
  // The packets until CONNECT, which is the last.
  names until_connected() {
    names all;
    do all.push_back(connection->receive());
    while (!all.back().starts_with('0'));
    return all;
  }

  recovering_server& server;
  std::unique_ptr<sio_client> connection;
  std::string sid, pid, last, offset;
  cosio::socket socket;
};

}  // namespace

// edge 264
TEST_CASE("with recovery a client gets a secret, and events end with where it is", "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  CHECK(client.sid.size() == 20);
  CHECK(client.pid.size() == 20);
  CHECK(client.sid != client.pid);
  CHECK(client.last.starts_with(R"(2["first",")"));
  CHECK_FALSE(client.socket.recovered());

  s.s.run(s.s.io.emit("binary", cosio::binary("ab"), 1));
  const std::string text = client.connection->receive();
  CHECK(text.starts_with(R"(51-["binary",{"_placeholder":true,"num":0},1,")"));
  CHECK(client.connection->receive_bytes() == "ab");

  s.s.run_on(client.socket, client.socket.emit("direct", 7));
  const received direct(client.connection->receive());
  CHECK(direct.event == R"(["direct",7])");
  CHECK(direct.offset != client.offset);
}

// edge 265, 266
TEST_CASE("a client that was cut off receives what it missed, then it is the same socket", "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  s.s.run(client.socket.join("a", "b"));
  client.socket.data(json::object{{"name", "Ann"}});
  CHECK(client.lose() == "transport close");
  CHECK_FALSE(client.socket.connected());

  s.emit("all");
  s.s.run(s.s.io.to("a").emit("room", cosio::binary("xy")));
  s.s.run(s.s.io.to("c").emit("another room"));
  s.s.run(s.s.io.to(client.sid).emit("its own room"));
  s.s.run(client.socket.emit("old handle"));
  s.s.run(s.s.io.volatile_().emit("volatile"));

  client.come_back();
  CHECK(received(client.connection->receive()).event == R"(["all"])");
  const std::string room = client.connection->receive();
  CHECK(room.starts_with(R"(51-["room",{"_placeholder":true,"num":0},")"));
  CHECK(client.connection->receive_bytes() == "xy");
  const names rest = client.until_connected();
  REQUIRE(rest.size() == 3);
  CHECK(received(rest[0]).event == R"(["its own room"])");
  CHECK(received(rest[1]).event == R"(["old handle"])");
  CHECK(member(rest[2], "sid") == client.sid);
  CHECK(member(rest[2], "pid") == client.pid);

  const cosio::socket again = s.here.take();
  CHECK(again.recovered());
  CHECK(again.id() == client.sid);
  CHECK(again.data().at("name") == "Ann");
  names rooms = again.rooms();
  std::sort(rooms.begin(), rooms.end());
  names expected{"a", "b", client.sid};
  std::sort(expected.begin(), expected.end());
  CHECK(rooms == expected);

  s.s.run(s.s.io.to("b").emit("live"));
  CHECK(received(client.connection->receive()).event == R"(["live"])");
}

TEST_CASE("recovery works again after the first time", "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  for (int round = 0; round < 3; ++round) {
    client.lose();
    s.emit("missed");
    client.come_back();
    const names all = client.until_connected();
    REQUIRE(all.size() == 2);
    CHECK(received(all[0]).event == R"(["missed"])");
    client.offset = received(all[0]).offset;
    CHECK(member(all[1], "sid") == client.sid);
    CHECK(s.here.take().recovered());
  }
}

TEST_CASE("a client that has received nothing yet can come back, too", "[socketio][recovery]") {
  recovering_server s;
  sio_client first(s.port);
  first.send("0");
  const std::string reply = first.receive();
  s.here.take();
  first.drop();
  s.left.take();
  s.emit("missed");
  sio_client second(s.port);
  second.send(R"(0{"pid":")" + member(reply, "pid") + R"("})");
  CHECK(received(second.receive()).event == R"(["missed"])");
  CHECK(member(second.receive(), "sid") == member(reply, "sid"));
}

TEST_CASE("a client that is cut off again before it has received what it missed receives it the next time",
          "[socketio][recovery]") {
  recovering_server s;
  auto client = std::make_unique<sio_client>(s.port);
  client->send("0");
  const std::string pid = member(client->receive(), "pid");
  s.here.take();
  client->drop();
  s.left.take();
  s.emit("missed");
  for (int round = 0; round < 3; ++round) {
    client = std::make_unique<sio_client>(s.port);
    client->send(R"(0{"pid":")" + pid + R"("})");  // never an offset: it does not look at what comes
    CHECK(received(client->receive()).event == R"(["missed"])");
    CHECK(member(client->receive(), "pid") == pid);
    s.here.take();
    client->drop();
    s.left.take();
  }
}

namespace {

// Lets the test hold a middleware.
struct held_middleware {
  void install(const cosio::server& io) {
    io.use([this](cosio::socket& who, cosio::next next) -> cosio::task<> {
      began.put(std::string(who.id()));
      if (hold) {
        auto hand_out = [this](std::shared_ptr<cosio::async::suspension> waiting) { go_on.put(std::move(waiting)); };
        co_await cosio::async::suspend(std::move(hand_out));
      }
      co_await next();
    });
  }
  std::atomic<bool> hold{false};
  mailbox<> began;
  mailbox<std::shared_ptr<cosio::async::suspension>> go_on;
};

}  // namespace

TEST_CASE("a client that comes back reads what it missed at its own pace, and is in then", "[socketio][recovery]") {
  cosio::options opts = with_recovery();
  opts.high_water_mark = 20'000;
  opts.max_queued_bytes = 200'000;  // less than it has missed
  recovering_server s(opts);
  session client(s);
  client.lose();
  for (int i = 0; i < 40; ++i) s.emit(std::to_string(i) + std::string(20'000, 'x'));
  client.come_back();
  const names all = client.until_connected();
  REQUIRE(all.size() == 41);
  for (int i = 0; i < 40; ++i) CHECK(all[static_cast<std::size_t>(i)].starts_with("2[\"" + std::to_string(i) + "xx"));
  CHECK(member(all.back(), "sid") == client.sid);
  CHECK(s.here.take().recovered());
  s.emit("live");
  CHECK(received(client.connection->receive()).event == R"(["live"])");
}

TEST_CASE("a client that does not read what it missed is let go, and gets it when it comes back and reads",
          "[socketio][recovery]") {
  cosio::options opts = with_recovery();
  opts.max_queued_bytes = 1'000'000;
  opts.high_water_mark = 1'000'000;  // behind less than half of this the next packet does not wait
  recovering_server s(opts);
  session client(s);
  client.lose();
  for (const std::size_t size : {400'000, 900'000}) s.emit(std::string(size, 'x'));
  client.come_back(polling());
  CHECK(eventually([&] { return s.s.io.engine().clients_count() == 0; }));  // it does not read
  client.come_back();
  const names all = client.until_connected();
  REQUIRE(all.size() == 3);
  CHECK(member(all.back(), "sid") == client.sid);
  CHECK(s.here.take().recovered());
}

TEST_CASE("a client that is lost again while it reads what it missed goes on from there", "[socketio][recovery]") {
  held_middleware middleware;
  recovering_server s(with_recovery(false));
  middleware.install(s.s.io);
  session client(s);
  client.lose();
  s.emit("missed");
  middleware.hold = true;
  client.come_back();
  const auto waiting = middleware.go_on.take();
  client.connection->drop();
  CHECK(eventually([&] { return s.s.io.engine().clients_count() == 0; }));
  middleware.hold = false;
  waiting->end();
  client.come_back();
  const names all = client.until_connected();
  REQUIRE(all.size() == 2);
  CHECK(received(all[0]).event == R"(["missed"])");
  CHECK(member(all[1], "sid") == client.sid);
}

// edge 267
TEST_CASE("middleware is skipped for a client that comes back, unless it shall not be", "[socketio][recovery]") {
  const bool skip = GENERATE(true, false);
  CAPTURE(skip);
  held_middleware middleware;
  recovering_server s(with_recovery(skip));
  middleware.install(s.s.io);
  session client(s);
  CHECK(middleware.began.take() == client.sid);
  client.lose();
  client.come_back();
  client.until_connected();
  CHECK(s.here.take().recovered());
  CHECK(middleware.began.empty() == skip);
}

TEST_CASE("what is emitted while middleware runs for a client that comes back is neither lost nor doubled",
          "[socketio][recovery]") {
  held_middleware middleware;
  recovering_server s(with_recovery(false));
  middleware.install(s.s.io);
  session client(s);
  client.lose();
  s.emit("before");
  middleware.hold = true;
  client.come_back();
  const auto waiting = middleware.go_on.take();
  s.emit("between");
  waiting->end();
  const names all = client.until_connected();
  REQUIRE(all.size() == 3);
  CHECK(received(all[0]).event == R"(["before"])");
  CHECK(received(all[1]).event == R"(["between"])");
  s.emit("after");
  CHECK(received(client.connection->receive()).event == R"(["after"])");
}

TEST_CASE("a client that middleware refuses does not come back, and not later either", "[socketio][recovery]") {
  std::atomic<bool> blocked{false};
  recovering_server s(with_recovery(false));
  s.s.io.use([&](cosio::socket&, cosio::next next) -> cosio::task<> {
    if (blocked) throw cosio::refusal("blocked");
    co_await next();
  });
  session client(s);
  client.lose();
  blocked = true;
  client.come_back();
  CHECK(client.connection->receive() == R"(4{"message":"blocked"})");
  blocked = false;
  client.come_back();
  CHECK(member(client.connection->receive(), "sid") != client.sid);
}

TEST_CASE("a handle of the socket before does nothing to the socket that came back", "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  const cosio::socket before = client.socket;
  s.s.run(before.join("lobby"));
  client.lose();
  client.come_back();
  client.until_connected();
  const cosio::socket now = s.here.take();
  REQUIRE(now.recovered());
  REQUIRE(now.id() == before.id());
  CHECK(now.rooms().size() == 2);
  CHECK(before.rooms().empty());
  s.s.run(before.leave("lobby"));
  s.s.run(before.leave(before.id()));
  s.s.run(before.join("other"));
  s.s.run(before.disconnect());
  s.s.run(before.disconnect(true));
  CHECK(now.rooms().size() == 2);
  const auto report = s.s.run(s.s.io.to("lobby").emit("still"));
  CHECK(report.queued == 1);
  CHECK(received(client.connection->receive()).event == R"(["still"])");

  before.data({{"name", "before"}});
  CHECK(now.data() == json::value());
  CHECK_FALSE(before.connected());
  CHECK_FALSE(before.conn().open());
  CHECK(s.s.run(before.volatile_().emit("too late")).refused == 1);
  CHECK(error_of([&] { s.s.run(before.emit_with_ack("well?")); }) == cosio::errc::disconnected);
  CHECK(error_of([&] { s.s.run(before.timeout(1h).emit_with_ack("well?")); }) == cosio::errc::disconnected);
  CHECK(error_of([&] { s.s.run(before.once("say")); }) == cosio::errc::disconnected);
  CHECK(s.s.run(before.disconnected()).text() == "transport close");
  before.on("ask", [](cosio::arguments) { return "the one before"; });
  before.on_any([](std::string, cosio::arguments, cosio::ack) -> cosio::task<> { throw std::logic_error("on_any"); });
  before.use([](cosio::packet&, cosio::next) -> cosio::task<> { throw cosio::refusal("by the one before"); });
  before.off_any();
  before.remove_all_listeners("ask");
  before.remove_all_listeners();
  before.set_max_listeners(1);
  before.expires_in(0ms);
  s.s.run(before.conn().close());
  client.connection->send(R"(27["ask","who"])");
  CHECK(client.connection->receive() == R"(37["who"])");
  CHECK(now.connected());
  // Events to the others come from it all the same, as in the reference: a client that left may be told of.
  CHECK(s.s.run(before.broadcast().emit("left")).queued == 0);
}

TEST_CASE("what is missed and broadcasts meanwhile arrive once each, in order, and are counted once",
          "[socketio][recovery]") {
  cosio::options opts = with_recovery();
  opts.high_water_mark = 20'000;
  opts.max_queued_bytes = 500'000;  // less than it has missed, and less than what comes meanwhile
  opts.connection_state_recovery->max_bytes = 100'000'000;
  recovering_server s(opts);
  session client(s);
  client.lose();
  constexpr std::size_t each = 100;
  std::size_t number = 0;
  const auto emit = [&] {
    const auto sum = s.s.run(s.s.io.emit(std::to_string(number++) + std::string(200'000, 'x')));
    CHECK(sum.over_budget + sum.refused + sum.dropped == 0);
    return sum.queued;
  };
  std::size_t counted = 0;
  for (std::size_t i = 0; i < each; ++i) counted += emit();
  CHECK(counted == 0);
  client.come_back();  // it does not read: twenty megabytes are more than a connection holds
  for (std::size_t i = 0; i < each; ++i) counted += emit();
  CHECK(counted == 0);
  names all = client.until_connected();
  CHECK(s.here.take().recovered());
  counted += emit();
  CHECK(counted == 1);
  all.erase(all.end() - 1);
  all.push_back(client.connection->receive());
  REQUIRE(all.size() == 2 * each + 1);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].starts_with("2[\"" + std::to_string(i) + "xx"));
}

// edge 268
TEST_CASE("who is unknown, or does not know where it was, begins anew", "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  client.lose();
  const names wrong{credentials("unknown", client.offset),
                    credentials(client.pid, "unknown"),
                    credentials(client.pid, ""),
                    R"(0{"pid":")" + client.pid + R"(","offset":7})",
                    R"(0{"pid":")" + client.pid + R"(","offset":null})",
                    R"(0{"pid":7,"offset":")" + client.offset + R"("})"};
  const std::string auth = wrong[static_cast<std::size_t>(GENERATE(range(0, 6)))];
  CAPTURE(auth);
  sio_client again(s.port);
  again.send(auth);
  const std::string reply = again.receive();
  REQUIRE(reply.starts_with('0'));
  CHECK(member(reply, "sid") != client.sid);
  CHECK(member(reply, "pid") != client.pid);
  CHECK_FALSE(s.here.take().recovered());
}

// edge 269
TEST_CASE("volatile events, events with acknowledgement and acknowledgements carry no offset and do not come again",
          "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  const auto answers = start(s.s.io.executor(), s.s.io.timeout(5s).emit_with_ack("all"));
  CHECK(client.connection->receive() == R"(20["all"])");
  const auto answer = start(client.socket.conn().internals()->get_strand(), client.socket.emit_with_ack<>("one"));
  CHECK(client.connection->receive() == R"(21["one"])");
  client.connection->send(R"(27["ask",1])");
  CHECK(client.connection->receive() == R"(37[1])");
  client.lose();
  s.s.run(s.s.io.volatile_().emit("volatile"));
  client.come_back();
  CHECK(client.until_connected().size() == 1);
}

// edge 271
TEST_CASE("who left, or was sent away, does not come back", "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  SECTION("the client left") {
    client.connection->send("1");
    CHECK(s.left.take() == "client namespace disconnect");
  }
  SECTION("the server disconnected it") {
    s.s.run(client.socket.disconnect());
    CHECK(s.left.take() == "server namespace disconnect");
  }
  client.come_back();
  CHECK(member(client.until_connected().back(), "sid") != client.sid);
}

TEST_CASE("disconnecting a socket that is away does nothing: its client comes back", "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  client.lose();
  SECTION("by its handle") { s.s.run(client.socket.disconnect()); }
  SECTION("by its handle, with its session") { s.s.run(client.socket.disconnect(true)); }
  SECTION("by its id") { s.s.run(s.s.io.in(client.sid).disconnect_sockets()); }
  SECTION("with all others") { s.s.run(s.s.io.disconnect_sockets(true)); }
  client.come_back();
  CHECK(member(client.until_connected().back(), "sid") == client.sid);
  CHECK(s.here.take().recovered());
}

// edge 272
TEST_CASE("a session is restored once: a second client with its secret begins anew", "[socketio][recovery]") {
  recovering_server s;
  session client(s);
  client.lose();
  client.come_back();
  CHECK(member(client.until_connected().back(), "sid") == client.sid);
  sio_client thief(s.port);
  thief.send(credentials(client.pid, client.offset));
  CHECK(member(thief.receive(), "sid") != client.sid);
}

// edge 273
TEST_CASE("without recovery there is no secret and no offset, and what looks like them is ordinary auth",
          "[socketio][recovery]") {
  recovering_server s(test_options());
  sio_client c(s.port);
  c.send(credentials("p", "o"));
  const std::string reply = c.receive();
  CHECK(member(reply, "pid").empty());
  const cosio::socket socket = s.here.take();
  CHECK(socket.handshake().auth()["pid"] == "p");
  CHECK_FALSE(socket.recovered());
  s.emit("plain");
  CHECK(c.receive() == R"(2["plain"])");
}

TEST_CASE("clients of generation 2 go without recovery, and receive events as they were emitted",
          "[socketio][recovery]") {
  recovering_server s;
  sio_settings old;
  old.eio = 3;
  sio_client c(s.port, old);
  CHECK(c.receive() == "0");
  s.here.take();
  s.s.run(s.s.io.emit("hi", cosio::binary("ab")));
  CHECK(c.receive() == R"(51-["hi",{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == "ab");
  s.emit("plain");
  CHECK(c.receive() == R"(2["plain"])");
}

TEST_CASE("namespaces recover each on its own", "[socketio][recovery]") {
  recovering_server s;
  s.s.io.of("/chat").on_connection([&](cosio::socket c) {
    c.on_disconnect([&](cosio::reason why) -> cosio::task<> {
      s.left.put(std::string(why.text()));
      co_return;
    });
    s.here.put(c);
  });
  sio_client first(s.port);
  first.send("0/chat,");
  const std::string reply = first.receive();
  const std::string pid = member(reply.substr(6), "pid");
  CHECK(pid.size() == 20);
  s.here.take();
  first.drop();
  s.left.take();
  sio_client wrong(s.port);
  wrong.send(R"(0{"pid":")" + pid + R"("})");
  CHECK(member(wrong.receive(), "pid") != pid);
  s.s.run(s.s.io.of("/chat").emit("missed"));
  sio_client right(s.port);
  right.send(R"(0/chat,{"pid":")" + pid + R"("})");
  CHECK(right.receive().starts_with(R"(2/chat,["missed",")"));
  CHECK(member(right.receive().substr(6), "pid") == pid);
}

namespace {

// An adapter whose store is out of order, or that has none.
class broken_adapter final : public cosio::adapters::local_adapter {
 public:
  broken_adapter(cosio::adapter_host& host, bool has_store) : local_adapter(host), has_store_(has_store) {}
  bool keeps_sessions() const noexcept override { return has_store_; }
  cosio::task<> persist_session(cosio::session_record) override {
    throw std::runtime_error("the store is out of order");
  }
  cosio::task<std::shared_ptr<const cosio::session_record>> restore_session(std::string, std::string) override {
    throw std::runtime_error("the store is out of order");
  }

 private:
  const bool has_store_;
};

cosio::options with_broken_adapter(bool has_store) {
  cosio::options opts = with_recovery();
  opts.adapter = [has_store](cosio::adapter_host& host) -> std::shared_ptr<cosio::adapter> {
    return std::make_shared<broken_adapter>(host, has_store);
  };
  return opts;
}

}  // namespace

// edge 268
TEST_CASE("an adapter that fails costs a client only its recovery", "[socketio][recovery]") {
  const captured_log log;
  recovering_server s(with_broken_adapter(true));
  sio_client first(s.port);
  first.send("0");
  const std::string pid = member(first.receive(), "pid");
  CHECK(pid.size() == 20);
  s.here.take();
  first.drop();
  CHECK(s.left.take() == "transport close");
  CHECK(eventually([&] { return log.count(cosio::log_level::error, "its session could not be kept") == 1; }));
  CHECK(s.s.io.metrics().sessions_stored == 0);
  sio_client again(s.port);
  again.send(credentials(pid, "offset"));
  CHECK(member(again.receive(), "pid") != pid);
  CHECK_FALSE(s.here.take().recovered());
  CHECK(log.count(cosio::log_level::error, "the store is out of order") == 1);  // it could not be kept
  CHECK(log.count(cosio::log_level::warn, "the store is out of order") == 1);   // nor be restored
}

TEST_CASE("with an adapter that keeps no sessions, recovery is off", "[socketio][recovery]") {
  recovering_server s(with_broken_adapter(false));
  sio_client c(s.port);
  c.send("0");
  CHECK(member(c.receive(), "pid").empty());
  s.emit("plain");
  CHECK(c.receive() == R"(2["plain"])");
}

TEST_CASE("the log is told once that no session is kept, whatever namespaces clients make", "[socketio][recovery]") {
  const captured_log log;
  recovering_server s(with_broken_adapter(false));
  s.s.io.of([](std::string, cosio::handshake) { return true; });
  sio_client c(s.port);
  const std::string longest(500, 'x');
  for (const std::string& name : {std::string("one"), std::string("two"), longest}) {
    c.send("0/" + name + ",");
    CHECK(c.receive().starts_with("0/" + name));
  }
  CHECK(log.count(cosio::log_level::warn, "keeps no sessions") == 1);
  CHECK(log.count(cosio::log_level::warn, longest) == 0);
}
