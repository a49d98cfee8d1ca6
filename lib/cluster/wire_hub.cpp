// The connections of a wire over Redis.

#include "cluster/wire_hub.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "async/wait_until.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds listen_patience{2'000};    // of a namespace that begins, with a Redis that does not answer
constexpr milliseconds channel_patience{10'000};  // the link gives up earlier

task<> wait_for(std::shared_ptr<confirmation> done, async::deadlines& timers) {
  auto waits = confirmation::wait(std::move(done), timers, timers.after(channel_patience));
  co_await std::move(waits);
}

}  // namespace

wire_hub::wire_hub(async::executor on, async::deadlines& timers, redis_address where, redis_settings how,
                   std::size_t max_pending_bytes, redis_channel kind, bool carries_events)
    : strand_(on),
      timers_(timers),
      where_(std::move(where)),
      how_(std::move(how)),
      kind_(kind),
      carries_events_(carries_events),
      publisher_(std::make_shared<redis_nodes>(strand_, timers_, where_, how_, redis_nodes::uses::commands, outage_)),
      subscriber_(
          std::make_shared<redis_nodes>(strand_, timers_, where_, how_, redis_nodes::uses::subscriptions, outage_)),
      load_(std::make_shared<wire_load>(max_pending_bytes)),
      channels_(subscriber_, kind) {
  away_.insert(this);
}

// The links are closed on their strand: an operation of theirs may be running.
wire_hub::~wire_hub() {
  base::guarded("cluster", [this] {
    async::post(strand_, "cluster", [publisher = publisher_, subscriber = subscriber_] {
      publisher->close();
      subscriber->close();
    });
  });
}

void wire_hub::start() {
  async::post(strand_, "cluster", [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->away_since_ = self->timers_.now();
    self->publisher_->start(
        [weak] {
          const auto hub = weak.lock();
          if (!hub) return;
          ++hub->connected_;
          hub->way_ = ways::open;
          hub->presence_->set(true);
          hub->act_early();
        },
        {},
        [weak](const std::string&) {
          const auto hub = weak.lock();
          if (!hub) return;
          hub->way_ = ways::lost;
          hub->presence_->set(false);
        });
    self->subscriber_->start(
        [weak] {
          const auto hub = weak.lock();
          if (!hub) return;
          ++hub->connected_;
          hub->ready(hub.get(), hub->carries_events_);
        },
        [weak](std::string_view, std::string_view channel, std::string_view payload) {
          const auto hub = weak.lock();
          if (hub) hub->load_->received += hub->channels_.receive(channel, payload);
        },
        [weak](const std::string&) {
          const auto hub = weak.lock();
          if (!hub) return;
          hub->channels_.lost();
          hub->lost(hub.get());
        });
  });
}

std::shared_ptr<redis_nodes> wire_hub::make_nodes(milliseconds reply_limit) const {
  redis_settings how = how_;
  how.ping_interval = how.reply_limit = reply_limit;
  return std::make_shared<redis_nodes>(strand_, timers_, where_, std::move(how), redis_nodes::uses::commands, outage_);
}

// ---------------------------------------------------------------- namespaces

task<> wire_hub::listen(std::shared_ptr<wire_listener> who, std::vector<std::string> channels) {
  auto done = std::make_shared<confirmation>();
  async::post(strand_, "cluster", [self = shared_from_this(), who, channels = std::move(channels), done] {
    self->begin(who, channels, done);
  });
  return wait_to_listen(shared_from_this(), std::move(who), std::move(done));
}

void wire_hub::begin(const std::shared_ptr<wire_listener>& who, const std::vector<std::string>& channels,
                     const std::shared_ptr<confirmation>& done) {
  listeners_.push_back(who);
  // Before the first connection there is no answer yet, and no failure either: the coroutine waits for the ready link.
  const bool is_first = !subscriber_->connected() && outage_->lost == 0;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const bool is_last = i + 1 == channels.size();
    channels_.add(channels[i], who, is_last && !is_first ? done : nullptr);
  }
  if (is_first) starting_.push_back(done);
}

task<> wire_hub::wait_to_listen(std::shared_ptr<wire_hub> self, std::shared_ptr<wire_listener> who,
                                std::shared_ptr<confirmation> done) {
  auto waits = confirmation::wait(std::move(done), self->timers_, self->timers_.after(listen_patience));
  co_await std::move(waits);
  async::post(self->strand_, "cluster", [self, who] {
    if (!self->is_whole()) self->tell_lost(*who);
  });
}

task<> wire_hub::stop(std::string uid) {
  auto work = [self = shared_from_this(), uid = std::move(uid)] { self->end(uid); };
  return async::call_on(strand_, std::move(work));
}

void wire_hub::end(std::string_view uid) {
  const auto found = std::ranges::find(listeners_, uid, [](const auto& one) -> std::string_view { return one->uid; });
  if (found == listeners_.end()) return;
  const std::shared_ptr<wire_listener> gone = *found;
  listeners_.erase(found);
  channels_.remove_all(gone);
}

std::shared_ptr<wire_listener> wire_hub::listener_of(std::string_view nsp) const {
  const auto found = std::ranges::find(listeners_, nsp, [](const auto& one) -> std::string_view { return one->nsp; });
  return found == listeners_.end() ? nullptr : *found;
}

task<> wire_hub::add_channel(std::string nsp, std::string channel) {
  auto done = std::make_shared<confirmation>();
  async::post(strand_, "cluster",
              [self = shared_from_this(), nsp = std::move(nsp), channel = std::move(channel), done] {
                const auto who = self->listener_of(nsp);
                if (who) {
                  self->channels_.add(channel, who, done);
                } else {
                  done->give();
                }
              });
  return wait_for(std::move(done), timers_);
}

void wire_hub::remove_channel(std::string nsp, std::string channel) {
  async::post(strand_, "cluster", [self = shared_from_this(), nsp = std::move(nsp), channel = std::move(channel)] {
    if (const auto who = self->listener_of(nsp)) self->channels_.remove(channel, who);
  });
}

// ---------------------------------------------------------------- outages

void wire_hub::tell_lost(wire_listener& who) const {
  if (!std::exchange(who.is_told_lost, true)) base::guarded("cluster", [&] { who.to->lost(); });
}

void wire_hub::lost(const void* part) {
  const bool was_whole = is_whole();
  away_.insert(part);
  load_->connected = false;
  if (!was_whole) return;
  away_since_ = timers_.now();
  const auto all = listeners_;
  for (const auto& who : all) tell_lost(*who);
}

void wire_hub::ready(const void* part, bool may_have_lost) {
  may_have_lost_ = may_have_lost_ || may_have_lost;
  if (away_.erase(part) == 0 || !is_whole()) return;
  load_->connected = true;
  for (const auto& done : std::exchange(starting_, {})) done->give();
  wire_gap gap;
  gap.duration = std::chrono::duration_cast<milliseconds>(timers_.now() - away_since_);
  gap.may_have_lost = std::exchange(may_have_lost_, false);
  const auto all = listeners_;
  for (const auto& who : all) {
    if (std::exchange(who->is_told_lost, false)) base::guarded("cluster", [&] { who->to->restored(gap); });
  }
}

// ---------------------------------------------------------------- commands

task<publication> published(publication what) { co_return what; }

std::string wire_hub::begin_to_send(std::size_t bytes) {
  if (way_ == ways::lost) {
    load_->count(false);
    return "Redis cannot be reached";
  }
  if (!load_->begin(bytes)) return "more than max_pending_bytes wait for Redis";
  return {};
}

publication wire_hub::publish(std::uint16_t slot, std::vector<std::string> words,
                              std::shared_ptr<wire_receipt> receipt) {
  const std::size_t bytes = size_of_command(words);
  std::string problem = begin_to_send(bytes);
  if (!problem.empty()) {
    publication none = publication::failed(std::move(problem));
    if (receipt) receipt->settle(none);
    return none;
  }
  publication out = publication::taken();
  out.pending = way_ != ways::open;
  async::post(
      strand_, "cluster",
      [self = shared_from_this(), slot, words = std::move(words), bytes, receipt = std::move(receipt)]() mutable {
        const std::weak_ptr<redis_nodes> to = self->publisher_;
        self->send(slot, std::move(words), [load = self->load_, to, bytes, receipt](const redis_value& reply) {
          if (receipt) receipt->settle(reply.ok() ? publication::taken() : publication::failed(reply.text));
          load->end(bytes);
          load->count(reply.ok());
          const auto alive = to.lock();
          if (reply.ok()) load->has_told_refused = false;
          if (!reply.ok() && alive && alive->connected() && !load->has_told_refused.exchange(true))
            base::log(log_level::error, "cluster",
                      "Redis refuses a message (" + reply.text +
                          "): what is sent does not reach other servers until it takes one again");
        });
      });
  return out;
}

void wire_hub::send(std::uint16_t slot, std::vector<std::string> words, redis_link::answered then) {
  when_connected([to = std::weak_ptr(publisher_), slot, words = std::move(words), then = std::move(then)] {
    if (const auto link = to.lock()) link->command(slot, words, then);
  });
}

void wire_hub::when_connected(std::function<void()> act) {
  if (way_ == ways::none_yet && outage_->lost == 0) {
    early_.push_back(std::move(act));
    return;
  }
  act_early();
  act();
}

// Commands are sent, or fail at once when Redis could not be reached.
void wire_hub::act_early() {
  for (const auto& act : std::exchange(early_, {})) base::guarded("cluster", act);
}

namespace {

// The reply to a command. It may come when nobody waits for it any more. Any thread.
class reply_box {
 public:
  void put(redis_value reply) {
    const base::lock_guard lock(mutex_);
    reply_ = std::move(reply);
  }
  redis_value take() {
    const base::lock_guard lock(mutex_);
    return std::move(reply_);
  }

 private:
  base::mutex mutex_;
  redis_value reply_ COSIO_GUARDED_BY(mutex_) = redis_value::failure("Redis does not answer");
};

// Of replies of the form [channel, number].
redis_value sum_of(const std::vector<redis_value>& replies) {
  std::int64_t sum = 0;
  for (const redis_value& one : replies) {
    if (!one.ok()) return one;
    const auto count = one.at(1).integer();
    if (!count || *count < 0) return redis_value::failure("Redis does not say how many servers listen");
    sum += *count;
  }
  if (replies.empty()) return redis_value::failure("there is no connection to Redis");
  return redis_value(sum);
}

}  // namespace

task<redis_value> wire_hub::ask(std::shared_ptr<wire_hub> self, std::uint16_t slot,
                                std::vector<std::vector<std::string>> commands, milliseconds within) {
  const auto box = std::make_shared<reply_box>();
  auto started = [self, slot, box,
                  commands = std::move(commands)](const std::weak_ptr<async::suspension>& waiting) mutable {
    async::post(self->strand_, "cluster", [self, slot, box, waiting, commands = std::move(commands)]() mutable {
      for (std::size_t i = 0; i + 1 < commands.size(); ++i) self->send(slot, std::move(commands[i]), {});
      self->send(slot, std::move(commands.back()), [box, waiting](redis_value reply) {
        box->put(std::move(reply));
        if (const auto asks = waiting.lock()) asks->end();
      });
    });
  };
  auto waits = async::wait_until(self->timers_, self->timers_.after(within), std::move(started));
  co_await std::move(waits);
  redis_value reply = box->take();
  if (!reply.ok()) throw error(errc::disconnected, "the other servers cannot be asked: " + reply.text);
  co_return reply;
}

// Clients of a channel are spread over the masters of a Redis Cluster: each counts its own.
task<std::optional<std::size_t>> wire_hub::count_subscribers(std::shared_ptr<wire_hub> self, std::string channel,
                                                             milliseconds within) {
  std::vector<std::string> words{"PUBSUB"};
  words.emplace_back(self->kind_ == redis_channel::shard ? "SHARDNUMSUB" : "NUMSUB");
  words.push_back(std::move(channel));
  const auto box = std::make_shared<reply_box>();
  auto started = [self, box, words = std::move(words)](const std::weak_ptr<async::suspension>& waiting) mutable {
    async::post(self->strand_, "cluster", [self, box, waiting, words = std::move(words)] {
      auto counted = [box, waiting](const std::vector<redis_value>& replies) {
        box->put(sum_of(replies));
        if (const auto asks = waiting.lock()) asks->end();
      };
      self->when_connected([to = std::weak_ptr(self->publisher_), words, counted = std::move(counted)] {
        if (const auto link = to.lock()) link->command_all(words, counted);
      });
    });
  };
  auto waits = async::wait_until(self->timers_, self->timers_.after(within), std::move(started));
  co_await std::move(waits);
  const redis_value count = box->take();
  if (!count.ok()) throw error(errc::disconnected, "the other servers cannot be asked: " + count.text);
  co_return static_cast<std::size_t>(count.number);
}

}  // namespace cosio::inline v0_2::cluster
