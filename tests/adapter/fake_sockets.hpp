// Sockets, packets and a namespace that only count, for the tests of the adapter floor.

#pragma once
#include <cosio/adapter.hpp>
#include <cosio/options.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapter/packet_key.hpp"
#include "support/pause.hpp"
#include "support/world.hpp"

namespace cosio::test {

class fake_packet final : public outgoing_packet {
 public:
  explicit fake_packet(std::string json = "[\"news\"]", std::optional<std::uint64_t> id = {}, std::string at = {})
      : outgoing_packet(adapters::packet_key()), data_(std::move(json), {}), id_(id), at_(std::move(at)) {}

  std::string_view nsp() const noexcept override { return "/"; }
  std::string_view event() const noexcept override { return "news"; }
  const event_data& data() const noexcept override { return data_; }
  std::optional<std::uint64_t> ack_id() const noexcept override { return id_; }
  std::shared_ptr<const outgoing_packet> with_offset(std::string_view at) const override {
    if (while_encoding) while_encoding();
    auto copy = std::make_shared<fake_packet>(data_.json(), id_, std::string(at));
    copy->alive = alive;
    return copy;
  }

  std::function<void()> while_encoding;  ///< the parser at work, in with_offset()

  std::shared_ptr<int> alive = std::make_shared<int>(0);  ///< shared by copies: its use_count tells how many there are

  const std::string& offset() const noexcept { return at_; }

 private:
  event_data data_;
  std::optional<std::uint64_t> id_;
  std::string at_;
};

class fake_socket final : public local_socket {
 public:
  explicit fake_socket(std::string id) : id_(std::move(id)) {}

  const std::string& id() const noexcept override { return id_; }
  bool alive() const noexcept override { return is_alive; }
  boost::json::value data() const override { return kept; }
  boost::json::value handshake_json() const override { return boost::json::object{{"url", "/"}}; }
  bool admit() override {
    if (!may_join) return false;
    log.emplace_back("admitted");
    return is_admitted = true;
  }
  delivery deliver(const outgoing_packet& packet, const emit_flags& flags) override {
    ++delivered;
    last_was_volatile = flags.is_volatile;
    note(packet);
    return answer;
  }
  delivery emit(const outgoing_packet& packet, const emit_flags&) override {
    note(packet);
    return answer;
  }
  delivery ask(const outgoing_packet& packet, const emit_flags&, std::shared_ptr<answer_sink> to) override {
    note(packet);
    if (on_ask) on_ask();
    asks = std::move(to);
    return answer;
  }
  void forget(std::uint64_t) override {
    asks = nullptr;
    ++forgotten;
  }
  task<> disconnect(bool close) override {
    was_closed = close;
    is_alive = false;
    co_return;
  }

  task<> wait_for_room() override {
    ++waits_for_room;
    if (full) co_await full->wait();
  }
  bool charge_rooms(std::size_t bytes) noexcept override {
    if (bytes > allowance - charged) return false;
    charged += bytes;
    return true;
  }
  void give_back_rooms(std::size_t bytes) noexcept override { charged -= bytes; }

  int waits_for_room = 0;
  pause* full = nullptr;  // not null: the queue to the client is full
  std::size_t allowance = 1'000'000'000;
  std::size_t charged = 0;  // for rooms
  bool is_alive = true;
  bool may_join = true;
  bool is_admitted = false;
  int delivered = 0;
  bool last_was_volatile = false;
  std::optional<bool> was_closed;
  delivery answer = delivery::queued;
  boost::json::value kept = boost::json::object();
  std::shared_ptr<answer_sink> asks;
  std::function<void()> on_ask;
  int forgotten = 0;
  std::vector<std::string> log;      // "admitted", and the JSON of packets
  std::vector<std::string> offsets;  // of those packets

 private:
  void note(const outgoing_packet& packet) {
    log.push_back(packet.data().json());
    offsets.push_back(static_cast<const fake_packet&>(packet).offset());
  }

  std::string id_;
};

inline std::shared_ptr<fake_socket> make_socket(std::string id) { return std::make_shared<fake_socket>(std::move(id)); }

/// A namespace for an adapter, with the time of a world.
class fake_host final : public adapter_host {
 public:
  explicit fake_host(world& w, std::optional<recovery_options> recovery = {}) : world_(w), recovery_(recovery) {}

  const std::string& name() const noexcept override { return name_; }
  std::size_t gather(const std::function<void()>& walk) override {
    ++gathered;
    walk();
    return over_budget.exchange(0);
  }
  std::weak_ptr<adapter_host> weak() noexcept override { return itself_; }
  boost::asio::any_io_executor executor() override { return world_.context().get_executor(); }
  async::deadlines& timers() noexcept override { return world_.timers(); }
  std::int64_t wall_clock() const noexcept override { return now_ms; }
  const recovery_options* recovery() const noexcept override { return recovery_ ? &*recovery_ : nullptr; }
  std::chrono::milliseconds longest_silence() const noexcept override { return std::chrono::seconds(65); }
  std::shared_ptr<const outgoing_packet> encode(std::string, event_data data, std::optional<std::uint64_t> id,
                                                const emit_flags&) const override {
    return std::make_shared<fake_packet>(data.json(), id);
  }
  std::uint64_t next_ack_id() noexcept override { return 0; }
  void server_side_event(arguments, ack) override {}
  bool watches_rooms() const noexcept override { return on_room != nullptr; }
  void room_changed(const room_event& what) override { on_room(what); }

  std::atomic<int> gathered{0};
  std::atomic<std::size_t> over_budget{0};  // clients that the next walk gives too much
  std::int64_t now_ms = 1'795'000'000'000;
  std::function<void(const room_event&)> on_room;

 private:
  const std::shared_ptr<adapter_host> itself_{std::shared_ptr<void>(), this};  // owns nothing
  world& world_;
  const std::optional<recovery_options> recovery_;
  const std::string name_ = "/";
};

/// A target as the chains of the front door make it: no room is everybody.
inline target to(std::vector<std::string> rooms, std::vector<std::string> except = {}) {
  target made;
  made.everybody = rooms.empty();
  made.rooms = std::move(rooms);
  made.except = std::move(except);
  return made;
}

}  // namespace cosio::test
