// The objects that the mounts and the commands of /control use: the two servers, and the app's data about them.

#pragma once
#include "event_log.hpp"
#include "known_namespaces.hpp"

#include <cosio/cosio.hpp>

#include <functional>

namespace conformance {

/// Lives in main(), longer than anything that runs: handlers refer to it.
struct services {
  cosio::server io;
  cosio::engine_server raw;
  unsigned threads;
  std::function<void()> shut_down;  ///< begins to close everything; returns at once

  known_namespaces namespaces{};
  event_log log{};
};

}  // namespace conformance
