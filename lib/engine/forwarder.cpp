// The list of servers, and what is under way to them.

#include "engine/forwarder.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/logger.hpp"
#include "base/option_rules.hpp"
#include "engine/heartbeat.hpp"
#include "engine/node_number.hpp"
#include "http/request_data.hpp"

namespace cosio::inline v0_2 {

namespace {

constexpr std::size_t least_secret = 16;  // bytes
constexpr std::size_t most_of_a_session =
    8;  // requests under way: a poll, a POST, an upgrade, and some whose end is late

void check_nodes(const node_list& list) {
  std::map<std::string, unsigned> known;
  for (const auto& [number, url] : list) {
    base::require_number("forwarding_options.nodes (a number)", number, 1, engine::most_nodes);
    const auto [first, is_new] = known.emplace(http::node_address(url).text(), number);
    if (!is_new)
      base::refuse_option("forwarding_options.nodes",
                          "one address, " + first->first + ", for the servers " + std::to_string(first->second) +
                              " and " + std::to_string(number),
                          "the address of each server under its own number");
  }
}

// Requests of the sessions of a server that the others do not know would be refused everywhere else.
void check_own(const forwarding_options& settings) {
  if (settings.nodes.empty() || settings.nodes.contains(settings.node)) return;
  base::refuse_option("forwarding_options.nodes", "without server " + std::to_string(settings.node) + ", this one",
                      "the list that all servers have, this one included");
}

std::int64_t seconds_of(std::chrono::milliseconds time) noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

}  // namespace

void validate(const forwarding_options& settings) {
  using namespace std::chrono_literals;
  base::require_number("forwarding_options.node", settings.node, 1, engine::most_nodes);
  check_nodes(settings.nodes);
  check_own(settings);
  if (settings.secret.size() < least_secret)
    base::refuse_option("forwarding_options.secret", "shorter than 16 bytes",
                        "a random text that all servers know, as `openssl rand -hex 32` makes one");
  base::require_time("forwarding_options.connect_timeout", settings.connect_timeout, 1ms, 1h);
  base::require_time("forwarding_options.answer_timeout", settings.answer_timeout, 1ms, 1h);
  base::require_time("forwarding_options.max_clock_skew", settings.max_clock_skew, 1s, 24h);
  base::require_number("forwarding_options.max_requests", settings.max_requests, 1);
}

namespace engine {

forwarder::table forwarder::read(const node_list& list) {
  check_nodes(list);
  table out;
  for (const auto& [number, url] : list) out.emplace(number, entry(http::node_address(url)));
  return out;
}

forwarder::forwarder(forwarding_options settings)
    : settings_((validate(settings), std::move(settings))),
      marks_(settings_.secret, seconds_of(settings_.max_clock_skew)),
      code_(node_code(settings_.node)),
      unread_(std::make_shared<http::body_room>(settings_.max_kept_bytes)),
      nodes_(read(settings_.nodes)) {
  counts_->max_kept_bytes = settings_.max_kept_bytes;
}

void forwarder::belongs_to(const engine_options& engine) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / 8;
  const auto longest = std::max(engine.ping_timeout, ping_timeout(engine, wire::revision::v3));
  limits_.connect = settings_.connect_timeout;
  limits_.answer = settings_.answer_timeout;
  limits_.held = engine.ping_interval + longest;
  // The outbox of a session holds four times max_queued_bytes, and base64 makes a third more of binary.
  limits_.max_body = engine.max_queued_bytes == 0 ? most : 6 * std::min(engine.max_queued_bytes, most / 6);
  limits_.max_requests = settings_.max_requests;
  limits_.max_tunnels = settings_.max_tunnels;
  limits_.max_idle = settings_.max_idle;
  tunnel_idle_ = 2 * limits_.held;
}

// Servers that are in both lists keep their connections. Requests under way to others go on.
void forwarder::nodes(node_list list) {
  table now = read(list);
  const base::lock_guard lock(mutex_);
  for (auto& [number, is] : now) {
    const auto before = nodes_.find(number);
    if (before != nodes_.end() && before->second.address == is.address) is.client = before->second.client;
  }
  nodes_.swap(now);
}

node_list forwarder::nodes() const {
  node_list out;
  const base::lock_guard lock(mutex_);
  for (const auto& [number, is] : nodes_) out.emplace(number, "http://" + is.address.text());
  return out;
}

forwarding_counts forwarder::counts() const noexcept {
  forwarding_counts out;
  out.requests = counts_->requests;
  out.failed = counts_->failed;
  out.refused = counts_->refused;
  out.upgrades = counts_->upgrades;
  out.bytes = counts_->bytes;
  out.under_way = counts_->under_way;
  out.tunnels = counts_->tunnels;
  out.kept_bytes = counts_->kept_bytes + unread_->used();
  return out;
}

// The id of a client of revision 3 is that of its socket, too, whose id has 20 characters for all servers of a cluster.
std::string forwarder::named(std::string made, bool own, wire::revision rev) const {
  if (!own && rev == wire::revision::v3) made.erase(0, node_digits);
  return code_ + made;
}

std::optional<http::request> forwarder::seen(const http::request& request) const {
  std::string room;
  const auto read = marks_.read(request, room);
  if (!read.has_mark) return std::nullopt;
  if (read.late) tell_late(*read.late, read.late_by);
  if (!read.mark) {
    if (!read.late) tell_unproven(request);
    return std::nullopt;
  }
  auto seen = std::make_shared<http::request_data>();
  seen->copy_head(*request.data());
  seen->set_remote_address(read.mark->address);
  seen->secure = read.mark->secure;
  return http::request(std::move(seen));
}

void forwarder::tell_unproven(const http::request& request) const {
  const auto due = unproven_.ask(log_level::warn, "engine");
  if (!due) return;
  const std::string address(request.remote_address());
  base::log_remark(due, "engine",
                   "a request from " + address +
                       " says that another server has passed it on, but this server's secret has not made its code: "
                       "it is handled as one of a client; look whether all servers have the same "
                       "forwarding_options.secret, and the same version of this library",
                   {{"address", address}});
}

void forwarder::tell_late(const forward_mark& mark, std::int64_t by) const {
  const auto due = late_.ask(log_level::error, "engine");
  if (!due) return;
  base::log_remark(due, "engine",
                   "server " + std::to_string(mark.from) + " has passed on a request with a time that is " +
                       std::to_string(by < 0 ? -by : by) + " seconds " + (by < 0 ? "before" : "behind") +
                       " the clock of this server, more than forwarding_options.max_clock_skew: it is handled as one "
                       "of a client; set the clocks of the servers, or somebody has recorded that request",
                   {});
}

void forwarder::tell_misled(const forward_mark& mark) const {
  const auto due = misled_.ask(log_level::error, "engine");
  if (!due) return;
  base::log_remark(due, "engine",
                   "server " + std::to_string(mark.from) + " has passed on a request for server " +
                       std::to_string(mark.to) + ", but this is server " + std::to_string(settings_.node) +
                       ": its forwarding_options.nodes has the address of this server under a wrong number",
                   {});
}

void forwarder::tell_unknown(unsigned number) const {
  base::log(log_level::debug, "engine",
            "a request is for a session of server " + std::to_string(number) +
                ", which is not in forwarding_options.nodes: it is refused");
}

std::shared_ptr<http::node_client> forwarder::owner_of(const http::request& request, std::string_view sid,
                                                       const std::shared_ptr<async::runtime>& runtime) {
  const auto number = node_of(sid);
  if (!number) return nullptr;
  std::string room;
  const auto read = marks_.read(request, room);
  if (read.mark && read.mark->to != settings_.node) tell_misled(*read.mark);
  // It was passed on, and is not passed on again. The mark may be one of a server with another secret or another clock.
  if (read.has_mark) return nullptr;
  if (*number == settings_.node) return nullptr;
  {
    const base::lock_guard lock(mutex_);
    const auto found = nodes_.find(*number);
    if (found != nodes_.end()) {
      auto& client = found->second.client;
      if (!client)
        client = std::make_shared<http::node_client>(runtime, *number, found->second.address, limits_, counts_);
      return client;
    }
  }
  tell_unknown(*number);
  return nullptr;
}

void forwarder::tell_looping(std::string_view sid) const {
  const auto due = looping_.ask(log_level::warn, "engine");
  if (!due) return;
  const std::string number = std::to_string(node_of(sid).value_or(0));
  base::log_remark(due, "engine",
                   "more than " + std::to_string(most_of_a_session) +
                       " requests of one session are under way to server " + number +
                       ": one is refused with 503; look whether its address in forwarding_options.nodes leads to that "
                       "server itself, and not to a load balancer",
                   {});
}

std::shared_ptr<void> forwarder::enter(std::string_view sid) {
  std::string key(sid);
  bool fits = false;
  {
    const base::lock_guard lock(mutex_);
    std::size_t& now = of_sessions_[key];
    fits = now < most_of_a_session;
    if (fits) ++now;
  }
  if (!fits) {
    tell_looping(sid);
    return nullptr;
  }
  return std::shared_ptr<void>(this, [self = shared_from_this(), key = std::move(key)](void*) {
    const base::lock_guard lock(self->mutex_);
    const auto found = self->of_sessions_.find(key);
    if (--found->second == 0) self->of_sessions_.erase(found);
  });
}

std::shared_ptr<void> forwarder::begin(const std::shared_ptr<http::cuttable>& what) {
  const void* const key = what.get();
  {
    const base::lock_guard lock(mutex_);
    if (stopped_) return nullptr;
    under_way_.emplace(key, what);
  }
  return std::shared_ptr<void>(this, [self = shared_from_this(), key](void*) {
    const base::lock_guard lock(self->mutex_);
    self->under_way_.erase(key);
  });
}

void forwarder::stop() noexcept {
  base::guarded("engine", [this] {
    std::vector<std::shared_ptr<http::cuttable>> all;
    std::vector<std::shared_ptr<http::node_client>> clients;
    {
      const base::lock_guard lock(mutex_);
      stopped_ = true;
      for (const auto& [key, what] : under_way_)
        if (auto alive = what.lock()) all.push_back(std::move(alive));
      for (const auto& [number, is] : nodes_)
        if (is.client) clients.push_back(is.client);
    }
    for (const auto& one : all) one->cut();
    for (const auto& one : clients) one->close_idle();
  });
}

void forwarder::start() noexcept {
  const base::lock_guard lock(mutex_);
  stopped_ = false;
}

}  // namespace engine
}  // namespace cosio::inline v0_2
