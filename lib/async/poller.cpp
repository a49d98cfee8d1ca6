// One epoll instance inside Asio's.

#include "async/poller.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/container/static_vector.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/guarded.hpp"
#include "base/logger.hpp"

namespace cosio::inline v0_2::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr unsigned reading = 1;
constexpr unsigned writing = 2;
constexpr unsigned ending = 4;
constexpr unsigned urgent = 8;  // beside reading: one read may stop in front of urgent data
constexpr std::size_t events_per_turn = 64;

boost::system::system_error failure(const char* doing) {
  return {error_code(errno, boost::system::system_category()), doing};
}

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw failure("making an epoll instance");
  return fd;
}

// The bits that stay ready when a listener of one direction has been told. A read stops in front of urgent data, also
// if it is in the stream, and the kernel does not tell again of the bytes behind it: so the next wait is told at once.
unsigned without(unsigned ready, unsigned direction) noexcept {
  ready &= ~direction;
  if (direction != reading || (ready & urgent) == 0) return ready;
  return (ready & ~urgent) | reading;
}

}  // namespace

// ---------------------------------------------------------------- one socket

polled_socket::polled_socket(asio::io_context& context, base::descriptor fd) : fd_(std::move(fd)) {
  poller& watching = poller::of(context);
  watching.add(*this);
  by_ = &watching;
}

polled_socket::~polled_socket() { close(); }

void polled_socket::wait_readable(const strand& on, listener who) { wait(on, std::move(who), reading); }

void polled_socket::wait_writable(const strand& on, listener who) { wait(on, std::move(who), writing); }

namespace {

// Posted to the strand of the listener.
struct telling {
  std::shared_ptr<stream_listener> who;
  unsigned direction;
  error_code ec;

  // The io_context calls this: a listener that has no memory loses its turn, and nobody else does.
  void operator()() const {
    base::guarded("async", [this] {
      if (direction == reading) {
        who->on_readable(ec);
      } else if (direction == writing) {
        who->on_writable(ec);
      } else {
        who->on_end(ec);
      }
    });
  }
};

// If there is no memory for this, the listener is released, and with it everything that it owns. Other listeners notice
// nothing of it.
// @param now  Call it here, unless the strand is busy.
void tell(const strand& on, telling what, bool now = false) noexcept {
  try {
    if (now) return asio::dispatch(on, std::move(what));
    asio::post(on, std::move(what));
  } catch (...) {
    base::log_thrown("async", {"a connection could not be told of"});
  }
}

}  // namespace

polled_socket::more& polled_socket::members() {
  if (!more_) more_ = std::make_unique<more>();
  return *more_;
}

// Without memory nothing has changed.
void polled_socket::add(const strand& on, listener who, listener& place) {
  listener next = joined(place, std::move(who));
  if (next->told_on() == nullptr) {
    auto& known = members().on;
    if (!known || *known != on) known = on;
  }
  place = std::move(next);
}

strand polled_socket::strand_of(const listener& who) const {
  const strand* const kept = who->told_on();
  return kept != nullptr ? *kept : *more_->on;
}

void polled_socket::wait(const strand& on, listener who, unsigned direction) {
  error_code ec;
  {
    const base::lock_guard lock(mutex_);
    const bool now = (ready_ & direction) != 0 || (direction == reading && peer_done_);
    if (by_ == nullptr) return;  // the io_context has ended: nobody is told any more
    if (!now && !closed_) {
      add(on, std::move(who), direction == reading ? reader_ : members().writer);
      if (direction == reading) only_end_ = false;
      return;
    }
    ready_ = static_cast<unsigned char>(without(ready_, direction));
    if (closed_) ec = asio::error::operation_aborted;
  }
  asio::post(on, telling{std::move(who), direction, ec});
}

// In the place of the reader. Bytes that come meanwhile are remembered for the next wait_readable().
void polled_socket::wait_end(const strand& on, listener who) {
  error_code ec;
  {
    const base::lock_guard lock(mutex_);
    if (by_ == nullptr) return;
    if (!peer_done_ && !closed_) {
      listener alone;
      add(on, std::move(who), alone);
      std::swap(reader_, alone);
      only_end_ = true;
      return;
    }
    if (closed_) ec = asio::error::operation_aborted;
  }
  asio::post(on, telling{std::move(who), ending, ec});
}

void polled_socket::more_to_read() noexcept {
  const base::lock_guard lock(mutex_);
  ready_ |= reading;
}

void polled_socket::close() noexcept {
  listener reader;
  listener writer;
  unsigned waits_for = reading;
  std::optional<strand> on;
  {
    const base::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    reader = std::move(reader_);
    if (more_) writer = std::move(more_->writer);
    if (only_end_) waits_for = ending;
    if (reader || writer) on = strand_of(reader ? reader : writer);
    more_ = nullptr;  // a closed socket may outlive its io_context, and a strand must not
  }
  if (by_ != nullptr) by_->remove(*this);
  fd_.close();
  if (reader) tell(*on, {std::move(reader), waits_for, asio::error::operation_aborted});
  if (writer) tell(*on, {std::move(writer), writing, asio::error::operation_aborted});
}

void polled_socket::run_by_one_thread(asio::io_context& context) { poller::of(context).alone_ = true; }

// ---------------------------------------------------------------- all of them

asio::execution_context::id poller::id;

poller& poller::of(asio::io_context& context) {
  return asio::use_service<poller>(static_cast<asio::execution_context&>(context));
}

poller::poller(asio::execution_context& context)
    : service(context), epoll_(static_cast<asio::io_context&>(context).get_executor(), make_epoll()) {}

poller::~poller() = default;

// The listeners to tell, and their strands. They are gathered while the mutexes are held, and told afterwards.
struct poller::news {
  struct item {
    strand on;
    telling what;
  };
  boost::container::static_vector<item, 2 * events_per_turn> items;
};

void poller::add(polled_socket& one) {
  const base::lock_guard lock(mutex_);
  const int fd = one.fd();
  const auto place = static_cast<std::size_t>(fd);
  if (place >= by_fd_.size()) by_fd_.resize(place + 1 + place / 4);
  one.generation_ = ++generations_;
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  wanted.data.u64 = (std::uint64_t{one.generation_} << 32) | static_cast<std::uint32_t>(fd);
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &wanted) != 0) throw failure("watching a socket");
  if (!listening_) listen();  // may throw: it comes before the changes that would have to be undone
  by_fd_[place] = &one;
  ++watched_;
}

void poller::remove(polled_socket& one) noexcept {
  const base::lock_guard lock(mutex_);
  by_fd_[static_cast<std::size_t>(one.fd())] = nullptr;
  if (--watched_ != 0) return;
  error_code ignored;
  epoll_.cancel(ignored);  // otherwise run() would never return
}

// Without this wait the server would hear of no connection any more. So it is tried until there is memory for it.
void poller::listen_again() noexcept {
  constexpr int pause = 5;  // milliseconds
  for (;;) {
    {
      const base::lock_guard lock(mutex_);
      if (try_to_listen()) return;
    }
    ::poll(nullptr, 0, pause);
  }
}

// @return false when there is no memory to listen with.
bool poller::try_to_listen() noexcept {
  try {
    if (watched_ != 0 && !listening_) listen();
    return true;
  } catch (...) {
    base::log_thrown("async", {"there is no memory to wait for connections with, which is tried again"});
    return false;
  }
}

void poller::listen() {
  epoll_.async_wait(epoll_.wait_read, [this](error_code) { collect(); });
  listening_ = true;
}

void poller::collect() {
  news out;
  bool listens = false;
  {
    const base::lock_guard lock(mutex_);
    listening_ = false;
    std::array<epoll_event, events_per_turn> events;
    const int count = ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const auto fd = static_cast<std::uint32_t>(event.data.u64);
      polled_socket* const one = by_fd_[fd];
      if (one != nullptr && one->generation_ == event.data.u64 >> 32) note(*one, event.events, out);
    }
    listens = try_to_listen();
  }
  // If no other thread could take them, listeners are called here: that takes no memory and no turn of the scheduler.
  for (news::item& item : out.items) tell(item.on, std::move(item.what), alone_);
  if (!listens) listen_again();
}

void poller::note(polled_socket& one, unsigned events, news& out) {
  const base::lock_guard lock(one.mutex_);
  unsigned now = 0;
  if ((events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) now |= reading;
  if ((events & EPOLLPRI) != 0) now |= urgent;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) now |= writing;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) one.peer_done_ = true;
  if (one.reader_ && one.only_end_) {
    if (one.peer_done_) out.items.push_back({one.strand_of(one.reader_), {std::move(one.reader_), ending, {}}});
  } else if ((now & reading) != 0 && one.reader_) {
    out.items.push_back({one.strand_of(one.reader_), {std::move(one.reader_), reading, {}}});
    now = without(now, reading);
  }
  if ((now & writing) != 0 && one.more_ && one.more_->writer) {
    auto& writer = one.more_->writer;
    out.items.push_back({one.strand_of(writer), {std::move(writer), writing, {}}});
    now = without(now, writing);
  }
  one.ready_ |= static_cast<unsigned char>(now);
}

// The io_context ends. Listeners that wait are released and not told, as Asio does with its own handlers. A listener
// may own other sockets, which close then: so listeners are released one after the other, without the mutex.
void poller::shutdown() noexcept {
  for (std::size_t place = 0; let_go(place);) ++place;
  const base::lock_guard lock(mutex_);
  by_fd_.clear();
  watched_ = 0;
  error_code ignored;
  epoll_.close(ignored);
}

// @return whether the table goes as far.
bool poller::let_go(std::size_t place) noexcept {
  std::shared_ptr<stream_listener> reader;
  std::unique_ptr<polled_socket::more> more;
  const base::lock_guard lock(mutex_);
  if (place >= by_fd_.size()) return false;
  polled_socket* const one = std::exchange(by_fd_[place], nullptr);
  if (one == nullptr) return true;
  const base::lock_guard its_lock(one->mutex_);
  one->by_ = nullptr;
  reader = std::move(one->reader_);
  more = std::move(one->more_);
  return true;
}

}  // namespace cosio::inline v0_2::async
