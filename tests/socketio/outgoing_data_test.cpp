// Emitted data is encoded as it is at that moment, stays the caller's, and is sent whole or not at all.

#include <boost/json/value.hpp>

#include <cosio/cosio.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_server.hpp"
#include "support/websocket_client.hpp"

using namespace cosio::test;
namespace json = boost::json;

namespace {

cosio::binary bytes(std::string_view text) { return cosio::binary(std::string(text)); }

}  // namespace

// edge 178
TEST_CASE("binary is found at any depth, beside nulls and empty things", "[socketio][outgoing_data]") {
  using deep = std::map<std::string, std::vector<std::optional<cosio::binary>>>;
  const deep value = {{"a", {std::nullopt, bytes("1"), std::nullopt}}, {"b", {}}, {"c", {bytes("2")}}};
  const auto data = cosio::detail::encode_event("e", nullptr, value, json::value(nullptr), json::object());
  CHECK(
      data.json() ==
      R"(["e",null,{"a":[null,{"_placeholder":true,"num":0},null],"b":[],"c":[{"_placeholder":true,"num":1}]},null,{}])");
  REQUIRE(data.attachments().size() == 2);
  CHECK(data.attachments()[1] == bytes("2"));
}

// edge 179
TEST_CASE("encoding leaves the caller's data as it was", "[socketio][outgoing_data]") {
  const std::vector<cosio::binary> list = {bytes("one"), bytes("two")};
  const json::value value = {{"k", {1, nullptr, {{"deep", "text"}}}}};
  const json::value before = value;
  const auto data = cosio::detail::encode_event("e", list, value);
  CHECK(data.attachments().size() == 2);
  CHECK(list[0] == bytes("one"));
  CHECK(list[1] == bytes("two"));
  CHECK(value == before);
}

// edge 180
// Values here are trees: there is nothing circular to be found. What cannot be sent as was asked throws in the same
// way, and nothing goes out.
TEST_CASE("an emission that cannot be encoded throws, and nothing is sent", "[socketio][outgoing_data]") {
  mailbox<std::string> outcome;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) -> cosio::task<> {
    std::string problem = "none";
    try {
      co_await c.binary(false).emit("bad", bytes("x"));
    } catch (const cosio::error& e) {
      problem = e.code() == cosio::errc::bad_argument ? "bad argument" : e.what();
    }
    co_await c.emit("good", 1);
    outcome.put(problem);
  });
  websocket_client ws(s.start(), "/socket.io/?EIO=4&transport=websocket");
  CHECK(ws.text().starts_with("0{"));
  ws.send_text("40");
  CHECK(ws.text().starts_with("40{"));
  CHECK(ws.text() == R"(42["good",1])");
  CHECK(outcome.take() == "bad argument");
}
