// The classic example application: a client asks, talks to everybody, and is announced to the others.

#pragma once
#include <cosio/cosio.hpp>

#include "contract.hpp"

namespace chat {

/// Announces the client to all others, and answers its `req` and `chat` from then on.
cosio::task<> play_classic(nsp io, socket client);

}  // namespace chat
