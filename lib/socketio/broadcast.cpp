// Rooms, except and flags -> adapter. The handles of <cosio/broadcast_operator.hpp>.

#include <cosio/adapter.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/error.hpp>
#include <cosio/nsp.hpp>

#include <utility>

#include "socketio/asking.hpp"
#include "socketio/checks.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/nsp_core.hpp"

namespace cosio::inline v0_2 {
namespace {

using socketio::nsp_core;

task<std::vector<std::string>> ids_of(std::shared_ptr<nsp_core> nsp, target to) {
  auto found = co_await nsp->adapter().sockets(std::move(to));
  if (found.missing) throw incomplete(std::move(found.value), std::move(found.missing));
  co_return std::move(found.value);
}

task<std::vector<remote_socket>> fetch(std::shared_ptr<nsp_core> nsp, target to) {
  auto found = co_await nsp->adapter().fetch_sockets(std::move(to));
  std::vector<remote_socket> out;
  out.reserve(found.value.size());
  for (socket_descriptor& s : found.value) {
    out.emplace_back(nsp, std::move(s.id), std::move(s.rooms), std::move(s.data), std::move(s.handshake));
  }
  if (found.missing) throw incomplete(std::move(out), std::move(found.missing));
  co_return out;
}

task<> disconnect_all(std::shared_ptr<nsp_core> nsp, target to, bool close) {
  co_await nsp->adapter().disconnect_sockets(std::move(to), close);
}

// Events for other servers have no receivers among clients: rooms and except mean nothing for them.
void check_whole_namespace(const target& to) {
  if (!to.everybody || !to.except.empty())
    throw error(errc::bad_argument, "server_side_emit goes to servers: it takes no rooms");
}

}  // namespace

remote_socket::remote_socket(std::shared_ptr<nsp_core> nsp, std::string id, std::vector<std::string> rooms,
                             boost::json::value data, boost::json::value handshake)
    : nsp_(std::move(nsp)),
      id_(std::move(id)),
      rooms_(std::move(rooms)),
      data_(std::move(data)),
      handshake_(std::move(handshake)) {}

void detail::add_room(std::vector<std::string>& out, std::string_view name) { out.emplace_back(name); }

broadcast_operator::broadcast_operator(std::shared_ptr<nsp_core> nsp, target to)
    : nsp_(std::move(nsp)), target_(std::move(to)) {}
broadcast_operator::broadcast_operator(const broadcast_operator& other) = default;
broadcast_operator::broadcast_operator(broadcast_operator&& other) noexcept = default;
broadcast_operator& broadcast_operator::operator=(const broadcast_operator& other) = default;
broadcast_operator& broadcast_operator::operator=(broadcast_operator&& other) noexcept = default;
broadcast_operator::~broadcast_operator() = default;

detail::starting_place broadcast_operator::starts_in(const nsp_ptr& nsp) {
  const auto find = [](void* of) -> boost::asio::any_io_executor {
    auto& core = *static_cast<nsp_core*>(of);
    if (core.has_ended()) return {};
    return core.start_strand();
  };
  return {nsp, find};
}
detail::starting_place remote_socket::starts_at() const { return broadcast_operator::starts_in(nsp_); }

task<report> broadcast_operator::emit_encoded(std::string_view event, event_data data) const {
  return emit_data(nsp_, target_, std::string(event), std::move(data));
}
task<report> remote_socket::emit_encoded(std::string_view event, event_data data) const {
  return broadcast_operator::emit_data(nsp_, broadcast_operator::only(id_), std::string(event), std::move(data));
}
broadcast_operator remote_socket::operator_for_flags() const {
  return broadcast_operator(nsp_, broadcast_operator::only(id_));
}
broadcast_operator remote_socket::timeout(std::chrono::milliseconds after) const {
  return operator_for_flags().timeout(after);
}

task<std::vector<std::string>> broadcast_operator::clients() const { return ids_of(nsp_, target_); }
task<std::vector<remote_socket>> broadcast_operator::fetch_sockets() const { return fetch(nsp_, target_); }
task<> broadcast_operator::disconnect_sockets(bool close) const { return disconnect_all(nsp_, target_, close); }
task<> remote_socket::disconnect(bool close) const {
  return disconnect_all(nsp_, broadcast_operator::only(id_), close);
}

target broadcast_operator::only(const std::string& id) {
  target to;
  to.everybody = false;
  to.rooms.push_back(id);
  return to;
}

task<report> broadcast_operator::emit_data(nsp_ptr nsp, target to, std::string event, event_data data) {
  socketio::check_emit(event, to.flags, data);
  auto packet = std::make_shared<const socketio::encoded_packet>(nsp->name(), wire::sio_type::event, std::nullopt,
                                                                 std::move(event), std::move(data), nsp->form(),
                                                                 to.flags.compress);
  nsp->counters().add(base::counter::broadcasts);
  const report sum = co_await nsp->adapter().broadcast(std::move(packet), std::move(to));
  co_return sum;
}

task<answers> broadcast_operator::ask_data(nsp_ptr nsp, target to, std::string event, event_data data) {
  socketio::check_emit(event, to.flags, data);
  return socketio::ask_all(std::move(nsp), std::move(to), std::move(event), std::move(data));
}

task<> broadcast_operator::join_all(nsp_ptr nsp, target to, std::vector<std::string> rooms) {
  co_await nsp->adapter().sockets_join(std::move(to), std::move(rooms));
}

task<> broadcast_operator::leave_all(nsp_ptr nsp, target to, std::vector<std::string> rooms) {
  co_await nsp->adapter().sockets_leave(std::move(to), std::move(rooms));
}

task<> broadcast_operator::tell_servers(nsp_ptr nsp, target to, std::string event, event_data data) {
  socketio::check_server_side(event);
  check_whole_namespace(to);
  if (to.flags.local) co_return;
  co_await nsp->adapter().server_side_emit(std::move(data));
}

task<answers> broadcast_operator::ask_servers(nsp_ptr nsp, target to, std::string event, event_data data) {
  socketio::check_server_side(event);
  check_whole_namespace(to);
  answers got;
  if (!to.flags.local) got = co_await nsp->adapter().server_side_emit_with_ack(std::move(data), to.flags.timeout);
  got.question(std::move(event));
  co_return got;
}

// ---------------------------------------------------------------- all namespaces of a parent

detail::starting_place parent_operator::starts_in(const std::shared_ptr<socketio::parent_core>& core) {
  const auto find = [](void* of) -> boost::asio::any_io_executor {
    if (const auto strand = static_cast<socketio::parent_core*>(of)->start_strand()) return *strand;
    return {};
  };
  return {core, find};
}

task<report> parent_operator::emit_encoded(std::string_view event, event_data data) const {
  return emit_data(core_, target_, std::string(event), std::move(data));
}

task<report> parent_operator::emit_data(std::shared_ptr<socketio::parent_core> core, target to, std::string event,
                                        event_data data) {
  socketio::check_emit(event, to.flags, data);
  report sum;
  for (const auto& child : core->children()) {
    const report one = co_await broadcast_operator::emit_data(child, to, event, data);
    sum += one;
  }
  co_return sum;
}

task<std::vector<remote_socket>> parent_operator::fetch_sockets() const {
  throw error(errc::not_supported, "a parent namespace has no sockets of its own: ask its children()");
}

}  // namespace cosio::inline v0_2
