// Requests that become WebSockets: opening handshakes, refusals before and after 101, and moving a session from
// polling. Rows of the edge-case checklist are named where they are tested.

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string direct = "/engine.io/?EIO=4&transport=websocket";

// A probed upgrade whose "5" has not been sent yet.
websocket_client probed(echo_engine& server, const polling_client& client) {
  websocket_client ws(server.port(), client.target("websocket"));
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  return ws;
}

// Until the server has seen everything that was sent before: an echo through the given transport.
void round_trip(websocket_client& ws) {
  ws.send_text("4round trip");
  REQUIRE(ws.text() == "4round trip");
}
void round_trip(polling_client& client) {
  REQUIRE(client.post("4round trip").body == "ok");
  REQUIRE(client.poll().body == "4round trip");
}

task<bool> answer(bool yes) { co_return yes; }
task<bool> refuse_with(std::string message) {
  throw refusal(message);
  co_return false;
}

}  // namespace

TEST_CASE("a WebSocket handshake opens a session", "[engine][engine_upgrade]") {
  echo_engine server;
  websocket_client ws(server.port(), direct);
  const http_answer& accepted = ws.accepted();
  CHECK(accepted.header("upgrade") == "websocket");
  CHECK(accepted.header("connection") == "Upgrade");
  CHECK(accepted.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_FALSE(accepted.has("sec-websocket-protocol"));
  CHECK_FALSE(accepted.has("sec-websocket-extensions"));
  const std::string open = ws.text();
  CHECK(open.starts_with("0{"));
  CHECK(open.find("\"upgrades\":[]") != std::string::npos);  // edge 24
  const engine_session s = server.opened();
  CHECK(text_member(open, "sid") == s.id());
  CHECK(s.transport() == "websocket");
  CHECK(s.remote_address() == "127.0.0.1");  // edge 37
  round_trip(ws);
}

TEST_CASE("the answer and the open packet arrive whole, however the request came", "[engine][engine_upgrade]") {
  engine_world house;
  memory_client client = house.connect();
  client.send_slowly(websocket_request(direct));
  std::string bytes = client.received();
  const auto accepted = take_answer(bytes);
  REQUIRE(accepted);
  CHECK(accepted->status == 101);
  const auto open = take_frame(bytes);
  REQUIRE(open);
  CHECK(open->payload.starts_with("0{"));
  CHECK(bytes.empty());
}

TEST_CASE("a client of revision 3 gets 101 alone, and the open packet when it listens", "[engine][engine_upgrade]") {
  engine_world house;
  memory_websocket ws = house.websocket("/engine.io/?EIO=3&transport=websocket", text_frame("4glued"));
  CHECK(ws.accepted().status == 101);
  CHECK_FALSE(ws.next());
  REQUIRE(house.sessions.size() == 1);
  CHECK(house.sessions[0].transport() == "websocket");
  ws.send_text("4hello");
  house.w.advance(10ms);
  CHECK(ws.text().starts_with("0{"));
  CHECK(house.messages == std::vector<std::string>{"glued", "hello"});
  CHECK_FALSE(ws.next());
}

TEST_CASE("a session of revision 3 may end before its open packet went out", "[engine][engine_upgrade]") {
  const bool discard = GENERATE(false, true);
  engine_world house;
  memory_websocket ws = house.websocket("/engine.io/?EIO=3&transport=websocket");
  REQUIRE(house.sessions.size() == 1);
  house.w.run(house.sessions[0].close(discard));
  house.w.settle();
  house.w.advance(10ms);
  if (!discard) CHECK(ws.text().starts_with("0{"));
  const auto goodbye = ws.next();
  REQUIRE(goodbye);
  CHECK(goodbye->op == 8);
  CHECK(house.closed.size() == 1);
}

TEST_CASE("extensions are not negotiated, the first subprotocol is", "[engine][engine_upgrade]") {
  echo_engine server;
  const websocket_client ws(server.port(), direct,
                            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                            "Sec-WebSocket-Protocol: chat, super-chat\r\n");
  CHECK_FALSE(ws.accepted().has("sec-websocket-extensions"));       // edge 130
  CHECK(ws.accepted().header("sec-websocket-protocol") == "chat");  // edge 133
}

TEST_CASE("Upgrade requests that are refused get 400 and the text, and the connection ends",
          "[engine][engine_upgrade]") {
  engine_options settings;
  settings.allow_eio3 = false;
  settings.allow_request = [](http::request r) {
    const auto token = r.query("token").value_or("yes");
    if (token == "throw") return refuse_with("Thou shall not pass");
    return answer(token == "yes");
  };
  echo_engine server(settings);
  const polling_client known(server.port());
  struct row {
    const char* why;
    std::string query;
    std::string_view text;
    int code;
  };
  const row rows[] = {
      {"edge 18", "EIO=4", "Transport unknown", 0},
      {"CVE-2023-31125", "EIO=4&transport=__proto__", "Transport unknown", 0},
      {"edge 3", "EIO=4&transport=webtransport", "Transport unknown", 0},
      {"edge 18", "EIO=4&transport=websocket&sid=nobody", "Session ID unknown", 1},
      {"another revision", "EIO=3&transport=websocket&sid=" + known.sid(), "Bad request", 3},
      {"edge 11", "EIO=4&transport=websocket&token=no", "Forbidden", 4},
      {"edge 10", "EIO=4&transport=websocket&token=throw", "Thou shall not pass", 4},
      {"edge 14, 17: before 101", "EIO=3&transport=websocket", "Unsupported protocol version", 5},
      {"edge 15, 17", "transport=websocket", "Unsupported protocol version", 5},
  };
  for (const row& r : rows) {
    CAPTURE(r.why, r.query);
    http_client client(server.port());
    const http_answer refused = client.ask(websocket_request("/engine.io/?" + r.query));
    CHECK(refused.status == 400);
    CHECK(refused.reason == "Bad Request");
    CHECK(refused.header("connection") == "close");
    CHECK(refused.header("content-type") == "text/html");
    CHECK(refused.body == r.text);
    CHECK(client.ends());
    CHECK(server.refused().code() == r.code);
  }
  CHECK(server.engine().clients_count() == 1);
}

TEST_CASE("what is wrong with the opening handshake is said before 101", "[engine][engine_upgrade]") {
  echo_engine server;
  const std::string good = "GET " + direct + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  {  // edge 19
    http_client client(server.port());
    const http_answer refused = client.ask(good + "Sec-WebSocket-Version: 13\r\n\r\n");
    CHECK(refused.status == 400);
    CHECK(refused.body == "Missing or invalid Sec-WebSocket-Key header");
    CHECK(client.ends());
  }
  {  // edge 20
    http_client client(server.port());
    const http_answer refused = client.ask(good + key + "Sec-WebSocket-Version: 12\r\n\r\n");
    CHECK(refused.status == 400);
    CHECK(refused.header("sec-websocket-version") == "13, 8");
    CHECK(client.ends());
  }
  CHECK(server.engine().clients_count() == 0);
  const websocket_client old(server.port(), direct);  // and the server goes on
  CHECK(old.accepted().status == 101);
}

TEST_CASE("an Upgrade request for polling is accepted and closed at once",
          "[engine][engine_upgrade]") {  // edge 21
  echo_engine server;
  websocket_client ws(server.port(), "/engine.io/?EIO=4&transport=polling");
  CHECK(ws.close_code() == 1005);
  CHECK(ws.ends());
  CHECK(server.engine().clients_count() == 0);

  polling_client client(server.port());
  websocket_client known(server.port(), client.target());
  CHECK(known.close_code() == 1005);
  round_trip(client);
}

TEST_CASE("origins hold for WebSockets, too", "[engine][engine_upgrade]") {
  engine_options settings;
  settings.origins = "http://a.example";
  echo_engine server(settings);
  http_client foreign(server.port());
  const http_answer refused = foreign.ask(websocket_request(direct, "Origin: http://evil.example\r\n"));
  CHECK(refused.status == 403);
  CHECK(refused.body == "Forbidden");
  CHECK(foreign.ends());
  CHECK(server.engine().clients_count() == 0);
  const websocket_client listed(server.port(), direct, "Origin: http://a.example\r\n");
  CHECK(listed.accepted().header("access-control-allow-origin") == "http://a.example");  // edge 51
  const websocket_client none(server.port(), direct);
  CHECK(none.accepted().status == 101);
}

TEST_CASE("bytes glued to the Upgrade request are read as frames", "[engine][engine_upgrade]") {
  echo_engine server;
  websocket_client ws(server.port(), direct, "", text_frame("4one") + text_frame("4two"));
  CHECK(ws.text().starts_with("0{"));
  CHECK(ws.text() == "4one");
  CHECK(ws.text() == "4two");

  polling_client client(server.port());
  websocket_client upgraded(server.port(), client.target("websocket"), "",
                            text_frame("2probe") + text_frame("5") + text_frame("4after"));
  CHECK(upgraded.text() == "3probe");
  CHECK(upgraded.text() == "4after");
}

TEST_CASE("a glued frame may be cut anywhere", "[engine][engine_upgrade]") {
  const std::string frames = text_frame("4one") + binary_frame("two") + text_frame("4" + std::string(200, 'x'));
  for (std::size_t cut = 0; cut <= frames.size(); cut += 3) {
    engine_world house;
    memory_websocket ws = house.websocket(direct, frames.substr(0, cut));
    ws.send(frames.substr(cut));
    CAPTURE(cut);
    REQUIRE(house.messages == std::vector<std::string>{"one", "<two>", std::string(200, 'x')});
  }
}

TEST_CASE("bad packets and bad frames glued to the Upgrade request end the session, not the server",
          "[engine][engine_upgrade]") {  // edge 22
  client_frame reserved;
  reserved.reserved = 4;
  client_frame unmasked;
  unmasked.masked = false;
  unmasked.payload = "4a";
  client_frame undefined;
  undefined.op = 0x3;
  struct row {
    const char* why;
    std::string glued;
    std::string_view reason;
    std::uint16_t code;
  };
  const row rows[] = {
      {"a packet of unknown type", text_frame("abc"), "parse error", 1005},
      {"an empty packet", text_frame(""), "parse error", 1005},
      {"a bad packet behind a good one", text_frame("4a") + text_frame("7"), "parse error", 1005},
      {"a ping", text_frame("2"), "transport error", 1005},
      {"a close packet", text_frame("1"), "transport close", 1005},
      {"a reserved bit", reserved.bytes(), "transport error", 1002},
      {"no mask", unmasked.bytes(), "transport error", 1002},
      {"an undefined opcode", undefined.bytes(), "transport error", 1002},
      {"no frame at all", "GET / HTTP/1.1\r\n\r\n", "transport error", 1002},
      {"no UTF-8", text_frame("4\xFF"), "transport error", 1007},
      {"a close frame", close_frame_of_client(4000), "transport close", 4000},
      {"bytes behind a close frame", close_frame_of_client() + "garbage", "transport close", 1005},
  };
  echo_engine server;
  for (const row& r : rows) {
    CAPTURE(r.why);
    websocket_client ws(server.port(), direct, "", r.glued);
    CHECK(ws.text().starts_with("0{"));
    auto frame = ws.next();
    if (frame && frame->is_text()) frame = ws.next();  // the echo of the good one may still have gone out
    REQUIRE(frame);
    CHECK(frame->is_close());
    CHECK(frame->close_code() == r.code);
    CHECK(ws.ends());
    CHECK(server.closed().text() == r.reason);
  }
  CHECK(server.engine().clients_count() == 0);
}

TEST_CASE("bad packets glued to an upgrade end the new WebSocket only", "[engine][engine_upgrade]") {  // edge 141
  echo_engine server;
  polling_client client(server.port());
  for (const std::string& glued : {text_frame("abc"), text_frame("4early"), text_frame("2"), binary_frame("x"),
                                   text_frame("2probe") + text_frame("4early"), std::string(30, 'x')}) {
    websocket_client ws(server.port(), client.target("websocket"), "", glued);
    auto frame = ws.next();
    if (frame && frame->is_text()) frame = ws.next();
    REQUIRE(frame);
    CHECK(frame->is_close());
    CHECK(ws.ends());
    round_trip(client);
  }
  websocket_client ws = probed(server, client);
  ws.send_text("5");
  round_trip(ws);
}

// ---------------------------------------------------------------- the upgrade

TEST_CASE("a session moves to WebSocket by probe, noop and upgrade", "[engine][engine_upgrade]") {  // edge 136
  echo_engine server;
  polling_client client(server.port());
  const engine_session s = server.opened();
  client.start_poll();
  websocket_client ws = probed(server, client);
  CHECK(client.polled().body == "6");
  CHECK(s.transport() == "polling");
  ws.send_text("5");
  round_trip(ws);
  CHECK(s.transport() == "websocket");
  CHECK(s.request().query("transport") == "polling");  // edge 38
  for (const char* method : {"GET", "POST"}) {         // edge 138
    const http_answer refused = client.posts().ask(std::string(method) + " " + client.target() +
                                                   " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    CHECK(refused.status == 400);
    CHECK(refused.body == R"({"code":3,"message":"Bad request"})");
  }
  round_trip(ws);
  CHECK(server.engine().clients_count() == 1);
  ws.send_close();
  CHECK(ws.close_code() == 1005);
  CHECK(server.closed().text() == "transport close");
}

TEST_CASE("noops come 100 ms after the probe, and every 100 ms while GETs are held", "[engine][engine_upgrade]") {
  engine_world house;
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  gets.send(get(target));
  memory_websocket ws = house.websocket(direct + "&sid=" + house.sessions[0].id());
  house.w.advance(5s);
  CHECK_FALSE(gets.answer());  // not before the probe
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  house.w.advance(99ms);
  CHECK_FALSE(gets.answer());
  house.w.advance(1ms);
  CHECK(gets.answer().value().body == "6");  // edge 136
  for (int round = 0; round < 3; ++round) {
    house.w.advance(30ms);
    gets.send(get(target));
    CHECK_FALSE(gets.answer());
    house.w.advance(70ms);
    CHECK(gets.answer().value().body == "6");  // edge 137
  }
  ws.send_text("5");
  CHECK(house.sessions[0].transport() == "websocket");
}

TEST_CASE("an upgrade packet without a probe completes", "[engine][engine_upgrade]") {  // edge 143
  echo_engine server;
  const polling_client client(server.port());
  websocket_client ws(server.port(), client.target("websocket"));
  ws.send_text("5");
  round_trip(ws);
}

TEST_CASE("a repeated probe is answered again", "[engine][engine_upgrade]") {
  echo_engine server;
  const polling_client client(server.port());
  websocket_client ws = probed(server, client);
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  ws.send_text("5");
  round_trip(ws);
}

TEST_CASE("anything else on the new WebSocket closes it, polling continues, and the next attempt works",
          "[engine][engine_upgrade]") {
  echo_engine server;
  polling_client client(server.port());
  const std::string wrong[] = {text_frame("2"),       text_frame("4message"), text_frame("garbage"),
                               text_frame(""),        binary_frame("x"),  // edge 141
                               text_frame("2probe!"), text_frame("1"),        text_frame("3probe"),
                               text_frame("6"),       text_frame("b5")};
  for (const bool after_probe : {false, true}) {
    for (const std::string& bytes : wrong) {
      CAPTURE(after_probe, bytes);
      websocket_client ws(server.port(), client.target("websocket"));
      if (after_probe) ws.send_text("2probe");  // edge 142
      if (after_probe) CHECK(ws.text() == "3probe");
      ws.send(bytes);
      CHECK(ws.close_code() == 1005);
      CHECK(ws.ends());
      round_trip(client);
    }
  }
  websocket_client ws = probed(server, client);
  ws.send_text("5");
  round_trip(ws);
  CHECK(server.nobody_closed());
}

TEST_CASE("pings of RFC 6455 are answered during an upgrade", "[engine][engine_upgrade]") {
  echo_engine server;
  const polling_client client(server.port());
  websocket_client ws(server.port(), client.target("websocket"));
  client_frame ping;
  ping.op = 0x9;
  ping.payload = "are you there";
  ws.send_frame(ping);
  const auto pong = ws.next();
  REQUIRE(pong);
  CHECK(pong->op == 0xA);
  CHECK(pong->payload == "are you there");
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  ws.send_text("5");
  round_trip(ws);
}

TEST_CASE("an upgrade that is not completed in time is given up", "[engine][engine_upgrade]") {  // edge 144
  for (const bool with_probe : {false, true}) {
    engine_world house;
    memory_client client = house.connect();
    const std::string target = house.open_polling(client);
    memory_websocket ws = house.websocket(direct + "&sid=" + house.sessions[0].id());
    if (with_probe) {
      ws.send_text("2probe");
      CHECK(ws.text() == "3probe");
    }
    house.w.advance(9999ms);
    CHECK_FALSE(ws.next());
    house.w.advance(1ms);
    const auto frame = ws.next();
    REQUIRE(frame);
    CHECK(frame->is_close());
    CHECK(house.closed.empty());
    CHECK(client.ask(post(target, "4a")).body == "ok");
    memory_websocket again = house.websocket(direct + "&sid=" + house.sessions[0].id());
    again.send_text("5");
    CHECK(house.sessions[0].transport() == "websocket");
  }
}

TEST_CASE("a WebSocket that leaves before the upgrade is complete changes nothing", "[engine][engine_upgrade]") {
  echo_engine server;
  polling_client client(server.port());
  for (const bool with_probe : {false, true}) {  // edge 145
    {
      websocket_client ws(server.port(), client.target("websocket"));
      if (with_probe) ws.send_text("2probe");
      if (with_probe) CHECK(ws.text() == "3probe");
      ws.send_close(1000);
      CHECK(ws.next()->is_close());
    }
    round_trip(client);
    {
      websocket_client ws(server.port(), client.target("websocket"));
      if (with_probe) ws.send_text("2probe");
      if (with_probe) CHECK(ws.text() == "3probe");
      ws.reset();
    }
    round_trip(client);
  }
  CHECK(server.nobody_closed());
}

TEST_CASE("a second WebSocket while the session upgrades is closed, the first goes on", "[engine][engine_upgrade]") {
  echo_engine server;  // edge 140
  const polling_client client(server.port());
  websocket_client first = probed(server, client);
  websocket_client second(server.port(), client.target("websocket"));
  CHECK(second.close_code() == 1005);
  CHECK(second.ends());
  first.send_text("5");
  round_trip(first);
  websocket_client third(server.port(), client.target("websocket"));  // edge 139
  CHECK(third.close_code() == 1005);
  CHECK(third.ends());
  round_trip(first);
}

TEST_CASE("a session that began on WebSocket takes no other one", "[engine][engine_upgrade]") {  // edge 151
  echo_engine server;
  websocket_client first(server.port(), direct);
  const std::string sid = text_member(first.text(), "sid");
  websocket_client second(server.port(), direct + "&sid=" + sid);
  CHECK(second.close_code() == 1005);
  CHECK(second.ends());
  round_trip(first);
}

TEST_CASE("with allow_upgrades off a WebSocket for a polling session is refused", "[engine][engine_upgrade]") {
  engine_options settings;  // edge 25, 26
  settings.allow_upgrades = false;
  echo_engine server(settings);
  polling_client client(server.port());
  CHECK(client.opened().body.find("\"upgrades\":[]") != std::string::npos);
  http_client upgrade(server.port());
  const http_answer refused = upgrade.ask(websocket_request(client.target("websocket")));
  CHECK(refused.status == 400);
  CHECK(refused.body == "Bad request");
  round_trip(client);
}

TEST_CASE("transports that are not enabled open nothing", "[engine][engine_upgrade]") {  // edge 25
  engine_options settings;
  settings.transports = {"polling"};
  echo_engine polling_only(settings);
  const polling_client client(polling_only.port());
  CHECK(client.opened().body.find("\"upgrades\":[]") != std::string::npos);
  http_client upgrade(polling_only.port());
  CHECK(upgrade.ask(websocket_request(client.target("websocket"))).status == 400);
  settings.transports = {"websocket"};
  echo_engine websocket_only(settings);
  http_client plain(websocket_only.port());
  CHECK(plain.ask(get("/engine.io/?EIO=4&transport=polling")).body == R"({"code":0,"message":"Transport unknown"})");
  websocket_client ws(websocket_only.port(), direct);
  CHECK(ws.text().starts_with("0{"));
}

TEST_CASE("posts between probe and upgrade are processed, their echo comes by polling", "[engine][engine_upgrade]") {
  echo_engine server;  // edge 149
  polling_client client(server.port());
  websocket_client ws = probed(server, client);
  CHECK(client.post("4during").body == "ok");
  CHECK(client.poll().body == "4during");
  ws.send_text("5");
  round_trip(ws);
}

TEST_CASE("a GET that is still held when the upgrade completes gets a close packet", "[engine][engine_upgrade]") {
  engine_world house;  // edge 150
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  memory_websocket ws = house.websocket(direct + "&sid=" + house.sessions[0].id());
  gets.send(get(target));
  ws.send_text("5");
  CHECK(gets.answer().value().body == "1");
  CHECK(house.sessions[0].transport() == "websocket");
  CHECK(house.closed.empty());
}

TEST_CASE("a GET that came behind the probe is refused when the upgrade completes", "[engine][engine_upgrade]") {
  engine_world house;  // edge 138, 150
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  memory_websocket ws = house.websocket(direct + "&sid=" + house.sessions[0].id());
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  const auto put = [](memory_client& to, const std::string& bytes) {  // nothing runs in between
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    boost::system::error_code ec;
    CHECK(to.stream().write_some({&piece, 1}, ec) == bytes.size());
  };
  SECTION("it is held already") {
    gets.send(get(target));
    ws.send_text("5");
  }
  SECTION("it is on its way to the session") {
    put(gets, get(target));
    put(ws.peer(), text_frame("5"));
    house.w.settle();
  }
  const auto refused = gets.answer();
  REQUIRE(refused);
  CHECK(refused->status == 400);
  CHECK(refused->body == R"({"code":3,"message":"Bad request"})");
  CHECK(house.sessions[0].transport() == "websocket");
  ws.send_text("4on");
  CHECK(house.messages == std::vector<std::string>{"on"});
  CHECK(house.closed.empty());
}

TEST_CASE("a POST in progress when the upgrade completes is cut off, the session lives on",
          "[engine][engine_upgrade]") {
  echo_engine server;
  polling_client client(server.port());
  websocket_client ws = probed(server, client);
  client.posts().send("POST " + client.target() +
                      " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.posts().read(25).starts_with("HTTP/1.1 100"));  // its body is being awaited
  ws.send_text("5");
  round_trip(ws);
  CHECK(client.posts().ends());
  round_trip(ws);
  CHECK(server.nobody_closed());
}

TEST_CASE("what was queued before the upgrade comes by WebSocket, in order", "[engine][engine_upgrade]") {
  echo_engine server;  // edge 148, 152
  const polling_client client(server.port());
  const engine_session s = server.opened();
  websocket_client ws = probed(server, client);
  for (int i = 0; i < 10; ++i) server.run(s.send("before " + std::to_string(i)));
  ws.send_text("5");
  for (int i = 0; i < 10; ++i) CHECK(ws.text() == "4before " + std::to_string(i));
  server.run(s.send(std::string("after")));
  CHECK(ws.text() == "4after");
}

TEST_CASE("fifty messages each way across an upgrade: none is lost, none comes twice, all in order",
          "[engine][engine_upgrade]") {  // edge 148
  mailbox<std::string> arrived;
  echo_engine server;
  polling_client client(server.port());
  const engine_session s = server.opened();
  s.on_message([&](message m) -> task<> {
    arrived.put(m.text());
    co_return;
  });
  std::thread sender([&] {
    for (int i = 0; i < 50; ++i) server.run(s.send(std::to_string(i)));
  });
  std::string received;  // payloads, joined as one
  const auto add = [&](const std::string& payload) {
    if (payload != "6") received += (received.empty() ? "" : "\x1e") + payload;
  };
  for (int i = 0; i < 20; ++i) CHECK(client.post("4" + std::to_string(i)).body == "ok");
  add(client.poll().body);
  client.start_poll();
  websocket_client ws = probed(server, client);
  add(client.polled().body);
  for (int i = 20; i < 35; ++i) CHECK(client.post("4" + std::to_string(i)).body == "ok");
  ws.send_text("5");
  for (int i = 35; i < 50; ++i) ws.send_text("4" + std::to_string(i));
  sender.join();
  std::string expected;
  for (int i = 0; i < 50; ++i)
    expected += (i == 0 ? "4"
                        : "\x1e"
                          "4") +
                std::to_string(i);
  while (received.size() < expected.size()) add(ws.text());
  CHECK(received == expected);
  for (int i = 0; i < 50; ++i) CHECK(arrived.take() == std::to_string(i));
  CHECK(arrived.empty());
}

TEST_CASE("a session that closes while it upgrades closes the new WebSocket", "[engine][engine_upgrade]") {
  echo_engine server;  // edge 146
  polling_client client(server.port());
  const engine_session s = server.opened();
  websocket_client ws = probed(server, client);
  CHECK(client.post("1").body == "ok");
  CHECK(server.closed().text() == "transport close");
  CHECK(ws.close_code() == 1005);
  CHECK(ws.ends());
  CHECK_FALSE(s.open());
}

TEST_CASE("a session that is closing when the upgrade completes is closed on the WebSocket",
          "[engine][engine_upgrade]") {
  echo_engine server;  // edge 147
  for (const bool with_news : {false, true}) {
    CAPTURE(with_news);
    const polling_client client(server.port());
    const engine_session s = server.opened();
    websocket_client ws = probed(server, client);
    if (with_news) server.run(s.send(std::string("last words")));
    server.run(s.close());
    CHECK(server.nobody_closed());
    ws.send_text("5");
    if (with_news) CHECK(ws.text() == "4last words");
    CHECK(ws.close_code() == 1005);
    CHECK(server.closed().text() == "forced close");
  }
}

TEST_CASE("a ping that is outstanding when the upgrade completes is answered on the WebSocket",
          "[engine][engine_upgrade]") {
  engine_options settings;  // edge 128
  settings.ping_interval = 10s;
  settings.ping_timeout = 5s;
  for (const bool answered : {true, false}) {
    CAPTURE(answered);
    engine_world house(settings);
    memory_client gets = house.connect();
    const std::string target = house.open_polling(gets);
    gets.send(get(target));
    house.w.advance(9s);
    memory_websocket ws = house.websocket(direct + "&sid=" + house.sessions[0].id());
    ws.send_text("2probe");
    CHECK(ws.text() == "3probe");
    house.w.advance(1s);  // the first noop, then the ping
    CHECK(gets.answer().value().body == "6");
    ws.send_text("5");
    CHECK(ws.text() == "2");
    if (answered) {
      ws.send_text("3");
      house.w.advance(10s);
      CHECK(ws.text() == "2");  // heartbeats go on
    }
    house.w.advance(4999ms);
    CHECK(house.closed.empty());
    house.w.advance(1ms);
    REQUIRE(house.closed.size() == 1);
    CHECK(house.closed[0].text() == "ping timeout");
  }
}

TEST_CASE("an upgraded session that answers its pings lives on", "[engine][engine_upgrade]") {  // edge 153
  engine_options settings;
  settings.ping_interval = 10s;
  settings.ping_timeout = 5s;
  engine_world house(settings);
  memory_client gets = house.connect();
  house.open_polling(gets);
  memory_websocket ws = house.websocket(direct + "&sid=" + house.sessions[0].id());
  ws.send_text("5");
  for (int round = 0; round < 10; ++round) {
    house.w.advance(10s);
    CHECK(ws.text() == "2");
    house.w.advance(4s);
    ws.send_text("3");
  }
  CHECK(house.closed.empty());
}

TEST_CASE("a reset at any step of an upgrade harms neither session nor server", "[engine][engine_upgrade]") {
  const std::string steps[] = {"", "2probe", "2probe", "5", "4message"};
  echo_engine server;
  for (std::size_t last = 0; last < std::size(steps); ++last) {
    CAPTURE(last);
    const polling_client client(server.port());
    const engine_session s = server.opened();
    websocket_client ws(server.port(), client.target("websocket"));
    for (std::size_t i = 1; i <= last; ++i) {
      ws.send_text(steps[i]);
      // An answer that meets the reset would give up the upgrade before the 5 is read.
      if (steps[i] == "2probe") CHECK(ws.text() == "3probe");
    }
    ws.reset();
    if (last < 3) continue;  // polling goes on: closed with the engine
    CHECK(server.closed().text() == "transport close");
  }
  polling_client alive(server.port());
  round_trip(alive);
}
