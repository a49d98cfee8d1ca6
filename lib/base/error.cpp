// The category of errc, the exception that carries an errc, and exceptions in words.

#include "base/error.hpp"

#include <cosio/error.hpp>

namespace cosio::inline v0_2 {
namespace {

const char* message_of(errc code) noexcept {
  switch (code) {
    case errc::packet_empty:
      return "empty Engine.IO packet";
    case errc::packet_type:
      return "unknown packet type";
    case errc::payload_length:
      return "payload length is no number or points beyond the body";
    case errc::payload_too_large:
      return "payload too large";
    case errc::bad_utf8:
      return "text is not UTF-8";
    case errc::frame_reserved_bits:
      return "WebSocket frame with a reserved bit";
    case errc::frame_opcode:
      return "WebSocket frame with an undefined opcode";
    case errc::frame_not_masked:
      return "WebSocket frame from a client without a mask";
    case errc::frame_control:
      return "WebSocket control frame that is fragmented or too long";
    case errc::frame_sequence:
      return "WebSocket fragment out of sequence";
    case errc::frame_length:
      return "WebSocket frame length not in its shortest form";
    case errc::frame_close_code:
      return "WebSocket close frame with an invalid code";
    case errc::frame_too_many:
      return "WebSocket message in too many fragments";
    case errc::message_too_large:
      return "message too large";
    case errc::bad_deflate:
      return "compressed message that cannot be inflated";
    case errc::attachments_count:
      return "attachment count is missing, zero or no number";
    case errc::too_many_attachments:
      return "too many attachments, or too many bytes in them";
    case errc::nsp_too_long:
      return "namespace name too long";
    case errc::bad_json:
      return "payload is not JSON";
    case errc::json_too_deep:
      return "JSON nested too deeply";
    case errc::bad_payload:
      return "payload does not fit the packet type";
    case errc::reserved_event:
      return "reserved event name";
    case errc::text_while_binary:
      return "text packet while attachments are awaited";
    case errc::unexpected_binary:
      return "binary packet that belongs to no text packet";
    case errc::bad_placeholder:
      return "placeholder that names no attachment";
    case errc::bad_message:
      return "message that the parser cannot read";
    case errc::disconnected:
      return "disconnected";
    case errc::timed_out:
      return "operation has timed out";
    case errc::cancelled:
      return "operation cancelled";
    case errc::bad_argument:
      return "argument not acceptable";
    case errc::conversion:
      return "event argument does not fit the handler's parameter";
    case errc::not_supported:
      return "not supported by this server's configuration";
    case errc::limit_reached:
      return "configured limit reached";
    case errc::already_running:
      return "already running";
    case errc::address_in_use:
      return "address in use or not permitted";
    case errc::bad_certificate:
      return "certificate or key not usable";
    case errc::bad_request:
      return "malformed HTTP request";
    case errc::head_too_large:
      return "HTTP head too large";
    case errc::connection_closed:
      return "connection closed";
    case errc::dropped:
      return "volatile event dropped";
  }
  return "unknown cosio error";
}

// Boost's categories have no virtual destructor on purpose: they are never deleted. Any thread: they have no state.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "cosio"; }
  std::string message(int code) const override { return message_of(static_cast<errc>(code)); }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const category instance;
  return instance;
}

error::error(errc code, std::string detail)
    : boost::system::system_error(make_error_code(code), detail), detail_(std::move(detail)) {}

error::error(errc code) : boost::system::system_error(make_error_code(code)), detail_(message_of(code)) {}

void throw_exception_from_error(const fault& wrong, const boost::source_location&) {
  throw error(wrong.code, std::string(message_of(wrong.code)) + ", at byte " + std::to_string(wrong.offset));
}

namespace base {

std::string words_of(const std::exception& thrown) {
  std::string text = thrown.what();
  const auto* const of_system = dynamic_cast<const boost::system::system_error*>(&thrown);
  if (of_system == nullptr || !of_system->code().has_location()) return text;
  const std::string place = " at " + of_system->code().location().to_string();
  const auto begin = text.rfind(place);
  if (begin != std::string::npos) text.erase(begin, place.size());
  return text;
}

}  // namespace base
}  // namespace cosio::inline v0_2
