// The certificates of a port: read from files, and read again while it serves.
//
//   way in    http/listener -> certificates::secure() -> async/tls_stream -> http/connection

#pragma once
#include <openssl/types.h>

#include <cosio/tls.hpp>

#include <memory>

#include "async/stream.hpp"
#include "base/guarded.hpp"

namespace cosio::http {

/// @par Threads  Any; guarded by mutex_.
class certificates {
 public:
  /// Reads the files. @throws error errc::bad_certificate
  explicit certificates(tls_options options);

  /// Reads the files again, for connections to come. @throws error errc::bad_certificate: then nothing has changed.
  void reload();

  /// TLS on top of an accepted connection.
  std::unique_ptr<async::stream> secure(std::unique_ptr<async::stream> accepted) const;

 private:
  const tls_options options_;
  mutable base::mutex mutex_;
  std::shared_ptr<SSL_CTX> current_;  // connections keep the one they began with
};

}  // namespace cosio::http
