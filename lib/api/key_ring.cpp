// Keys of the HTTP API, their secrets and their limits.

#include "api/key_ring.hpp"

#include <cosio/error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "base/option_rules.hpp"

namespace cosio::inline v0_2::api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_of_a_name = 64;     // bytes
constexpr std::size_t least_of_a_secret = 16;  // bytes
constexpr std::size_t most_of_a_secret = 4'096;
constexpr std::size_t most_of_an_audience = 255;

bool is_name(std::string_view text) noexcept {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= most_of_a_name && std::all_of(text.begin(), text.end(), fits);
}

bool is_visible(std::string_view text, std::size_t most) noexcept {
  const auto fits = [](char c) { return c > ' ' && c < '\x7f'; };
  return text.size() <= most && std::all_of(text.begin(), text.end(), fits);
}

// A secret travels in a header: RFC 6750 has no other characters, either.
bool is_secret(std::string_view text) noexcept {
  return text.size() >= least_of_a_secret && is_visible(text, most_of_a_secret);
}

std::string with_slash(std::string nsp) { return nsp.starts_with('/') ? std::move(nsp) : "/" + nsp; }

http_api_key checked(http_api_key key) {
  if (!is_name(key.name))
    throw error(errc::bad_argument, "a key of the HTTP API has a name of 1 to 64 letters, digits, '.', '_' and '-'");
  if (!is_secret(key.secret))
    throw error(errc::bad_argument, "the secret of the key " + key.name +
                                        " of the HTTP API has 16 to 4096 visible characters of ASCII: write 32 random "
                                        "bytes as hexadecimal digits");
  if (key.rate) validate(*key.rate, "rate");
  for (std::string& nsp : key.namespaces) nsp = with_slash(std::move(nsp));
  return key;
}

void check(const http_api_options& limits) {
  validate(limits.rate, "rate");
  base::require_number("max_body", limits.max_body, 1);
  base::require_number("max_waiting", limits.max_waiting, 0);
  base::require_time("max_ack_timeout", limits.max_ack_timeout, 1ms);
  base::require_time("idempotency_lifetime", limits.idempotency_lifetime, 1ms);
  base::require_number("max_idempotency_keys", limits.max_idempotency_keys, 1);
  base::require_number("max_idempotency_bytes", limits.max_idempotency_bytes, 1);
  base::require_time("max_clock_skew", limits.max_clock_skew, 1'000ms, 86'400'000ms);
  base::require_number("max_signatures", limits.max_signatures, 1);
  base::require_number("max_unproven_bytes", limits.max_unproven_bytes, 1);
  base::require_number("max_answer_bytes", limits.max_answer_bytes, 1);
  base::require_time("first_use_timeout", limits.first_use_timeout, 1ms, 3'600'000ms);
  if (!limits.audience.empty() && !is_visible(limits.audience, most_of_an_audience))
    throw error(errc::bad_argument,
                "the audience of the HTTP API has 255 visible characters of ASCII at most: write a name such as "
                "orders-eu");
}

std::int64_t seconds_of(std::chrono::milliseconds time) noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

unsigned seconds_for_a_token(const rate_limit& rate) noexcept {
  return static_cast<unsigned>(std::clamp(std::ceil(1 / rate.per_second), 1.0, 3'600.0));
}

constexpr std::string_view unknown_key = "the key is not known, or the request was not signed with it";

}  // namespace

api_key::api_key(http_api_key from, const http_api_options& limits, async::time_point now)
    : settings_(std::move(from)),
      secret_digest_(sha256(settings_.secret)),
      rate_(settings_.rate.value_or(limits.rate)),
      max_waiting_(limits.max_waiting),
      idempotency_({limits.idempotency_lifetime, limits.max_idempotency_keys, limits.max_idempotency_bytes}),
      tokens_(rate_.burst, now),
      signatures_(seconds_of(limits.max_clock_skew), limits.max_signatures) {}

bool api_key::may_use(std::string_view nsp) const noexcept {
  const auto& all = settings_.namespaces;
  return all.empty() || std::find(all.begin(), all.end(), nsp) != all.end();
}

std::optional<refusal> api_key::take_token(async::time_point now) {
  const base::lock_guard lock(mutex_);
  if (tokens_.take(1, rate_.per_second, rate_.burst, now)) return std::nullopt;
  refusal why(429, "rate_limited",
              "too many requests of this key: send " + std::to_string(rate_.per_second) + " in a second, and " +
                  std::to_string(rate_.burst) + " at once at most");
  why.retry_after = seconds_for_a_token(rate_);
  return why;
}

std::optional<refusal> api_key::check_time(const claim& by, std::int64_t now) const {
  const base::lock_guard lock(mutex_);
  if (signatures_.is_in_time(by.seconds, now)) return std::nullopt;
  return not_signed_in("the timestamp of the request is too far from the clock of this server");
}

std::optional<refusal> api_key::take_signature(const claim& by, std::int64_t now) {
  if (auto why = check_time(by, now)) return why;  // reading the body took its time
  const base::lock_guard lock(mutex_);
  switch (signatures_.take(by.code, by.seconds, now)) {
    case replay_window::verdict::fresh:
      return std::nullopt;
    case replay_window::verdict::replayed:
      return not_signed_in(std::string(sent_before));
    case replay_window::verdict::full:
      break;
  }
  refusal why(429, "too_many_signatures", "too many signed requests of this key in the time of max_clock_skew");
  why.retry_after = 1;
  return why;
}

outcome<api_key::waiting> api_key::begin_to_wait(const std::shared_ptr<api_key>& self) {
  const std::size_t before = self->waiting_.fetch_add(1);
  waiting mine(self);  // counts down in any case
  if (before < self->max_waiting_) return mine;
  refusal why(429, "too_many_waiting", "too many requests of this key wait for acknowledgements");
  why.retry_after = 1;
  return why;
}

key_ring::key_ring(std::vector<http_api_key> keys, const http_api_options& limits, async::time_point now)
    : audience_(limits.audience) {
  check(limits);
  if (keys.empty()) throw error(errc::bad_argument, "the HTTP API needs a key: nobody could use it");
  for (http_api_key& key : keys) {
    auto made = std::make_shared<api_key>(checked(std::move(key)), limits, now);
    for (const auto& other : keys_) {
      if (other->settings().name == made->settings().name)
        throw error(errc::bad_argument, "two keys of the HTTP API are called " + made->settings().name);
      if (is_same(other->secret_digest(), made->secret_digest()))
        throw error(errc::bad_argument, "the keys " + other->settings().name + " and " + made->settings().name +
                                            " of the HTTP API have one secret");
    }
    keys_.push_back(std::move(made));
  }
}

outcome<std::shared_ptr<api_key>> key_ring::bearer(std::string_view secret) const {
  const digest sent = sha256(secret);
  std::shared_ptr<api_key> found;
  for (const auto& key : keys_)
    if (is_same(key->secret_digest(), sent)) found = key;
  if (!found) return not_signed_in(std::string(unknown_key));
  if (found->settings().signed_only) return not_signed_in("requests of this key must be signed");
  return found;
}

outcome<std::shared_ptr<api_key>> key_ring::named(const claim& by) const {
  const auto known =
      std::find_if(keys_.begin(), keys_.end(), [&](const auto& key) { return key->settings().name == by.name; });
  if (known == keys_.end()) return not_signed_in(std::string(unknown_key));
  return *known;
}

std::optional<refusal> key_ring::check_signature(const api_key& key, const claim& by, std::string_view method,
                                                 std::string_view target, std::string_view body) const {
  const digest right = code_of(key.settings().secret, method, target, by.timestamp, body, audience_);
  if (is_same(right, by.code)) return std::nullopt;
  return not_signed_in(std::string(unknown_key));
}

}  // namespace cosio::inline v0_2::api
