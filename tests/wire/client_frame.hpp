// Frames of clients, under the name that tests use.

#pragma once
#include "test/client_frame.hpp"

namespace cosio::test {

using kit::client_frame;

}  // namespace cosio::test
