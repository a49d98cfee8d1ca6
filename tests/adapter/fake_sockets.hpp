// Sockets and packets that only count, for the tests of the adapter floor.

#pragma once
#include <cosio/adapter.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cosio::test {

class fake_packet final : public outgoing_packet {
 public:
  std::string_view nsp() const noexcept override { return "/"; }
  std::string_view event() const noexcept override { return "news"; }
  const event_data& data() const noexcept override { return data_; }

 private:
  event_data data_;
};

class fake_socket final : public local_socket {
 public:
  explicit fake_socket(std::string id) : id_(std::move(id)) {}

  const std::string& id() const noexcept override { return id_; }
  bool alive() const noexcept override { return is_alive; }
  delivery deliver(const outgoing_packet&, const emit_flags& flags) override {
    ++delivered;
    last_was_volatile = flags.is_volatile;
    return answer;
  }

  bool is_alive = true;
  int delivered = 0;
  bool last_was_volatile = false;
  delivery answer = delivery::queued;

 private:
  std::string id_;
};

inline std::shared_ptr<fake_socket> make_socket(std::string id) { return std::make_shared<fake_socket>(std::move(id)); }

/// A target as the chains of the front door make it: no room is everybody.
inline target to(std::vector<std::string> rooms, std::vector<std::string> except = {}) {
  target made;
  made.everybody = rooms.empty();
  made.rooms = std::move(rooms);
  made.except = std::move(except);
  return made;
}

}  // namespace cosio::test
