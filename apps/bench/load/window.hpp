// The time that is measured, from begin() to end(): who used how much of the processors in it.

#pragma once
#include <cstdint>
#include <string_view>

#include "clock.hpp"
#include "figures.hpp"
#include "usage.hpp"

namespace bench {

class window {
 public:
  explicit window(const watched_processes& server) : server_(server) {}

  void begin();
  void end(std::uint64_t units);

  /// How many of what, how fast, and what each cost the server.
  void tell(figures& out, std::string_view unit) const;
  const usage& before() const noexcept { return begun_; }

 private:
  double cpus(nanoseconds used) const { return static_cast<double>(used.count()) / static_cast<double>(took_.count()); }
  double per_unit_us(nanoseconds used) const;

  const watched_processes& server_;
  clock::time_point at_{};
  nanoseconds took_{1};
  std::uint64_t units_ = 0;
  usage begun_;
  usage used_;  // differences, but for the memory
  nanoseconds own_{0};
  nanoseconds machine_{0};
};

}  // namespace bench
