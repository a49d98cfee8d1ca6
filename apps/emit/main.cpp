// Publishes to the servers that share a Redis or a PostgreSQL, and is no server itself.
//
//   words of main() -> the wire of the servers -> cosio::emitter -> the outcome, as the exit code

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cosio/cluster_emitter.hpp>
#include <cosio/cosio.hpp>
#include <cosio/postgres.hpp>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command_line/command_line.hpp"

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
  cosio::streams_options streams;
  streams.redis = where;
  return cosio::redis_streams_wire(streams);
}

cosio::task<cosio::publication> publish(cosio::emitter hub, std::vector<std::string> words) {
  const cosio::emitter all = words[1] == "*" ? hub : hub.to(words[1]);
  if (words[0] == "emit") return all.emit(words[2], words[3]);
  if (words[0] == "join") return all.sockets_join(words[2]);
  if (words[0] == "leave") return all.sockets_leave(words[2]);
  if (words[0] == "disconnect") return all.disconnect_sockets();
  return hub.server_side_emit(words[1], words[2]);
}

constexpr const char* about =
    "Publishes to the servers that share a Redis or a PostgreSQL, and is no server itself.\n"
    "\n"
    "  emit emit ROOM EVENT TEXT      emits an event to a room; to everybody if ROOM is \"*\"\n"
    "  emit join ROOM OTHER           puts the sockets of a room into another one\n"
    "  emit leave ROOM OTHER          takes them out\n"
    "  emit disconnect ROOM           disconnects them\n"
    "  emit servers EVENT TEXT        tells the servers\n"
    "\n"
    "The environment has REDIS_URL (redis://127.0.0.1:6379), POSTGRES_URL\n"
    "(postgresql://127.0.0.1:5432/postgres) and NAMESPACE (/). It may also have ADAPTER in place of the option.";

/// @return nothing when the words can be done; else the exit code.
std::optional<int> read_words(std::string& adapter, std::vector<std::string>& words, int argc, char** argv) {
  apps::command_line line("emit", about);
  const std::vector<std::string> adapters{"classic", "postgres", "sharded", "streams"};
  line.text("--adapter", adapter, "that of the servers")->capture_default_str()->check(CLI::IsMember(adapters));
  line.add_option("words", words, "one of these commands, with all of its words");
  if (const auto code = line.read(argc, argv)) return code;
  const std::map<std::string, std::size_t> counts{
      {"emit", 4}, {"join", 3}, {"leave", 3}, {"disconnect", 2}, {"servers", 3}};
  const auto known = counts.find(words.empty() ? "" : words[0]);
  if (known != counts.end() && known->second == words.size() && std::ranges::find(adapters, adapter) != adapters.end())
    return std::nullopt;
  std::cerr << line.help();
  return apps::exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::string> words;
    std::string adapter = setting("ADAPTER", "classic");
    if (const auto code = read_words(adapter, words, argc, argv)) return *code;
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
