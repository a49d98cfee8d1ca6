// The knowledge of a world about a connection: it is moved on until it is over.

#pragma once
#include <cstddef>

#include "test/engine_life.hpp"

namespace cosio::test::inline v0_2::kit {

class peer {
 public:
  virtual ~peer() = default;
  /// Moves bytes. @return how many; something else than zero, too, when it did anything else.
  virtual std::size_t step(moment now) = 0;
  /// Whether it will send more when it is moved on.
  virtual bool has_unsent() const noexcept = 0;
  virtual bool is_over() const noexcept = 0;
  /// Ends it without a word, and lets go of everything.
  virtual void end_of_world() = 0;
};

}  // namespace cosio::test::inline v0_2::kit
