// Packets <-> messages: the interface for parsers other than the default one, which writes JSON text with binary
// attachments.
//
//   options.parser = cosio::msgpack_parser();            // what npm's socket.io-msgpack-parser speaks
//   options.parser = std::make_shared<my_parser>();      // anything; docs/parsers.md writes one
//
// Every client of a server speaks the server's parser: theirs is the `parser` option of socket.io-client.

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

namespace cosio {

/// Writes packets as messages, and makes the readers of clients.
///
/// What a reader returns is checked before it is used: a parser may leave the rules of Socket.IO to the library, and
/// cannot break it.
///
/// @par Threads  Shared by all clients: any thread, several at once.
class parser {
 public:
  /// What a packet is for. Binary has no types of its own here: it is data like any other.
  enum class kind : std::uint8_t { connect = 0, disconnect = 1, event = 2, ack = 3, connect_error = 4 };

  /// A Socket.IO packet.
  struct packet {
    kind type = kind::event;
    std::string nsp = "/";
    /// Of an event that wants an acknowledgement, and of the acknowledgement; at most 2^53.
    std::optional<std::uint64_t> id;
    /// Of an event the array of name and arguments, of an acknowledgement the array of values; an object for connect
    /// (or nothing), anything for connect_error. Binary in it stands in `attachments`.
    std::optional<boost::json::value> data;
    std::vector<binary> attachments;

    /// The binary that a value in data stands for; null for a value that stands for itself.
    const binary* binary_at(const boost::json::value& value) const noexcept;
    /// Adds binary to attachments. @return the value to put into data in its place.
    boost::json::value add(binary bytes);
  };

  /// One Engine.IO message: a string is sent as text and must be UTF-8 without U+001E, binary as binary.
  using message = std::variant<std::string, binary>;

  /// What a reader must keep to. The whole of a message is in memory already, and no longer than options.max_payload.
  struct limits {
    std::size_t max_packet_bytes = 10'000'000;  ///< all messages of one packet together
    std::size_t max_attachments = 64;
    std::size_t max_depth = 1'024;  ///< arrays and objects in each other
    std::size_t max_nsp_bytes = 512;
  };

  /// Reads the messages of one client, in order. Nothing is asked of it after it has returned a fault.
  ///
  /// @par Threads  One at a time, on the client's strand.
  class decoder {
   public:
    virtual ~decoder() = default;
    /// Takes a message. @return the packet, nothing while more messages belong to it, or what is wrong: the client is
    /// then disconnected with `forced close`, as for any exception.
    virtual result<std::optional<packet>> read_text(std::string_view text) = 0;
    virtual result<std::optional<packet>> read_binary(std::string_view bytes) = 0;
  };

  virtual ~parser() = default;

  /// One packet as messages, in the order in which they are to be sent. Called once for all receivers of a broadcast.
  ///
  /// What it throws reaches the caller of emit().
  virtual std::vector<message> encode(const packet& from) const = 0;
  /// The reader of a new client.
  virtual std::unique_ptr<decoder> make_decoder(const limits& bounds) const = 0;
};

/// The parser that npm's socket.io-msgpack-parser 3 is the client's side of: each packet one binary message, a
/// MessagePack map.
///
/// Dates arrive as the strings that JSON.stringify() makes of them, ArrayBuffers as binary, `undefined` as null in
/// lists and not at all in objects. Text that is not UTF-8 arrives with U+FFFD in place of what is not. docs/parsers.md
/// has the rest.
///
/// @throws error errc::not_supported when the library was built without nlohmann-json.
std::shared_ptr<const parser> msgpack_parser();

}  // namespace cosio
