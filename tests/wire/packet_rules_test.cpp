// Rules for every packet, whichever parser has read it.

#include "wire/packet_rules.hpp"

#include <boost/json/parse.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using cosio::binary;
using cosio::errc;
using cosio::parser;
using cosio::wire::check_packet;
using kind = cosio::parser::kind;

namespace {

parser::packet packet_of(kind type, std::string_view data) {
  parser::packet made;
  made.type = type;
  if (!data.empty()) made.data = boost::json::parse({data.data(), data.size()});
  return made;
}

}  // namespace

TEST_CASE("a packet carries what its type carries", "[wire][packet_rules]") {
  struct row {
    kind type;
    std::string_view data;
    std::optional<errc> wrong;
  };
  const row rows[] = {{kind::connect, "", std::nullopt},
                      {kind::connect, "{}", std::nullopt},
                      {kind::connect, "null", errc::bad_payload},
                      {kind::connect, "[]", errc::bad_payload},
                      {kind::disconnect, "", std::nullopt},
                      {kind::disconnect, "{}", errc::bad_payload},
                      {kind::event, R"(["a",1])", std::nullopt},
                      {kind::event, "[1]", std::nullopt},
                      {kind::event, "[]", std::nullopt},
                      {kind::event, R"(["disconnect"])", std::nullopt},
                      {kind::event, "", errc::bad_payload},
                      {kind::event, R"("a")", errc::bad_payload},
                      {kind::event, "[null]", errc::bad_payload},
                      {kind::event, "[{}]", errc::bad_payload},
                      {kind::event, "[[]]", errc::bad_payload},
                      {kind::event, "[true]", errc::bad_payload},
                      {kind::ack, "", std::nullopt},
                      {kind::ack, "[]", std::nullopt},
                      {kind::ack, "{}", errc::bad_payload},
                      {kind::connect_error, "", std::nullopt},
                      {kind::connect_error, "7", std::nullopt},
                      {static_cast<kind>(5), "[]", errc::bad_payload}};
  for (const row& r : rows) {
    CAPTURE(static_cast<int>(r.type), r.data);
    CHECK(check_packet(packet_of(r.type, r.data), {}) == r.wrong);
  }
}

TEST_CASE("names and ids have an end", "[wire][packet_rules]") {
  parser::packet packet = packet_of(kind::event, R"(["a"])");
  parser::limits limits;
  limits.max_nsp_bytes = 4;
  packet.nsp = "/abc";
  packet.id = std::uint64_t{1} << 53;
  CHECK_FALSE(check_packet(packet, limits));
  packet.nsp = "/abcd";
  CHECK(check_packet(packet, limits) == errc::nsp_too_long);
  parser::packet connect = packet_of(kind::connect, "{}");
  connect.nsp = "/abcd";
  CHECK_FALSE(check_packet(connect, limits));  // it is answered
  packet.nsp = "/";
  ++*packet.id;
  CHECK(check_packet(packet, limits) == errc::bad_payload);
}

TEST_CASE("attachments are named once at most, however many there are", "[wire][packet_rules]") {
  const parser::limits limits;
  parser::packet packet =
      packet_of(kind::event, R"(["a",{"_placeholder":true,"num":0},[{"x":{"_placeholder":true,"num":1}}]])");
  CHECK_FALSE(check_packet(packet, limits));  // placeholders of nothing are data
  packet.attachments = {binary(std::string("1")), binary(std::string("2"))};
  CHECK_FALSE(check_packet(packet, limits));

  packet.data->as_array().push_back(packet.data->as_array()[1]);  // one attachment twice
  CHECK(check_packet(packet, limits) == errc::bad_placeholder);
  packet.attachments.emplace_back(std::string("3"));  // another attachment does not make up for it
  CHECK(check_packet(packet, limits) == errc::bad_placeholder);

  packet.data = boost::json::parse(R"(["a"])");  // binary that nothing names does no harm
  CHECK_FALSE(check_packet(packet, limits));
  packet.attachments.resize(100, binary(std::string("3")));  // binary in one message is limited by its bytes
  CHECK_FALSE(check_packet(packet, limits));
}
