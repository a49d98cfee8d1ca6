// One connection of a client: its states, the packets that wait, the upgrade. See engine_client.hpp.
//
//   opening -> (handshake) -> open -> closing -> closed          closed can be reached from each of them
//
// The heartbeat is heartbeat_watch's. The transports carry the packets.

#pragma once
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine_client.hpp"
#include "client/heartbeat_watch.hpp"
#include "client/strand_timer.hpp"
#include "client/transport.hpp"

namespace cosio::inline v0_2::clients {

/// What the next connection of a source shall know.
/// @par Threads  Any.
struct source_memory {
  std::atomic<bool> websocket_worked{false};
};

/// @par Threads  On its strand, but for the functions that say otherwise.
class engine_core final : public transport_host, public std::enable_shared_from_this<engine_core> {
 public:
  engine_core(async::strand on, std::shared_ptr<const source_terms> terms, std::shared_ptr<source_memory> memory,
              std::weak_ptr<engine_listener> listener, suspended_time suspended);

  void open();
  void send(message what, bool compress);
  bool is_overdue() const noexcept { return state_ == states::open && heartbeat_->is_overdue(); }
  std::size_t waiting_bytes() const noexcept { return waiting_bytes_ + bytes_under_way_; }
  std::string_view transport_name() const noexcept;
  void close();
  /// Any thread.
  void drop() noexcept;

 private:
  enum class states : std::uint8_t { idle, opening, open, closing, closed };

  void on_transport_open(transport& from) override;
  void on_packet(transport& from, wire::packet_type type, message data) override;
  void on_written(transport& from) override;
  void on_paused(transport& from) override;
  void on_transport_end(transport& from, engine_end why) override;

  void start_next_transport();
  std::shared_ptr<transport> make_transport(std::string_view name);
  void take_handshake(const message& data);
  void welcome(engine_handshake opened);
  void take_probe(wire::packet_type type, const message& data);
  void begin_probe();
  void end_probe(std::string why);
  void change_transport();

  void send_packet(out_packet packet, bool first);
  void flush_soon();
  void flush();
  std::vector<out_packet> take_batch();
  void check_closing();
  void end(engine_end why);
  void end(reason::kind kind, boost::system::error_code ec, std::string detail);
  void let_go() noexcept;

  template <class F>
  void tell(F what);

  const async::strand strand_;
  const std::shared_ptr<const source_terms> terms_;
  const std::shared_ptr<source_memory> memory_;
  const std::weak_ptr<engine_listener> listener_;
  const suspended_time suspended_;
  std::atomic<bool> dropped_{false};
  states state_ = states::idle;
  std::deque<std::string> transports_left_;
  std::shared_ptr<transport> transport_;
  std::shared_ptr<transport> probe_;  // of an upgrade that is under way
  bool upgrading_ = false;            // the probe was answered: nothing is sent until the transports have changed
  bool flush_posted_ = false;
  engine_handshake handshake_;
  std::deque<out_packet> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t bytes_under_way_ = 0;
  std::shared_ptr<heartbeat_watch> heartbeat_;
  std::shared_ptr<strand_timer> connect_limit_;
  std::shared_ptr<strand_timer> probe_limit_;
  std::shared_ptr<strand_timer> close_limit_;
};

}  // namespace cosio::inline v0_2::clients
