// The table of sessions by id.

#include "engine/session_table.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "engine/session.hpp"

namespace cosio::inline v0_2::engine {

std::string_view session_table::by_id::id_of(const std::shared_ptr<session>& s) noexcept { return s->id(); }

bool session_table::add(std::shared_ptr<session> s) {
  shard& in = shard_of(s->id());
  const base::lock_guard lock(in.mutex);
  return in.sessions.insert(std::move(s)).second;
}

std::shared_ptr<session> session_table::remove(const std::string& sid) noexcept {
  shard& in = shard_of(sid);
  const base::lock_guard lock(in.mutex);
  const auto found = in.sessions.find(std::string_view(sid));
  if (found == in.sessions.end()) return nullptr;
  std::shared_ptr<session> last = *found;
  in.sessions.erase(found);
  return last;
}

std::shared_ptr<session> session_table::find(std::string_view sid) const {
  const shard& in = shard_of(sid);
  const base::lock_guard lock(in.mutex);
  const auto found = in.sessions.find(sid);
  return found == in.sessions.end() ? nullptr : *found;
}

std::size_t session_table::size() const noexcept {
  std::size_t sum = 0;
  for (const shard& in : shards_) {
    const base::lock_guard lock(in.mutex);
    sum += in.sessions.size();
  }
  return sum;
}

std::vector<std::shared_ptr<session>> session_table::all() const {
  std::vector<std::shared_ptr<session>> out;
  for (const shard& in : shards_) {
    const base::lock_guard lock(in.mutex);
    out.insert(out.end(), in.sessions.begin(), in.sessions.end());
  }
  return out;
}

}  // namespace cosio::inline v0_2::engine
