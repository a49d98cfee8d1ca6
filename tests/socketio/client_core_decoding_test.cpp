// Packets of one session to its sockets: decoding, and the packets that end the session.

#include "socketio/client_core.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/cosio.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/memory_stream.hpp"
#include "http/app_state.hpp"
#include "socketio/client_core_helpers.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/world.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

// ---------------------------------------------------------------- what is decoded

TEST_CASE("events, acknowledgements and binary come back as they went", "[socketio][client_core]") {
  echo_server server;
  for (const auto over : {sio_settings::transport::websocket, sio_settings::transport::polling}) {
    sio_settings settings;
    settings.over = over;
    sio_client c(server.port, settings);
    c.join();

    c.send(R"(2["message",1,"2",{"3":[true]}])");  // edge 222
    CHECK(c.receive() == R"(2["message-back",1,"2",{"3":[true]}])");

    c.send({R"(52-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",  // edge 223
            sio_message::bytes("\x01\x02\x03"), sio_message::bytes("\x04\x05\x06")});
    CHECK(c.receive() == R"(52-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
    CHECK(c.receive_bytes() == "\x01\x02\x03");
    CHECK(c.receive_bytes() == "\x04\x05\x06");

    c.send(R"(2456["message-with-ack",1,"2",{"3":[false]}])");  // edge 224
    CHECK(c.receive() == R"(3456[1,"2",{"3":[false]}])");

    c.send({R"(51-789["message-with-ack",{"a":{"_placeholder":true,"num":0}}])", sio_message::bytes("x")});  // edge 225
    CHECK(c.receive() == R"(61-789[{"a":{"_placeholder":true,"num":0}}])");
    CHECK(c.receive_bytes() == "x");
  }
}

TEST_CASE("irregular packets that the protocol allows", "[socketio][client_core]") {
  echo_server server;
  sio_client c(server.port);
  c.join();
  struct row {
    std::string_view sent;
    std::string_view got;
  };
  const row rows[] = {
      {R"(2007["message-with-ack"])", "37[]"},                                                        // edge 173
      {R"(2/,["message","x"])", R"(2["message-back","x"])"},                                          // edge 176
      {R"(2/,5["message-with-ack"])", "35[]"},                                                        // edge 176
      {R"(2["message",{"a":1,"a":2,"__proto__":3}])", R"(2["message-back",{"a":2,"__proto__":3}])"},  // edge 177
      {R"(2["message",null])", R"(2["message-back",null])"},                                          // edge 253
      {R"(2["message",{"_placeholder":true,"num":0}])",
       R"(2["message-back",{"_placeholder":true,"num":0}])"},  // edge 170
      {"2[1,\"a\"]", R"(2["got","1","a"])"},                   // edge 161
      {"2[1.5]", R"(2["got","1.5"])"},                         // edge 161
      {"2[\"error\",1]", R"(2["got","error",1])"},             // edge 160
      {"2[\"message\"] \n", R"(2["message-back"])"},
      {R"(2["message",1e400,12345678901234567890123])", R"(2["message-back",null,1.2345678901234568e+22])"},
      {R"(2["message","\ud83d"])", "2[\"message-back\",\"\xef\xbf\xbd\"]"}};
  for (const row& r : rows) {
    CAPTURE(r.sent);
    c.send(std::string(r.sent));
    CHECK(c.receive() == r.got);
  }
}

TEST_CASE("acknowledgements that nobody waits for are ignored", "[socketio][client_core]") {  // edge 227
  echo_server server;
  sio_client c(server.port);
  c.join();
  c.send({"3[]", "3999[1]", "3999[1]", "30", "361234567890[]", R"(2["message"])"});
  CHECK(c.receive() == R"(2["message-back"])");
}

TEST_CASE("placeholders name attachments in any order", "[socketio][client_core]") {  // edge 169
  echo_server server;
  sio_client c(server.port);
  c.join();
  c.send({R"(53-["message",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])", sio_message::bytes("zero"),
          sio_message::bytes("one"), sio_message::bytes("never named")});
  CHECK(c.receive() == R"(52-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  CHECK(c.receive_bytes() == "one");
  CHECK(c.receive_bytes() == "zero");
}

TEST_CASE("an attachment that is named twice ends the session of its client, not of others",
          "[socketio][client_core]") {  // edge 169
  echo_server server;
  sio_client c(server.port);
  c.join();
  c.send({R"(52-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}])", sio_message::bytes("x"),
          sio_message::bytes("y")});
  CHECK(c.ends());
  CHECK(server.left.take() == "forced close");
  CHECK(server.errors.take() == "invalid packet: placeholder that names no attachment");
}

TEST_CASE("heartbeats may come between a packet and its attachments", "[socketio][client_core]") {  // edge 171
  echo_server server;
  sio_client c(server.port);
  c.join();
  c.send(R"(51-["message",{"_placeholder":true,"num":0}])");
  c.send_engine("3");
  c.send(sio_message::bytes("x"));
  CHECK(c.receive() == R"(51-["message-back",{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == "x");
}

TEST_CASE("ten attachments are taken, one more is too many", "[socketio][client_core]") {  // edge 165
  echo_server server;
  {
    sio_client c(server.port);
    c.join();
    c.send(R"(510-["message-with-ack"])");
    for (int i = 0; i < 10; ++i) c.send(sio_message::bytes("x"));
    c.send(R"(21["message-with-ack"])");
    CHECK(c.receive() == "31[]");
  }
  CHECK(server.left.take() == "transport close");
  sio_client c(server.port);
  c.join();
  c.send(R"(511-["message"])");
  CHECK(c.ends());
  CHECK(server.left.take() == "forced close");
}

TEST_CASE("several megabytes go there and back", "[socketio][client_core]") {  // edge 255
  cosio::options opts = test_options();
  opts.max_payload = 10'000'000;
  echo_server server(opts);
  sio_client c(server.port);
  c.join();
  const std::string text(3'000'000, 'x');
  c.send("2[\"message\",\"" + text + "\"]");
  CHECK(c.receive() == "2[\"message-back\",\"" + text + "\"]");
  c.send({R"(51-["message",{"_placeholder":true,"num":0}])", sio_message::bytes(text)});
  CHECK(c.receive() == R"(51-["message-back",{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == text);
}

// ---------------------------------------------------------------- what ends the session

TEST_CASE("packets that cannot be read end the session: forced close, and the reason is told",
          "[socketio][client_core]") {
  echo_server server;
  struct row {
    std::string_view packet;
    std::string_view message;
  };
  const row rows[] = {{"abc", "unknown packet type"},                                    // edge 155
                      {"7", "unknown packet type"},                                      // edge 155
                      {"9", "unknown packet type"},                                      // edge 155
                      {"", "empty Engine.IO packet"},                                    // edge 181
                      {"2", "payload does not fit the packet type"},                     // edge 158
                      {"2{}", "payload does not fit the packet type"},                   // edge 156
                      {"2[]", "payload does not fit the packet type"},                   // edge 156
                      {"2[null]", "payload does not fit the packet type"},               // edge 156
                      {"2[true]", "payload does not fit the packet type"},               // edge 156
                      {R"(2[{"toString":1}])", "payload does not fit the packet type"},  // edge 156
                      {"2[\"a\"", "payload is not JSON"},                                // edge 156
                      {"2[\"a\"]x", "payload is not JSON"},                              // edge 156
                      {"2abc[\"x\"]", "payload is not JSON"},                            // edge 157
                      {"2[\"connect\"]", "reserved event name"},                         // edge 159
                      {"2[\"connect_error\"]", "reserved event name"},                   // edge 159
                      {"2[\"disconnect\"]", "reserved event name"},                      // edge 159
                      {"2[\"disconnecting\"]", "reserved event name"},                   // edge 159
                      {"2[\"newListener\"]", "reserved event name"},                     // edge 159
                      {"2[\"removeListener\"]", "reserved event name"},                  // edge 159
                      {"0/custom,[]", "payload does not fit the packet type"},           // edge 162
                      {"0/custom,\"x\"", "payload does not fit the packet type"},        // edge 162
                      {"0/custom,null", "payload does not fit the packet type"},         // edge 162
                      {"1{}", "payload does not fit the packet type"},                   // edge 163
                      {"3{}", "payload does not fit the packet type"},
                      {"5", "attachment count is missing, zero or no number"},              // edge 164
                      {"51", "attachment count is missing, zero or no number"},             // edge 164
                      {"5-[\"a\"]", "attachment count is missing, zero or no number"},      // edge 164
                      {"5a-[\"a\"]", "attachment count is missing, zero or no number"},     // edge 164
                      {"51.23-[\"a\"]", "attachment count is missing, zero or no number"},  // edge 164
                      {"5-1-[\"a\"]", "attachment count is missing, zero or no number"},    // edge 164
                      {"50-[\"a\"]", "attachment count is missing, zero or no number"},     // edge 164
                      {"511111111111111111111-[\"a\"]", "too many attachments, or too many bytes in them"},
                      {"2-1[\"x\"]", "payload is not JSON"},                    // edge 174
                      {"21.5[\"x\"]", "payload is not JSON"},                   // edge 174
                      {"21e3[\"x\"]", "payload is not JSON"},                   // edge 174
                      {"2 [\"x\"]", "payload does not fit the packet type"},    // edge 175
                      {"2 12[\"x\"]", "payload does not fit the packet type"},  // edge 175
                      {"299999999999999999999[\"x\"]", "payload does not fit the packet type"}};
  for (const row& r : rows) {
    CAPTURE(r.packet);
    sio_client c(server.port);
    c.join();
    c.send(std::string(r.packet));
    CHECK(c.ends());
    CHECK(server.errors.take() == "invalid packet: " + std::string(r.message));
    CHECK(server.left.take() == "forced close");
  }
}

TEST_CASE("attachments that do not fit end the session", "[socketio][client_core]") {
  echo_server server;
  const auto ended_by = [&](std::initializer_list<sio_message> packets) {
    sio_client c(server.port);
    c.join();
    c.send(packets);
    CHECK(c.ends());
    CHECK(server.left.take() == "forced close");
    return server.errors.take();
  };
  const auto one = sio_message::bytes("x");
  CHECK(ended_by({R"(51-["a",{"_placeholder":true,"num":0}])", R"(2["b"])"}) ==
        "invalid packet: text packet while attachments are awaited");                                   // edge 166
  CHECK(ended_by({one}) == "invalid packet: binary packet that belongs to no text packet");             // edge 167
  for (const char* num : {"\"0\"", "1", "-1", "0.5", "null", "18446744073709551615", "1e300", "{}"}) {  // edge 168
    CAPTURE(num);
    CHECK(ended_by({"51-[\"a\",{\"_placeholder\":true,\"num\":" + std::string(num) + "}]", one}) ==
          "invalid packet: placeholder that names no attachment");
  }
  CHECK(ended_by({R"(51-["a",{"_placeholder":true}])", one}) == "invalid packet: placeholder that names no attachment");
}

TEST_CASE("packets that break the rules end the session without an error on the socket", "[socketio][client_core]") {
  echo_server server;
  for (const char* packet : {"4", R"(4{"message":"x"})", "4/custom,{}",                              // edge 182
                             R"(2/custom,["x"])", "3/custom,1[]", "1/custom", R"(2/nope,["x"])"}) {  // edge 190, 193
    CAPTURE(packet);
    sio_client c(server.port);
    c.join();
    c.send(packet);
    CHECK(c.ends());
    CHECK(server.left.take() == "forced close");
    CHECK(server.errors.empty());
  }
}

TEST_CASE("before a namespace is joined only CONNECT is accepted", "[socketio][client_core]") {  // edge 190
  echo_server server;
  for (const sio_message& packet :
       {sio_message(R"(2["message"])"), sio_message("31[]"), sio_message("1"),
        sio_message(R"(51-["message",{"_placeholder":true,"num":0}])"), sio_message::bytes("x")}) {
    CAPTURE(packet.data);
    sio_client c(server.port);
    c.send(packet);
    CHECK(c.ends());
  }
}

TEST_CASE("a packet that comes with the CONNECT that it needs is premature", "[socketio][client_core]") {  // edge 191
  echo_server server;
  {
    sio_client c(server.port);
    c.send({"0", R"(2["message"])"});
    for (const std::string& packet : c.receive_to_end()) CHECK(packet.find("message-back") == std::string::npos);
  }
  sio_client c(server.port, polling());
  c.send({"0", R"(2["message"])"});
  for (const std::string& packet : c.receive_to_end()) CHECK(packet.find("message-back") == std::string::npos);
}

TEST_CASE("a broken rule on polling ends with a reason of its own", "[socketio][client_core]") {  // edge 260
  echo_server server;
  SECTION("without a GET the close waits for the next one") {
    sio_client c(server.port, polling());
    c.join();
    c.send("2{}");
    CHECK(server.left.take() == "forced server close");
    CHECK(c.ends());
  }
  SECTION("with a GET it is at once") {
    sio_client c(server.port, polling());
    c.join();
    c.start_poll();
    const auto here = server.s.run(server.s.io.sockets().connected());
    const auto session = here.begin()->second.conn();
    c.send(R"(21["message-with-ack"])");
    CHECK(c.receive() == "31[]");
    c.start_poll();
    CHECK(eventually([&] { return session.internals()->buffered() == 0; }));
    c.send("2{}");
    CHECK(c.ends());
    CHECK_FALSE(server.left.take().empty());
  }
}

TEST_CASE("a large string that no client may send ends only that client", "[socketio][client_core]") {
  echo_server server;
  for (const bool joined : {false, true}) {
    sio_client c(server.port);
    if (joined) c.join();
    c.send("4\"" + std::string(500'000, 'x') + "\"");  // it is read, refused, and its memory given back, in this order
    CHECK(c.ends());
  }
  sio_client other(server.port);
  other.join();
  other.send(R"(2["message"])");
  CHECK(other.receive() == R"(2["message-back"])");
}

TEST_CASE("a connection that is lost between attachments leaves nothing behind",
          "[socketio][client_core]") {  // edge 172
  echo_server server;
  {
    sio_client c(server.port);
    c.join();
    c.send({R"(52-["message",{"_placeholder":true,"num":0}])", sio_message::bytes("x")});
    c.drop();
  }
  CHECK(server.left.take() == "transport close");
  sio_client c(server.port);
  c.join();
  c.send(R"(2["message"])");
  CHECK(c.receive() == R"(2["message-back"])");
}

TEST_CASE("a packet's bytes are limited, attachments and text together", "[socketio][client_core]") {
  cosio::options opts = test_options();
  opts.max_packet_bytes = 1'000;
  echo_server server(opts);
  sio_client c(server.port);
  c.join();
  c.send({R"(52-["message",{"_placeholder":true,"num":0}])", sio_message::bytes(std::string(600, 'x')),
          sio_message::bytes(std::string(600, 'x'))});
  CHECK(c.ends());
  CHECK(server.errors.take() == "invalid packet: too many attachments, or too many bytes in them");
}

TEST_CASE("the depth of JSON is limited", "[socketio][client_core]") {
  echo_server server;
  sio_client c(server.port);
  c.join();
  const std::string deep = std::string(1'000, '[') + std::string(1'000, ']');
  c.send("2[\"message\"," + deep + "]");
  CHECK(c.receive() == "2[\"message-back\"," + deep + "]");
  c.send("2[\"message\"," + std::string(100'000, '[') + "]");
  CHECK(c.ends());
  CHECK(server.errors.take() == "invalid packet: JSON nested too deeply");
}
