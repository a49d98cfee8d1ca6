// Packets of Socket.IO <-> messages of Engine.IO.

#include "client/packet_codec.hpp"

#include <utility>
#include <variant>

namespace cosio::inline v0_2::clients {
namespace {

wire::decoder_limits own_limits(const manager_options& settings) {
  wire::decoder_limits limits;
  limits.header.max_attachments = settings.max_attachments;
  limits.json.max_depth = settings.max_json_depth;
  limits.max_packet_bytes = settings.max_packet_bytes;
  return limits;
}

parser::limits foreign_limits(const manager_options& settings) {
  parser::limits limits;
  limits.max_attachments = settings.max_attachments;
  limits.max_depth = settings.max_json_depth;
  limits.max_packet_bytes = settings.max_packet_bytes;
  return limits;
}

wire::sio_type type_on_wire(const packet_out& what) {
  if (what.attachments.empty()) return what.type;
  return what.type == wire::sio_type::ack ? wire::sio_type::binary_ack : wire::sio_type::binary_event;
}

}  // namespace

packet_codec::packet_codec(const manager_options& settings)
    : with_(settings.parser), limits_(own_limits(settings)), foreign_limits_(foreign_limits(settings)) {
  reset();
}

void packet_codec::reset() {
  if (with_) {
    foreign_ = std::make_unique<wire::foreign_decoder>(with_, foreign_limits_);
  } else {
    own_.emplace(limits_);
  }
}

result<std::optional<wire::socket_packet>> packet_codec::read(const message& what) {
  if (foreign_) return what.is_binary() ? foreign_->binary(what.bytes().view()) : foreign_->text(what.text());
  return what.is_binary() ? own_->binary(what.bytes()) : own_->text(what.text());
}

std::vector<message> packet_codec::write(const packet_out& what) const {
  std::vector<message> out;
  if (with_) {
    for (parser::message& each : wire::encode_with(*with_, what.type, what.nsp, what.id, what.json, what.attachments)) {
      if (auto* text = std::get_if<std::string>(&each)) {
        out.emplace_back(std::move(*text));
      } else {
        out.emplace_back(std::get<binary>(std::move(each)));
      }
    }
    return out;
  }
  std::string text;
  wire::append_header(text, type_on_wire(what), what.attachments.size(), what.nsp, what.id);
  text += what.json;
  out.reserve(1 + what.attachments.size());
  out.emplace_back(std::move(text));
  for (const binary& each : what.attachments) out.emplace_back(each);
  return out;
}

}  // namespace cosio::inline v0_2::clients
