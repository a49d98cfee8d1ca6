// Binary in the data of a parser's packets.

#include <cosio/parser.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <utility>

#include "support/catch.hpp"
#include "wire/msgpack.hpp"

namespace json = boost::json;
using cosio::binary;
using cosio::parser;

TEST_CASE("binary that was added to a packet is found by what stands for it", "[wire][parser]") {
  parser::packet packet;
  const json::value first = packet.add(binary(std::string("one")));
  const json::value second = packet.add(binary(std::string("two")));
  REQUIRE(packet.attachments.size() == 2);
  REQUIRE(packet.binary_at(first) != nullptr);
  CHECK(packet.binary_at(first)->view() == "one");
  REQUIRE(packet.binary_at(second) != nullptr);
  CHECK(packet.binary_at(second)->view() == "two");
}

TEST_CASE("a build without nlohmann-json says what is missing", "[wire][parser]") {
  if (cosio::wire::has_msgpack()) {
    CHECK(cosio::msgpack_parser() != nullptr);
    return;
  }
  try {
    cosio::msgpack_parser();
    FAIL("there cannot be one");
  } catch (const cosio::error& missing) {
    CHECK(missing.code() == cosio::errc::not_supported);
    CHECK(missing.detail().find("nlohmann-json") != std::string::npos);
  }
}

TEST_CASE("what stands for nothing stands for itself", "[wire][parser]") {
  parser::packet packet;
  const json::value looks_alike = json::object{{"_placeholder", true}, {"num", 0}};
  CHECK(packet.binary_at(looks_alike) == nullptr);  // there is no binary
  packet.add(binary(std::string("one")));
  CHECK(packet.binary_at(looks_alike) != nullptr);
  CHECK(packet.binary_at(json::object{{"_placeholder", true}, {"num", 1}}) == nullptr);
  CHECK(packet.binary_at(json::object{{"_placeholder", true}, {"num", -1}}) == nullptr);
  CHECK(packet.binary_at(json::object{{"_placeholder", false}, {"num", 0}}) == nullptr);
  CHECK(packet.binary_at(json::object{{"num", 0}}) == nullptr);
  CHECK(packet.binary_at(json::array{0}) == nullptr);
  CHECK(packet.binary_at(0) == nullptr);
}
