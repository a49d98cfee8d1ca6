// RFC 6455 frames, the server's side: reads the frames of clients, writes the heads of our frames.
//
//   way in    stream -> frame_reader::next() -> engine/websocket_transport
//   way out   engine/frame -> append_frame_head() -> stream
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/websocket_frame.cpp.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/utf8.hpp"

namespace cosio::inline v0_2::wire {

enum class opcode : std::uint8_t { continuation = 0x0, text = 0x1, binary = 0x2, close = 0x8, ping = 0x9, pong = 0xA };

struct frame_limits {
  std::size_t max_message_bytes = 1'000'000;  // one message, all its fragments (option max_payload)
  std::uint32_t max_fragments = 1'024;        // frames of one message
  bool allow_compressed = false;              // RSV1 on the first frame: permessage-deflate was negotiated
};

/// One whole message, or one control frame, of a client.
struct frame_item {
  enum class kind : std::uint8_t {
    need_more,  ///< the input is used up; what was incomplete is kept inside the reader
    text,       ///< a whole text message, valid UTF-8 (unless compressed)
    binary,     ///< a whole binary message
    ping,       ///< answer it with a pong of the same data
    pong,       ///< ignored
    close       ///< the client closes; code is 1005 when it gave none
  };
  kind what = kind::need_more;
  bool compressed = false;          ///< RSV1 was set: inflate, then check UTF-8
  std::uint16_t close_code = 1005;  ///< of a close frame
  /// Unmasked; of a close frame its reason. Valid until the next call or until the input buffer changes.
  std::string_view data;
  /// The message itself, if it came in pieces and lies in the reader: a caller that keeps it may move it instead of
  /// copying `data`.
  std::string* whole = nullptr;
};

/// Reads the frames of one client, in pieces of any size. Holds no memory between messages, and never more of a message
/// than the bytes that came. The caller ignores the bytes behind a close frame.
///
/// @par Threads  One at a time.
class frame_reader {
 public:
  explicit frame_reader(frame_limits limits = {}) noexcept
      : max_message_bytes_(limits.max_message_bytes),
        max_fragments_(limits.max_fragments),
        allow_compressed_(limits.allow_compressed) {}

  /// Takes the next message or control frame from the front of `input`, and removes the used bytes from it.
  ///
  /// A message that lies whole and unfragmented in `input` is unmasked in place and not copied. Call it again until it
  /// returns need_more, which uses up all of `input`.
  ///
  /// @return An item, or one of errc::frame_reserved_bits, frame_opcode, frame_not_masked, frame_control,
  ///         frame_sequence, frame_length, frame_close_code, frame_too_many, message_too_large, bad_utf8.
  ///         A length above the limit is refused from the frame's head, before its payload arrives.
  ///         After an error the reader is done: every further call answers the same error and takes nothing.
  /// @par Source  RFC 6455, sections 5.2 to 5.6, 7.4.1 and 8.1.
  result<frame_item> next(std::span<char>& input);

  frame_limits limits() const noexcept { return {max_message_bytes_, max_fragments_, allow_compressed_}; }
  /// The number of bytes that the reader holds of messages and frames that are not whole yet.
  std::size_t buffered() const noexcept { return rest_ ? rest_->start.size() + rest_->message.size() : 0; }

 private:
  struct head;

  // The state between two inputs. An idle client has none.
  struct unfinished {
    std::string start;            // an incomplete head, or an incomplete control frame as received
    std::string message;          // payload of the incomplete message so far, unmasked
    std::size_t left = 0;         // payload bytes missing of the data frame that is being read
    std::uint32_t fragments = 0;  // frames of the incomplete message
    std::uint32_t key = 0;
    opcode first = opcode::continuation;  // opcode of the incomplete message; continuation when there is none
    std::uint8_t key_offset = 0;          // place in the key of the next byte
    bool in_payload = false;
    bool fin = false;
    bool compressed = false;
    bool control_lent = false;  // the last item points into `start`
    utf8_checker utf8;          // checks the incomplete text
  };

  unfinished& rest();
  void release() noexcept;
  result<std::optional<head>> parse_head(std::string_view bytes) const noexcept;
  result<frame_item> read_head(std::span<char>& input);
  result<frame_item> read_partial(std::span<char>& input);
  result<frame_item> lend_control(const head& found);
  result<frame_item> begin_partial_data(const head& found, std::span<char>& input);
  result<frame_item> begin_data(const head& found, std::span<char>& input);
  result<frame_item> whole_message(const head& found, std::span<char>& input);
  result<frame_item> read_payload(std::span<char>& input);

  // The limits, one by one: every WebSocket has a reader, and so the last two members take no bytes of their own.
  std::size_t max_message_bytes_;
  std::unique_ptr<unfinished> rest_;
  std::uint32_t max_fragments_;
  bool allow_compressed_;
  std::uint16_t failed_ = 0;  // an errc from the first error on
};

/// The close code for an error: 1007 for bad text and for data that cannot be inflated, 1009 for the size and the
/// number of fragments, otherwise 1002.
std::uint16_t close_code_for(errc wrong) noexcept;

constexpr std::size_t max_frame_head = 10;  // a server's frames are not masked

/// Writes the head of an unfragmented frame to `out` (room for max_frame_head) and returns its size: 2, 4 or 10.
std::size_t write_frame_head(char* out, opcode op, std::uint64_t payload_bytes, bool compressed = false) noexcept;

/// A whole close frame. Code 0 means an empty body: `88 00`, what Engine.IO servers send.
std::string close_frame(std::uint16_t code);

/// XORs `data` with the masking key. `offset` modulo 4 is the place of the first used byte in the key. Works on eight
/// bytes and more at a time.
void unmask(std::span<char> data, std::uint32_t key_in_wire_order, std::size_t offset = 0) noexcept;

}  // namespace cosio::inline v0_2::wire
