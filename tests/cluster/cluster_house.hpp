// Servers of one cluster in one world: cluster adapters on a bus of the test's own, with sockets that only count.
//
//   cluster_house h({.counts = true});
//   cluster_house::server& a = h.add();
//   h.w.run(a.adapter->broadcast(packet("[\"x\"]"), to({"room"})));
//   h.w.settle();                                    // the other servers have it

#pragma once
#include <boost/asio/post.hpp>

#include <cosio/cluster.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "cluster/cluster_adapter.hpp"
#include "support/world.hpp"

namespace cosio::test {

/// A namespace of one server.
class cluster_host final : public adapter_host {
 public:
  explicit cluster_host(world& w, std::optional<recovery_options> recovery) : world_(w), recovery_(recovery) {}

  const std::string& name() const noexcept override { return name_; }
  std::weak_ptr<adapter_host> weak() noexcept override { return itself_; }
  std::size_t gather(const std::function<void()>& walk) override { return walk(), 0; }
  boost::asio::any_io_executor executor() override { return world_.context().get_executor(); }
  async::deadlines& timers() noexcept override { return world_.timers(); }
  std::int64_t wall_clock() const noexcept override { return 1'795'000'000'000; }
  const recovery_options* recovery() const noexcept override { return recovery_ ? &*recovery_ : nullptr; }
  std::chrono::milliseconds longest_silence() const noexcept override { return std::chrono::seconds(65); }
  std::shared_ptr<const outgoing_packet> encode(std::string, event_data data, std::optional<std::uint64_t> id,
                                                const emit_flags&) const override {
    ++encoded;
    return std::make_shared<fake_packet>(data.json(), id);
  }
  std::uint64_t next_ack_id() noexcept override { return ++ack_ids_; }
  void server_side_event(arguments event, ack answer) override {
    if (on_event) on_event(std::move(event), std::move(answer));
  }
  bool watches_rooms() const noexcept override { return false; }
  void room_changed(const room_event&) override {}

  std::function<void(arguments, ack)> on_event;
  mutable int encoded = 0;

 private:
  const std::shared_ptr<adapter_host> itself_{this, [](adapter_host*) {}};  // owns nothing, but can be locked
  world& world_;
  const std::optional<recovery_options> recovery_;
  const std::string name_ = "/";
  std::uint64_t ack_ids_ = 0;
};

struct house_options {
  bool counts = false;   // the bus counts the servers
  bool keeps = false;    // the bus keeps events and sessions
  bool watches = false;  // the bus has a channel for each room
  cluster_options settings{};
};

class cluster_house {
 public:
  struct server;

  /// The bus. Messages travel as text.
  struct bus {
    explicit bus(house_options how) : options(how) {}
    struct listener {
      std::string uid;
      std::shared_ptr<cluster_receiver> to;
    };
    struct event {
      std::string text;
      std::uint64_t number;
    };
    const house_options options;
    std::vector<listener> listeners;
    std::vector<event> events;
    std::map<std::string, session_record> sessions;
    std::uint64_t delivered = 0;
    bool is_away = false;
    std::vector<std::string> texts;    // all that were published
    std::vector<std::string> changes;  // of rooms: "+room", "-room"
    std::vector<std::shared_ptr<async::suspension>> unconfirmed;
    bool confirms = true;
    bool holds = false;  // messages wait for deliver_all()
    std::vector<std::function<void()>> held;
    bool holds_taking = false;  // take_session() waits until `taking` is ended
    std::shared_ptr<async::suspension> taking;
    std::function<void()> while_taking;
  };

  class wire final : public cluster_wire {
   public:
    wire(world& w, std::shared_ptr<bus> on) : w_(w), bus_(std::move(on)) {}

    task<> listen(std::string, std::string uid, std::shared_ptr<cluster_receiver> to) override {
      bus_->listeners.push_back({std::move(uid), std::move(to)});
      co_return;
    }
    task<> stop(std::string, std::string uid) override {
      std::erase_if(bus_->listeners, [&](const bus::listener& one) { return one.uid == uid; });
      co_return;
    }
    task<publication> publish(cluster_message message) override { co_return send(message, ""); }
    task<publication> answer(std::string requester, cluster_message message) override {
      co_return send(message, requester);
    }
    bool counts_servers() const noexcept override { return bus_->options.counts; }
    task<std::optional<std::size_t>> server_count(std::string, std::chrono::milliseconds) override {
      if (bus_->is_away) throw error(errc::disconnected, "the bus is away");
      co_return bus_->listeners.size();
    }
    task<> room_created(std::string, std::string room) override {
      bus_->changes.push_back("+" + room);
      if (bus_->confirms) co_return;
      auto hand_out = [this](std::shared_ptr<async::suspension> s) { bus_->unconfirmed.push_back(std::move(s)); };
      co_await async::wait(std::move(hand_out));
    }
    task<> room_deleted(std::string, std::string room) override {
      bus_->changes.push_back("-" + room);
      co_return;
    }
    bool watches_rooms() const noexcept override { return bus_->options.watches; }
    bool keeps_sessions() const noexcept override { return bus_->options.keeps; }
    task<> save_session(std::string, session_record record, std::chrono::milliseconds) override {
      bus_->sessions[record.pid] = record;
      co_return;
    }
    task<std::optional<kept_session>> take_session(std::string, std::string pid, std::string offset) override {
      if (bus_->holds_taking) {
        auto hand_out = [this](std::shared_ptr<async::suspension> s) { bus_->taking = std::move(s); };
        co_await async::wait(std::move(hand_out));
      }
      const auto found = bus_->sessions.find(pid);
      if (found == bus_->sessions.end()) co_return std::nullopt;
      kept_session out;
      out.record = found->second;
      bus_->sessions.erase(found);
      const std::string from = offset.empty() || is_earlier(offset, out.record.since) ? out.record.since : offset;
      for (const auto& e : bus_->events)
        if (is_earlier(from, std::to_string(e.number)) && e.number <= bus_->delivered)
          out.events.push_back({*read_message(e.text, "/"), std::to_string(e.number)});
      out.upto = is_earlier(last_offset("/"), from) ? from : last_offset("/");
      if (bus_->while_taking) bus_->while_taking();
      co_return out;
    }
    std::string last_offset(std::string_view) const override { return std::to_string(bus_->delivered); }
    wire_counts counts() const override { return {}; }

   private:
    publication send(const cluster_message& message, const std::string& only) {
      if (bus_->is_away) return publication::failed("the bus is away");
      const std::string text = write_message(message);
      bus_->texts.push_back(text);
      std::uint64_t number = 0;
      if (bus_->options.keeps && message.type == message_type::broadcast && message.request_id.empty()) {
        number = bus_->events.size() + 1;
        bus_->events.push_back({text, number});
      }
      auto deliver = [on = bus_, message, text, number, only] {
        const auto listeners = on->listeners;
        for (const auto& one : listeners)
          if (only.empty() || only == one.uid)
            one.to->received(one.uid == message.uid ? message : *read_message(text, "/"),
                             number != 0 ? std::to_string(number) : "");
        if (number != 0) on->delivered = number;
      };
      if (bus_->holds) {
        bus_->held.push_back(std::move(deliver));
      } else {
        boost::asio::post(w_.context(), std::move(deliver));
      }
      return publication::taken(number != 0 ? std::to_string(number) : "");
    }

    world& w_;
    const std::shared_ptr<bus> bus_;
  };

  struct server {
    server(world& w, std::shared_ptr<bus> on)
        : host(w, on->options.keeps ? std::optional<recovery_options>(std::in_place) : std::nullopt),
          adapter(std::make_shared<cluster::cluster_adapter>(
              host, std::make_shared<wire>(w, on), std::make_shared<const cluster_options>(on->options.settings))) {}
    cluster_host host;
    std::shared_ptr<cluster::cluster_adapter> adapter;
  };

  explicit cluster_house(house_options how = {}) : on(std::make_shared<bus>(how)) {}
  ~cluster_house() {
    for (const auto& one : servers_) w.timers().disarm(*one->adapter);
  }

  /// Starts a server. The others know of it when this returns.
  server& add() {
    servers_.push_back(std::make_unique<server>(w, on));
    w.run(servers_.back()->adapter->init());
    w.settle();
    return *servers_.back();
  }

  /// A socket on a server, in rooms.
  std::shared_ptr<fake_socket> join(server& at, const std::string& id, std::vector<std::string> rooms = {}) {
    auto made = make_socket(id);
    w.run(at.adapter->connect(made, nullptr));
    if (!rooms.empty()) w.run(at.adapter->join(made, std::move(rooms)));
    made->log.clear();
    made->offsets.clear();
    return made;
  }

  void deliver_all() {
    const auto now = std::exchange(on->held, {});
    for (const auto& one : now) one();
    w.settle();
  }

  world w;
  const std::shared_ptr<bus> on;

 private:
  std::vector<std::unique_ptr<server>> servers_;
};

inline std::shared_ptr<const fake_packet> packet(std::string json, std::optional<std::uint64_t> id = {}) {
  return std::make_shared<const fake_packet>(std::move(json), id);
}

}  // namespace cosio::test
