// epoll, level-triggered.

#include "loop.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "stream.hpp"

namespace bench {
namespace {

void control(int epoll, int operation, stream& who, int fd, bool room) {
  epoll_event what{};
  what.events = EPOLLIN;
  if (room) what.events |= EPOLLOUT;
  what.data.ptr = &who;
  if (epoll_ctl(epoll, operation, fd, &what) != 0) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void serve(const epoll_event& what) {
  stream& who = *static_cast<stream*>(what.data.ptr);
  if (who.is_open() && (what.events & EPOLLOUT) != 0) who.on_writable();
  if (who.is_open() && (what.events & ~std::uint32_t{EPOLLOUT}) != 0) who.on_readable();
}

}  // namespace

loop::loop(bool spin)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), spin_(spin), buffer_(std::make_unique<char[]>(buffer_size)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

loop::~loop() { ::close(epoll_); }

void loop::add(stream& who, int fd) { control(epoll_, EPOLL_CTL_ADD, who, fd, true); }
void loop::wait_for_room(stream& who, int fd, bool on) { control(epoll_, EPOLL_CTL_MOD, who, fd, on); }

void loop::forget(int fd) {
  if (epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

void loop::turn(nanoseconds at_most) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t wait = spin_ ? 0 : std::max<std::int64_t>(at_most.count(), 0);
  const timespec timeout{wait / second, wait % second};
  std::array<epoll_event, 1024> ready;
  const int count = epoll_pwait2(epoll_, ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
  if (count < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "epoll_pwait2");
  for (int i = 0; i < count; ++i) serve(ready[static_cast<std::size_t>(i)]);
}

void loop::run_for(nanoseconds duration) {
  const auto end = clock::now() + duration;
  for (auto now = clock::now(); now < end; now = clock::now()) turn(end - now);
}

}  // namespace bench
