// Empties containers, and gives their memory back.

#pragma once

namespace cosio::inline v0_2::base {

/// Empties the container and frees its memory. `c = {}` would not: for vectors and strings that assigns an empty list,
/// which keeps the memory.
template <class Container>
void release(Container& c) noexcept {
  Container().swap(c);
}

/// For a queue that is a vector and the index of its first element that was not taken. Removes the taken elements once
/// they are the larger part: so a queue that never runs empty does not grow, and each element is moved at most once for
/// each that was taken.
template <class Vector, class Index>
void drop_taken(Vector& queue, Index& next) noexcept {
  constexpr Index few = 8;
  if (next <= few || next <= queue.size() / 2) return;
  queue.erase(queue.begin(), queue.begin() + static_cast<typename Vector::difference_type>(next));
  next = 0;
}

}  // namespace cosio::inline v0_2::base
