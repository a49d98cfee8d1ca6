// Polling bodies. The first byte chooses the form: revision 4, revision 3 as text, revision 3 as binary.

#include "wire/payload.hpp"

#include <string>
#include <vector>

#include "check.hpp"
#include "wire/utf8.hpp"

using namespace cosio::wire;
using cosio::fuzz::check;

namespace {

struct packet_copy {
  packet_type type;
  bool binary;
  std::string data;

  friend bool operator==(const packet_copy&, const packet_copy&) = default;
};

struct reading {
  std::vector<packet_copy> packets;
  bool good = true;
};

constexpr std::size_t most_packets = 20;

reading read(revision rev, bool binary, std::string_view body) {
  payload_limits limits;
  limits.max_packets = most_packets;
  payload_reader reader(rev, body, binary, limits);
  reading seen;
  for (;;) {
    const auto packet = reader.next();
    if (packet.has_error()) {
      check(packet.error().offset <= body.size(), "a fault lies inside the body");
      seen.good = false;
      return seen;
    }
    if (!*packet) return seen;
    check((*packet)->binary || is_utf8((*packet)->data), "text is UTF-8");
    seen.packets.push_back({(*packet)->type, (*packet)->binary, std::string((*packet)->data)});
    check(seen.packets.size() <= most_packets, "the limit of packets holds");
  }
}

std::string write(revision rev, bool binary, const std::vector<packet_copy>& packets) {
  payload_writer writer(rev, binary);
  for (const packet_copy& packet : packets) {
    const engine_packet view{packet.type, packet.binary, packet.data};
    const std::size_t expected = writer.body().size() + writer.size_of(view);
    writer.add(view);
    check(writer.body().size() == expected, "size_of() tells what add() appends");
  }
  return writer.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body = cosio::fuzz::text_of(data, size);
  const std::uint8_t form = cosio::fuzz::take_choice(body) % 3;
  const revision rev = form == 0 ? revision::v4 : revision::v3;
  const bool binary = form == 2;
  const reading seen = read(rev, binary, body);
  if (seen.packets.empty()) return 0;
  const reading again = read(rev, binary, write(rev, binary, seen.packets));
  check(again.good && again.packets == seen.packets, "what is written is read back as it was");
  return 0;
}
