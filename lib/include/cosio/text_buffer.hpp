// Text that is written piece by piece. Most pieces are short, so they are copied without a call.
//
// The header is a part of convert.hpp.

#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::detail {

/// A string with room behind its text.
class text_buffer {
 public:
  text_buffer() = default;
  /// Goes on behind text that was begun.
  explicit text_buffer(std::string begun) noexcept : text_(std::move(begun)), size_(text_.size()) {}

  void put(char c) {
    *room(1) = c;
    ++size_;
  }
  void put(std::string_view text) {
    text.copy(room(text.size()), text.size());
    size_ += text.size();
  }
  /// The place behind the text, with room for so many bytes. What is written there counts when it is added.
  char* room(std::size_t bytes) {
    if (bytes > text_.size() - size_) grow(bytes);
    return text_.data() + size_;
  }
  void add(std::size_t bytes) noexcept { size_ += bytes; }

  /// The text; the buffer is empty afterwards.
  std::string take();

 private:
  void grow(std::size_t bytes);

  std::string text_;
  std::size_t size_ = 0;  // of the text; behind it is room, with any bytes
};

}  // namespace cosio::inline v0_2::detail
