// Calls that differ between systems, in the form for other systems too.

#include "base/system_calls.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/descriptor.hpp"
#include "support/catch.hpp"

using cosio::base::descriptor;

namespace {

// A listening socket on loopback, and a client that has connected to it.
struct door {
  door() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    REQUIRE(::bind(listening.get(), address, size) == 0);
    REQUIRE(::listen(listening.get(), 1) == 0);
    REQUIRE(::getsockname(listening.get(), address, &size) == 0);
    REQUIRE(::connect(client.get(), address, size) == 0);
  }
  // Accepts the client and resets the connection; the client has noticed.
  void reset() const {
    {
      const descriptor gone(cosio::base::accept_in_steps(listening.get(), nullptr, nullptr));
      const linger hard{1, 0};
      REQUIRE(::setsockopt(gone.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0);
    }
    char byte = 0;
    CHECK(::recv(client.get(), &byte, 1, 0) == -1);
    CHECK(errno == ECONNRESET);
  }
  descriptor listening{::socket(AF_INET, SOCK_STREAM, 0)};
  descriptor client{::socket(AF_INET, SOCK_STREAM, 0)};
};

// Signals that came to this process.
std::atomic<int> pipe_signals{0};

// A file of ten bytes that goes with it, and a link to it.
struct some_file {
  some_file() {
    REQUIRE(fd.get() >= 0);
    REQUIRE(::write(fd.get(), "0123456789", 10) == 10);
    REQUIRE(::symlink(name.c_str(), link.c_str()) == 0);
  }
  ~some_file() {
    ::unlink(link.c_str());
    ::unlink(name.c_str());
  }
  std::string name = "/tmp/cosio-system-calls-XXXXXX";
  descriptor fd{::mkstemp(name.data())};
  std::string link = name + "-link";
};

bool has_pipe_signal() {
  sigset_t pending;
  return ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGPIPE) == 1;
}

template <class Accept>
void check_accepted(Accept accept) {
  const door d;
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  const descriptor accepted(accept(d.listening.get(), reinterpret_cast<sockaddr*>(&peer), &size));
  REQUIRE(accepted.get() >= 0);
  CHECK(peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
  CHECK((::fcntl(accepted.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(accepted.get(), F_GETFL) & O_NONBLOCK) != 0);
}

template <class Draw>
void check_random(Draw draw) {
  std::array<unsigned char, 64> first{};
  std::array<unsigned char, 64> second{};
  REQUIRE(draw(first.data(), first.size()) == 64);
  REQUIRE(draw(second.data(), second.size()) == 64);
  CHECK(first != second);
}

}  // namespace

TEST_CASE("an accepted socket does not block and is closed on exec, by one call or by several",
          "[base][system_calls]") {
  check_accepted(cosio::base::accept_socket);
  check_accepted(cosio::base::accept_in_steps);
}

TEST_CASE("accepting tells why it cannot", "[base][system_calls]") {
  errno = 0;
  CHECK(cosio::base::accept_socket(-1, nullptr, nullptr) == -1);
  CHECK(errno == EBADF);
  errno = 0;
  CHECK(cosio::base::accept_in_steps(-1, nullptr, nullptr) == -1);
  CHECK(errno == EBADF);
}

TEST_CASE("random bytes come from either call of the system", "[base][system_calls]") {
  check_random(cosio::base::random_bytes);
  check_random(cosio::base::random_by_getentropy);
  std::array<unsigned char, 300> many{};
  CHECK(cosio::base::random_by_getentropy(many.data(), many.size()) == 256);
}

TEST_CASE("sending to a peer that has gone is an error and no signal", "[base][system_calls]") {
  const door d;
  d.reset();
  char byte = 0;
  CHECK(::send(d.client.get(), &byte, 1, cosio::base::send_without_signal) == -1);
  CHECK(errno == EPIPE);
}

#if defined(__linux__)
TEST_CASE("a file is sent from any place of it, up to its end", "[base][system_calls]") {
  const door d;
  const descriptor accepted(cosio::base::accept_socket(d.listening.get(), nullptr, nullptr));
  const some_file file;
  CHECK(cosio::base::send_file(accepted.get(), file.fd.get(), 2, 3) == 3);
  CHECK(cosio::base::send_file(accepted.get(), file.fd.get(), 8, 100) == 2);
  CHECK(cosio::base::send_file(accepted.get(), file.fd.get(), 10, 100) == 0);
  std::array<char, 16> got{};
  CHECK(::recv(d.client.get(), got.data(), 5, MSG_WAITALL) == 5);
  CHECK(std::string(got.data()) == "23489");
}

TEST_CASE("sending a file to a peer that has gone is an error and no signal", "[base][system_calls]") {
  const some_file file;
  for (const bool held_by_the_thread : {false, true}) {
    CAPTURE(held_by_the_thread);
    const door d;
    d.reset();
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    if (held_by_the_thread) REQUIRE(::pthread_sigmask(SIG_BLOCK, &pipe, nullptr) == 0);
    errno = 0;
    const auto sent = cosio::base::send_file(d.client.get(), file.fd.get(), 0, 10);
    const int why = errno;
    const bool left = has_pipe_signal();
    if (held_by_the_thread) REQUIRE(::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr) == 0);
    CHECK(sent == -1);
    CHECK(why == EPIPE);
    CHECK_FALSE(left);
  }
}
#endif

#if defined(__linux__)
TEST_CASE("sending a file whose reader goes in the middle is a short count and no signal", "[base][system_calls]") {
  const some_file file;
  constexpr std::size_t size = 16 * 1024 * 1024;
  REQUIRE(::ftruncate(file.fd.get(), size) == 0);
  struct sigaction counted{};
  counted.sa_handler = [](int) { ++pipe_signals; };
  struct sigaction before{};
  REQUIRE(::sigaction(SIGPIPE, &counted, &before) == 0);
  pipe_signals = 0;
  // The system raises the signal when a piece fails as a whole: about every second time.
  for (int i = 0; i < 20; ++i) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    const descriptor sender(ends[0]);
    std::optional<descriptor> reader(std::in_place, ends[1]);
    std::ptrdiff_t sent = 0;
    std::thread sending([&] { sent = cosio::base::send_file(sender.get(), file.fd.get(), 0, size); });
    // The socket blocks, so the call ends only when its reader has gone.
    char first = 0;
    CHECK(::recv(reader->get(), &first, 1, MSG_WAITALL) == 1);
    reader.reset();
    sending.join();
    CHECK(sent > 0);
    CHECK(sent < static_cast<std::ptrdiff_t>(size));
  }
  REQUIRE(::sigaction(SIGPIPE, &before, nullptr) == 0);
  CHECK(pipe_signals == 0);
}
#endif

TEST_CASE("a signal that waited before SIGPIPE was held is left", "[base][system_calls]") {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  REQUIRE(::pthread_sigmask(SIG_BLOCK, &pipe, nullptr) == 0);
  REQUIRE(::pthread_kill(::pthread_self(), SIGPIPE) == 0);
  {
    const cosio::base::pipe_signal_held held;
    held.take();
  }
  const bool left = has_pipe_signal();
  int taken = 0;
  if (left) ::sigwait(&pipe, &taken);
  REQUIRE(::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr) == 0);
  CHECK(left);
}

TEST_CASE("opening without links follows none", "[base][system_calls]") {
  const some_file file;
  const descriptor opened(cosio::base::open_without_links(file.name.c_str()));
  if (opened.get() < 0) {  // before Linux 5.6, and in sandboxes
    CHECK(errno != ELOOP);
    return;
  }
  char byte = 0;
  CHECK(::read(opened.get(), &byte, 1) == 1);
  CHECK(byte == '0');
  CHECK((::fcntl(opened.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(cosio::base::open_without_links(file.link.c_str()) == -1);
  CHECK(errno == ELOOP);
  CHECK(cosio::base::open_without_links((file.name + "-none").c_str()) == -1);
  CHECK(errno == ENOENT);
}
