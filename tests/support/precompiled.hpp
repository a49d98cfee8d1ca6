// The headers that most test files include, compiled once for all of them. No test file needs this file: each includes
// what it uses.

#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.hpp"
#include "http/app_state.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/world.hpp"
