// Parsers that the application brings, or the MessagePack parser.

#include "wire/foreign_parser.hpp"

#include <exception>
#include <limits>
#include <utility>
#include <variant>

#include "base/error.hpp"
#include "base/logger.hpp"
#include "wire/json_limits.hpp"
#include "wire/packet_rules.hpp"
#include "wire/utf8.hpp"

namespace cosio::inline v0_2::wire {
namespace {

// Our own text, which was not nested too deeply for whoever made it.
boost::json::value parsed(std::string_view text) {
  auto value = parse_json(text, {}, {std::numeric_limits<std::size_t>::max()});
  if (value.has_error()) throw error(value.error().code);
  return std::move(*value);
}

// The separator of long-polling would cut a message in two; a WebSocket client closes at text that is not UTF-8.
void check_text(std::string_view text) {
  constexpr char separator = '\x1e';
  if (text.find(separator) != std::string_view::npos)
    throw error(errc::bad_argument, "the parser made a text message with U+001E in it, which separates messages");
  if (!is_utf8(text))
    throw error(errc::bad_argument, "the parser made a text message that is not UTF-8: return it as cosio::binary");
}

template <class Read>
auto guarded(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const std::exception& e) {
    base::log(log_level::warn, "socketio",
              std::string("the parser threw while it read a message: ") + base::words_of(e));
    return fault{errc::bad_message, 0};
  }
}

}  // namespace

foreign_decoder::foreign_decoder(std::shared_ptr<const parser> whose, const parser::limits& limits)
    : whose_(std::move(whose)), limits_(limits), reader_(whose_->make_decoder(limits_)) {}

template <class Read>
result<std::optional<socket_packet>> foreign_decoder::next(std::size_t bytes, Read read_message) {
  if (messages_ > limits_.max_attachments) return fault{errc::too_many_attachments, 1};
  ++messages_;
  bytes_ += bytes;
  read packet = guarded(read_message);
  if (packet.has_error()) return packet.error();
  if (!*packet) return std::nullopt;
  messages_ = 0;
  bytes_ = 0;
  return checked(std::move(**packet));
}

result<std::optional<socket_packet>> foreign_decoder::text(std::string_view text) {
  return next(text.size(), [&] { return reader_->read_text(text); });
}

result<std::optional<socket_packet>> foreign_decoder::binary(std::string_view bytes) {
  return next(bytes.size(), [&] { return reader_->read_binary(bytes); });
}

result<std::optional<socket_packet>> foreign_decoder::checked(parser::packet whole) {
  if (const auto wrong = check_packet(whole, limits_)) return fault{*wrong, 0};
  nsp_ = std::move(whole.nsp);
  socket_packet out;
  out.header.type = static_cast<sio_type>(whole.type);
  out.header.attachments = whole.attachments.size();
  out.header.nsp = nsp_;
  out.header.id = whole.id;
  out.has_data = whole.data.has_value();
  if (whole.data) out.data = std::move(*whole.data);
  out.attachments = std::move(whole.attachments);
  return out;
}

std::vector<parser::message> encode_with(const parser& with, sio_type type, std::string_view nsp,
                                         std::optional<std::uint64_t> id, std::string_view json,
                                         const std::vector<binary>& attachments) {
  parser::packet packet;
  packet.type = static_cast<parser::kind>(type);
  packet.nsp = nsp;
  packet.id = id;
  if (!json.empty()) packet.data = parsed(json);
  packet.attachments = attachments;
  std::vector<parser::message> messages = with.encode(packet);
  for (const parser::message& m : messages)
    if (const auto* text = std::get_if<std::string>(&m)) check_text(*text);
  return messages;
}

}  // namespace cosio::inline v0_2::wire
