// One connection of libpq, and the address of a database. Only postgres_connection.cpp includes libpq.
//
// Nothing here waits: the caller asks for the file descriptor, and waits until it can be read or written.

#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace cosio::inline v0_2::cluster {

/// Whether the library was built with libpq. Without it no postgres_connection can be made.
bool has_postgres() noexcept;

/// Where a database is: the settings of libpq.
/// @par Threads  A value.
class postgres_address {
 public:
  /// @param conninfo  A URL, or words of the form name=value.
  /// @throws error errc::bad_argument for a text that libpq cannot read. It does not repeat the text, which may have a
  ///               password in it.
  explicit postgres_address(const std::string& conninfo);

  using setting = std::pair<std::string, std::string>;
  /// Name and value of what the text sets.
  std::vector<setting> settings;

  /// A host that is to be tried.
  struct place {
    std::string host;
    std::string port;
    std::string address;  ///< of the host; empty: none is needed, or it is not known yet
  };
  /// In their order. Empty: libpq finds the hosts itself.
  std::vector<place> places;
  /// The time for one attempt, all hosts together; zero: the text sets none.
  std::chrono::seconds connect_timeout{0};

  /// Without the password, for logs.
  const std::string& text() const noexcept { return text_; }
  /// Whether a host is a name, which must be resolved.
  static bool needs_address(const place& where);

 private:
  std::string text_;
};

/// A statement: several commands without parameters, or one command with them.
class postgres_statement {
 public:
  struct parameter {
    std::string value;
    bool is_binary = false;
  };
  postgres_statement() = default;
  explicit postgres_statement(std::string text) : sql(std::move(text)) {}

  void add(std::string value, bool is_binary = false) { parameters.push_back({std::move(value), is_binary}); }

  std::string sql;
  std::vector<parameter> parameters;
};

/// The result of a statement.
class postgres_answer {
 public:
  bool ok = false;
  std::string problem;              ///< the error, in one line
  std::string state;                ///< the SQLSTATE of the error; empty when the connection was lost
  std::vector<std::string> values;  ///< row by row; null is an empty text
};

struct postgres_notification {
  std::string channel;
  std::string payload;
  int pid = 0;  ///< of the connection that has sent it
};

/// One thread at a time.
class postgres_connection {
 public:
  enum class progress : std::uint8_t { reads, writes, done, failed };

  /// Begins to connect; then step() goes on, the first time when the descriptor can be written.
  postgres_connection(const postgres_address& to, const std::vector<postgres_address::place>& places);
  ~postgres_connection();
  postgres_connection(const postgres_connection&) = delete;
  postgres_connection& operator=(const postgres_connection&) = delete;

  /// The next step of connecting. The descriptor may be another one afterwards.
  /// @return `done`: connected. `reads`, `writes`: the wait that is needed before the next step.
  progress step();
  /// -1: there is none.
  int fd() const noexcept;

  /// Begins a statement; the one before must have been answered. Then flush().
  bool send(const postgres_statement& what);
  /// @return `done`: all was sent. `writes`: again when the descriptor can be written.
  progress flush();
  /// Reads what has come. @return false: the connection is lost.
  bool read();
  /// @return false: the answer is not complete yet.
  bool take(postgres_answer& into);
  /// @return false: there is no notification.
  bool take(postgres_notification& into);
  /// The number by which notifications name this connection.
  int pid() const noexcept;
  /// The last error, in one line.
  std::string problem() const;

 private:
  void collect(const pg_result& from);

  pg_conn* connection_ = nullptr;
  postgres_answer answer_;  // as far as it has come
};

}  // namespace cosio::inline v0_2::cluster
