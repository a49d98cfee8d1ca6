// The account of a client says what it really costs: no less than the memory that is kept for it, and not many times
// as much.

#include <cstdint>
#include <string>

#include "cost/house.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

std::size_t charged(const house& by) {
  for (const auto& one : by.io.metrics().kept_bytes)
    if (one.name == "namespaces") return static_cast<std::size_t>(one.count);
  return 0;
}

struct row {
  const char* what;
  const char* connect;  // packets of Engine.IO
  std::size_t times;
  std::size_t factor;  // by which the charge may be above what is kept
  const char* request = "/socket.io/?EIO=4&transport=websocket";
};

constexpr row rows[] = {
    {"namespaces that are there", "40/there-#,", 400, 3},
    {"namespaces that are made for the client", "40/made-#,", 400, 3},
    {"payloads of one text", R"(40/there-#,{"token":"0123456789012345678901234567890123456789"})", 400, 3},
    {"payloads of many lists", "40/there-#,{\"a\":[[1],[2],[3],[4],[5],[6],[7],[8],[9],[10],[11],[12]]}", 400, 3},
    {"payloads of many members", R"(40/there-#,{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":{"h":{"i":{}}}})", 400, 3},
    {"long names", "40/made-0000000000000000000000000000000000000000000000000000000000000000000000000000000000000#,",
     400, 3},
    {"queries of protocol 4", "40/there-#?a=0123456789012345678901234567890123456789&b=c", 400, 3,
     "/socket.io/?EIO=3&transport=websocket&one=0123456789012345678901234567890123456789&two=0123456789"},
};

}  // namespace

TEST_CASE("a client is charged for its namespaces at what they cost", "[cost][account]") {
  for (const row& r : rows) {
    CAPTURE(r.what);
    house h;
    for (std::size_t i = 0; i < r.times; ++i) h.io.of("/there-" + std::to_string(i));
    h.io.of(pattern("/made-{digits}"));
    peer c = h.websocket(r.request);
    h.advance(std::chrono::milliseconds(10));  // revision 3 listens by now
    c.text("40");
    c.read();
    const std::size_t before = charged(h);
    const figures cost = h.measure([&] {
      c.send(frames(r.connect, r.times));
      c.read();
    });
    REQUIRE(h.io.metrics().sockets == r.times + 1);
    CHECK(charged(h) - before >= cost.kept);
    CHECK(charged(h) - before <= r.factor * cost.kept);
    c.close();
    CHECK(charged(h) == 0);
  }
}
