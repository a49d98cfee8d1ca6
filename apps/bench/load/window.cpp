// Differences of accounts.

#include "window.hpp"

#include <algorithm>

namespace bench {
namespace {

double share(std::uint64_t part, std::uint64_t rest) {
  return part + rest == 0 ? 0 : static_cast<double>(part) / static_cast<double>(part + rest);
}

}  // namespace

void window::begin() {
  begun_ = server_.now();
  own_ = own_cpu();
  machine_ = machine_cpu();
  at_ = clock::now();
}

void window::end(std::uint64_t units) {
  took_ = std::max(clock::now() - at_, nanoseconds(1));
  units_ = units;
  used_ = server_.now();
  used_.cpu -= begun_.cpu;
  used_.user_ticks -= begun_.user_ticks;
  used_.system_ticks -= begun_.system_ticks;
  own_ = own_cpu() - own_;
  machine_ = machine_cpu() - machine_;
}

double window::per_unit_us(nanoseconds used) const {
  return units_ == 0 ? 0 : static_cast<double>(used.count()) / 1e3 / static_cast<double>(units_);
}

void window::tell(figures& out, std::string_view unit) const {
  out.add("unit", unit);
  out.add_count("units", units_);
  out.add("measured_seconds", std::chrono::duration<double>(took_).count());
  out.add("units_per_second", static_cast<double>(units_) / std::chrono::duration<double>(took_).count());
  if (server_.any()) {
    out.add("server_cpu_us_per_unit", per_unit_us(used_.cpu));
    out.add("server_cpus", cpus(used_.cpu));
    out.add("server_system_share", share(used_.system_ticks, used_.user_ticks));
    out.add_count("server_rss_bytes", used_.rss_bytes);
    out.add_count("server_rss_peak_bytes", used_.peak_rss_bytes);
  }
  out.add("client_cpu_us_per_unit", per_unit_us(own_));
  out.add("client_cpus", cpus(own_));
  out.add("other_cpus", std::max(0.0, cpus(machine_ - used_.cpu - own_)));
}

}  // namespace bench
