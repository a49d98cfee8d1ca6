// The connections that all namespaces share: what is counted, what is bounded, and what ends in time.

#include "cluster/redis_bus.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cosio/error.hpp>

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "cluster/redis_peer.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

namespace cosio::test {
namespace {

using cluster::redis_address;
using cluster::redis_bus;
using namespace std::chrono_literals;

struct bus_at {
  explicit bus_at(world& in, const redis_peer& to, std::size_t max_pending = 0)
      : w(in),
        bus(std::make_shared<redis_bus>(w.context().get_executor(), w.timers(), redis_address(to.url()),
                                        cluster::redis_settings(), max_pending)) {
    bus->start();
  }
  // Its connections are closed by the context, which must be there.
  ~bus_at() {
    bus.reset();
    w.settle();
  }
  world& w;
  std::shared_ptr<redis_bus> bus;
};

}  // namespace

TEST_CASE("a bus counts what Redis has taken, and what was lost", "[cluster][redis_bus]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  bus_at at(w, peer);
  CHECK_FALSE(at.bus->publish("channel", "too early"));
  REQUIRE(w.run_until([&] { return at.bus->counts().connected; }));
  CHECK(at.bus->counts().lost == 1);
  CHECK(at.bus->publish("channel", "text"));
  CHECK(at.bus->publish("channel", "text"));
  REQUIRE(w.run_until([&] { return at.bus->counts().published == 2; }));
  CHECK(at.bus->counts().pending_bytes == 0);
  at.bus->count_received();
  CHECK(at.bus->counts().received == 1);

  // Redis refuses: counted, and said once.
  peer.answers = [](const redis_peer::words& command) {
    return command[0] == "PUBLISH" ? std::string("-NOPERM no\r\n") : redis_peer::usual(command);
  };
  at.bus->publish("channel", "text");
  at.bus->publish("channel", "text");
  REQUIRE(w.run_until([&] { return at.bus->counts().lost == 3; }));
  CHECK(log.count(log_level::error, "refuses PUBLISH (NOPERM no)") == 1);

  peer.answers = redis_peer::usual;
  peer.drop_all();
  REQUIRE(w.run_until([&] { return !at.bus->counts().connected; }));
  REQUIRE(w.run_until([&] {
    w.advance(1s);
    return at.bus->counts().connected;
  }));
  CHECK(at.bus->counts().reconnected == 2);
}

TEST_CASE("messages that wait for Redis are bounded in bytes", "[cluster][redis_bus]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  bus_at at(w, peer, 1'000);
  REQUIRE(w.run_until([&] { return at.bus->counts().connected; }));
  // Alone, a message may be longer.
  CHECK(at.bus->publish("c", std::string(5'000, 'x')));
  REQUIRE(w.run_until([&] { return at.bus->counts().published == 1; }));
  peer.answers = [](const redis_peer::words&) { return std::string(); };
  at.bus->publish("c", std::string(499, 'x'));
  at.bus->publish("c", std::string(499, 'x'));
  CHECK(at.bus->counts().pending_bytes == 1'000);
  at.bus->publish("c", "");
  at.bus->publish("c", std::string(5'000, 'x'));
  CHECK(at.bus->counts().pending_bytes == 1'000);
  CHECK(at.bus->counts().lost == 2);
  CHECK(log.count(log_level::error, "max_pending_bytes (1000)") == 1);
  REQUIRE(w.run_until([&] { return peer.count("PUBLISH") == 3; }));

  // They are lost with the connection, and there is room again.
  peer.drop_all();
  REQUIRE(w.run_until([&] { return at.bus->counts().pending_bytes == 0; }));
  CHECK(at.bus->counts().lost == 4);
  CHECK(at.bus->counts().published == 1);
}

TEST_CASE("messages that Redis has not confirmed when the server ends are told once", "[cluster][redis_bus]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  {
    bus_at at(w, peer);
    REQUIRE(w.run_until([&] { return at.bus->counts().connected; }));
    peer.answers = [](const redis_peer::words&) { return std::string(); };
    CHECK(at.bus->publish("c", "text"));
    CHECK(at.bus->publish("c", "text"));
    w.settle();
  }
  CHECK(log.count(log_level::warn, "before Redis confirmed the last 2 message(s)") == 1);
  CHECK(log.count(log_level::error, "refuses") == 0);
}

// Before, the question for the number of servers had no deadline.
TEST_CASE("servers are counted until the deadline, also when Redis is silent", "[cluster][redis_bus]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  bus_at at(w, peer);
  REQUIRE(w.run_until([&] { return at.bus->counts().connected; }));
  CHECK(w.run(redis_bus::count_subscribers(at.bus, "channel", w.timers().after(1s))) == 2);

  peer.answers = [](const redis_peer::words&) { return std::string(); };
  std::string problem;
  auto ask = [](std::shared_ptr<redis_bus> bus, async::time_point until, std::string* into) -> task<> {
    auto asking = redis_bus::count_subscribers(std::move(bus), "channel", until);
    try {
      const std::size_t count = co_await std::move(asking);
      *into = std::to_string(count);
    } catch (const error& e) {
      *into = e.detail();
    }
  };
  boost::asio::co_spawn(w.context(), ask(at.bus, w.timers().after(1s), &problem), [](const std::exception_ptr& e) {
    if (e) std::rethrow_exception(e);
  });
  REQUIRE(w.run_until([&] { return peer.count("PUBSUB") == 2; }));
  w.advance(999ms);
  CHECK(problem.empty());
  w.advance(1ms);
  REQUIRE(w.run_until([&] { return !problem.empty(); }));
  CHECK(problem.find("does not reply in time") != std::string::npos);
}

// Before, this was said to be a PUBLISH that Redis refuses.
TEST_CASE("what is published just before the end is told as such, and Redis is not blamed", "[cluster][redis_bus]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  std::vector<std::string> problems;
  {
    bus_at at(w, peer);
    REQUIRE(w.run_until([&] { return at.bus->counts().connected; }));
    const auto failed = [&](const std::string& why) { problems.push_back(why); };
    CHECK(at.bus->publish("channel", "text", failed));
    CHECK(at.bus->publish("channel", "text", failed));
  }
  CHECK(log.count(log_level::error, "PUBLISH") == 0);
  CHECK(log.count(log_level::warn, "before Redis confirmed the last 2 message(s)") == 1);
  CHECK(problems == std::vector<std::string>(2, "the connection to Redis is closed"));
}

}  // namespace cosio::test
