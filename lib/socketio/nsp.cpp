// The handles of <cosio/nsp.hpp>: nsp and parent_nsp hand on to nsp_core and parent_core.

#include <cosio/error.hpp>
#include <cosio/nsp.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log_text.hpp"
#include "base/nearest.hpp"
#include "socketio/checks.hpp"
#include "socketio/nsp_core.hpp"
#include "socketio/socket_core.hpp"
#include "socketio/stopping.hpp"

namespace cosio::inline v0_2 {
namespace {

// The handle of what a namespace, or a parent of namespaces, keeps under a number.
template <class Core>
listener_handle handle_of(const std::shared_ptr<Core>& core, std::uint64_t number) {
  auto remove = [weak = std::weak_ptr(core), number] {
    if (const auto self = weak.lock()) self->handlers().remove(number);
  };
  return listener_handle(std::move(remove), &core->handlers(), number);
}

}  // namespace

const std::string& nsp::name() const noexcept { return core_->name(); }

registered<nsp> nsp::use(detail::middleware<socket&> middleware) const {
  return {*this, handle_of(core_, core_->handlers().add(std::move(middleware).release()))};
}

registered<nsp> nsp::add_connection_handler(detail::connection_handler handler) const {
  return {*this, handle_of(core_, core_->handlers().add(std::move(handler)))};
}

registered<nsp> nsp::on_error(hook<socket, const socket_error&> handler) const {
  return {*this, handle_of(core_, core_->handlers().add(std::move(handler).release()))};
}

registered<nsp> nsp::on_room_event(hook<const room_event&> handler) const {
  return {*this, handle_of(core_, core_->add_room_handler(std::move(handler).release()))};
}

listener_handle nsp::add_server_side(std::string_view event, detail::listener_ptr listener) const {
  socketio::check_server_side(event);
  const std::uint64_t number = core_->server_side().add(event, std::move(listener), false, false);
  auto remove = [weak = std::weak_ptr(core_), number] {
    if (const auto self = weak.lock()) self->server_side().remove(number);
  };
  return listener_handle(std::move(remove), &core_->server_side(), number);
}

namespace {

task<std::vector<std::string>> names_of_rooms(std::shared_ptr<socketio::nsp_core> nsp) {
  auto asking = nsp->adapter().all_rooms();
  auto found = co_await std::move(asking);
  if (found.missing) throw incomplete(std::move(found.value), std::move(found.missing));
  co_return std::move(found.value);
}

task<std::size_t> count_servers(std::shared_ptr<socketio::nsp_core> nsp) {
  auto counting = nsp->adapter().server_count();
  const std::size_t count = co_await std::move(counting);
  co_return count;
}

}  // namespace

task<std::vector<std::string>> nsp::all_rooms() const { return names_of_rooms(core_); }
std::vector<std::string> nsp::rooms_of(std::string_view id) const { return core_->adapter().rooms_of(id); }
std::vector<std::string> nsp::sockets_in(std::string_view room) const {
  target in;
  in.everybody = false;
  in.rooms.emplace_back(room);
  std::vector<std::string> ids;
  for (const auto& found : core_->adapter().local_sockets(in)) ids.push_back(found->id());
  return ids;
}
task<std::size_t> nsp::server_count() const { return count_servers(core_); }

const nsp& nsp::sequential(bool on) const {
  core_->handlers().sequential(on);
  return *this;
}

broadcast_operator nsp::operator_for_rooms() const { return broadcast_operator(core_, target()); }

task<report> nsp::emit_encoded(std::string_view event, event_data data) const {
  return broadcast_operator::emit_data(core_, target(), std::string(event), std::move(data));
}

void nsp::check_lifecycle_event(std::string_view event) {
  constexpr std::array<std::string_view, 2> names{"connection", "connect"};
  if (std::find(names.begin(), names.end(), event) != names.end()) return;
  throw error(errc::bad_argument, "a namespace has the events \"connection\" and \"connect\", and not " +
                                      base::quoted(event) + "; events of clients are listened to on their sockets" +
                                      base::did_you_mean(event, names));
}

std::shared_ptr<cosio::adapter> nsp::adapter() const { return core_->shared_adapter(); }

task<std::map<std::string, socket>> nsp::connected() const { return connected_of(core_); }
task<std::map<std::string, socket>> nsp::sockets() const { return connected_of(core_); }

task<std::map<std::string, socket>> nsp::connected_of(std::shared_ptr<socketio::nsp_core> core) {
  std::map<std::string, socket> out;
  for (const auto& found : core->adapter().local_sockets(target())) {
    if (auto ours = std::dynamic_pointer_cast<socketio::socket_core>(found)) out.emplace(ours->id(), socket(ours));
  }
  co_return out;
}

task<> detail::stop_with_client(socket who, task<> work) {
  return socketio::run_until_left(who.internals(), std::move(work));
}

detail::connection_handler detail::stopping_handler(connection_handler handler) {
  return [handler = std::move(handler)](socket who) -> task<> {
    auto work = detail::checked(handler(who));
    return stop_with_client(std::move(who), std::move(work));
  };
}

registered<parent_nsp> parent_nsp::use(detail::middleware<socket&> middleware) const {
  return {*this, handle_of(core_, core_->handlers().add(std::move(middleware).release()))};
}

registered<parent_nsp> parent_nsp::add_connection_handler(detail::connection_handler handler) const {
  return {*this, handle_of(core_, core_->handlers().add(std::move(handler)))};
}

registered<parent_nsp> parent_nsp::on_error(hook<socket, const socket_error&> handler) const {
  return {*this, handle_of(core_, core_->handlers().add(std::move(handler).release()))};
}

const parent_nsp& parent_nsp::sequential(bool on) const {
  core_->handlers().sequential(on);
  return *this;
}

task<report> parent_nsp::emit_encoded(std::string_view event, event_data data) const {
  return parent_operator::emit_data(core_, target(), std::string(event), std::move(data));
}

task<std::vector<remote_socket>> parent_nsp::fetch_sockets() const { return operator_for_rooms().fetch_sockets(); }

std::vector<nsp> parent_nsp::children() const {
  std::vector<nsp> out;
  for (const auto& child : core_->children()) out.emplace_back(child);
  return out;
}

}  // namespace cosio::inline v0_2
