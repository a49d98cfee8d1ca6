// Socket.IO packets of one client: lines of the input, each a text packet, or a binary one when it begins with 'B'.

#include <algorithm>
#include <string>
#include <vector>

#include "check.hpp"
#include "echo.hpp"
#include "wire/json_parser.hpp"
#include "wire/placeholder.hpp"

using namespace cosio::wire;
using cosio::fuzz::check;

namespace {

constexpr std::size_t most_bytes = 4'000;

decoder_limits limits() {
  decoder_limits made;
  made.header.max_attachments = 10;
  made.max_packet_bytes = most_bytes;
  return made;
}

std::string json_of(const boost::json::value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

void check_rules(const socket_packet& packet) {
  const bool event = packet.header.type == sio_type::event || packet.header.type == sio_type::binary_event;
  check(packet.attachments.size() == packet.header.attachments, "all announced attachments are there");
  check(packet.has_data || packet.data.is_null(), "without a payload there is no value");
  check(!event || (packet.data.is_array() && !packet.data.get_array().empty()), "an event has a name");
  if (event && packet.data.get_array()[0].is_string()) {
    check(!is_reserved_event(packet.data.get_array()[0].get_string()), "reserved names stay out");
  }
  if (is_binary(packet.header.type)) {
    check(check_placeholders(packet.data, packet.attachments.size()).has_value(), "placeholders name attachments");
    cosio::fuzz::check_echo(packet.data, packet.attachments);
  }
}

// Writes the packet, reads it with a fresh decoder, and compares.
void check_round_trip(const socket_packet& packet) {
  std::string text;
  append_header(text, packet.header.type, packet.header.attachments, packet.header.nsp, packet.header.id);
  if (packet.data.is_number()) return;  // of a CONNECT_ERROR, where it would read as an id
  if (packet.has_data) append_json(text, packet.data);
  decoder_limits wide = limits();
  wide.max_packet_bytes = 10 * most_bytes;  // escapes may make the text longer than it came
  packet_decoder decoder(wide);
  auto again = decoder.text(text);
  for (const cosio::binary& attachment : packet.attachments) {
    check(again.has_value() && !*again && decoder.pending(), "attachments are awaited");
    again = decoder.binary(attachment.view());
  }
  check(again.has_value() && again->has_value(), "what is written is read");
  const socket_packet& copy = **again;
  check(copy.header.type == packet.header.type && copy.header.nsp == packet.header.nsp &&
            copy.header.id == packet.header.id && copy.has_data == packet.has_data &&
            copy.attachments == packet.attachments,
        "what is written is read back as it was");
  check(json_of(copy.data) == json_of(packet.data), "the payload is read back as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = cosio::fuzz::text_of(data, size);
  const decoder_limits narrow = limits();
  packet_decoder decoder(narrow);
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    const auto packet = line.starts_with('B') ? decoder.binary(line.substr(1)) : decoder.text(line);
    check(decoder.buffered() <= most_bytes, "what is held is bounded");
    check(decoder.pending() || decoder.buffered() == 0, "nothing is held when nothing is awaited");
    if (packet.has_error()) {
      check(!decoder.pending(), "after an error nothing is awaited");
      check(packet.error().offset <= size, "a fault lies inside the text");
    } else if (*packet) {
      check_rules(**packet);
      check_round_trip(**packet);
    }
  }
  return 0;
}
