// Where Redis is, and what a connection does without one.

#include "cluster/redis_link.hpp"

#include <boost/asio/post.hpp>

#include <cosio/error.hpp>
#include <cosio/redis.hpp>

#include "cluster/redis_bus.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

namespace cosio::test {

using cluster::redis_address;

TEST_CASE("a URL names host, port, credentials and database", "[cluster][redis_link]") {
  const redis_address whole("redis://me:se%20cret@example.test:6380/3");
  CHECK(whole.host == "example.test");
  CHECK(whole.port == 6380);
  CHECK(whole.user == "me");
  CHECK(whole.password == "se cret");
  CHECK(whole.database == 3);
  CHECK(whole.text() == "example.test:6380");

  const redis_address least("redis://");
  CHECK(least.host == "127.0.0.1");
  CHECK(least.port == 6379);
  CHECK(least.password.empty());
  CHECK(least.database == 0);
}

TEST_CASE("what is no URL of Redis is refused in words", "[cluster][redis_link]") {
  for (const char* url : {"", "127.0.0.1:6379", "http://127.0.0.1", "redis://127.0.0.1/x", "redis://127.0.0.1/1x"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(redis_address(url), error);
  }
  try {
    const redis_address secure("rediss://127.0.0.1");
    FAIL("rediss: was taken");
  } catch (const error& e) {
    CHECK(e.detail().find("TLS") != std::string::npos);
  }
  try {
    const redis_address other("http://127.0.0.1");
    FAIL("http: was taken");
  } catch (const error& e) {
    CHECK(std::string(e.what()).find("::") == std::string::npos);
  }
  redis_options where;
  where.url = "nonsense";
  CHECK_THROWS_AS(redis_adapter(where), error);
}

TEST_CASE("without Redis commands fail at once, and the outage is told once", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;  // redis_adapter() throws in such a build
  captured_log log;
  world w;
  // Nobody listens on port 1 of the loopback.
  auto link = std::make_shared<cluster::redis_link>(w.make_strand(), w.timers(), redis_address("redis://127.0.0.1:1"));
  int ready = 0;
  boost::asio::post(w.context(), [&] { link->start([&] { ++ready; }, {}); });
  REQUIRE(w.run_until([&] { return !log.lines().empty(); }));
  for (int i = 0; i < 3; ++i) {
    w.advance(std::chrono::seconds(10));
    REQUIRE(w.run_until([&] { return !link->connected(); }));
  }
  bool failed = false;
  link->command({"PING"}, [&](cluster::redis_link::reply r) { failed = !r.ok && !r.problem.empty(); });
  CHECK(failed);
  CHECK(ready == 0);
  CHECK(log.lines().size() == 1);
  link->close();
  w.settle();
}

TEST_CASE("the two connections to a Redis that is not there are one line", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  auto bus = std::make_shared<cluster::redis_bus>(w.context().get_executor(), w.timers(),
                                                  redis_address("redis://127.0.0.1:1"));
  bus->start();
  REQUIRE(w.run_until([&] { return !log.lines().empty(); }));
  // The kernel refuses the other one, and those of later attempts, at once.
  for (int attempts = 0; attempts < 3; ++attempts) {
    int rounds = 0;
    REQUIRE(w.run_until([&] { return ++rounds > 10; }));
    w.advance(std::chrono::seconds(10));
  }
  CHECK(log.count(log_level::error, "cannot be reached") == 1);
  CHECK(log.lines().size() == 1);
  bus = nullptr;
  w.settle();
}

}  // namespace cosio::test
