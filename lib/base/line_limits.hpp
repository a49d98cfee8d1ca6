// The lines of the log that a client can cause as often as it likes: how many of each kind are written.
//
// In one second the first five lines of a kind are written, then the 10th, the 100th, the 1,000th and so on. Each line
// says how many were left out before it. So a flood of lines is seen at once, with its size, and costs a few lines.

#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/guarded.hpp"
#include "base/later.hpp"

namespace cosio::inline v0_2::base {

/// Any thread; guarded by a mutex. Allocates nothing.
class line_limits {
 public:
  struct verdict {
    bool is_written;
    std::uint64_t left_out;  // lines of this kind before this one that were not written, and not told of
  };

  /// Lines of this kind that are written in a second before some are left out.
  static constexpr std::uint64_t whole_lines = 5;

  /// One more line. @param file,line  The place in the source: lines of one place are of one kind.
  verdict take(const char* file, std::uint32_t line, time_point now) noexcept {
    const lock_guard lock(mutex_);
    kind& of = kinds_[place_of(file, line)];
    if (of.in_second == 0 || now >= later(of.began, std::chrono::seconds(1))) {
      of.began = now;
      of.in_second = 0;
      of.next_tenfold = 10;
    }
    ++of.in_second;
    if (of.in_second == of.next_tenfold) {
      of.next_tenfold *= 10;
    } else if (of.in_second > whole_lines) {
      ++of.left_out;
      return {false, 0};
    }
    const std::uint64_t before = of.left_out;
    of.left_out = 0;
    return {true, before};
  }

 private:
  struct kind {
    time_point began{};
    std::uint64_t in_second = 0;
    std::uint64_t next_tenfold = 10;
    std::uint64_t left_out = 0;
  };

  // Two places of the source may share one limit by chance.
  static std::size_t place_of(const char* file, std::uint32_t line) noexcept {
    const auto mixed =
        (std::uint64_t{std::bit_cast<std::uintptr_t>(file)} + line * 2'654'435'761U) * 0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>(mixed >> 56);
  }

  mutex mutex_;
  std::array<kind, 256> kinds_ COSIO_GUARDED_BY(mutex_);
};

}  // namespace cosio::inline v0_2::base
