// Names as a hostile client chooses them, and a comparison of names that is counted.

#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::test {

// Texts with one value of MurmurHash64A under the seed that libstdc++ always takes: for each two words of a text there
// is another pair that leaves the same state. 2^bits texts of 16*bits bytes.
inline std::vector<std::string> colliding_texts(unsigned bits) {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995U;
  constexpr std::uint64_t inverse = [] {
    std::uint64_t x = m;
    for (int i = 0; i < 6; ++i) x *= 2 - m * x;
    return x;
  }();
  const auto mix = [](std::uint64_t v) { return v ^ v >> 47; };
  const auto absorbed = [&](std::uint64_t word) { return mix(word * m) * m; };
  const auto word_for = [&](std::uint64_t k) { return mix(k * inverse) * inverse; };
  const auto bytes = [](std::uint64_t word) { return std::string(reinterpret_cast<const char*>(&word), sizeof(word)); };
  std::mt19937_64 random(1);
  std::uint64_t state = 0xc70f6907U ^ (bits * 16 * m);
  std::vector<std::string> made{""};
  for (unsigned i = 0; i < bits; ++i) {
    const std::uint64_t a = random();
    const std::uint64_t b = random();
    const std::uint64_t c = random();
    const std::uint64_t one = (state ^ absorbed(a)) * m;
    const std::uint64_t other = (state ^ absorbed(b)) * m;
    const std::string first = bytes(a) + bytes(c);
    const std::string second = bytes(b) + bytes(word_for(absorbed(c) ^ one ^ other));
    state = (one ^ absorbed(c)) * m;
    std::vector<std::string> longer;
    for (const std::string& text : made) {
      longer.push_back(text + first);
      longer.push_back(text + second);
    }
    made = std::move(longer);
  }
  return made;
}

struct counting_equal {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    ++*comparisons;
    return a == b;
  }
  std::size_t* comparisons;
};

}  // namespace cosio::test
