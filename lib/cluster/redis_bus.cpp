// The pair of connections that the adapters share.

#include "cluster/redis_bus.hpp"

#include <boost/asio/post.hpp>

#include <cosio/error.hpp>

#include <charconv>

#include "async/suspension.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

namespace asio = boost::asio;

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

}  // namespace

redis_bus::redis_bus(async::executor on, async::deadlines& timers, redis_address where)
    : strand_(on),
      publisher_(std::make_shared<redis_link>(strand_, timers, where, outage_)),
      subscriber_(std::make_shared<redis_link>(strand_, timers, std::move(where), outage_)) {}

// The links are closed on their strand: an operation of theirs may be running.
redis_bus::~redis_bus() {
  base::guarded("cluster", [this] {
    async::post(strand_, "cluster", [publisher = publisher_, subscriber = subscriber_] {
      publisher->close();
      subscriber->close();
    });
  });
}

void redis_bus::start() {
  async::post(strand_, "cluster", [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->publisher_->start({}, {});
    auto ready = [weak] {
      if (const auto bus = weak.lock()) bus->subscribe_all();
    };
    auto message = [weak](std::string_view pattern, std::string_view channel, std::string_view text) {
      if (const auto bus = weak.lock()) bus->on_message(pattern, channel, text);
    };
    self->subscriber_->start(std::move(ready), std::move(message));
  });
}

void redis_bus::publish(std::string channel, std::string message) {
  async::post(strand_, "cluster",
              [self = shared_from_this(), channel = std::move(channel), message = std::move(message)]() mutable {
                std::vector<std::string> words{"PUBLISH"};
                words.push_back(std::move(channel));
                words.push_back(std::move(message));
                self->publisher_->command(words, {});
              });
}

void redis_bus::subscribe_all() {
  std::vector<std::string> words{"PSUBSCRIBE"};
  for (const auto& [pattern, to] : patterns_) words.push_back(pattern);
  if (words.size() > 1) subscriber_->subscribe(words);
  words = {"SUBSCRIBE"};
  for (const auto& [channel, to] : channels_) words.push_back(channel);
  if (words.size() > 1) subscriber_->subscribe(words);
}

void redis_bus::subscribe(std::vector<std::string> channels, std::string prefix, receiver to) {
  async::post(strand_, "cluster",
              [self = shared_from_this(), channels = std::move(channels), prefix = std::move(prefix),
               to = std::move(to)]() mutable {
                const auto kept = std::make_shared<receiver>(std::move(to));
                std::vector<std::string> names{"SUBSCRIBE"};
                for (std::string& channel : channels) {
                  self->channels_.insert_or_assign(channel, kept);
                  names.push_back(std::move(channel));
                }
                std::string pattern = as_pattern(prefix);
                self->patterns_.insert_or_assign(pattern, kept);
                self->subscriber_->subscribe({"PSUBSCRIBE", std::move(pattern)});
                self->subscriber_->subscribe(names);
              });
}

void redis_bus::unsubscribe(std::vector<std::string> channels, std::string prefix) {
  async::post(strand_, "cluster",
              [self = shared_from_this(), channels = std::move(channels), prefix = std::move(prefix)]() mutable {
                std::vector<std::string> names{"UNSUBSCRIBE"};
                for (std::string& channel : channels) {
                  self->channels_.erase(channel);
                  names.push_back(std::move(channel));
                }
                std::string pattern = as_pattern(prefix);
                self->patterns_.erase(pattern);
                self->subscriber_->subscribe(names);
                self->subscriber_->subscribe({"PUNSUBSCRIBE", std::move(pattern)});
              });
}

void redis_bus::on_message(std::string_view pattern, std::string_view channel, std::string_view message) {
  const auto& table = pattern.empty() ? channels_ : patterns_;
  const auto found = table.find(pattern.empty() ? channel : pattern);
  if (found == table.end()) return;
  const auto to = found->second;  // a copy: the receiver may be removed meanwhile
  (*to)(channel, message);
}

task<std::size_t> redis_bus::count_subscribers(std::shared_ptr<redis_bus> self, std::string channel) {
  const auto got = std::make_shared<redis_link::reply>();
  auto hand_out = [self, channel = std::move(channel), got](std::shared_ptr<async::suspension> done) mutable {
    async::post(self->strand_, "cluster", [self, channel = std::move(channel), got, done = std::move(done)]() mutable {
      std::vector<std::string> words{"PUBSUB", "NUMSUB"};
      words.push_back(std::move(channel));
      self->publisher_->command(words, [got, done](redis_link::reply answer) {
        *got = std::move(answer);
        done->end();
      });
    });
  };
  co_await async::wait(std::move(hand_out));
  std::size_t count = 0;
  const bool is_number =
      got->ok && got->values.size() == 2 &&
      std::from_chars(got->values[1].data(), got->values[1].data() + got->values[1].size(), count).ec == std::errc();
  if (!is_number) throw error(errc::disconnected, "the other servers cannot be asked: " + got->problem);
  co_return count;
}

}  // namespace cosio::inline v0_2::cluster
