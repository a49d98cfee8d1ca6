// The commands of the sharded wire, and what it does with messages: with a Redis that does what the test says.

#include "cluster/sharded_wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <cosio/error.hpp>

#include "async/spawn.hpp"
#include "cluster/redis_peer.hpp"
#include "cluster/wire_receiver.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

namespace cosio::test {
namespace {

using cluster::redis_address;
using cluster::redis_settings;
using cluster::sharded_channels;
using cluster::sharded_wire;
using cluster::wire_hub;
using namespace std::chrono_literals;
using words = redis_peer::words;

const std::string uid = "50bd744fa2757cd2";

struct wired {
  explicit wired(world& in, const redis_peer& to, subscription_mode mode = subscription_mode::dynamic)
      : w(in),
        hub(std::make_shared<wire_hub>(w.context().get_executor(), w.timers(), redis_address(to.url()),
                                       redis_settings(), 1'000'000, cluster::redis_channel::shard, true)),
        wire(std::make_shared<sharded_wire>(hub, sharded_channels("p", mode))) {
    hub->start();
  }
  // The connections are closed by the context, which must be there.
  ~wired() {
    wire.reset();
    hub.reset();
    w.settle();
  }
  world& w;
  std::shared_ptr<wire_hub> hub;
  std::shared_ptr<sharded_wire> wire;
  std::shared_ptr<wire_receiver> receiver = std::make_shared<wire_receiver>();
};

// A message of a subscription, as Redis sends it.
std::string pushed(const std::string& channel, const std::string& payload) {
  return redis_peer::list({"smessage", channel, payload});
}

std::vector<words> of_kind(const redis_peer& peer, std::string_view verb) {
  std::vector<words> out;
  for (const words& one : peer.seen)
    if (one[0] == verb) out.push_back(one);
  return out;
}

}  // namespace

TEST_CASE("a namespace listens to its two channels, one command each, the main one last", "[cluster][sharded_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  wired at(w, peer);
  w.run(at.wire->listen("/", uid, at.receiver));
  CHECK(at.wire->counts().connected);
  auto first = of_kind(peer, "SSUBSCRIBE");
  CHECK(first.size() == 2);
  w.run(at.wire->listen("/chat", "1111111111111111", std::make_shared<wire_receiver>()));
  const auto all = of_kind(peer, "SSUBSCRIBE");
  REQUIRE(all.size() == 4);
  CHECK(all[2] == words{"SSUBSCRIBE", "p#/chat#1111111111111111#"});
  CHECK(all[3] == words{"SSUBSCRIBE", "p#/chat#"});
  w.run(at.wire->stop("/", uid));
  REQUIRE(w.run_until([&] { return of_kind(peer, "SUNSUBSCRIBE").size() == 2; }));
}

TEST_CASE("messages are published where their receivers listen", "[cluster][sharded_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  wired at(w, peer);
  w.run(at.wire->listen("/", uid, at.receiver));
  CHECK(w.run(at.wire->publish(event(uid))).ok);
  CHECK(w.run(at.wire->publish(event(uid, {"red"}))).ok);
  cluster_message answer(message_type::broadcast_client_count);
  answer.uid = uid;
  answer.request_id = "ff986578d54e4453";
  answer.client_count = 1;
  CHECK(w.run(at.wire->answer("2275208742822b05", answer)).ok);
  REQUIRE(w.run_until([&] { return of_kind(peer, "SPUBLISH").size() == 3; }));
  const auto sent = of_kind(peer, "SPUBLISH");
  const std::string end = R"("uid":"50bd744fa2757cd2","nsp":"/"})";
  CHECK(sent[0] == words{"SPUBLISH", "p#/#",
                         R"({"type":3,"data":{"packet":{"type":2,"data":["hello"]},)"
                         R"("opts":{"rooms":[],"except":[],"flags":{}}},)" +
                             end});
  CHECK(sent[1][1] == "p#/#red#");
  CHECK(sent[2] == words{"SPUBLISH", "p#/#2275208742822b05#",
                         R"({"type":11,"data":{"requestId":"ff986578d54e4453","clientCount":1},)" + end});
}

TEST_CASE("a room's channel is confirmed, shared, and kept in order", "[cluster][sharded_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  wired at(w, peer);
  w.run(at.wire->listen("/", uid, at.receiver));
  const std::size_t before = peer.count("SSUBSCRIBE");
  w.run(at.wire->room_created("/", "red"));
  CHECK(of_kind(peer, "SSUBSCRIBE").back() == words{"SSUBSCRIBE", "p#/#red#"});
  w.run(at.wire->room_created("/", "12345678901234567890"));
  CHECK(peer.count("SSUBSCRIBE") == before + 1);

  // Out and in again at once: Redis gets both, in this order.
  auto left = at.wire->room_deleted("/", "red");
  auto joined = at.wire->room_created("/", "red");
  w.run(std::move(left));
  w.run(std::move(joined));
  REQUIRE(peer.seen.size() >= 2);
  CHECK(peer.seen[peer.seen.size() - 2] == words{"SUNSUBSCRIBE", "p#/#red#"});
  CHECK(peer.seen.back() == words{"SSUBSCRIBE", "p#/#red#"});

  peer.tell(pushed("p#/#red#", write_message(event("other", {"red"}))), "SSUBSCRIBE");
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 1; }));
  CHECK(at.receiver->got[0].message.uid == "other");
}

TEST_CASE("a receiver gets what others say in its namespace, and nothing else", "[cluster][sharded_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  wired at(w, peer);
  w.run(at.wire->listen("/", uid, at.receiver));
  auto foreign = event("other");
  foreign.nsp = "/chat";
  const std::string last = write_message(event("other"));
  for (const std::string& payload : {std::string("{"), std::string("{}"), std::string("\x84\xa4type\x02"),
                                     write_message(event(uid)), write_message(foreign), last})
    peer.tell(pushed("p#/#", payload), "SSUBSCRIBE");
  peer.tell(pushed("p#/#" + uid + "#", R"({"type":11,"data":{"requestId":"r","clientCount":2},"uid":"o","nsp":"/"})"),
            "SSUBSCRIBE");
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 2; }));
  CHECK(at.receiver->got[0].message.type == message_type::broadcast);
  CHECK(at.receiver->got[1].message.client_count == 2);
  CHECK(at.wire->counts().received == 2);
}

TEST_CASE("two namespaces may share a channel, because clients choose names", "[cluster][sharded_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  wired at(w, peer);
  const auto other = std::make_shared<wire_receiver>();
  w.run(at.wire->listen("/a", uid, at.receiver));
  w.run(at.wire->room_created("/a", "x"));
  w.run(at.wire->listen("/a#x", "2222222222222222", other));
  auto to_room = event("other", {"x"});
  to_room.nsp = "/a";
  auto to_all = event("other");
  to_all.nsp = "/a#x";
  peer.tell(pushed("p#/a#x#", write_message(to_room)), "SSUBSCRIBE");
  peer.tell(pushed("p#/a#x#", write_message(to_all)), "SSUBSCRIBE");
  REQUIRE(w.run_until([&] { return at.receiver->got.size() + other->got.size() == 2; }));
  CHECK(at.receiver->got.size() == 1);
  CHECK(other->got.size() == 1);
  w.run(at.wire->room_deleted("/a", "x"));
  peer.tell(pushed("p#/a#x#", write_message(to_all)), "SSUBSCRIBE");
  REQUIRE(w.run_until([&] { return other->got.size() == 2; }));
  for (const words& one : of_kind(peer, "SUNSUBSCRIBE")) CHECK(one[1] != "p#/a#x#");
}

TEST_CASE("servers are counted, and an outage is an error", "[cluster][sharded_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  wired at(w, peer);
  w.run(at.wire->listen("/", uid, at.receiver));
  REQUIRE(w.run_until([&] { return peer.connections == 2; }));
  const auto servers = w.run(at.wire->server_count("/", 5s));
  CHECK(servers == std::optional<std::size_t>(2));
  CHECK(of_kind(peer, "PUBSUB").back() == words{"PUBSUB", "SHARDNUMSUB", "p#/#"});
  w.run(at.wire->room_created("/", "red"));

  peer.drop_all();
  REQUIRE(w.run_until([&] { return at.receiver->lost_ == 1; }));
  CHECK_FALSE(at.wire->counts().connected);
  CHECK_THROWS_AS(w.run(at.wire->server_count("/", 5s)), error);
  REQUIRE(w.run_until([&] { return !w.run(at.wire->publish(event(uid))).ok; }));
  w.run(at.wire->room_created("/", "blue"));  // at once

  const std::size_t before = peer.seen.size();
  w.advance(1s);
  REQUIRE(w.run_until([&] { return at.receiver->gaps.size() == 1; }));
  CHECK(at.receiver->gaps[0].may_have_lost);
  CHECK(at.receiver->lost_ == 1);
  std::set<std::string> again;
  for (std::size_t i = before; i < peer.seen.size(); ++i)
    if (peer.seen[i][0] == "SSUBSCRIBE") again.insert(peer.seen[i][1]);
  CHECK(again == std::set<std::string>{"p#/#", "p#/#" + uid + "#", "p#/#red#", "p#/#blue#"});
}

TEST_CASE("a Redis that takes nothing does not cost all memory", "[cluster][sharded_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  wired at(w, peer);
  w.run(at.wire->listen("/", uid, at.receiver));
  peer.answers = [](const words&) { return std::string(); };
  auto large = event(uid);
  large.event = event_data(R"([")" + std::string(400'000, 'x') + R"("])", {});
  CHECK(w.run(at.wire->publish(large)).ok);
  CHECK(w.run(at.wire->publish(large)).ok);
  const auto third = w.run(at.wire->publish(large));
  CHECK_FALSE(third.ok);
  CHECK(third.problem.find("max_pending_bytes") != std::string::npos);
  CHECK(at.wire->counts().pending_bytes > 800'000);
  CHECK(at.wire->counts().lost == 1);
}

TEST_CASE("what Redis has not confirmed when the server ends is told once, as no refusal", "[cluster][sharded_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  {
    wired at(w, peer);
    w.run(at.wire->listen("/", uid, at.receiver));
    peer.answers = [](const words&) { return std::string(); };
    CHECK(w.run(at.wire->publish(event(uid))).ok);
    CHECK(w.run(at.wire->publish(event(uid))).ok);
    w.settle();
  }
  CHECK(log.count(log_level::warn, "before Redis confirmed the last 2 message(s)") == 1);
  CHECK(log.count(log_level::error, "refuses") == 0);
}

}  // namespace cosio::test
