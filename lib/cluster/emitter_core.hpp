// The object behind the handles of <cosio/cluster_emitter.hpp>: a wire, and the host that it needs.

#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <cosio/cluster_emitter.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/runtime.hpp"
#include "cluster/wire_receipt.hpp"

namespace cosio::inline v0_2::cluster {

/// The timers of all emitters of an io_context, of which it is a service: the connections of an emitter may end when
/// the emitter itself has gone.
class emitter_context final : public boost::asio::execution_context::service {
 public:
  using key_type = emitter_context;
  inline static boost::asio::execution_context::id id;

  explicit emitter_context(boost::asio::execution_context& in);

  async::runtime& runtime() noexcept { return runtime_; }
  /// Wakes the timer up. Otherwise the io_context would wait for it, although no emitter is left.
  void wake();

 private:
  class alarm final : public async::deadline {
    void on_deadline() noexcept override {}
  };
  void shutdown() noexcept override { runtime_.timers().stop(); }

  async::runtime runtime_;
  const std::shared_ptr<alarm> alarm_ = std::make_shared<alarm>();
};

/// The host of a wire that belongs to no server: it has an executor and timers, and no sockets. Any thread.
class emitter_host final : public adapter_host, public std::enable_shared_from_this<emitter_host> {
 public:
  explicit emitter_host(async::runtime& on) : runtime_(on) {}

  const std::string& name() const noexcept override { return name_; }
  std::weak_ptr<adapter_host> weak() noexcept override { return weak_from_this(); }
  std::size_t gather(const std::function<void()>& walk) override { return walk(), 0; }
  boost::asio::any_io_executor executor() override { return runtime_.get_executor(); }
  async::deadlines& timers() noexcept override { return runtime_.timers(); }
  std::int64_t wall_clock() const noexcept override;
  const recovery_options* recovery() const noexcept override { return nullptr; }
  std::chrono::milliseconds longest_silence() const noexcept override { return std::chrono::milliseconds(0); }
  std::shared_ptr<const outgoing_packet> encode(std::string, event_data, std::optional<std::uint64_t>,
                                                const emit_flags&) const override {
    return nullptr;
  }
  std::uint64_t next_ack_id() noexcept override { return 0; }
  void server_side_event(arguments, ack) override {}
  bool watches_rooms() const noexcept override { return false; }
  void room_changed(const room_event&) override {}

 private:
  const std::string name_ = "/";
  async::runtime& runtime_;
};

/// Any thread.
class emitter_core final {
 public:
  using wire_maker = std::function<std::shared_ptr<cluster_wire>(adapter_host&)>;

  emitter_core(const boost::asio::any_io_executor& on, const wire_maker& make, emitter_options how);
  emitter_core(const emitter_core&) = delete;
  emitter_core& operator=(const emitter_core&) = delete;
  ~emitter_core();

  /// Waits for the connection if there is none yet, and then for the broker to take the message.
  /// @par Completes  when the broker has answered, or options.publish_timeout is over.
  static task<publication> publish(std::shared_ptr<emitter_core> self, cluster_message message);

 private:
  const emitter_options how_;
  emitter_context& context_;
  const std::shared_ptr<emitter_host> host_;  // outlives the wire
  std::shared_ptr<cluster_wire> wire_;
  confirming_wire* const confirms_;  // the same; null for one that is believed at once
};

}  // namespace cosio::inline v0_2::cluster
