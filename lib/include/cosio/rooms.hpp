// One room or many, as arguments of join, leave, to and except.

#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::detail {

template <class T>
concept room_name = std::convertible_to<const T&, std::string_view>;

template <class T>
void add_rooms(std::vector<std::string>& out, const T& rooms) {
  if constexpr (room_name<T>) {
    out.emplace_back(std::string_view(rooms));
  } else {
    for (const auto& room : rooms) out.emplace_back(std::string_view(room));
  }
}

/// join("a", "b") and join(std::vector{…}) alike.
template <class... T>
std::vector<std::string> collect_rooms(const T&... rooms) {
  std::vector<std::string> out;
  (add_rooms(out, rooms), ...);
  return out;
}

}  // namespace cosio::detail
