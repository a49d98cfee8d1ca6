// Makes connections: the options, once they were checked, and what they become.

#pragma once
#include <memory>
#include <string_view>

#include "client/engine_client.hpp"
#include "client/heartbeat_watch.hpp"
#include "client/proxy.hpp"

namespace cosio::inline v0_2::clients {

/// What a source asks of the system.
/// @par Threads  A value; the functions: any.
struct source_system {
  suspended_time suspended;
  environment variable;
};

/// As make_engine_source() of engine_client.hpp, with another system: for tests.
std::shared_ptr<engine_source> make_engine_source(std::shared_ptr<async::runtime> where, std::string_view url,
                                                  engine_client_options options, source_system system);

}  // namespace cosio::inline v0_2::clients
