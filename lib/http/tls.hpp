// The certificates of a port. They are read from files, and can be read again while the port serves.
//
//   way in    http/listener -> certificates::secure() -> async/tls_stream -> http/connection

#pragma once
#include <openssl/types.h>

#include <cosio/http.hpp>

#include <memory>

#include "async/stream.hpp"
#include "base/guarded.hpp"

namespace cosio::inline v0_2::http {

/// @par Threads  Any; guarded by its own mutex.
class certificates {
 public:
  /// Reads the files. @throws error errc::bad_certificate
  explicit certificates(tls_options options);

  /// Reads the files again, for later connections. @throws error errc::bad_certificate: then nothing has changed.
  void reload();

  /// TLS on top of an accepted connection.
  std::unique_ptr<async::stream> secure(std::unique_ptr<async::stream> accepted) const;

 private:
  const tls_options options_;
  mutable base::mutex mutex_;
  std::shared_ptr<SSL_CTX> current_ COSIO_GUARDED_BY(mutex_);  // a connection keeps the context that it began with
};

}  // namespace cosio::inline v0_2::http
