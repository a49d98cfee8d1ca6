// Engine.IO payloads: several packets in the body of one long-polling request or response.
//
//   way in    http/connection -> payload_reader -> engine/session
//   way out   engine/outbox   -> payload_writer -> http/connection
//
// Pure: no I/O, no clock, no lock. Fuzzed by fuzz/payload.cpp.

#pragma once
#include <cosio/error.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "wire/engine_packet.hpp"

namespace cosio::inline v0_2::wire {

struct payload_limits {
  std::size_t max_bytes = 1'000'000;  // the whole body as received (option max_payload)
  std::size_t max_packets = 0;        // packets in one body; 0: no limit but the bytes
};

/// Splits a polling body into packets, one after the other, in the order in which the client sent them.
///
/// Packets before a bad one are good and have been handed out. After an error the reader is done: every further call
/// returns the same error. The caller stops at a close packet, as the reference does. One thread at a time.
///
/// Decided here, each with a test:
///   - text that is not UTF-8 is an error; the reference would put U+FFFD in its place
///   - lengths of revision 3 are 1 to 16 decimal digits, and must not point beyond the end; the lengths of text count
///     UTF-16 code units, those of the binary form count bytes
///   - elements of length zero in revision 3 are skipped
class payload_reader {
 public:
  /// @param body    The request body. Packets point into it or into the reader: it must outlive them unchanged.
  /// @param binary  Revision 3 only: the body came as application/octet-stream.
  payload_reader(revision rev, std::string_view body, bool binary, payload_limits limits = {}) noexcept;

  /// The next packet, valid until the next call; nothing at the end of the body; or one of
  ///   - errc::payload_too_large  more bytes or packets than the limits
  ///   - errc::packet_empty       an empty body, nothing between two separators (revision 4)
  ///   - errc::packet_type        a first byte other than '0'..'6' and 'b'
  ///   - errc::payload_length     revision 3: a length that is no number, or beyond the end
  ///   - errc::bad_utf8           text that is not UTF-8
  /// @par Source  Engine.IO protocol revision 4, "HTTP long-polling"; revision 3, "Payload".
  result<std::optional<engine_packet>> next();

 private:
  struct element {
    std::string_view bytes;
    std::size_t at;  // where in the body
    bool binary;
  };
  result<std::optional<element>> next_v4() noexcept;
  result<std::optional<element>> next_v3_text() noexcept;
  result<std::optional<element>> next_v3_binary() noexcept;
  result<std::optional<engine_packet>> decode(const element& found);
  fault fail(errc code, std::size_t offset) noexcept;

  std::string_view body_;
  payload_limits limits_;
  std::size_t at_ = 0;
  std::size_t packets_ = 0;
  std::string scratch_;  // a base64 packet, decoded
  revision rev_;
  bool binary_;
  bool done_ = false;
  std::optional<fault> failed_;
};

/// Joins packets into the body of one response. One thread at a time.
class payload_writer {
 public:
  /// @param binary  Revision 3 only: the binary form, used when a packet carries binary and the client takes it.
  payload_writer(revision rev, bool binary) noexcept : rev_(rev), binary_(binary) {}

  /// The number of bytes that add() would append. With it the caller keeps the client's limit.
  std::size_t size_of(const engine_packet& packet) const noexcept;
  void add(const engine_packet& packet);
  /// Makes room for this many bytes at once.
  void reserve(std::size_t bytes) { body_.reserve(bytes); }

  const std::string& body() const noexcept { return body_; }
  std::string take() noexcept { return std::move(body_); }

 private:
  void add_v3_binary(const engine_packet& packet);
  void add_length(std::size_t length, char zero);

  std::string body_;
  revision rev_;
  bool binary_;
};

}  // namespace cosio::inline v0_2::wire
