// The buffer grows by doubling, and moves the rest to the front.

#include "byte_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t kept_capacity = 16'384;

}  // namespace

void byte_buffer::append(std::span<const char> more) {
  if (more.empty()) return;
  std::memcpy(room(more.size()).data(), more.data(), more.size());
  size_ += more.size();
}

std::span<char> byte_buffer::room(std::size_t at_least) {
  if (size_ + at_least > capacity_) {
    const std::size_t wanted = std::max(size_ + at_least, 2 * capacity_);
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = wanted;
  }
  return {data_.get() + size_, capacity_ - size_};
}

void byte_buffer::drop_front(std::size_t count) noexcept {
  if (count < size_) {
    std::memmove(data_.get(), data_.get() + count, size_ - count);
    size_ -= count;
    return;
  }
  size_ = 0;
  if (capacity_ > kept_capacity) {
    data_.reset();
    capacity_ = 0;
  }
}

}  // namespace bench
