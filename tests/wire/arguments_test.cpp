// Lists of arguments: what append() does to binary.

#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>

#include <boost/json/parse.hpp>

#include <string_view>

#include "support/catch.hpp"

namespace {

cosio::arguments list(std::string_view json, std::vector<cosio::binary> attachments = {}) {
  return cosio::arguments(boost::json::parse(json).as_array(), std::move(attachments));
}

cosio::binary bytes(std::string_view text) { return cosio::binary(std::string(text)); }

}  // namespace

TEST_CASE("a value taken from another list keeps its binary, at any depth", "[wire][arguments]") {
  const auto first = list(R"([{"_placeholder":true,"num":0}])", {bytes("one")});
  const auto second = list(R"(["x",[{"b":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]])",
                           {bytes("two"), bytes("three")});

  cosio::arguments all;
  all.append(first, 0);
  all.append(second, 1);

  REQUIRE(all.size() == 2);
  CHECK(all.get<cosio::binary>(0) == bytes("one"));
  const auto data = cosio::detail::encode_answer(all);
  CHECK(data.json() ==
        R"([{"_placeholder":true,"num":0},[{"b":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":2}]])");
  REQUIRE(data.attachments().size() == 3);
  CHECK(data.attachments()[1] == bytes("three"));
  CHECK(data.attachments()[2] == bytes("two"));
}

TEST_CASE("a value that only looks like a placeholder is appended as it is", "[wire][arguments]") {
  for (const char* json : {R"([{"_placeholder":true,"num":1}])", R"([{"_placeholder":true,"num":7}])"}) {
    CAPTURE(json);
    const auto lookalike = list(json, {bytes("x")});
    cosio::arguments all = list(R"([{"_placeholder":true,"num":0}])", {bytes("y")});
    all.append(lookalike, 0);
    CHECK(all[1] == lookalike[0]);
  }
}

TEST_CASE("appending beyond the end of a list appends null", "[wire][arguments]") {
  cosio::arguments all;
  all.append(cosio::arguments(), 0);
  REQUIRE(all.size() == 1);
  CHECK(all[0].is_null());
}

TEST_CASE("a list may append a value of its own", "[wire][arguments]") {
  cosio::arguments all = list(R"([{"_placeholder":true,"num":0}])", {bytes("x")});
  all.append(all, 0);
  REQUIRE(all.size() == 2);
  CHECK(all.get<cosio::binary>(1) == bytes("x"));
}

TEST_CASE("a value takes along the binary that it names, and no other", "[wire][arguments]") {
  const auto many = list(R"([{"_placeholder":true,"num":0},1,[{"_placeholder":true,"num":2}]])",
                         {bytes("a"), bytes("b"), bytes("c")});
  cosio::arguments all;
  for (std::size_t i = 0; i < many.size(); ++i) all.append(many, i);
  CHECK(all.attachments() == std::vector<cosio::binary>{bytes("a"), bytes("c")});
  CHECK(all.values() == boost::json::parse(R"([{"_placeholder":true,"num":0},1,[{"_placeholder":true,"num":1}]])"));
}
