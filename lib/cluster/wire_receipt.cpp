// Waiting for the broker.

#include "cluster/wire_receipt.hpp"

#include <algorithm>
#include <utility>

#include "async/wait_until.hpp"

namespace cosio::inline v0_2::cluster {

void wire_receipt::settle(publication what) {
  std::shared_ptr<async::suspension> waiting;
  {
    const base::lock_guard lock(mutex_);
    if (outcome_) return;
    outcome_ = std::move(what);
    waiting = waiting_.lock();
  }
  if (waiting) waiting->end();
}

task<publication> wire_receipt::wait(std::shared_ptr<wire_receipt> self, async::deadlines* timers,
                                     async::time_point until) {
  auto started = [self](const std::weak_ptr<async::suspension>& me) {
    bool is_settled = false;
    {
      const base::lock_guard lock(self->mutex_);
      self->waiting_ = me;
      is_settled = self->outcome_.has_value();
    }
    const auto alive = is_settled ? me.lock() : nullptr;
    if (alive) alive->end();
  };
  co_await async::wait_until(*timers, until, std::move(started));
  const base::lock_guard lock(self->mutex_);
  if (self->outcome_) co_return *self->outcome_;
  co_return publication::failed("the time was over before the broker took it");
}

void wire_presence::set(bool connected) {
  std::vector<std::weak_ptr<async::suspension>> all;
  {
    const base::lock_guard lock(mutex_);
    connected_ = connected;
    if (!connected) return;
    all.swap(waiting_);
  }
  for (const auto& one : all)
    if (const auto alive = one.lock()) alive->end();
}

bool wire_presence::get() const {
  const base::lock_guard lock(mutex_);
  return connected_;
}

task<bool> wire_presence::wait(std::shared_ptr<wire_presence> self, async::deadlines* timers, async::time_point until) {
  if (self->get()) co_return true;
  auto started = [self](const std::weak_ptr<async::suspension>& me) {
    bool is_there = false;
    {
      const base::lock_guard lock(self->mutex_);
      is_there = self->connected_;
      std::erase_if(self->waiting_, [](const auto& one) { return one.expired(); });
      if (!is_there) self->waiting_.push_back(me);
    }
    const auto alive = is_there ? me.lock() : nullptr;
    if (alive) alive->end();
  };
  co_await async::wait_until(*timers, until, std::move(started));
  co_return self->get();
}

task<publication> publish_by(std::shared_ptr<wire_presence> presence, async::deadlines* timers,
                             std::chrono::milliseconds within,
                             std::function<void(std::shared_ptr<wire_receipt>)> send) {
  const async::time_point until = timers->after(within);
  auto connecting = wire_presence::wait(std::move(presence), timers, until);
  const bool is_connected = co_await std::move(connecting);
  if (!is_connected) co_return publication::failed("the broker cannot be reached");
  const auto receipt = std::make_shared<wire_receipt>();
  send(receipt);
  auto settling = wire_receipt::wait(receipt, timers, until);
  publication done = co_await std::move(settling);
  co_return done;
}

}  // namespace cosio::inline v0_2::cluster
