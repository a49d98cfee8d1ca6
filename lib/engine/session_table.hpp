// The table of sessions by id. Sharded, so that threads that look up different sessions rarely wait for each other.

#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/guarded.hpp"
#include "base/text_map.hpp"

namespace cosio::inline v0_2::engine {

class session;

/// Any thread. Each shard has its own mutex.
class session_table {
 public:
  /// @return false when the id is in use: then nothing is changed.
  bool add(std::shared_ptr<session> s);
  /// @return the session that was removed, or null.
  std::shared_ptr<session> remove(const std::string& sid) noexcept;
  std::shared_ptr<session> find(std::string_view sid) const;
  std::size_t size() const noexcept;
  std::vector<std::shared_ptr<session>> all() const;

 private:
  // Hashes and compares sessions by their ids.
  struct by_id {
    using is_transparent = void;
    static std::string_view id_of(std::string_view sid) noexcept { return sid; }
    static std::string_view id_of(const std::shared_ptr<session>& s) noexcept;
    std::size_t operator()(const auto& s) const noexcept { return base::text_hash()(id_of(s)); }
    bool operator()(const auto& a, const auto& b) const noexcept { return id_of(a) == id_of(b); }
  };
  struct shard {
    mutable base::mutex mutex;
    std::unordered_set<std::shared_ptr<session>, by_id, by_id> sessions COSIO_GUARDED_BY(mutex);
  };
  static constexpr std::size_t shard_count = 16;

  shard& shard_of(std::string_view sid) noexcept { return shards_[base::text_hash()(sid) % shard_count]; }
  const shard& shard_of(std::string_view sid) const noexcept { return shards_[base::text_hash()(sid) % shard_count]; }

  std::array<shard, shard_count> shards_;
};

}  // namespace cosio::inline v0_2::engine
