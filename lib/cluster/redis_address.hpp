// Where Redis is, and how a connection to it is made.

#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::inline v0_2::cluster {

/// A host (or an IP address) and a port.
/// @par Threads  A value.
class redis_host {
 public:
  redis_host() = default;
  redis_host(std::string name, std::uint16_t number) : host(std::move(name)), port(number) {}
  friend bool operator==(const redis_host&, const redis_host&) = default;
  friend auto operator<=>(const redis_host&, const redis_host&) = default;

  std::string text() const;

  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
};

/// The parts of a URL of Redis:
///
///     redis://[[user]:password@]host[:port][/database]            rediss:// the same over TLS
///     unix:///path/of/the/socket[?db=database]                    or redis+unix://
///     redis+sentinel://host[:port][,host[:port]…]/master[/database]   user and password are those of the master
///     redis+cluster://host[:port][,host[:port]…]                  some nodes of a Redis Cluster
///
/// `rediss+sentinel:` and `rediss+cluster:` are the same over TLS.
/// @par Threads  A value.
class redis_address {
 public:
  enum class kinds : std::uint8_t { single, sentinel, cluster };

  /// @throws error errc::bad_argument.
  explicit redis_address(std::string_view url);

  /// The same credentials and database at another place, over TCP or TLS.
  redis_address at(redis_host where) const;
  /// Without the password, for logs.
  std::string text() const;

  kinds kind = kinds::single;
  bool tls = false;
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string path;  ///< of a Unix socket; empty over TCP
  std::string user;
  std::string password;
  unsigned database = 0;
  std::vector<redis_host> hosts;  ///< Sentinels, or nodes of a cluster: all that the URL names
  std::string master;             ///< the name that the Sentinels know

 private:
  redis_address() = default;
  void read(std::string_view url);
};

}  // namespace cosio::inline v0_2::cluster
