// The bytes of packets.

#include "engine/frame.hpp"

#include <memory>
#include <utility>

namespace cosio::inline v0_2::engine {

static_assert(sizeof(frame) + 2 * sizeof(void*) + 2 * 16 + 2 * sizeof(shared_frame) <= frame::overhead);

shared_frame frame::text(wire::packet_type type, std::string_view data, std::string_view more, bool compress) {
  const std::size_t payload = 1 + data.size() + more.size();
  char head[wire::max_frame_head];
  const std::size_t head_size = wire::write_frame_head(head, wire::opcode::text, payload);
  std::string bytes;
  bytes.reserve(head_size + payload);
  bytes.append(head, head_size);
  bytes += wire::type_digit(type);
  bytes += data;
  bytes += more;
  return std::make_shared<frame>(kind::text, type, compress, std::move(bytes), head_size, cosio::binary());
}

shared_frame frame::binary(wire::revision rev, cosio::binary body, bool compress) {
  const bool typed = rev == wire::revision::v3;  // revision 3 puts the type's number in front
  char head[wire::max_frame_head];
  const std::size_t head_size = wire::write_frame_head(head, wire::opcode::binary, body.size() + (typed ? 1 : 0));
  std::string bytes(head, head_size);
  if (typed) bytes += '\x04';
  return std::make_shared<frame>(kind::binary, wire::packet_type::message, compress, std::move(bytes), head_size,
                                 std::move(body));
}

shared_frame frame::raw(std::string bytes) {
  return std::make_shared<frame>(kind::raw, wire::packet_type::noop, false, std::move(bytes), 0, cosio::binary());
}

shared_frame frame::control(wire::opcode op, std::string_view data) {
  char head[wire::max_frame_head];
  const std::size_t n = wire::write_frame_head(head, op, data.size());
  const auto type = op == wire::opcode::ping   ? wire::packet_type::ping
                    : op == wire::opcode::pong ? wire::packet_type::pong
                                               : wire::packet_type::noop;
  return std::make_shared<frame>(kind::raw, type, false, std::string(head, n).append(data), 0, cosio::binary());
}

frame::frame(kind what, wire::packet_type type, bool compress, std::string bytes, std::size_t head, cosio::binary body)
    : kind_(what),
      type_(type),
      compress_(compress),
      head_(static_cast<std::uint8_t>(head)),
      bytes_(std::move(bytes)),
      body_(std::move(body)) {}

wire::engine_packet frame::packet() const noexcept {
  if (kind_ == kind::binary) return {type_, true, body_.view()};
  return {type_, false, std::string_view(bytes_).substr(head_ + 1U)};
}

std::size_t frame::pieces(iovec* out) const noexcept {
  out[0] = {const_cast<char*>(bytes_.data()), bytes_.size()};  // the kernel only reads it
  if (body_.empty()) return 1;
  out[1] = {const_cast<char*>(body_.data()), body_.size()};
  return 2;
}

shared_frame frame::deflated_by(wire::deflater& with) const {
  std::string deflated;
  const std::string_view message[] = {std::string_view(bytes_).substr(head_), body_.view()};
  with.deflate(message, deflated);
  char head[wire::max_frame_head];
  const auto op = kind_ == kind::binary ? wire::opcode::binary : wire::opcode::text;
  const std::size_t head_size = wire::write_frame_head(head, op, deflated.size(), true);
  std::string bytes;  // and not that with its spare room: it may be kept for long
  bytes.reserve(head_size + deflated.size());
  bytes.append(head, head_size).append(deflated);
  return raw(std::move(bytes));
}

}  // namespace cosio::inline v0_2::engine
