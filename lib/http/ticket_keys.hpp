// The keys of TLS session tickets, and how long a session is resumed. Keys are changed every hour and accepted for two.
// An old key is erased when the next ticket is made or comes: whoever steals the keys later cannot read what was said
// long before.

#pragma once
#include <openssl/types.h>

#include <array>
#include <chrono>

#include "base/guarded.hpp"
#include "base/later.hpp"

namespace cosio::inline v0_2::http {

/// A ticket under the key before the current one is accepted and replaced. One under an older key is ignored: the
/// client makes a full handshake. So it does with a ticket whose session began more than two hours ago, however often
/// it was resumed, and with one whose certificate of the client has expired.
/// @par Source   RFC 8446, section 4.6.1: tickets must not extend the life of a session without end.
/// @par Threads  Any; guarded by its own mutex.
class ticket_keys {
 public:
  static constexpr std::chrono::hours life{1};
  /// From the full handshake on.
  static constexpr std::chrono::hours longest_session{2};

  /// From now on the context makes its tickets with keys of its own, which it owns. So tickets that another context has
  /// made, perhaps for other certificates of clients, are not accepted. @throws std::bad_alloc
  static void use_in(SSL_CTX& context);

  /// The answer to OpenSSL about a ticket: prepares the cipher and the authentication code. `name` and `iv` are made
  /// for a new ticket, and read of one that has come.
  /// @return 1: go on. 2: go on, and give the client a new ticket. 0: no key for it. -1: no ticket can be made.
  int prepare(bool fresh, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* code,
              base::time_point now) noexcept COSIO_EXCLUDES(mutex_);

 private:
  struct key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> code{};
    base::time_point made{};
    bool there = false;
  };
  bool draw(base::time_point now) noexcept COSIO_REQUIRES(mutex_);
  void forget_old(base::time_point now) noexcept COSIO_REQUIRES(mutex_);

  base::mutex mutex_;
  key current_ COSIO_GUARDED_BY(mutex_);
  key previous_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::http
