// A view of JSON that a stranger has sent: every path may be missing, or of another type.

#include <cosio/error.hpp>
#include <cosio/handshake.hpp>
#include <cosio/json_view.hpp>

#include <boost/json/parse.hpp>

#include <memory>
#include <optional>
#include <string>

#include "support/catch.hpp"

namespace {

cosio::json_view view(const char* text) {
  return cosio::json_view(std::make_shared<const boost::json::value>(boost::json::parse(text)));
}

// Of the error that a call throws.
template <class F>
std::string detail_of(F call) {
  try {
    call();
  } catch (const cosio::error& e) {
    return e.detail();
  }
  return {};
}

}  // namespace

TEST_CASE("a path into a view is null where there is nothing, and never throws", "[json_view]") {
  const cosio::json_view who = view(R"({"user":{"name":"ann","tags":[1,"two"]}})");
  CHECK(who["user"]["name"] == "ann");
  CHECK(who["user"]["tags"][1] == "two");
  for (const auto& missing : {who["nobody"]["name"], who["user"]["name"]["first"], who["user"]["tags"][7], who[0]})
    CHECK(missing.is_null());
  CHECK(cosio::json_view().is_null());
}

TEST_CASE("members and elements can be walked over, and there are none in a value of another type", "[json_view]") {
  const cosio::json_view who = view(R"({"a":[1,2],"b":"text"})");
  CHECK(who.object().size() == 2);
  CHECK(who["a"].array().size() == 2);
  CHECK(who["a"].object().empty());
  CHECK(who["b"].array().empty());
  CHECK(who["nothing"].object().empty());
}

TEST_CASE("a value is read as a type, or as another one when it does not fit", "[json_view]") {
  const cosio::json_view who = view(R"({"age":7,"name":"ann"})");
  CHECK(who["age"].as<int>() == 7);
  CHECK(who["age"].as_or(1) == 7);
  CHECK(who["name"].as_or(1) == 1);
  CHECK(who["nobody"].as_or(std::string("somebody")) == "somebody");
  CHECK(who["nobody"].as<std::optional<int>>() == std::nullopt);
  CHECK_THROWS_AS(who["name"].as<int>(), cosio::error);
  CHECK(detail_of([&] { who["name"].as<int>(); }) == "the member \"name\" must be an integer, but is a string");
  CHECK(detail_of([&] { who["a"]["missing"].as<int>(); }) == "the member \"missing\" must be an integer, but is null");
  CHECK(detail_of([&] { who[std::string(40, 'x')].as<int>(); }) ==
        "the member \"" + std::string(31, 'x') + "…\" must be an integer, but is null");
  CHECK(detail_of([&] { who.as<int>(); }) == "the value must be an integer, but is an object");
}

TEST_CASE("the auth of a handshake is such a view, which outlives the handshake", "[json_view]") {
  cosio::json_view auth;
  {
    const cosio::handshake shaken;
    auth = shaken.auth();
  }
  CHECK(auth["token"].is_null());
  CHECK(auth.object().empty());
  CHECK(auth.value().is_object());
}

// The compiler must not warn here: GCC 14 does so for a type without the attribute.
TEST_CASE("a reference to the value of a view is valid when the view has gone", "[json_view]") {
  const auto all = view(R"({"user":{"name":"anna"},"list":[1,2]})");
  const auto& user = all["user"].object();
  const auto& list = all["list"].array();
  const auto& name = all["user"]["name"].value();
  CHECK(user.size() == 1);
  CHECK(list.size() == 2);
  CHECK(name == "anna");
}
