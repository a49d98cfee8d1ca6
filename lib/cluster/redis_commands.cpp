// Commands to one Redis that wait for the first connection.

#include "cluster/redis_commands.hpp"

#include <cosio/error.hpp>

#include <utility>

#include "async/wait_until.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"
#include "cluster/wire_load.hpp"

namespace cosio::inline v0_2::cluster {
namespace {

constexpr std::size_t max_held = 100'000;
constexpr std::size_t held_overhead = 512;  // estimated bytes of a command that is held, without its words

// The replies to a command. They may come when nobody waits for them any more. Any thread.
template <class T>
class reply_box {
 public:
  explicit reply_box(T none) : reply_(std::move(none)) {}
  void put(T reply) {
    const base::lock_guard lock(mutex_);
    reply_ = std::move(reply);
  }
  T take() {
    const base::lock_guard lock(mutex_);
    return std::move(reply_);
  }

 private:
  base::mutex mutex_;
  T reply_ COSIO_GUARDED_BY(mutex_);
};

std::vector<redis_value> list_of(redis_value one) {
  std::vector<redis_value> out;
  out.push_back(std::move(one));
  return out;
}

redis_value no_answer() { return redis_value::failure("Redis does not answer"); }

}  // namespace

redis_commands::redis_commands(async::strand on, async::deadlines& timers, std::shared_ptr<redis_nodes> nodes,
                               std::function<bool()> expects, std::size_t max_bytes)
    : strand_(std::move(on)),
      timers_(timers),
      nodes_(std::move(nodes)),
      expects_(std::move(expects)),
      max_bytes_(max_bytes) {}

void redis_commands::start(std::function<void()> ready, std::function<void()> lost) {
  const auto weak = weak_from_this();
  nodes_->start(
      [weak, ready = std::move(ready)] {
        const auto self = weak.lock();
        if (!self) return;
        self->state_ = states::open;
        if (ready) base::guarded("cluster", ready);
        self->send_held();
      },
      {},
      [weak, lost = std::move(lost)](const std::string&) {
        const auto self = weak.lock();
        if (!self) return;
        self->state_ = states::lost;
        if (lost) base::guarded("cluster", lost);
      });
}

void redis_commands::close() {
  closed_ = true;
  refuse_held("the connection to Redis is closed");
  nodes_->close();
}

void redis_commands::take(held what) {
  if (closed_) return what.refuse(redis_value::failure("the connection to Redis is closed"));
  if (nodes_->connected()) {
    send_held();
    return hand_over(what);
  }
  if (!expects_()) {
    refuse_held("there is no connection to Redis");
    return what.send();  // the reply says what is wrong
  }
  refuse_late();
  const bool has_room = held_.size() < max_held && what.bytes <= max_bytes_ && held_bytes_ <= max_bytes_ - what.bytes;
  if (!has_room) return what.refuse(redis_value::failure("too much waits for the connection to Redis"));
  held_bytes_ += what.bytes;
  held_.push_back(std::move(what));
}

void redis_commands::hand_over(const held& one) {
  if (one.until <= timers_.now()) return one.refuse(no_answer());
  one.send();
}

// From the front: they are in the order of the calls, and most wait equally long.
void redis_commands::refuse_late() {
  while (!held_.empty() && held_.front().until <= timers_.now()) {
    const held one = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= one.bytes;
    base::guarded("cluster", [&] { one.refuse(no_answer()); });
  }
}

void redis_commands::send_held() {
  const auto all = std::exchange(held_, {});
  held_bytes_ = 0;
  for (const held& one : all) base::guarded("cluster", [&] { hand_over(one); });
}

void redis_commands::refuse_held(const std::string& why) {
  const auto all = std::exchange(held_, {});
  held_bytes_ = 0;
  for (const held& one : all) base::guarded("cluster", [&] { one.refuse(redis_value::failure(why)); });
}

void redis_commands::send(std::uint16_t slot, std::vector<words> commands, answered then, async::time_point until) {
  held what;
  what.until = until;
  what.bytes = held_overhead;
  for (const words& one : commands) what.bytes += size_of_command(one);
  what.refuse = then;
  what.send = [nodes = nodes_, slot, commands = std::move(commands), then = std::move(then)] {
    for (std::size_t i = 0; i + 1 < commands.size(); ++i) nodes->command(slot, commands[i], {});
    nodes->command(slot, commands.back(), then);
  };
  take(std::move(what));
}

void redis_commands::send_to_all(words command, answered_by_all then, async::time_point until) {
  held what;
  what.until = until;
  what.bytes = held_overhead + size_of_command(command);
  what.refuse = [then](redis_value why) { then(list_of(std::move(why))); };
  what.send = [nodes = nodes_, command = std::move(command), then = std::move(then)] {
    nodes->command_all(command, then);
  };
  take(std::move(what));
}

task<redis_value> redis_commands::ask(std::shared_ptr<redis_commands> self, std::uint16_t slot,
                                      std::vector<words> commands, async::time_point until) {
  const auto box = std::make_shared<reply_box<redis_value>>(no_answer());
  auto started = [self, slot, box, until,
                  commands = std::move(commands)](const std::weak_ptr<async::suspension>& waiting) mutable {
    async::post(self->strand_, "cluster", [self, slot, box, waiting, until, commands = std::move(commands)]() mutable {
      auto then = [box, waiting](redis_value reply) {
        box->put(std::move(reply));
        if (const auto asks = waiting.lock()) asks->end();
      };
      self->send(slot, std::move(commands), std::move(then), until);
    });
  };
  auto waits = async::wait_until(self->timers_, until, std::move(started));
  co_await std::move(waits);
  redis_value reply = box->take();
  if (!reply.ok()) throw error(errc::disconnected, reply.text);
  co_return reply;
}

task<std::vector<redis_value>> redis_commands::ask_all(std::shared_ptr<redis_commands> self, words command,
                                                       async::time_point until) {
  const auto box = std::make_shared<reply_box<std::vector<redis_value>>>(list_of(no_answer()));
  auto started = [self, box, until,
                  command = std::move(command)](const std::weak_ptr<async::suspension>& waiting) mutable {
    async::post(self->strand_, "cluster", [self, box, waiting, until, command = std::move(command)]() mutable {
      auto then = [box, waiting](std::vector<redis_value> replies) {
        box->put(std::move(replies));
        if (const auto asks = waiting.lock()) asks->end();
      };
      self->send_to_all(std::move(command), std::move(then), until);
    });
  };
  auto waits = async::wait_until(self->timers_, until, std::move(started));
  co_await std::move(waits);
  std::vector<redis_value> replies = box->take();
  for (const redis_value& one : replies)
    if (!one.ok()) throw error(errc::disconnected, one.text);
  co_return replies;
}

}  // namespace cosio::inline v0_2::cluster
