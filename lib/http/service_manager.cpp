// Words for the service manager: sd_notify(3), without its library.

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <boost/system/error_code.hpp>

#include <cosio/log.hpp>
#include <cosio/successor.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/logger.hpp"
#include "base/system_calls.hpp"

namespace cosio::inline v0_2::http {
namespace {

// Microseconds of the clock that systemd compares with.
std::uint64_t monotonic_time() noexcept {
  constexpr std::uint64_t in_a_second = 1'000'000;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * in_a_second + static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

// A path, or a name of Linux that begins with "@".
bool send_to(std::string_view place, std::string_view text) noexcept {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  errno = EINVAL;
  if (place.size() >= sizeof(to.sun_path) || (place.front() != '/' && place.front() != '@')) return false;
  std::copy(place.begin(), place.end(), to.sun_path);
  if (place.front() == '@') to.sun_path[0] = '\0';
  const base::descriptor from(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (from.get() < 0) return false;
  const timeval longest{1, 0};
  ::setsockopt(from.get(), SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + place.size());
  const auto* const address = reinterpret_cast<const sockaddr*>(&to);
  return ::sendto(from.get(), text.data(), text.size(), base::send_without_signal, address, size) >= 0;
}

}  // namespace

bool tell_service_manager(std::string_view state) {
  const char* const place = std::getenv("NOTIFY_SOCKET");
  if (place == nullptr || *place == '\0') return false;
  std::string text(state);
  if (text.find("RELOADING=1") != std::string::npos) text += "\nMONOTONIC_USEC=" + std::to_string(monotonic_time());
  if (send_to(place, text)) return true;
  const boost::system::error_code why(errno, boost::system::system_category());
  base::log(log_level::warn, "http",
            "the service manager could not be told \"" + std::string(state.substr(0, state.find('\n'))) +
                "\": NOTIFY_SOCKET names a socket that takes no message (" + why.message() + ")");
  return false;
}

}  // namespace cosio::inline v0_2::http
