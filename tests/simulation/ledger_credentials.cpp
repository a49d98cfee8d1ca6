// The model of credentials that expire: each client is told once before, in time, and closed at their end, neither
// before nor long after.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "simulation/ledger.hpp"

namespace cosio::simulation {

void ledger::credentials(member& m, std::optional<std::chrono::milliseconds> time) {
  if (m.whose == nullptr) return;
  life& of = *m.whose;
  m.notices_of.reset();
  of.expires.reset();
  journal_.write([&] {
    return name(m) + ": its credentials end " + (time ? "in " + std::to_string(time->count()) + " ms" : "never");
  });
  if (!time) return;
  of.expires = now_ + *time;
  of.had.push_back({now_, *of.expires});
  m.notices_of = of.expires;
  m.notices_due = m.notices + 1;
}

void ledger::told_of_expiry(member& m, std::int64_t left) {
  journal_.met(feature::told_of_expiry);
  journal_.write([&] { return name(m) + ": is told that its credentials end in " + std::to_string(left) + " ms"; });
  ++m.notices;
  const moment time(left);
  if (time > limits_.credentials_notice || m.whose == nullptr)
    return journal_.complain(name(m) + " is told too early that its credentials expire");
  const auto fits = [&](const life::credentials& c) { return c.end - time >= c.set && c.end - time <= now_; };
  const auto had = all_credentials(*m.whose);
  if (std::none_of(had.begin(), had.end(), fits))
    return journal_.complain(name(m) + " is told of credentials that it has never had: " + std::to_string(left) +
                             " ms");
  if (m.notices > had.size()) journal_.complain(name(m) + " is told twice that its credentials expire");
}

// Whoever comes back by recovery still has the credentials of its lives before.
std::vector<life::credentials> ledger::all_credentials(const life& of) const {
  auto had = of.had;
  for (const life& before : lives_)
    if (recovers(of) && before.person == of.person && before.number < of.number)
      had.insert(had.end(), before.had.begin(), before.had.end());
  return had;
}

bool ledger::has_expired(const life& of) const {
  if (of.expires && now_ >= *of.expires) return true;
  const auto had = all_credentials(of);
  return std::any_of(had.begin() + static_cast<std::ptrdiff_t>(of.had.size()), had.end(),
                     [this](const life::credentials& c) { return now_ >= c.end; });
}

// Credentials that end soon when they are set are told of from then on.
bool ledger::owes_notice(const member& m) const {
  if (!m.notices_of || m.whose == nullptr || m.whose->expires != m.notices_of) return false;
  const moment due = std::max(m.whose->had.back().set, *m.notices_of - limits_.credentials_notice);
  return m.notices < m.notices_due && now_ > due + slack && now_ < *m.notices_of;
}

std::string ledger::overstayed() const {
  for (const member* m : present_) {
    // A damaged request may have opened a second session in the name of the same life.
    if (m->whose == nullptr || !m->whose->lawful || !m->whose->expires || !m->who.connected()) continue;
    if (now_ > *m->whose->expires + slack) return name(*m) + " is still there, although its credentials have expired";
  }
  return {};
}

}  // namespace cosio::simulation
