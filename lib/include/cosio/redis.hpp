// Several servers as one: rooms, broadcasts and requests reach the clients of all servers that share a Redis.

#pragma once
#include <cosio/adapter.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace cosio {

/// Where the other servers are met, and how.
struct redis_options {
  /// `redis://[[user]:password@]host[:port][/database]`.
  std::string url = "redis://127.0.0.1:6379";
  /// In front of every channel's name: servers that share it, and a Redis, are one cluster.
  std::string key = "socket.io";
  /// For how long other servers may take to answer a request.
  std::chrono::milliseconds requests_timeout{5'000};
  /// Whether answers go to the server that asked and to no other. All servers of the cluster must listen for that:
  /// those of Node do since
  /// @socket.io/redis-adapter 7.1.
  bool publish_on_specific_response_channel = false;
};

/// For options.adapter: `options.adapter = cosio::redis_adapter(where);`
///
/// Speaks what Node's @socket.io/redis-adapter 7 and 8 speak (classic Publish/Subscribe), so that C++ and Node servers
/// share a cluster, and understands @socket.io/redis-emitter. One pair of connections serves all namespaces of a
/// server; a lost connection is made again, with growing pauses. While Redis cannot be reached, events go to this
/// server's own clients only, and requests to other servers end with an error that says so. What another server sent
/// meanwhile is lost: Publish/Subscribe remembers nothing.
///
/// Polling clients need a load balancer that always takes them to the same server.
///
/// @throws error errc::bad_argument for a URL that is none, errc::not_supported for `rediss:`, or when the library was
/// built without hiredis or
///         nlohmann-json.
/// @par Source  spec cluster.md section 1.
std::function<std::shared_ptr<adapter>(adapter_host&)> redis_adapter(redis_options where = redis_options());

}  // namespace cosio
