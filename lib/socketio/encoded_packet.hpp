// One Socket.IO packet, encoded once per protocol and parser for all its receivers.
//
//   way out   socketio/broadcast, socketio/socket -> encoded_packet -> engine/session::send()

#pragma once
#include <boost/container/small_vector.hpp>

#include <cosio/adapter.hpp>
#include <cosio/convert.hpp>
#include <cosio/parser.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/frame.hpp"
#include "wire/packet_header.hpp"

namespace cosio::inline v0_2::socketio {

/// How the packets of a server are written.
struct packet_form {
  const parser* with = nullptr;      // of the namespace, which outlives its packets; null for the default one
  std::size_t max_attachments = 10;  // messages of a packet behind its first one
};

/// The one class behind outgoing_packet: socket_core casts to it. Immutable after construction. Only the frames of
/// revision 3 are made later, when the first receiver needs them. A parser of the application is called by the
/// constructor and by with_offset() only: never while an adapter delivers the packet. Any thread.
class encoded_packet final : public outgoing_packet {
 public:
  /// @param type  event or ack; the binary type is chosen when there are attachments.
  /// @param form  the server's. The encode() of its parser may throw out of here.
  /// @param compress  the flag of the emission.
  /// @throws error errc::bad_argument for data at which clients would close their connection; see check_placeholders()
  ///               and check_messages().
  encoded_packet(std::string nsp, wire::sio_type type, std::optional<std::uint64_t> id, std::string event,
                 event_data data, packet_form form, bool compress = true);

  std::string_view nsp() const noexcept override { return nsp_; }
  std::string_view event() const noexcept override { return event_; }
  const event_data& data() const noexcept override { return data_; }
  std::optional<std::uint64_t> ack_id() const noexcept override {
    return type_ == wire::sio_type::event ? id_ : std::nullopt;
  }
  std::shared_ptr<const outgoing_packet> with_offset(std::string_view offset) const override;

  /// The frames for a client of this revision: the packet and its attachments, in order.
  std::span<const engine::shared_frame> frames(wire::revision rev) const;

 private:
  encoded_packet(const encoded_packet& plain, std::string_view offset);
  /// The frames for revision 4: of this JSON and the attachments. @return the messages of the parser, if there is one.
  std::vector<parser::message> encode(std::string_view json);
  engine::shared_frame text_frame(std::string_view json) const;

  const parser* with_;  // of the namespace, which outlives its packets; null for the default one
  bool compress_;
  wire::sio_type type_;
  std::optional<std::uint64_t> id_;
  bool has_offset_ = false;
  std::string nsp_;
  std::string event_;
  event_data data_;
  std::vector<parser::message> messages_;  // without an offset, of a parser that is not the default one
  boost::container::small_vector<engine::shared_frame, 1>
      frames_;  // revision 4; without binary and offset also revision 3
  mutable std::once_flag made_v3_;
  mutable std::vector<engine::shared_frame> frames_v3_;
};

/// A packet without binary in the default parser's form: CONNECT, DISCONNECT, CONNECT_ERROR.
engine::shared_frame control_frame(wire::sio_type type, std::string_view nsp, std::string_view json);

}  // namespace cosio::inline v0_2::socketio
