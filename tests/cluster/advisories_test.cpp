// Published vulnerabilities of servers that talk to each other over a bus: what comes from there is data, never code.

#include <boost/json/serialize.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/redis_messages.hpp"
#include "support/catch.hpp"
#include "wire/hex.hpp"

namespace cosio::test {
namespace {

using namespace cluster;

// All that is ever done with bytes from the bus. @return whether they were some message of the cluster.
bool read_all(std::string_view bytes) {
  bool known = false;
  if (const auto got = read_broadcast(bytes)) {
    known = true;
    CHECK_FALSE(got->name.empty());
    const event_data again = got->data;
    static_cast<void>(plain_json(again));
  }
  if (const auto got = read_broadcast_request(bytes)) {
    known = true;
    static_cast<void>(plain_json(got->data));
  }
  known = read_broadcast_ack(bytes).has_value() || known;
  if (const auto got = read_json_message(bytes)) {
    known = true;
    static_cast<void>(text_of(*got, "requestId"));
    static_cast<void>(number_of(*got, "type"));
    static_cast<void>(read_names(got->if_contains("rooms")));
    static_cast<void>(read_opts(got->if_contains("opts")));
    static_cast<void>(boost::json::serialize(*got));
  }
  return known;
}

std::vector<std::string> good_messages() {
  target to;
  to.everybody = false;
  to.rooms = {"room1", "room2"};
  to.except = {"room3"};
  const event_data event(R"(["bin",1.5,{"deep":[{"_placeholder":true,"num":0},null,true,"text"]}])",
                         {binary(std::string("\x01\x02\x03", 3))});
  boost::json::array values;
  values.emplace_back("answer");
  return {
      write_broadcast("uid", "/chat", event, to), write_broadcast_request("uid", "request", "/chat", event, to),
      write_broadcast_ack("request", arguments(std::move(values))),
      R"({"uid":"x","requestId":"r","type":2,"opts":{"rooms":["a",1],"except":[],"flags":{"timeout":5}},"rooms":["b"]})",
      R"({"uid":"x","requestId":"r","type":6,"data":["event",{"a":[1,2]}]})"};
}

}  // namespace

TEST_CASE("CVE-2025-61765: bytes of the bus are read as data, whatever somebody wrote there", "[cluster][advisories]") {
  // Pickles of Python, which run what they name: protocol 0, 2 and 4.
  const std::string pickles[] = {
      "cos\nsystem\n(S'id'\ntR.", from_hex("8002 63 6f730a 73797374656d0a 71 00 58 02000000 6964 85 52 2e"),
      from_hex(
          "8004 95 1d00000000000000 8c 05 706f736978 94 8c 06 73797374656d 94 93 94 8c 02 6964 94 85 94 52 94 2e")};
  for (const std::string& pickle : pickles) CHECK_FALSE(read_all(pickle));

  // Every good message cut off everywhere, with every byte changed to every sort of value, and shuffled at random.
  std::uint32_t random = 1;
  const auto below = [&](std::size_t end) {
    random = random * 1'664'525 + 1'013'904'223;
    return (random >> 8) % end;
  };
  for (const std::string& good : good_messages()) {
    CHECK(read_all(good));
    for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(read_all(good.substr(0, size)));
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int value = 0; value < 256; value += 5) {
        std::string changed = good;
        changed[at] = static_cast<char>(value);
        read_all(changed);
      }
    }
    for (int round = 0; round < 2'000; ++round) {
      std::string changed = good;
      for (std::size_t n = 1 + below(4); n > 0; --n) changed[below(changed.size())] = static_cast<char>(below(256));
      if (below(2) == 0) changed.erase(below(changed.size()), below(8));
      read_all(changed);
    }
  }
}

TEST_CASE("CVE-2025-61765: lengths that the bus announces reserve no memory, and depth is limited",
          "[cluster][advisories]") {
  for (const char* announced :
       {"ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "93a0ddffffffff", "93a0dfffffffff",
        "93a083a47479706502a464617461ddffffffff", "83a474797065 09 a67061636b6574 ddffffffff"}) {
    CAPTURE(announced);
    CHECK_FALSE(read_all(from_hex(announced)));
  }
  CHECK_FALSE(read_all(std::string(1'000'000, '\x91')));
  CHECK_FALSE(read_all(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK_FALSE(read_all(objects));
}

}  // namespace cosio::test
