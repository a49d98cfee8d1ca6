// Two queues of bytes behind one mutex. Listeners are called on their strands, never from inside a call of a stream.

#include "async/memory_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

struct waiter {
  strand on;
  std::shared_ptr<stream_listener> listener;
};

// One direction.
struct pipe {
  std::string bytes;
  bool ended = false;   // nothing more will be written
  bool unread = false;  // the reader has closed
  std::optional<waiter> reader;
  std::optional<waiter> ender;  // waits for the end
  std::optional<waiter> writer;
};

void add(std::optional<waiter>& to, const strand& on, std::shared_ptr<stream_listener> listener) {
  to.emplace(waiter{on, joined(to ? to->listener : nullptr, std::move(listener))});
}

// Without memory to post with, the listener stays, and is called the next time.
void tell(std::optional<waiter>& who, void (stream_listener::*what)(error_code), error_code ec) noexcept {
  base::guarded("async", [&] {
    post(who->on, "async", [to = who->listener, what, ec] { ((*to).*what)(ec); });
    who.reset();
  });
}

}  // namespace

struct memory_stream::shared_state {
  explicit shared_state(std::size_t bytes) : capacity(bytes) {}

  base::mutex mutex;
  const std::size_t capacity;
  // For each side: the pipe that it writes to, whether it has closed, whether it must see connection_reset, and the
  // error that its writes fail with.
  std::array<pipe, 2> pipes COSIO_GUARDED_BY(mutex);
  std::array<bool, 2> closed COSIO_GUARDED_BY(mutex) = {};
  std::array<bool, 2> reset_by_peer COSIO_GUARDED_BY(mutex) = {};
  std::array<error_code, 2> refused COSIO_GUARDED_BY(mutex) = {};

  bool can_read(int side) const COSIO_REQUIRES(mutex) {
    return closed[side] || reset_by_peer[side] || !pipes[1 - side].bytes.empty() || pipes[1 - side].ended;
  }
  bool can_write(int side) const COSIO_REQUIRES(mutex) {
    return closed[side] || reset_by_peer[side] || refused[side] || pipes[side].unread ||
           pipes[side].bytes.size() < capacity;
  }

  bool has_ended(int side) const COSIO_REQUIRES(mutex) {
    return closed[side] || reset_by_peer[side] || pipes[1 - side].ended;
  }

  // Calls the listeners whose wait is over.
  void tell_all() noexcept COSIO_REQUIRES(mutex) {
    for (const int side : {0, 1}) {
      const error_code ec = closed[side] ? error_code(asio::error::operation_aborted) : error_code();
      auto& reader = pipes[1 - side].reader;
      auto& writer = pipes[side].writer;
      auto& ender = pipes[1 - side].ender;
      if (ender && has_ended(side)) tell(ender, &stream_listener::on_end, ec);
      if (reader && can_read(side)) tell(reader, &stream_listener::on_readable, ec);
      if (writer && can_write(side)) tell(writer, &stream_listener::on_writable, ec);
    }
  }
};

memory_streams::memory_streams(std::size_t capacity) {
  auto both = std::make_shared<memory_stream::shared_state>(capacity);
  near.reset(new memory_stream(both, 0));
  far.reset(new memory_stream(std::move(both), 1));
}

memory_stream::memory_stream(std::shared_ptr<shared_state> both, int side) : both_(std::move(both)), side_(side) {}

memory_stream::~memory_stream() { close(); }

std::size_t memory_stream::read_some(std::span<char> room, error_code& ec) noexcept {
  const base::lock_guard lock(both_->mutex);
  pipe& from = both_->pipes[1 - side_];
  if (both_->closed[side_]) {
    ec = asio::error::bad_descriptor;
  } else if (both_->reset_by_peer[side_]) {
    ec = asio::error::connection_reset;
  } else if (!from.bytes.empty()) {
    const std::size_t n = std::min(room.size(), from.bytes.size());
    std::copy_n(from.bytes.begin(), n, room.begin());
    from.bytes.erase(0, n);
    both_->tell_all();
    return n;
  } else {
    ec = from.ended ? error_code(asio::error::eof) : error_code(asio::error::would_block);
  }
  return 0;
}

std::size_t memory_stream::write_some(std::span<const iovec> pieces, error_code& ec) noexcept {
  const base::lock_guard lock(both_->mutex);
  pipe& to = both_->pipes[side_];
  if (both_->closed[side_]) {
    ec = asio::error::bad_descriptor;
  } else if (both_->reset_by_peer[side_]) {
    ec = asio::error::connection_reset;
  } else if (both_->refused[side_]) {
    ec = both_->refused[side_];
  } else if (to.ended || to.unread) {
    ec = asio::error::broken_pipe;
  } else if (to.bytes.size() >= both_->capacity) {
    ec = asio::error::would_block;
  } else {
    const std::size_t before = to.bytes.size();
    try {
      for (const iovec& piece : pieces)
        to.bytes.append(static_cast<const char*>(piece.iov_base),
                        std::min(piece.iov_len, both_->capacity - to.bytes.size()));
    } catch (const std::bad_alloc&) {  // the error of a system without memory
      if (to.bytes.size() == before) ec = asio::error::no_buffer_space;
    }
    both_->tell_all();
    return to.bytes.size() - before;
  }
  return 0;
}

void memory_stream::wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) {
  const base::lock_guard lock(both_->mutex);
  add(both_->pipes[1 - side_].reader, on, std::move(listener));
  both_->tell_all();
}

void memory_stream::wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) {
  const base::lock_guard lock(both_->mutex);
  add(both_->pipes[side_].writer, on, std::move(listener));
  both_->tell_all();
}

void memory_stream::wait_end(const strand& on, std::shared_ptr<stream_listener> listener) {
  const base::lock_guard lock(both_->mutex);
  both_->pipes[1 - side_].ender.emplace(waiter{on, std::move(listener)});
  both_->tell_all();
}

void memory_stream::shutdown_send() noexcept {
  const base::lock_guard lock(both_->mutex);
  both_->pipes[side_].ended = true;
  both_->tell_all();
}

void memory_stream::close() noexcept {
  const base::lock_guard lock(both_->mutex);
  if (std::exchange(both_->closed[side_], true)) return;
  both_->pipes[side_].ended = true;
  both_->pipes[1 - side_].unread = true;
  both_->pipes[1 - side_].bytes.clear();
  both_->tell_all();
}

void memory_stream::reset() noexcept {
  {
    const base::lock_guard lock(both_->mutex);
    both_->reset_by_peer[1 - side_] = true;
    both_->pipes[side_].bytes.clear();
  }
  close();
}

std::size_t memory_stream::unread_by_peer() const noexcept {
  const base::lock_guard lock(both_->mutex);
  return both_->pipes[side_].bytes.size();
}

void memory_stream::refuse_writes(error_code with) noexcept {
  const base::lock_guard lock(both_->mutex);
  both_->refused[1 - side_] = with;
  both_->tell_all();
}

}  // namespace cosio::inline v0_2::async
