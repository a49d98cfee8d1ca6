// Everything that can go wrong: errc names it, fault is a value for code that reads input, error is the exception.
//
// Operations that a handler awaits throw cosio::error. Code that reads bytes of a peer returns result<T> and does not
// throw. A cancelled wait throws boost::system::system_error with boost::asio::error::operation_aborted instead.

#pragma once
#include <cosio/version.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

/// The kinds of failure. Zero is left out on purpose: a code made from errc never reads as success.
///
/// An application meets the group "Operations" as exceptions. The other groups are mistakes of a client. They end its
/// session, and their message is the detail() of the reason:
///   - Engine.IO packets end it with `parse error`,
///   - WebSocket frames with `transport error`, and a close frame with the code that is named below, else 1002,
///   - Socket.IO packets with `forced close`; on_error of its sockets is told, too.
/// An own parser (parser::decoder) may return any of them.
enum class errc {
  // Engine.IO packets and payloads

  /// An Engine.IO or Socket.IO packet without a byte, or an empty polling body.
  packet_empty = 1,
  /// The first byte is no packet type of this protocol.
  packet_type,
  /// A payload of revision 3 whose length prefix is no number, or points beyond the body.
  payload_length,
  /// More bytes in a body than max_payload (or max_body) allows, which is answered with 413; or more packets in a
  /// polling body than max_packets allows.
  payload_too_large,
  /// Text that is not UTF-8. In a WebSocket message: close code 1007.
  bad_utf8,

  // WebSocket frames (RFC 6455)

  /// A reserved bit is set, and no extension that was agreed on defines it.
  frame_reserved_bits,
  /// An opcode that RFC 6455 does not define.
  frame_opcode,
  /// A frame of a client without a mask. RFC 6455, section 5.1, demands one.
  frame_not_masked,
  /// A control frame that is fragmented, or longer than 125 bytes.
  frame_control,
  /// A continuation without a first frame, or a new message inside of a fragmented one.
  frame_sequence,
  /// A length that is not written in its shortest form, or that has the top bit set.
  frame_length,
  /// A close frame with one byte of payload, or with a code that must not be sent.
  frame_close_code,
  /// More than 1,024 fragments in one message: close code 1009.
  frame_too_many,
  /// A WebSocket message above options.max_payload (close code 1009), or the text of a Socket.IO packet above
  /// options.max_packet_bytes.
  message_too_large,
  /// A compressed message that cannot be inflated: close code 1007.
  bad_deflate,

  // Socket.IO packets

  /// The number of attachments is missing, zero or no number.
  attachments_count,
  /// More attachments than options.max_attachments, or more bytes in them than options.max_packet_bytes leaves.
  too_many_attachments,
  /// The name of a namespace has more than 512 bytes.
  nsp_too_long,
  /// The payload is no JSON.
  bad_json,
  /// The payload nests deeper than options.max_json_depth.
  json_too_deep,
  /// The payload is JSON, but this type of packet carries something else; or an id above 2^53.
  bad_payload,
  /// The event's name belongs to the library: `connect`, `disconnect` and the others of event.hpp.
  reserved_event,
  /// A text packet while attachments of the packet before are still missing.
  text_while_binary,
  /// A binary message that belongs to no text packet.
  unexpected_binary,
  /// A placeholder names an attachment that is not there, or one that another placeholder names.
  bad_placeholder,
  /// The server's own parser (options.parser) cannot read the message, or threw while it read.
  bad_message,

  // Operations

  /// The client left before the operation could finish: an answer, an event or room in the outbox was awaited. Or the
  /// other servers of a cluster cannot be asked, because Redis cannot be reached.
  disconnected,
  /// No answer came in the time of timeout(); or some servers of a cluster did not answer in time (see incomplete).
  timed_out,
  /// The server that the socket belonged to exists no more.
  cancelled,
  /// An argument of the call is not acceptable. detail() says which, and what to pass instead.
  bad_argument,
  /// An argument of an event or of an answer does not fit the C++ type that was asked for.
  conversion,
  /// The server, or the build of the library, was not configured for this call.
  not_supported,
  /// A limit of the options refuses the call: max_listeners_per_socket, max_pending_acks, max_rooms_per_client.
  limit_reached,
  /// listen() was called twice, or an option was changed that is fixed since the server is attached or has clients.
  already_running,
  /// The port is in use, or this process may not use it.
  address_in_use,
  /// A certificate or key file cannot be read, or the two do not belong together.
  bad_certificate,
  /// An HTTP request that cannot be read: it is answered with 400.
  bad_request,
  /// An HTTP head with more bytes than max_head or more fields than max_headers: it is answered with 431.
  head_too_large,
  /// The TCP connection ended, or must be ended without an answer (see http::app::answer).
  connection_closed,
  /// An answer was awaited to a volatile event, which could not go out at once and was dropped.
  dropped,
};

/// The category of errc. Its name is "cosio", its messages are one clear phrase each.
///
/// @par Threads  Any. The category lives until the process ends.
const boost::system::error_category& error_category() noexcept;

/// Makes an error_code of an errc. Boost.System finds this function by the name, so that `ec == errc::timed_out` works.
inline boost::system::error_code make_error_code(errc code) noexcept {
  return boost::system::error_code(static_cast<int>(code), error_category());
}

/// A mistake in the input, and its place. A fault needs no allocation, because hostile input is the common case here.
struct fault {
  /// The kind of mistake.
  errc code;
  /// The place of the mistake, in bytes from the start of the input; 0 when there is no single place.
  std::size_t offset;
};

/// A failed operation: the code is for programs, detail() is for people. what() is the detail.
///
/// Catch it by its base class boost::system::system_error to handle errors of Asio in the same place.
class error : public boost::system::system_error {
 public:
  /// @param detail  A sentence for people; see detail().
  error(errc code, std::string detail);
  /// The detail is the message of the code.
  explicit error(errc code);

  /// The sentence for people: which call was refused, why, and what to change. The library puts no bytes of a peer into
  /// it; names that the application has passed itself (an event, an option) may be in it.
  const std::string& detail() const noexcept { return detail_; }
  /// The text of detail(). The detail is a whole sentence, so the message of the code would only say it again.
  const char* what() const noexcept override { return detail_.c_str(); }

 private:
  std::string detail_;
};

/// The return type of code that reads input: a T or a fault. value() of a fault throws cosio::error with its code.
template <class T>
using result = boost::system::result<T, fault>;

/// Called by result<T>::value() when there is a fault. Boost.System finds this function by the name.
/// @throws error with the code of the fault; the detail has its message and the offset.
[[noreturn]] void throw_exception_from_error(const fault& wrong, const boost::source_location&);

}  // namespace cosio::inline v0_2

template <>
struct boost::system::is_error_code_enum<cosio::errc> : std::true_type {};
