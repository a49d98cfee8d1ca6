// Rooms of one server, in memory.

#include "adapter/memory_adapter.hpp"

#include <utility>

namespace cosio::adapters {

task<> memory_adapter::connect(std::shared_ptr<local_socket> who) {
  const std::lock_guard lock(mutex_);
  table_.connect(who);
  co_return;
}

task<> memory_adapter::join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) {
  const std::lock_guard lock(mutex_);
  if (!who->alive()) co_return;  // it has left, or is about to: nothing would ever take it out again
  for (const std::string& room : rooms) table_.join(who, room);
  co_return;
}

task<> memory_adapter::leave(std::string id, std::vector<std::string> rooms) {
  const std::lock_guard lock(mutex_);
  for (const std::string& room : rooms) table_.leave(id, room);
  co_return;
}

task<> memory_adapter::remove(std::string id) {
  const std::lock_guard lock(mutex_);
  table_.remove(id);
  co_return;
}

std::vector<std::string> memory_adapter::rooms_of(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  return table_.rooms_of(id);
}

task<report> memory_adapter::broadcast(std::shared_ptr<const outgoing_packet> packet, target to) {
  report sum;
  host_.gather([&] {
    const std::lock_guard lock(mutex_);
    table_.walk(to, [&](const std::shared_ptr<local_socket>& receiver) {
      switch (receiver->deliver(*packet, to.flags)) {
        case delivery::queued: ++sum.queued; break;
        case delivery::dropped: ++sum.dropped; break;
        case delivery::refused: ++sum.refused; break;
      }
    });
  });
  co_return sum;
}

std::vector<std::shared_ptr<local_socket>> memory_adapter::local_sockets(const target& to) const {
  std::vector<std::shared_ptr<local_socket>> out;
  const std::lock_guard lock(mutex_);
  table_.walk(to, [&](const std::shared_ptr<local_socket>& socket) { out.push_back(socket); });
  return out;
}

task<std::vector<std::string>> memory_adapter::sockets(target to) {
  std::vector<std::string> ids;
  const std::lock_guard lock(mutex_);
  table_.walk(to, [&](const std::shared_ptr<local_socket>& socket) { ids.push_back(socket->id()); });
  co_return ids;
}

task<> memory_adapter::close() { co_return; }

}  // namespace cosio::adapters
