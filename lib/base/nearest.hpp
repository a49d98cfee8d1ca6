// The name that a misspelt word was probably meant to be: "did you mean".

#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::base {

/// The letters to insert, leave out or replace, and the neighbours to swap, until one word is the other.
/// @return a number above every limit for words of more than 64 bytes.
std::size_t edit_distance(std::string_view a, std::string_view b) noexcept;

/// Of `names`, the one that differs least from `word`: in a third of its letters at most, or as its beginning or its
/// extension ("warning" and "warn").
/// @return empty when none is near. It refers to an element of `names`.
template <class Names>
std::string_view nearest(std::string_view word, const Names& names) noexcept {
  std::string_view best;
  std::size_t least = word.size() / 3 + 1;
  for (const auto& each : names) {
    const std::string_view name = each;
    if (std::min(name.size(), word.size()) >= 3 && (name.starts_with(word) || word.starts_with(name))) return name;
    const std::size_t distance = edit_distance(word, name);
    if (distance >= least) continue;
    least = distance;
    best = name;
  }
  return best;
}

/// `; did you mean "warn"?`, or nothing when no name is near.
template <class Names>
std::string did_you_mean(std::string_view word, const Names& names) {
  const std::string_view name = nearest(word, names);
  return name.empty() ? std::string() : "; did you mean \"" + std::string(name) + "\"?";
}

}  // namespace cosio::inline v0_2::base
