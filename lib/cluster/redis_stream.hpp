// The bytes between this server and Redis: TCP, TLS or a Unix socket.

#pragma once
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "async/strand.hpp"
#include "cluster/redis_address.hpp"

namespace cosio::inline v0_2::cluster {

/// Certificates and keys of a client. They are read once.
/// @par Threads  Immutable.
class redis_tls;

/// @param ca_file    Certificates of the authorities that are trusted; empty: those of the system.
/// @param cert_file  The certificate that Redis asks for, with its chain; empty: none.
/// @param key_file   Its key.
/// @param verify     Whether the certificate of Redis and the host's name in it are checked.
/// @throws error errc::bad_argument for a file that cannot be read.
std::shared_ptr<redis_tls> make_redis_tls(const std::string& ca_file, const std::string& cert_file,
                                          const std::string& key_file, bool verify);

/// Everything on one strand, handlers included. An operation keeps the stream alive. One read and one write at a time.
class redis_stream {
 public:
  /// @param problem  Empty: it has been done.
  using connected = std::function<void(std::string problem)>;
  using done = std::function<void(boost::system::error_code, std::size_t)>;

  virtual ~redis_stream() = default;
  /// Resolves the name, connects, and shakes hands.
  virtual void connect(connected then) = 0;
  /// Reads what has come. `room` must stay until `then` is called.
  virtual void read_some(std::span<char> room, done then) = 0;
  /// Writes all bytes, which must stay until `then` is called.
  virtual void write(std::string_view bytes, done then) = 0;
  /// Ends every operation: their handlers are called with an error.
  virtual void close() noexcept = 0;
};

std::shared_ptr<redis_stream> make_redis_stream(async::strand on, const redis_address& to,
                                                std::shared_ptr<redis_tls> tls);

}  // namespace cosio::inline v0_2::cluster
