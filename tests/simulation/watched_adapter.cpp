// The adapter in memory, with somebody who looks on.

#include "simulation/watched_adapter.hpp"

#include <utility>

#include "socketio/socket_core.hpp"

namespace cosio::simulation {
namespace {

// The namespace, with the time of the run.
class timed_host final : public adapter_host {
 public:
  timed_host(adapter_host& host, const moment& now) : host_(host), now_(now) {}

  const std::string& name() const noexcept override { return host_.name(); }
  std::weak_ptr<adapter_host> weak() noexcept override { return host_.weak(); }
  std::size_t gather(const std::function<void()>& walk) override { return host_.gather(walk); }
  boost::asio::any_io_executor executor() override { return host_.executor(); }
  async::deadlines& timers() noexcept override { return host_.timers(); }
  std::int64_t wall_clock() const noexcept override {
    constexpr std::int64_t begin = 1'700'000'000'000;
    return begin + now_.count();
  }
  const recovery_options* recovery() const noexcept override { return host_.recovery(); }
  void delivered(const report& what) noexcept override { host_.delivered(what); }
  std::size_t max_rooms() const noexcept override { return host_.max_rooms(); }
  void rooms_refused() noexcept override { host_.rooms_refused(); }
  std::chrono::milliseconds longest_silence() const noexcept override { return host_.longest_silence(); }
  std::shared_ptr<const outgoing_packet> encode(std::string event, event_data data, std::optional<std::uint64_t> ack_id,
                                                const emit_flags& flags) const override {
    return host_.encode(std::move(event), std::move(data), ack_id, flags);
  }
  std::uint64_t next_ack_id() noexcept override { return host_.next_ack_id(); }
  void server_side_event(arguments event, ack answer) override {
    host_.server_side_event(std::move(event), std::move(answer));
  }
  bool watches_rooms() const noexcept override { return host_.watches_rooms(); }
  void room_changed(const room_event& what) override { host_.room_changed(what); }

 private:
  adapter_host& host_;
  const moment& now_;
};

class watched_adapter final : public adapter {
 public:
  watched_adapter(adapter_host& host, ledger& book, const moment& now)
      : host_(host, now), book_(book), model_(book.begin_stream(host.name())), real_(make_memory_adapter(host_)) {}

  task<> init() override { return real_->init(); }
  task<> close() override { return real_->close(); }
  // Nothing else happens between what the model is told and what the adapter does.
  task<admission> connect(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> resumed) override {
    const auto core = std::dynamic_pointer_cast<socketio::socket_core>(who);
    book_.use_stream(host_.name(), model_);
    if (!resumed) {
      if (core) book_.joins(core, *model_);
      return real_->connect(std::move(who), std::move(resumed));
    }
    return come_back(core, std::move(resumed));
  }
  task<> join(std::shared_ptr<local_socket> who, std::vector<std::string> rooms) override {
    return real_->join(std::move(who), std::move(rooms));
  }
  task<> leave(std::string id, std::vector<std::string> rooms) override {
    return real_->leave(std::move(id), std::move(rooms));
  }
  task<> remove(std::string id) override { return real_->remove(std::move(id)); }
  std::vector<std::string> rooms_of(std::string_view id) const override { return real_->rooms_of(id); }
  std::vector<std::shared_ptr<local_socket>> local_sockets(const target& to) const override {
    return real_->local_sockets(to);
  }
  task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) override {
    return real_->broadcast(std::move(packet), std::move(to));
  }
  task<answers> broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) override {
    return real_->broadcast_with_ack(std::move(packet), std::move(to));
  }
  task<delivery> emit(std::shared_ptr<local_socket> to, std::shared_ptr<const outgoing_packet> packet,
                      emit_flags flags) override {
    return real_->emit(std::move(to), std::move(packet), flags);
  }
  task<partial<std::vector<std::string>>> sockets(target to) override { return real_->sockets(std::move(to)); }
  task<partial<std::vector<socket_descriptor>>> fetch_sockets(target to) override {
    return real_->fetch_sockets(std::move(to));
  }
  task<partial<std::vector<std::string>>> all_rooms() override { return real_->all_rooms(); }
  task<> sockets_join(target to, std::vector<std::string> rooms) override {
    return real_->sockets_join(std::move(to), std::move(rooms));
  }
  task<> sockets_leave(target to, std::vector<std::string> rooms) override {
    return real_->sockets_leave(std::move(to), std::move(rooms));
  }
  task<> disconnect_sockets(target to, bool close) override { return real_->disconnect_sockets(std::move(to), close); }
  task<> server_side_emit(event_data event) override { return real_->server_side_emit(std::move(event)); }
  task<answers> server_side_emit_with_ack(event_data event, std::optional<std::chrono::milliseconds> timeout) override {
    return real_->server_side_emit_with_ack(std::move(event), timeout);
  }
  task<std::size_t> server_count() override { return real_->server_count(); }
  bool keeps_sessions() const noexcept override { return real_->keeps_sessions(); }
  task<> persist_session(session_record record) override {
    book_.goes_away(record.pid, record.id, host_.name(), *model_);
    return real_->persist_session(std::move(record));
  }
  task<std::shared_ptr<const session_record>> restore_session(std::string pid, std::string offset) override {
    auto restoring = real_->restore_session(pid, offset);
    auto record = co_await std::move(restoring);
    model_->restored(pid, offset, record != nullptr);
    co_return record;
  }

 private:
  task<admission> come_back(std::shared_ptr<socketio::socket_core> who, std::shared_ptr<const session_record> resumed) {
    book_.comes_back(who, *model_);
    auto connecting = real_->connect(who, std::move(resumed));
    const admission in = co_await std::move(connecting);
    book_.is_back(who, in.ok);
    co_return in;
  }

  timed_host host_;
  ledger& book_;
  const std::shared_ptr<recovery_model> model_;
  const std::shared_ptr<adapter> real_;
};

}  // namespace

std::shared_ptr<adapter> make_watched_adapter(adapter_host& host, ledger& book, const moment& now) {
  return std::make_shared<watched_adapter>(host, book, now);
}

}  // namespace cosio::simulation
