// How many lines of a kind are written.

#include "base/line_limits.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace cosio::inline v0_2::base {
namespace {

// Two places of the source may share one limit by chance.
std::size_t hash_of(const char* file, std::uint32_t line) noexcept {
  const auto mixed = (std::uint64_t{std::bit_cast<std::uintptr_t>(file)} + line * 2'654'435'761U) * 0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>(mixed >> 56);
}

bool is_power_of_ten(std::uint64_t number) noexcept {
  while (number % 10 == 0) number /= 10;
  return number == 1;
}

// The entry of a subject or a client. One that is not known gets the entry that has the least left to forbid: the one
// whose next lines would come first.
template <class Entries>
auto& entry_of(Entries& all, std::uint64_t hash) noexcept {
  const auto known = std::find_if(all.begin(), all.end(), [hash](const auto& e) { return e.hash == hash; });
  if (known != all.end()) return *known;
  return *std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.next < b.next; });
}

}  // namespace

line_limits::verdict line_limits::counted_kind::settle(bool is_due) noexcept {
  if (is_due) return {true, std::exchange(left_out, 0)};
  ++left_out;
  return {false, 0};
}

bool line_limits::place::is_due(time_point now) noexcept {
  if (in_second == 0 || now >= later(began, std::chrono::seconds(1))) {
    began = now;
    in_second = 0;
  }
  ++in_second;
  return in_second <= whole_lines || is_power_of_ten(in_second);
}

void line_limits::told_subject::told(std::uint64_t subject, time_point now) noexcept {
  const bool goes_on = hash == subject && now < later(next, longest_pause);
  pause = goes_on ? std::min<std::chrono::seconds>(2 * pause, longest_pause) : first_pause;
  hash = subject;
  next = later(now, pause);
}

bool line_limits::told_client::has_all(std::uint64_t client, time_point now) const noexcept {
  return hash == client && now < next && lines >= lines_of_client;
}

bool line_limits::told_client::told(std::uint64_t client, time_point now) noexcept {
  if (hash != client || now >= next) {
    hash = client;
    next = later(now, client_period);
    lines = 0;
  }
  return ++lines == lines_of_client;
}

bool line_limits::remark_kind::is_due(const mistake& of, time_point now, bool& is_last) noexcept {
  const std::uint64_t about = of.subject | 1;  // no hash is 0: that is a free entry
  const std::uint64_t client = of.client | 1;
  told_subject& subject = entry_of(subjects, about);
  told_client& by = entry_of(clients, client);
  if (subject.hash == about && now < subject.next) return false;
  const bool is_client_known = of.client != 0;
  if (is_client_known && by.has_all(client, now)) return false;
  if (!lines.take(1, per_second, most_at_once, now)) return false;
  subject.told(about, now);
  is_last = is_client_known && by.told(client, now);
  return true;
}

line_limits::verdict line_limits::take(const char* file, std::uint32_t line, time_point now) noexcept {
  const lock_guard lock(mutex_);
  place& of = places_[hash_of(file, line)];
  return of.settle(of.is_due(now));
}

line_limits::verdict line_limits::take(const char* file, std::uint32_t line, std::uint64_t client,
                                       time_point now) noexcept {
  const lock_guard lock(mutex_);
  const std::size_t at = hash_of(file, line);
  place& of = places_[at];
  const std::uint64_t who = (client + at * 0x9E3779B97F4A7C15U) | 1;  // no hash is 0: that is a free entry
  told_client& by = entry_of(clients_, who);
  if (by.has_all(who, now) || !of.is_due(now)) return of.settle(false);
  verdict made = of.settle(true);
  made.is_last = by.told(who, now);
  return made;
}

void line_limits::begin_anew() noexcept {
  const lock_guard lock(mutex_);
  places_.fill({});
  remarks_.fill({});
  clients_.fill({});
}

line_limits::verdict line_limits::take(const mistake& of, time_point now) noexcept {
  const lock_guard lock(mutex_);
  remark_kind& all = remarks_[static_cast<std::size_t>(of.kind)];
  bool is_last = false;
  verdict made = all.settle(all.is_due(of, now, is_last));
  made.is_last = is_last;
  return made;
}

line_limits& limits_of_log() {
  static auto* const kept = new line_limits;
  return *kept;
}

}  // namespace cosio::inline v0_2::base
