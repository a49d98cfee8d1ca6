// Rooms, except and flags -> adapter. The handles of <cosio/broadcast_operator.hpp>.

#include <cosio/adapter.hpp>
#include <cosio/broadcast_operator.hpp>
#include <cosio/nsp.hpp>

#include <utility>

#include "async/hop.hpp"
#include "socketio/asking.hpp"
#include "socketio/checks.hpp"
#include "socketio/client_core.hpp"
#include "socketio/encoded_packet.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"

namespace cosio {
namespace {

using socketio::nsp_core;
using socketio::socket_core;

std::vector<std::shared_ptr<socket_core>> sockets_of(const nsp_core& nsp, cosio::adapter& adapter, const target& to) {
  static_cast<void>(nsp);
  std::vector<std::shared_ptr<socket_core>> out;
  for (const auto& found : adapter.local_sockets(to))
    if (auto ours = std::dynamic_pointer_cast<socket_core>(found)) out.push_back(std::move(ours));
  return out;
}

task<std::vector<std::string>> ids_of(std::shared_ptr<nsp_core> nsp, target to) {
  auto ids = co_await nsp->adapter().sockets(std::move(to));
  co_return ids;
}

task<std::vector<remote_socket>> fetch(std::shared_ptr<nsp_core> nsp, target to) {
  std::vector<remote_socket> out;
  for (const auto& s : sockets_of(*nsp, nsp->adapter(), to)) {
    out.emplace_back(nsp, s->id(), nsp->adapter().rooms_of(s->id()), s->data(), boost::json::value(s->get_handshake().to_json()));
  }
  co_return out;
}

task<> disconnect_all(std::shared_ptr<nsp_core> nsp, target to, bool close) {
  for (const auto& s : sockets_of(*nsp, nsp->adapter(), to)) {
    const async::strand strand = s->client()->session().get_strand();
    auto leave = [s, close] { s->client()->disconnect(s, close); };
    if (strand.running_in_this_thread()) {
      leave();
    } else {
      co_await async::call_on(strand, std::move(leave));
    }
  }
}

}  // namespace

broadcast_operator broadcast_operator::local() const {
  broadcast_operator copy = *this;
  copy.target_.flags.local = true;
  return copy;
}
broadcast_operator broadcast_operator::volatile_() const {
  broadcast_operator copy = *this;
  copy.target_.flags.is_volatile = true;
  return copy;
}
broadcast_operator broadcast_operator::compress(bool on) const {
  broadcast_operator copy = *this;
  copy.target_.flags.compress = on;
  return copy;
}
broadcast_operator broadcast_operator::binary(bool on) const {
  broadcast_operator copy = *this;
  copy.target_.flags.binary = on;
  return copy;
}
broadcast_operator broadcast_operator::timeout(std::chrono::milliseconds after) const {
  broadcast_operator copy = *this;
  copy.target_.flags.timeout = after;
  return copy;
}

task<std::vector<std::string>> broadcast_operator::clients() const { return ids_of(nsp_, target_); }
task<std::vector<remote_socket>> broadcast_operator::fetch_sockets() const { return fetch(nsp_, target_); }
task<> broadcast_operator::disconnect_sockets(bool close) const { return disconnect_all(nsp_, target_, close); }
task<> remote_socket::disconnect(bool close) const { return disconnect_all(nsp_, broadcast_operator::only(id_), close); }

target broadcast_operator::only(const std::string& id) {
  target to;
  to.everybody = false;
  to.rooms.push_back(id);
  return to;
}

task<report> broadcast_operator::emit_data(nsp_ptr nsp, target to, std::string event, event_data data) {
  socketio::check_emit(event, to.flags, data);
  auto packet =
      std::make_shared<const socketio::encoded_packet>(nsp->name(), wire::sio_type::event, std::nullopt, std::move(event), std::move(data));
  const report sum = co_await nsp->adapter().broadcast(std::move(packet), std::move(to));
  co_return sum;
}

task<answers> broadcast_operator::ask_data(nsp_ptr nsp, target to, std::string event, event_data data) {
  socketio::check_emit(event, to.flags, data);
  return socketio::ask_all(std::move(nsp), std::move(to), std::move(event), std::move(data));
}

task<> broadcast_operator::join_all(nsp_ptr nsp, target to, std::vector<std::string> rooms) {
  for (const auto& s : sockets_of(*nsp, nsp->adapter(), to)) co_await nsp->adapter().join(s, rooms);
}

task<> broadcast_operator::leave_all(nsp_ptr nsp, target to, std::vector<std::string> rooms) {
  for (const auto& s : sockets_of(*nsp, nsp->adapter(), to)) co_await nsp->adapter().leave(s->id(), rooms);
}

task<report> parent_nsp::emit_data(std::shared_ptr<socketio::parent_core> core, target to, std::string event, event_data data) {
  socketio::check_emit(event, to.flags, data);
  report sum;
  for (const auto& child : core->children()) {
    auto packet = std::make_shared<const socketio::encoded_packet>(child->name(), wire::sio_type::event, std::nullopt, event, data);
    const report one = co_await child->adapter().broadcast(std::move(packet), to);
    sum += one;
  }
  co_return sum;
}

}  // namespace cosio
