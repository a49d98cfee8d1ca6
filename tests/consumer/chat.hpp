// A chat, as an application would write it: the handlers that the examples of the test kit test.

#pragma once
#include <cosio/cosio.hpp>

#include <chrono>

namespace chat {

/// The options with which the application serves.
cosio::options options();

/// Everything that the application registers: who may come in, and what they may do.
void set_up(cosio::server& io);

}  // namespace chat
