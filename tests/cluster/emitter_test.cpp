// Publishing without a server: the messages that a wire is given, and those of the classic Redis adapter.

#include <cosio/cluster_emitter.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/emitter_redis.hpp"
#include "cluster/redis_messages.hpp"
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
    if (on_publish) on_publish();
    publication done;
    done.ok = true;
    done.offset = "7-0";
    co_return done;
  }
  cosio::wire_counts counts() const override {
    cosio::wire_counts out;
    out.connected = is_connected;
    out.pending_bytes = pending_bytes;
    out.lost = lost;
    return out;
  }

  std::vector<cluster_message> messages;
  bool is_connected = true;
  std::size_t pending_bytes = 0;
  std::uint64_t lost = 0;
  std::function<void()> on_publish;
};

struct house {
  explicit house(bool connected = true) { wire->is_connected = connected; }
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

TEST_CASE("an emitter waits for its connection, and says when there is none in time", "[cluster][emitter]") {
  house h(false);
  cosio::emitter_options how;
  how.publish_timeout = 30ms;
  const cosio::emitter hub(h.w.context().get_executor(), [&](cosio::adapter_host&) { return h.wire; }, how);
  const publication late = h.w.run(hub.emit("e"));
  CHECK_FALSE(late.ok);
  CHECK(late.problem == "the broker cannot be reached");
  CHECK(h.wire->messages.empty());
  h.wire->is_connected = true;
  CHECK(h.w.run(hub.emit("e")).ok);
}

TEST_CASE("an emitter is not content with a place in the line", "[cluster][emitter]") {
  house h;
  cosio::emitter_options how;
  how.publish_timeout = 30ms;
  const cosio::emitter hub(h.w.context().get_executor(), [&](cosio::adapter_host&) { return h.wire; }, how);
  h.wire->pending_bytes = 5;
  const publication waits = h.w.run(hub.emit("e"));
  CHECK_FALSE(waits.ok);
  CHECK(waits.problem == "the time was over before the broker took it");
  h.wire->pending_bytes = 0;
  h.wire->on_publish = [&] { ++h.wire->lost; };
  const publication lost = h.w.run(hub.emit("e"));
  CHECK_FALSE(lost.ok);
  CHECK(lost.problem == "the message was lost");
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
