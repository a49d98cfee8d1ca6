// The memory that one connection makes the server keep, in bytes.
//
// Whoever keeps something for a client charges it here first, at its real cost: the payload, and the memory around it.
// So one limit bounds a client, however its demands are mixed. Each kind of memory also has an option of its own.

#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/counters.hpp"

namespace cosio::inline v0_2::base {

/// The limit of each account, and the sums over all accounts. Outlives the accounts.
struct account_terms {
  base::counters& sums;
  const std::size_t limit;  ///< bytes; 0: no limit
};

/// The place where a charge counts.
enum class counted_in : std::uint8_t {
  limit,  ///< in the account, so towards its limit, and in the sums
  sums    ///< in the sums alone: memory that no limit counts, such as one large packet of the application
};

/// Any thread. Whoever charged something gives it back before the account ends.
class account {
 public:
  explicit account(const account_terms& terms) noexcept : terms_(terms) {}
  account(const account&) = delete;
  account& operator=(const account&) = delete;

  /// @return false when the limit would be passed. Then nothing is charged, and the caller refuses what it was asked.
  [[nodiscard]] bool charge(kept kind, std::size_t bytes) noexcept {
    const std::size_t before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (terms_.limit != 0 && (before > terms_.limit || bytes > terms_.limit - before)) {
      bytes_.fetch_sub(bytes, std::memory_order_relaxed);
      return false;
    }
    terms_.sums.add(sum_of(kind), bytes);
    return true;
  }
  /// Charges whatever the limit says: for memory that is there already.
  void add(kept kind, std::size_t bytes, counted_in where = counted_in::limit) noexcept {
    if (where == counted_in::limit) bytes_.fetch_add(bytes, std::memory_order_relaxed);
    terms_.sums.add(sum_of(kind), bytes);
  }
  /// Only what was charged, under the same kind, and where it was counted.
  void give_back(kept kind, std::size_t bytes, counted_in where = counted_in::limit) noexcept {
    if (where == counted_in::limit) bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    terms_.sums.subtract(sum_of(kind), bytes);
  }
  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  std::size_t limit() const noexcept { return terms_.limit; }

 private:
  static counter sum_of(kept kind) noexcept { return counter::kept_bytes + static_cast<std::size_t>(kind); }

  const account_terms& terms_;
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace cosio::inline v0_2::base
