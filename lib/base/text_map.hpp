// A hash map with text keys that is searched by string_view, without making a string.

#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cosio::base {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

template <class T>
using text_map = std::unordered_map<std::string, T, text_hash, std::equal_to<>>;

}  // namespace cosio::base
