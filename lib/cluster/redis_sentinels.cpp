// Asking Sentinels.

#include "cluster/redis_sentinels.hpp"

#include <limits>
#include <string_view>
#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {

redis_sentinels::redis_sentinels(async::strand on, async::deadlines& timers, redis_address to,
                                 const redis_settings& how)
    : to_(std::move(to)) {
  redis_settings own = how;
  own.must_be_master = false;
  for (const redis_host& host : to_.hosts) {
    redis_address where = to_.at(host);
    where.database = 0;
    where.user = how.sentinel_user;
    where.password = how.sentinel_password;
    auto outage = std::make_shared<redis_outage>();
    outage->name = "Sentinel";
    outage->effect.clear();
    askers_.push_back(std::make_shared<redis_link>(on, timers, where, own, outage));
    watchers_.push_back(std::make_shared<redis_link>(on, timers, std::move(where), own, std::move(outage)));
  }
}

void redis_sentinels::start(std::function<void()> switched) {
  switched_ = std::move(switched);
  for (const auto& link : askers_) {
    link->start([weak = weak_from_this(), one = std::weak_ptr(link)] {
      const auto self = weak.lock();
      const auto asked = one.lock();
      if (self && asked && self->then_) self->ask(*asked);
    });
  }
  for (const auto& link : watchers_) {
    link->subscribe(redis_channel::plain, "+switch-master");
    link->start({}, [weak = weak_from_this()](std::string_view, std::string_view, std::string_view text) {
      if (const auto self = weak.lock()) self->on_switch(text);
    });
  }
}

void redis_sentinels::find(found then) {
  then_ = std::move(then);
  for (const auto& link : askers_)
    if (link->connected()) ask(*link);
}

void redis_sentinels::ask(redis_link& one) {
  one.command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", to_.master}, [weak = weak_from_this()](const redis_value& reply) {
    if (const auto self = weak.lock()) self->answered(reply);
  });
}

// The first answer counts. A Sentinel that does not know the name leaves it to the others.
void redis_sentinels::answered(const redis_value& reply) {
  const auto port = reply.at(1).integer();
  const std::string_view host = reply.text_at(0);
  if (!then_) return;
  if (host.empty() || !port || *port <= 0 || *port > std::numeric_limits<std::uint16_t>::max()) {
    if (reply.ok() && !std::exchange(told_unknown_, true))
      base::log(log_level::error, "cluster", "the Sentinels do not know a master \"" + to_.master + "\"");
    return;
  }
  const found then = std::exchange(then_, nullptr);
  told_unknown_ = false;
  redis_address where = to_.at(redis_host(std::string(host), static_cast<std::uint16_t>(*port)));
  base::guarded("cluster", [&] { then(std::move(where), {}); });
}

// "mymaster 10.0.0.1 6379 10.0.0.2 6379": the old place, and the new one.
void redis_sentinels::on_switch(std::string_view text) {
  if (text.substr(0, text.find(' ')) != to_.master || !switched_) return;
  base::guarded("cluster", [switched = switched_] { switched(); });
}

void redis_sentinels::close() {
  then_ = nullptr;
  switched_ = nullptr;
  for (const auto& link : askers_) link->close();
  for (const auto& link : watchers_) link->close();
}

}  // namespace cosio::inline v0_2::cluster
