// The name of an event.

#include "socketio/event_name.hpp"

#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::socketio {

std::string event_name(detail::json_ref data) {
  if (!data.is_array() || data.size() == 0) return {};
  const detail::json_ref first = *data.elements().begin();
  if (first.is_string()) return std::string(first.text());
  std::string name;
  wire::append_json(name, first);
  return name;
}

}  // namespace cosio::inline v0_2::socketio
