// Several masters, and Sentinels, played by scripted peers.

#include "cluster/redis_nodes.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/redis_bus.hpp"
#include "cluster/redis_peer.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

namespace cosio::test {
namespace {

using cluster::redis_address;
using cluster::redis_channel;
using cluster::redis_nodes;
using cluster::redis_slot;
using cluster::redis_value;
using namespace std::chrono_literals;

// Two masters that share the slots. The first one has those below `border`.
struct two_masters {
  explicit two_masters(world& in) : w(in), first(in), second(in) {
    for (redis_peer* peer : {&first, &second})
      peer->answers = [this, peer](const redis_peer::words& command) { return answer(*peer, command); };
  }

  std::string answer(const redis_peer& of, const redis_peer::words& command) const {
    if (command[0] == "CLUSTER") {
      std::string out = border == 16'384 ? "*1\r\n" : "*2\r\n";
      out += range(0, border - 1, first.port());
      if (border != 16'384) out += range(border, 16'383, second.port());
      return out;
    }
    const bool has_key = command[0] == "SSUBSCRIBE" || command[0] == "SPUBLISH";
    const bool is_first = has_key && redis_slot(command[1]) < border;
    const redis_peer& owner = is_first ? first : second;
    if (has_key && &owner != &of)
      return "-MOVED " + std::to_string(redis_slot(command[1])) + " 127.0.0.1:" + std::to_string(owner.port()) + "\r\n";
    if (command[0] == "SPUBLISH") return ":1\r\n";
    return redis_peer::usual(command);
  }

  static std::string range(int from, int to, std::uint16_t port) {
    return "*3\r\n:" + std::to_string(from) + "\r\n:" + std::to_string(to) + "\r\n*2\r\n" +
           redis_peer::bulk("127.0.0.1") + ":" + std::to_string(port) + "\r\n";
  }

  std::shared_ptr<redis_nodes> nodes(redis_nodes::uses use) {
    auto made = std::make_shared<redis_nodes>(
        w.make_strand(), w.timers(), redis_address("redis+cluster://127.0.0.1:" + std::to_string(first.port())),
        cluster::redis_settings(), use);
    made->start([this] { ++ready; });
    return made;
  }

  world& w;
  redis_peer first;
  redis_peer second;
  int border = 8'192;
  int ready = 0;
};

// "foo" has slot 12,182, "bar" has 5,061.
constexpr const char* low = "bar";
constexpr const char* high = "foo";

}  // namespace

TEST_CASE("in a cluster commands go to the master of their slot, questions to all", "[cluster][redis_nodes]") {
  if (!cluster::has_redis()) return;
  world w;
  two_masters both(w);
  const auto nodes = both.nodes(redis_nodes::uses::commands);
  REQUIRE(w.run_until([&] { return both.ready == 1; }));
  int replies = 0;
  for (const char* key : {low, high})
    nodes->command(redis_slot(key), {"SPUBLISH", key, "x"}, [&](const redis_value& r) { replies += r.ok() ? 1 : 0; });
  REQUIRE(w.run_until([&] { return replies == 2; }));
  CHECK(both.first.count("SPUBLISH") == 1);
  CHECK(both.second.count("SPUBLISH") == 1);

  std::vector<redis_value> counts;
  nodes->command_all({"PUBSUB", "NUMSUB", "c"}, [&](std::vector<redis_value> all) { counts = std::move(all); });
  REQUIRE(w.run_until([&] { return counts.size() == 2; }));
  CHECK(counts[0].at(1).integer() == 2);
  CHECK(counts[1].at(1).integer() == 2);
  nodes->close();
}

TEST_CASE("a slot that has moved is followed, and the table is asked for again", "[cluster][redis_nodes]") {
  if (!cluster::has_redis()) return;
  world w;
  two_masters both(w);
  const auto nodes = both.nodes(redis_nodes::uses::commands);
  REQUIRE(w.run_until([&] { return both.ready == 1; }));
  both.border = 5'000;  // "bar" is the second one's now
  const auto asked = [&] { return both.first.count("CLUSTER") + both.second.count("CLUSTER"); };
  const std::size_t before = asked();
  std::optional<redis_value> got;
  nodes->command(redis_slot(low), {"SPUBLISH", low, "x"}, [&](redis_value r) { got = std::move(r); });
  REQUIRE(w.run_until([&] { return got.has_value(); }));
  CHECK(got->ok());
  CHECK(both.first.count("SPUBLISH") == 1);
  CHECK(both.second.count("SPUBLISH") == 1);
  w.advance(500ms);
  REQUIRE(w.run_until([&] { return asked() == before + 1; }));
  REQUIRE(w.run_until([&] {
    got.reset();
    nodes->command(redis_slot(low), {"SPUBLISH", low, "x"}, [&](redis_value r) { got = std::move(r); });
    w.run_until([&] { return got.has_value(); });
    return both.second.count("SPUBLISH") > 1 && got->ok();
  }));
  nodes->close();
}

TEST_CASE("while a slot moves, keys are asked for where they have gone", "[cluster][redis_nodes]") {
  if (!cluster::has_redis()) return;
  world w;
  two_masters both(w);
  const auto nodes = both.nodes(redis_nodes::uses::commands);
  REQUIRE(w.run_until([&] { return both.ready == 1; }));
  both.first.answers = [&](const redis_peer::words& command) {
    if (command[0] != "SPUBLISH") return both.answer(both.first, command);
    return "-ASK " + std::to_string(redis_slot(low)) + " 127.0.0.1:" + std::to_string(both.second.port()) + "\r\n";
  };
  bool is_asking = false;  // for one command
  both.second.answers = [&](const redis_peer::words& command) {
    if (command[0] == "ASKING") return is_asking = true, std::string("+OK\r\n");
    if (std::exchange(is_asking, false)) return std::string(":1\r\n");
    return both.answer(both.second, command);
  };
  const auto asked = [&] { return both.first.count("CLUSTER") + both.second.count("CLUSTER"); };
  REQUIRE(w.run_until([&] {  // the table is whole, and nobody asks for it any more
    const std::size_t before = asked();
    w.advance(1s);
    w.settle();
    return asked() == before;
  }));
  const std::size_t before = asked();
  std::optional<redis_value> got;
  nodes->command(redis_slot(low), {"SPUBLISH", low, "x"}, [&](redis_value r) { got = std::move(r); });
  REQUIRE(w.run_until([&] { return got.has_value(); }));
  CHECK(got->ok());
  w.advance(1s);
  w.settle();
  CHECK(asked() == before);  // the slot is still there
  nodes->close();
}

TEST_CASE("shard channels are subscribed at the master of their slot, and follow it", "[cluster][redis_nodes]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  two_masters both(w);
  const auto nodes = both.nodes(redis_nodes::uses::subscriptions);
  int confirmed = 0;
  nodes->subscribe(redis_channel::shard, low, [&] { ++confirmed; });
  nodes->subscribe(redis_channel::shard, high, [&] { ++confirmed; });
  REQUIRE(w.run_until([&] { return confirmed == 2; }));
  CHECK(both.first.count("SSUBSCRIBE") == 1);
  CHECK(both.second.count("SSUBSCRIBE") == 1);

  // The slots go to the second one; the first tells its subscriber.
  both.border = 5'000;
  both.first.tell(redis_peer::list({"sunsubscribe", low, "0"}), "SSUBSCRIBE");
  REQUIRE(w.run_until([&] {
    w.advance(100ms);
    return both.second.count("SSUBSCRIBE") == 2;
  }));

  // The second one is gone: the first has taken all slots.
  both.border = 16'384;
  both.second.drop_all();
  REQUIRE(w.run_until([&] {
    w.advance(100ms);
    return both.first.count("SSUBSCRIBE") >= 3;
  }));
  CHECK(confirmed == 2);
  nodes->close();
}

TEST_CASE("a node that knows no cluster is asked ever less often", "[cluster][redis_nodes]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  peer.answers = [](const redis_peer::words& command) {
    return command[0] == "CLUSTER" ? std::string("-ERR This instance has cluster support disabled\r\n")
                                   : redis_peer::usual(command);
  };
  const auto nodes = std::make_shared<redis_nodes>(
      w.make_strand(), w.timers(), redis_address("redis+cluster://127.0.0.1:" + std::to_string(peer.port())),
      cluster::redis_settings(), redis_nodes::uses::commands);
  nodes->start([] {});
  for (std::size_t attempts = 1; attempts <= 3; ++attempts) {
    REQUIRE(w.run_until([&] { return peer.ended == attempts; }));
    w.settle();
    CHECK(peer.connections == attempts);
    w.advance(5s);
  }
  CHECK(log.count(log_level::error, "refuses CLUSTER SLOTS") == 1);
  nodes->close();
}

TEST_CASE("Sentinels say where the master is, each with its own password", "[cluster][redis_nodes]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer one(w);
  redis_peer sentinel(w);
  redis_peer stranger(w);
  sentinel.answers = [&](const redis_peer::words& command) {
    if (command[0] != "SENTINEL") return redis_peer::usual(command);
    return redis_peer::list({"127.0.0.1", std::to_string(one.port())});
  };
  stranger.answers = [](const redis_peer::words& command) {
    return command[0] == "SENTINEL" ? std::string("*-1\r\n") : redis_peer::usual(command);
  };
  cluster::redis_settings how;
  how.sentinel_password = "for sentinels";
  const auto nodes =
      std::make_shared<redis_nodes>(w.make_strand(), w.timers(),
                                    redis_address("redis+sentinel://:pw@127.0.0.1:" + std::to_string(stranger.port()) +
                                                  ",127.0.0.1:" + std::to_string(sentinel.port()) + "/m"),
                                    how, redis_nodes::uses::commands);
  int ready = 0;
  nodes->start([&] { ++ready; });
  REQUIRE(w.run_until([&] { return ready == 1; }));
  CHECK(one.connections == 1);
  CHECK(one.seen.front() == redis_peer::words{"AUTH", "pw"});
  CHECK(one.count("ROLE") == 1);
  CHECK(sentinel.seen.front() == redis_peer::words{"AUTH", "for sentinels"});
  nodes->close();
}

TEST_CASE("another master is connected to as soon as a Sentinel tells of it", "[cluster][redis_nodes]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer one(w);
  redis_peer two(w);
  redis_peer sentinel(w);
  const redis_peer* master = &one;
  bool watches = false;
  sentinel.answers = [&](const redis_peer::words& command) {
    if (command[0] == "SUBSCRIBE") watches = true;
    if (command[0] != "SENTINEL") return redis_peer::usual(command);
    return redis_peer::list({"127.0.0.1", std::to_string(master->port())});
  };
  const auto nodes = std::make_shared<redis_nodes>(
      w.make_strand(), w.timers(),
      redis_address("redis+sentinel://127.0.0.1:" + std::to_string(sentinel.port()) + "/m"), cluster::redis_settings(),
      redis_nodes::uses::commands);
  int ready = 0;
  nodes->start([&] { ++ready; });
  REQUIRE(w.run_until([&] { return ready == 1 && watches; }));
  sentinel.tell(redis_peer::list({"message", "+switch-master", "other 1.1.1.1 1 2.2.2.2 2"}), "SUBSCRIBE");
  int rounds = 0;
  REQUIRE(w.run_until([&] { return ++rounds > 10; }));
  CHECK(one.ended == 0);
  master = &two;
  sentinel.tell(redis_peer::list({"message", "+switch-master", "m 127.0.0.1 1 127.0.0.1 2"}), "SUBSCRIBE");
  REQUIRE(w.run_until([&] { return ready == 2; }));
  CHECK(two.connections == 1);
  CHECK(one.ended == 1);
  nodes->close();
}

TEST_CASE("servers of a cluster are counted on all masters", "[cluster][redis_nodes]") {
  if (!cluster::has_redis()) return;
  world w;
  two_masters both(w);
  auto bus = std::make_shared<cluster::redis_bus>(
      w.context().get_executor(), w.timers(),
      redis_address("redis+cluster://127.0.0.1:" + std::to_string(both.first.port())));
  bus->start();
  REQUIRE(w.run_until([&] { return bus->counts().connected; }));
  CHECK(w.run(cluster::redis_bus::count_subscribers(bus, "channel", w.timers().after(1s))) == 4);
  bus = nullptr;
  w.settle();
}

}  // namespace cosio::test
