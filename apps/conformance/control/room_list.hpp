// Rooms as the commands take them: one name, or a list of names.

#pragma once
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

/// One room, or [rooms].
class room_list {
 public:
  room_list() = default;
  explicit room_list(std::vector<std::string> names) : names_(std::move(names)) {}

  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  std::vector<std::string> names_;
};

boost::json::result<room_list> tag_invoke(const boost::json::try_value_to_tag<room_list>&,
                                          const boost::json::value& from);

}  // namespace conformance
