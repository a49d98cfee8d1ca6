// join, leave, rooms, and the commands that move, list or disconnect the sockets of a whole cluster.

#include <algorithm>
#include <boost/describe/class.hpp>
#include <boost/json/value_from.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/command.hpp"
#include "control/room_list.hpp"

namespace conformance {
namespace {

namespace json = boost::json;
using cosio::arguments;
using cosio::socket;
using cosio::task;

// Sockets of a namespace: all, or those in some rooms.
struct selection {
  std::optional<std::string> nsp;
  std::optional<room_list> rooms;
};
BOOST_DESCRIBE_STRUCT(selection, (), (nsp, rooms))

struct move_order : selection {
  room_list room;
};
BOOST_DESCRIBE_STRUCT(move_order, (selection), (room))

struct disconnect_order : selection {
  std::optional<bool> close;
};
BOOST_DESCRIBE_STRUCT(disconnect_order, (selection), (close))

using names = std::vector<std::string>;

names sorted(names list) {
  std::ranges::sort(list);
  return list;
}

// An order whose fields may all be left out may be left out as a whole.
template <class Order>
Order order_in(const arguments& args) {
  return args.get<std::optional<Order>>(0).value_or(Order());
}

cosio::broadcast_operator chosen(const services& all, const selection& which) {
  const cosio::nsp nsp = all.namespaces.find(which.nsp.value_or("/control"));
  return which.rooms ? nsp.in(which.rooms->names()) : nsp.except();
}

json::object describe(const cosio::remote_socket& found) {
  json::object shown;
  shown["id"] = found.id();
  shown["rooms"] = json::value_from(sorted(found.rooms()));
  shown["data"] = found.data();
  shown["handshake"] = found.handshake();
  return shown;
}

// ---------------------------------------------------------------- one socket

task<names> join(socket user, room_list rooms) {
  co_await user.join(rooms.names());
  co_return sorted(user.rooms());
}

task<names> leave(socket user, room_list rooms) {
  co_await user.leave(rooms.names());
  co_return sorted(user.rooms());
}

// ---------------------------------------------------------------- many sockets

task<names> list_clients(cosio::broadcast_operator matching) {
  names ids = co_await matching.clients();
  co_return sorted(std::move(ids));
}

task<json::array> list_sockets(cosio::broadcast_operator matching) {
  std::vector<cosio::remote_socket> found = co_await matching.fetch_sockets();
  std::ranges::sort(found, {}, &cosio::remote_socket::id);

  json::array shown;
  for (const auto& one : found) shown.emplace_back(describe(one));
  co_return shown;
}

task<bool> done(task<> work) {
  co_await std::move(work);
  co_return true;
}

}  // namespace

void add_rooms(const socket& user, services& all) {
  command(user, "join", [user](const arguments& args) { return join(user, args.get<room_list>(0)); });
  command(user, "leave", [user](const arguments& args) { return leave(user, args.get<room_list>(0)); });
  command(user, "rooms", [user](const arguments&) { return sorted(user.rooms()); });

  command(user, "clients",
          [&all](const arguments& args) { return list_clients(chosen(all, order_in<selection>(args))); });
  command(user, "sockets",
          [&all](const arguments& args) { return list_sockets(chosen(all, order_in<selection>(args))); });
  command(user, "sockets-join", [&all](const arguments& args) {
    const auto order = args.get<move_order>(0);
    return done(chosen(all, order).sockets_join(order.room.names()));
  });
  command(user, "sockets-leave", [&all](const arguments& args) {
    const auto order = args.get<move_order>(0);
    return done(chosen(all, order).sockets_leave(order.room.names()));
  });
  command(user, "disconnect-sockets", [&all](const arguments& args) {
    const auto order = order_in<disconnect_order>(args);
    return done(chosen(all, order).disconnect_sockets(order.close.value_or(false)));
  });
}

}  // namespace conformance
