// The caller's io_context may go on after its server: the wires close their connections there, and use the timers.

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "async/runtime.hpp"
#include "cluster/emitter_redis.hpp"
#include "cluster/postgres_wire.hpp"
#include "cluster/python_reader.hpp"
#include "cluster/redis_bus.hpp"
#include "cluster/streams_wire.hpp"
#include "cluster/wire_hub.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

namespace cosio::test {
namespace {

using cluster::redis_address;
using cluster::redis_settings;

/// Starts something that is closed in the io_context.
using start = std::function<std::shared_ptr<void>(async::executor, async::deadlines&)>;

redis_address nowhere() { return redis_address("redis://127.0.0.1:1"); }

template <class T, class... Args>
std::shared_ptr<void> started(Args&&... args) {
  auto made = std::make_shared<T>(std::forward<Args>(args)...);
  made->start();
  return made;
}

std::shared_ptr<void> start_streams(async::executor on, async::deadlines& timers) {
  auto hub = std::make_shared<cluster::wire_hub>(on, timers, nowhere(), redis_settings(), 1'000,
                                                 cluster::redis_channel::plain, false);
  hub->start();
  const recovery_options recovery;
  return std::make_shared<cluster::streams_wire>(std::move(hub), streams_options(), &recovery,
                                                 std::chrono::milliseconds(1'000), [] { return 0; });
}

std::shared_ptr<void> start_postgres(async::executor on, async::deadlines& timers) {
  auto where = std::make_shared<postgres_options>();
  where->url = "postgres://cosio@127.0.0.1:1/postgres";
  auto to = std::make_shared<const cluster::postgres_address>(where->url);
  return started<cluster::postgres_wire>(on, timers, std::shared_ptr<const postgres_options>(where), to);
}

void outlives(const start& make, bool runs) {
  captured_log log;
  std::weak_ptr<async::deadlines> timers;
  {
    boost::asio::io_context io;
    {
      auto runtime = std::make_shared<async::runtime>(io, async::deadlines::manual_time{});
      timers = runtime->timers().keep();
      auto made = make(runtime->get_executor(), runtime->timers());
      io.poll();
      made.reset();
    }
    CHECK_FALSE(timers.expired());  // connections that are closed may use them
    if (runs) {
      io.restart();
      io.poll();
      CHECK(timers.expired());
    }
  }
  CHECK(timers.expired());
}

}  // namespace

TEST_CASE("wires are closed by the caller's io_context after their server has gone", "[cluster]") {
  const std::pair<std::string, start> all[] = {
      {"classic",
       [](async::executor on, async::deadlines& timers) { return started<cluster::redis_bus>(on, timers, nowhere()); }},
      {"sharded",
       [](async::executor on, async::deadlines& timers) {
         return started<cluster::wire_hub>(on, timers, nowhere(), redis_settings(), 1'000,
                                           cluster::redis_channel::shard, true);
       }},
      {"streams", start_streams},
      {"postgres", start_postgres},
      {"emitter",
       [](async::executor on, async::deadlines& timers) {
         return started<cluster::emitter_redis>(on, timers, nowhere(), redis_settings(), "socket.io");
       }},
      {"python", [](async::executor on, async::deadlines& timers) {
         return started<cluster::python_reader>(on, timers, nowhere(), redis_settings(), "socketio");
       }}};
  for (const auto& [name, make] : all) {
    INFO(name);
    if (name == "postgres" ? !cluster::has_postgres() : !cluster::has_redis()) continue;
    outlives(make, true);
    outlives(make, false);
  }
}

}  // namespace cosio::test
