// The code of the error that a call throws, to compare it with.

#pragma once
#include <cosio/error.hpp>

namespace cosio::test {

/// @return success when nothing is thrown. Exceptions of other types go on.
template <class F>
boost::system::error_code error_of(F call) {
  try {
    call();
  } catch (const error& e) {
    return e.code();
  }
  return {};
}

}  // namespace cosio::test
