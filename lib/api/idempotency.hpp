// Idempotency keys of one API key: a request that is sent again gets the answer of the first one, and does nothing.
//
//   begin() -> begun -> the request is carried out -> finish() with its answer, or drop()
//           -> repeated, with the answer that is kept

#pragma once
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "api/signature.hpp"
#include "async/deadlines.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"

namespace cosio::inline v0_2::api {

/// @par Threads  Any; guarded by its own mutex.
class idempotency_table {
 public:
  struct limits {
    async::duration lifetime;  // of an answer, from the end of its request
    std::size_t keys;
    std::size_t bytes;  // of keys and answers, with the memory around them
  };
  struct answer {
    unsigned status;
    std::string body;
  };
  enum class verdict {
    begun,     // the caller carries the request out, and calls finish() or drop()
    repeated,  // there is an answer
    running,   // the first request has not ended
    misused,   // the first request was another one
    full,      // so many requests run that no key can be forgotten
  };
  struct outcome_of_begin {
    verdict what;
    std::shared_ptr<const answer> kept = nullptr;
  };

  explicit idempotency_table(limits most) noexcept : most_(most) {}

  /// @param request  A digest of everything that makes the request.
  outcome_of_begin begin(const std::string& key, const digest& request, async::time_point now);
  /// Keeps the answer. The oldest answers are forgotten above the limits; this one, too, if it is too large by itself.
  void finish(const std::string& key, answer with, async::time_point now);
  /// The request has failed, and may be sent again.
  void drop(const std::string& key) noexcept;

  std::size_t size() const;

 private:
  struct entry {
    digest request{};
    std::shared_ptr<const answer> kept = nullptr;  // null while the request runs
    async::time_point until{};
  };
  void forget_oldest() COSIO_REQUIRES(mutex_);
  static std::size_t cost_of(const std::string& key, const entry& of) noexcept;

  const limits most_;
  mutable base::mutex mutex_;
  base::text_map<entry> entries_ COSIO_GUARDED_BY(mutex_);
  std::list<const std::string*> finished_ COSIO_GUARDED_BY(mutex_);  // keys of entries_, the oldest first
  std::size_t bytes_ COSIO_GUARDED_BY(mutex_) = 0;
};

}  // namespace cosio::inline v0_2::api
