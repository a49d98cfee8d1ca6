// Publishing without a server: the messages that a wire is given, and those of the classic Redis adapter.

#include <boost/asio/co_spawn.hpp>

#include <cosio/cluster_emitter.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/emitter_redis.hpp"
#include "cluster/redis_messages.hpp"
#include "cluster/redis_peer.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/world.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::cluster_message;
using cosio::errc;
using cosio::message_type;
using cosio::publication;
using names = std::vector<std::string>;

namespace {

// A wire that keeps what it is given.
class kept_wire final : public cosio::cluster_wire {
 public:
  cosio::task<> listen(std::string, std::string, std::shared_ptr<cosio::cluster_receiver>) override { co_return; }
  cosio::task<> stop(std::string, std::string) override { co_return; }
  cosio::task<publication> publish(cluster_message message) override {
    messages.push_back(std::move(message));
    publication done;
    done.ok = true;
    done.offset = "7-0";
    done.pending = is_pending;
    co_return done;
  }
  cosio::wire_counts counts() const override { return {}; }

  std::vector<cluster_message> messages;
  bool is_pending = false;
};

struct house {
  const cluster_message& last() const { return wire->messages.back(); }

  world w;
  std::shared_ptr<kept_wire> wire = std::make_shared<kept_wire>();
  cosio::emitter hub{w.context().get_executor(), [this](cosio::adapter_host&) { return wire; }};
};

}  // namespace

TEST_CASE("an emitter publishes events with their receivers and flags", "[cluster][emitter]") {
  house h;
  const publication sent = h.w.run(h.hub.emit("news", "hello", 1));
  CHECK(sent.ok);
  CHECK(sent.offset == "7-0");
  CHECK(h.last().type == message_type::broadcast);
  CHECK(h.last().uid == "emitter");
  CHECK(h.last().nsp == "/");
  CHECK(h.last().event.json() == R"(["news","hello",1])");
  CHECK(h.last().to.everybody);

  CHECK(h.w.run(h.hub.of("chat").to("a").in("b").except("c").volatile_().compress(false).emit("e")).ok);
  CHECK(h.last().nsp == "/chat");
  CHECK_FALSE(h.last().to.everybody);
  CHECK(h.last().to.rooms == names{"a", "b"});
  CHECK(h.last().to.except == names{"c"});
  CHECK(h.last().to.flags.is_volatile);
  CHECK_FALSE(h.last().to.flags.compress);

  CHECK(h.w.run(h.hub.emit("b", cosio::binary("\x01"))).ok);
  CHECK(h.last().event.attachments().size() == 1);
}

TEST_CASE("an emitter moves sockets, disconnects them and tells servers", "[cluster][emitter]") {
  house h;
  CHECK(h.w.run(h.hub.to("a").sockets_join("x", names{"y"})).ok);
  CHECK(h.last().type == message_type::sockets_join);
  CHECK(h.last().to.rooms == names{"a"});
  CHECK(h.last().rooms == names{"x", "y"});
  CHECK(h.w.run(h.hub.sockets_leave("x")).ok);
  CHECK(h.last().type == message_type::sockets_leave);
  CHECK(h.last().to.everybody);
  CHECK(h.w.run(h.hub.except("a").disconnect_sockets(true)).ok);
  CHECK(h.last().type == message_type::disconnect_sockets);
  CHECK(h.last().close);
  CHECK(h.w.run(h.hub.of("/chat").server_side_emit("reload", 5)).ok);
  CHECK(h.last().type == message_type::server_side_emit);
  CHECK(h.last().nsp == "/chat");
  CHECK(h.last().event.json() == R"(["reload",5])");
  CHECK(h.last().request_id.empty());
}

TEST_CASE("an empty list of rooms names nobody, and nothing is published", "[cluster][emitter]") {
  house h;
  const auto nobody = h.hub.to(names());
  CHECK(h.w.run(nobody.emit("e")).ok);
  CHECK(h.w.run(nobody.sockets_join("x")).ok);
  CHECK(h.w.run(nobody.disconnect_sockets()).ok);
  CHECK(h.wire->messages.empty());
}

TEST_CASE("an emitter refuses what no server would get", "[cluster][emitter]") {
  house h;
  for (const char* event : {"connect", "disconnect", "error"})
    CHECK(error_of([&] { h.w.run(h.hub.emit(event)); }) == errc::bad_argument);
  CHECK(error_of([&] { h.w.run(h.hub.local().emit("e")); }) == errc::bad_argument);
  CHECK(error_of([&] { h.w.run(h.hub.local().disconnect_sockets()); }) == errc::bad_argument);
  CHECK(error_of([&] { h.w.run(h.hub.binary(false).emit("e", cosio::binary("x"))); }) == errc::bad_argument);
  CHECK(error_of([&] { h.w.run(h.hub.server_side_emit("connection")); }) == errc::bad_argument);
  CHECK(error_of([&] { h.w.run(h.hub.to("a").server_side_emit("e")); }) == errc::bad_argument);
  CHECK(h.wire->messages.empty());
}

namespace {

// An emitter to a Redis that does what the test says.
struct at_redis {
  using maker = std::function<std::shared_ptr<cosio::cluster_wire>(cosio::adapter_host&)>;

  // The wire of an adapter: 0 classic, 1 sharded, 2 streams.
  static maker wire_of(int kind, const std::string& url) {
    cosio::redis_options redis;
    redis.url = url;
    cosio::sharded_options sharded;
    cosio::streams_options streams;
    sharded.redis = streams.redis = redis;
    if (kind == 0) return cosio::redis_wire(redis);
    return kind == 1 ? cosio::sharded_redis_wire(sharded) : cosio::redis_streams_wire(streams);
  }
  static cosio::emitter_options within(std::chrono::milliseconds time) {
    cosio::emitter_options how;
    how.publish_timeout = time;
    return how;
  }

  at_redis(int kind, std::chrono::milliseconds time)
      : hub(std::in_place, w.context().get_executor(), wire_of(kind, peer.url()), within(time)) {
    peer.answers = [this](const redis_peer::words& command) { return answer(command); };
  }
  // Its connections are closed by the context, which must be there.
  ~at_redis() {
    hub.reset();
    w.settle();
  }

  std::string answer(const redis_peer::words& command) const {
    const bool is_message = command[0] == "PUBLISH" || command[0] == "SPUBLISH" || command[0] == "XADD";
    if (!is_message) return redis_peer::usual(command);
    const auto has = [&](const char* word) {
      return std::any_of(command.begin(), command.end(),
                         [&](const std::string& one) { return one.find(word) != std::string::npos; });
    };
    if (has("silence")) return "";
    if (has("refused")) return "-ERR no such thing\r\n";
    return command[0] == "XADD" ? redis_peer::bulk("7-0") : ":1\r\n";
  }

  // Begins to publish.
  std::shared_ptr<std::optional<publication>> begin(const std::string& event) {
    auto out = std::make_shared<std::optional<publication>>();
    boost::asio::co_spawn(w.context(), hub->emit(event), [out](std::exception_ptr failed, publication done) {
      if (!failed) *out = std::move(done);
    });
    return out;
  }

  world w;
  redis_peer peer{w};
  std::optional<cosio::emitter> hub;
};

}  // namespace

TEST_CASE("messages of an emitter that are under way together have an outcome each", "[cluster][emitter]") {
  if (!cosio::cluster::has_redis()) return;
  const int kind = GENERATE(0, 1, 2);
  CAPTURE(kind);
  at_redis h(kind, 10s);
  const auto first = h.begin("taken");
  const auto second = h.begin("refused");
  const auto third = h.begin("taken, too");
  REQUIRE(h.w.run_until([&] { return *first && *second && *third; }));
  CHECK((*first)->ok);
  CHECK((*first)->problem.empty());
  CHECK_FALSE((*second)->ok);
  CHECK((*second)->problem.find("no such thing") != std::string::npos);
  CHECK((*third)->ok);
}

TEST_CASE("an emitter waits for the broker's word, and not for ever", "[cluster][emitter]") {
  if (!cosio::cluster::has_redis()) return;
  const int kind = GENERATE(0, 1);
  CAPTURE(kind);
  at_redis h(kind, 300ms);
  REQUIRE(h.w.run(h.hub->emit("taken")).ok);
  const auto waits = h.begin("silence");
  REQUIRE(h.w.run_until([&] { return waits->has_value(); }));
  CHECK_FALSE((*waits)->ok);
  CHECK((*waits)->problem == "the time was over before the broker took it");
}

TEST_CASE("an emitter says when the broker cannot be reached in time", "[cluster][emitter]") {
  if (!cosio::cluster::has_redis()) return;
  const int kind = GENERATE(0, 1, 2);
  CAPTURE(kind);
  world w;
  {
    const cosio::emitter hub(w.context().get_executor(), at_redis::wire_of(kind, "redis://127.0.0.1:1"),
                             at_redis::within(30ms));
    const publication late = w.run(hub.emit("e"));
    CHECK_FALSE(late.ok);
    CHECK(late.problem == "the broker cannot be reached");
  }
  w.settle();
}

TEST_CASE("an emitter is not content with a place in the line", "[cluster][emitter]") {
  house h;
  h.wire->is_pending = true;
  const publication waits = h.w.run(h.hub.emit("e"));
  CHECK_FALSE(waits.ok);
  CHECK_FALSE(waits.problem.empty());
}

TEST_CASE("messages to servers with the classic adapter are those of Node's emitter", "[cluster][emitter]") {
  const auto written = [](cluster_message message) {
    message.nsp = "/chat";
    return cosio::cluster::write_classic(message, "socket.io");
  };
  cluster_message event(message_type::broadcast);
  event.event = cosio::event_data(R"(["e",1])", {});
  CHECK(written(event).channel == "socket.io#/chat#");
  event.to.everybody = false;
  event.to.rooms = {"a"};
  event.to.except = {"b"};
  const auto one = written(event);
  CHECK(one.channel == "socket.io#/chat#a#");
  const auto read = cosio::cluster::read_broadcast(one.bytes);
  REQUIRE(read);
  CHECK(read->uid == "emitter");
  CHECK(read->nsp == "/chat");
  CHECK(read->data.json() == R"(["e",1])");
  CHECK(read->to.rooms == names{"a"});
  CHECK(read->to.except == names{"b"});
  event.to.rooms = {"a", "c"};
  CHECK(written(event).channel == "socket.io#/chat#");

  cluster_message join(message_type::sockets_join);
  join.rooms = {"x"};
  CHECK(written(join).channel == "socket.io-request#/chat#");
  CHECK(written(join).bytes == R"({"uid":"emitter","type":2,"opts":{"rooms":[],"except":[]},"rooms":["x"]})");
  join.type = message_type::sockets_leave;
  CHECK(written(join).bytes == R"({"uid":"emitter","type":3,"opts":{"rooms":[],"except":[]},"rooms":["x"]})");
  cluster_message gone(message_type::disconnect_sockets);
  gone.close = true;
  CHECK(written(gone).bytes == R"({"uid":"emitter","type":4,"opts":{"rooms":[],"except":[]},"close":true})");
  cluster_message told(message_type::server_side_emit);
  told.event = cosio::event_data(R"(["reload",5])", {});
  CHECK(written(told).bytes == R"({"uid":"emitter","type":6,"data":["reload",5]})");
  CHECK(error_of([&] { written(cluster_message(message_type::fetch_sockets)); }) == errc::not_supported);
}
