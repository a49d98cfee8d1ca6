// The last lines, or all of them as they come.

#include "simulation/journal.hpp"

#include <array>
#include <cstdio>

namespace cosio::simulation {

void journal::met(engine_feature what) {
  switch (what) {
    case engine_feature::upgraded:
      return met(feature::upgraded);
    case engine_feature::deflated_in:
      return met(feature::deflated_in);
    case engine_feature::deflated_out:
      return met(feature::deflated_out);
    case engine_feature::server_takeover:
      return met(feature::server_takeover);
    case engine_feature::client_takeover:
      return met(feature::client_takeover);
    case engine_feature::small_window:
      return met(feature::small_window);
    case engine_feature::not_offered:
      return met(feature::not_offered);
    case engine_feature::jsonp_in:
      return met(feature::jsonp_in);
    case engine_feature::jsonp_out:
      return met(feature::jsonp_out);
    case engine_feature::jsonp_v3:
      return met(feature::jsonp_v3);
  }
}

void journal::add(const std::string& words) {
  std::array<char, 64> head{};
  std::snprintf(head.data(), head.size(), "  step %6llu  %9.3f s  ", static_cast<unsigned long long>(step_),
                static_cast<double>(time_.count()) / 1000);
  lines_.push_back(head.data() + words);
  if (mode_ == mode::print) std::puts(lines_.back().c_str());
  if (lines_.size() > keep_) lines_.pop_front();
}

}  // namespace cosio::simulation
