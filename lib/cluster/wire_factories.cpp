// The factories of <cosio/redis.hpp> whose adapters are a cluster adapter with a wire.

#include <cosio/cluster.hpp>
#include <cosio/error.hpp>
#include <cosio/redis.hpp>

#include <utility>

#include "async/strand.hpp"
#include "cluster/python_reader.hpp"
#include "cluster/redis_options.hpp"
#include "cluster/sharded_wire.hpp"
#include "cluster/streams_wire.hpp"
#include "cluster/wire_hub.hpp"

namespace cosio::inline v0_2 {
namespace {

// Makes the connections on the server's own io_context.
class hub_maker {
 public:
  explicit hub_maker(const redis_options& from)
      : where_(from.url), how_(cluster::settings_of(from, where_)), max_pending_bytes_(from.max_pending_bytes) {}

  std::shared_ptr<cluster::wire_hub> make(adapter_host& host, cluster::redis_channel kind, bool carries_events) const {
    const auto executor = host.executor();
    const auto* plain = executor.target<async::executor>();
    if (plain == nullptr) throw error(errc::not_supported, "the adapter's host runs on no io_context");
    auto hub = std::make_shared<cluster::wire_hub>(*plain, host.timers(), where_, how_, max_pending_bytes_, kind,
                                                   carries_events);
    hub->start();
    return hub;
  }

 private:
  const cluster::redis_address where_;
  const cluster::redis_settings how_;
  const std::size_t max_pending_bytes_;
};

cluster_options common(const redis_options& from) {
  cluster_options out;
  out.requests_timeout = from.requests_timeout;
  out.on_event = from.on_event;
  return out;
}

void check(const streams_options& options) {
  constexpr unsigned most_streams = 1'024;
  if (options.stream_count == 0 || options.stream_count > most_streams)
    throw error(errc::bad_argument, "streams_options::stream_count must be from 1 to 1,024");
  if (options.max_len == 0 || options.read_count == 0 || options.block_time <= std::chrono::milliseconds(0))
    throw error(errc::bad_argument, "max_len, read_count and block_time of streams_options must not be 0");
}

// The wire outlives the namespace for which it was made, and so the host that has a clock.
std::int64_t wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

std::function<std::shared_ptr<cluster_wire>(adapter_host&)> sharded_redis_wire(sharded_options where) {
  cluster::check_redis_build();
  cluster::check_no_python(where.redis, "sharded_redis_wire");
  return [maker = hub_maker(where.redis),
          options = std::move(where)](adapter_host& host) -> std::shared_ptr<cluster_wire> {
    cluster::sharded_channels channels(options.channel_prefix, options.mode);
    return std::make_shared<cluster::sharded_wire>(maker.make(host, cluster::redis_channel::shard, true),
                                                   std::move(channels));
  };
}

std::function<std::shared_ptr<adapter>(adapter_host&)> sharded_redis_adapter(sharded_options where) {
  const redis_options redis = where.redis;
  where.redis.python_channel.clear();
  return cluster::with_python(cluster_adapter(sharded_redis_wire(std::move(where)), common(redis)), redis);
}

std::function<std::shared_ptr<cluster_wire>(adapter_host&)> redis_streams_wire(streams_options where) {
  cluster::check_redis_build();
  check(where);
  cluster::check_no_python(where.redis, "redis_streams_wire");
  return [maker = hub_maker(where.redis),
          options = std::move(where)](adapter_host& host) -> std::shared_ptr<cluster_wire> {
    const auto kind = options.use_sharded_pub_sub ? cluster::redis_channel::shard : cluster::redis_channel::plain;
    return std::make_shared<cluster::streams_wire>(maker.make(host, kind, false), options, host.recovery(),
                                                   host.longest_silence(), wall_clock);
  };
}

std::function<std::shared_ptr<adapter>(adapter_host&)> redis_streams_adapter(streams_options where) {
  const redis_options redis = where.redis;
  where.redis.python_channel.clear();
  return cluster::with_python(cluster_adapter(redis_streams_wire(std::move(where)), common(redis)), redis);
}

}  // namespace cosio::inline v0_2
