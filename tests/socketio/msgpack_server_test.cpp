// A server that speaks MessagePack, from its socket to its handlers.

#include <boost/describe/class.hpp>

#include <cosio/cosio.hpp>
#include <cosio/parser.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "wire/hex.hpp"

using namespace cosio::test;

namespace {

struct photo {
  std::string name;
  cosio::binary bytes;
};
BOOST_DESCRIBE_STRUCT(photo, (), (name, bytes))

cosio::options msgpack_options() {
  cosio::options opts = test_options();
  opts.parser = cosio::msgpack_parser();
  return opts;
}

struct echo_server {
  echo_server() : s(msgpack_options()) {
    for (const char* name : {"/", "/custom"}) s.io.of(name).on_connection([this](cosio::socket c) { welcome(c); });
    s.io.of("/auth").use([](cosio::socket& who, cosio::next next) -> cosio::task<> {
      if (!who.handshake().auth().object().contains("token"))
        throw cosio::refusal("not authorized", boost::json::value(401));
      co_await next();
    });
    port = s.start();
  }
  void welcome(cosio::socket c) {
    c.on("message", [c](cosio::arguments all) -> cosio::task<> { co_await c.emit("message-back", all); });
    c.on("ack", [](cosio::arguments all) { return all; });
    c.on("photo", [](photo p) { return photo{p.name + "!", p.bytes}; });
    c.on("all", [c](cosio::arguments all) -> cosio::task<> { co_await c.nsp().emit("all-back", all); });
    c.on_error([this](cosio::socket_error wrong) -> cosio::task<> {
      errors.put(wrong.message());
      co_return;
    });
    c.on_disconnect([this](cosio::reason why) -> cosio::task<> {
      left.put(std::string(why.text()));
      co_return;
    });
  }

  mailbox<> errors, left;
  sio_server s;
  std::uint16_t port = 0;
};

void send(sio_client& c, std::string_view hex) { c.send(sio_message::bytes(from_hex(hex))); }
std::string receive(sio_client& c) { return to_hex(c.receive_bytes()); }

constexpr std::string_view connect = "82 a474797065 00 a36e7370 a12f";

void join(sio_client& c) {
  send(c, connect);
  REQUIRE(receive(c).starts_with("83a47479706500a46461746181a3736964b4"));
}

}  // namespace

TEST_CASE("MessagePack goes to handlers and comes back, on every transport", "[socketio][msgpack]") {
  echo_server server;
  for (const auto over : {sio_settings::transport::websocket, sio_settings::transport::polling}) {
    sio_settings settings;
    settings.over = over;
    sio_client c(server.port, settings);
    join(c);

    // ["message", 1, "é", {"a": [<01>, {"b": <02>}]}], with the options that clients send
    send(c,
         "84 a474797065 02 a464617461 94 a76d657373616765 01 a2c3a9 81 a161 92 c40101 81 a162 c40102"
         "a76f7074696f6e73 81 a8636f6d7072657373 c3 a36e7370 a12f");
    CHECK(receive(c) == to_hex(from_hex("83 a474797065 02 a464617461 94 ac6d6573736167652d6261636b 01 a2c3a9 81 a161 "
                                        "92 c40101 81 a162 c40102 a36e7370 a12f")));

    // an acknowledgement of nothing, of binary, and of a struct with binary in it
    send(c, "84 a474797065 02 a464617461 91 a361636b a26964 00 a36e7370 a12f");
    CHECK(receive(c) == "84a2696400a47479706503a46461746190a36e7370a12f");
    send(c, "84 a474797065 02 a464617461 92 a361636b c40101 a26964 05 a36e7370 a12f");
    CHECK(receive(c) == "84a2696405a47479706503a46461746191c40101a36e7370a12f");
    send(
        c,
        "84 a474797065 02 a464617461 92 a570686f746f 82 a46e616d65 a178 a56279746573 c70101fe a26964 06 a36e7370 a12f");
    send(
        c,
        "84 a474797065 02 a464617461 92 a570686f746f 82 a46e616d65 a178 a56279746573 c7010001 a26964 07 a36e7370 a12f");
    CHECK(server.errors.take().find("bytes") != std::string::npos);  // an extension that is no binary
    CHECK(receive(c) ==
          to_hex(from_hex(
              "84 a26964 07 a474797065 03 a464617461 91 82 a46e616d65 a27821 a56279746573 c40101 a36e7370 a12f")));
  }
}

TEST_CASE("clients of protocol 4 speak MessagePack too", "[socketio][msgpack]") {
  echo_server server;
  sio_settings settings;
  settings.eio = 3;
  for (const auto over : {sio_settings::transport::websocket, sio_settings::transport::polling}) {
    settings.over = over;
    if (over == sio_settings::transport::polling) settings.query = "&b64=1";  // payloads that are text
    sio_client c(server.port, settings);
    CHECK(receive(c) == "82a47479706500a36e7370a12f");
    send(c, "84 a474797065 02 a464617461 92 a361636b c40101 a26964 00 a36e7370 a12f");
    CHECK(receive(c) == "84a2696400a47479706503a46461746191c40101a36e7370a12f");
    send(c, "82 a474797065 00 a36e7370 a7 2f637573746f6d");
    CHECK(receive(c) == "82a47479706500a36e7370a7" + to_hex("/custom"));
    send(c, "82 a474797065 00 a36e7370 a5 2f6e6f7065");
    CHECK(receive(c).starts_with("83a47479706504a36e7370a52f6e6f7065a464617461"));
  }
}

TEST_CASE("namespaces refuse in MessagePack", "[socketio][msgpack]") {
  echo_server server;
  sio_client c(server.port);
  send(c, "82 a474797065 00 a36e7370 a5 2f6e6f7065");
  CHECK(receive(c) == "83a47479706504a36e7370a52f6e6f7065a46461746181a76d657373616765b1" + to_hex("Invalid namespace"));
  send(c, "82 a474797065 00 a36e7370 a5 2f61757468");
  CHECK(receive(c) == "83a47479706504a36e7370a52f61757468a46461746182a76d657373616765ae" + to_hex("not authorized") +
                          "a464617461cd0191");
  send(c, "83 a474797065 00 a464617461 81 a5746f6b656e 01 a36e7370 a5 2f61757468");
  CHECK(receive(c).starts_with("83a47479706500a46461746181a3736964b4"));
}

TEST_CASE("a broadcast reaches clients of both generations", "[socketio][msgpack]") {
  echo_server server;
  sio_settings old_settings;
  old_settings.eio = 3;
  sio_client now(server.port);
  sio_client old(server.port, old_settings);
  join(now);
  receive(old);
  send(now, "83 a474797065 02 a464617461 92 a3616c6c c40101 a36e7370 a12f");
  for (sio_client* c : {&now, &old})
    CHECK(receive(*c) == to_hex(from_hex("83 a474797065 02 a464617461 92 a8616c6c2d6261636b c40101 a36e7370 a12f")));
}

TEST_CASE("what the reference's parser refuses ends the session: forced close", "[socketio][msgpack]") {
  echo_server server;
  struct row {
    std::string_view hex;
    std::string_view message;
  };
  // edge 183
  const row rows[] = {
      {"83 a474797065 05 a464617461 90 a36e7370 a12f", "packet type"},
      {"84 a474797065 02 a464617461 91 a178 a26964 c0 a36e7370 a12f", "payload does not fit"},
      {"84 a474797065 02 a464617461 91 a178 a26964 cb3ff8000000000000 a36e7370 a12f", "payload does not fit"},
      {"82 a474797065 02 a464617461 91 a178", "payload does not fit"},
      {"83 a474797065 00 a464617461 c0 a36e7370 a12f", "payload does not fit"},
      {"83 a474797065 02 a464617461 91 81 a178 01 a36e7370 a12f", "payload does not fit"},
      {"c1", "parser cannot read"}};
  for (const row& r : rows) {
    CAPTURE(r.hex);
    sio_client c(server.port);
    join(c);
    send(c, r.hex);
    CHECK(c.ends());
    CHECK(server.errors.take().find(r.message) != std::string::npos);
    CHECK(server.left.take() == "forced close");
  }
  sio_client c(server.port);
  join(c);
  c.send("2[\"message\"]");  // text
  CHECK(c.ends());
  CHECK(server.left.take() == "forced close");
}

TEST_CASE("small binary values need no message of their own: a hundred go there and back", "[socketio][msgpack]") {
  echo_server server;
  sio_client c(server.port);
  join(c);
  std::string hundred = "dc0064";
  for (int i = 0; i < 100; ++i) hundred += "c401" + to_hex(std::string(1, static_cast<char>(i)));
  send(c, "83 a474797065 02 a464617461 92 a76d657373616765" + hundred + "a36e7370 a12f");
  CHECK(receive(c) == "83a47479706502a46461746192ac" + to_hex("message-back") + hundred + "a36e7370a12f");
}

TEST_CASE("so many binary values that their memory exceeds max_packet_bytes end the session", "[socketio][msgpack]") {
  echo_server server;
  sio_client c(server.port);
  join(c);
  std::string many = "dd00009c40";  // 40,000 of no bytes, in 80 kB
  for (int i = 0; i < 40'000; ++i) many += "c400";
  send(c, "83 a474797065 02 a464617461 92 a76d657373616765" + many + "a36e7370 a12f");
  CHECK(c.ends());
  CHECK(server.left.take() == "forced close");
}

TEST_CASE("binary in the data of CONNECT is kept", "[socketio][msgpack]") {
  mailbox<> tokens;
  sio_server s(msgpack_options());
  s.io.use([&](cosio::socket& who, cosio::next go) -> cosio::task<> {
    const cosio::argument& auth = who.handshake().auth_with_binary();
    const cosio::binary* token = auth.binary_at(auth.value().at("token"));
    tokens.put(token != nullptr ? std::string(token->view()) : "none");
    co_await go();
  });
  const auto port = s.start();
  sio_client c(port);
  send(c, "83 a474797065 00 a464617461 81 a5746f6b656e c403010203 a36e7370 a12f");
  CHECK(tokens.take() == "\x01\x02\x03");
}
