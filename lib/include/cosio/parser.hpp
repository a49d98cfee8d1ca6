// Parsers turn packets into messages and back. This is the interface for parsers other than the default one, which
// writes JSON text with binary attachments.
//
//   options.parser = cosio::msgpack_parser();            // the protocol of npm's socket.io-msgpack-parser
//   options.parser = std::make_shared<my_parser>();      // anything; docs/parsers.md writes one
//
// All clients of a server must speak the server's parser: theirs is the `parser` option of socket.io-client.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>
#include <cosio/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cosio::inline v0_2 {

/// Writes packets as messages, and makes the decoders of clients. Derive from it to bring a parser of your own.
///
/// The library checks every packet that a decoder returns, so a parser cannot break the rules of Socket.IO.
/// @par Threads  Shared by all clients and all namespaces: any thread, several at once. A parser without members that
///               change needs no lock. No lock of the library is held: a parser may ask for rooms and sockets.
class parser {
 public:
  /// The purpose of a packet, with its number in protocol 5. Binary has no types of its own here: it is
  /// data like any other.
  enum class kind : std::uint8_t { connect = 0, disconnect = 1, event = 2, ack = 3, connect_error = 4 };

  /// A Socket.IO packet as a value.
  struct packet {
    kind type = kind::event;
    /// The name of the namespace, with its leading slash. Of a client that speaks protocol 4 it may have a query.
    std::string nsp = "/";
    /// The number of the acknowledgement: in an event that asks for one, and in the acknowledgement itself. At most
    /// 2^53.
    std::optional<std::uint64_t> id;
    /// The data, by type:
    ///   - event: an array of the name and the arguments,
    ///   - ack: an array of the values,
    ///   - connect: an object, or nothing,
    ///   - disconnect: nothing,
    ///   - connect_error: anything.
    /// Binary stands in it as a placeholder object; see binary_at() and add().
    std::optional<boost::json::value> data;
    /// The binary that the placeholders in `data` name by their index.
    std::vector<binary> attachments;

    /// The binary that a value in data stands for. Null when the value is no placeholder of an attachment: then it
    /// stands for itself.
    const binary* binary_at(const boost::json::value& value) const noexcept;
    /// Adds binary to attachments.
    /// @return the placeholder to put into data in place of the binary.
    boost::json::value add(binary bytes);
  };

  /// One Engine.IO message. A string is sent as text: it must be UTF-8 without U+001E, which separates messages in
  /// polling. Binary is sent as binary.
  using message = std::variant<std::string, binary>;

  /// The bounds that a decoder must keep. A single message is never longer than options.max_payload. An option that
  /// says "no limit" is the largest number here.
  struct limits {
    /// options.max_packet_bytes: bytes of all messages of one packet together.
    std::size_t max_packet_bytes = 10'000'000;
    /// options.max_attachments: messages of one packet behind its first one. The library counts them, too. Binary that
    /// is a part of a message has no limit but that of the bytes.
    std::size_t max_attachments = 10;
    /// options.max_json_depth: levels of arrays and objects in each other.
    std::size_t max_depth = 1'024;
    /// Bytes in the name of a namespace. There is no option for it.
    std::size_t max_nsp_bytes = 512;
  };

  /// Reads the messages of one client in their order. parser::make_decoder() makes one for each client.
  ///
  /// A fault, and an exception, end the client's session with the reason `forced close`. The decoder is not called any
  /// more afterwards.
  /// @par Threads  One at a time, on the client's strand.
  class decoder {
   public:
    virtual ~decoder() = default;
    /// Takes a text message. The view is valid during the call.
    /// @return the packet; nothing while more messages belong to it; or a fault.
    virtual result<std::optional<packet>> read_text(std::string_view text) = 0;
    /// Takes a binary message; otherwise the same.
    virtual result<std::optional<packet>> read_binary(std::string_view bytes) = 0;
  };

  virtual ~parser() = default;

  /// Writes one packet as messages, in the order in which they are to be sent. It is called once for all receivers of a
  /// broadcast, so it must not depend on the receiver.
  ///
  /// An exception reaches the caller of emit(), as does errc::bad_argument for text that is not UTF-8 or has U+001E in
  /// it. For a packet of the library's own (connect, disconnect, connect_error) it ends the session of the client.
  virtual std::vector<message> encode(const packet& from) const = 0;
  /// Makes the decoder of a new client.
  /// @param bounds  The limits of the server's options.
  virtual std::unique_ptr<decoder> make_decoder(const limits& bounds) const = 0;
};

/// Makes the parser for clients with npm's socket.io-msgpack-parser 3. Each packet is one binary message: a map in the
/// MessagePack format.
///
/// Dates arrive as the strings that JSON.stringify() makes of them, ArrayBuffers as binary, `undefined` as null in a
/// list and not at all in an object. Text that is not UTF-8 arrives with U+FFFD in its place. The other differences are
/// in docs/parsers.md.
/// @throws error errc::not_supported when the library was built without nlohmann-json.
/// @par Source  socket.io-msgpack-parser 3.
std::shared_ptr<const parser> msgpack_parser();

}  // namespace cosio::inline v0_2
