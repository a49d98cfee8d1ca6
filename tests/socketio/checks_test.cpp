// Checks of emit(): binary in one event, and data of clients that looks like binary.

#include "socketio/checks.hpp"

#include <boost/json/value.hpp>

#include <cosio/cosio.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/mailbox.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::binary;

namespace {

binary bytes(std::string_view text) { return binary(std::string(text)); }

std::string packet_of(std::size_t attachments, std::string_view head = "") {
  std::string text = "5" + std::to_string(attachments) + "-" + std::string(head) + "[\"all\"";
  for (std::size_t i = 0; i < attachments; ++i) text += R"(,{"_placeholder":true,"num":)" + std::to_string(i) + "}";
  return text + "]";
}

// Relays in three ways what a client sends, and tells what emit() throws.
struct relay {
  explicit relay(const cosio::options& opts = test_options()) : s(opts) {
    s.io.on_connection([this](cosio::socket c) {
      c.on("all", [this, c](cosio::arguments all) -> cosio::task<> {
        try {
          co_await c.nsp().emit("all-back", all);
        } catch (const cosio::error& e) {
          refused.put(e.detail());
        }
      });
      c.on("send", [this, c](int count) -> cosio::task<> {
        const std::vector<binary> many(static_cast<std::size_t>(count), bytes("x"));
        try {
          co_await c.emit("sent", many);
        } catch (const cosio::error& e) {
          refused.put(e.detail());
        }
      });
      c.on("picture", [this, c](boost::json::value text) -> cosio::task<> {
        try {
          co_await c.nsp().emit("picture-back", text, bytes("jpg"));
        } catch (const cosio::error& e) {
          refused.put(e.detail());
        }
      });
      c.on("answer", [](int count) { return std::vector<binary>(static_cast<std::size_t>(count), bytes("x")); });
      c.on_error([this](cosio::socket_error wrong) -> cosio::task<> {
        errors.put(wrong.message());
        co_return;
      });
    });
    port = s.start();
  }

  mailbox<> refused, errors;
  sio_server s;
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("ten attachments are emitted, eleven are refused where they are emitted", "[socketio][checks]") {
  relay house;
  sio_client c(house.port);
  c.join();
  c.send(R"(2["send",10])");
  CHECK(c.receive().starts_with(R"(510-["sent",[{"_placeholder":true,"num":0},)"));
  for (int i = 0; i < 10; ++i) CHECK(c.receive_bytes() == "x");
  c.send(R"(2["send",11])");
  CHECK(
      house.refused.take() ==
      "the arguments of \"sent\" hold 11 attachments, and clients of JavaScript close their connection above 10: send "
      "fewer at once, or raise options.max_attachments (10) if all clients take more");
  c.send(R"(21["answer",11])");
  CHECK(house.errors.take().find("the values of an acknowledgement hold 11 attachments") != std::string::npos);
  c.send(R"(22["answer",1])");
  CHECK(c.receive() == R"(61-2[[{"_placeholder":true,"num":0}]])");  // nothing came before it
}

TEST_CASE("a client that sends more attachments than others take ends alone", "[socketio][checks]") {
  relay house;
  sio_client victim(house.port);
  victim.join();
  {
    sio_client c(house.port);
    c.join();
    c.send(packet_of(11));
    CHECK(c.ends());
  }
  sio_client c(house.port);
  c.join();
  c.send(packet_of(10));
  for (int i = 0; i < 10; ++i) c.send(sio_message::bytes("x"));
  CHECK(victim.receive().starts_with("510-[\"all-back\","));
}

TEST_CASE("an option says that clients take more attachments, or any number", "[socketio][checks]") {
  for (const std::size_t most : {std::size_t{11}, std::size_t{0}}) {
    cosio::options opts = test_options();
    opts.max_attachments = most;
    relay house(opts);
    sio_client c(house.port);
    c.join();
    const std::size_t count = most == 0 ? 1'000 : most;
    c.send(packet_of(count));
    for (std::size_t i = 0; i < count; ++i) c.send(sio_message::bytes("x"));
    CHECK(c.receive().starts_with("5" + std::to_string(count) + "-[\"all-back\","));
  }
}

TEST_CASE("data of a client that looks like binary is not sent on beside binary", "[socketio][checks]") {
  relay house;
  sio_client c(house.port);
  c.join();
  for (const std::string_view forged : {R"({"_placeholder":true,"num":0})",
                                        R"([[{"x":{"num":99,"_placeholder":true}}]])", R"({"_placeholder":true})"}) {
    CAPTURE(forged);
    c.send("2[\"picture\"," + std::string(forged) + "]");
    const std::string why = house.refused.take();
    CHECK(why.find("the arguments of \"picture-back\" hold, beside binary, an object with \"_placeholder\": true") ==
          0);
  }
  c.send(R"(2["picture","\"_placeholder\":true"])");
  CHECK(c.receive() == R"(51-["picture-back","\"_placeholder\":true",{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == "jpg");
  c.send(R"(2["all",{"_placeholder":true,"num":0}])");  // without binary it is data
  CHECK(c.receive() == R"(2["all-back",{"_placeholder":true,"num":0}])");
}
