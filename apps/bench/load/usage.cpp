// /proc, and the processes' own clocks.

#include "usage.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bench {
namespace {

// The fields of /proc/PID/stat behind the command, which may contain anything.
struct process_stat {
  pid_t parent = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
};

process_stat read_stat(pid_t id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/stat");
  std::string line;
  std::getline(file, line);
  process_stat out;
  const auto end = line.rfind(')');
  if (end == std::string::npos) return out;
  std::istringstream fields(line.substr(end + 1));
  std::string skipped;
  fields >> skipped >> out.parent;
  for (int i = 0; i < 9; ++i) fields >> skipped;  // pgrp … cmajflt
  fields >> out.user_ticks >> out.system_ticks;
  return out;
}

std::uint64_t resident_bytes(pid_t id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t peak_bytes(pid_t id) {
  constexpr std::string_view name = "VmHWM:";
  std::ifstream file("/proc/" + std::to_string(id) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return 1024 * std::stoull(line.substr(name.size()));
  }
  return 0;
}

nanoseconds read_clock(clockid_t which) {
  timespec now{};
  if (clock_gettime(which, &now) != 0) throw std::runtime_error("a clock cannot be read");
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    pid_t id = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (problem == std::errc() && end == name.data() + name.size()) out.push_back(id);
  }
  return out;
}

bool contains(const std::vector<pid_t>& ids, pid_t id) { return std::ranges::find(ids, id) != ids.end(); }

// Adds children of those that are known; true when there were any.
bool add_children(std::vector<pid_t>& known) {
  const auto before = known.size();
  for (const pid_t id : all_processes()) {
    if (!contains(known, id) && contains(known, read_stat(id).parent)) known.push_back(id);
  }
  return known.size() > before;
}

}  // namespace

watched_processes::watched_processes(std::vector<pid_t> ids) : ids_(std::move(ids)) {
  while (any() && add_children(ids_)) {
  }
}

usage watched_processes::now() const {
  usage sum;
  for (const pid_t id : ids_) {
    clockid_t its_clock{};
    if (clock_getcpuclockid(id, &its_clock) != 0)
      throw std::runtime_error("process " + std::to_string(id) + " is gone");
    sum.cpu += read_clock(its_clock);
    const process_stat ticks = read_stat(id);
    sum.user_ticks += ticks.user_ticks;
    sum.system_ticks += ticks.system_ticks;
    sum.rss_bytes += resident_bytes(id);
    sum.peak_rss_bytes += peak_bytes(id);
  }
  return sum;
}

nanoseconds own_cpu() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

nanoseconds machine_cpu() {
  std::ifstream file("/proc/stat");
  std::string skipped;
  std::array<std::uint64_t, 8> ticks{};  // user nice system idle iowait irq softirq steal
  file >> skipped;
  for (auto& some : ticks) file >> some;
  const std::uint64_t busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
  return nanoseconds(1'000'000'000 / sysconf(_SC_CLK_TCK)) * static_cast<std::int64_t>(busy);
}

}  // namespace bench
