// The counts of a wire, for metrics; the bound of messages that wait for Redis; the log of those that it does not take.

#pragma once
#include <cosio/cluster.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/message_parts.hpp"
#include "cluster/redis_value.hpp"

namespace cosio::inline v0_2::cluster {

/// The bytes of the words of a command.
inline std::size_t size_of_command(const std::vector<std::string>& words) noexcept {
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size();
  return bytes;
}

/// Any thread.
class wire_load {
 public:
  /// @param max_pending_bytes  Of messages that wait for Redis: one that takes less than comes must not cost all
  ///                           memory. A message of up to 64 MB for which nothing waits is
  ///                           taken anyway: a description of many sockets, say. 0: no limit.
  explicit wire_load(std::size_t max_pending_bytes) : max_(max_pending_bytes) {}

  /// Takes bytes into account that are about to wait. @return false above the bound: then they must not.
  bool begin(std::size_t bytes) noexcept {
    const std::size_t before = pending_.fetch_add(bytes);
    if (max_ == 0 || (bytes <= max_ && before <= max_ - bytes)) return true;
    if (before == 0 && bytes <= max_message_bytes) return true;
    pending_ -= bytes;
    ++lost;
    return false;
  }
  /// They wait no longer.
  void end(std::size_t bytes) noexcept { pending_ -= bytes; }
  /// Redis has taken a message, or never will.
  void count(bool taken) noexcept {
    ++(taken ? published : lost);
    if (!taken && is_closing_) ++cut_off_;
  }
  /// Redis has replied to a message. A refusal is logged once, until a message is taken again.
  /// @param command       Of Redis: "PUBLISH".
  /// @param is_connected  Whether the connection goes on: else it is the connection that failed.
  void replied(std::string_view command, const redis_value& reply, bool is_connected);

  /// This server closes the connections. What Redis does not confirm from now on is cut off.
  void begin_to_close() noexcept { is_closing_ = true; }
  /// Logs how many messages were cut off, if any were: the server is gone, and nobody else would say so.
  void tell_cut_off() const;

  /// @param needed  The connections of a wire that is connected.
  wire_counts counts(std::uint64_t needed) const {
    const std::uint64_t made = connections;
    wire_counts out;
    out.published = published;
    out.received = received;
    out.lost = lost;
    out.reconnected = made > needed ? made - needed : 0;
    out.pending_bytes = pending_;
    out.connected = connected;
    return out;
  }

  std::atomic<std::uint64_t> published{0};
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> connections{0};  // all that were made
  std::atomic<bool> connected{false};

 private:
  const std::size_t max_;
  std::atomic<std::size_t> pending_{0};
  std::atomic<bool> has_told_refused_{false};  // the log
  std::atomic<bool> is_closing_{false};
  std::atomic<std::uint64_t> cut_off_{0};  // among those that are lost
};

/// A message that waits for Redis: its bytes are pending until Redis has replied. If it is destroyed before that,
/// nobody can reply any more, and it is lost.
class pending_message {
 public:
  /// @param bytes  wire_load::begin() has taken them into account.
  pending_message(std::shared_ptr<wire_load> in, std::size_t bytes) : load_(std::move(in)), bytes_(bytes) {}
  pending_message(const pending_message&) = delete;
  pending_message& operator=(const pending_message&) = delete;
  ~pending_message() { end(false); }

  /// As wire_load::replied(). Once.
  void replied(std::string_view command, const redis_value& reply, bool is_connected) {
    end(reply.ok());
    load_->replied(command, reply, is_connected);
  }

 private:
  void end(bool taken) noexcept {
    if (std::exchange(is_over_, true)) return;
    load_->end(bytes_);
    load_->count(taken);
  }

  const std::shared_ptr<wire_load> load_;
  const std::size_t bytes_;
  bool is_over_ = false;
};

}  // namespace cosio::inline v0_2::cluster
