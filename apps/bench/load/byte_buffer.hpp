// Bytes that come in pieces and are taken from the front. Unlike a string, the buffer does not clear room that a read
// will fill.

#pragma once
#include <cstddef>
#include <memory>
#include <span>

namespace bench {

/// A growing buffer. One thread.
class byte_buffer {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::span<char> bytes() noexcept { return {data_.get(), size_}; }

  void append(std::span<const char> more);
  /// Room for at least this many bytes behind the present ones. grew() then says how many came.
  std::span<char> room(std::size_t at_least);
  void grew(std::size_t by) noexcept { size_ += by; }
  /// Removes bytes at the front. An empty buffer frees large memory.
  void drop_front(std::size_t count) noexcept;

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace bench
