// The adapter in memory, with somebody who looks on: the model learns when a session is kept, asked for and put in.
// What it does is the library's.

#pragma once
#include <cosio/adapter.hpp>

#include <memory>

#include "simulation/ledger.hpp"

namespace cosio::simulation {

/// @param now  The clock of the run; offsets are made of it.
std::shared_ptr<adapter> make_watched_adapter(adapter_host& host, ledger& book, const moment& now);

}  // namespace cosio::simulation
