// The ids of the sockets in one namespace, where the application makes them (options.generate_socket_id). No two
// sockets have one id at the same time: rooms and adapters know sockets by their ids.

#pragma once
#include <memory>
#include <string>
#include <variant>

#include "base/guarded.hpp"
#include "base/text_map.hpp"

namespace cosio::inline v0_2::socketio {

/// Any thread.
class socket_ids : public std::enable_shared_from_this<socket_ids> {
 public:
  /// The id is given back with the last copy of the result.
  /// @return null for an empty id, and for one that another socket has.
  std::shared_ptr<const void> take(const std::string& id);

 private:
  class lease;
  void give_back(const std::string& id) noexcept;

  base::mutex mutex_;
  base::text_map<std::monostate> taken_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::socketio
