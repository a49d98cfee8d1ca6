// Socket.IO packets from JSON text and the binary packets behind it.

#include "wire/json_parser.hpp"

#include <algorithm>
#include <utility>

#include "wire/placeholder.hpp"

namespace cosio::inline v0_2::wire {
namespace {

namespace json = boost::json;

constexpr decoder_limits usual_limits;

constexpr std::string_view reserved[] = {"connect",       "connect_error", "disconnect",
                                         "disconnecting", "newListener",   "removeListener"};

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Nothing (the arguments are right), or the error in the arguments of an event.
std::optional<errc> check_event(detail::json_ref data) noexcept {
  if (!data.is_array() || data.size() == 0) return errc::bad_payload;
  const detail::json_ref name = *data.elements().begin();
  if (name.is_number()) return std::nullopt;
  if (!name.is_string()) return errc::bad_payload;
  if (is_reserved_event(name.text())) return errc::reserved_event;
  return std::nullopt;
}

std::optional<errc> check_payload(sio_type type, const detail::json_ref* data) noexcept {
  bool good = false;
  switch (type) {
    case sio_type::event:
    case sio_type::binary_event:
      return data != nullptr ? check_event(*data) : errc::bad_payload;
    case sio_type::ack:
    case sio_type::binary_ack:
      good = data == nullptr || data->is_array();
      break;
    case sio_type::connect:
      good = data == nullptr || data->is_object();
      break;
    case sio_type::disconnect:
      good = data == nullptr;
      break;
    case sio_type::connect_error:
      good = true;
      break;
  }
  return good ? std::nullopt : std::optional(errc::bad_payload);
}

// Reads the packet without its attachments. `text` is the text that the header points into.
result<socket_packet> read_packet(const packet_header& header, std::string_view text, json::storage_ptr storage,
                                  const json_limits& limits, json_form form) {
  const auto json_at = static_cast<std::size_t>(header.json.data() - text.data());
  socket_packet packet{header, json::value(storage), !header.json.empty(), {}, {}};
  if (packet.has_data) {
    // JSON may start with white space, but the reference would read it as a part of the id: see the header.
    if (is_space(header.json.front())) return fault{errc::bad_payload, json_at};
    if (form == json_form::tokens && (header.type == sio_type::event || header.type == sio_type::ack))
      packet.list = parse_tokens(header.json, limits);
    if (!packet.list) {
      auto parsed = parse_json(header.json, std::move(storage), limits);
      if (parsed.has_error()) return fault{parsed.error().code, json_at + parsed.error().offset};
      packet.data = std::move(*parsed);
    }
  }
  const detail::json_ref data = packet.json();
  const auto wrong = check_payload(header.type, packet.has_data ? &data : nullptr);
  if (wrong) return fault{*wrong, json_at};
  return packet;
}

}  // namespace

bool is_reserved_event(std::string_view name) noexcept {
  return std::find(std::begin(reserved), std::end(reserved), name) != std::end(reserved);
}

packet_decoder::packet_decoder() noexcept : limits_(usual_limits) {}

result<std::optional<socket_packet>> packet_decoder::text(std::string_view text, json::storage_ptr storage,
                                                          json_form form) {
  if (pending()) return fail({errc::text_while_binary, 0});
  rest_ = nullptr;
  if (text.size() > limits_.max_packet_bytes) return fault{errc::message_too_large, limits_.max_packet_bytes};
  const auto header = decode_header(text, limits_.header);
  if (header.has_error()) return header.error();
  auto packet = read_packet(*header, text, std::move(storage), limits_.json, form);
  if (packet.has_error()) return packet.error();
  if (!is_binary(header->type)) return std::move(*packet);
  // The text is kept, not the value: the byte limit counts text, and `storage` may not live that long.
  rest_ = std::make_unique<unfinished>(unfinished{std::string(text), {}, header->attachments, text.size()});
  return std::nullopt;
}

result<std::optional<socket_packet>> packet_decoder::binary(cosio::binary bytes, json::storage_ptr storage) {
  if (!pending()) return fail({errc::unexpected_binary, 0});
  if (bytes.size() > limits_.max_packet_bytes - rest_->bytes) return fail({errc::too_many_attachments, 0});
  rest_->bytes += bytes.size();
  rest_->attachments.push_back(std::move(bytes));
  if (--rest_->waiting > 0) return std::nullopt;
  return complete(std::move(storage));
}

result<std::optional<socket_packet>> packet_decoder::complete(json::storage_ptr storage) {
  const std::string& text = rest_->text;
  auto packet =
      read_packet(*decode_header(text, limits_.header), text, std::move(storage), limits_.json, json_form::tree);
  if (packet.has_error()) return fail(packet.error());
  const auto named = check_placeholders(packet->data, rest_->attachments.size());
  if (named.has_error()) return fail(named.error());
  packet->attachments = std::exchange(rest_->attachments, {});
  rest_->bytes = 0;
  return std::move(*packet);
}

fault packet_decoder::fail(fault wrong) noexcept {
  rest_ = nullptr;
  return wrong;
}

}  // namespace cosio::inline v0_2::wire
