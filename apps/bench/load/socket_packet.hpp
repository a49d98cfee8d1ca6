// Heads of Socket.IO packets, as far as a load client must know them. Pure.

#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace bench {

struct packet_head {
  char type;  // '2' event, '3' acknowledgement, '5' and '6' the same with attachments
  std::uint32_t attachments = 0;
  std::optional<std::uint64_t> id;
  std::string_view data;  // JSON
};

/// Reads `<type>[<attachments>-][/nsp,][<id>]<data>`.
///
/// @throws bad_answer for a packet of another namespace
packet_head read_packet(std::string_view packet, std::string_view nsp_prefix);

/// The name in `["name",…]`; empty when there is none.
std::string_view event_name(std::string_view data);

/// The text behind the name: `1,2` in `["name",1,2]`.
std::string_view event_arguments(std::string_view data);

}  // namespace bench
