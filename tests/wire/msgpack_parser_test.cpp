// Socket.IO packets as socket.io-msgpack-parser 3.0.2 has them.

#include "wire/msgpack_parser.hpp"

#include <boost/json/parse.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "support/catch.hpp"
#include "wire/hex.hpp"
#include "wire/json_limits.hpp"

using cosio::binary;
using cosio::errc;
using cosio::parser;
using cosio::test::from_hex;
using cosio::test::to_hex;
using kind = cosio::parser::kind;

namespace {

const auto msgpack = cosio::msgpack_parser();

std::string encoded(const parser::packet& packet) {
  const auto messages = msgpack->encode(packet);
  REQUIRE(messages.size() == 1);
  REQUIRE(std::holds_alternative<binary>(messages[0]));
  return to_hex(std::get<binary>(messages[0]).view());
}

parser::packet packet_of(kind type, std::string nsp, std::optional<std::uint64_t> id, std::string_view data) {
  parser::packet made;
  made.type = type;
  made.nsp = std::move(nsp);
  made.id = id;
  if (!data.empty()) made.data = boost::json::parse({data.data(), data.size()});
  return made;
}

cosio::result<parser::packet> decoded(std::string_view hex, const parser::limits& limits = {}) {
  const auto packet = msgpack->make_decoder(limits)->read_binary(from_hex(hex));
  if (packet.has_error()) return packet.error();
  return **packet;
}

std::string data_of(const parser::packet& packet) {
  std::string out;
  if (packet.data) cosio::wire::append_json(out, *packet.data);
  return out;
}

// {"type": t, "nsp": "/", then what `more` has}
std::string map_of(int members, std::string_view type, std::string_view more) {
  return "8" + std::to_string(members) + " a474797065" + std::string(type) + " a36e7370 a12f " + std::string(more);
}

}  // namespace

TEST_CASE("packets are the reference's, byte for byte", "[wire][msgpack_parser]") {
  // The reference's CONNECT has "pid" as undefined (d40000), which is left out here: 81 for its 82.
  const std::string sid = "aaaaaaaaaaaaaaaaaaaa";
  CHECK(encoded(packet_of(kind::connect, "/", std::nullopt, R"({"sid":"aaaaaaaaaaaaaaaaaaaa"})")) ==
        "83a47479706500a46461746181a3736964b4" + to_hex(sid) + "a36e7370a12f");
  CHECK(encoded(packet_of(kind::event, "/", 0, R"(["q",1])")) ==
        "84a47479706502a46461746192a17101a2696400a36e7370a12f");
  CHECK(encoded(packet_of(kind::event, "/", std::nullopt, R"(["q",1])")) ==
        "83a47479706502a46461746192a17101a36e7370a12f");
  CHECK(encoded(packet_of(kind::connect_error, "/nope", std::nullopt, R"({"message":"Invalid namespace"})")) ==
        "83a47479706504a36e7370a52f6e6f7065a46461746181a76d657373616765b1" + to_hex("Invalid namespace"));
  CHECK(encoded(packet_of(kind::disconnect, "/", std::nullopt, "")) == "82a47479706501a36e7370a12f");

  parser::packet ack = packet_of(kind::ack, "/", 5, R"(["k"])");
  ack.data->as_array().push_back(ack.add(binary(std::string("\x01"))));
  CHECK(encoded(ack) == "84a2696405a47479706503a46461746192a16bc40101a36e7370a12f");
}

TEST_CASE("packets of the reference are read", "[wire][msgpack_parser]") {
  struct row {
    const char* what;
    std::string_view hex;
    kind type;
    std::string_view nsp;
    std::optional<std::uint64_t> id;
    std::string_view data;
  };
  const row rows[] = {
      {"CONNECT of a client", "82 a474797065 00 a36e7370 a12f", kind::connect, "/", {}, ""},
      {"CONNECT with undefined auth", "83 a474797065 00 a464617461 d40000 a36e7370 a12f", kind::connect, "/", {}, ""},
      {"CONNECT with auth",
       "83 a474797065 00 a464617461 81 a161 01 a36e7370 a22f78",
       kind::connect,
       "/x",
       {},
       R"({"a":1})"},
      {"CONNECT reply",
       "83 a474797065 00 a464617461 82 a3736964 a161 a3706964 d40000 a36e7370 a12f",
       kind::connect,
       "/",
       {},
       R"({"sid":"a"})"},
      {"EVENT, with options",
       "85 a474797065 02 a464617461 92 a171 01 a76f7074696f6e73 81 a8636f6d7072657373 c3 a26964 00 a36e7370 a12f",
       kind::event, "/", 0, R"(["q",1])"},
      {"id undefined",
       "84 a474797065 02 a464617461 91 a171 a26964 d40000 a36e7370 a12f",
       kind::event,
       "/",
       {},
       R"(["q"])"},
      {"whole numbers as floats", "84 a474797065 ca40000000 a464617461 91 a171 a26964 cb4014000000000000 a36e7370 a12f",
       kind::event, "/", 5, R"(["q"])"},
      {"ACK", "84 a26964 05 a474797065 03 a464617461 92 a16b c40101 a36e7370 a12f", kind::ack, "/", 5,
       R"(["k",{"_placeholder":true,"num":0}])"},
      {"CONNECT_ERROR with a map", "83 a474797065 04 a36e7370 a12f a464617461 80", kind::connect_error, "/", {}, "{}"},
      {"CONNECT_ERROR with a string",
       "83 a474797065 04 a36e7370 a12f a464617461 a178",
       kind::connect_error,
       "/",
       {},
       R"("x")"},
      {"DISCONNECT", "82 a474797065 01 a36e7370 a12f", kind::disconnect, "/", {}, ""},
      {"a name that is reserved",
       "83 a474797065 02 a464617461 91 aa 646973636f6e6e656374 a36e7370 a12f",
       kind::event,
       "/",
       {},
       R"(["disconnect"])"},
      {"no name", "83 a474797065 02 a464617461 90 a36e7370 a12f", kind::event, "/", {}, "[]"},
      {"undefined among the arguments",
       "83 a474797065 02 a464617461 92 a171 d40000 a36e7370 a12f",
       kind::event,
       "/",
       {},
       R"(["q",null])"}};  // edge 184
  for (const row& r : rows) {
    CAPTURE(r.what);
    const auto packet = decoded(r.hex);
    REQUIRE(packet.has_value());
    CHECK(packet->type == r.type);
    CHECK(packet->nsp == r.nsp);
    CHECK(packet->id == r.id);
    CHECK(packet->data.has_value() == !r.data.empty());
    CHECK(data_of(*packet) == r.data);
  }
}

TEST_CASE("packets that the reference refuses are refused", "[wire][msgpack_parser]") {
  struct row {
    const char* why;
    std::string hex;
    errc code;
  };
  // edge 183
  const row rows[] = {{"type 5", map_of(3, "05", "a464617461 90"), errc::packet_type},
                      {"type -1", map_of(2, "ff", ""), errc::packet_type},
                      {"type 1.5", map_of(2, "cb3ff8000000000000", ""), errc::packet_type},
                      {"type as a string", map_of(2, "a130", ""), errc::packet_type},
                      {"type nil", map_of(2, "c0", ""), errc::packet_type},
                      {"no type", "81 a36e7370 a12f", errc::packet_type},
                      {"no nsp", "82 a474797065 02 a464617461 91 a171", errc::bad_payload},
                      {"nsp nil", "83 a474797065 02 a464617461 91 a171 a36e7370 c0", errc::bad_payload},
                      {"nsp undefined", "83 a474797065 02 a464617461 91 a171 a36e7370 d40000", errc::bad_payload},
                      {"nsp as bin", "83 a474797065 02 a464617461 91 a171 a36e7370 c4012f", errc::bad_payload},
                      {"id nil", map_of(4, "02", "a464617461 91 a171 a26964 c0"), errc::bad_payload},
                      {"id 1.5", map_of(4, "02", "a464617461 91 a171 a26964 cb3ff8000000000000"), errc::bad_payload},
                      {"id as a string", map_of(4, "02", "a464617461 91 a171 a26964 a131"), errc::bad_payload},
                      {"CONNECT with nil", map_of(3, "00", "a464617461 c0"), errc::bad_payload},
                      {"CONNECT with an array", map_of(3, "00", "a464617461 90"), errc::bad_payload},
                      {"CONNECT with a string", map_of(3, "00", "a464617461 a0"), errc::bad_payload},
                      {"DISCONNECT with data", map_of(3, "01", "a464617461 80"), errc::bad_payload},
                      {"CONNECT_ERROR without data", map_of(2, "04", ""), errc::bad_payload},
                      {"CONNECT_ERROR with nil", map_of(3, "04", "a464617461 c0"), errc::bad_payload},
                      {"EVENT without data", map_of(2, "02", ""), errc::bad_payload},
                      {"EVENT with a map", map_of(3, "02", "a464617461 80"), errc::bad_payload},
                      {"EVENT with undefined", map_of(3, "02", "a464617461 d40000"), errc::bad_payload},
                      {"ACK without data", map_of(3, "03", "a26964 00"), errc::bad_payload},
                      {"ACK with nil", map_of(4, "03", "a26964 00 a464617461 c0"), errc::bad_payload},
                      {"no map", "90", errc::bad_message},
                      {"bin around all of it", "c400", errc::packet_type},
                      {"undefined", "d40000", errc::bad_message},
                      {"nothing", "", errc::bad_message},
                      {"bytes behind the packet", map_of(2, "00", "00"), errc::bad_message}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto packet = decoded(r.hex);
    REQUIRE(packet.has_error());
    CHECK(packet.error().code == r.code);
  }
}

TEST_CASE("ids that clients could not tell apart are refused, which the reference lets pass",
          "[wire][msgpack_parser]") {
  CHECK(decoded(map_of(4, "02", "a464617461 91 a171 a26964 cf0020000000000000"))->id == std::uint64_t{1} << 53);
  CHECK(decoded(map_of(4, "02", "a464617461 91 a171 a26964 cf0020000000000001")).has_error());
  CHECK(decoded(map_of(4, "02", "a464617461 91 a171 a26964 ff")).has_error());
}

TEST_CASE("text is no message of this parser", "[wire][msgpack_parser]") {
  const auto reader = msgpack->make_decoder({});
  const auto packet = reader->read_text("0");
  REQUIRE(packet.has_error());
  CHECK(packet.error().code == errc::bad_message);
}

TEST_CASE("a message longer than a packet may be is not looked at", "[wire][msgpack_parser]") {
  parser::limits limits;
  limits.max_packet_bytes = 13;
  CHECK(decoded("82 a474797065 01 a36e7370 a12f", limits).has_value());
  limits.max_packet_bytes = 12;
  const auto packet = decoded("82 a474797065 01 a36e7370 a12f", limits);
  REQUIRE(packet.has_error());
  CHECK(packet.error().code == errc::message_too_large);
}

TEST_CASE("the depth limit is that of the data", "[wire][msgpack_parser]") {
  parser::limits limits;
  limits.max_depth = 2;
  CHECK(decoded(map_of(3, "02", "a464617461 92 a171 90"), limits).has_value());
  const auto deeper = decoded(map_of(3, "02", "a464617461 92 a171 91 90"), limits);
  REQUIRE(deeper.has_error());
  CHECK(deeper.error().code == errc::json_too_deep);
}
