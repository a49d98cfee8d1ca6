// One person's visit to the house: the chat itself.

#pragma once
#include <cosio/cosio.hpp>
#include <memory>

#include "contract.hpp"
#include "house.hpp"

namespace chat {

/// Runs on the guest's strand, from the connection until the guest is gone.
cosio::task<> visit(nsp io, std::shared_ptr<house> home, socket guest);

}  // namespace chat
