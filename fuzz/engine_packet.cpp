// Single Engine.IO packets, as text and as binary, of both revisions.

#include "wire/engine_packet.hpp"

#include <string>

#include "check.hpp"

using namespace cosio::wire;
using cosio::fuzz::check;

namespace {

void check_packet(const engine_packet& packet) {
  check(packet.type <= packet_type::noop, "types are those of the protocol");
  check(!packet.binary || packet.type == packet_type::message, "only messages are binary");
}

void check_text(revision rev, std::string_view text) {
  std::string scratch;
  const auto packet = decode_text_packet(rev, text, scratch);
  if (packet.has_error()) return;
  check_packet(*packet);
  std::string written;
  append_text_packet(written, rev, *packet);
  std::string again_scratch;
  const auto again = decode_text_packet(rev, written, again_scratch);
  check(again.has_value(), "what is written is read");
  check(again->type == packet->type && again->binary == packet->binary && again->data == packet->data,
        "what is written is read back as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = cosio::fuzz::text_of(data, size);
  for (const revision rev : {revision::v3, revision::v4}) {
    check_text(rev, bytes);
    check_packet(decode_binary_packet(rev, bytes));
  }
  return 0;
}
