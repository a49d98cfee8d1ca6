// Publishes to the servers that share a Redis or a PostgreSQL, and is no server itself.
//
//   emit [--adapter NAME] …
//
//   emit emit ROOM EVENT TEXT      emits an event to a room; to everybody if ROOM is "*"
//   emit join ROOM OTHER           puts the sockets of a room into another one
//   emit leave ROOM OTHER          takes them out
//   emit disconnect ROOM           disconnects them
//   emit servers EVENT TEXT        tells the servers
//
// The adapter is that of the servers: classic, sharded, streams or postgres (classic). The environment has REDIS_URL
// (redis://127.0.0.1:6379), POSTGRES_URL (postgresql://127.0.0.1:5432/postgres) and NAMESPACE (/). It may also have
// ADAPTER in place of the option.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cosio/cluster_emitter.hpp>
#include <cosio/cosio.hpp>
#include <cosio/postgres.hpp>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

std::string setting(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

// As the servers have it.
std::function<std::shared_ptr<cosio::cluster_wire>(cosio::adapter_host&)> wire(const std::string& adapter) {
  if (adapter == "postgres") {
    cosio::postgres_options where;
    where.url = setting("POSTGRES_URL", "postgresql://127.0.0.1:5432/postgres");
    return cosio::postgres_wire(where);
  }
  cosio::redis_options where;
  where.url = setting("REDIS_URL", "redis://127.0.0.1:6379");
  if (adapter == "classic") return cosio::redis_wire(where);
  if (adapter == "sharded") {
    cosio::sharded_options sharded;
    sharded.redis = where;
    return cosio::sharded_redis_wire(sharded);
  }
  if (adapter != "streams") throw cosio::error(cosio::errc::bad_argument, "unknown adapter: " + adapter);
  cosio::streams_options streams;
  streams.redis = where;
  return cosio::redis_streams_wire(streams);
}

cosio::task<cosio::publication> publish(cosio::emitter hub, std::vector<std::string> words) {
  words.resize(4);
  const cosio::emitter all = words[1] == "*" ? hub : hub.to(words[1]);
  if (words[0] == "emit") return all.emit(words[2], words[3]);
  if (words[0] == "join") return all.sockets_join(words[2]);
  if (words[0] == "leave") return all.sockets_leave(words[2]);
  if (words[0] == "disconnect") return all.disconnect_sockets();
  if (words[0] == "servers") return hub.server_side_emit(words[1], words[2]);
  throw cosio::error(cosio::errc::bad_argument, "unknown: " + words[0]);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::string> words(argv + 1, argv + argc);
    std::string adapter = setting("ADAPTER", "classic");
    if (words.size() > 1 && words[0] == "--adapter") {
      adapter = words[1];
      words.erase(words.begin(), words.begin() + 2);
    }
    boost::asio::io_context context;
    cosio::publication sent;
    {
      const cosio::emitter hub(context.get_executor(), wire(adapter));
      auto work = publish(hub.of(setting("NAMESPACE", "/")), std::move(words));
      boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr failed, cosio::publication done) {
        if (failed) std::rethrow_exception(failed);
        sent = std::move(done);
      });
    }
    context.run();  // until it is published, and the connection is closed
    if (sent.ok) return 0;
    std::cerr << "emit: " << sent.problem << '\n';
  } catch (const std::exception& failed) {
    std::cerr << "emit: " << failed.what() << '\n';
  }
  return 1;
}
