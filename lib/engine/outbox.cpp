// Frames that wait for one session.

#include "engine/outbox.hpp"

#include <algorithm>
#include <utility>

#include "base/release.hpp"

namespace cosio::engine {
namespace {

constexpr std::size_t room_kept = 8;  // for frames, by a session that sends more than two at a time

}  // namespace

outbox::verdict outbox::push(std::span<const shared_frame> frames, std::size_t limit) {
  std::size_t more = 0;
  for (const shared_frame& f : frames) more += f->size();
  if (bytes_ != 0 && bytes_ + more > limit) return verdict::over_limit;
  make_room(frames.size());
  bytes_ += more;
  frames_.insert(frames_.end(), frames.begin(), frames.end());
  return verdict::queued;
}

void outbox::push_front(shared_frame first) {
  const std::size_t more = first->size();
  if (next_ > 0) {
    frames_[--next_] = std::move(first);
  } else {
    make_room(1);
    frames_.insert(frames_.begin(), std::move(first));
  }
  bytes_ += more;
}

void outbox::make_room(std::size_t more) {
  const std::size_t wanted = frames_.size() + more;
  if (wanted > frames_.capacity()) frames_.reserve(std::max({wanted, room_kept, 2 * frames_.capacity()}));
}

void outbox::take(frame_batch& out) {
  const std::size_t end = next_ + std::min(out.capacity() - out.size(), frames_.size() - next_);
  while (next_ != end) out.push_back(std::move(frames_[next_++]));
  forget_taken();
}

shared_frame outbox::take_front() {
  shared_frame first = std::move(frames_[next_++]);
  forget_taken();
  return first;
}

// An idle session holds no buffer: a few pointers are kept, more are given back.
void outbox::forget_taken() noexcept {
  if (next_ != frames_.size()) return;
  next_ = 0;
  if (frames_.capacity() > room_kept) {
    base::release(frames_);
  } else {
    frames_.clear();
  }
}

void outbox::clear() noexcept {
  for (std::size_t i = next_; i < frames_.size(); ++i) bytes_ -= frames_[i]->size();
  base::release(frames_);
  next_ = 0;
}

}  // namespace cosio::engine
