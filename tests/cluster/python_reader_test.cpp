// Messages of Python, applied to the sockets of this server, whatever its adapter is.

#include "cluster/python_reader.hpp"

#include <cosio/cosio.hpp>
#include <cosio/redis.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "cluster/redis_peer.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/timed_server.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio::test;
using cosio::log_level;

namespace {

// A server whose namespaces "/" and "/chat" have a reader that no Redis feeds.
struct house : timed_server {
  house() {
    for (const auto& nsp : {io.sockets(), io.of("/chat")}) {
      nsp.on_connection([this](cosio::socket who) { sockets.push_back(who); });
      reader->add(*nsp.internals(), nsp.adapter());
    }
  }

  // The connections of the reader are closed by the context, which must be there.
  ~house() {
    reader.reset();
    w.settle();
  }

  void said(std::string_view message) {
    reader->received(message);
    w.settle();
  }
  bool is_in(std::size_t which, const std::string& room) const {
    const auto in = sockets[which].rooms();
    return std::find(in.begin(), in.end(), room) != in.end();
  }
  std::string id(std::size_t which) const { return sockets[which].id(); }

  std::vector<cosio::socket> sockets;
  std::shared_ptr<cosio::cluster::python_reader> reader = std::make_shared<cosio::cluster::python_reader>(
      w.context().get_executor(), w.timers(), cosio::cluster::redis_address("redis://127.0.0.1:1"),
      cosio::cluster::redis_settings(), "socketio");
};

}  // namespace

TEST_CASE("events of Python reach the clients that they name", "[cluster][python]") {
  house h;
  auto a = h.join();
  auto b = h.join();
  auto chat = h.open();
  chat.join("/chat,");
  h.said(R"({"method":"emit","event":"all","data":["hello"],"namespace":"/","room":null,"skip_sid":null})");
  CHECK(a.receive() == R"(2["all","hello"])");
  CHECK(b.receive() == R"(2["all","hello"])");
  h.said(R"({"method":"emit","event":"one","data":[],"room":")" + h.id(0) + R"("})");
  CHECK(a.receive() == R"(2["one"])");
  h.said(R"({"method":"emit","event":"others","data":[],"skip_sid":")" + h.id(0) + R"("})");
  CHECK(b.receive() == R"(2["others"])");
  h.said(R"({"method":"emit","event":"chat","data":[{"a":1}],"namespace":"/chat"})");
  CHECK(chat.receive() == R"(2/chat,["chat",{"a":1}])");
  h.said(R"({"method":"emit","event":"nowhere","data":[],"namespace":"/nowhere"})");
  for (world_client* one : {&a, &b, &chat}) CHECK(one->receive() == "(nothing)");
}

TEST_CASE("Python moves one socket, closes rooms and disconnects", "[cluster][python]") {
  house h;
  auto a = h.join();
  auto b = h.join();
  h.said(R"({"method":"enter_room","sid":")" + h.id(0) + R"(","room":"x","namespace":"/"})");
  CHECK(h.is_in(0, "x"));
  CHECK_FALSE(h.is_in(1, "x"));
  // A name of a room is no id of a socket.
  h.said(R"({"method":"enter_room","sid":"x","room":"y"})");
  h.said(R"({"method":"disconnect","sid":"x"})");
  CHECK_FALSE(h.is_in(0, "y"));
  h.said(R"({"method":"leave_room","sid":")" + h.id(0) + R"(","room":"x"})");
  CHECK_FALSE(h.is_in(0, "x"));
  h.w.run(h.sockets[0].join("z"));
  h.w.run(h.sockets[1].join("z"));
  h.said(R"({"method":"close_room","room":"z"})");
  CHECK_FALSE(h.is_in(0, "z"));
  CHECK_FALSE(h.is_in(1, "z"));
  CHECK(a.receive() == "(nothing)");
  h.said(R"({"method":"disconnect","sid":")" + h.id(0) + R"("})");
  CHECK(a.receive() == "1");
  CHECK(b.receive() == "(nothing)");
}

TEST_CASE("unreadable messages of Python are put aside, and told of once", "[cluster][python]") {
  house h;
  auto a = h.join();
  captured_log log;
  for (int i = 0; i < 3; ++i) {
    h.said("\x80\x04\x95.");
    h.said(R"({"method":"emit","event":"e","room":{}})");
  }
  CHECK(log.count(log_level::warn, "pickled messages") == 1);
  CHECK(log.count(log_level::warn, "none of python-socketio") == 1);
  CHECK(a.receive() == "(nothing)");
}

TEST_CASE("messages for a namespace that has gone go nowhere", "[cluster][python]") {
  world outer;  // the connections of the reader live longer than the server
  auto reader = std::make_shared<cosio::cluster::python_reader>(outer.context().get_executor(), outer.timers(),
                                                                cosio::cluster::redis_address("redis://127.0.0.1:1"),
                                                                cosio::cluster::redis_settings(), "socketio");
  {
    house h;
    reader->add(*h.io.sockets().internals(), h.io.sockets().adapter());
  }
  reader->received(R"({"method":"emit","event":"e"})");
  CHECK(reader.use_count() == 1);
  reader.reset();
  outer.settle();
}

TEST_CASE("every adapter for Redis reads the channel of Python, and a wire alone refuses it", "[cluster][python]") {
  if (!cosio::cluster::has_redis()) return;
  using factory = std::function<std::shared_ptr<cosio::adapter>(cosio::adapter_host&)>;
  world w;
  redis_peer peer(w);
  cosio::redis_options redis;
  redis.url = peer.url();
  redis.python_channel = "from python";
  cosio::sharded_options sharded;
  cosio::streams_options streams;
  sharded.redis = streams.redis = redis;
  const factory makers[] = {cosio::redis_adapter(redis), cosio::sharded_redis_adapter(sharded),
                            cosio::redis_streams_adapter(streams)};
  for (const factory& make : makers) {
    peer.seen.clear();
    fake_host host(w);
    auto made = make(host);
    const redis_peer::words wanted{"SUBSCRIBE", "from python"};
    CHECK(w.run_until([&] { return std::find(peer.seen.begin(), peer.seen.end(), wanted) != peer.seen.end(); }));
    made.reset();
    w.settle();
  }
  CHECK(error_of([&] { cosio::sharded_redis_wire(sharded); }) == cosio::errc::bad_argument);
  CHECK(error_of([&] { cosio::redis_streams_wire(streams); }) == cosio::errc::bad_argument);
}
