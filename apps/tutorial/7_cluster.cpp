// Step 7: several servers share rooms over Redis.
#include <chrono>
#include <cosio/cosio.hpp>
#include <cosio/redis.hpp>
#include <cstdint>
#include <cstdlib>

using namespace std::chrono_literals;

std::string setting(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

cosio::options shared_over_redis() {
  cosio::streams_options where;
  where.redis.url = setting("REDIS_URL", "redis://127.0.0.1:6379");
  cosio::options opts;
  opts.adapter = cosio::redis_streams_adapter(std::move(where));
  opts.connection_state_recovery.emplace().max_disconnection_duration = 2min;  // to any of the servers
  opts.transports = {"websocket"};       // a balancer need not remember who belongs where
  opts.trusted_proxies = {"127.0.0.1"};  // the balancer, which tells the addresses of clients
  opts.metrics_path = "/metrics";
  return opts;
}

cosio::task<> on_connection(cosio::socket user) {
  user.on("say", [user](std::string text) -> cosio::task<> {
    co_await user.to("lobby").emit("said", user.id(), text);  // clients of all servers
  });
  user.on("count", [user]() -> cosio::task<std::size_t> {
    const std::vector<std::string> ids = co_await user.nsp().in("lobby").clients();
    co_return ids.size();
  });
  if (!user.recovered()) co_await user.join("lobby");
}

int main() {
  cosio::http::app_options where;
  where.host = setting("HOST", "127.0.0.1");
  where.port = static_cast<std::uint16_t>(std::stoi(setting("PORT", "3000")));
  cosio::http::app web(where);
  web.files("/", setting("PAGES", "public"));
  cosio::server io(web, shared_over_redis());
  io.on_connection(on_connection);
  cosio::close_options how(10s);
  how.spread = 5s;  // clients go to the other servers one after the other
  io.run_until_signal(how);
}
