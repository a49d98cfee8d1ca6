// Asio's own waits for a socket.

#include "async/asio_waits.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>

#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

// ---------------------------------------------------------------- one socket

asio_socket::of_context::of_context(asio::io_context& context, int fd)
    : descriptor(context.get_executor(), fd), work(context.get_executor()) {}

// release() ends the waits and leaves the descriptor open.
asio_socket::of_context::~of_context() { descriptor.release(); }

asio_socket::asio_socket(asio::io_context& context, base::descriptor fd)
    : fd_(std::move(fd)),
      waiting_(std::in_place, context, fd_.get()),
      by_(asio::use_service<asio_waits>(static_cast<asio::execution_context&>(context))) {
  by_.add(*this);
}

asio_socket::~asio_socket() { close(); }

template <class Tell>
void asio_socket::wait(const strand& on, wait_type direction, Tell tell) {
  if (closed_) {
    post(on, "async", [tell = std::move(tell)] { tell(asio::error::operation_aborted); });
  } else if (waiting_) {  // otherwise the io_context has ended: nobody is told any more
    auto told = [tell = std::move(tell)](error_code ec) { base::guarded("async", [&] { tell(ec); }); };
    waiting_->descriptor.async_wait(direction, asio::bind_executor(on, std::move(told)));
  }
}

void asio_socket::wait_readable(const strand& on, std::shared_ptr<stream_listener> who) {
  wait(on, wait_type::wait_read, [who = std::move(who)](error_code ec) { who->on_readable(ec); });
}

void asio_socket::wait_writable(const strand& on, std::shared_ptr<stream_listener> who) {
  wait(on, wait_type::wait_write, [who = std::move(who)](error_code ec) { who->on_writable(ec); });
}

// One wait at most: it may stay for the life of the connection.
void asio_socket::wait_end(const strand& on, std::shared_ptr<stream_listener> who) {
  if (!ending_) ending_ = std::make_shared<bool>(false);
  if (std::exchange(*ending_, true)) return;
  wait(on, wait_type::wait_error, [who = std::move(who), here = ending_](error_code ec) {
    *here = false;
    who->on_end(ec);
  });
}

void asio_socket::close() noexcept {
  if (std::exchange(closed_, true)) return;
  if (waiting_) by_.remove(*this);
  waiting_.reset();
  fd_.close();
}

// ---------------------------------------------------------------- all of them

asio::execution_context::id asio_waits::id;

void asio_waits::add(asio_socket& one) {
  const base::lock_guard lock(mutex_);
  open_.push_back(one);
}

void asio_waits::remove(asio_socket& one) noexcept {
  const base::lock_guard lock(mutex_);
  if (one.is_linked()) open_.erase(open_.iterator_to(one));
}

asio_socket* asio_waits::next() noexcept {
  const base::lock_guard lock(mutex_);
  if (open_.empty()) return nullptr;
  asio_socket& one = open_.front();
  open_.pop_front();
  return &one;
}

// The io_context ends. Listeners that wait are released with Asio's own handlers. A listener may own other sockets,
// which close then: so the mutex is not held meanwhile.
void asio_waits::shutdown() noexcept {
  while (asio_socket* const one = next()) one->waiting_.reset();
}

}  // namespace cosio::inline v0_2::async
