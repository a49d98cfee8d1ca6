// handshake, conn, set-data, log, stats: the data of a socket and of the server.

#include "control/command.hpp"

namespace conformance {
namespace {

namespace json = boost::json;
using cosio::arguments;
using cosio::socket;
using cosio::task;

json::object show_connection(const cosio::engine_session& session) {
  json::object shown;
  shown["id"] = session.id();
  shown["transport"] = session.transport();
  shown["protocol"] = session.protocol();
  shown["remoteAddress"] = session.remote_address();
  return shown;
}

bool store_data(const socket& user, const arguments& args) {
  user.data(args.get<json::object>(0));
  return true;
}

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): main() has the services
task<json::object> show_stats(const services& all) {
  json::object sockets;
  for (const cosio::nsp& each : all.namespaces.all()) {
    const auto here = co_await each.connected();
    sockets[each.name()] = here.size();
  }

  json::object shown;
  shown["engineClients"] = all.io.engine().clients_count();
  shown["rawClients"] = all.raw.clients_count();
  shown["sockets"] = std::move(sockets);
  shown["threads"] = all.threads;
  co_return shown;
}

}  // namespace

void add_introspection(const socket& user, services& all) {
  command(user, "handshake", [user](const arguments&) { return user.handshake().to_json(); });
  command(user, "conn", [user](const arguments&) { return show_connection(user.conn()); });
  command(user, "set-data", [user](const arguments& args) { return store_data(user, args); });
  command(user, "log", [&all](const arguments&) { return all.log.entries(); });
  command(user, "stats", [&all](const arguments&) { return show_stats(all); });
}

}  // namespace conformance
