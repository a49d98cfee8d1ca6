// Bodies of long-polling as a client reads and writes them: its own reading of the protocol, not the server's.

#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cosio::test::inline v0_2::kit {

/// An Engine.IO packet: text with its type in front, or the bytes of a binary message.
struct polling_packet {
  std::string data;
  bool binary = false;
};

/// @param octets  Revision 3: the binary form of a payload.
/// @throws broken for what no server sends.
std::vector<polling_packet> read_polling_body(unsigned revision, std::string_view body, bool octets);
std::string write_polling_body(unsigned revision, const std::vector<polling_packet>& packets, bool octets);

/// The payload in a script that calls the JSONP function with that index.
std::string read_jsonp_script(std::string_view index, std::string_view script);
/// The form that carries a payload, as browsers send it.
std::string write_jsonp_form(std::string_view payload);

std::string bytes_of_base64(std::string_view text);

}  // namespace cosio::test::inline v0_2::kit
