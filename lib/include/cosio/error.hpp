// What can go wrong, as values (fault, result) for code that reads input, and as an exception (error) for handlers.

#pragma once
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace cosio {

/// What went wrong. Zero is left out on purpose: a code made from errc never reads as success.
enum class errc {
  // Engine.IO packets and payloads
  packet_empty = 1,   ///< an Engine.IO packet without a byte
  packet_type,        ///< first byte is no packet type of this protocol
  payload_length,     ///< a revision 3 payload whose length prefix is no number or points beyond the body
  payload_too_large,  ///< more bytes or packets than the limits allow
  bad_utf8,           ///< text that is not UTF-8

  // WebSocket frames (RFC 6455)
  frame_reserved_bits,  ///< a reserved bit set without an extension that defines it
  frame_opcode,         ///< an opcode that RFC 6455 does not define
  frame_not_masked,     ///< a client's frame without a mask
  frame_control,        ///< a control frame that is fragmented or longer than 125 bytes
  frame_sequence,       ///< a continuation without a start, or a start inside a message
  frame_length,         ///< a length not written in the shortest form, or with the top bit set
  frame_close_code,     ///< a close frame with one byte, or a code that must not be sent
  frame_too_many,       ///< more fragments in one message than the limits allow
  message_too_large,    ///< a message longer than the limits allow
  bad_deflate,          ///< a compressed message that cannot be inflated

  // Socket.IO packets
  attachments_count,     ///< the attachment count is missing, zero or no number
  too_many_attachments,  ///< more attachments, or more bytes in them, than the limits allow
  nsp_too_long,          ///< a namespace name longer than the limits allow
  bad_json,              ///< the payload is no JSON
  json_too_deep,         ///< the payload nests deeper than the limits allow
  bad_payload,           ///< the payload is JSON, but not what this packet type carries
  reserved_event,        ///< an event name that belongs to the library
  text_while_binary,     ///< a text packet while attachments are awaited
  unexpected_binary,     ///< a binary packet that belongs to no text packet
  bad_placeholder,       ///< a placeholder that names no attachment
  bad_message,           ///< a message that the server's parser, when it is not the default one, cannot read

  // Operations
  disconnected,       ///< the peer left before the operation could finish
  timed_out,          ///< no answer in time
  cancelled,          ///< the operation was cancelled, or the server is closing
  bad_argument,       ///< an argument of the call is not acceptable
  conversion,         ///< an argument of an event does not fit the handler's parameter
  not_supported,      ///< this server was not configured for it
  limit_reached,      ///< a configured limit refuses it
  slow_consumer,      ///< the peer reads slower than its byte budget allows
  already_running,    ///< called a second time
  address_in_use,     ///< the port is taken, or may not be used
  bad_certificate,    ///< a certificate or key file cannot be read, or they do not belong together
  bad_request,        ///< an HTTP request that cannot be read
  head_too_large,     ///< an HTTP head with more bytes or fields than the limits allow
  connection_closed,  ///< the TCP connection ended
};

/// The category of errc; its messages are one clear phrase each.
const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(errc code) noexcept {
  return boost::system::error_code(static_cast<int>(code), error_category());
}

/// Bad input: what was wrong, and where. Cheap (no allocation), because hostile input is the common case here.
struct fault {
  errc code;
  std::size_t offset;  ///< bytes from the start of the input
};

/// A failed operation: the code is for programs, detail() for people.
class error : public boost::system::system_error {
 public:
  error(errc code, std::string detail);
  explicit error(errc code);

  /// What was refused, why, and what to change. Never contains bytes that the peer sent.
  const std::string& detail() const noexcept { return detail_; }

 private:
  std::string detail_;
};

/// What code that reads input returns.
template <class T>
using result = boost::system::result<T, fault>;

[[noreturn]] void throw_exception_from_error(const fault& wrong, const boost::source_location&);

}  // namespace cosio

template <>
struct boost::system::is_error_code_enum<cosio::errc> : std::true_type {};
