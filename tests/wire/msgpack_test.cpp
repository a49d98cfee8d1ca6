// MessagePack values in the dialect of notepack.io 2. Unless a comment says otherwise, notepack.io 2.2.0 wrote
// the bytes.

#include "wire/msgpack.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "wire/hex.hpp"
#include "wire/json_limits.hpp"

using cosio::errc;
using cosio::parser;
using cosio::test::from_hex;
using cosio::test::to_hex;
using namespace cosio::wire;

namespace {

cosio::result<parser::packet> read(std::string_view bytes, msgpack_limits limits = {}) {
  parser::packet into;
  const auto done = read_msgpack(bytes, limits, into);
  if (done.has_error()) return done.error();
  return into;
}

std::string json_of(std::string_view hex, msgpack_limits limits = {}) {
  const auto packet = read(from_hex(hex), limits);
  if (packet.has_error()) return "refused";
  std::string out;
  append_json(out, *packet->data);
  return out;
}

std::string written(const boost::json::value& value, const parser::packet& from = {}) {
  const msgpack_member member{"v", &value};
  const std::string bytes = write_msgpack({&member, 1}, from);
  REQUIRE(bytes.substr(0, 3) == "\x81\xa1v");
  return to_hex(std::string_view(bytes).substr(3));
}

std::string nested(std::size_t depth) { return std::string(depth - 1, '\x91') + '\x90'; }

}  // namespace

TEST_CASE("values of every form are read", "[wire][msgpack]") {
  REQUIRE(has_msgpack());
  struct row {
    std::string_view hex;
    std::string_view json;
  };
  const row rows[] = {{"00", "0"},
                      {"7f", "127"},
                      {"ff", "-1"},
                      {"e0", "-32"},
                      {"cc 80", "128"},
                      {"cd 0100", "256"},
                      {"ce ffffffff", "4294967295"},
                      {"cf 0000000100000000", "4294967296"},
                      {"cf ffffffffffffffff", "18446744073709551615"},
                      {"d0 df", "-33"},
                      {"d1 ff7f", "-129"},
                      {"d2 ffff7fff", "-32769"},
                      {"d3 ffffffff7fffffff", "-2147483649"},
                      {"d3 8000000000000000", "-9223372036854775808"},
                      {"ca 3fc00000", "1.5"},
                      {"cb 3ff8000000000000", "1.5"},
                      {"cb 7ff0000000000000", "null"},  // infinity
                      {"c0", "null"},
                      {"c2", "false"},
                      {"c3", "true"},
                      {"a0", R"("")"},
                      {"a3 e282ac", R"("€")"},
                      {"d9 01 61", R"("a")"},
                      {"da 0001 61", R"("a")"},
                      {"db 00000001 61", R"("a")"},
                      {"a2 c328", "\"\xef\xbf\xbd(\""},  // not UTF-8
                      {"90", "[]"},
                      {"dc 0002 01 02", "[1,2]"},
                      {"dd 00000001 91 90", "[[[]]]"},
                      {"80", "{}"},
                      {"82 a16b 01 a26b6b 81 a178 90", R"({"k":1,"kk":{"x":[]}})"},
                      {"de 0001 a16b 01", R"({"k":1})"},
                      {"df 00000001 a16b 01", R"({"k":1})"},
                      {"82 a16b 01 a16b 02", R"({"k":2})"},  // edge 177
                      {"81 a9 5f5f70726f746f5f5f 01", R"({"__proto__":1})"}};
  for (const row& r : rows) {
    CAPTURE(r.hex);
    CHECK(json_of(r.hex) == r.json);
  }
}

TEST_CASE("what notepack writes for undefined, dates and array buffers is read", "[wire][msgpack]") {
  // edge 184
  CHECK(json_of("92 d40000 01") == "[null,1]");
  CHECK(json_of("82 a175 d40000 a176 01") == R"({"v":1})");
  CHECK(json_of("81 a175 d40000") == "{}");
  CHECK(json_of("d40000") == "refused");

  CHECK(json_of("d700 0000018bcfe5687b") == R"("2023-11-14T22:13:20.123Z")");
  CHECK(json_of("91 d700 ffffffffffffffff") == R"(["1969-12-31T23:59:59.999Z"])");
  CHECK(json_of("81 a164 d700 7fffffffffffffff") == R"({"d":null})");

  const auto buffers = read(from_hex("94 c70100 00 c70800 0102030405060708 c8000100 ff c90000000100 fe"));
  REQUIRE(buffers.has_value());
  REQUIRE(buffers->attachments.size() == 4);
  CHECK(buffers->attachments[0].view() == std::string_view("\0", 1));   // no undefined, for all that it looks like one
  CHECK(to_hex(buffers->attachments[1].view()) == "0102030405060708");  // no date
  CHECK(buffers->attachments[2].view() == "\xff");
  CHECK(buffers->attachments[3].view() == "\xfe");
}

// notepack.io 3 and @msgpack/msgpack 2 wrote the first six.
TEST_CASE("timestamps of servers are read as dates", "[wire][msgpack]") {
  CHECK(json_of("d6 ff 00000000") == R"("1970-01-01T00:00:00.000Z")");
  CHECK(json_of("d6 ff f4865700") == R"("2100-01-01T00:00:00.000Z")");
  CHECK(json_of("d7 ff 6cb80800 6b0eab8d") == R"("2026-12-01T11:12:13.456Z")");
  CHECK(json_of("c7 0c ff 3b8b87c0 ffffffffffffffff") == R"("1969-12-31T23:59:59.999Z")");
  CHECK(json_of("91 c7 0c ff 00000000 fffffffffffffffe") == R"(["1969-12-31T23:59:58.000Z"])");
  CHECK(json_of("c7 0c ff 00000000 000007dba8218000") == R"("+275760-09-13T00:00:00.000Z")");
  CHECK(json_of("c7 0c ff 00000000 000007dba8218001") == "null");
  CHECK(json_of("c7 0c ff 00000000 8000000000000000") == "null");
  CHECK(json_of("c7 03 ff 000000") == R"([-1,{"_placeholder":true,"num":0}])");
}

TEST_CASE("other extensions become type and binary, as in the reference", "[wire][msgpack]") {
  for (const std::string_view hex : {"d4 01 aa", "c7 01 01 aa"}) {
    CAPTURE(hex);
    const auto read_back = read(from_hex(hex));
    REQUIRE(read_back.has_value());
    CHECK(json_of(hex) == R"([1,{"_placeholder":true,"num":0}])");
    REQUIRE(read_back->attachments.size() == 1);
    CHECK(read_back->attachments[0].view() == "\xaa");
  }
  CHECK(json_of("d5 00 aabb") == R"([0,{"_placeholder":true,"num":0}])");
  msgpack_limits of_clients;
  of_clients.timestamps = false;
  CHECK(json_of("d6 ff 00000000", of_clients) == R"([-1,{"_placeholder":true,"num":0}])");
  CHECK(json_of("d7 05 0000000000000000") == R"([5,{"_placeholder":true,"num":0}])");
  CHECK(json_of("d8 00 00000000000000000000000000000000") == R"([0,{"_placeholder":true,"num":0}])");
}

TEST_CASE("binary stands in the value where it was", "[wire][msgpack]") {
  const auto packet = read(from_hex("92 c402 0102 81 a162 c50001 03"));
  REQUIRE(packet.has_value());
  REQUIRE(packet->attachments.size() == 2);
  const auto& list = packet->data->as_array();
  REQUIRE(packet->binary_at(list[0]) != nullptr);
  CHECK(packet->binary_at(list[0])->view() == "\x01\x02");
  REQUIRE(packet->binary_at(list[1].as_object().at("b")) != nullptr);
  CHECK(packet->binary_at(list[1].as_object().at("b"))->view() == "\x03");
  CHECK(json_of("c600000000") == R"({"_placeholder":true,"num":0})");
}

TEST_CASE("what is no MessagePack is refused, with the place", "[wire][msgpack]") {
  struct row {
    const char* why;
    std::string_view hex;
    std::size_t offset;
  };
  const row rows[] = {{"nothing at all", "", 0},
                      {"a byte that is never used", "c1", 1},
                      {"an announced array that is not there", "dd ffffffff", 5},
                      {"an announced map that is not there", "df ffffffff", 5},
                      {"an announced string that is not there", "db ffffffff 61", 6},
                      {"announced binary that is not there", "c6 ffffffff 61", 6},
                      {"an announced extension that is not there", "c9 ffffffff 00 61", 7},
                      {"a length cut in two", "dc 00", 2},
                      {"a map with a number for a key", "81 01 01", 2},
                      {"a map without the last value", "81 a161", 3},
                      {"bytes behind the value", "01 02", 2}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto packet = read(from_hex(r.hex));
    REQUIRE(packet.has_error());
    CHECK(packet.error().code == errc::bad_message);
    CHECK(packet.error().offset == r.offset);
  }
}

TEST_CASE("depth has an end", "[wire][msgpack]") {
  msgpack_limits limits;
  limits.max_depth = 3;
  CHECK(read(nested(3), limits).has_value());
  const auto deeper = read(nested(4), limits);
  REQUIRE(deeper.has_error());
  CHECK(deeper.error().code == errc::json_too_deep);

  limits.max_depth = std::numeric_limits<std::size_t>::max();  // the stack is a limit that nobody can raise
  CHECK(read(nested(msgpack_deepest), limits).has_value());
  const auto deepest = read(nested(msgpack_deepest + 1), limits);
  REQUIRE(deepest.has_error());
  CHECK(deepest.error().code == errc::json_too_deep);
  CHECK(read(nested(1'000'000), limits).has_error());
}

TEST_CASE("binary values cost their memory, in every form", "[wire][msgpack]") {
  msgpack_limits limits;
  for (const std::string_view one : {"c400", "c70000", "d401aa"}) {
    CAPTURE(one);
    const std::string two = from_hex("92" + std::string(one) + std::string(one));
    limits.max_bytes = two.size() + 2 * binary_cost;
    CHECK(read(two, limits).has_value());
    --limits.max_bytes;
    const auto over = read(two, limits);
    REQUIRE(over.has_error());
    CHECK(over.error().code == errc::message_too_large);
  }
}

TEST_CASE("values are written in their shortest form, members in their order", "[wire][msgpack]") {
  struct row {
    boost::json::value value;
    std::string_view hex;
  };
  const row rows[] = {{nullptr, "c0"},
                      {true, "c3"},
                      {127, "7f"},
                      {-32, "e0"},
                      {128, "cc80"},
                      {65'536, "ce00010000"},
                      {-129, "d1ff7f"},
                      {std::uint64_t{1} << 63, "cf8000000000000000"},
                      {0.1, "cb3fb999999999999a"},
                      {1.5, "ca3fc00000"},  // notepack writes 64 bits of any fraction, and reads both
                      {"€", "a3e282ac"},
                      {boost::json::array{1, boost::json::array{}}, "920190"},
                      {boost::json::object{{"b", 1}, {"a", 2}}, "82a16201a16102"}};
  for (const row& r : rows) {
    CAPTURE(r.hex);
    CHECK(written(r.value) == r.hex);
  }
}

TEST_CASE("binary is written as bin, as often as it stands there", "[wire][msgpack]") {
  parser::packet packet;
  const auto place = packet.add(cosio::binary(std::string("\x01\x02")));
  CHECK(written(place, packet) == "c4020102");
  CHECK(written(boost::json::array{place, place}, packet) == "92c4020102c4020102");
  CHECK(written(place, {}) == "82ac5f706c616365686f6c646572c3a36e756d00");  // it stands for nothing there
}

TEST_CASE("an object of many members is written in linear time", "[wire][msgpack]") {
  boost::json::object many;
  for (int i = 0; i < 200'000; ++i) many[std::to_string(i)] = i;  // searching for each key would take minutes
  const boost::json::value value(std::move(many));
  const auto again = read(from_hex(written(value)));
  REQUIRE(again.has_value());
  CHECK(*again->data == value);
}

TEST_CASE("members without a value are left out", "[wire][msgpack]") {
  const boost::json::value one = 1;
  const std::vector<msgpack_member> members{{"a", nullptr}, {"b", &one}};
  CHECK(to_hex(write_msgpack(members, {})) == "81a16201");
}
