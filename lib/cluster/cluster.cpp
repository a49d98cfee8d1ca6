// The functions of <cosio/cluster.hpp> that need no message.

#include <cosio/cluster.hpp>
#include <cosio/error.hpp>

#include <utility>

#include "base/guarded.hpp"
#include "cluster/cluster_adapter.hpp"
#include "cluster/emitter_redis.hpp"

namespace cosio::inline v0_2 {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes the digits in front, without zeros that do not count.
std::string_view take_number(std::string_view& from) noexcept {
  std::size_t end = 0;
  while (end < from.size() && is_digit(from[end])) ++end;
  std::string_view number = from.substr(0, end);
  from.remove_prefix(end);
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  return number;
}

// Makes the wire for the first namespace. The last namespace destroys it. Any thread.
class wire_maker {
 public:
  explicit wire_maker(std::function<std::shared_ptr<cluster_wire>(adapter_host&)> make) : make_(std::move(make)) {}

  std::shared_ptr<cluster_wire> get(adapter_host& host) {
    const base::lock_guard lock(mutex_);
    if (auto known = wire_.lock()) return known;
    auto made = make_(host);
    if (!made) throw error(errc::bad_argument, "the function for cosio::cluster_adapter() has made no wire");
    if (std::dynamic_pointer_cast<cluster::emitter_redis>(made))
      throw error(errc::not_supported,
                  "redis_wire() only publishes, for emitters: servers have options.adapter = redis_adapter()");
    wire_ = made;
    return made;
  }

 private:
  const std::function<std::shared_ptr<cluster_wire>(adapter_host&)> make_;
  base::mutex mutex_;
  std::weak_ptr<cluster_wire> wire_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace

task<publication> cluster_wire::answer(std::string, cluster_message message) { return publish(std::move(message)); }

task<std::optional<std::size_t>> cluster_wire::server_count(std::string, std::chrono::milliseconds) {
  co_return std::nullopt;
}

task<> cluster_wire::room_created(std::string, std::string) { co_return; }
task<> cluster_wire::room_deleted(std::string, std::string) { co_return; }
task<> cluster_wire::save_session(std::string, session_record, std::chrono::milliseconds) { co_return; }
task<std::optional<kept_session>> cluster_wire::take_session(std::string, std::string, std::string) {
  co_return std::nullopt;
}
std::string cluster_wire::last_offset(std::string_view) const { return {}; }

bool cluster_wire::is_earlier(std::string_view a, std::string_view b) const {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view first = take_number(a);
      const std::string_view second = take_number(b);
      if (first.size() != second.size()) return first.size() < second.size();
      if (first != second) return first < second;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() && !b.empty();
}

std::function<std::shared_ptr<adapter>(adapter_host&)> cluster_adapter(
    std::function<std::shared_ptr<cluster_wire>(adapter_host&)> make, cluster_options settings) {
  if (!make) throw error(errc::bad_argument, "cosio::cluster_adapter() needs a function that makes a wire");
  auto maker = std::make_shared<wire_maker>(std::move(make));
  auto shared = std::make_shared<const cluster_options>(settings);
  return [maker, shared](adapter_host& host) -> std::shared_ptr<adapter> {
    return std::make_shared<cluster::cluster_adapter>(host, maker->get(host), shared);
  };
}

}  // namespace cosio::inline v0_2
