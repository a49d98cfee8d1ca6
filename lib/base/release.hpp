// Empties a container for good.

#pragma once

namespace cosio::base {

/// Empties it and gives its memory back. `c = {}` would not: for vectors and strings that assigns an empty list, which keeps the memory.
template <class Container>
void release(Container& c) noexcept {
  Container().swap(c);
}

}  // namespace cosio::base
