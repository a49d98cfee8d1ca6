// A PostgreSQL of the test's own: in a new folder, on a free port of the loopback.
//
//   postgres_server server;
//   server.sql("CREATE ROLE late LOGIN PASSWORD 'secret'");
//   connect_to(server.url("late", "wrong"));

#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace cosio::test {

/// The role `me` may do everything and needs no password; the role `late` needs one, when it was made. One thread.
class postgres_server {
 public:
  /// @throws std::runtime_error when PostgreSQL is not installed, or does not start.
  postgres_server();
  ~postgres_server();
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  std::string url(const std::string& role = "me", const std::string& password = {}) const;
  /// Runs a statement, as `me`. @return its rows, a line each.
  std::string sql(const std::string& text) const;

  /// Starts it again, on the same port and with its data.
  void start();
  /// Ends it without a farewell.
  void kill();
  /// Stops all its processes: they answer nothing, and the kernel goes on to take connections for them.
  void freeze();
  void thaw();

 private:
  std::vector<pid_t> processes() const;

  std::string folder_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace cosio::test
