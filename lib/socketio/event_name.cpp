// The name of an event.

#include "socketio/event_name.hpp"

#include "wire/json_limits.hpp"

namespace cosio::inline v0_2::socketio {

std::string event_name(const boost::json::value& data) {
  const auto* list = data.if_array();
  if (list == nullptr || list->empty()) return {};
  const boost::json::value& first = list->front();
  if (const auto* name = first.if_string()) return std::string(name->data(), name->size());
  std::string name;
  wire::append_json(name, first);
  return name;
}

}  // namespace cosio::inline v0_2::socketio
