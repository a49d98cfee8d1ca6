// Reading a room, or a list of rooms.

#include "control/room_list.hpp"

#include <boost/json/conversion.hpp>
#include <utility>

namespace conformance {

boost::json::result<room_list> tag_invoke(const boost::json::try_value_to_tag<room_list>&,
                                          const boost::json::value& from) {
  if (const auto* name = from.if_string()) return room_list({std::string(*name)});
  auto names = boost::json::try_value_to<std::vector<std::string>>(from);
  if (!names) return names.error();
  return room_list(std::move(*names));
}

}  // namespace conformance
