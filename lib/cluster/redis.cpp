// The functions of <cosio/redis.hpp>.

#include <cosio/error.hpp>
#include <cosio/redis.hpp>

#include <utility>

#include "async/strand.hpp"
#include "base/guarded.hpp"
#include "cluster/redis_adapter.hpp"
#include "cluster/redis_bus.hpp"
#include "wire/msgpack.hpp"

namespace cosio::inline v0_2 {
namespace {

// Makes the bus for the first namespace, on the server's own io_context. The last namespace destroys it. Any thread.
class bus_maker {
 public:
  explicit bus_maker(cluster::redis_address where) : where_(std::move(where)) {}

  std::shared_ptr<cluster::redis_bus> get(adapter_host& host) {
    const base::lock_guard lock(mutex_);
    if (auto known = bus_.lock()) return known;
    const auto executor = host.executor();
    const auto* plain = executor.target<async::executor>();
    if (plain == nullptr) throw error(errc::not_supported, "the adapter's host runs on no io_context");
    auto made = std::make_shared<cluster::redis_bus>(*plain, host.timers(), where_);
    made->start();
    bus_ = made;
    return made;
  }

 private:
  const cluster::redis_address where_;
  base::mutex mutex_;
  std::weak_ptr<cluster::redis_bus> bus_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace

std::function<std::shared_ptr<adapter>(adapter_host&)> redis_adapter(redis_options where) {
  if (!cluster::has_redis())
    throw error(errc::not_supported,
                "this library was built without hiredis: install libhiredis-dev and build it again");
  if (!wire::has_msgpack())
    throw error(errc::not_supported,
                "this library was built without nlohmann-json: install nlohmann-json3-dev and build it again");
  auto maker = std::make_shared<bus_maker>(cluster::redis_address(where.url));
  auto settings = std::make_shared<const redis_options>(std::move(where));
  return [maker, settings](adapter_host& host) -> std::shared_ptr<adapter> {
    return std::make_shared<cluster::redis_adapter>(host, maker->get(host), settings);
  };
}

}  // namespace cosio::inline v0_2
