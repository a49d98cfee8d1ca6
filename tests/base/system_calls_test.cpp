// Calls that differ between systems, in the form for other systems too.

#include "base/system_calls.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>

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
  descriptor listening{::socket(AF_INET, SOCK_STREAM, 0)};
  descriptor client{::socket(AF_INET, SOCK_STREAM, 0)};
};

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
  {
    const descriptor gone(cosio::base::accept_in_steps(d.listening.get(), nullptr, nullptr));
    const linger hard{1, 0};
    REQUIRE(::setsockopt(gone.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0);
  }
  char byte = 0;
  CHECK(::recv(d.client.get(), &byte, 1, 0) == -1);
  CHECK(errno == ECONNRESET);
  CHECK(::send(d.client.get(), &byte, 1, cosio::base::send_without_signal) == -1);
  CHECK(errno == EPIPE);
}
