// Clients of revision 3 over polling: both payload forms, lengths in UTF-16 units, heartbeats that the client begins.

#include <chrono>
#include <string>
#include <string_view>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

const std::string octets = "Content-Type: application/octet-stream\r\n";
const std::string unknown_sid = R"({"code":1,"message":"Session ID unknown"})";

engine_options hasty() {
  engine_options settings;
  settings.ping_interval = 10s;
  settings.ping_timeout = 1s;  // of revision 4: must not matter here
  settings.ping_timeout_eio3 = 5s;
  settings.first_request_timeout = 0s;  // but the heartbeat
  return settings;
}

}  // namespace

// edge 88
TEST_CASE("revision 3: the handshake is a text payload with the open packet", "[engine][eio3]") {
  echo_engine server;
  const polling_client client(server.port(), "EIO=3");
  const std::string& body = client.opened().body;
  const auto colon = body.find(':');
  REQUIRE(colon != std::string::npos);
  CHECK(body.substr(0, colon) == std::to_string(body.size() - colon - 1));  // all of it is ASCII: units are bytes
  CHECK(body.substr(colon + 1).starts_with("0{\"sid\":\""));
  CHECK(
      body.find("\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\"pingTimeout\":60000,\"maxPayload\":1000000}") !=
      std::string::npos);
  CHECK(client.opened().header("content-type") == "text/plain; charset=UTF-8");
  CHECK(client.opened().header("cache-control") == "no-store");
  const engine_session s = server.opened();
  CHECK(s.protocol() == 3);
  CHECK(s.id() == client.sid());
}

// edge 14
TEST_CASE("revision 3 can be turned off", "[engine][eio3]") {
  engine_options settings;
  settings.allow_eio3 = false;
  echo_engine server(settings);
  http_client client(server.port());
  const http_answer refused = client.ask(get("/engine.io/?EIO=3&transport=polling"));
  CHECK(refused.status == 400);
  CHECK(refused.body == R"({"code":5,"message":"Unsupported protocol version"})");
  CHECK(server.refused().code() == 5);
}

TEST_CASE("revision 3: payloads of both forms are read and answered", "[engine][eio3]") {
  struct row {
    const char* why;
    std::string query;
    std::string posted;
    std::string headers;
    std::string echoed;
    bool binary;
  };
  const std::string mixed =
      "\x00\x06\xff"
      "4hello"
      "\x01\x05\xff\x04\x01\x02\x03\x04"s;
  const row rows[] = {
      {"edge 89", "EIO=3", "6:4test16:4test26:4test3", "", "6:4test16:4test26:4test3", false},
      {"edge 90: b64", "EIO=3&b64=1", "10:b4AQIDBA==", "", "10:b4AQIDBA==", false},
      {"b64 and text", "EIO=3&b64=1", "2:4a10:b4AQIDBA==", "", "2:4a10:b4AQIDBA==", false},
      {"edge 91: text and binary", "EIO=3", "6:4hello10:b4AQIDBA==", "", mixed, true},
      {"edge 92: text only", "EIO=3", "6:4hello2:4\xE2\x82\xAC", "", "6:4hello2:4\xE2\x82\xAC", false},
      {"edge 93: lengths of the binary form are bytes", "EIO=3",
       "5:4\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
       "4:b4AQ",
       "",
       "\x00\x01\x03\xff"
       "4\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
       "\x01\x02\xff\x04\x01"s,
       true},
      {"edge 94: a binary payload posted", "EIO=3", mixed, octets, mixed, true},
      {"edge 94: text in a binary payload", "EIO=3",
       "\x00\x06\xff"
       "4hello"s,
       octets, "6:4hello", false},
      {"edge 95: a surrogate pair counts twice", "EIO=3", "18:42[\"message\",\"\xF0\x9F\x98\x80\"]", "",
       "18:42[\"message\",\"\xF0\x9F\x98\x80\"]", false},
      {"edge 97: nothing is skipped", "EIO=3", "0:6:4hello0:", "", "6:4hello", false},
      {"edge 68: only the exact content type is binary", "EIO=3", "6:4hello",
       "Content-Type: application/octet-stream; charset=x\r\n", "6:4hello", false},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    echo_engine server;
    polling_client client(server.port(), r.query);
    const http_answer posted = client.post(r.posted, r.headers);
    CHECK(posted.status == 200);
    CHECK(posted.body == "ok");
    CHECK(posted.header("content-type") == "text/html");
    const http_answer polled = client.poll();
    CHECK(polled.body == r.echoed);
    CHECK(polled.header("content-type") == (r.binary ? "application/octet-stream" : "text/plain; charset=UTF-8"));
  }
}

// edge 96
TEST_CASE("revision 3: a body that is no payload ends the session, and the POST is still answered", "[engine][eio3]") {
  struct row {
    const char* why;
    std::string body;
    std::string headers;
  };
  const row rows[] = {
      {"nothing", "", ""},
      {"no length", "abc", ""},
      {"an empty length", ":4a", ""},
      {"a length beyond the end", "9:4a", ""},
      {"a negative length", "-1:4", ""},
      {"a length that no body has", "99999999999999999999:4", ""},
      {"an unknown type", "2:9a", ""},
      {"letters behind the last packet", "2:4axy", ""},
      {"edge 95: a length in bytes", "20:42[\"message\",\"\xF0\x9F\x98\x80\"]", ""},
      {"a length that splits a surrogate pair", "2:4\xF0\x9F\x98\x80", ""},
      {"text that is no UTF-8", "2:4\xFF", ""},
      {"binary form: no end of the length", "\x00\x05"s, octets},
      {"binary form: beyond the end",
       "\x00\x09\xff"
       "4a"s,
       octets},
      {"binary form: text that is no UTF-8",
       "\x00\x02\xff"
       "4\xFF"s,
       octets},
      {"text posted as binary", "2:4a", octets},
  };
  echo_engine server;
  for (const row& r : rows) {
    CAPTURE(r.why);
    polling_client client(server.port(), "EIO=3");
    CHECK(client.post(r.body, r.headers).body == "ok");
    CHECK(server.closed().text() == "parse error");
    CHECK(client.poll().body == unknown_sid);
  }
}

TEST_CASE("revision 3: packets in front of a bad one are handled", "[engine][eio3]") {  // edge 61
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client, "EIO=3");
  CHECK(client.ask(post(target, "2:4a2:4b2:9x2:4c")).body == "ok");
  CHECK(house.messages == std::vector<std::string>{"a", "b"});
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "parse error");
}

TEST_CASE("revision 3: the client pings, the server answers without its data", "[engine][eio3]") {
  echo_engine server;
  polling_client client(server.port(), "EIO=3");
  CHECK(client.post("1:2").body == "ok");
  CHECK(client.poll().body == "1:3");  // edge 98
  CHECK(client.post("6:2probe").body == "ok");
  CHECK(client.poll().body == "1:3");  // edge 99
  for (const char* ignored : {"1:0", "1:5", "1:6", "4:b9AQ"}) CHECK(client.post(ignored).body == "ok");
  CHECK(client.post("2:4a").body == "ok");
  CHECK(client.poll().body == "2:4a");
  CHECK(client.post("1:3").body == "ok");  // edge 100: pongs are the server's
  const reason why = server.closed();
  CHECK(why.text() == "transport error");
  CHECK(why.detail() == "invalid heartbeat direction");
  CHECK(client.poll().body == unknown_sid);
}

TEST_CASE("revision 3: without a ping for interval and timeout a session ends, whatever else it sends",
          "[engine][eio3]") {
  engine_world house(hasty());  // edge 102
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets, "EIO=3");
  house.w.advance(14s);
  memory_client posts = house.connect();
  CHECK(posts.ask(post(target, "1:2")).body == "ok");
  CHECK(gets.ask(get(target)).body == "1:3");
  gets.send(get(target));
  for (int second = 0; second < 14; ++second) {
    house.w.advance(1s);
    CHECK(posts.ask(post(target, "2:4a")).body == "ok");
  }
  CHECK_FALSE(gets.answer());  // the server itself never pings
  house.w.advance(999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "ping timeout");
  CHECK(gets.answer().value().body == "1:1");  // edge 125
}

// edge 101
TEST_CASE("revision 3: a close packet ends the session, a held GET gets a noop", "[engine][eio3]") {
  engine_world house;
  memory_client gets = house.connect();
  memory_client posts = house.connect();
  const std::string target = house.open_polling(gets, "EIO=3");
  gets.send(get(target));
  CHECK(posts.ask(post(target, "1:12:4a")).body == "ok");  // nothing behind a close packet is read
  CHECK(gets.answer().value().body == "1:6");
  CHECK(house.messages.empty());
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport close");
  CHECK(posts.ask(get(target)).body == unknown_sid);
}

TEST_CASE("revision 3: what a GET gets when the server closes the session", "[engine][eio3]") {
  for (const bool held : {true, false}) {
    CAPTURE(held);
    engine_world house;
    memory_client gets = house.connect();
    const std::string target = house.open_polling(gets, "EIO=3");
    if (held) gets.send(get(target));
    house.w.run(house.sessions[0].close());
    if (!held) gets.send(get(target));
    CHECK(gets.answer().value().body == (held ? "1:1" : "1:61:1"));  // edge 111
    REQUIRE(house.closed.size() == 1);
    CHECK(house.closed[0].text() == "forced close");
  }
}

TEST_CASE("revision 3: overlapping GETs end the session", "[engine][eio3]") {  // edge 62
  engine_world house;
  memory_client first = house.connect();
  memory_client second = house.connect();
  const std::string target = house.open_polling(first, "EIO=3");
  first.send(get(target));
  const http_answer refused = second.ask(get(target));
  CHECK(refused.status == 400);
  CHECK(refused.body.empty());
  CHECK(first.answer().value().body == "1:1");
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport error");
}

TEST_CASE("revision 3: a session moves to WebSocket, and still has to ping there", "[engine][eio3]") {
  engine_world house(hasty());  // edge 127: the reference forgets its timeout here
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets, "EIO=3");
  gets.send(get(target));
  house.w.advance(10s);
  memory_websocket ws = house.websocket("/engine.io/?EIO=3&transport=websocket&sid=" + house.sessions[0].id());
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  house.w.advance(100ms);
  CHECK(gets.answer().value().body == "1:6");
  ws.send_text("5");
  CHECK(house.sessions[0].transport() == "websocket");
  house.w.advance(14s);  // the upgrade began the time anew
  ws.send_text("2");
  CHECK(ws.text() == "3");
  house.w.advance(14999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "ping timeout");
}

TEST_CASE("revision 3: requests of a session keep its revision", "[engine][eio3]") {  // edge 8
  echo_engine server;
  polling_client client(server.port(), "EIO=3");
  http_client other(server.port());
  for (const std::string query : {"EIO=4&", ""}) {
    const http_answer refused = other.ask(get("/engine.io/?" + query + "transport=polling&sid=" + client.sid()));
    CHECK(refused.status == 400);
    CHECK(refused.body == R"({"code":3,"message":"Bad request"})");
    CHECK(server.refused().context() == "PROTOCOL_MISMATCH");
    http_client upgrade(server.port());
    CHECK(upgrade.ask(websocket_request("/engine.io/?" + query + "transport=websocket&sid=" + client.sid())).status ==
          400);
    CHECK(server.refused().context() == "PROTOCOL_MISMATCH");
  }
  CHECK(client.post("2:4a").body == "ok");
  CHECK(client.poll().body == "2:4a");
}
