// SIGINT and SIGTERM, counted.

#include "http/signal_watch.hpp"

#include <csignal>
#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::http {

signal_watch::signal_watch(boost::asio::io_context& in, std::function<void(unsigned)> came)
    : signals_(std::in_place, in, SIGINT, SIGTERM), came_(std::move(came)) {}

void signal_watch::start() {
  const base::lock_guard lock(mutex_);
  if (!signals_) return;
  signals_->async_wait([self = shared_from_this()](const boost::system::error_code& ec, int) {
    if (!ec) base::guarded("http", [&] { self->tell(); });
  });
}

// The next wait begins first: without memory for what the signal asks for, another one still comes. Without memory for
// the wait this signal still counts.
void signal_watch::tell() {
  base::guarded("http", [this] { start(); });
  std::function<void(unsigned)> came;
  unsigned now = 0;
  {
    const base::lock_guard lock(mutex_);
    came = came_;
    now = ++count_;
  }
  if (came) came(now);
}

void signal_watch::end() noexcept {
  std::function<void(unsigned)> gone;  // may own objects of the application: it goes after the lock
  const base::lock_guard lock(mutex_);
  signals_.reset();
  gone.swap(came_);
}

}  // namespace cosio::inline v0_2::http
