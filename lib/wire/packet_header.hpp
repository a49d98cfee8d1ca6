// The head of a Socket.IO packet: type, attachment count, namespace, acknowledgement id; the JSON follows.
//
//   packet = type [ count "-" ] [ nsp "," ] [ id ] [ json ]
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/packet_header.cpp.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::wire {

enum class sio_type : std::uint8_t {
  connect = 0,
  disconnect = 1,
  event = 2,
  ack = 3,
  connect_error = 4,
  binary_event = 5,
  binary_ack = 6
};

/// The largest acknowledgement id: above it JavaScript has no exact integers.
constexpr std::uint64_t largest_id = std::uint64_t{1} << 53;

constexpr bool is_binary(sio_type type) noexcept {
  return type == sio_type::binary_event || type == sio_type::binary_ack;
}

struct header_limits {
  std::size_t max_attachments = 10;
  std::size_t max_nsp_bytes = 512;  ///< not of CONNECT: that is answered, and in protocol 4 a query follows the name
};

struct packet_header {
  sio_type type = sio_type::event;
  std::size_t attachments = 0;      ///< announced; 0 unless the type is binary
  std::string_view nsp = "/";       ///< as sent, query included; "/" when left out
  std::optional<std::uint64_t> id;  ///< at most 2^53, the largest integer that every client keeps
  std::string_view json;            ///< the rest, unchecked; may be empty
};

/// Reads the head. Views point into `text`.
///
/// Stricter than the reference, which accepts some malformed heads by accident: an attachment count is 1*DIGIT in [1,
/// max_attachments], an id is 1*DIGIT (leading zeros allowed), and nothing is skipped. An id above 2^53
/// is errc::bad_payload.
///
/// @return The head; or errc::packet_empty, packet_type, attachments_count, too_many_attachments,
///         nsp_too_long, bad_payload.
/// @par Source  the Socket.IO protocol, 4 and 5.
result<packet_header> decode_header(std::string_view text, const header_limits& limits = {});

/// Appends the head. The namespace "/" (or an empty one) is left out; any other is followed by a comma.
void append_header(std::string& out, sio_type type, std::size_t attachments, std::string_view nsp,
                   std::optional<std::uint64_t> id);

}  // namespace cosio::inline v0_2::wire
