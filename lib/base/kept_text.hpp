// The memory of a text that a thread keeps for its next text.

#pragma once
#include <string>

namespace cosio::inline v0_2::base {

/// One text for each thread and each Tag.
/// @return null while the thread ends, when its own variables are gone: static objects may still use the library then.
/// @throws nothing
template <class Tag>
std::string* kept_text() noexcept {
  static thread_local bool is_over = false;  // has no destructor, so it can be read to the end
  struct holder {
    holder() noexcept = default;
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    ~holder() { is_over = true; }
    std::string text;
  };
  if (is_over) return nullptr;
  static thread_local holder mine;
  return &mine.text;
}

}  // namespace cosio::inline v0_2::base
