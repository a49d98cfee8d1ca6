// The example application of old: a client asks, talks to everybody, and is announced to the others.

#pragma once
#include <cosio/cosio.hpp>

namespace chat {

/// Announces the client to all others, and answers its `req` and `chat` from then on.
cosio::task<> play_classic(cosio::server io, cosio::socket client);

}  // namespace chat
