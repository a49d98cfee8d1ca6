// The tree of deadlines and its timer.

#include "async/deadlines.hpp"

#include <boost/container/static_vector.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "async/suspension.hpp"
#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::async {
namespace {

constexpr std::size_t batch = 64;
constexpr std::chrono::milliseconds put_off{100};  // until on_deadline() is called again after it threw

template <class Timer>
void put_timer_away(Timer* timer, time_point& at) noexcept {
  if (timer == nullptr || at == time_point::max()) return;
  at = time_point::max();
  try {
    timer->cancel();
  } catch (...) {  // then it wakes up once for nothing
    static_cast<void>(0);
  }
}

}  // namespace

deadline::~deadline() {
  if (deadlines* const table = table_) table->disarm(*this);
}

deadlines::deadlines(boost::asio::io_context& context)
    : manual_(false), timer_(std::make_unique<timer>(context.get_executor())) {}

deadlines::deadlines(manual_time) : manual_(true) {}

deadlines::~deadlines() {
  const base::lock_guard lock(mutex_);
  for (deadline& entry : entries_) entry.table_ = nullptr;
  entries_.clear();
}

time_point deadlines::now() const noexcept {
  if (!manual_) return std::chrono::steady_clock::now();
  const base::lock_guard lock(mutex_);
  return manual_now_;
}

void deadlines::arm(deadline& entry, time_point when) {
  const base::lock_guard lock(mutex_);
  if (entry.is_linked()) entries_.erase(entries_.iterator_to(entry));
  entry.when_ = when;
  entry.table_ = this;
  entries_.insert(entry);
  if (timer_ && when < timer_at_) set_timer(when);
}

void deadlines::disarm(deadline& entry) noexcept {
  const base::lock_guard lock(mutex_);
  if (entry.is_linked()) entries_.erase(entries_.iterator_to(entry));
  entry.table_ = nullptr;
  // The timer may now wake up once for nothing. Setting it anew for every acknowledgement in time would cost more. But
  // an empty table does not keep the io_context running.
  if (entries_.empty()) put_timer_away(timer_.get(), timer_at_);
}

void deadlines::set_timer(time_point when) {
  timer_at_ = time_point::max();  // if a statement below throws, the next arming sets the timer
  timer_->expires_at(when);
  timer_->async_wait([this](boost::system::error_code ec) {
    if (!ec) fire(std::chrono::steady_clock::now());
  });
  timer_at_ = when;
}

// Allocates nothing, because connections that wait in vain must end also when memory is short. If more than a batch is
// due (the machine has slept), other handlers run between two batches.
void deadlines::fire(time_point until) {
  suspension::retry();
  boost::container::static_vector<std::pair<std::shared_ptr<void>, deadline*>, batch> due;
  {
    const base::lock_guard lock(mutex_);
    while (!entries_.empty() && entries_.begin()->when_ <= until && due.size() < batch) {
      deadline& entry = *entries_.begin();
      entries_.erase(entries_.begin());
      if (auto alive = entry.owner_.lock()) due.emplace_back(std::move(alive), &entry);
      entry.table_ = nullptr;
    }
    if (timer_) {
      timer_at_ = time_point::max();
      if (!entries_.empty()) try_to_set_timer(entries_.begin()->when_);
    }
  }
  for (const auto& [alive, entry] : due) {
    try {
      entry->on_deadline();
    } catch (...) {
      base::log_thrown("async", {"a deadline could not be told of, and is put off"});
      arm_after(*entry, put_off);
    }
  }
}

void deadlines::try_to_set_timer(time_point when) noexcept {
  try {
    set_timer(when);
  } catch (...) {
    base::log_thrown("async", {"deadlines wait until the next one is set"});
  }
}

void deadlines::advance(duration by) {
  time_point until;
  {
    const base::lock_guard lock(mutex_);
    until = base::later(manual_now_, by);
  }
  for (;;) {
    {
      const base::lock_guard lock(mutex_);
      if (entries_.empty() || entries_.begin()->when_ > until) {
        manual_now_ = until;
        return;
      }
      manual_now_ = std::max(manual_now_, entries_.begin()->when_);
    }
    fire(now());
  }
}

void deadlines::stop() noexcept {
  const base::lock_guard lock(mutex_);
  timer_ = nullptr;
}

}  // namespace cosio::inline v0_2::async
