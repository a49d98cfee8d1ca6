// Listening sockets that a service manager, or the process before this one, has opened.

#include <fcntl.h>
#include <unistd.h>
#include <cosio/error.hpp>
#include <cosio/successor.hpp>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace cosio::inline v0_2::http {
namespace {

constexpr int first_inherited = 3;  // SD_LISTEN_FDS_START
constexpr int most_sockets = 1'024;

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? std::string_view(value) : std::string_view();
}

int number_in(const char* name, int most) {
  const std::string_view text = variable(name);
  int out = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (wrong == std::errc() && end == text.data() + text.size() && out >= 0 && out <= most) return out;
  throw error(errc::bad_argument, std::string("the environment passes sockets, but ") + name +
                                      " is no number from 0 to " + std::to_string(most));
}

std::vector<std::string_view> names_of(std::size_t count) {
  std::string_view text = variable("LISTEN_FDNAMES");
  if (text.empty()) return std::vector<std::string_view>(count, "unknown");  // as systemd names them
  std::vector<std::string_view> out;
  for (auto colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':')) {
    out.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  out.push_back(text);
  if (out.size() != count)
    throw error(errc::bad_argument, "LISTEN_FDNAMES has " + std::to_string(out.size()) + " names for " +
                                        std::to_string(count) + " sockets");
  return out;
}

void keep_for_this_process(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFD);
  if (flags < 0 || ::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) != 0)
    throw error(errc::bad_argument, "LISTEN_FDS passes the descriptor " + std::to_string(descriptor) +
                                        ", which is not open in this process");
}

}  // namespace

std::vector<int> inherited_sockets(std::string_view name) {
  std::vector<int> out;
  if (variable("LISTEN_PID").empty() || variable("LISTEN_FDS").empty()) return out;
  constexpr int highest_process = std::numeric_limits<int>::max();
  if (number_in("LISTEN_PID", highest_process) != ::getpid()) return out;  // meant for a parent of this process
  const int count = number_in("LISTEN_FDS", most_sockets);
  if (count == 0) return out;
  const auto names = names_of(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    keep_for_this_process(first_inherited + i);
    if (name.empty() || names[static_cast<std::size_t>(i)] == name) out.push_back(first_inherited + i);
  }
  return out;
}

}  // namespace cosio::inline v0_2::http
