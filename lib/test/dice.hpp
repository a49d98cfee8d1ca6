// Where every decision of a simulated run comes from: one seed. The sequence is the same everywhere (splitmix64), which
// the distributions of the standard library would not promise.

#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace cosio::test::inline v0_2::kit {

class dice {
 public:
  explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  /// 0 … n - 1. The bias of the remainder does not matter here.
  std::size_t below(std::size_t n) noexcept { return static_cast<std::size_t>(next() % n); }
  /// Both included.
  std::size_t between(std::size_t low, std::size_t high) noexcept { return low + below(high - low + 1); }
  /// True `in_thousand` times of a thousand.
  bool chance(unsigned in_thousand) noexcept { return below(1000) < in_thousand; }
  template <class T>
  T one_of(std::initializer_list<T> choices) noexcept {
    return choices.begin()[below(choices.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace cosio::test::inline v0_2::kit
