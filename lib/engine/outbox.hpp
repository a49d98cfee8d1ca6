// Frames that wait for one session: their order, their cost, and the limit.
//
// A decider without I/O: it says whether a frame is queued, and the output acts. Guarded by the output's mutex.

#pragma once
#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/frame.hpp"

namespace cosio::inline v0_2::engine {

/// The frames of one write.
using frame_batch = boost::container::static_vector<shared_frame, 64>;

/// The cost of a frame is its bytes and frame::overhead. It counts until the frame has been sent.
class outbox {
 public:
  enum class verdict {
    queued,
    over_limit,  // with what waits
    too_large    // by itself: it names the same bytes again and again
  };

  /// The most bytes of one write, except that one frame may be larger. Private copies of frames (base64, compressed
  /// ones) are made for one write at a time.
  static constexpr std::size_t max_batch_bytes = 256 * 1024;

  /// Queues frames that belong together (a packet and its attachments), or none of them.
  ///
  /// @param limit  The most that may be queued, with the frames being written; 0: no limit. A packet that costs more by
  ///               itself is queued all the same while no more than the limit waits: its bytes are the application's,
  ///               and later packets do not count it. But that holds only for bytes that are there once: a packet that
  ///               repeats more than the limit is too large.
  verdict push(std::span<const shared_frame> frames, std::size_t limit) {
    const std::size_t more = cost_of(frames);
    if (limit != 0 && limited_cost() + more > limit) return push_over(frames, more, limit);
    insert(frames, more);
    return verdict::queued;
  }
  /// Queues them whatever the limit.
  void push_always(std::span<const shared_frame> frames) { insert(frames, cost_of(frames)); }
  /// Whether no more is queued than push() would have let in.
  bool is_within(std::size_t limit) const noexcept { return limit == 0 || limited_cost() <= limit; }

  /// Queues a ping or a pong in front of all others, whatever the limit. It takes the place of one that waits there: so
  /// one of each kind waits at most.
  void push_front(shared_frame beat);

  /// Moves the frames of the next write into `out`, which is empty. They count until sent().
  void take(frame_batch& out);
  shared_frame take_front();
  void sent(std::size_t bytes, std::size_t frames) noexcept;
  /// Counts more bytes for a frame that was taken: a private copy of it is larger.
  void grow(std::size_t bytes) noexcept {
    cost_ += bytes;
    if (large_end_ != 0) large_ += bytes;
  }
  /// Drops the frames that have not been taken.
  void clear() noexcept;

  bool empty() const noexcept { return next_ == frames_.size(); }
  const shared_frame& front() const noexcept { return frames_[next_]; }
  /// The cost of all frames that wait or are being written.
  std::size_t cost() const noexcept { return cost_; }
  /// The same without a packet that was larger than the limit.
  std::size_t limited_cost() const noexcept { return cost_ - large_; }
  /// The cost of that packet, or 0.
  std::size_t large_cost() const noexcept { return large_; }
  /// The bytes of these frames.
  std::size_t bytes() const noexcept { return cost_ - count_ * frame::overhead; }
  /// For tests: the slots that are in memory.
  std::size_t slots() const noexcept { return frames_.capacity(); }
  /// For tests: the cost of the frames that have not been taken, one by one.
  std::size_t measured() const noexcept;

 private:
  static std::size_t cost_of(std::span<const shared_frame> frames) noexcept {
    std::size_t sum = 0;
    for (const shared_frame& f : frames) sum += f->cost();
    return sum;
  }
  verdict push_over(std::span<const shared_frame> frames, std::size_t more, std::size_t limit);
  void insert(std::span<const shared_frame> frames, std::size_t cost) {
    if (frames_.capacity() - frames_.size() < frames.size()) make_room(frames.size());
    for (const shared_frame& f : frames) frames_.push_back(f);
    cost_ += cost;
    count_ += static_cast<std::uint32_t>(frames.size());
  }
  void make_room(std::size_t more);
  void forget_taken() noexcept;
  void uncount(std::size_t cost, std::size_t frames) noexcept;

  boost::container::small_vector<shared_frame, 2> frames_;  // an idle session has no memory elsewhere
  std::uint32_t next_ = 0;                                  // the first that was not taken
  std::uint32_t count_ = 0;                                 // frames that wait or are being written
  std::uint32_t large_end_ = 0;                             // of these, those up to the end of the large packet; or 0
  std::size_t cost_ = 0;                                    // of all
  std::size_t large_ = 0;                                   // the cost of the large packet: the limit does not count it
};

}  // namespace cosio::inline v0_2::engine
