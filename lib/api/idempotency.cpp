// The table of idempotency keys.

#include "api/idempotency.hpp"

#include <utility>

#include "base/later.hpp"

namespace cosio::inline v0_2::api {
namespace {

constexpr std::size_t entry_cost = 256;  // the nodes of the tables, about

}  // namespace

std::size_t idempotency_table::cost_of(const std::string& key, const entry& of) noexcept {
  return entry_cost + key.size() + (of.kept ? of.kept->body.size() : 0);
}

void idempotency_table::forget_oldest() {
  const auto found = entries_.find(*finished_.front());
  finished_.pop_front();
  bytes_ -= cost_of(found->first, found->second);
  entries_.erase(found);
}

idempotency_table::outcome_of_begin idempotency_table::begin(const std::string& key, const digest& request,
                                                             async::time_point now) {
  const base::lock_guard lock(mutex_);
  while (!finished_.empty() && entries_.find(*finished_.front())->second.until <= now) forget_oldest();
  if (const auto known = entries_.find(key); known != entries_.end()) {
    const entry& of = known->second;
    if (of.request != request) return {verdict::misused};
    if (!of.kept) return {verdict::running};
    return {verdict::repeated, of.kept};
  }
  while (!finished_.empty() && entries_.size() >= most_.keys) forget_oldest();
  if (entries_.size() >= most_.keys) return {verdict::full};
  entry made;
  made.request = request;
  const auto [place, added] = entries_.emplace(key, std::move(made));
  bytes_ += cost_of(place->first, place->second);
  return {verdict::begun};
}

void idempotency_table::finish(const std::string& key, answer with, async::time_point now) {
  auto kept = std::make_shared<const answer>(std::move(with));
  const base::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.kept) return;
  entry& of = found->second;
  finished_.push_back(&found->first);
  of.until = base::later(now, most_.lifetime);
  bytes_ += kept->body.size();
  of.kept = std::move(kept);
  while (bytes_ > most_.bytes && !finished_.empty()) forget_oldest();
}

void idempotency_table::drop(const std::string& key) noexcept {
  const base::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.kept) return;
  bytes_ -= cost_of(found->first, found->second);
  entries_.erase(found);
}

std::size_t idempotency_table::size() const {
  const base::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace cosio::inline v0_2::api
