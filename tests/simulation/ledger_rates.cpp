// The model: events above a rate.
//
// The server's buckets cannot be copied, because nobody sees when exactly it reads; but what it hands to handlers fits
// into buckets that began full, and what it refuses does not.

#include <algorithm>

#include "simulation/ledger.hpp"

namespace cosio::simulation {
namespace {

constexpr double rounding = 1e-3;

double seconds(moment time) { return static_cast<double>(time.count()) / 1'000; }

}  // namespace

void ledger::check_rates(const member& m, std::string_view event) {
  for (const std::string_view which : {event, std::string_view()}) {
    const auto limit = limits_.rates.find(which);
    if (limit == limits_.rates.end()) continue;
    const rate_limit& most = limit->second;
    const auto [at, is_new] = m.whose->buckets.try_emplace(std::string(which));
    life::bucket& b = at->second;
    if (is_new) b = {most.burst, m.whose->begun};
    b.left += seconds(now_ - b.filled) * most.per_second;
    if (limits_.handled_at_once) b.left = std::min(b.left, most.burst);
    b.filled = now_;
    b.left -= 1;
    if (b.left < -rounding)
      journal_.complain(name(m) + ": more events are handled than the rate of '" + limit->first + "' allows");
  }
}

bool ledger::may_be_refused(const life& of) const {
  return std::any_of(limits_.rates.begin(), limits_.rates.end(), [&](const auto& limit) {
    const auto said = of.said.find(limit.first);
    return said != of.said.end() && static_cast<double>(said->second) > limit.second.burst - rounding;
  });
}

void ledger::refused(member& m, std::uint64_t number, std::string_view event, std::string_view message) {
  journal_.met(feature::refused_event);
  if (!m.refusals.insert(number).second) journal_.complain(name(m) + " is refused twice");
  if (number <= m.handled && !m.skipped.contains(number) && m.whose->lawful)
    journal_.complain(name(m) + ": command " + std::to_string(number) + " was handled, and is refused");
  constexpr std::string_view of_all = "rate limit exceeded: max_event_rate";
  constexpr std::string_view of_name = "rate limit exceeded: max_event_rates";
  if (message != of_all && message != of_name)
    return journal_.complain(name(m) + " is refused with: " + std::string(message));
  const auto limit = limits_.rates.find(message == of_all ? std::string_view() : event);
  const auto said = m.whose->said.find(message == of_all ? std::string_view() : event);
  if (limit == limits_.rates.end() || said == m.whose->said.end() ||
      static_cast<double>(said->second) < limit->second.burst)
    journal_.complain(name(m) + " is refused, but has said less than it may");
}

void ledger::was_handled(const member& m, std::uint64_t number) {
  if (m.whose == nullptr || !m.whose->lawful) return;
  if (m.skipped.contains(number) || number > m.handled)
    journal_.complain(name(m) + ": command " + std::to_string(number) + " is answered, but was not handled");
}

}  // namespace cosio::simulation
