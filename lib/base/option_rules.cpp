// Rules for options.

#include "base/option_rules.hpp"

#include <cosio/error.hpp>

#include <algorithm>

namespace cosio::inline v0_2::base {

using std::chrono::milliseconds;

void refuse_option(std::string_view name, std::string_view found, std::string_view instead) {
  std::string what = "the option ";
  throw error(errc::bad_argument, what.append(name).append(" is ").append(found).append(": write ").append(instead));
}

void require_time(std::string_view name, milliseconds value, milliseconds least, milliseconds most) {
  if (value >= least && value <= most) return;
  std::string instead = "a time from " + std::to_string(least.count()) + " ms";
  instead += most == milliseconds::max() ? " on" : " to " + std::to_string(most.count()) + " ms";
  refuse_option(name, std::to_string(value.count()) + " ms", instead);
}

void require_number(std::string_view name, std::size_t value, std::size_t least, std::size_t most) {
  if (value >= least && value <= most) return;
  std::string instead = "a number from " + std::to_string(least);
  instead += most == std::numeric_limits<std::size_t>::max() ? " on" : " to " + std::to_string(most);
  refuse_option(name, std::to_string(value), instead);
}

void require_path(std::string_view name, std::string_view value) {
  const auto fits = [](char c) { return c > ' ' && c < '\x7f' && c != '?' && c != '#'; };
  if (value.starts_with('/') && std::all_of(value.begin(), value.end(), fits)) return;
  refuse_option(name, "\"" + std::string(value) + "\"",
                "a path that begins with \"/\", without a query, with other characters than those of ASCII as %XX");
}

}  // namespace cosio::inline v0_2::base
