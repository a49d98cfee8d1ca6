// Frames waiting for one session.

#include "engine/outbox.hpp"

#include <algorithm>
#include <utility>

namespace cosio::engine {

outbox::verdict outbox::push(std::span<const shared_frame> frames, std::size_t limit) {
  std::size_t more = 0;
  for (const shared_frame& f : frames) more += f->size();
  if (bytes_ != 0 && bytes_ + more > limit) return verdict::over_limit;
  bytes_ += more;
  frames_.insert(frames_.end(), frames.begin(), frames.end());
  return verdict::queued;
}

std::size_t outbox::take(shared_frame* out, std::size_t max) {
  const std::size_t n = std::min(max, frames_.size() - next_);
  std::move(frames_.begin() + static_cast<std::ptrdiff_t>(next_), frames_.begin() + static_cast<std::ptrdiff_t>(next_ + n), out);
  next_ += n;
  if (next_ == frames_.size()) {
    next_ = 0;
    // An idle session holds no buffer: a few pointers are kept, more are given back.
    if (frames_.capacity() > 8) {
      frames_ = {};
    } else {
      frames_.clear();
    }
  }
  return n;
}

void outbox::clear() noexcept {
  for (std::size_t i = next_; i < frames_.size(); ++i) bytes_ -= frames_[i]->size();
  frames_ = {};
  next_ = 0;
}

}  // namespace cosio::engine
