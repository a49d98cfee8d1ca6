// The levels of the log.

#include "base/log_levels.hpp"

#include <algorithm>
#include <optional>

#include "base/nearest.hpp"

namespace cosio::inline v0_2::base {
namespace {

constexpr std::array<std::string_view, 5> level_names{"debug", "info", "warn", "error", "off"};

std::optional<log_level> level_of(std::string_view name) noexcept {
  const auto* const found = std::find(level_names.begin(), level_names.end(), name);
  if (found == level_names.end()) return std::nullopt;
  return static_cast<log_level>(found - level_names.begin());
}

std::optional<std::size_t> place_of(std::string_view component) noexcept {
  const auto* const found = std::find(log_components.begin(), log_components.end(), component);
  if (found == log_components.end()) return std::nullopt;
  return static_cast<std::size_t>(found - log_components.begin());
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// One part of the text: "engine=debug", or "info" for all components.
struct part {
  bool is_for_all;
  std::string_view component;
  std::string_view level;
};

template <class F>
void for_each_part(std::string_view text, F take) {
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view one = trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (one.empty()) continue;
    const auto sign = one.find('=');
    if (sign == std::string_view::npos) {
      take(part{true, {}, one});
    } else {
      take(part{false, trim(one.substr(0, sign)), trim(one.substr(sign + 1))});
    }
  }
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string unknown_level(std::string_view name) {
  const std::string meant = did_you_mean(name, level_names);
  return "there is no level " + quoted(name) + (meant.empty() ? "; write debug, info, warn, error or off" : meant);
}

// Empty when nothing is wrong.
std::string mistake_in(const part& of) {
  if (!of.is_for_all && !place_of(of.component)) return unknown_component(of.component);
  if (level_of(of.level)) return {};
  if (of.is_for_all && place_of(of.level))
    return quoted(of.level) + " has no level; write " + std::string(of.level) + "=debug";
  return unknown_level(of.level);
}

}  // namespace

std::string unknown_component(std::string_view name) {
  std::string what = "there is no component " + quoted(name);
  const std::string meant = did_you_mean(name, log_components);
  if (!meant.empty()) return what + meant;
  what += "; there are";
  for (const std::string_view each : log_components)
    what.append(each == log_components.front() ? " " : each == log_components.back() ? " and " : ", ").append(each);
  return what;
}

log_level log_levels::of(std::string_view component) const noexcept {
  const auto place = place_of(component);
  return place ? own_[*place].load(std::memory_order_relaxed) : common();
}

void log_levels::set(log_level all) noexcept {
  common_ = all;
  for (auto& own : own_) own = all;
  update_lowest();
}

bool log_levels::set(std::string_view component, log_level level) noexcept {
  const auto place = place_of(component);
  if (!place) return false;
  own_[*place] = level;
  update_lowest();
  return true;
}

void log_levels::read(std::string_view text) noexcept {
  log_level all = by_default;
  for_each_part(text, [&all](const part& p) {
    if (p.is_for_all) all = level_of(p.level).value_or(all);
  });
  set(all);
  for_each_part(text, [this](const part& p) {
    if (const auto level = level_of(p.level); level && !p.is_for_all) set(p.component, *level);
  });
}

std::vector<std::string> log_levels::mistakes_in(std::string_view text) {
  std::vector<std::string> all;
  for_each_part(text, [&all](const part& p) {
    std::string mistake = mistake_in(p);
    if (!mistake.empty()) all.push_back(std::move(mistake));
  });
  return all;
}

log_level log_levels::least() const noexcept {
  log_level least = common_;
  for (const auto& own : own_) least = std::min(least, own.load());
  return least;
}

// Another thread may set a level meanwhile: the last of them to store sees all of it.
void log_levels::update_lowest() noexcept {
  log_level stored{};
  do {
    stored = least();
    lowest_ = stored;
  } while (stored != least());
}

}  // namespace cosio::inline v0_2::base
