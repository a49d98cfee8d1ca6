// How many events of one client pass: in all, and of some names.
//
// A decider without a clock. Made only for clients of servers that limit rates.

#pragma once
#include <cosio/options.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counters.hpp"
#include "base/token_bucket.hpp"

namespace cosio::socketio {

/// On the client's strand.
class rate_limiter {
 public:
  using time_point = base::token_bucket::time_point;

  /// @return null when nothing is limited. The options must outlive it.
  static std::unique_ptr<rate_limiter> make(const options& settings, time_point now);
  explicit rate_limiter(const options& settings, time_point now);

  /// One event came. @return the limit that keeps it out, or nothing.
  std::optional<base::limit> refuse(std::string_view event, time_point now);
  /// The packet that is being read was asked for by its name before it was parsed, and passed.
  void checked(bool passed) noexcept { checked_ = passed; }
  /// Whether it was; once.
  bool take_checked() noexcept { return std::exchange(checked_, false); }
  /// Whether the refusal is the first since an event passed: then it is told.
  bool is_first_refusal() const noexcept { return refusals_ == 1; }

 private:
  std::optional<base::limit> check(std::string_view event, time_point now);
  base::token_bucket& bucket_of(std::string_view event, const rate_limit& most, time_point now);

  const options& settings_;
  std::optional<base::token_bucket> all_;
  std::vector<std::pair<std::string_view, base::token_bucket>>
      named_;  // those that have come; their names are the options'
  std::size_t refusals_ = 0;
  bool checked_ = false;
};

}  // namespace cosio::socketio
