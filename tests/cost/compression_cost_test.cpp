// The memory that a broadcast keeps while it is compressed for clients that have agreed on different windows.

#include <cstddef>
#include <cstdint>
#include <string>

#include "cost/counted_memory.hpp"
#include "engine/message_deflate.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using cosio::engine::frame;
using cosio::engine::message_deflate;
using cosio::engine::shared_frame;

namespace {

// Seven of eight bits are noise: an eighth can be saved.
shared_frame noisy(std::uint32_t seed) {
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) bytes += static_cast<char>((seed = seed * 1'664'525 + 1'013'904'223) >> 25U);
  return frame::binary(wire::revision::v4, binary(bytes));
}

shared_frame sent(const shared_frame& f, int window_bits) {
  message_deflate d({.server_context_takeover = false, .server_window_bits = window_bits}, {});
  return d.outgoing(f);
}

}  // namespace

TEST_CASE("a message that is compressed for windows of every size keeps two compressed forms, and no spare room",
          "[cost][compression]") {
  const shared_frame earlier = noisy(1);
  for (int bits = 8; bits <= 15; ++bits) sent(earlier, bits);  // the thread makes its compressors
  const shared_frame f = noisy(2);
  const std::size_t before = counted_memory().kept;
  {
    const counting_memory counting;
    for (int bits = 8; bits <= 15; ++bits) sent(f, bits);
  }
  const std::size_t kept = counted_memory().kept - before;
  const std::size_t forms = sent(f, 15)->size() + sent(f, 8)->size();
  CHECK(sent(f, 15) != f);
  CHECK(sent(f, 8) != sent(f, 15));
  CHECK(forms < 2 * f->size());
  CHECK(kept >= forms);
  CHECK(kept <= forms + 2 * frame::overhead);
}
