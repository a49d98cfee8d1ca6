// Socket.IO packets as Engine.IO frames.

#include "socketio/encoded_packet.hpp"

#include <utility>

#include "adapter/packet_key.hpp"
#include "socketio/checks.hpp"
#include "socketio/foreign_parser.hpp"

namespace cosio::inline v0_2::socketio {
namespace {

wire::sio_type type_with(wire::sio_type plain, bool binary) {
  if (!binary) return plain;
  return plain == wire::sio_type::ack ? wire::sio_type::binary_ack : wire::sio_type::binary_event;
}

}  // namespace

encoded_packet::encoded_packet(std::string nsp, wire::sio_type type, std::optional<std::uint64_t> id, std::string event,
                               event_data data, packet_form form, bool compress)
    : outgoing_packet(adapters::packet_key()),
      with_(form.with),
      compress_(compress),
      type_(type),
      id_(id),
      nsp_(std::move(nsp)),
      event_(std::move(event)),
      data_(std::move(data)) {
  if (!data_.attachments().empty()) check_placeholders(event_, data_);
  messages_ = encode(data_.json());
  if (frames_.size() > 1) check_messages(event_, frames_.size(), form.max_attachments);
}

// One more argument: before the bracket that ends the array. Offsets need no escapes.
encoded_packet::encoded_packet(const encoded_packet& plain, std::string_view offset)
    : outgoing_packet(adapters::packet_key()),
      with_(plain.with_),
      compress_(plain.compress_),
      type_(plain.type_),
      id_(plain.id_),
      has_offset_(true),
      nsp_(plain.nsp_),
      event_(plain.event_),
      data_(plain.data_),
      messages_(plain.messages_) {
  std::string json(data_.json(), 0, data_.json().size() - 1);
  json.append(",\"").append(offset).append("\"]");
  encode(json);
}

std::shared_ptr<const outgoing_packet> encoded_packet::with_offset(std::string_view offset) const {
  return std::shared_ptr<const outgoing_packet>(new encoded_packet(*this, offset));
}

std::vector<parser::message> encoded_packet::encode(std::string_view json) {
  if (with_ != nullptr) {
    auto messages = encode_with(*with_, type_, nsp_, id_, json, data_.attachments());
    const auto made = frames_of(messages, wire::revision::v4, compress_);
    frames_.assign(made.begin(), made.end());
    return messages;
  }
  const auto& attachments = data_.attachments();
  frames_.reserve(1 + attachments.size());
  frames_.push_back(text_frame(json));
  for (const binary& bytes : attachments)
    frames_.push_back(engine::frame::binary(wire::revision::v4, bytes, compress_));
  return {};
}

engine::shared_frame encoded_packet::text_frame(std::string_view json) const {
  std::string head;
  wire::append_header(head, type_with(type_, !data_.attachments().empty()), data_.attachments().size(), nsp_, id_);
  return engine::frame::text(wire::packet_type::message, head, json, compress_);
}

std::span<const engine::shared_frame> encoded_packet::frames(wire::revision rev) const {
  if (rev == wire::revision::v4 || (data_.attachments().empty() && !has_offset_ && with_ == nullptr))
    return {frames_.data(), frames_.size()};
  std::call_once(made_v3_, [this] {
    if (with_ != nullptr) {
      frames_v3_ = frames_of(messages_, wire::revision::v3, compress_);
      return;
    }
    frames_v3_.push_back(has_offset_ ? text_frame(data_.json()) : frames_.front());
    for (const binary& bytes : data_.attachments())
      frames_v3_.push_back(engine::frame::binary(wire::revision::v3, bytes, compress_));
  });
  return frames_v3_;
}

engine::shared_frame control_frame(wire::sio_type type, std::string_view nsp, std::string_view json) {
  std::string head;
  wire::append_header(head, type, 0, nsp, std::nullopt);
  return engine::frame::text(wire::packet_type::message, head, json);
}

}  // namespace cosio::inline v0_2::socketio
