// The data of a packet as JSON.

#include "test/sio_packet.hpp"

#include <boost/json/parse.hpp>

#include "test/broken.hpp"

namespace cosio::test::inline v0_2::kit {

boost::json::array sio_packet::list() const {
  boost::system::error_code ec;
  const auto value = boost::json::parse(json, ec);
  if (ec || !value.is_array()) throw broken("no list: " + json.substr(0, 80));
  return value.get_array();
}

}  // namespace cosio::test::inline v0_2::kit
