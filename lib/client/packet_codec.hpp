// Packets of Socket.IO <-> messages of Engine.IO, in the encoding of the options.
//
//   way in    manager_core -> read() -> socket_core          way out   socket_core -> manager_core -> write()
//
// Pure: no I/O, no clock, no lock.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>
#include <cosio/client_options.hpp>
#include <cosio/error.hpp>
#include <cosio/parser.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/foreign_parser.hpp"
#include "wire/json_parser.hpp"
#include "wire/packet_header.hpp"

namespace cosio::inline v0_2::clients {

/// A packet to be sent.
struct packet_out {
  wire::sio_type type = wire::sio_type::event;  // without "binary": that is chosen
  std::string nsp = {};
  std::optional<std::uint64_t> id = {};
  std::string json = {};  // empty: no data
  std::vector<binary> attachments = {};
};

/// @par Threads  One at a time.
class packet_codec {
 public:
  /// @param settings  Its parser and limits count.
  explicit packet_codec(const manager_options& settings);
  packet_codec(const packet_codec&) = delete;
  packet_codec& operator=(const packet_codec&) = delete;

  /// Takes a message. The header of a packet points into the message or into this, until the next call.
  /// @return a packet; nothing while more messages belong to it; or a fault.
  result<std::optional<wire::socket_packet>> read(const message& what);
  /// A new connection begins: a packet that is not whole is forgotten.
  void reset();

  /// @throws what a parser of the application throws.
  std::vector<message> write(const packet_out& what) const;

 private:
  const std::shared_ptr<const parser> with_;  // null for the default one
  const wire::decoder_limits limits_;
  const parser::limits foreign_limits_;
  std::optional<wire::packet_decoder> own_;
  std::unique_ptr<wire::foreign_decoder> foreign_;
};

}  // namespace cosio::inline v0_2::clients
