// Sockets that a process inherits and hands on, and the words that its service manager hears.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cosio/http.hpp>
#include <cosio/successor.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "http/listening_sockets.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio;
using namespace cosio::test;
using ints = std::vector<int>;

namespace {

const std::string me = std::to_string(::getpid());

// The environment of a process to which a service manager has passed sockets.
struct passed {
  passed(const char* pid, const char* count, const char* names = nullptr)
      : of("LISTEN_PID", text(pid)), fds("LISTEN_FDS", text(count)), called("LISTEN_FDNAMES", text(names)) {}
  static std::optional<std::string> text(const char* what) {
    return what != nullptr ? std::optional<std::string>(what) : std::nullopt;
  }
  variable of;
  variable fds;
  variable called;
};

// Two sockets at the places of the first two that are passed. What was there comes back.
class sockets_in_place {
 public:
  sockets_in_place() {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      before_[i] = ::fcntl(place(i), F_DUPFD_CLOEXEC, high);
      int copy = -1;
      {
        const auto made = listening_at(loopback_4());
        copy = ::fcntl(made.get(), F_DUPFD, high);
      }
      if (::dup2(copy, place(i)) < 0) throw std::runtime_error("dup2");
      ::close(copy);
    }
  }
  sockets_in_place(const sockets_in_place&) = delete;
  sockets_in_place& operator=(const sockets_in_place&) = delete;
  ~sockets_in_place() {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      ::close(place(i));
      if (before_[i] < 0) continue;
      ::dup2(before_[i], place(i));
      ::close(before_[i]);
    }
  }

 private:
  static constexpr int high = 100;
  static int place(std::size_t i) { return 3 + static_cast<int>(i); }
  std::array<int, 2> before_{-1, -1};
};

// A service manager that listens.
class manager {
 public:
  explicit manager(const sockaddr_un& at) : socket_(bound(SOCK_DGRAM, at)) {
    const timeval longest{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  }
  std::string hears() {
    std::string text(4096, '\0');
    const auto n = ::recv(socket_.get(), text.data(), text.size(), 0);
    text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return text;
  }

 private:
  base::descriptor socket_;
};

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int exit_code_of(int process) {
  int status = 0;
  if (::waitpid(process, &status, 0) != process || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace

// ---------------------------------------------------------------- inherited sockets

TEST_CASE("sockets that were passed to this process are found, all of them or by name", "[http][successor]") {
  const sockets_in_place there;
  {
    const passed two(me.c_str(), "2", "web:admin");
    CHECK(http::inherited_sockets() == ints{3, 4});
    CHECK(http::inherited_sockets("web") == ints{3});
    CHECK(http::inherited_sockets("admin") == ints{4});
    CHECK(http::inherited_sockets("other").empty());
    for (const int fd : {3, 4}) CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  const passed one(me.c_str(), "1");
  CHECK(http::inherited_sockets() == ints{3});
  CHECK(http::inherited_sockets("unknown") == ints{3});
  CHECK(http::inherited_sockets("web").empty());
}

TEST_CASE("a process to which nothing was passed inherits nothing", "[http][successor]") {
  {
    const passed none(nullptr, nullptr);
    CHECK(http::inherited_sockets().empty());
  }
  {
    const passed none(me.c_str(), nullptr);
    CHECK(http::inherited_sockets().empty());
  }
  {
    const passed none(me.c_str(), "0");
    CHECK(http::inherited_sockets().empty());
  }
  const std::string parent = std::to_string(::getppid());
  const passed others(parent.c_str(), "2");
  CHECK(http::inherited_sockets().empty());
}

TEST_CASE("an environment that cannot be right is refused", "[http][successor]") {
  struct row {
    const char* pid;
    const char* count;
    const char* names;
    const char* detail;
  };
  const row rows[] = {
      {"me", "1", nullptr, "LISTEN_PID is no number from 0"},
      {me.c_str(), "x", nullptr, "LISTEN_FDS is no number from 0 to 1024"},
      {me.c_str(), "-1", nullptr, "LISTEN_FDS is no number"},
      {me.c_str(), "1 ", nullptr, "LISTEN_FDS is no number"},
      {me.c_str(), "1025", nullptr, "LISTEN_FDS is no number"},
      {me.c_str(), "99999999999999999999", nullptr, "LISTEN_FDS is no number"},
      {me.c_str(), "2", "web", "LISTEN_FDNAMES has 1 names for 2 sockets"},
      {me.c_str(), "1", "web:admin", "LISTEN_FDNAMES has 2 names for 1 sockets"},
      {me.c_str(), "1000", nullptr, "which is not open in this process"},
  };
  const sockets_in_place there;
  for (const row& r : rows) {
    CAPTURE(r.pid, r.count);
    const passed wrong(r.pid, r.count, r.names);
    try {
      http::inherited_sockets();
      FAIL("it cannot be right");
    } catch (const error& e) {
      CHECK(e.code() == errc::bad_argument);
      CHECK(e.detail().find(r.detail) != std::string::npos);
    }
  }
}

// ---------------------------------------------------------------- the service manager

TEST_CASE("the service manager is told what happens, by path and by abstract name", "[http][successor]") {
  const scratch_folder folder;
  const auto at = unix_address(folder.file("notify"));
  manager by_path(at);
  {
    const variable where("NOTIFY_SOCKET", folder.file("notify"));
    CHECK(http::tell_service_manager("READY=1\nSTATUS=here"));
    CHECK(by_path.hears() == "READY=1\nSTATUS=here");
    CHECK(http::tell_service_manager("RELOADING=1"));
    const std::string heard = by_path.hears();
    CHECK(heard.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(heard.find_first_not_of("0123456789", 27) == std::string::npos);
    CHECK(heard.size() > 27);
  }
  CHECK_FALSE(http::tell_service_manager("READY=1"));
}

TEST_CASE("a service manager that cannot be told is a line in the log", "[http][successor]") {
  const captured_log log;
  const std::string places[] = {"/nowhere/notify", "relative", "/" + std::string(200, 'x')};
  for (const std::string& place : places) {
    const variable where("NOTIFY_SOCKET", place);
    CHECK_FALSE(http::tell_service_manager("READY=1"));
  }
  CHECK(log.count(log_level::warn, "the service manager could not be told \"READY=1\"") == 3);
}

TEST_CASE("an application tells the service manager when it serves and when it ends", "[http][successor]") {
  const scratch_folder folder;
  manager hearing(unix_address(folder.file("notify")));
  const variable where("NOTIFY_SOCKET", folder.file("notify"));
  http::app_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.threads = 1;
  http::app app(options);
  std::thread running([&] { app.run_until_signal(); });
  CHECK(hearing.hears() == "READY=1");
  CHECK(app.listening());
  ::kill(::getpid(), SIGTERM);
  CHECK(hearing.hears() == "STOPPING=1");
  running.join();
}

// ---------------------------------------------------------------- the next process

TEST_CASE("a successor inherits the sockets, and knows who was before it", "[http][successor]") {
  const scratch_folder folder;
  const auto one = listening_at(loopback_4());
  const auto two = listening_at(loopback_4());
  const std::string told = folder.file("told");
  const std::string script = "echo $LISTEN_FDS $COSIO_PREDECESSOR $((LISTEN_PID == $$)) $LISTEN_FDNAMES >" + told +
                             "; ls -l /proc/self/fd/3 /proc/self/fd/4 | grep -c socket >>" + told + "; exit 7";
  const passed earlier("1", "9", "old:names");  // this process's own do not count
  const int child = http::start_successor({"/bin/sh", "-c", script}, {two.get(), one.get()});
  CHECK(exit_code_of(child) == 7);
  CHECK(contents(told) == "2 " + me + " 1\n2\n");
  const int named = http::start_successor({"/bin/sh", "-c", script}, {two.get(), one.get()}, {"web", "admin"});
  CHECK(exit_code_of(named) == 7);
  CHECK(contents(told) == "2 " + me + " 1 web:admin\n2\n");
}

TEST_CASE("a successor that cannot be started is an error, and leaves nothing behind", "[http][successor]") {
  const auto one = listening_at(loopback_4());
  try {
    http::start_successor({"/no/such/program"}, {one.get()});
    FAIL("there is no such program");
  } catch (const boost::system::system_error& e) {
    CHECK(e.code() == boost::system::errc::no_such_file_or_directory);
  }
  const int left = ::waitpid(-1, nullptr, WNOHANG);
  const int why = errno;
  CHECK(left == -1);
  CHECK(why == ECHILD);
  CHECK(error_of([&] { http::start_successor({}, {one.get()}); }) == errc::bad_argument);
  CHECK(error_of([] { http::start_successor({"/bin/true"}, {}); }) == errc::bad_argument);
  CHECK(error_of([&] { http::start_successor({"/bin/true"}, {one.get()}, {"web", "admin"}); }) == errc::bad_argument);
  CHECK_THROWS_AS(http::start_successor({"/bin/true"}, {-1}), boost::system::system_error);
}

TEST_CASE("without descriptors for its sockets a successor is not started", "[http][successor]") {
  const auto one = listening_at(loopback_4());
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 256;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  // More than that; and as many as leave no place for those that are moved out of the way.
  for (const std::size_t sockets : {std::size_t{300}, std::size_t{252}}) {
    CAPTURE(sockets);
    CHECK_THROWS_AS(http::start_successor({"/bin/sleep", "600"}, std::vector<int>(sockets, one.get())),
                    boost::system::system_error);
    const int left = ::waitpid(-1, nullptr, WNOHANG);
    const int why = errno;
    CHECK(left == -1);
    CHECK(why == ECHILD);
  }
  // Without descriptors for the pipe.
  low.rlim_cur = 3;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  CHECK_THROWS_AS(http::start_successor({"/bin/sleep", "600"}, {one.get()}), boost::system::system_error);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = http::start_successor({"/bin/sh", "-c", "exit 7"}, {one.get()});
  CHECK(exit_code_of(next) == 7);
}

TEST_CASE("a process has one successor at a time", "[http][successor]") {
  const auto one = listening_at(loopback_4());
  const int child = http::start_successor({"/bin/sleep", "600"}, {one.get()});
  CHECK(error_of([&] { http::start_successor({"/bin/true"}, {one.get()}); }) == errc::bad_argument);
  ::kill(child, SIGKILL);
  CHECK(exit_code_of(child) == -1);
  const int next = http::start_successor({"/bin/sh", "-c", "exit 7"}, {one.get()});
  CHECK(exit_code_of(next) == 7);
}
