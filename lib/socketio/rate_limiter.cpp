// The rate limits of one client.

#include "socketio/rate_limiter.hpp"

#include <algorithm>

namespace cosio::inline v0_2::socketio {

std::unique_ptr<rate_limiter> rate_limiter::make(const options& settings, time_point now) {
  if (!settings.max_event_rate && settings.max_event_rates.empty()) return nullptr;
  return std::make_unique<rate_limiter>(settings, now);
}

rate_limiter::rate_limiter(const options& settings, time_point now) : settings_(settings) {
  if (settings.max_event_rate) all_.emplace(settings.max_event_rate->burst, now);
}

std::optional<base::limit> rate_limiter::refuse(std::string_view event, time_point now) {
  const auto over = check(event, now);
  refusals_ = over ? refusals_ + 1 : 0;
  return over;
}

std::optional<base::limit> rate_limiter::refuse_connect(time_point now) {
  constexpr std::string_view name = "connect";
  if (const auto named = settings_.max_event_rates.find(name); named != settings_.max_event_rates.end()) {
    const rate_limit& most = named->second;
    const bool fits = bucket_of(named->first, most, now).take(1, most.per_second, most.burst, now);
    return fits ? std::nullopt : std::optional(base::limit::max_event_rates);
  }
  if (!settings_.max_event_rate) return std::nullopt;
  const rate_limit& most = *settings_.max_event_rate;
  if (!connects_) connects_.emplace(most.burst, now);
  const bool fits = connects_->take(1, most.per_second, most.burst, now);
  return fits ? std::nullopt : std::optional(base::limit::max_event_rate);
}

// An event that the limit of its name refuses does not count for the limit of all.
std::optional<base::limit> rate_limiter::check(std::string_view event, time_point now) {
  if (const auto named = settings_.max_event_rates.find(event); named != settings_.max_event_rates.end()) {
    const rate_limit& most = named->second;
    if (!bucket_of(named->first, most, now).take(1, most.per_second, most.burst, now))
      return base::limit::max_event_rates;
  }
  if (all_ && !all_->take(1, settings_.max_event_rate->per_second, settings_.max_event_rate->burst, now))
    return base::limit::max_event_rate;
  return std::nullopt;
}

base::token_bucket& rate_limiter::bucket_of(std::string_view event, const rate_limit& most, time_point now) {
  const auto found =
      std::find_if(named_.begin(), named_.end(), [event](const auto& one) { return one.first == event; });
  if (found != named_.end()) return found->second;
  return named_.emplace_back(event, base::token_bucket(most.burst, now)).second;
}

}  // namespace cosio::inline v0_2::socketio
