// Empties a container and gives its memory back.

#pragma once

namespace cosio::base {

/// Empties the container and frees its memory. `c = {}` would not: for vectors and strings that assigns an empty list,
/// which keeps the memory.
template <class Container>
void release(Container& c) noexcept {
  Container().swap(c);
}

}  // namespace cosio::base
