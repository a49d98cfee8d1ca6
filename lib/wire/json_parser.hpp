// The default parser: Socket.IO packets, protocols 4 and 5, as JSON text with binary attachments.
//
//   way in    engine/session -> packet_decoder -> socketio/client
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/socket_packet.cpp.

#pragma once
#include <cosio/binary.hpp>
#include <cosio/error.hpp>

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json_limits.hpp"
#include "wire/json_tokens.hpp"
#include "wire/packet_header.hpp"

namespace cosio::inline v0_2::wire {

struct decoder_limits {
  header_limits header;
  json_limits json;
  std::size_t max_packet_bytes = 10'000'000;  // text and attachments of one packet together
};

/// The form in which the JSON of packets is wanted. Tokens are made for events and acknowledgements without binary.
enum class json_form { tree, tokens };

/// A whole Socket.IO packet. `header` points into the decoded text, or into the decoder (until its next call).
struct socket_packet {
  packet_header header;
  boost::json::value data;  ///< null when there was no payload, or when there is a list
  bool has_data = false;
  std::vector<binary> attachments;
  detail::parsed_list_ptr list{};  ///< the data in json_form::tokens, if parse_tokens() takes it

  /// The data in either form.
  detail::json_ref json() const noexcept { return list ? list->value() : detail::json_ref(data); }
};

/// Puts the packets of one client together: a text packet, then as many binary ones as it announced.
///
/// Every payload is checked for its type. CONNECT has nothing or an object, DISCONNECT nothing, ACK nothing or an
/// array, CONNECT_ERROR anything. EVENT has an array that starts with a string or number that is no reserved name.
/// EVENT without any payload (`2`) is errc::bad_payload.
/// @par Threads  One at a time.
class packet_decoder {
 public:
  packet_decoder() noexcept;
  /// @param limits  The limits of all clients. They must outlive the decoder.
  explicit packet_decoder(const decoder_limits& limits) noexcept : limits_(limits) {}
  explicit packet_decoder(decoder_limits&& limits) = delete;

  /// Takes a text packet. Returns nothing while attachments are awaited.
  ///
  /// Stricter than the reference: a payload must not start with white space, because the reference reads that as a
  /// digit of the id.
  /// @return The packet; or an error of decode_header() and parse_json(), errc::bad_payload, reserved_event,
  ///         message_too_large, text_while_binary. After an error nothing is awaited any more.
  result<std::optional<socket_packet>> text(std::string_view text, boost::json::storage_ptr storage = {},
                                            json_form form = json_form::tree);

  /// Takes a binary packet.
  /// @return The packet when it was the last attachment; or errc::unexpected_binary, too_many_attachments (more bytes
  ///         than `max_packet_bytes`), bad_placeholder. After an error nothing is awaited any more.
  result<std::optional<socket_packet>> binary(cosio::binary bytes, boost::json::storage_ptr storage = {});
  result<std::optional<socket_packet>> binary(std::string_view bytes, boost::json::storage_ptr storage = {}) {
    return binary(cosio::binary(std::string(bytes)), std::move(storage));
  }

  /// Whether attachments are awaited.
  bool pending() const noexcept { return rest_ && rest_->waiting > 0; }
  /// Gives back the text of the last packet that had attachments: its header points into that text.
  void release() noexcept {
    if (!pending()) rest_ = nullptr;
  }
  /// Bytes held for a packet that is not whole yet.
  std::size_t buffered() const noexcept { return rest_ ? rest_->bytes : 0; }

 private:
  // A packet with awaited attachments, and its text until the next call.
  struct unfinished {
    std::string text;
    std::vector<cosio::binary> attachments;
    std::size_t waiting = 0;
    std::size_t bytes = 0;
  };

  result<std::optional<socket_packet>> complete(boost::json::storage_ptr storage);
  fault fail(fault wrong) noexcept;

  const decoder_limits& limits_;
  std::unique_ptr<unfinished> rest_;
};

/// Whether a client must not send an event of this name, nor the server emit it:
/// connect, connect_error, disconnect, disconnecting, newListener, removeListener.
bool is_reserved_event(std::string_view name) noexcept;

}  // namespace cosio::inline v0_2::wire
