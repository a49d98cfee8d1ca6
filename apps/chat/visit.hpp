// One person's visit to the house: the chat itself.

#pragma once
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/system/error_code.hpp>
#include <cosio/cosio.hpp>
#include <memory>

#include "contract.hpp"
#include "house.hpp"

namespace chat {

/// Holds the word that somebody has come or gone, until it is told. It has room for one.
using bell = boost::asio::experimental::concurrent_channel<void(boost::system::error_code)>;

/// Runs on the guest's strand, from the connection until the guest is gone.
cosio::task<> visit(nsp io, std::shared_ptr<house> home, std::shared_ptr<bell> door, socket guest);

/// Tells everybody who comes and goes, as long as the server runs: the first one at once, and those of the next moment
/// together. So it costs no more when many come.
cosio::task<> tell_moves(nsp io, std::shared_ptr<house> home, std::shared_ptr<bell> door);

}  // namespace chat
