// The next process of a program: it inherits the listening sockets, and ends this one when it serves.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/system/system_error.hpp>

#include <cosio/error.hpp>
#include <cosio/successor.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/system_calls.hpp"
#include "http/predecessor.hpp"

#if !defined(__linux__)
extern "C" char** environ;
#endif

namespace cosio::inline v0_2::http {
namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START
constexpr std::string_view predecessor = "COSIO_PREDECESSOR=";
constexpr std::string_view listen_pid = "LISTEN_PID=";
constexpr std::string_view listen_names = "LISTEN_FDNAMES=";
constexpr std::size_t digits = 20;

std::atomic<int> successor{0};  // the latest

[[noreturn]] void throw_last(const char* what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

// Pointers to texts, with a null behind them, as exec(3) wants them.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Whether the variable is about the sockets of one process only.
bool is_passing(std::string_view variable) noexcept {
  constexpr std::string_view names[] = {listen_pid, "LISTEN_PIDFDID=", "LISTEN_FDS=", listen_names, predecessor};
  return std::any_of(std::begin(names), std::end(names), [&](auto name) { return variable.starts_with(name); });
}

// The environment of the next process. The first text takes its number, which only that process knows.
std::vector<std::string> environment(std::size_t sockets, const std::vector<std::string>& names) {
  std::vector<std::string> out{std::string(listen_pid) + std::string(digits, '\0'),
                               "LISTEN_FDS=" + std::to_string(sockets),
                               std::string(predecessor) + std::to_string(::getpid())};
  std::string listed(listen_names);
  for (const std::string& name : names) listed += (&name == &names.front() ? "" : ":") + name;
  if (!names.empty()) out.push_back(std::move(listed));
  for (char** each = environ; *each != nullptr; ++each)
    if (!is_passing(*each)) out.emplace_back(*each);
  return out;
}

// Behind fork(). The process before this one learns why it has no successor.
[[noreturn]] void give_up(int told) {
  const int why = errno;
  constexpr int not_started = 127;
  [[maybe_unused]] const auto written = ::write(told, &why, sizeof why);
  ::_exit(not_started);
}

// Behind fork(): nothing but system calls, since another thread may have held any lock.
[[noreturn]] void become(char* const* command, std::vector<char*>& variables, std::vector<int>& sockets, int failed) {
  char* const number = variables.front() + listen_pid.size();
  std::to_chars(number, number + digits, ::getpid());
  // First out of the way of the places that they shall have.
  const int behind = first_descriptor + static_cast<int>(sockets.size());
  const int told = ::fcntl(failed, F_DUPFD_CLOEXEC, behind);
  if (told < 0) give_up(failed);
  for (int& socket : sockets) {
    socket = ::fcntl(socket, F_DUPFD_CLOEXEC, behind);
    if (socket < 0) give_up(told);
  }
  int place = first_descriptor;
  for (const int socket : sockets)
    if (::dup2(socket, place++) < 0) give_up(told);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(command[0], command, variables.data());
  give_up(told);
}

// Reads what give_up() has written. 0: exec has closed the other end.
// @return -1 when it cannot be read, and errno says why.
ssize_t read_outcome(int from, int& why) noexcept {
  ssize_t n = 0;
  do n = ::read(from, &why, sizeof why);
  while (n < 0 && errno == EINTR);
  return n;
}

void wait_for_end(pid_t child) noexcept {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace

int start_successor(std::vector<std::string> command, std::vector<int> sockets, std::vector<std::string> names) {
  if (command.empty() || command.front().empty())
    throw error(errc::bad_argument, "a successor needs the path of its program");
  if (sockets.empty())
    throw error(errc::bad_argument, "a successor needs the sockets of a port that is open: app.sockets()");
  if (!names.empty() && names.size() != sockets.size())
    throw error(errc::bad_argument, "a successor needs a name for each of its sockets, or none");
  if (has_successor())
    throw error(errc::bad_argument, "the process " + std::to_string(successor.load()) +
                                        " has been started as the successor of this one, and has not ended: two would "
                                        "serve the port; wait for it, or end it");
  auto variables = environment(sockets.size(), names);
  const auto words = pointers_to(command);
  auto values = pointers_to(variables);
  std::array<int, 2> ends{};
  if (base::open_pipe(ends.data()) != 0) throw_last("pipe");
  const base::descriptor outcome(ends[0]);
  base::descriptor failed(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw_last("fork");
  if (child == 0) become(words.data(), values, sockets, failed.get());
  failed.close();
  int why = 0;
  const ssize_t n = read_outcome(outcome.get(), why);
  if (n == 0) {
    successor = child;
    return child;
  }
  if (n < 0) {  // nobody knows whether it serves: it must not go on unseen
    why = errno;
    ::kill(child, SIGKILL);
  }
  wait_for_end(child);
  throw boost::system::system_error(why, boost::system::system_category(), "the successor could not be started");
}

namespace {

// The predecessor, if it has not ended: then another process is the parent. 0: there is none.
int living_predecessor() noexcept {
  const char* const value = std::getenv("COSIO_PREDECESSOR");
  if (value == nullptr) return 0;
  const std::string_view text(value);
  int process = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), process);
  return wrong == std::errc() && process > 1 && process == ::getppid() ? process : 0;
}

}  // namespace

void end_predecessor() noexcept {
  static std::atomic<bool> is_done{false};
  if (is_done.exchange(true)) return;
  if (const int process = living_predecessor()) ::kill(process, SIGTERM);
}

void tell_ready() {
  if (living_predecessor() == 0) {
    tell_service_manager("READY=1");
  } else {
    tell_service_manager("MAINPID=" + std::to_string(::getpid()) + "\nREADY=1");
  }
}

bool has_successor() noexcept {
  const int next = successor;
  if (next == 0) return false;
  if (::waitpid(next, nullptr, WNOHANG) == 0) return true;
  successor = 0;  // another process may have its number now
  return false;
}

void tell_stopping() {
  if (!has_successor()) tell_service_manager("STOPPING=1");
}

}  // namespace cosio::inline v0_2::http
