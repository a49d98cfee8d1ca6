// The work of clients after they have connected: the part that differs between scenarios.
//
//   run -> start(), then keep_up() in each turn (closed loop) or begin_one() whenever one is due (open loop)
//   crowd -> on_packet(), on_attachment(), on_read_done()

#pragma once
#include <cstdint>
#include <limits>
#include <string_view>

#include "client.hpp"
#include "clock.hpp"
#include "histogram.hpp"

namespace bench {

/// A conversation between clients and a server. One thread.
class conversation {
 public:
  virtual ~conversation() = default;

  /// Work before the measurement, such as joining rooms.
  virtual void prepare() {}
  /// Closed loop: sends the first events.
  virtual void start() {}
  /// Closed loop: sends as many events as the last turn made room for.
  virtual void keep_up() {}
  /// Open loop: sends one event. @return false when nobody may send one more now
  virtual bool begin_one(clock::time_point due) = 0;
  /// Sends so many events (or broadcasts) in all, and then winds down.
  void stop_after(std::uint64_t count) noexcept { allowed_ = count; }
  /// Replies are no longer answered with new events.
  void wind_down() noexcept { winding_down_ = true; }
  virtual std::uint64_t outstanding() const = 0;

  virtual void on_packet(client& who, std::string_view packet) = 0;
  virtual void on_attachment(client& who, std::string_view bytes) = 0;
  virtual void on_read_done(client&) {}

  bool is_winding_down() const noexcept { return winding_down_; }
  /// The counted units: replies, or deliveries of a broadcast.
  std::uint64_t done() const noexcept { return done_; }
  /// Events of other names.
  std::uint64_t others() const noexcept { return others_; }
  /// The latency of each reply; of a broadcast: until the last of its receivers had it.
  const histogram& latency() const noexcept { return latency_; }
  virtual void begin_measuring() {
    done_ = 0;
    latency_.clear();
  }

 protected:
  // Whether one more may be sent, which is then counted.
  bool take_turn() noexcept {
    if (allowed_ == 0) winding_down_ = true;
    if (winding_down_) return false;
    --allowed_;
    return true;
  }

  std::uint64_t done_ = 0;
  std::uint64_t others_ = 0;
  histogram latency_;

 private:
  bool winding_down_ = false;
  std::uint64_t allowed_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace bench
