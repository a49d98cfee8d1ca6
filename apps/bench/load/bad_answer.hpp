// The exception of the reading functions for bytes of the server that break a protocol.

#pragma once
#include <stdexcept>

namespace bench {

class bad_answer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bench
