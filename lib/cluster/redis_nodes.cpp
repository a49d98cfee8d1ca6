// Connections to all masters.

#include "cluster/redis_nodes.hpp"

#include <algorithm>
#include <chrono>

#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

// Before the table of slots is asked for again: a failover takes seconds.
constexpr std::chrono::milliseconds refresh_pause{500};

bool is_cluster(const redis_address& to) { return to.kind == redis_address::kinds::cluster; }

// The one link of a single server, and of a master that Sentinels know.
const redis_host& only_host() {
  static const redis_host here;
  return here;
}

// Collects the replies of all masters.
class replies {
 public:
  replies(std::size_t wanted, std::function<void(std::vector<redis_value>)> then)
      : wanted_(wanted), then_(std::move(then)) {}
  void take(redis_value one) {
    all_.push_back(std::move(one));
    if (all_.size() == wanted_) then_(std::move(all_));
  }

 private:
  const std::size_t wanted_;
  std::vector<redis_value> all_;
  std::function<void(std::vector<redis_value>)> then_;
};

}  // namespace

redis_nodes::redis_nodes(async::strand on, async::deadlines& timers, redis_address to, redis_settings how, uses use,
                         std::shared_ptr<redis_outage> shared)
    : strand_(std::move(on)),
      timers_(timers),
      to_(std::move(to)),
      how_(std::move(how)),
      use_(use),
      outage_(std::move(shared)) {}

redis_nodes::~redis_nodes() { close(); }

void redis_nodes::start(std::function<void()> ready, redis_link::on_message message,
                        std::function<void(const std::string&)> lost) {
  owned_by(weak_from_this());
  ready_ = std::move(ready);
  message_ = std::move(message);
  lost_ = std::move(lost);
  if (is_cluster(to_)) return start_guide();
  if (to_.kind == redis_address::kinds::sentinel) {
    sentinels_ = std::make_shared<redis_sentinels>(strand_, timers_, to_, how_);
    how_.must_be_master = true;
    sentinels_->start([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->links_.empty()) return;
      self->links_.begin()->second->reconnect("another Redis is the master now");
    });
  }
  make_link(only_host(), to_);
  place_all();
}

// ---------------------------------------------------------------- links

void redis_nodes::make_link(const redis_host& where, redis_address to) {
  const auto made = std::make_shared<redis_link>(strand_, timers_, std::move(to), how_, outage_);
  links_[where] = made;
  const auto weak = weak_from_this();
  if (sentinels_) made->find_with([finder = sentinels_](const auto& found) { finder->find(found); });
  if (is_cluster(to_)) {
    made->tell_moved([weak, where](const std::string& channel, const std::string&) {
      const auto self = weak.lock();
      return self && self->channel_moved(where, channel);
    });
  }
  auto message = [weak](std::string_view pattern, std::string_view channel, std::string_view text) {
    const auto self = weak.lock();
    if (self && self->message_) self->message_(pattern, channel, text);
  };
  auto ready = [weak] {
    if (const auto self = weak.lock()) self->check();
  };
  auto lost = [weak](const std::string& why) {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    if (is_cluster(self->to_)) self->refresh();
    if (std::exchange(self->connected_, false) && self->lost_) self->lost_(why);
  };
  made->start(std::move(ready), std::move(message), std::move(lost));
}

std::optional<redis_host> redis_nodes::place_of(std::uint16_t slot) const {
  if (!is_cluster(to_)) return only_host();
  const redis_host* found = slots_.master_of(slot);
  if (found == nullptr) return std::nullopt;
  return *found;
}

redis_link* redis_nodes::link_at(const redis_host& where) {
  const auto found = links_.find(where);
  return found == links_.end() ? nullptr : found->second.get();
}

redis_link* redis_nodes::link_of(std::uint16_t slot) {
  const auto where = place_of(slot);
  return where ? link_at(*where) : nullptr;
}

bool redis_nodes::all_connected() const {
  return std::all_of(links_.begin(), links_.end(), [](const auto& one) { return one.second->connected(); });
}

void redis_nodes::check() {
  if (closed_ || connected_ || (is_cluster(to_) && slots_.masters().empty()) || !all_connected()) return;
  connected_ = true;
  if (ready_) base::guarded("cluster", [ready = ready_] { ready(); });
}

void redis_nodes::close() {
  if (std::exchange(closed_, true)) return;
  disarm();
  ready_ = nullptr;
  lost_ = nullptr;
  message_ = nullptr;
  channels_.clear();
  if (sentinels_) sentinels_->close();
  if (guide_) guide_->close();
  for (const auto& [where, link] : links_) link->close();
}

// ---------------------------------------------------------------- commands

void redis_nodes::command(std::uint16_t slot, const std::vector<std::string>& words, redis_link::answered then) {
  redis_link* const link = link_of(slot);
  if (link == nullptr) {
    if (then) then(redis_value::failure("there is no connection to Redis"));
    return;
  }
  if (!is_cluster(to_)) return link->command(words, std::move(then));
  const redis_host asked = *place_of(slot);
  link->command(words, [weak = weak_from_this(), asked, words, then = std::move(then)](redis_value reply) {
    const auto self = weak.lock();
    const auto where = self ? moved_to(reply, asked) : std::nullopt;
    const bool asks = reply.code() == "ASK";
    if (self && reply.code() == "MOVED") self->refresh();
    redis_link* const other = where ? self->link_at(*where) : nullptr;
    if (other == nullptr || !other->connected()) {
      if (then) then(std::move(reply));
      return;
    }
    if (asks) other->command({"ASKING"}, {});
    other->command(words, then);
  });
}

void redis_nodes::command_all(const std::vector<std::string>& words,
                              std::function<void(std::vector<redis_value>)> then) {
  if (links_.empty()) {
    std::vector<redis_value> none;
    none.push_back(redis_value::failure("there is no connection to Redis"));
    return then(std::move(none));
  }
  const auto all = std::make_shared<replies>(links_.size(), std::move(then));
  const auto links = links_;  // a copy: a reply may change the table
  for (const auto& [where, link] : links) link->command(words, [all](redis_value one) { all->take(std::move(one)); });
}

// ---------------------------------------------------------------- subscriptions

std::uint16_t redis_nodes::slot_of(const key& channel) const {
  return channel.first == redis_channel::shard ? redis_slot(channel.second) : std::uint16_t(0);
}

void redis_nodes::subscribe(redis_channel kind, std::string name, std::function<void()> confirmed) {
  if (closed_) return;
  const key channel(kind, std::move(name));
  subscription& one = channels_[channel];
  one.at.reset();
  one.confirmed = std::make_shared<std::function<void()>>(std::move(confirmed));
  place(channel, one);
}

void redis_nodes::unsubscribe(redis_channel kind, const std::string& name) {
  const auto found = channels_.find(key(kind, name));
  if (found == channels_.end()) return;
  redis_link* const link = found->second.at ? link_at(*found->second.at) : nullptr;
  channels_.erase(found);
  if (link != nullptr) link->unsubscribe(kind, name);
}

void redis_nodes::place(const key& channel, subscription& one) {
  const auto where = place_of(slot_of(channel));
  if (!where || one.at == where) return;
  if (one.at)
    if (redis_link* const before = link_at(*one.at)) before->unsubscribe(channel.first, channel.second);
  one.at.reset();
  if (link_at(*where) == nullptr) make_link(*where, to_.at(*where));
  redis_link* const link = link_at(*where);
  one.at = where;
  link->subscribe(channel.first, channel.second, [confirmed = one.confirmed] {
    if (*confirmed) std::exchange(*confirmed, nullptr)();
  });
}

void redis_nodes::place_all() {
  for (auto& [channel, one] : channels_) place(channel, one);
}

// The link has forgotten it: it is placed again when the table has come.
bool redis_nodes::channel_moved(const redis_host& from, const std::string& channel) {
  const auto found = channels_.find(key(redis_channel::shard, channel));
  if (found != channels_.end() && found->second.at == from) found->second.at.reset();
  refresh();
  return true;
}

// ---------------------------------------------------------------- the table of slots

void redis_nodes::start_guide() {
  redis_settings how = how_;
  how.must_know_slots = true;
  guide_ = std::make_shared<redis_link>(strand_, timers_, to_, std::move(how), outage_);
  const auto weak = weak_from_this();
  // Another node at every attempt: those of the URL, and those that are known.
  guide_->find_with([weak](const auto& found) {
    const auto self = weak.lock();
    if (!self) return found(std::nullopt, "closed");
    std::vector<redis_host> all = self->to_.hosts;
    all.insert(all.end(), self->slots_.masters().begin(), self->slots_.masters().end());
    self->guided_by_ = all[self->next_guide_++ % all.size()];
    found(self->to_.at(self->guided_by_), {});
  });
  guide_->start([weak] {
    if (const auto self = weak.lock()) self->ask_guide();
  });
}

void redis_nodes::refresh() {
  if (closed_ || !guide_ || std::exchange(will_refresh_, true)) return;
  timers_.arm_after(*this, refresh_pause);
}

void redis_nodes::on_deadline() {
  async::post(strand_, "cluster", [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_ || !std::exchange(self->will_refresh_, false)) return;
    self->ask_guide();
  });
}

void redis_nodes::ask_guide() {
  if (!guide_->connected()) return;  // it asks when it is
  guide_->command({"CLUSTER", "SLOTS"}, [weak = weak_from_this()](const redis_value& reply) {
    if (const auto self = weak.lock(); self && !self->closed_) self->take_slots(reply);
  });
}

void redis_nodes::take_slots(const redis_value& reply) {
  auto read = redis_slots::read(reply, guided_by_);
  if (!read) return refresh();
  slots_ = std::move(*read);
  drop_links();
  if (use_ == uses::commands)
    for (const redis_host& where : slots_.masters())
      if (link_at(where) == nullptr) make_link(where, to_.at(where));
  place_all();
  // A link that is lost may belong to a master that is down: others have not decided yet who takes its slots.
  const bool all = all_connected();
  const bool placed = std::all_of(channels_.begin(), channels_.end(), [](const auto& one) { return one.second.at; });
  if (!all || !placed) refresh();
  if (!all && std::exchange(connected_, false) && lost_) lost_("the masters have changed");
  check();
}

// Those to masters that are none any more.
void redis_nodes::drop_links() {
  for (auto one = links_.begin(); one != links_.end();) {
    if (slots_.masters().contains(one->first)) {
      ++one;
      continue;
    }
    one->second->close();
    for (auto& [channel, kept] : channels_)
      if (kept.at == one->first) kept.at.reset();
    one = links_.erase(one);
  }
}

}  // namespace cosio::inline v0_2::cluster
