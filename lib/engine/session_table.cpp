// sid -> session.

#include "engine/session_table.hpp"

#include <utility>

#include "engine/session.hpp"

namespace cosio::engine {

bool session_table::add(std::shared_ptr<session> s) {
  const std::string_view sid = s->id();
  shard& in = shard_of(sid);
  const std::lock_guard lock(in.mutex);
  return in.sessions.try_emplace(sid, std::move(s)).second;
}

std::shared_ptr<session> session_table::remove(const std::string& sid) noexcept {
  std::shared_ptr<session> last;  // dies after the lock
  shard& in = shard_of(sid);
  const std::lock_guard lock(in.mutex);
  const auto found = in.sessions.find(sid);
  if (found == in.sessions.end()) return nullptr;
  last = std::move(found->second);
  in.sessions.erase(found);
  return last;
}

std::shared_ptr<session> session_table::find(std::string_view sid) const {
  const shard& in = shard_of(sid);
  const std::lock_guard lock(in.mutex);
  const auto found = in.sessions.find(sid);
  return found == in.sessions.end() ? nullptr : found->second;
}

std::size_t session_table::size() const noexcept {
  std::size_t sum = 0;
  for (const shard& in : shards_) {
    const std::lock_guard lock(in.mutex);
    sum += in.sessions.size();
  }
  return sum;
}

std::vector<std::shared_ptr<session>> session_table::all() const {
  std::vector<std::shared_ptr<session>> out;
  for (const shard& in : shards_) {
    const std::lock_guard lock(in.mutex);
    for (const auto& [sid, s] : in.sessions) out.push_back(s);
  }
  return out;
}

}  // namespace cosio::engine
