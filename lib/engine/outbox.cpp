// Frames that wait for one session.

#include "engine/outbox.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/release.hpp"

namespace cosio::inline v0_2::engine {
namespace {

constexpr std::size_t room_kept = 8;   // for frames, by a session that sends more than two at a time
constexpr std::size_t most_beats = 3;  // at the front: a ping, and pongs of Engine.IO and of WebSocket

// Bytes that a packet would send more than once.
std::size_t repeated_bytes(std::span<const shared_frame> frames) {
  std::vector<const frame*> all;
  all.reserve(frames.size());
  for (const shared_frame& f : frames) all.push_back(f.get());
  const auto place = [](const frame* f) { return f->body().empty() ? nullptr : f->body().data(); };
  std::ranges::sort(all, std::less<>(), place);
  std::size_t sum = 0;
  for (std::size_t i = 1; i < all.size(); ++i)
    if (place(all[i]) != nullptr && place(all[i]) == place(all[i - 1])) sum += all[i]->size();
  return sum;
}

}  // namespace

outbox::verdict outbox::push_over(std::span<const shared_frame> frames, std::size_t more, std::size_t limit) {
  if (more <= limit) return verdict::over_limit;
  if (repeated_bytes(frames) > limit) return verdict::too_large;
  if (cost_ > limit) return verdict::over_limit;
  insert(frames, more);
  large_ = more;
  large_end_ = count_;
  return verdict::queued;
}

void outbox::push_front(shared_frame beat) {
  const std::size_t end = std::min<std::size_t>(next_ + most_beats, frames_.size());
  for (std::size_t i = next_; i < end && frames_[i]->is_beat(); ++i) {
    if (!beat->replaces(*frames_[i])) continue;
    cost_ += beat->size();
    cost_ -= frames_[i]->size();
    frames_[i] = std::move(beat);
    return;
  }
  const std::size_t more = beat->cost();
  if (next_ > 0) {
    frames_[--next_] = std::move(beat);
  } else {
    if (frames_.size() == frames_.capacity()) make_room(1);
    frames_.insert(frames_.begin(), std::move(beat));
  }
  cost_ += more;
  ++count_;
  if (large_end_ != 0) ++large_end_;
}

void outbox::make_room(std::size_t more) {
  frames_.reserve(std::max({frames_.size() + more, room_kept, 2 * frames_.capacity()}));
}

void outbox::take(frame_batch& out) {
  std::size_t bytes = 0;
  while (next_ != frames_.size() && out.size() < out.capacity()) {
    bytes += frames_[next_]->size();
    if (bytes > max_batch_bytes && !out.empty()) break;
    out.push_back(std::move(frames_[next_++]));
  }
  forget_taken();
}

shared_frame outbox::take_front() {
  shared_frame first = std::move(frames_[next_++]);
  forget_taken();
  return first;
}

// An idle session holds no buffer: a few pointers are kept, more are given back.
void outbox::forget_taken() noexcept {
  if (next_ != frames_.size()) return base::drop_taken(frames_, next_);
  next_ = 0;
  if (frames_.capacity() > room_kept) {
    base::release(frames_);
  } else {
    frames_.clear();
  }
}

std::size_t outbox::measured() const noexcept { return cost_of(std::span(frames_).subspan(next_)); }

void outbox::sent(std::size_t bytes, std::size_t frames) noexcept { uncount(bytes + frames * frame::overhead, frames); }

void outbox::uncount(std::size_t cost, std::size_t frames) noexcept {
  cost_ -= cost;
  const auto gone = static_cast<std::uint32_t>(frames);
  count_ -= gone;
  large_end_ -= std::min(large_end_, gone);
  large_ = large_end_ == 0 ? 0 : std::min(large_, cost_);  // packets behind the large one count from now on
}

void outbox::clear() noexcept {
  uncount(measured(), frames_.size() - next_);
  base::release(frames_);
  next_ = 0;
}

}  // namespace cosio::inline v0_2::engine
