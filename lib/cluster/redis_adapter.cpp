// The adapter of a namespace whose servers share Redis: outgoing messages.

#include "cluster/redis_adapter.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/guarded.hpp"
#include "base/sid.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

const char* const closes = "the namespace closes: the answers of the other servers are not waited for any more";

// Six characters, as in Node's adapter: enough to distinguish the servers of a cluster.
std::string short_id() { return base::new_sid().substr(0, 6); }

json::object plain_opts(const target& to) {
  json::object opts;
  opts["rooms"] = names_for_others(to.rooms);
  opts["except"] = names_for_others(to.except);
  return opts;
}

arguments only(json::value value) {
  json::array values;
  values.push_back(std::move(value));
  return arguments(std::move(values));
}

bool are_sockets(const json::value& value) { return read_sockets(value).has_value(); }
bool are_names(const json::value& value) { return read_names(&value).has_value(); }
bool is_anything(const json::value&) { return true; }

// For the responses of type 8.
auto count_clients(std::shared_ptr<adapters::collector> in) {
  return [in = std::move(in)](const json::object& response) {
    if (const auto clients = client_count_of(response)) in->expect(*clients);
  };
}

// Calls options.on_event.
void tell_application(const redis_options& settings, const cluster_event& what) {
  base::guarded("cluster", [&] { settings.on_event(what); });
}

// The rest of the one deadline of a request.
milliseconds left(const async::deadlines& timers, async::time_point until) {
  return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(until - timers.now()));
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
  {
    const base::lock_guard lock(pending_mutex_);
    is_closed_ = false;
  }
  bus_->subscribe({response_channel_, own_response_channel_, request_channel_}, broadcast_prefix_, std::move(receive),
                  watcher());
  co_return;
}

redis_bus::watcher redis_adapter::watcher() const {
  redis_bus::watcher out;
  if (!settings_->on_event) return out;
  out.lost = [settings = settings_, nsp = host().name()] {
    tell_application(*settings, cluster_event(cluster_event::kind::broker_lost, nsp));
  };
  out.restored = [settings = settings_, nsp = host().name()](const wire_gap& gap) {
    cluster_event what(cluster_event::kind::broker_restored, nsp);
    what.gap = gap;
    tell_application(*settings, what);
  };
  return out;
}

redis_bus::failure redis_adapter::failure_of(message_type type) const {
  if (!settings_->on_event) return {};
  return [settings = settings_, nsp = host().name(), type](const std::string& why) {
    cluster_event what(cluster_event::kind::not_published, nsp);
    what.type = type;
    what.problem = why;
    tell_application(*settings, what);
  };
}

// Nobody waits for answers that cannot come any more.
task<> redis_adapter::close() {
  std::vector<std::shared_ptr<adapters::collector>> waiting;
  {
    const base::lock_guard lock(pending_mutex_);
    is_closed_ = true;
    for (const auto& [id, one] : pending_) waiting.push_back(one.waiting);
  }
  for (const auto& one : waiting) one->cancel(closes);
  bus_->unsubscribe({request_channel_, response_channel_, own_response_channel_}, broadcast_prefix_);
  return local_adapter::close();
}

// to() of an empty list names nobody. The wire format cannot say that: an empty list means everybody there.
bool redis_adapter::reaches_others(const target& to) const noexcept {
  return !to.flags.local && (to.everybody || !to.rooms.empty());
}

// ---------------------------------------------------------------- broadcasts

task<report> redis_adapter::broadcast(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (!reaches_others(to)) return local_adapter::broadcast(std::move(packet), std::move(to));
  const std::string channel = to.rooms.size() == 1 ? broadcast_prefix_ + to.rooms.front() + "#" : broadcast_prefix_;
  const bool goes_out = bus_->publish(channel, write_broadcast(uid_, host().name(), packet->data(), to),
                                      failure_of(message_type::broadcast));
  return with_outcome(local_adapter::broadcast(std::move(packet), std::move(to)), goes_out);
}

task<report> redis_adapter::with_outcome(task<report> here, bool goes_out) {
  report sum = co_await std::move(here);
  ++(goes_out ? sum.published : sum.lost);
  co_return sum;
}

std::optional<wire_counts> redis_adapter::counts() const { return bus_->counts(); }

task<answers> redis_adapter::broadcast_with_ack(std::shared_ptr<const outgoing_packet> packet, target to) {
  if (!reaches_others(to)) return local_adapter::broadcast_with_ack(std::move(packet), std::move(to));
  return ask_everybody(shared_from_this(), std::move(packet), std::move(to));
}

task<answers> redis_adapter::ask_everybody(self_ptr self, std::shared_ptr<const outgoing_packet> packet, target to) {
  async::deadlines& timers = self->host().timers();
  const async::time_point until = timers.after(to.flags.timeout.value_or(self->settings_->requests_timeout));
  const auto collected = std::make_shared<adapters::collector>(0);
  const expectation expected(self, count_clients(collected), collected, true);
  // Before anything is asked: an event that other servers cannot read is refused.
  std::string message = write_broadcast_request(self->uid_, expected.id(), self->host().name(), packet->data(), to);
  const std::size_t servers = co_await redis_bus::count_subscribers(self->bus_, self->request_channel_, until);
  collected->expect_servers(std::max<std::size_t>(servers, 1));
  self->bus_->publish(self->request_channel_, std::move(message), self->failure_of(message_type::broadcast));
  const adapters::asked_clients own = self->ask_clients(*packet, to, collected);
  collected->expect(own.count());
  answers got = co_await adapters::collector::wait(collected, timers, left(timers, until));
  co_return got;
}

// ---------------------------------------------------------------- requests

json::object redis_adapter::new_request(request_type type) const {
  json::object request;
  request["uid"] = uid_;
  request["type"] = static_cast<std::int64_t>(type);
  return request;
}

void redis_adapter::publish_request(const json::object& request, message_type what) {
  bus_->publish(request_channel_, serialized(request), failure_of(what));
}

redis_adapter::expectation::expectation(self_ptr of, response_handler handler,
                                        std::shared_ptr<adapters::collector> waiting, bool asked)
    : of_(std::move(of)), id_(short_id()) {
  pending made{std::move(handler), std::move(waiting), std::make_shared<answer_room>(of_->answers_), asked};
  const base::lock_guard lock(of_->pending_mutex_);
  if (of_->is_closed_) throw error(errc::cancelled, closes);
  while (of_->pending_.contains(id_)) id_ = short_id();
  of_->pending_.insert_or_assign(id_, std::move(made));
}

redis_adapter::expectation::~expectation() {
  const base::lock_guard lock(of_->pending_mutex_);
  of_->pending_.erase(id_);
}

task<partial<std::vector<arguments>>> redis_adapter::request(self_ptr self, json::object what, message_type type,
                                                             std::string wanted, reads accepts, milliseconds timeout) {
  async::deadlines& timers = self->host().timers();
  const async::time_point until = timers.after(timeout);
  const std::size_t servers = co_await redis_bus::count_subscribers(self->bus_, self->request_channel_, until);
  if (servers <= 1) co_return partial<std::vector<arguments>>();
  const auto collected = std::make_shared<adapters::collector>(0);
  collected->expect(servers - 1);
  auto handler = [collected, wanted, accepts](const json::object& response) {
    const json::value* value = response.if_contains(wanted);
    const json::value none;
    if (value == nullptr) value = &none;  // JSON.stringify() leaves out what is undefined
    if (accepts(*value)) collected->answered(only(*value));
  };
  const expectation expected(self, std::move(handler), collected, false);
  what["requestId"] = expected.id();
  self->publish_request(what, type);
  auto got = co_await adapters::collector::wait_for_parts(collected, timers, left(timers, until));
  co_return got;
}

task<partial<std::vector<socket_descriptor>>> redis_adapter::fetch_sockets(target to) {
  if (!reaches_others(to)) return local_adapter::fetch_sockets(std::move(to));
  return fetch_everywhere(shared_from_this(), std::move(to));
}

task<partial<std::vector<socket_descriptor>>> redis_adapter::fetch_everywhere(self_ptr self, target to) {
  json::object what = self->new_request(request_type::remote_fetch);
  what["opts"] = plain_opts(to);
  const milliseconds timeout = to.flags.timeout.value_or(self->settings_->requests_timeout);
  auto asking = request(self, std::move(what), message_type::fetch_sockets, "sockets", are_sockets, timeout);
  const auto got = co_await std::move(asking);
  std::vector<socket_descriptor> all = self->describe(to);
  for (const arguments& one : got.value) {
    auto sockets = read_sockets(one[0]);
    if (sockets) std::move(sockets->begin(), sockets->end(), std::back_inserter(all));
  }
  co_return partial<std::vector<socket_descriptor>>(std::move(all), got.missing);
}

task<partial<std::vector<std::string>>> redis_adapter::sockets(target to) {
  if (!reaches_others(to)) return local_adapter::sockets(std::move(to));
  return ids_everywhere(shared_from_this(), std::move(to));
}

// The request for ids names rooms only. Otherwise the sockets are asked for, with all that is known of them.
task<partial<std::vector<std::string>>> redis_adapter::ids_everywhere(self_ptr self, target to) {
  std::vector<std::string> ids;
  if (!to.except.empty()) {
    const partial<std::vector<socket_descriptor>> got = co_await fetch_everywhere(self, std::move(to));
    ids.reserve(got.value.size());
    for (const socket_descriptor& one : got.value) ids.push_back(one.id);
    co_return partial<std::vector<std::string>>(std::move(ids), got.missing);
  }
  json::object what = self->new_request(request_type::sockets);
  what["rooms"] = names_for_others(to.rooms);
  const milliseconds timeout = to.flags.timeout.value_or(self->settings_->requests_timeout);
  auto asking = request(self, std::move(what), message_type::fetch_sockets, "sockets", are_names, timeout);
  const auto got = co_await std::move(asking);
  for (const auto& own : self->local_sockets(to)) ids.push_back(own->id());
  for (const arguments& one : got.value) {
    auto names = read_names(&one[0]);
    if (names) std::move(names->begin(), names->end(), std::back_inserter(ids));
  }
  co_return partial<std::vector<std::string>>(std::move(ids), got.missing);
}

task<partial<std::vector<std::string>>> redis_adapter::all_rooms() { return rooms_everywhere(shared_from_this()); }

task<partial<std::vector<std::string>>> redis_adapter::rooms_everywhere(self_ptr self) {
  json::object what = self->new_request(request_type::all_rooms);
  auto asking = request(self, std::move(what), message_type::fetch_sockets, "rooms", are_names,
                        self->settings_->requests_timeout);
  const auto got = co_await std::move(asking);
  std::vector<std::string> all = self->room_names();
  for (const arguments& one : got.value) {
    auto names = read_names(&one[0]);
    if (names) std::move(names->begin(), names->end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  co_return partial<std::vector<std::string>>(std::move(all), got.missing);
}

// ---------------------------------------------------------------- changes on all servers

task<> redis_adapter::sockets_join(target to, std::vector<std::string> rooms) {
  if (reaches_others(to)) {
    json::object what = new_request(request_type::remote_join);
    what["opts"] = plain_opts(to);
    what["rooms"] = names_for_others(rooms);
    publish_request(what, message_type::sockets_join);
  }
  return local_adapter::sockets_join(std::move(to), std::move(rooms));
}

task<> redis_adapter::sockets_leave(target to, std::vector<std::string> rooms) {
  if (reaches_others(to)) {
    json::object what = new_request(request_type::remote_leave);
    what["opts"] = plain_opts(to);
    what["rooms"] = names_for_others(rooms);
    publish_request(what, message_type::sockets_leave);
  }
  return local_adapter::sockets_leave(std::move(to), std::move(rooms));
}

task<> redis_adapter::disconnect_sockets(target to, bool close) {
  if (reaches_others(to)) {
    json::object what = new_request(request_type::remote_disconnect);
    what["opts"] = plain_opts(to);
    what["close"] = close;
    publish_request(what, message_type::disconnect_sockets);
  }
  return local_adapter::disconnect_sockets(std::move(to), close);
}

// ---------------------------------------------------------------- other servers

task<> redis_adapter::server_side_emit(event_data event) {
  json::object what = new_request(request_type::server_side_emit);
  what["data"] = plain_json(event);
  publish_request(what, message_type::server_side_emit);
  co_return;
}

task<answers> redis_adapter::server_side_emit_with_ack(event_data event, std::optional<milliseconds> timeout) {
  return ask_servers(shared_from_this(), std::move(event), timeout);
}

task<answers> redis_adapter::ask_servers(self_ptr self, event_data event, std::optional<milliseconds> timeout) {
  json::object what = self->new_request(request_type::server_side_emit);
  what["data"] = plain_json(event);
  const milliseconds time = timeout.value_or(self->settings_->requests_timeout);
  auto asking = request(self, std::move(what), message_type::server_side_emit, "data", is_anything, time);
  auto got = co_await std::move(asking);
  co_return answers(std::move(got.value), got.missing);
}

task<std::size_t> redis_adapter::server_count() {
  return redis_bus::count_subscribers(bus_, request_channel_, host().timers().after(settings_->requests_timeout));
}

}  // namespace cosio::inline v0_2::cluster
