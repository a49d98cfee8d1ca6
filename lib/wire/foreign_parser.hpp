// A parser other than the default one at work: between its packets and messages, and ours.
//
//   way in    engine/session -> foreign_decoder -> socketio/client
//   way out   socketio/encoded_packet -> encode_with() -> engine/frame
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <cosio/binary.hpp>
#include <cosio/parser.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json_parser.hpp"

namespace cosio::inline v0_2::wire {

/// Packets of one client, from the reader of a parser. The packets are checked, and the messages of one are counted:
/// more than the first one and `max_attachments` others are errc::too_many_attachments. An exception of the reader
/// counts as errc::bad_message.
///
/// @par Threads  One at a time.
class foreign_decoder {
 public:
  foreign_decoder(std::shared_ptr<const parser> whose, const parser::limits& limits);

  /// The same as packet_decoder's. A packet's header points into the decoder, until its next call.
  result<std::optional<socket_packet>> text(std::string_view text);
  result<std::optional<socket_packet>> binary(std::string_view bytes);
  /// The bytes of the messages of a packet that is not whole yet: its reader may keep them.
  std::size_t buffered() const noexcept { return bytes_; }

 private:
  using read = result<std::optional<parser::packet>>;
  // The messages of one packet are counted: what is not bounded by bytes is bounded by their number.
  template <class Read>
  result<std::optional<socket_packet>> next(std::size_t bytes, Read read_message);
  result<std::optional<socket_packet>> checked(parser::packet whole);

  const std::shared_ptr<const parser> whose_;  // outlives its reader
  const parser::limits limits_;
  const std::unique_ptr<parser::decoder> reader_;
  std::size_t messages_ = 0;  // of the packet that is not whole yet
  std::size_t bytes_ = 0;     // of these
  std::string nsp_;           // of the last packet
};

/// The messages that the parser makes of a packet. Its data is JSON text; no data when that is empty.
///
/// @param type  CONNECT, DISCONNECT, EVENT, ACK or CONNECT_ERROR.
/// @throws error errc::bad_argument for a message that no transport could carry; exceptions of encode().
std::vector<parser::message> encode_with(const parser& with, sio_type type, std::string_view nsp,
                                         std::optional<std::uint64_t> id, std::string_view json,
                                         const std::vector<binary>& attachments);

}  // namespace cosio::inline v0_2::wire
