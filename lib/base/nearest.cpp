// How far two words are from each other.

#include "base/nearest.hpp"

namespace cosio::inline v0_2::base {

// The optimal string alignment. before[j], last[j] and row[j]: the distance of the first i - 2, i - 1 and i letters of
// `a` to the first j letters of `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
  constexpr std::size_t most = 64;
  if (a.size() > most || b.size() > most) return 2 * most;
  std::array<std::size_t, most + 1> before{};
  std::array<std::size_t, most + 1> last{};
  std::array<std::size_t, most + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = last;
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool is_same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j - 1] + (is_same ? 0 : 1), last[j] + 1, row[j - 1] + 1});
      const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace cosio::inline v0_2::base
