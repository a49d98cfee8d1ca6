// Work of the application that ends with its server.

#include "socketio/background.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <cosio/error.hpp>

#include "async/spawn.hpp"
#include "async/wait_until.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

namespace asio = boost::asio;

}  // namespace

// The work begins on its strand, where stop() cancels it: Asio's signals are for one thread at a time.
void background::start(const async::strand& on, task<> work) {
  const auto one = std::make_shared<piece>(on);
  {
    const base::lock_guard lock(mutex_);
    if (closed_) throw error(errc::cancelled, "no new work may begin: the server is closing or closed");
    running_.push_back(one);
  }
  try {
    auto beginning = [self = shared_from_this(), one, work = std::move(work)]() mutable {
      self->begin(one, std::move(work));
    };
    async::post(on, "socketio", std::move(beginning));
  } catch (...) {
    remove(one);
    throw;
  }
}

// Asio keeps the state of a cancellation inside of its signal: so the handler keeps the piece. A handler that the
// io_context destroys takes nothing along: nobody can wait for it any more.
void background::begin(const piece_ptr& one, task<> work) noexcept {
  if (one->is_stopped) return remove(one);
  try {
    auto done = [self = shared_from_this(), one](const std::exception_ptr& e) { self->ended(one, e); };
    asio::co_spawn(one->on, std::move(work), asio::bind_cancellation_slot(one->stop.slot(), std::move(done)));
  } catch (...) {
    ended(one, std::current_exception());
  }
}

std::list<background::piece_ptr> background::refuse_more() {
  const base::lock_guard lock(mutex_);
  closed_ = true;
  return running_;
}

void background::stop() {
  for (const auto& one : refuse_more()) {
    if (one->on.running_in_this_thread()) {
      remove(one);
      continue;
    }
    base::guarded("socketio", [&] {
      async::post(one->on, "socketio", [one] {
        if (std::exchange(one->is_stopped, true)) return;  // it may be cleaning up by now
        one->stop.emit(asio::cancellation_type::terminal);
      });
    });
  }
}

void background::open() noexcept {
  const base::lock_guard lock(mutex_);
  closed_ = false;
}

std::size_t background::count() const {
  const base::lock_guard lock(mutex_);
  return running_.size();
}

task<> background::until_ended(std::shared_ptr<background> self, async::deadlines& timers, async::time_point when) {
  auto until_last = [self](const std::weak_ptr<async::suspension>& waiting) { self->add_waiting(waiting); };
  co_await async::wait_until(timers, when, std::move(until_last));
}

void background::add_waiting(const std::weak_ptr<async::suspension>& waiting) {
  {
    const base::lock_guard lock(mutex_);
    if (!running_.empty()) return waiting_.push_back(waiting);
  }
  if (const auto alive = waiting.lock()) alive->end();
}

void background::remove(const piece_ptr& one) noexcept {
  std::vector<std::weak_ptr<async::suspension>> done;
  {
    const base::lock_guard lock(mutex_);
    running_.remove(one);
    if (running_.empty()) done.swap(waiting_);
  }
  for (const auto& waiting : done)
    if (const auto alive = waiting.lock()) alive->end();
}

void background::ended(const piece_ptr& one, const std::exception_ptr& thrown) noexcept {
  if (thrown && !(one->is_stopped && async::is_end(thrown))) async::report("application", thrown);
  remove(one);
}

}  // namespace cosio::inline v0_2::socketio
