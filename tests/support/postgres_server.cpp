// PostgreSQL does not run as root: then the user `nobody` owns its folder, and runs it.

#include "support/postgres_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#ifndef COSIO_POSTGRES_PROGRAMS
#define COSIO_POSTGRES_PROGRAMS ""
#endif

namespace cosio::test {
namespace {

namespace fs = std::filesystem;

const passwd& server_user() {
  const passwd* found = ::geteuid() == 0 ? ::getpwnam("nobody") : ::getpwuid(::geteuid());
  if (found == nullptr) throw std::runtime_error("there is no user to run PostgreSQL");
  return *found;
}

std::string program(const std::string& name) {
  const std::string path = std::string(COSIO_POSTGRES_PROGRAMS) + "/" + name;
  if (!fs::exists(path))
    throw std::runtime_error("PostgreSQL is needed for this test (on Debian: apt-get install postgresql)");
  return path;
}

// Runs a program as the user of the server; its output goes to a file.
int run(const std::vector<std::string>& words, const std::string& output) {
  const passwd user = server_user();
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (::geteuid() == 0 && (::setgid(user.pw_gid) != 0 || ::setuid(user.pw_uid) != 0)) ::_exit(126);
    if (::chdir("/") == 0) ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(where);
  const bool ok = ::bind(probe, reinterpret_cast<sockaddr*>(&where), size) == 0 &&
                  ::getsockname(probe, reinterpret_cast<sockaddr*>(&where), &size) == 0;
  ::close(probe);
  if (!ok) throw std::runtime_error("there is no free port for PostgreSQL");
  return ntohs(where.sin_port);
}

std::string text_of_file(const std::string& path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

postgres_server::postgres_server() : port_(free_port()) {
  const std::string initdb = program("initdb");
  std::string made = (fs::temp_directory_path() / "cosio-postgres-XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) throw std::runtime_error("there is no folder for PostgreSQL");
  folder_ = made;
  const passwd user = server_user();
  if (::geteuid() == 0 && ::chown(folder_.c_str(), user.pw_uid, user.pw_gid) != 0)
    throw std::runtime_error("the folder for PostgreSQL cannot be given away");
  const std::vector<std::string> words{initdb, "-D",        folder_ + "/data", "-A", "trust", "-U",
                                       "me",   "--no-sync", "--no-locale",     "-E", "UTF8"};
  if (run(words, folder_ + "/control") != 0)
    throw std::runtime_error("initdb failed: " + text_of_file(folder_ + "/control"));
  std::ofstream(folder_ + "/data/pg_hba.conf") << "host all late 127.0.0.1/32 scram-sha-256\n"
                                                  "host all all 127.0.0.1/32 trust\n"
                                                  "local all all trust\n";
  try {
    start();
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    throw;
  }
}

postgres_server::~postgres_server() {
  thaw();
  kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

// pg_ctl waits until the server takes connections. After kill() its shared memory may be held for a moment: then it is
// tried again.
void postgres_server::start() {
  const std::string flags = "-k " + folder_ + " -p " + std::to_string(port_) +
                            " -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=20 -c shared_buffers=1MB "
                            "-c autovacuum=off";
  constexpr int most_attempts = 10;
  for (int attempts = 0; attempts < most_attempts; ++attempts) {
    const std::vector<std::string> words{
        program("pg_ctl"), "-D", folder_ + "/data", "-l", folder_ + "/log", "-o", flags, "-w", "-t", "60", "start"};
    if (run(words, folder_ + "/control") != 0) continue;
    std::ifstream(folder_ + "/data/postmaster.pid") >> pid_;
    return;
  }
  throw std::runtime_error("PostgreSQL does not start: " + text_of_file(folder_ + "/control") +
                           text_of_file(folder_ + "/log"));
}

void postgres_server::kill() {
  if (pid_ == -1) return;
  for (const pid_t one : processes()) {
    const int watch = static_cast<int>(::syscall(SYS_pidfd_open, one, 0));
    ::kill(one, SIGKILL);
    constexpr int longest_wait = 10'000;
    pollfd until_gone{watch, POLLIN, 0};
    if (watch != -1) ::poll(&until_gone, 1, longest_wait);
    ::close(watch);
  }
  // They name a process that may be there still, when nobody has asked how it ended.
  std::error_code ignored;
  fs::remove(folder_ + "/data/postmaster.pid", ignored);
  fs::remove(folder_ + "/.s.PGSQL." + std::to_string(port_) + ".lock", ignored);
  pid_ = -1;
}

void postgres_server::freeze() {
  for (const pid_t one : processes()) ::kill(one, SIGSTOP);
}

void postgres_server::thaw() {
  if (pid_ == -1) return;
  for (const pid_t one : processes()) ::kill(one, SIGCONT);
}

// The server first: it makes the others.
std::vector<pid_t> postgres_server::processes() const {
  std::vector<pid_t> out{pid_};
  const std::string number = std::to_string(pid_);
  std::ifstream children("/proc/" + number + "/task/" + number + "/children");
  for (pid_t one = 0; children >> one;) out.push_back(one);
  return out;
}

std::string postgres_server::url(const std::string& role, const std::string& password) const {
  return "postgresql://" + role + (password.empty() ? "" : ":" + password) + "@127.0.0.1:" + std::to_string(port_) +
         "/postgres";
}

std::string postgres_server::sql(const std::string& text) const {
  const std::string file = folder_ + "/statement";
  std::ofstream(file) << text;
  const std::string command = program("psql") + " -X -q -A -t -v ON_ERROR_STOP=1 -f " + file + " " + url() + " 2>&1";
  std::FILE* const out = ::popen(command.c_str(), "r");
  if (out == nullptr) throw std::runtime_error("psql cannot be started");
  std::string said;
  std::array<char, 4096> piece{};
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), out)) said.append(piece.data(), got);
  if (::pclose(out) != 0) throw std::runtime_error("psql failed: " + said);
  return said;
}

}  // namespace cosio::test
