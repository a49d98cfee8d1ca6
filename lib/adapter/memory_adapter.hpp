// Rooms of one server in memory, and connection state recovery when the server offers it.

#pragma once
#include <cosio/adapter.hpp>

#include <memory>
#include <optional>
#include <string>

#include "adapter/local_adapter.hpp"
#include "adapter/recovery_log.hpp"
#include "async/deadlines.hpp"

namespace cosio::adapters {

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

  void on_deadline() noexcept override;

 private:
  /// Only where sessions are kept.
  recovery_log& log() COSIO_REQUIRES(mutex_);
  /// Logs the event if clients can miss it. @return the packet to deliver.
  std::shared_ptr<const outgoing_packet> logged(std::shared_ptr<const outgoing_packet> packet, const target& to)
      COSIO_REQUIRES(mutex_);
  void wake_for_trim() COSIO_REQUIRES(mutex_);

  const bool recovers_;  // there is a log
  std::optional<recovery_log> log_ COSIO_GUARDED_BY(mutex_);
  bool will_trim_ COSIO_GUARDED_BY(mutex_) = false;
};

}  // namespace cosio::adapters
