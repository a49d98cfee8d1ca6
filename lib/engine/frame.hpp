// One Engine.IO packet, ready to be sent: it is made once, and shared by every session that sends it.
//
//   way out   socketio/encoded_packet -> frame -> engine/outbox -> websocket_transport, polling_transport
//
// The bytes of its WebSocket frame, with the head, are in one piece (two for binary). Polling takes the same bytes
// without the head.

#pragma once
#include <sys/uio.h>
#include <cosio/binary.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "wire/deflate.hpp"
#include "wire/engine_packet.hpp"
#include "wire/websocket_frame.hpp"

namespace cosio::inline v0_2::engine {

class frame;
using shared_frame = std::shared_ptr<const frame>;

/// Immutable, except the compressed forms, which are made when the first receiver needs them. Any thread.
class frame {
 public:
  enum class kind : std::uint8_t { text, binary, raw };
  /// How far the compressed form of a message refers back: as far as the server's options say, or so little that every
  /// client can follow.
  enum class window : std::uint8_t { usual, smallest };

  /// The memory that a queued frame costs beside its bytes: this object, its reference count, the parts that malloc()
  /// adds to two blocks, and its slot in a vector, which may be twice as long as needed.
  static constexpr std::size_t overhead = 192;

  /// A packet of type `type`, whose data is `data` followed by `more`.
  /// @param compress  Whether to compress the packet for clients that agreed to it; likewise below.
  static shared_frame text(wire::packet_type type, std::string_view data, std::string_view more = {},
                           bool compress = true);
  /// A binary message; shares the bytes.
  static shared_frame binary(wire::revision rev, cosio::binary bytes, bool compress = true);
  /// Bytes for a WebSocket connection only: an HTTP head, a pong, a close frame. Polling skips it.
  static shared_frame raw(std::string bytes);
  /// A ping or pong of WebSocket itself.
  static shared_frame control(wire::opcode op, std::string_view data);

  frame(kind what, wire::packet_type type, bool compress, std::string bytes, std::size_t head, cosio::binary body);

  kind what() const noexcept { return kind_; }
  /// Whether this is a ping or a pong, of Engine.IO or of WebSocket itself.
  bool is_beat() const noexcept { return type_ == wire::packet_type::ping || type_ == wire::packet_type::pong; }
  /// Whether this beat says the same as the other one, or newer: only the last of such frames needs to be sent.
  bool replaces(const frame& other) const noexcept { return is_beat() && kind_ == other.kind_ && type_ == other.type_; }
  /// The packet, for a polling payload.
  wire::engine_packet packet() const noexcept;
  /// The number of bytes on a WebSocket connection.
  std::size_t size() const noexcept { return bytes_.size() + body_.size(); }
  /// The memory that the frame costs in a queue.
  std::size_t cost() const noexcept { return size() + overhead; }
  /// The bytes of a binary message; several frames may share them.
  const cosio::binary& body() const noexcept { return body_; }
  /// Fills one or two pieces. @return the number of pieces.
  std::size_t pieces(iovec* out) const noexcept;

  bool compress() const noexcept { return compress_; }
  /// The number of bytes of the message inside the WebSocket frame.
  std::size_t message_size() const noexcept { return size() - head_; }
  /// The same message compressed (permessage-deflate), as a new frame. Not for raw frames.
  shared_frame deflated_by(wire::deflater& with) const;
  /// The same message compressed without context, and kept: the first caller does the work for all receivers. So a
  /// frame takes three times its size at most, whatever clients have agreed on.
  /// @param work  Compresses the message; called at most once for each window, without a lock. Others who need this
  ///              form at this moment wait for it.
  /// @return null when that does not make it smaller.
  template <class Work>
  const shared_frame& deflated(window reach, const Work& work) const {
    deflated_form& form = forms_[static_cast<std::size_t>(reach)];
    std::call_once(form.once, [&] {
      auto made = work(*this);
      if (made->size() < size()) form.made = std::move(made);
    });
    return form.made;
  }

 private:
  struct deflated_form {
    std::once_flag once;
    shared_frame made;
  };

  kind kind_;
  wire::packet_type type_;
  bool compress_;
  std::uint8_t head_;   // bytes of the WebSocket head at the front of bytes_
  std::string bytes_;   // head and text, or head of binary
  cosio::binary body_;  // of a binary message
  mutable std::array<deflated_form, 2> forms_;
};

}  // namespace cosio::inline v0_2::engine
