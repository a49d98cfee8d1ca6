// A Socket.IO packet as a client has it.

#pragma once
#include <boost/json/array.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cosio::test::inline v0_2::kit {

/// Types 0 to 4; an event or acknowledgement with attachments (5, 6) is one of them like any other.
struct sio_packet {
  int type = 0;
  std::string nsp = "/";
  std::optional<std::uint64_t> id;
  std::string json;                // its data with placeholders for attachments; empty: none
  std::vector<std::string> bytes;  // attachments

  boost::json::array list() const;
};

}  // namespace cosio::test::inline v0_2::kit
