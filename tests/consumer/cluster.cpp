// The examples of docs/cluster.md.
#include <cosio/cosio.hpp>
#include <cosio/postgres.hpp>
#include <cosio/redis.hpp>

#include <chrono>
#include <utility>

using namespace std::chrono_literals;

cosio::options over_redis() {
  cosio::redis_options where;
  where.url = "rediss://cosio:secret@redis.internal:6379";
  cosio::options opts;
  opts.adapter = cosio::redis_adapter(std::move(where));
  return opts;
}

cosio::options over_a_redis_cluster() {
  cosio::sharded_options where;
  where.redis.url = "redis+cluster://redis-a.internal:6379,redis-b.internal:6379";
  cosio::options opts;
  opts.adapter = cosio::sharded_redis_adapter(std::move(where));
  return opts;
}

cosio::options over_streams() {
  cosio::streams_options where;
  where.redis.url = "redis+sentinel://sentinel-a.internal:26379,sentinel-b.internal:26379/main";
  where.max_age = 5min;  // entries are kept for so long, however many there are
  cosio::options opts;
  opts.adapter = cosio::redis_streams_adapter(std::move(where));
  opts.connection_state_recovery.emplace().max_disconnection_duration = 2min;
  return opts;
}

cosio::options over_postgres() {
  cosio::postgres_options where;
  where.url = "postgresql://cosio:secret@db.internal/app?sslmode=verify-full";
  cosio::options opts;
  opts.adapter = cosio::postgres_adapter(std::move(where));
  return opts;
}
