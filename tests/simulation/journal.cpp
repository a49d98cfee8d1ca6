// The last lines, or all of them as they come.

#include "simulation/journal.hpp"

#include <array>
#include <cstdio>

namespace cosio::simulation {

void journal::add(const std::string& words) {
  std::array<char, 64> head{};
  std::snprintf(head.data(), head.size(), "  step %6llu  %9.3f s  ", static_cast<unsigned long long>(step_),
                static_cast<double>(time_.count()) / 1000);
  lines_.push_back(head.data() + words);
  if (mode_ == mode::print) std::puts(lines_.back().c_str());
  if (lines_.size() > keep_) lines_.pop_front();
}

}  // namespace cosio::simulation
