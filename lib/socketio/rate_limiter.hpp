// The rate limits of one client: of all its events, of events with some names, and of CONNECT.
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

namespace cosio::inline v0_2::socketio {

/// On the client's strand.
class rate_limiter {
 public:
  using time_point = base::token_bucket::time_point;

  /// @return null when nothing is limited. The options must outlive it.
  static std::unique_ptr<rate_limiter> make(const options& settings, time_point now);
  explicit rate_limiter(const options& settings, time_point now);

  /// One event came. @return the limit that refuses it, or nothing.
  std::optional<base::limit> refuse(std::string_view event, time_point now);
  /// One CONNECT came. It has the limit of the name "connect", which no event can have; without one that of all events,
  /// but it takes nothing from them. @return as refuse().
  std::optional<base::limit> refuse_connect(time_point now);
  /// Remembers that the event which is being read has passed already: its name was seen before it was parsed.
  void checked(bool passed) noexcept { checked_ = passed; }
  /// Whether it has passed already. True once.
  bool take_checked() noexcept { return std::exchange(checked_, false); }
  /// Whether the refusal is the first one since an event passed: then on_error handlers are told.
  bool is_first_refusal() const noexcept { return refusals_ == 1; }

 private:
  std::optional<base::limit> check(std::string_view event, time_point now);
  base::token_bucket& bucket_of(std::string_view event, const rate_limit& most, time_point now);

  const options& settings_;
  std::optional<base::token_bucket> all_;
  std::optional<base::token_bucket> connects_;
  // Of the names that have come. The names are the options'.
  std::vector<std::pair<std::string_view, base::token_bucket>> named_;
  std::size_t refusals_ = 0;
  bool checked_ = false;
};

}  // namespace cosio::inline v0_2::socketio
