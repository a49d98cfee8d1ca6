// The adapter of a namespace whose servers share Redis: outgoing messages.

#include "cluster/redis_adapter.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"
#include "base/sid.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

// Six characters, as in Node's adapter: enough to distinguish the servers of a cluster.
std::string short_id() { return base::new_sid().substr(0, 6); }

json::object plain_opts(const target& to) {
  json::object opts;
  opts["rooms"] = strings(to.rooms);
  opts["except"] = strings(to.except);
  return opts;
}

arguments only(json::value value) {
  json::array values;
  values.push_back(std::move(value));
  return arguments(std::move(values));
}

std::vector<std::string> texts(const json::value& list) {
  std::vector<std::string> out;
  if (const auto* array = list.if_array())
    for (const json::value& item : *array)
      if (const auto* text = item.if_string()) out.emplace_back(text->data(), text->size());
  return out;
}

}  // namespace

redis_adapter::redis_adapter(adapter_host& host, std::shared_ptr<redis_bus> bus,
                             std::shared_ptr<const redis_options> settings)
    : local_adapter(host),
      bus_(std::move(bus)),
      settings_(std::move(settings)),
      uid_(short_id()),
      broadcast_prefix_(settings_->key + "#" + host.name() + "#"),
      request_channel_(settings_->key + "-request#" + host.name() + "#"),
      response_channel_(settings_->key + "-response#" + host.name() + "#"),
      own_response_channel_(response_channel_ + uid_ + "#") {}

// The namespace may end while a message is on its way. So the receiver keeps the namespace while it handles a message.
task<> redis_adapter::init() {
  auto receive = [weak = weak_from_this(), weak_host = host().weak()](std::string_view channel,
                                                                      std::string_view message) {
    const auto keep = weak_host.lock();
    const auto self = weak.lock();
    if (keep && self) self->on_message(channel, message);
  };
  bus_->subscribe({response_channel_, own_response_channel_, request_channel_}, broadcast_prefix_, std::move(receive));
  co_return;
}

task<> redis_adapter::close() {
  bus_->unsubscribe({request_channel_, response_channel_, own_response_channel_}, broadcast_prefix_);
  return local_adapter::close();
}

// to() of an empty list names nobody. The wire format cannot say that: an empty list means everybody there.
bool redis_adapter::reaches_others(const target& to) const noexcept {
  return !to.flags.local && (to.everybody || !to.rooms.empty());
}

// ---------------------------------------------------------------- broadcasts

task<report> redis_adapter::broadcast(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (reaches_others(to)) {
    const std::string channel = to.rooms.size() == 1 ? broadcast_prefix_ + to.rooms.front() + "#" : broadcast_prefix_;
    bus_->publish(channel, write_broadcast(uid_, host().name(), packet->data(), to));
  }
  return local_adapter::broadcast(std::move(packet), std::move(to));
}

task<answers> redis_adapter::broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (!reaches_others(to)) return local_adapter::broadcast_with_ack(std::move(packet), std::move(to));
  return ask_everybody(shared_from_this(), std::move(packet), std::move(to));
}

task<answers> redis_adapter::ask_everybody(self_ptr self, std::shared_ptr<const outgoing_packet> packet, target to) {
  const std::size_t servers = co_await redis_bus::count_subscribers(self->bus_, self->request_channel_);
  const auto collected = std::make_shared<adapters::collector>(std::max<std::size_t>(servers, 1));
  const std::string request_id = self->expect([collected](const json::object& response) {
    if (const auto clients = number_of(response, "clientCount"); clients && *clients >= 0)
      collected->expect(static_cast<std::size_t>(*clients));
  });
  {
    const base::lock_guard lock(self->pending_mutex_);
    self->asked_.insert_or_assign(request_id, collected);
  }
  self->bus_->publish(self->request_channel_,
                      write_broadcast_request(self->uid_, request_id, self->host().name(), packet->data(), to));
  const adapters::asked_clients own = self->ask_clients(*packet, to, collected);
  collected->expect(own.count());
  std::exception_ptr thrown;
  answers got;
  try {
    got = co_await adapters::collector::wait(collected, self->host().timers(),
                                             to.flags.timeout.value_or(self->settings_->requests_timeout));
  } catch (...) {
    thrown = std::current_exception();
  }
  self->stop_expecting(request_id);
  if (thrown) std::rethrow_exception(thrown);
  co_return got;
}

// ---------------------------------------------------------------- requests

json::object redis_adapter::new_request(request_type type) const {
  json::object request;
  request["uid"] = uid_;
  request["type"] = static_cast<std::int64_t>(type);
  return request;
}

void redis_adapter::publish_request(const json::object& request) {
  bus_->publish(request_channel_, serialized(request));
}

std::string redis_adapter::expect(response_handler handler) {
  const base::lock_guard lock(pending_mutex_);
  std::string id = short_id();
  while (pending_.contains(id)) id = short_id();
  pending_.insert_or_assign(id, std::move(handler));
  return id;
}

void redis_adapter::stop_expecting(const std::string& request_id) {
  const base::lock_guard lock(pending_mutex_);
  pending_.erase(request_id);
  asked_.erase(request_id);
}

task<partial<std::vector<arguments>>> redis_adapter::request(self_ptr self, json::object what, std::string wanted,
                                                             milliseconds timeout) {
  const std::size_t servers = co_await redis_bus::count_subscribers(self->bus_, self->request_channel_);
  if (servers <= 1) co_return partial<std::vector<arguments>>();
  const auto collected = std::make_shared<adapters::collector>(0);
  collected->expect(servers - 1);
  const std::string id = self->expect([collected, wanted](const json::object& response) {
    if (const json::value* value = response.if_contains(wanted)) collected->answered(only(*value));
  });
  what["requestId"] = id;
  self->publish_request(what);
  std::exception_ptr thrown;
  partial<std::vector<arguments>> got;
  try {
    got = co_await adapters::collector::wait_for_parts(collected, self->host().timers(), timeout);
  } catch (...) {
    thrown = std::current_exception();
  }
  self->stop_expecting(id);
  if (thrown) std::rethrow_exception(thrown);
  co_return got;
}

task<partial<std::vector<socket_descriptor>>> redis_adapter::fetch_sockets(target to) {
  if (!reaches_others(to)) return local_adapter::fetch_sockets(std::move(to));
  return fetch_everywhere(shared_from_this(), std::move(to));
}

task<partial<std::vector<socket_descriptor>>> redis_adapter::fetch_everywhere(self_ptr self, target to) {
  json::object what = self->new_request(request_type::remote_fetch);
  what["opts"] = plain_opts(to);
  const auto got =
      co_await request(self, std::move(what), "sockets", to.flags.timeout.value_or(self->settings_->requests_timeout));
  std::vector<socket_descriptor> all = self->describe(to);
  for (const arguments& one : got.value) {
    const auto* sockets = one[0].if_array();
    if (sockets == nullptr) continue;
    for (const json::value& socket : *sockets) {
      const auto* fields = socket.if_object();
      if (fields == nullptr) continue;
      const json::value* handshake = fields->if_contains("handshake");
      const json::value* data = fields->if_contains("data");
      all.emplace_back(text_of(*fields, "id"), handshake != nullptr ? *handshake : json::value(json::object()),
                       list_of(*fields, "rooms"), data != nullptr ? *data : json::value(json::object()));
    }
  }
  co_return partial<std::vector<socket_descriptor>>(std::move(all), got.missing);
}

task<partial<std::vector<std::string>>> redis_adapter::sockets(target to) {
  if (!reaches_others(to)) return local_adapter::sockets(std::move(to));
  return ids_everywhere(shared_from_this(), std::move(to));
}

task<partial<std::vector<std::string>>> redis_adapter::ids_everywhere(self_ptr self, target to) {
  const partial<std::vector<socket_descriptor>> got = co_await fetch_everywhere(self, std::move(to));
  std::vector<std::string> ids;
  ids.reserve(got.value.size());
  for (const socket_descriptor& one : got.value) ids.push_back(one.id);
  co_return partial<std::vector<std::string>>(std::move(ids), got.missing);
}

task<partial<std::vector<std::string>>> redis_adapter::all_rooms() { return rooms_everywhere(shared_from_this()); }

task<partial<std::vector<std::string>>> redis_adapter::rooms_everywhere(self_ptr self) {
  json::object what = self->new_request(request_type::all_rooms);
  const auto got = co_await request(self, std::move(what), "rooms", self->settings_->requests_timeout);
  std::vector<std::string> all = self->room_names();
  for (const arguments& one : got.value)
    for (std::string& name : texts(one[0])) all.push_back(std::move(name));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  co_return partial<std::vector<std::string>>(std::move(all), got.missing);
}

// ---------------------------------------------------------------- changes on all servers

task<> redis_adapter::sockets_join(target to, std::vector<std::string> rooms) {
  if (reaches_others(to)) {
    json::object what = new_request(request_type::remote_join);
    what["opts"] = plain_opts(to);
    what["rooms"] = strings(rooms);
    publish_request(what);
  }
  return local_adapter::sockets_join(std::move(to), std::move(rooms));
}

task<> redis_adapter::sockets_leave(target to, std::vector<std::string> rooms) {
  if (reaches_others(to)) {
    json::object what = new_request(request_type::remote_leave);
    what["opts"] = plain_opts(to);
    what["rooms"] = strings(rooms);
    publish_request(what);
  }
  return local_adapter::sockets_leave(std::move(to), std::move(rooms));
}

task<> redis_adapter::disconnect_sockets(target to, bool close) {
  if (reaches_others(to)) {
    json::object what = new_request(request_type::remote_disconnect);
    what["opts"] = plain_opts(to);
    what["close"] = close;
    publish_request(what);
  }
  return local_adapter::disconnect_sockets(std::move(to), close);
}

// ---------------------------------------------------------------- other servers

task<> redis_adapter::server_side_emit(event_data event) {
  json::object what = new_request(request_type::server_side_emit);
  what["data"] = plain_json(event);
  publish_request(what);
  co_return;
}

task<answers> redis_adapter::server_side_emit_with_ack(event_data event, std::optional<milliseconds> timeout) {
  return ask_servers(shared_from_this(), std::move(event), timeout);
}

task<answers> redis_adapter::ask_servers(self_ptr self, event_data event, std::optional<milliseconds> timeout) {
  json::object what = self->new_request(request_type::server_side_emit);
  what["data"] = plain_json(event);
  auto got = co_await request(self, std::move(what), "data", timeout.value_or(self->settings_->requests_timeout));
  co_return answers(std::move(got.value), got.missing);
}

task<std::size_t> redis_adapter::server_count() { return redis_bus::count_subscribers(bus_, request_channel_); }

}  // namespace cosio::inline v0_2::cluster
