// The exception of a client when the server does something that no server may do.

#pragma once
#include <stdexcept>

namespace cosio::test::inline v0_2::kit {

/// The peer has broken the protocol, or a promise.
class broken : public std::runtime_error {
  using runtime_error::runtime_error;
};

}  // namespace cosio::test::inline v0_2::kit
