// Frames of a hostile client. The first byte chooses limits and how the rest is cut into pieces.

#include "wire/websocket_frame.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "check.hpp"

using namespace cosio::wire;
using cosio::errc;
using cosio::fuzz::check;
using kind = frame_item::kind;

namespace {

struct item_copy {
  kind what;
  bool compressed;
  std::uint16_t code;
  std::string data;

  friend bool operator==(const item_copy&, const item_copy&) = default;
};

struct reading {
  std::vector<item_copy> items;
  std::optional<errc> wrong;

  friend bool operator==(const reading&, const reading&) = default;
};

constexpr std::size_t most_bytes = 1'000;
constexpr std::size_t most_fragments = 8;

frame_limits limits_for(std::uint8_t choice) {
  frame_limits limits;
  limits.max_message_bytes = most_bytes;
  limits.max_fragments = most_fragments;
  limits.allow_compressed = (choice & 0x80) != 0;
  return limits;
}

void check_item(const frame_item& item) {
  const bool control = item.what == kind::ping || item.what == kind::pong || item.what == kind::close;
  check(item.data.size() <= (control ? 125 : most_bytes), "nothing is longer than its limit");
  check(item.what != kind::text || item.compressed || is_utf8(item.data), "text is UTF-8");
  check(item.what != kind::close || (item.close_code >= 1000 && item.close_code < 5000), "close codes are in range");
  check(item.what != kind::close || is_utf8(item.data), "a close reason is UTF-8");
}

// Each piece has memory of exactly its size, so that AddressSanitizer sees every byte too far.
reading read(std::string_view bytes, const frame_limits& limits, std::size_t piece) {
  frame_reader reader(limits);
  reading seen;
  while (!bytes.empty() && !seen.wrong) {
    const std::size_t size = std::min(piece, bytes.size());
    std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    bytes.remove_prefix(size);
    std::span<char> input(exact);
    for (bool more = true; more;) {
      const auto item = reader.next(input);
      check(reader.buffered() <= most_bytes + 256, "what is held is bounded");
      if (item.has_error()) {
        check(item.error().offset <= size, "a fault lies inside the input");
        seen.wrong = item.error().code;
      } else if (item->what != kind::need_more) {
        check_item(*item);
        seen.items.push_back({item->what, item->compressed, item->close_code, std::string(item->data)});
        continue;
      }
      check(seen.wrong || input.empty(), "need_more uses the input up");
      more = false;
    }
  }
  return seen;
}

// A reader reads the frame that our own head announces, once it is masked like a client's frame.
void check_round_trip(std::string_view payload) {
  payload = payload.substr(0, most_bytes);
  char head[max_frame_head];
  const std::size_t head_bytes = write_frame_head(head, opcode::binary, payload.size());
  head[1] = static_cast<char>(head[1] | 0x80);
  const char key_bytes[] = {'\x12', '\x00', '\xfe', '\x77'};
  std::uint32_t key = 0;
  std::memcpy(&key, key_bytes, sizeof key);
  std::string masked(payload);
  unmask(masked, key);
  const std::string frame = std::string(head, head_bytes) + std::string(key_bytes, sizeof key_bytes) + masked;
  const reading seen = read(frame, limits_for(0), frame.size());
  check(seen.items.size() == 1 && seen.items[0].data == payload, "what is framed is read back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = cosio::fuzz::text_of(data, size);
  const std::uint8_t choice = cosio::fuzz::take_choice(bytes);
  const frame_limits limits = limits_for(choice);
  const reading whole = read(bytes, limits, bytes.size());
  check(read(bytes, limits, 1) == whole, "pieces of one byte read as the whole does");
  check(read(bytes, limits, 1 + (choice & 0x7F)) == whole, "pieces of any size read as the whole does");
  check_round_trip(bytes);
  return 0;
}
