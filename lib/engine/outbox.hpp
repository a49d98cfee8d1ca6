// Frames waiting for one session: their order, their bytes, and who is let in.
//
// A decider: it says what becomes of a frame, the session acts. Guarded by the session's mutex.

#pragma once
#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <span>

#include "engine/frame.hpp"

namespace cosio::engine {

/// What one send can gather.
using frame_batch = boost::container::static_vector<shared_frame, 64>;

class outbox {
 public:
  enum class verdict { queued, over_limit };

  /// Takes frames that belong together (a packet and its attachments) or none of them.
  /// @param limit  Bytes that may wait, those being written included. The first frames always fit: a single large one
  /// is the caller's choice.
  verdict push(std::span<const shared_frame> frames, std::size_t limit);

  /// Takes a frame that goes before all that wait, whatever the limit: a ping.
  void push_front(shared_frame first);

  /// Moves as many frames to the writer as fit into `out`. Their bytes count until sent().
  void take(frame_batch& out);
  shared_frame take_front();
  void sent(std::size_t bytes) noexcept { bytes_ -= bytes; }
  /// Forgets what nobody has taken yet.
  void clear() noexcept;

  bool empty() const noexcept { return next_ == frames_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  const shared_frame& front() const noexcept { return frames_[next_]; }

 private:
  void make_room(std::size_t more);
  void forget_taken() noexcept;

  boost::container::small_vector<shared_frame, 2> frames_;  // an idle session has no memory elsewhere
  std::size_t next_ = 0;                                    // the first that nobody has taken
  std::size_t bytes_ = 0;                                   // waiting and being written
};

}  // namespace cosio::engine
