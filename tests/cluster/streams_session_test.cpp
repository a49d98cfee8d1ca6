// Sessions in Redis: what servers of Node write, and what comes back.

#include "cluster/streams_session.hpp"

#include <boost/json/parse.hpp>

#include "support/catch.hpp"
#include "wire/base64.hpp"
#include "wire/msgpack.hpp"

namespace cosio::test {
namespace {

using namespace std::chrono_literals;
using cluster::read_session;
using cluster::two_clocks;
using cluster::write_session;

const two_clocks now{std::chrono::steady_clock::time_point(1h), 1'795'384'749'334};

std::string packed(std::string_view json) {
  std::string out;
  wire::append_base64(out, wire::write_msgpack_value(boost::json::parse(json), parser::packet()));
  return out;
}

}  // namespace

TEST_CASE("a session comes back as it was", "[cluster][streams_session]") {
  session_record record("p1", "s1", {"s1", "red"}, boost::json::parse(R"({"name":"Ann","n":1.5})"), "5-0", "6-1");
  record.credentials_end = now.steady + 90s;
  const std::string text = write_session(record, "/chat", now);
  // An hour later by the wall clock, on a server whose steady clock says something else.
  const two_clocks later{std::chrono::steady_clock::time_point(77h), now.wall_ms + 30'000};
  const auto got = read_session(text, "/chat", later);
  REQUIRE(got);
  CHECK(got->pid == "p1");
  CHECK(got->id == "s1");
  CHECK(got->rooms == record.rooms);
  CHECK(got->data == record.data);
  CHECK(got->since == "5-0");
  CHECK(got->resent == "6-1");
  REQUIRE(got->credentials_end);
  CHECK(*got->credentials_end == later.steady + 60s);
  CHECK_FALSE(read_session(text, "/", later));  // another namespace
}

TEST_CASE("servers of Node read the four keys that they know", "[cluster][streams_session]") {
  const session_record record("p1", "s1", {"s1"}, nullptr, "5-0");
  std::string bytes;
  wire::decode_base64(write_session(record, "/", now), bytes);
  parser::packet got;
  REQUIRE(wire::read_msgpack(bytes, {}, got).has_value());
  const auto& map = got.data->get_object();
  CHECK(map.at("sid") == "s1");
  CHECK(map.at("pid") == "p1");
  CHECK(map.at("rooms") == boost::json::array{"s1"});
  CHECK(map.contains("data"));
  CHECK_FALSE(map.contains("credentialsEnd"));
  CHECK_FALSE(map.contains("resent"));
}

TEST_CASE("a session of Node has no place of its own, and rooms that may be numbers", "[cluster][streams_session]") {
  const auto got = read_session(packed(R"({"sid":"s1","pid":"p1","rooms":["s1",42],"data":{"a":1}})"), "/", now);
  REQUIRE(got);
  CHECK(got->rooms == std::vector<std::string>{"s1", "42"});
  CHECK(got->since.empty());
  CHECK_FALSE(got->credentials_end);
}

TEST_CASE("binary in the data of a session of Node becomes JSON", "[cluster][streams_session]") {
  boost::json::object map;
  map["sid"] = "s1";
  map["pid"] = "p1";
  map["rooms"] = boost::json::array{};
  parser::packet carrier;
  map["data"] = carrier.add(binary(std::string("\x01\x02")));
  std::string text;
  wire::append_base64(text, wire::write_msgpack_value(boost::json::value(map), carrier));
  const auto got = read_session(text, "/", now);
  REQUIRE(got);
  CHECK(got->data == boost::json::parse(R"({"type":"Buffer","data":[1,2]})"));
}

TEST_CASE("binary of a session has a bound, and lies in its data", "[cluster][streams_session]") {
  const auto session_with = [](std::size_t bytes, bool is_elsewhere) {
    boost::json::object map;
    map["sid"] = "s1";
    map["pid"] = "p1";
    map["rooms"] = boost::json::array{};
    parser::packet carrier;
    map["data"] = carrier.add(binary(std::string(bytes, 'x')));
    if (is_elsewhere) map["elsewhere"] = carrier.add(binary(std::string("y")));
    std::string text;
    wire::append_base64(text, wire::write_msgpack_value(boost::json::value(map), carrier));
    return read_session(text, "/", now);
  };
  CHECK(session_with(1'000, false));
  CHECK_FALSE(session_with(1'000, true));
  CHECK_FALSE(session_with(1'000'001, false));
}

TEST_CASE("what is no session is refused whole", "[cluster][streams_session]") {
  CHECK_FALSE(read_session("", "/", now));
  CHECK_FALSE(read_session("!", "/", now));
  for (const char* json :
       {"[]", "{}", R"({"sid":"s","pid":"p"})", R"({"sid":"s","pid":"p","rooms":"all"})",
        R"({"sid":"s","pid":"p","rooms":[{}]})", R"({"sid":1,"pid":"p","rooms":[]})",
        R"({"sid":"s","pid":"p","rooms":[],"credentialsEnd":"never"})",
        R"({"sid":"s","pid":"p","rooms":[],"credentialsEnd":-1})", R"({"sid":"s","pid":"p","rooms":[],"nsp":1})"}) {
    CAPTURE(json);
    CHECK_FALSE(read_session(packed(json), "/", now));
  }
}

TEST_CASE("credentials that have ended stay ended", "[cluster][streams_session]") {
  const auto got = read_session(packed(R"({"sid":"s","pid":"p","rooms":[],"credentialsEnd":1})"), "/", now);
  REQUIRE(got);
  REQUIRE(got->credentials_end);
  CHECK(*got->credentials_end < now.steady);
}

}  // namespace cosio::test
