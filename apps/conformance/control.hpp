// `/control`: one event per call of the public API, so that a client in any language can exercise all of it.

#pragma once
#include "services.hpp"

namespace conformance {

/// Makes the namespace. What it refers to must outlive the server.
void mount_control(services& all);

}  // namespace conformance
