// The keys of the HTTP API: who sends a request, and how much it may send.
//
//   way in    Authorization -> bearer(), or named() and check_signature() -> the key -> take_token() -> its rights

#pragma once
#include <cosio/http_api.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/idempotency.hpp"
#include "api/refusal.hpp"
#include "api/signature.hpp"
#include "async/deadlines.hpp"
#include "base/guarded.hpp"
#include "base/token_bucket.hpp"

namespace cosio::inline v0_2::api {

/// One key, and the state of its limits.
/// @par Threads  Any; guarded by its own mutex.
class api_key {
 public:
  api_key(http_api_key from, const http_api_options& limits, async::time_point now);

  const http_api_key& settings() const noexcept { return settings_; }
  const digest& secret_digest() const noexcept { return secret_digest_; }
  bool may_use(std::string_view nsp) const noexcept;

  /// Takes a token for one request.
  /// @return the refusal when there is none.
  std::optional<refusal> take_token(async::time_point now);
  /// @param now  Seconds since 1970.
  std::optional<refusal> check_time(const claim& by, std::int64_t now) const;
  std::optional<refusal> take_signature(const claim& by, std::int64_t now);

  idempotency_table& idempotency() noexcept { return idempotency_; }

  /// Counts a request that waits for acknowledgements, while it lives.
  class waiting {
   public:
    waiting() = default;
    explicit waiting(std::shared_ptr<api_key> of) noexcept : of_(std::move(of)) {}
    waiting(waiting&&) noexcept = default;
    waiting& operator=(waiting&&) = delete;
    ~waiting() {
      if (of_) of_->waiting_.fetch_sub(1);
    }

   private:
    std::shared_ptr<api_key> of_;
  };
  static outcome<waiting> begin_to_wait(const std::shared_ptr<api_key>& self);

 private:
  const http_api_key settings_;
  const digest secret_digest_;
  const rate_limit rate_;
  const std::size_t max_waiting_;
  std::atomic<std::size_t> waiting_{0};
  idempotency_table idempotency_;
  mutable base::mutex mutex_;
  base::token_bucket tokens_ COSIO_GUARDED_BY(mutex_);
  replay_window signatures_ COSIO_GUARDED_BY(mutex_);
};

/// @par Threads  Immutable: any.
class key_ring {
 public:
  /// @throws error errc::bad_argument for keys and limits that break the rules of <cosio/http_api.hpp>.
  key_ring(std::vector<http_api_key> keys, const http_api_options& limits, async::time_point now);

  /// The key with this secret. All secrets are compared, each in a time that does not depend on its bytes.
  outcome<std::shared_ptr<api_key>> bearer(std::string_view secret) const;
  /// The key that a signed request names. Names are no secrets; the signature is not checked.
  outcome<std::shared_ptr<api_key>> named(const claim& by) const;
  /// Whether a request was signed with this key.
  /// @return the refusal when it was not.
  std::optional<refusal> check_signature(const api_key& key, const claim& by, std::string_view method,
                                         std::string_view target, std::string_view body) const;

 private:
  const std::string audience_;
  std::vector<std::shared_ptr<api_key>> keys_;
};

}  // namespace cosio::inline v0_2::api
