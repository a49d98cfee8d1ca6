// The parts of the app and their paths: the raw Engine.IO echo, the health route, and the namespaces that the public
// suites and the load generator expect.

#pragma once
#include <cosio/cosio.hpp>

namespace conformance {

/// `/healthz`: 200 ok.
void mount_health(cosio::http::app& app);

/// `/engine.io/`: every message comes back as it came.
void mount_echo(const cosio::engine_server& raw);

/// `/`, `/custom`, `/auth`, `/dynamic-<digits>` and `/token`.
void mount_namespaces(const cosio::server& io);

}  // namespace conformance
