// The Redis adapter: several servers that share a Redis become one cluster, with common rooms and broadcasts.
//
//   options.adapter = cosio::redis_adapter();
//
// Ask for this header by name; docs/guarantees.md says what a cluster promises.

#pragma once
#include <cosio/adapter.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace cosio::inline v0_2 {

/// Options of the Redis adapter. Names and defaults are those of Node's @socket.io/redis-adapter. Only `url` is new:
/// Node's adapter is given connections in place of it.
struct redis_options {
  /// The address of Redis: `redis://[[user]:password@]host[:port][/database]`. Publish/Subscribe knows no databases, so
  /// servers with different numbers meet all the same.
  std::string url = "redis://127.0.0.1:6379";
  /// The beginning of every channel's name. Servers with the same key, on the same Redis, are one cluster.
  std::string key = "socket.io";
  /// The time that other servers have to answer a request, such as fetch_sockets(), when timeout() was not called.
  std::chrono::milliseconds requests_timeout{5'000};
  /// Whether answers go only to the server that asked, in place of a channel that all servers read. All servers of the
  /// cluster must listen for that; those of Node do since @socket.io/redis-adapter 7.1.
  bool publish_on_specific_response_channel = false;
};

/// Makes the factory for options.adapter.
///
/// The adapter speaks the protocol of Node's @socket.io/redis-adapter 7 and 8 (classic Publish/Subscribe), so that C++
/// and Node servers share a cluster, and it understands @socket.io/redis-emitter. One pair of connections serves all
/// namespaces of a server.
///
/// When Redis cannot be reached, the adapter tries again, after 100 ms at first and then after longer pauses of up to
/// five seconds. Meanwhile events go to this server's own clients only, and requests to other servers throw
/// errc::disconnected. Events that other servers sent meanwhile are lost, because Publish/Subscribe remembers nothing.
///
/// Polling clients need a load balancer that always takes them to the same server.
/// @throws error errc::bad_argument for a URL that cannot be read; errc::not_supported for `rediss:`, and when the
///               library was built without hiredis or nlohmann-json.
/// @par Threads  The factory may be used by one server: its namespaces share the connections.
/// @par Source   @socket.io/redis-adapter 8, "Protocol".
std::function<std::shared_ptr<adapter>(adapter_host&)> redis_adapter(redis_options where = redis_options());

}  // namespace cosio::inline v0_2
