// The ids that an application makes.

#include "socketio/socket_ids.hpp"

#include <utility>

namespace cosio::inline v0_2::socketio {

// One taken id.
class socket_ids::lease {
 public:
  lease(std::shared_ptr<socket_ids> from, const std::string& id) : from_(std::move(from)), id_(id) {}
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease() { from_->give_back(id_); }

 private:
  const std::shared_ptr<socket_ids> from_;
  const std::string id_;
};

std::shared_ptr<const void> socket_ids::take(const std::string& id) {
  if (id.empty()) return nullptr;
  const base::lock_guard lock(mutex_);
  if (taken_.contains(id)) return nullptr;
  auto made = std::make_shared<const lease>(shared_from_this(), id);
  taken_.try_emplace(id);
  return made;
}

void socket_ids::give_back(const std::string& id) noexcept {
  const base::lock_guard lock(mutex_);
  taken_.erase(id);
}

}  // namespace cosio::inline v0_2::socketio
