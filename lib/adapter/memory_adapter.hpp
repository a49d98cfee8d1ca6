// Rooms of one server in memory, and connection state recovery when the server offers it.
//
// An event that a client can miss carries its position in the stream of events. The position is needed before the
// packet can be encoded, and the parser of the application may encode it. So such an event goes out in three steps:
//
//   reserve()      with the lock: the event gets its position, and its place in the line
//   with_offset()  without a lock: the packet is encoded
//   finish()       with the lock: events at the front of the line that are encoded are logged and delivered
//
// So all receivers get all events in the order of their positions. An event that is not at the front waits for those
// before it.

#pragma once
#include <cosio/adapter.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "adapter/local_adapter.hpp"
#include "adapter/recovery_log.hpp"
#include "async/deadlines.hpp"

namespace cosio::inline v0_2::adapters {

/// Any thread. With recovery, an event is logged and delivered under one lock: a socket that joins either receives the
/// event or finds it in the log.
class memory_adapter final : public local_adapter,
                             public async::deadline,
                             public std::enable_shared_from_this<memory_adapter> {
 public:
  explicit memory_adapter(adapter_host& host);

  task<> close() override;
  task<admission> connect(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> resumed) override;
  task<report> broadcast(std::shared_ptr<const outgoing_packet> packet, target to) override;
  task<delivery> emit(std::shared_ptr<local_socket> to, std::shared_ptr<const outgoing_packet> packet,
                      emit_flags flags) override;

  bool keeps_sessions() const noexcept override { return recovers_; }
  task<> persist_session(session_record record) override;
  task<std::shared_ptr<const session_record>> restore_session(std::string pid, std::string offset) override;

  void on_deadline() override;

 private:
  struct outgoing;  // an event in the line

  /// Only where sessions are kept.
  recovery_log& log() COSIO_REQUIRES(mutex_);
  task<admission> resume(std::shared_ptr<local_socket> who, std::shared_ptr<const session_record> from);
  task<> send(std::shared_ptr<outgoing> event, std::shared_ptr<const outgoing_packet> plain);
  void reserve(const std::shared_ptr<outgoing>& event) COSIO_EXCLUDES(mutex_);
  void finish(outgoing& event) COSIO_EXCLUDES(mutex_);
  void log_and_deliver(outgoing& event) COSIO_REQUIRES(mutex_);
  static void correct_all(std::span<const std::shared_ptr<outgoing>> events, std::size_t over) noexcept;
  task<> until_sent(std::shared_ptr<outgoing> event);
  using local_adapter::deliver_locked;
  delivery deliver_locked(local_socket& to, const outgoing_packet& packet, const emit_flags& flags)
      COSIO_REQUIRES(mutex_);
  delivery deliver_to(local_socket& to, const outgoing_packet& packet, const emit_flags& flags) COSIO_EXCLUDES(mutex_);
  void wake_for_trim() COSIO_REQUIRES(mutex_);

  const bool recovers_;  // there is a log
  std::optional<recovery_log> log_ COSIO_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<outgoing>> line_ COSIO_GUARDED_BY(mutex_);  // in the order of positions
  bool will_trim_ COSIO_GUARDED_BY(mutex_) = false;
};

}  // namespace cosio::inline v0_2::adapters
