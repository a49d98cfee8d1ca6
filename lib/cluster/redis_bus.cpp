// The pair of connections that the adapters share.

#include "cluster/redis_bus.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

#include "async/spawn.hpp"
#include "async/wait_until.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

// Escapes the wildcards of Redis patterns: clients choose the names of namespaces.
std::string escaped(std::string_view literal) {
  std::string out;
  for (const char c : literal) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string as_pattern(std::string_view prefix) { return escaped(prefix) + "*"; }

constexpr std::chrono::milliseconds first_patience{2'000};  // with a Redis that is not there at the beginning

}  // namespace

// The replies to one question, of each master: who waits for them is on another thread.
class redis_bus::question {
 public:
  void answered(std::vector<redis_value> replies) {
    const base::lock_guard lock(mutex_);
    replies_ = std::move(replies);
  }
  void cancel() {
    const base::lock_guard lock(mutex_);
    is_cancelled_ = true;
  }
  /// @throws error errc::cancelled after cancel().
  std::vector<redis_value> take() {
    const base::lock_guard lock(mutex_);
    if (is_cancelled_ && replies_.empty())
      throw error(errc::cancelled, "the namespace closes: the other servers are not asked any more");
    return std::move(replies_);
  }

 private:
  base::mutex mutex_;
  std::vector<redis_value> replies_ COSIO_GUARDED_BY(mutex_);
  bool is_cancelled_ COSIO_GUARDED_BY(mutex_) = false;
};

redis_bus::redis_bus(async::executor on, async::deadlines& timers, redis_address where, redis_settings how,
                     std::size_t max_pending_bytes)
    : strand_(on),
      timers_(timers),
      max_pending_bytes_(max_pending_bytes),
      publisher_(std::make_shared<redis_nodes>(strand_, timers, where, how, redis_nodes::uses::commands, outage_)),
      subscriber_(std::make_shared<redis_nodes>(strand_, timers, std::move(where), std::move(how),
                                                redis_nodes::uses::subscriptions, outage_)),
      load_(std::make_shared<wire_load>(max_pending_bytes)) {}

// The links are closed on their strand: an operation of theirs may be running, and uses the timers.
redis_bus::~redis_bus() {
  base::guarded("cluster", [this] {
    auto timers = timers_.keep();
    async::post(strand_, "cluster", [timers, publisher = publisher_, subscriber = subscriber_, load = load_] {
      load->begin_to_close();
      publisher->close();
      subscriber->close();
      load->tell_cut_off();
    });
  });
}

void redis_bus::start() {
  async::post(strand_, "cluster", [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->away_since_ = self->timers_.now();
    auto ready = [weak] {
      const auto bus = weak.lock();
      if (!bus) return;
      bus->one_ready();
    };
    auto lost = [weak](const std::string&) {
      if (const auto bus = weak.lock()) bus->one_lost();
    };
    auto message = [weak](std::string_view pattern, std::string_view channel, std::string_view text) {
      if (const auto bus = weak.lock()) bus->on_message(pattern, channel, text);
    };
    self->publisher_->start(ready, {}, lost);
    self->subscriber_->start(ready, std::move(message), lost);
  });
}

// ---------------------------------------------------------------- outages

void redis_bus::one_ready() {
  ++load_->connections;
  ++connected_;
  if (!is_whole()) return;
  load_->connected = true;
  wire_gap gap;  // Publish/Subscribe keeps nothing: messages may have been lost
  gap.duration = std::chrono::duration_cast<std::chrono::milliseconds>(timers_.now() - away_since_);
  const auto all = watching_;  // a copy: who is told may change the table
  for (const auto& [pattern, who] : all)
    if (std::exchange(who->is_told_lost, false)) base::guarded("cluster", [&, &to = who->to] { to.restored(gap); });
}

void redis_bus::one_lost() {
  const bool was_whole = is_whole();
  --connected_;
  if (!was_whole) return;
  load_->connected = false;
  away_since_ = timers_.now();
  const auto all = watching_;
  for (const auto& [pattern, who] : all) tell_lost(*who);
}

void redis_bus::tell_lost(watching& who) {
  if (!std::exchange(who.is_told_lost, true)) base::guarded("cluster", [&] { who.to.lost(); });
}

// A namespace begins while Redis is away. It does not keep the bus.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the deadlines outlive the coroutine
task<> redis_bus::watch_beginning(std::weak_ptr<redis_bus> of, std::shared_ptr<watching> who,
                                  async::deadlines& timers) {
  co_await async::wait_until(timers, timers.after(first_patience));
  const auto self = of.lock();
  if (!self || self->is_whole()) co_return;
  const bool is_here = std::ranges::any_of(self->watching_, [&](const auto& one) { return one.second == who; });
  if (is_here) tell_lost(*who);
}

// ---------------------------------------------------------------- publishing

void redis_bus::tell_full() {
  if (has_told_full_.exchange(true)) return;
  base::log(log_level::error, "cluster",
            "more than max_pending_bytes (" + std::to_string(max_pending_bytes_) +
                ") wait for Redis: what is emitted now does not reach other servers");
}

bool redis_bus::publish(std::string channel, std::string message, failure failed) {
  const std::size_t bytes = channel.size() + message.size();
  if (!load_->begin(bytes)) {
    tell_full();
    if (failed) base::guarded("cluster", [&] { failed("more than max_pending_bytes wait for Redis"); });
    return false;
  }
  auto waits = std::make_shared<pending_message>(load_, bytes);
  async::post(strand_, "cluster",
              [self = shared_from_this(), waits = std::move(waits), channel = std::move(channel),
               message = std::move(message), failed = std::move(failed)]() mutable {
                self->send(std::move(waits), {"PUBLISH", std::move(channel), std::move(message)}, std::move(failed));
              });
  return load_->connected;
}

void redis_bus::send(std::shared_ptr<pending_message> waits, const std::vector<std::string>& words, failure failed) {
  publisher_->command(0, words, [weak = weak_from_this(), waits = std::move(waits), failed](const redis_value& reply) {
    const auto self = weak.lock();
    waits->replied("PUBLISH", reply, self && self->publisher_->connected());
    if (self && reply.ok()) self->has_told_full_ = false;
    if (failed && !reply.ok()) base::guarded("cluster", [&] { failed(reply.text); });
  });
}

// ---------------------------------------------------------------- receiving

void redis_bus::subscribe(std::vector<std::string> channels, std::string prefix, receiver to, watcher watch) {
  async::post(strand_, "cluster",
              [self = shared_from_this(), channels = std::move(channels), prefix = std::move(prefix),
               to = std::move(to), watch = std::move(watch)]() mutable {
                if (watch.lost) self->begin_watching(as_pattern(prefix), std::move(watch));
                const auto kept = std::make_shared<receiver>(std::move(to));
                std::string pattern = as_pattern(prefix);
                self->patterns_.insert_or_assign(pattern, kept);
                self->subscriber_->subscribe(redis_channel::pattern, std::move(pattern));
                for (std::string& channel : channels) {
                  self->channels_.insert_or_assign(channel, kept);
                  self->subscriber_->subscribe(redis_channel::plain, std::move(channel));
                }
              });
}

void redis_bus::unsubscribe(std::vector<std::string> channels, std::string prefix) {
  async::post(strand_, "cluster",
              [self = shared_from_this(), channels = std::move(channels), prefix = std::move(prefix)]() mutable {
                for (const std::string& channel : channels) {
                  self->channels_.erase(channel);
                  self->subscriber_->unsubscribe(redis_channel::plain, channel);
                }
                const std::string pattern = as_pattern(prefix);
                self->patterns_.erase(pattern);
                self->watching_.erase(pattern);
                self->end_counting(channels);
                self->subscriber_->unsubscribe(redis_channel::pattern, pattern);
              });
}

void redis_bus::begin_watching(std::string pattern, watcher watch) {
  const auto who = std::make_shared<watching>();
  who->to = std::move(watch);
  watching_.insert_or_assign(std::move(pattern), who);
  if (!is_whole()) async::spawn(strand_, "cluster", watch_beginning(weak_from_this(), who, timers_));
}

void redis_bus::on_message(std::string_view pattern, std::string_view channel, std::string_view message) {
  const auto& table = pattern.empty() ? channels_ : patterns_;
  const auto found = table.find(pattern.empty() ? channel : pattern);
  if (found == table.end()) return;
  const auto to = found->second;  // a copy: the receiver may be removed meanwhile
  (*to)(channel, message);
}

// ---------------------------------------------------------------- counting servers

void redis_bus::end_counting(const std::vector<std::string>& channels) {
  std::vector<std::shared_ptr<async::suspension>> done;
  for (const counting& one : counting_) {
    auto waiting = one.waiting.lock();
    if (!waiting || std::ranges::find(channels, one.channel) == channels.end()) continue;
    one.asked->cancel();
    done.push_back(std::move(waiting));
  }
  for (const auto& waiting : done) waiting->end();
}

task<std::size_t> redis_bus::count_subscribers(std::shared_ptr<redis_bus> self, std::string channel,
                                               async::time_point until) {
  const auto asked = std::make_shared<question>();
  auto started = [self, channel = std::move(channel), asked](const std::weak_ptr<async::suspension>& waiting) mutable {
    async::post(self->strand_, "cluster", [self, channel = std::move(channel), asked, waiting]() mutable {
      std::vector<std::string> words{"PUBSUB", "NUMSUB"};
      std::erase_if(self->counting_, [](const counting& one) { return one.waiting.expired(); });
      self->counting_.push_back({channel, asked, waiting});
      words.push_back(std::move(channel));
      self->publisher_->command_all(words, [asked, waiting](std::vector<redis_value> replies) {
        asked->answered(std::move(replies));
        if (const auto alive = waiting.lock()) alive->end();
      });
    });
  };
  co_await async::wait_until(self->timers_, until, std::move(started));
  const std::vector<redis_value> replies = asked->take();
  if (replies.empty())
    throw error(errc::disconnected, "the other servers cannot be asked: Redis does not reply in time");
  std::size_t servers = 0;
  for (const redis_value& reply : replies) {
    if (!reply.ok()) throw error(errc::disconnected, "the other servers cannot be asked: " + reply.text);
    const std::optional<std::int64_t> count = reply.at(1).integer();
    if (!count || *count < 0) throw error(errc::disconnected, "Redis does not count the other servers");
    servers += static_cast<std::size_t>(*count);
  }
  co_return servers;
}

}  // namespace cosio::inline v0_2::cluster
