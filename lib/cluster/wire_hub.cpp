// The connections of a wire over Redis.

#include "cluster/wire_hub.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <utility>

#include "async/hop.hpp"
#include "async/spawn.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds listen_patience{2'000};      // of a namespace that begins, with a Redis that does not answer
constexpr milliseconds channel_patience{10'000};    // the link gives up earlier
constexpr std::size_t min_held_bytes = 64'000'000;  // of commands that wait for the first connection

[[noreturn]] void cannot_ask(const std::string& why) {
  throw error(errc::disconnected, "the other servers cannot be asked: " + why);
}

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
      commands_(std::make_shared<redis_commands>(
          strand_, timers_, publisher_, [outage = outage_] { return outage->lost == 0; },
          std::max(min_held_bytes, max_pending_bytes))),
      subscriber_(
          std::make_shared<redis_nodes>(strand_, timers_, where_, how_, redis_nodes::uses::subscriptions, outage_)),
      load_(std::make_shared<wire_load>(max_pending_bytes)),
      channels_(subscriber_, kind) {
  away_.insert(this);
}

// The links are closed on their strand: an operation of theirs may be running, and uses the timers.
wire_hub::~wire_hub() {
  base::guarded("cluster", [this] {
    auto timers = timers_.keep();
    async::post(strand_, "cluster", [timers, load = load_, commands = commands_, subscriber = subscriber_] {
      load->begin_to_close();
      commands->close();
      subscriber->close();
      load->tell_cut_off();
    });
  });
}

void wire_hub::start() {
  async::post(strand_, "cluster", [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->away_since_ = self->timers_.now();
    self->commands_->start(
        [weak] {
          const auto hub = weak.lock();
          if (!hub) return;
          ++hub->load_->connections;
          hub->presence_->set(true);
        },
        [weak] {
          if (const auto hub = weak.lock()) hub->presence_->set(false);
        });
    self->subscriber_->start(
        [weak] {
          const auto hub = weak.lock();
          if (!hub) return;
          ++hub->load_->connections;
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

std::shared_ptr<redis_commands> wire_hub::make_commands(milliseconds reply_limit, std::size_t max_held_bytes) {
  auto expects = [outage = outage_, own = commands_] {
    return own->state() == redis_commands::states::open || outage->lost == 0;
  };
  return std::make_shared<redis_commands>(strand_, timers_, make_nodes(reply_limit), std::move(expects),
                                          max_held_bytes);
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

void wire_hub::missed(milliseconds duration) {
  if (!is_whole()) {
    may_have_lost_ = true;  // it is told with the interruption
    return;
  }
  wire_gap gap;
  gap.duration = duration;
  const auto all = listeners_;
  for (const auto& who : all) {
    base::guarded("cluster", [&] { who->to->lost(); });
    base::guarded("cluster", [&] { who->to->restored(gap); });
  }
}

// ---------------------------------------------------------------- commands

task<publication> published(publication what) { co_return what; }

std::string wire_hub::begin_to_send(std::size_t bytes) {
  if (commands_->state() == redis_commands::states::lost) {
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
  out.pending = commands_->state() != redis_commands::states::open;
  async::post(
      strand_, "cluster",
      [self = shared_from_this(), slot, words = std::move(words), bytes, receipt = std::move(receipt)]() mutable {
        const auto waits = std::make_shared<pending_message>(self->load_, bytes);
        const std::weak_ptr<redis_nodes> to = self->publisher_;
        const std::string command = words.front();
        self->send(slot, std::move(words), [waits, to, command, receipt](const redis_value& reply) {
          if (receipt) receipt->settle(reply.ok() ? publication::taken() : publication::failed(reply.text));
          const auto alive = to.lock();
          waits->replied(command, reply, alive && alive->connected());
        });
      });
  return out;
}

void wire_hub::send(std::uint16_t slot, std::vector<std::string> words, redis_link::answered then) {
  std::vector<std::vector<std::string>> one;
  one.push_back(std::move(words));
  commands_->send(slot, std::move(one), std::move(then));
}

// Clients of a channel are spread over the masters of a Redis Cluster: each counts its own.
task<std::optional<std::size_t>> wire_hub::count_subscribers(std::shared_ptr<wire_hub> self, std::string channel,
                                                             milliseconds within) {
  std::vector<std::string> words{"PUBSUB"};
  words.emplace_back(self->kind_ == redis_channel::shard ? "SHARDNUMSUB" : "NUMSUB");
  words.push_back(std::move(channel));
  std::vector<redis_value> replies;
  std::string problem;
  try {
    auto asking = redis_commands::ask_all(self->commands_, std::move(words), self->timers_.after(within));
    replies = co_await std::move(asking);
  } catch (const error& failed) {
    problem = failed.detail();
  }
  if (!problem.empty()) cannot_ask(problem);
  std::size_t sum = 0;
  for (const redis_value& one : replies) {  // [channel, number]
    const auto count = one.at(1).integer();
    if (!count || *count < 0) cannot_ask("Redis does not say how many listen");
    sum += static_cast<std::size_t>(*count);
  }
  co_return sum;
}

}  // namespace cosio::inline v0_2::cluster
