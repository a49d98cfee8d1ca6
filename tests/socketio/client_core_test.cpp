// Packets of one session to its sockets: what is decoded, what ends the session, and the order of events.

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
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/world.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// Sends back what it gets, and tells the test what goes wrong and why clients leave.
struct echo_server {
  explicit echo_server(cosio::options opts = test_options()) : s(std::move(opts)) {
    for (const char* name : {"/", "/custom"}) s.io.of(name).on_connection([this](cosio::socket c) { welcome(c); });
    port = s.start();
  }
  void welcome(cosio::socket c) {
    c.on("message", [c](cosio::arguments all) -> cosio::task<> { co_await c.emit("message-back", all); });
    c.on("message-with-ack", [](cosio::arguments all) { return all; });
    for (const char* name : {"1", "1.5", "error"}) {
      c.on(name, [c, name](cosio::arguments all) -> cosio::task<> { co_await c.emit("got", name, all); });
    }
    c.on_error([this](cosio::socket_error wrong) -> cosio::task<> {
      errors.put(wrong.message());
      co_return;
    });
    c.on_disconnect([this](cosio::reason why) -> cosio::task<> {
      left.put(std::string(why.text()));
      co_return;
    });
  }

  mailbox<> errors;
  mailbox<> left;
  sio_server s;
  std::uint16_t port = 0;
};

sio_settings polling() {
  sio_settings settings;
  settings.over = sio_settings::transport::polling;
  return settings;
}

}  // namespace

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

TEST_CASE("placeholders name attachments in any order, and more than once", "[socketio][client_core]") {  // edge 169
  echo_server server;
  sio_client c(server.port);
  c.join();
  c.send({R"(53-["message",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
          sio_message::bytes("zero"), sio_message::bytes("one"), sio_message::bytes("never named")});
  CHECK(
      c.receive() ==
      R"(53-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}])");
  CHECK(c.receive_bytes() == "one");
  CHECK(c.receive_bytes() == "zero");
  CHECK(c.receive_bytes() == "one");
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

TEST_CASE("sixty-four attachments are taken, one more is too many", "[socketio][client_core]") {  // edge 165
  echo_server server;
  {
    sio_client c(server.port);
    c.join();
    c.send(R"(564-["message-with-ack"])");
    for (int i = 0; i < 64; ++i) c.send(sio_message::bytes("x"));
    c.send(R"(21["message-with-ack"])");
    CHECK(c.receive() == "31[]");
  }
  CHECK(server.left.take() == "transport close");
  sio_client c(server.port);
  c.join();
  c.send(R"(565-["message"])");
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
                             "0", R"(0{"a":1})",                                                     // edge 189
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

// ---------------------------------------------------------------- the order of events

TEST_CASE("events of one client are handled in their order", "[socketio][client_core]") {  // edge 254
  mailbox<int> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("n", [&](int n) { got.put(n); });
    c.on("m", [&](int n) -> cosio::task<> {
      got.put(n);
      co_return;
    });
  });
  sio_client c(s.start());
  c.join();
  for (int i = 0; i < 200; i += 2)
    c.send({"2[\"n\"," + std::to_string(i) + "]", "2[\"m\"," + std::to_string(i + 1) + "]"});
  for (int i = 0; i < 200; ++i) CHECK(got.take() == i);
}

TEST_CASE("a DISCONNECT undoes the events that came with it", "[socketio][client_core]") {  // edge 251
  mailbox<> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("e", [&] { got.put("e"); });
    c.on_disconnect([&](cosio::reason why) -> cosio::task<> {
      got.put(std::string(why.text()));
      co_return;
    });
  });
  const auto port = s.start();
  sio_client c(port);
  c.join();
  c.send({R"(2["e"])", "1"});
  CHECK(got.take() == "client namespace disconnect");
  c.join();
  c.send(R"(2["e"])");
  CHECK(got.take() == "e");
}

TEST_CASE("an event is handled although the connection ends right behind it", "[socketio][client_core]") {  // edge 252
  mailbox<> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("e", [&] { got.put("e"); });
    c.on_disconnect([&](cosio::reason why) -> cosio::task<> {
      got.put(std::string(why.text()));
      co_return;
    });
  });
  const auto port = s.start();
  for (int i = 0; i < 20; ++i) {
    sio_client c(port);
    c.join();
    c.send(R"(2["e"])");
    if (i % 2 == 0) c.close();
    c.drop();
    CHECK(got.take() == "e");
    CHECK(got.take() == "transport close");
  }
}

TEST_CASE("handlers that wait do not keep others from starting, in the order of the packets",
          "[socketio][client_core]") {
  mailbox<> got;
  cosio::test::pause here;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("slow", [&](int n) -> cosio::task<int> {
      got.put("start " + std::to_string(n));
      co_await here.wait();
      co_return n;
    });
    c.on("quick", [&](int n) {
      got.put("quick " + std::to_string(n));
      return n;
    });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(20["slow",0])", R"(21["quick",1])", R"(22["slow",2])", R"(23["quick",3])", R"(24["slow",4])"});
  for (const char* step : {"start 0", "quick 1", "start 2", "quick 3", "start 4"}) CHECK(got.take() == step);
  CHECK(c.receive() == "31[1]");
  CHECK(c.receive() == "33[3]");
  const auto first = here.arrival();
  here.go();
  CHECK(c.receive() == "32[2]");
  first->end();
  CHECK(c.receive() == "30[0]");
  here.go();
  CHECK(c.receive() == "34[4]");
}

TEST_CASE("a handler is on its client's strand, whatever it has awaited", "[socketio][client_core]") {
  mailbox<> steps;
  mailbox<cosio::socket> others;
  sio_server s(test_options(2));
  s.io.of("/other").on_connection([&](cosio::socket c) { others.put(c); });
  s.io.on_connection([&](cosio::socket c) {
    const auto here = [&steps, c](const std::string& after) {
      const bool own = c.conn().internals()->get_strand().running_in_this_thread();
      steps.put(after + (own ? "" : ", elsewhere"));
    };
    c.on("go", [&, c, here]() -> cosio::task<> {
      here("start");
      const auto executor = co_await boost::asio::this_coro::executor;
      co_await c.join("room");
      here("join");
      co_await c.nsp().emit("broadcast");
      here("broadcast");
      co_await c.nsp().fetch_sockets();
      here("fetch");
      co_await c.emit_with_ack("question");
      here("answer");
      co_await c.once("event");
      here("event");
      boost::asio::steady_timer timer(executor, 1ms);
      co_await timer.async_wait(boost::asio::use_awaitable);
      here("timer");
      const cosio::socket other = others.take();
      co_await other.disconnect();  // on another client's strand
      here("another's end");
      co_await c.disconnected();
      here("end");
    });
  });
  const auto port = s.start();
  sio_client other(port);
  other.join("/other");
  sio_client c(port);
  c.join();
  c.send(R"(2["go"])");
  for (const char* step : {"start", "join", "broadcast", "fetch"}) CHECK(steps.take() == step);
  CHECK(c.receive() == R"(2["broadcast"])");
  CHECK(c.receive() == R"(20["question"])");
  c.send({"30[]", R"(2["event"])"});
  for (const char* step : {"answer", "event", "timer", "another's end"}) CHECK(steps.take() == step);
  c.drop();
  CHECK(steps.take() == "end");
}

TEST_CASE("handlers of one client never run at the same time, those of different clients do",
          "[socketio][client_core]") {
  mailbox<> said;
  std::atomic<int> together{0};
  sio_server s(test_options(2));
  const auto serve = [&](cosio::socket c) {
    c.on("alone", [&, c] {
      const int others = together++;
      for (int i = 0; i < 5; ++i) std::this_thread::yield();
      --together;
      const bool own = c.conn().internals()->get_strand().running_in_this_thread();
      said.put(others == 0 && own ? "alone" : "not alone");
    });
    c.on("meet", [&] {
      ++together;
      said.put(eventually([&] { return together == 2; }) ? "met" : "nobody came");
    });
  };
  s.io.on_connection(serve);
  s.io.of("/other").on_connection(serve);
  const auto port = s.start();
  sio_client a(port);
  a.join();
  a.join("/other");
  for (int i = 0; i < 20; ++i) a.send({R"(2["alone"])", R"(2/other,["alone"])"});
  for (int i = 0; i < 40; ++i) CHECK(said.take() == "alone");
  sio_client b(port);
  b.join();
  a.send(R"(2["meet"])");
  b.send(R"(2["meet"])");
  CHECK(said.take() == "met");
  CHECK(said.take() == "met");
}

TEST_CASE("several listeners of one event start in their order", "[socketio][client_core]") {
  mailbox<> got;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("e", [&] { got.put("first"); });
    c.on("e", [&]() -> cosio::task<> {
      got.put("second");
      co_return;
    });
    c.prepend_listener("e", [&] { got.put("zeroth"); });
    c.once("e", [&] { got.put("once"); });
    c.on("done", [&] { got.put("done"); });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(2["e"])", R"(2["e"])", R"(2["done"])"});
  for (const char* step : {"zeroth", "first", "second", "once", "zeroth", "first", "second", "done"})
    CHECK(got.take() == step);
}

// ---------------------------------------------------------------- handlers in flight

TEST_CASE("with all handlers busy reading pauses, heartbeats are not held against the client, and it goes on",
          "[socketio][client_core]") {
  mailbox<int> started;
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.max_handlers_in_flight = 2;
  opts.ping_interval = 30ms;
  opts.ping_timeout = 30ms;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on("slow", [&](int n) -> cosio::task<int> {
      started.put(n);
      co_await here.wait();
      co_return n;
    });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(20["slow",0])", R"(21["slow",1])", R"(22["slow",2])", R"(23["slow",3])", R"(24["slow",4])"});
  CHECK(started.take() == 0);
  CHECK(started.take() == 1);
  const auto first = here.arrival();
  // Far longer than a client may be silent; its pongs are there, but nobody reads them.
  const auto until = std::chrono::steady_clock::now() + 300ms;
  CHECK(eventually([&] { return std::chrono::steady_clock::now() > until; }));
  CHECK(started.empty());
  first->end();
  CHECK(c.receive() == "30[0]");
  CHECK(started.take() == 2);
  for (const char* answer : {"31[1]", "32[2]", "33[3]", "34[4]"}) {
    here.go();
    CHECK(c.receive() == answer);
  }
  c.send(R"(25["slow",5])");
  here.go();
  CHECK(c.receive() == "35[5]");
}

TEST_CASE("a POST is answered when there is room for what it brought", "[socketio][client_core]") {
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.max_handlers_in_flight = 1;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on("slow", [&](int n) -> cosio::task<int> {
      co_await here.wait();
      co_return n;
    });
  });
  sio_client c(s.start(), polling());
  c.join();
  std::thread poster([&] { c.send({R"(20["slow",0])", R"(21["slow",1])", R"(22["slow",2])"}); });
  for (int i = 0; i < 3; ++i) here.go();
  poster.join();
  std::vector<std::string> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(c.receive());
  CHECK(answers == std::vector<std::string>{"30[0]", "31[1]", "32[2]"});
}

TEST_CASE("what no handler may be started for is not read, and its POST is not answered before there is room",
          "[socketio][client_core]") {
  const bool sequential = GENERATE(false, true);
  CAPTURE(sequential);
  cosio::test::pause here;
  std::vector<int> started;
  cosio::options opts = test_options();
  opts.max_handlers_in_flight = 2;
  if (sequential) opts.handlers = cosio::handler_order::sequential;
  world w;
  const auto state = std::make_shared<cosio::http::app::state>(w.take_runtime(), cosio::http::app_options());
  cosio::http::app app(state);
  const cosio::server io(app, opts);
  io.on_connection([&](cosio::socket c) {
    c.on("n", [&](int n) -> cosio::task<> {
      started.push_back(n);
      co_await here.wait();
    });
  });
  cosio::async::memory_streams pair;
  state->serve(std::move(pair.near));
  memory_client client(w, std::move(pair.far));
  const std::string handshake = "/socket.io/?EIO=4&transport=polling";
  const std::string target = handshake + "&sid=" + text_member(client.ask(get(handshake)).body, "sid");
  CHECK(client.ask(post(target, "40")).body == "ok");
  client.send(post(target,
                   "42[\"n\",0]\x1e"
                   "42[\"n\",1]\x1e"
                   "42[\"n\",2]\x1e"
                   "42[\"n\",3]"));
  CHECK(started == (sequential ? std::vector<int>{0} : std::vector<int>{0, 1}));
  // One at a time, two events wait in line, and the last for a place there; else two wait for a handler.
  for (int left = sequential ? 1 : 2; left > 0; --left) {
    CHECK_FALSE(client.answer());
    here.go();
    w.settle();
  }
  CHECK(client.answer().value().body == "ok");
  while (!here.empty()) {
    here.go();
    w.settle();
  }
  CHECK(started == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("a client that leaves while reading pauses takes its waiting events along", "[socketio][client_core]") {
  mailbox<int> started;
  mailbox<> left;
  cosio::test::pause here;
  cosio::options opts = test_options();
  opts.max_handlers_in_flight = 1;
  sio_server s(opts);
  s.io.on_connection([&](cosio::socket c) {
    c.on("slow", [&](int n) -> cosio::task<> {
      started.put(n);
      co_await here.wait();
    });
    c.on_disconnect([&](cosio::reason why) -> cosio::task<> {
      left.put(std::string(why.text()));
      co_return;
    });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(2["slow",0])", R"(2["slow",1])", R"(2["slow",2])"});
  CHECK(started.take() == 0);
  const auto here_now = s.run(s.io.sockets().connected());
  const auto only = here_now.begin()->second;
  s.run(only.disconnect(true));
  CHECK(left.take() == "server namespace disconnect");
  here.go();
  CHECK(c.receive() == "1");
  CHECK(c.ends());
  CHECK(started.empty());
}

TEST_CASE("a handler that awaits its own client's answer does not keep it from being read", "[socketio][client_core]") {
  sio_server s;
  s.io.on_connection([&](cosio::socket c) {
    c.on("ask", [c]() -> cosio::task<std::string> {
      const std::string answer = co_await c.emit_with_ack<std::string>("question", 1);
      co_return answer + "!";
    });
  });
  sio_client c(s.start());
  c.join();
  c.send({R"(20["ask"])", R"(21["ask"])"});
  CHECK(c.receive() == R"(20["question",1])");
  CHECK(c.receive() == R"(21["question",1])");
  c.send({R"(31["second"])", R"(30["first"])"});
  CHECK(c.receive() == R"(31["second!"])");
  CHECK(c.receive() == R"(30["first!"])");
}

TEST_CASE("what an event's handler throws ends the handler, not the client", "[socketio][client_core]") {
  cosio::test::pause here;
  echo_server server;
  server.s.io.on_connection([&](cosio::socket c) {
    c.on("throw", [&](bool later) -> cosio::task<> {
      if (later) co_await here.wait();
      throw std::runtime_error("handler failed");
    });
    c.on("plain", [] { throw 42; });
    c.on("typed", [](int) {});
    c.on_any([](std::string event, cosio::arguments) -> cosio::task<> {
      if (event == "any") throw std::runtime_error("catch-all failed");
      return cosio::ack()();
    });
  });
  sio_client c(server.port);
  c.join();
  c.send({R"(2["throw",true])", R"(2["throw",false])", R"(2["plain"])", R"(2["typed","x"])", R"(2["any"])"});
  here.go();
  std::vector<std::string> errors;
  for (int i = 0; i < 5; ++i) errors.push_back(server.errors.take());
  std::sort(errors.begin(), errors.end());
  CHECK(errors == std::vector<std::string>{"an exception of unknown type",
                                           R"(argument 0 of event "typed" must be an integer, but is a string)",
                                           "catch-all failed", "handler failed", "handler failed"});
  c.send(R"(2["message"])");
  CHECK(c.receive() == R"(2["message-back"])");
}
