// One of several servers that share a Redis, behind nginx (cluster/nginx.conf). What is said at one is heard at all.
//
//   example_cluster PORT NAME [REDIS_URL]
//
// Clients use WebSocket alone. Then one connection is all that a client has, and nginx needs no sticky sessions. For
// long-polling without them see docs/balancers.md.

#include <chrono>
#include <cosio/cosio.hpp>
#include <cosio/redis.hpp>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: example_cluster PORT NAME [REDIS_URL]\n";
    return 2;
  }
  const std::string name = argv[2];
  cosio::redis_options redis;
  redis.url = argc > 3 ? argv[3] : "redis://127.0.0.1:6379";

  cosio::options opts;
  opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  opts.adapter = cosio::redis_adapter(redis);
  opts.transports = {"websocket"};
  opts.trusted_proxies = {"127.0.0.1"};  // nginx: it tells the address of the client
  opts.metrics_path = "/metrics";        // nginx does not pass it on

  cosio::server io(opts);
  io.on_connection([&io, name](cosio::socket user) -> cosio::task<> {
    user.on("say", [&io, name](std::string text) -> cosio::task<bool> {
      const cosio::report sent = co_await io.emit("said", name, text);
      co_return sent.lost == 0;  // false: the clients of the other servers do not hear it
    });
    user.on("how many?", [&io]() -> cosio::task<std::size_t> {
      const std::vector<std::string> all = co_await io.clients();  // asks the other servers
      co_return all.size();
    });
    const std::string address(user.handshake().address());
    co_await user.emit("welcome", name, address);
  });

  cosio::close_options how(10s);  // a deploy: its clients go to the other servers, one after the other
  how.spread = 1s;
  io.run_until_signal(how);
}
