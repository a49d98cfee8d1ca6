// Frames that wait for one session: their order, their bytes, and the limit.
//
// A decider without I/O: it says whether a frame is queued, and the output acts. Guarded by the output's mutex.

#pragma once
#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <span>

#include "engine/frame.hpp"

namespace cosio::engine {

/// The frames of one write.
using frame_batch = boost::container::static_vector<shared_frame, 64>;

class outbox {
 public:
  enum class verdict { queued, over_limit };

  /// Queues frames that belong together (a packet and its attachments), or none of them.
  /// @param limit  Most bytes that may be queued, with those being written. Frames for an empty outbox always fit,
  ///               however large: that is the caller's choice.
  verdict push(std::span<const shared_frame> frames, std::size_t limit);

  /// Queues a frame in front of all others, whatever the limit: a ping.
  void push_front(shared_frame first);

  /// Moves as many frames as fit into `out`. Their bytes count until sent().
  void take(frame_batch& out);
  shared_frame take_front();
  void sent(std::size_t bytes) noexcept { bytes_ -= bytes; }
  /// Drops the frames that have not been taken.
  void clear() noexcept;

  bool empty() const noexcept { return next_ == frames_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  const shared_frame& front() const noexcept { return frames_[next_]; }

 private:
  void make_room(std::size_t more);
  void forget_taken() noexcept;

  boost::container::small_vector<shared_frame, 2> frames_;  // an idle session has no memory elsewhere
  std::size_t next_ = 0;                                    // the first that was not taken
  std::size_t bytes_ = 0;                                   // waiting and being written
};

}  // namespace cosio::engine
