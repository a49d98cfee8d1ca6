// Socket.IO packets as Engine.IO frames.

#include "socketio/encoded_packet.hpp"

#include <utility>

namespace cosio::socketio {
namespace {

wire::sio_type type_with(wire::sio_type plain, bool binary) {
  if (!binary) return plain;
  return plain == wire::sio_type::ack ? wire::sio_type::binary_ack : wire::sio_type::binary_event;
}

}  // namespace

encoded_packet::encoded_packet(std::string nsp, wire::sio_type type, std::optional<std::uint64_t> id, std::string event, event_data data)
    : nsp_(std::move(nsp)), event_(std::move(event)), data_(std::move(data)) {
  const auto& attachments = data_.attachments();
  std::string head;
  wire::append_header(head, type_with(type, !attachments.empty()), attachments.size(), nsp_, id);
  frames_.reserve(1 + attachments.size());
  frames_.push_back(engine::frame::text(wire::packet_type::message, head, data_.json()));
  for (const binary& bytes : attachments) frames_.push_back(engine::frame::binary(wire::revision::v4, bytes));
}

std::span<const engine::shared_frame> encoded_packet::frames(wire::revision rev) const {
  if (rev == wire::revision::v4 || data_.attachments().empty()) return frames_;
  std::call_once(made_v3_, [this] {
    frames_v3_.push_back(frames_.front());
    for (const binary& bytes : data_.attachments()) frames_v3_.push_back(engine::frame::binary(wire::revision::v3, bytes));
  });
  return frames_v3_;
}

engine::shared_frame control_frame(wire::sio_type type, std::string_view nsp, std::string_view json) {
  std::string head;
  wire::append_header(head, type, 0, nsp, std::nullopt);
  return engine::frame::text(wire::packet_type::message, head, json);
}

}  // namespace cosio::socketio
