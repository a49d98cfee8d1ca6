// The names that a thread returned lately.

#include "socketio/shared_name.hpp"

#include <array>
#include <cstddef>

#include "base/text_map.hpp"

namespace cosio::inline v0_2::socketio {

shared_name shared(std::string_view name) {
  constexpr std::size_t most = 1'024;  // names with the same place replace each other
  static thread_local std::array<shared_name, most> lately;
  shared_name& place = lately[base::text_hash()(name) % most];
  if (!place || place->text != name) place = new detail::held_name(name);
  return place;
}

}  // namespace cosio::inline v0_2::socketio
