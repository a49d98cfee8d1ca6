// A server to which programs in other languages publish, by its HTTP API.
//
// The environment names what differs: API_SECRET, the secret of the key "backend"; PORT (3000; 0 picks a free one);
// REDIS_URL, a Redis by way of which others publish, too: emitters, and programs in Python. Without it there is none.

#include <chrono>
#include <cosio/cosio.hpp>
#include <cosio/http_api.hpp>
#include <cosio/redis.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

std::string setting(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

void open_api(const cosio::server& io, const std::string& secret) {
  cosio::http_api_key backend("backend", secret);
  backend.may_read = true;
  backend.may_join = true;
  backend.may_disconnect = true;

  cosio::http_api_key shop("shop", "only-for-orders-" + secret);
  shop.namespaces = {"/orders"};  // and it may only emit
  shop.signed_only = true;
  shop.rate = cosio::rate_limit(5, 10);

  cosio::http_api(io, "/api", {backend, shop});
}

auto shared_by(const std::string& url) {
  cosio::redis_options redis;
  redis.url = url;
  redis.python_channel = "socketio";
  return cosio::redis_adapter(redis);
}

void serve(std::uint16_t port, const std::string& secret) {
  cosio::options opts;
  opts.port = port;
  if (const std::string url = setting("REDIS_URL", ""); !url.empty()) opts.adapter = shared_by(url);
  cosio::server io(opts);
  io.on_connection([](cosio::socket user) {
    user.on("join", [user](std::string room) -> cosio::task<bool> {
      co_await user.join(room);
      co_return true;
    });
    user.on("rooms", [user] { return user.rooms(); });
  });
  io.on_server_side("reload", [&io](std::string what) -> cosio::task<> { co_await io.local().emit("reloaded", what); });
  io.of("/orders");
  open_api(io, secret);
  std::cout << "listening on http://127.0.0.1:" << io.listen() << std::endl;
  io.run_until_signal(2s);
}

}  // namespace

int main() {
  try {
    serve(static_cast<std::uint16_t>(std::stoul(setting("PORT", "3000"))), setting("API_SECRET", ""));
    return 0;
  } catch (const std::exception& failed) {
    std::cerr << "publish: " << failed.what() << '\n';
    return 1;
  }
}
