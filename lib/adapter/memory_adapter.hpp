// Rooms of one server, in memory: a room table behind a mutex. Nothing here ever waits.

#pragma once
#include <cosio/adapter.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "adapter/room_table.hpp"

namespace cosio::adapters {

/// Any thread. Lock order: this mutex, then that of a session.
class memory_adapter final : public cosio::adapter {
 public:
  explicit memory_adapter(adapter_host& host) : host_(host) {}

  task<> connect(std::shared_ptr<local_socket> who) override;
  task<> join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) override;
  task<> leave(std::string id, std::vector<std::string> rooms) override;
  task<> remove(std::string id) override;
  std::vector<std::string> rooms_of(std::string_view id) const override;
  task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) override;
  std::vector<std::shared_ptr<local_socket>> local_sockets(const target& to) const override;
  task<std::vector<std::string>> sockets(target to) override;
  task<> close() override;

 private:
  adapter_host& host_;
  mutable std::mutex mutex_;
  room_table table_;
};

}  // namespace cosio::adapters
