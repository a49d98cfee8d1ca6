// The handles of <cosio/cluster_emitter.hpp>.

#include <cosio/cluster_emitter.hpp>
#include <cosio/error.hpp>

#include <utility>

#include "cluster/emitter_core.hpp"
#include "cluster/emitter_redis.hpp"
#include "cluster/redis_options.hpp"
#include "wire/json_parser.hpp"

namespace cosio::inline v0_2 {
namespace {

using cluster::emitter_core;

void check_flags(const emit_flags& flags) {
  if (flags.local) throw error(errc::bad_argument, "an emitter is no server, and has no sockets for local()");
}

void check_emit(std::string_view event, const target& to, const event_data& data) {
  check_flags(to.flags);
  if (wire::is_reserved_event(event) || event == "error")
    throw error(errc::bad_argument, "\"" + std::string(event) + "\" is a reserved event name");
  if (to.flags.binary == false && !data.attachments().empty())
    throw error(errc::bad_argument, "binary(false) was said, but the arguments hold binary");
}

void check_server_side(std::string_view event, const target& to) {
  check_flags(to.flags);
  if (event == "connect" || event == "connection" || event == "new_namespace")
    throw error(errc::bad_argument, "\"" + std::string(event) + "\" is a reserved event name of servers");
  if (!to.everybody || !to.except.empty())
    throw error(errc::bad_argument, "server_side_emit goes to servers: it takes no rooms");
}

cluster_message message_of(message_type type, const std::string& nsp, const target& to) {
  cluster_message out(type);
  out.uid = "emitter";
  out.nsp = nsp;
  out.to = to;
  return out;
}

task<publication> done_already() {
  publication done;
  done.ok = true;
  co_return done;
}

// to() of an empty list names nobody. A message cannot say that: an empty list means everybody there.
task<publication> publish(std::shared_ptr<emitter_core> core, cluster_message message) {
  if (!message.to.everybody && message.to.rooms.empty()) return done_already();
  return emitter_core::publish(std::move(core), std::move(message));
}

}  // namespace

emitter::emitter(boost::asio::any_io_executor on, std::function<std::shared_ptr<cluster_wire>(adapter_host&)> wire,
                 emitter_options how)
    : core_(std::make_shared<emitter_core>(on, wire, how)) {}

emitter emitter::of(std::string_view nsp) const {
  emitter next = *this;
  next.nsp_ = nsp.starts_with('/') ? std::string(nsp) : "/" + std::string(nsp);
  next.target_ = target();
  return next;
}

task<publication> emitter::emit_encoded(std::string_view event, event_data data) const {
  check_emit(event, target_, data);
  cluster_message message = message_of(message_type::broadcast, nsp_, target_);
  message.event = std::move(data);
  return publish(core_, std::move(message));
}

task<publication> emitter::move_all(message_type how, std::vector<std::string> rooms) const {
  check_flags(target_.flags);
  cluster_message message = message_of(how, nsp_, target_);
  message.rooms = std::move(rooms);
  return publish(core_, std::move(message));
}

task<publication> emitter::disconnect_sockets(bool close) const {
  check_flags(target_.flags);
  cluster_message message = message_of(message_type::disconnect_sockets, nsp_, target_);
  message.close = close;
  return publish(core_, std::move(message));
}

task<publication> emitter::tell_servers(std::string_view event, event_data data) const {
  check_server_side(event, target_);
  cluster_message message = message_of(message_type::server_side_emit, nsp_, target_);
  message.event = std::move(data);
  return publish(core_, std::move(message));
}

std::function<std::shared_ptr<cluster_wire>(adapter_host&)> redis_wire(redis_options where) {
  cluster::check_redis_build();
  const cluster::redis_address address(where.url);
  return [address, how = cluster::settings_of(where, address), key = where.key](adapter_host& host) {
    const auto executor = host.executor();
    const auto* plain = executor.target<async::executor>();
    if (plain == nullptr) throw error(errc::not_supported, "an emitter needs an io_context");
    auto made = std::make_shared<cluster::emitter_redis>(*plain, host.timers(), address, how, key);
    made->start();
    return made;
  };
}

}  // namespace cosio::inline v0_2
