// Two queues of bytes behind one mutex. Whoever waits is told through its strand, never from inside a call.

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

namespace cosio::async {
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
  bool unread = false;  // nobody will read any more
  std::optional<waiter> reader;
  std::optional<waiter> writer;
};

}  // namespace

struct memory_stream::shared_state {
  explicit shared_state(std::size_t bytes) : capacity(bytes) {}

  base::mutex mutex;
  const std::size_t capacity;
  std::array<pipe, 2> pipes;            // pipes[s]: what side s writes
  std::array<bool, 2> closed{};         // by side
  std::array<bool, 2> reset_by_peer{};  // side s must see connection_reset
  std::array<error_code, 2> refused{};  // what side s writes fails with this

  bool can_read(int side) const {
    return closed[side] || reset_by_peer[side] || !pipes[1 - side].bytes.empty() || pipes[1 - side].ended;
  }
  bool can_write(int side) const {
    return closed[side] || reset_by_peer[side] || refused[side] || pipes[side].unread ||
           pipes[side].bytes.size() < capacity;
  }

  // With mutex held: tells those whose wait is over. Who cannot be told, for want of memory, is told the next time.
  void tell() noexcept {
    for (const int side : {0, 1}) {
      const error_code ec = closed[side] ? error_code(asio::error::operation_aborted) : error_code();
      auto& reader = pipes[1 - side].reader;
      auto& writer = pipes[side].writer;
      base::guarded("async", [&] {
        if (!reader || !can_read(side)) return;
        asio::post(reader->on, [l = reader->listener, ec] { l->on_readable(ec); });
        reader.reset();
      });
      base::guarded("async", [&] {
        if (!writer || !can_write(side)) return;
        asio::post(writer->on, [l = writer->listener, ec] { l->on_writable(ec); });
        writer.reset();
      });
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
    both_->tell();
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
    } catch (const std::bad_alloc&) {  // as a system says it
      if (to.bytes.size() == before) ec = asio::error::no_buffer_space;
    }
    both_->tell();
    return to.bytes.size() - before;
  }
  return 0;
}

void memory_stream::wait_readable(const strand& on, std::shared_ptr<stream_listener> listener) {
  const base::lock_guard lock(both_->mutex);
  both_->pipes[1 - side_].reader.emplace(waiter{on, std::move(listener)});
  both_->tell();
}

void memory_stream::wait_writable(const strand& on, std::shared_ptr<stream_listener> listener) {
  const base::lock_guard lock(both_->mutex);
  both_->pipes[side_].writer.emplace(waiter{on, std::move(listener)});
  both_->tell();
}

void memory_stream::shutdown_send() noexcept {
  const base::lock_guard lock(both_->mutex);
  both_->pipes[side_].ended = true;
  both_->tell();
}

void memory_stream::close() noexcept {
  const base::lock_guard lock(both_->mutex);
  if (std::exchange(both_->closed[side_], true)) return;
  both_->pipes[side_].ended = true;
  both_->pipes[1 - side_].unread = true;
  both_->pipes[1 - side_].bytes.clear();
  both_->tell();
}

void memory_stream::reset() noexcept {
  {
    const base::lock_guard lock(both_->mutex);
    both_->reset_by_peer[1 - side_] = true;
    both_->pipes[side_].bytes.clear();
  }
  close();
}

void memory_stream::refuse_writes(error_code with) noexcept {
  const base::lock_guard lock(both_->mutex);
  both_->refused[1 - side_] = with;
  both_->tell();
}

}  // namespace cosio::async
