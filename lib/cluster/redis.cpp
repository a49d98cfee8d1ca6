// The functions of <cosio/redis.hpp>.

#include <cosio/error.hpp>
#include <cosio/redis.hpp>

#include <utility>

#include "async/strand.hpp"
#include "base/guarded.hpp"
#include "cluster/python_reader.hpp"
#include "cluster/redis_adapter.hpp"
#include "cluster/redis_bus.hpp"
#include "cluster/redis_options.hpp"

namespace cosio::inline v0_2 {
namespace {

// Makes the bus for the first namespace, on the server's own io_context. The last namespace destroys it. Any thread.
class bus_maker {
 public:
  explicit bus_maker(const redis_options& from)
      : where_(from.url), how_(cluster::settings_of(from, where_)), max_pending_bytes_(from.max_pending_bytes) {}

  std::shared_ptr<cluster::redis_bus> get(adapter_host& host) {
    const base::lock_guard lock(mutex_);
    if (auto known = bus_.lock()) return known;
    const auto executor = host.executor();
    const auto* plain = executor.target<async::executor>();
    if (plain == nullptr) throw error(errc::not_supported, "the adapter's host runs on no io_context");
    auto made = std::make_shared<cluster::redis_bus>(*plain, host.timers(), where_, how_, max_pending_bytes_);
    made->start();
    bus_ = made;
    return made;
  }

 private:
  const cluster::redis_address where_;
  const cluster::redis_settings how_;
  const std::size_t max_pending_bytes_;
  base::mutex mutex_;
  std::weak_ptr<cluster::redis_bus> bus_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace

std::function<std::shared_ptr<adapter>(adapter_host&)> redis_adapter(redis_options where) {
  cluster::check_redis_build();
  auto maker = std::make_shared<bus_maker>(where);
  auto settings = std::make_shared<const redis_options>(std::move(where));
  auto make = [maker, settings](adapter_host& host) -> std::shared_ptr<adapter> {
    return std::make_shared<cluster::redis_adapter>(host, maker->get(host), settings);
  };
  return cluster::with_python(std::move(make), *settings);
}

}  // namespace cosio::inline v0_2
