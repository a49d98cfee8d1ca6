// Emitting: to whom (rooms, target) and how (emit_flags).

#pragma once
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

/// How something is emitted.
class emit_flags {
 public:
  emit_flags() noexcept = default;

  bool is_volatile = false;                          ///< dropped where it cannot be sent at once
  bool local = false;                                ///< this server only
  bool compress = true;                              ///< false: sent as it is, where compression is on
  std::optional<bool> binary;                        ///< false: refuse binary; true: the caller says there is some
  std::optional<std::chrono::milliseconds> timeout;  ///< for acknowledgements
};

/// Which sockets of a namespace: all, or the union of some rooms; without those of other rooms.
class target {
 public:
  target() noexcept = default;

  bool everybody = true;  ///< no room was named; to() of an empty list names nobody
  std::vector<std::string> rooms;
  std::vector<std::string> except;
  emit_flags flags;
};

namespace detail {

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

}  // namespace detail

}  // namespace cosio
