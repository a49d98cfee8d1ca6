// One client's Engine.IO life over real connections: packets in both directions, what ends it and with which reason.
// Rows of the edge-case checklist are named where they are tested.

#include "engine/session.hpp"

#include <string>
#include <string_view>
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
using namespace std::string_literals;

namespace {

const std::string direct = "/engine.io/?EIO=4&transport=websocket";
const std::string unknown_sid = R"({"code":1,"message":"Session ID unknown"})";

websocket_client open_websocket(echo_engine& server) {
  websocket_client ws(server.port(), direct);
  CHECK(ws.text().starts_with("0{"));
  return ws;
}

void round_trip(websocket_client& ws) {
  ws.send_text("4round trip");
  REQUIRE(ws.text() == "4round trip");
}
void round_trip(polling_client& client) {
  REQUIRE(client.post("4round trip").body == "ok");
  REQUIRE(client.poll().body == "4round trip");
}

// A request whose answer is read later.
std::string posting(const polling_client& client, std::string_view headers) {
  return "POST " + client.target() + " HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}

engine_options with_max_payload(std::size_t bytes) {
  engine_options settings;
  settings.max_payload = bytes;
  return settings;
}

engine_options with_pings(std::chrono::milliseconds interval, std::chrono::milliseconds timeout) {
  engine_options settings;
  settings.ping_interval = interval;
  settings.ping_timeout = timeout;
  return settings;
}

}  // namespace

// ---------------------------------------------------------------- polling

TEST_CASE("polling: messages come back as they went", "[engine][session]") {
  echo_engine server;
  polling_client client(server.port());
  struct row {
    const char* why;
    std::string body;
  };
  const row rows[] = {
      {"edge 57: one", "4hello"},
      {"edge 58: three",
       "4test1\x1e"
       "4test2\x1e"
       "4test3"},
      {"edge 59: text and binary",
       "4hello\x1e"
       "bAQIDBA=="},
      {"edge 87: multibyte", "4€ und 😀"},
      {"an empty message", "4"},
      {"an empty binary message", "b"},
      {"zeros", "4a\0b"s},
      {"something that looks like a packet", "441"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const http_answer posted = client.post(r.body);
    CHECK(posted.status == 200);
    CHECK(posted.body == "ok");
    CHECK(posted.header("content-type") == "text/html");
    CHECK(posted.header("cache-control") == "no-store");  // edge 46
    const http_answer polled = client.poll();
    CHECK(polled.status == 200);
    CHECK(polled.header("content-type") == "text/plain; charset=UTF-8");
    CHECK(polled.header("cache-control") == "no-store");
    CHECK(polled.body == r.body);
  }
}

TEST_CASE("polling: a held GET is answered when something comes", "[engine][session]") {
  echo_engine server;
  polling_client client(server.port());
  const engine_session s = server.opened();
  for (int i = 0; i < 5; ++i) {
    client.start_poll();
    CHECK(client.post("4" + std::to_string(i)).body == "ok");
    CHECK(client.polled().body == "4" + std::to_string(i));
    client.start_poll();
    server.run(s.send("from the server"s));
    CHECK(client.polled().body == "4from the server");
  }
}

TEST_CASE("polling: what is sent in one turn comes in one payload", "[engine][session]") {  // edge 77
  echo_engine server;
  polling_client client(server.port());
  const engine_session s = server.opened();
  // Sent on the strand, nothing can be flushed in between: gathered sends are what we promise, one payload or two.
  server.on_strand(s, [&] {
    for (const char* text : {"one", "two", "three"}) {
      const auto frame = engine::frame::text(wire::packet_type::message, text);
      s.internals()->send({&frame, 1});
    }
  });
  CHECK(client.poll().body ==
        "4one\x1e"
        "4two\x1e"
        "4three");
}

TEST_CASE("polling: a response is no larger than the client was told", "[engine][session]") {
  echo_engine server(with_max_payload(100));
  polling_client client(server.port());
  const engine_session s = server.opened();
  for (int i = 0; i < 4; ++i) server.run(s.send(std::string(40, static_cast<char>('a' + i))));
  server.run(s.send(std::string(500, 'x')));
  CHECK(client.poll().body == "4" + std::string(40, 'a') +
                                  "\x1e"
                                  "4" +
                                  std::string(40, 'b'));
  CHECK(client.poll().body == "4" + std::string(40, 'c') +
                                  "\x1e"
                                  "4" +
                                  std::string(40, 'd'));
  CHECK(client.poll().body == "4" + std::string(500, 'x'));
}

TEST_CASE("polling: bodies that cannot be read are answered ok, and end the session", "[engine][session]") {
  echo_engine server;
  const std::string bad[] = {"abc",
                             "",
                             "4a\x1e",
                             "\x1e"
                             "4a",
                             "4a\x1e\x1e"
                             "4b",
                             "7",
                             "4\xFF",
                             "4a\x1e"
                             "9"};
  for (const std::string& body : bad) {  // edge 60
    CAPTURE(body);
    polling_client client(server.port());
    CHECK(client.post(body).body == "ok");
    CHECK(server.closed().text() == "parse error");
    CHECK(client.poll().body == unknown_sid);
  }
}

TEST_CASE("polling: good packets before a bad one are handed up, later ones are not",
          "[engine][session]") {  // edge 61
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  CHECK(client
            .ask(post(target,
                      "4one\x1e"
                      "4two\x1e"
                      "x\x1e"
                      "4three"))
            .body == "ok");
  CHECK(house.messages == std::vector<std::string>{"one", "two"});
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "parse error");
}

TEST_CASE("polling: more packets than allowed in one body end the session", "[engine][session]") {
  engine_options settings;
  settings.max_packets = 3;
  echo_engine server(settings);
  polling_client client(server.port());
  CHECK(client
            .post("4a\x1e"
                  "4b\x1e"
                  "4c")
            .body == "ok");
  CHECK(client.poll().body ==
        "4a\x1e"
        "4b\x1e"
        "4c");
  CHECK(client
            .post("4a\x1e"
                  "4b\x1e"
                  "4c\x1e"
                  "4d")
            .body == "ok");
  CHECK(server.closed().text() == "parse error");
}

TEST_CASE("polling: a second GET is refused and ends the session, the first is told",
          "[engine][session]") {  // edge 62
  engine_world house;
  memory_client first = house.connect();
  const std::string target = house.open_polling(first);
  first.send(get(target));
  memory_client second = house.connect();
  const http_answer refused = second.ask(get(target));
  CHECK(refused.status == 400);
  CHECK(refused.body.empty());
  CHECK(first.answer().value().body == "1");
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport error");
  CHECK(house.closed[0].detail() == "overlap from client");
  CHECK(second.ask(get(target)).body == unknown_sid);
}

TEST_CASE("polling: a second POST is refused and ends the session, the first is cut off", "[engine][session]") {
  echo_engine server;  // edge 63
  polling_client client(server.port());
  client.posts().send(posting(client, "Content-Length: 100\r\nExpect: 100-continue\r\n"));
  CHECK(client.posts().read(25).starts_with("HTTP/1.1 100"));  // it is being read
  http_client second(server.port());
  const http_answer refused = second.ask(post(client.target(), "4a"));
  CHECK(refused.status == 400);
  CHECK(refused.body.empty());
  CHECK(client.posts().ends());
  const reason why = server.closed();
  CHECK(why.text() == "transport error");
  CHECK(why.detail() == "data request overlap from client");
  CHECK(client.poll().body == unknown_sid);
}

TEST_CASE("polling: a client that leaves a held GET has left", "[engine][session]") {  // edge 64
  echo_engine server;
  for (const bool hard : {false, true}) {
    polling_client client(server.port());
    client.start_poll();
    CHECK(client.post("6").body == "ok");
    if (hard) {
      client.gets().reset();
    } else {
      client.gets().close();
    }
    const reason why = server.closed();
    CHECK(why.text() == "transport error");
    CHECK(why.detail() == "poll connection closed prematurely");
    CHECK(client.post("4a").body == unknown_sid);
  }
}

TEST_CASE("polling: a client that sends a GET and leaves at once has left", "[engine][session]") {  // edge 64
  engine_world house;
  for (const bool hard : {false, true}) {
    memory_client client = house.connect();
    const std::string target = house.open_polling(client);
    boost::system::error_code ec;
    std::string request = get(target);
    const iovec piece{request.data(), request.size()};
    client.stream().write_some({&piece, 1}, ec);  // nothing runs in between
    if (hard) {
      client.stream().shutdown_send();
    } else {
      client.stream().close();
    }
    house.w.settle();
    REQUIRE(house.closed.size() == 1);
    CHECK(house.closed[0].detail() == "poll connection closed prematurely");
    house.closed.clear();
  }
}

TEST_CASE("polling: a client that leaves inside a POST has left", "[engine][session]") {  // edge 65
  echo_engine server;
  for (const bool hard : {false, true}) {
    polling_client client(server.port());
    client.posts().send(posting(client, "Content-Length: 100\r\n") + "4partial");
    if (hard) {
      client.posts().reset();
    } else {
      client.posts().close();
    }
    const reason why = server.closed();
    CHECK(why.text() == "transport error");
    CHECK(why.detail() == "data request connection closed prematurely");
  }
}

TEST_CASE("polling: connections may be closed after each request", "[engine][session]") {  // edge 66
  echo_engine server;
  const polling_client client(server.port());
  for (int i = 0; i < 3; ++i) {
    http_client poster(server.port());
    CHECK(poster.ask(post(client.target(), "4a", "Connection: close\r\n")).body == "ok");
    CHECK(poster.ends());
    http_client poller(server.port());
    CHECK(poller.ask(get(client.target(), "Connection: close\r\n")).body == "4a");
    CHECK(poller.ends());
  }
  CHECK(server.nobody_closed());
}

TEST_CASE("polling: binary content is refused in revision 4 and ends the session",
          "[engine][session]") {  // edge 67
  echo_engine server;
  polling_client client(server.port());
  const http_answer refused = client.post("4a", "Content-Type: application/octet-stream\r\n");
  CHECK(refused.status == 400);
  CHECK(refused.body.empty());
  CHECK(server.closed().text() == "transport error");
}

TEST_CASE("polling: every other content type is text", "[engine][session]") {  // edge 68
  echo_engine server;
  polling_client client(server.port());
  for (const std::string& type : {"application/octet-stream; charset=x"s, "application/x-www-form-urlencoded"s,
                                  "text/plain;charset=UTF-8"s, "Application/Octet-Stream"s, ""s}) {
    CAPTURE(type);
    CHECK(client.post("4a", "Content-Type: " + type + "\r\n").body == "ok");
    CHECK(client.poll().body == "4a");
  }
}

TEST_CASE("polling: a body of exactly the limit is read, one byte more is 413, and the session lives",
          "[engine][session]") {
  echo_engine server(with_max_payload(1000));  // edge 69, 70
  polling_client client(server.port());
  const std::string fits = "4" + std::string(999, 'x');
  CHECK(client.post(fits).body == "ok");
  CHECK(client.poll().body == fits);
  const http_answer large = client.post(fits + "x");
  CHECK(large.status == 413);
  CHECK(large.body.empty());
  http_client chunked(server.port());
  chunked.send(posting(client, "Transfer-Encoding: chunked\r\n") + "3e9\r\n" + fits + "x\r\n0\r\n\r\n");
  CHECK(chunked.read_answer().status == 413);
  http_client again(server.port());
  CHECK(again.ask(post(client.target(), "4still here")).body == "ok");
  CHECK(client.poll().body == "4still here");
  CHECK(server.nobody_closed());
}

TEST_CASE("polling: a body may come in chunks and in pieces", "[engine][session]") {  // edge 71
  echo_engine server;
  polling_client client(server.port());
  const std::string request =
      posting(client, "Transfer-Encoding: chunked\r\n") + "1\r\n4\r\n5;x=y\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n";
  for (const char& byte : request) client.posts().send({&byte, 1});
  CHECK(client.posts().read_answer().body == "ok");
  CHECK(client.poll().body == "4hello, world");
}

TEST_CASE("polling: a megabyte arrives once and whole", "[engine][session]") {  // edge 72
  echo_engine server;
  polling_client client(server.port());
  std::string large = "4";
  while (large.size() < 1'000'000) large += static_cast<char>('a' + large.size() % 26);
  CHECK(client.post(large).body == "ok");
  CHECK(client.poll().body == large);
  round_trip(client);
}

TEST_CASE("polling: other methods get 500 and change nothing", "[engine][session]") {  // edge 73
  echo_engine server;
  polling_client client(server.port());
  for (const std::string& method : {"PUT"s, "DELETE"s, "OPTIONS"s, "PATCH"s}) {
    CAPTURE(method);
    const http_answer wrong =
        client.posts().ask(method + " " + client.target() + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    CHECK(wrong.status == 500);
    CHECK(wrong.body.empty());
  }
  client.posts().send("HEAD " + client.target() + " HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.posts().read_answer(true).status == 500);
  round_trip(client);
}

TEST_CASE("polling: a close packet ends the session, a held GET gets a noop", "[engine][session]") {  // edge 74
  engine_world house;
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  gets.send(get(target));
  memory_client posts = house.connect();
  CHECK(posts
            .ask(post(target,
                      "4a\x1e"
                      "1\x1e"
                      "4b"))
            .body == "ok");
  CHECK(gets.answer().value().body == "6");
  CHECK(posts.ask(post(target, "4c")).body == unknown_sid);
  CHECK(house.messages == std::vector<std::string>{"a"});
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport close");
}

TEST_CASE("packets that a client may not send end the session, others are ignored", "[engine][session]") {
  echo_engine server;
  for (const std::string& body : {"2"s, "2probe"s}) {  // edge 75, 114
    polling_client polling(server.port());
    CHECK(polling.post(body).body == "ok");
    const reason why = server.closed();
    CHECK(why.text() == "transport error");
    CHECK(why.detail() == "invalid heartbeat direction");
    websocket_client ws = open_websocket(server);
    ws.send_text(body);
    CHECK(ws.close_code() == 1005);
    CHECK(server.closed().text() == "transport error");
  }
  polling_client polling(server.port());
  websocket_client ws = open_websocket(server);
  for (const std::string& body : {"0"s, "0{}"s, "5"s, "6"s, "6x"s, "3"s, "3probe"s}) {  // edge 76
    CHECK(polling.post(body).body == "ok");
    ws.send_text(body);
  }
  round_trip(polling);
  round_trip(ws);
  CHECK(server.nobody_closed());
}

TEST_CASE("polling: GET and POST may be pipelined on one connection", "[engine][session]") {  // edge 83
  echo_engine server;
  polling_client client(server.port());
  client.gets().send(get(client.target()) + post(client.target(), "4pipelined"));
  CHECK(client.polled().body == "4pipelined");
  CHECK(client.polled().body == "ok");
  round_trip(client);
}

// ---------------------------------------------------------------- the server closes

TEST_CASE("polling: closing answers a held GET with a close packet", "[engine][session]") {  // edge 78
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  client.send(get(target));
  house.w.run(house.sessions[0].close());
  CHECK(client.answer().value().body == "1");
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "forced close");
  CHECK(client.ask(get(target)).body == unknown_sid);
}

TEST_CASE("polling: closing while no GET is held waits for the next one", "[engine][session]") {  // edge 79
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  house.w.run(house.sessions[0].close());
  CHECK_FALSE(house.sessions[0].open());
  CHECK(house.closed.empty());
  CHECK(client.ask(post(target, "4late")).body == "ok");  // while closing: read and ignored
  CHECK(house.messages.empty());
  const auto sent = house.w.run(house.sessions[0].send("too late"s));
  CHECK(sent.refused == 1);
  CHECK(client.ask(get(target)).body ==
        "6\x1e"
        "1");
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "forced close");
}

TEST_CASE("polling: a closing session that nobody polls ends after 30 seconds", "[engine][session]") {  // edge 79
  engine_world house(with_pings(1h, 1h));
  memory_client client = house.connect();
  house.open_polling(client);
  house.w.run(house.sessions[0].close());
  house.w.advance(29'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "forced close");
  CHECK(house.engine.clients_count() == 0);
}

TEST_CASE("polling: what is queued is delivered before the session closes", "[engine][session]") {  // edge 80
  engine_options settings = with_max_payload(100);
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  for (int i = 0; i < 3; ++i) house.w.run(house.sessions[0].send(std::string(60, static_cast<char>('a' + i))));
  house.w.run(house.sessions[0].close());
  CHECK(house.closed.empty());
  for (int i = 0; i < 3; ++i) CHECK(client.ask(get(target)).body == "4" + std::string(60, static_cast<char>('a' + i)));
  CHECK(house.closed.empty());
  CHECK(client.ask(get(target)).body ==
        "6\x1e"
        "1");
  CHECK(house.closed.size() == 1);
}

TEST_CASE("polling: what is sent just before closing is delivered, however much it is", "[engine][session]") {
  engine_world house(with_max_payload(100));
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  client.send(get(target));
  const engine_session s = house.sessions[0];
  boost::asio::post(s.internals()->get_strand(), [s] {  // in one turn: nothing is flushed in between
    for (int i = 0; i < 3; ++i) {
      const auto frame = engine::frame::text(wire::packet_type::message, std::string(60, static_cast<char>('a' + i)));
      s.internals()->send({&frame, 1});
    }
    s.internals()->close(reason::kind::forced_close, false);
  });
  CHECK(client.answer().value().body == "4" + std::string(60, 'a'));
  CHECK(client.ask(get(target)).body == "4" + std::string(60, 'b'));
  CHECK(client.ask(get(target)).body == "4" + std::string(60, 'c'));
  CHECK(client.ask(get(target)).body ==
        "6\x1e"
        "1");
  CHECK(house.closed.size() == 1);
}

TEST_CASE("WebSocket: closing sends what is queued, then a close frame without code", "[engine][session]") {
  echo_engine server;  // edge 80, 121
  websocket_client ws = open_websocket(server);
  const engine_session s = server.opened();
  for (int i = 0; i < 200; ++i) server.run(s.send(std::string(1000, 'x')));
  server.run(s.close());
  for (int i = 0; i < 200; ++i) CHECK(ws.text().size() == 1001);
  const auto last = ws.next();
  REQUIRE(last);
  CHECK(last->is_close());
  CHECK(last->payload.empty());
  CHECK(server.closed().text() == "forced close");
  CHECK(ws.ends());
}

TEST_CASE("a session that was closed is closed once", "[engine][session]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  for (int i = 0; i < 3; ++i) {
    house.w.run(s.close());
    house.w.run(s.close(true));
  }
  CHECK(house.closed.size() == 1);
  CHECK(house.engine.clients_count() == 0);
  CHECK_FALSE(s.open());
  CHECK(s.buffered() == 0);
  CHECK(house.w.run(s.send("after"s)).refused == 1);
}

TEST_CASE("the end of a session leaves a line in the log with its reason, and nothing tells its whole id",
          "[engine][session]") {
  const captured_log log;
  engine_options settings = with_pings(10s, 5s);
  settings.max_queued_bytes = 1000;
  engine_world house(settings);
  const auto ended = [&](std::string_view why) {
    const engine_session s = std::exchange(house.sessions, {}).at(0);
    CHECK_FALSE(s.open());
    CHECK(log.count(log_level::debug, "session " + s.id().substr(0, 6) + "…: closed, " + std::string(why)) == 1);
    CHECK(log.count(log_level::debug, s.id()) == 0);
  };
  const auto sent = [&](std::string_view packet, std::string_view why) {
    memory_websocket ws = house.websocket();
    ws.send_text(packet);
    ended(why);
  };
  sent("abc", "parse error: ");
  sent("1", "transport close: the client sent a close packet");
  sent("2", "transport error: invalid heartbeat direction");
  {
    memory_client slow = house.connect();
    house.open_polling(slow);
    for (int i = 0; i < 2; ++i) house.w.run(house.sessions[0].send(std::string(600, 'x')));
    house.w.settle();
    ended("slow consumer: more than max_queued_bytes would wait for this client");
  }
  {
    memory_websocket silent = house.websocket();
    house.w.advance(10s);
    house.w.advance(5s);
    ended("ping timeout");
  }
  {
    memory_websocket ws = house.websocket();
    house.w.run(house.sessions[0].close(true));
    ended("forced close");
  }
}

TEST_CASE("discarding on polling answers what can be answered at once", "[engine][session]") {  // edge 81
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  house.w.run(house.sessions[0].send("lost"s));
  house.w.run(house.sessions[0].close(true));
  REQUIRE(house.closed.size() == 1);
  CHECK(client.ask(get(target)).body == unknown_sid);
}

TEST_CASE("a client that vanished before its session is closed ends by ping timeout",
          "[engine][session]") {  // edge 126
  engine_world house(with_pings(10s, 5s));
  memory_websocket ws = house.websocket(direct, "", 1000);  // it takes a thousand bytes, then no more
  house.w.run(house.sessions[0].send(std::string(5000, 'x')));
  house.w.run(house.sessions[0].close());
  CHECK(house.closed.empty());
  house.w.advance(10s);
  house.w.advance(5s);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "ping timeout");
}

// ---------------------------------------------------------------- WebSocket

TEST_CASE("WebSocket: messages come back as they went", "[engine][session]") {
  echo_engine server;
  websocket_client ws = open_websocket(server);
  for (const std::string& text :
       {"4hello"s, "4"s, "4€ und 😀"s, "4a\0b"s, "4" + std::string(125, 'x'), "4" + std::string(70'000, 'y')}) {
    ws.send_text(text);
    CHECK(ws.text() == text);
  }
  for (const std::string& bytes : {"\x01\x02\x03\x04"s, ""s, "\0\xFF"s, std::string(70'000, '\xFE')}) {
    ws.send_binary(bytes);
    CHECK(ws.binary() == bytes);
  }
  ws.send_text("bAQIDBA==");  // edge 115
  CHECK(ws.binary() == "\x01\x02\x03\x04");
}

TEST_CASE("WebSocket: a client that asked for b64 gets binary as text", "[engine][session]") {
  echo_engine server;
  websocket_client ws(server.port(), direct + "&b64=1");
  CHECK(ws.text().starts_with("0{"));
  ws.send_binary("\x01\x02\x03\x04");
  CHECK(ws.text() == "bAQIDBA==");
  ws.send_text("4text");
  CHECK(ws.text() == "4text");
}

TEST_CASE("WebSocket: packets that cannot be read end the session", "[engine][session]") {  // edge 112
  echo_engine server;
  for (const std::string& bad : {"abc"s, ""s, "7"s, "\x01"s, "-1"s, " 4a"s}) {
    CAPTURE(bad);
    websocket_client ws = open_websocket(server);
    ws.send_text(bad);
    CHECK(ws.close_code() == 1005);
    CHECK(ws.ends());
    CHECK(server.closed().text() == "parse error");
  }
}

TEST_CASE("WebSocket: a close packet ends the session at once", "[engine][session]") {  // edge 113
  echo_engine server;
  websocket_client ws = open_websocket(server);
  ws.send_text("1");
  CHECK(ws.close_code() == 1005);
  CHECK(server.closed().text() == "transport close");
}

TEST_CASE("WebSocket: nothing behind the end of a session is handed up", "[engine][session]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  ws.send(text_frame("4one") + text_frame("1") + text_frame("4two") + text_frame("abc") + close_frame_of_client());
  CHECK(house.messages == std::vector<std::string>{"one"});
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport close");
}

TEST_CASE("WebSocket: frames that break RFC 6455 are answered with their close code", "[engine][session]") {
  client_frame plain;
  plain.payload = "4a";
  const auto changed = [&](auto change) {
    client_frame f = plain;
    change(f);
    return f.bytes();
  };
  struct row {
    const char* why;
    std::string bytes;
    std::uint16_t code;
  };
  const std::string too_long(126, 'x');
  const row rows[] = {
      {"edge 117: no mask", changed([](client_frame& f) { f.masked = false; }), 1002},
      {"edge 117: RSV1", changed([](client_frame& f) { f.reserved = 4; }), 1002},
      {"edge 117: RSV2", changed([](client_frame& f) { f.reserved = 2; }), 1002},
      {"edge 117: RSV3", changed([](client_frame& f) { f.reserved = 1; }), 1002},
      {"opcode 3", changed([](client_frame& f) { f.op = 3; }), 1002},
      {"opcode 11", changed([](client_frame& f) { f.op = 11; }), 1002},
      {"a continuation of nothing", changed([](client_frame& f) { f.op = 0; }), 1002},
      {"a length in a longer form", changed([](client_frame& f) { f.extended_bytes = 2; }), 1002},
      {"a fragmented ping", changed([](client_frame& f) { f.op = 9, f.fin = false; }), 1002},
      {"a ping of 126 bytes", changed([&](client_frame& f) { f.op = 9, f.payload = too_long; }), 1002},
      {"a message inside a message", changed([](client_frame& f) { f.fin = false; }) + changed([](client_frame&) {}),
       1002},
      {"a close frame of one byte", changed([](client_frame& f) { f.op = 8, f.payload = "x"; }), 1002},
      {"a close frame with code 1005", close_frame_of_client(1005), 1002},
      {"edge 118: no UTF-8", changed([](client_frame& f) { f.payload = "4\xC3\x28"; }), 1007},
      {"edge 118: a surrogate", changed([](client_frame& f) { f.payload = "4\xED\xA0\x80"; }), 1007},
      {"UTF-8 cut at the end", changed([](client_frame& f) { f.payload = "4\xE2\x82"; }), 1007},
      {"a close reason that is no UTF-8", changed([](client_frame& f) { f.op = 8, f.payload = "\x03\xE8\xFF"; }), 1007},
      {"a length of 2^63", plain.head(8, std::uint64_t{1} << 63), 1002},
      {"a length of 2^62", plain.head(8, std::uint64_t{1} << 62), 1009},
  };
  echo_engine server;
  for (const row& r : rows) {
    for (const bool bytewise : {false, true}) {
      CAPTURE(r.why, bytewise);
      websocket_client ws = open_websocket(server);
      try {
        if (bytewise) {
          ws.send_bytewise(r.bytes);
        } else {
          ws.send(r.bytes);
        }
      } catch (const std::runtime_error&) {
        // The server may have ended the connection at the first bad byte.
      }
      const auto frame = ws.next();
      if (frame) CHECK(frame->close_code() == r.code);
      if (!bytewise) CHECK(frame);
      CHECK(ws.ends());
      CHECK(server.closed().text() == "transport error");
    }
  }
  websocket_client alive = open_websocket(server);
  round_trip(alive);
}

TEST_CASE("WebSocket: fragments are one message, control frames may come between them",
          "[engine][session]") {  // edge 119
  echo_engine server;
  websocket_client ws = open_websocket(server);
  const auto piece = [](std::uint8_t op, std::string_view payload, bool fin) {
    client_frame f;
    f.op = op;
    f.payload = payload;
    f.fin = fin;
    return f.bytes();
  };
  const std::string bytes = piece(1, "4he", false) + piece(9, "ping", true) + piece(0, "", false) +
                            piece(0, "ll\xE2", false) + piece(10, "unasked", true) + piece(0, "\x82\xAC", true);
  for (const bool bytewise : {false, true}) {
    if (bytewise) {
      ws.send_bytewise(bytes);
    } else {
      ws.send(bytes);
    }
    const auto pong = ws.next();
    REQUIRE(pong);
    CHECK(pong->op == 0xA);
    CHECK(pong->payload == "ping");
    CHECK(ws.text() == "4hell€");
  }
  ws.send(piece(2, "\x01", false) + piece(0, "\x02", true));
  CHECK(ws.binary() == "\x01\x02");
}

TEST_CASE("WebSocket: pings are answered in order with their data", "[engine][session]") {
  echo_engine server;
  websocket_client ws = open_websocket(server);
  std::string many;
  for (int i = 0; i < 100; ++i) {
    client_frame ping;
    ping.op = 0x9;
    const std::string data = std::string(static_cast<std::size_t>(i), 'p');
    ping.payload = data;
    many += ping.bytes();
  }
  ws.send(many);
  for (std::size_t i = 0; i < 100; ++i) {
    const auto pong = ws.next();
    REQUIRE(pong);
    CHECK(pong->op == 0xA);
    CHECK(pong->payload.size() == i);
  }
}

TEST_CASE("WebSocket: a message of exactly the limit is read, one byte more is 1009",
          "[engine][session]") {  // edge 116
  echo_engine server(with_max_payload(1000));
  for (const bool fragmented : {false, true}) {
    CAPTURE(fragmented);
    const auto message = [&](std::size_t bytes) {
      const std::string text = "4" + std::string(bytes - 1, 'x');
      if (!fragmented) return text_frame(text);
      client_frame first;
      first.fin = false;
      first.payload = std::string_view(text).substr(0, 600);
      client_frame second;
      second.op = 0;
      second.payload = std::string_view(text).substr(600);
      return first.bytes() + second.bytes();
    };
    websocket_client ws = open_websocket(server);
    ws.send(message(1000));
    CHECK(ws.text().size() == 1000);
    ws.send(message(1001));
    CHECK(ws.close_code() == 1009);
    const reason why = server.closed();
    CHECK(why.text() == "transport error");
    CHECK(why.detail() == "message too large");
  }
}

TEST_CASE("WebSocket: the limit holds for what clients send, not for what they are sent", "[engine][session]") {
  echo_engine server(with_max_payload(1000));
  websocket_client ws = open_websocket(server);
  server.run(server.opened().send(std::string(100'000, 'x')));
  CHECK(ws.text().size() == 100'001);
}

TEST_CASE("WebSocket: a client that closes gets its code back, whatever way it leaves the reason is the same",
          "[engine][session]") {  // edge 120
  echo_engine server;
  for (const std::uint16_t code : {std::uint16_t{0}, std::uint16_t{1000}, std::uint16_t{1001}, std::uint16_t{4000}}) {
    websocket_client ws = open_websocket(server);
    ws.send_close(code);
    CHECK(ws.close_code() == (code == 0 ? 1005 : code));
    CHECK(ws.ends());
    CHECK(server.closed().text() == "transport close");
  }
  {
    websocket_client ws = open_websocket(server);
    ws.close();
    CHECK(server.closed().text() == "transport close");
  }
  {
    websocket_client ws = open_websocket(server);
    ws.shutdown_send();
    CHECK(server.closed().text() == "transport close");
    const auto goodbye = ws.next();
    if (goodbye) CHECK(goodbye->is_close());
    CHECK(ws.ends());
  }
  {
    websocket_client ws = open_websocket(server);
    ws.reset();
    CHECK(server.closed().text() == "transport close");
  }
  CHECK(server.engine().clients_count() == 0);
}

TEST_CASE("WebSocket: a server that closed ends the connection when the peer has answered, or in time",
          "[engine][session]") {
  engine_options settings;
  settings.close_timeout = 3s;
  engine_world house(settings);
  memory_websocket answers = house.websocket();
  memory_websocket ignores = house.websocket();
  for (const auto& s : house.sessions) house.w.run(s.close());
  for (auto* ws : {&answers, &ignores}) {
    CHECK(ws->text().starts_with("0{"));
    CHECK(ws->next().value().is_close());
  }
  auto closing = std::make_shared<bool>(false);
  boost::asio::co_spawn(house.w.context(), house.engine.close(), [closing](std::exception_ptr) { *closing = true; });
  answers.send(close_frame_of_client());
  house.w.advance(2999ms);
  CHECK_FALSE(*closing);
  house.w.advance(1ms);
  CHECK(*closing);
}

// ---------------------------------------------------------------- heartbeats

TEST_CASE("the server pings after an interval, and again an interval after each pong",
          "[engine][session]") {  // edge 122
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  for (int round = 0; round < 4; ++round) {
    house.w.advance(24'999ms);
    CHECK_FALSE(ws.next());
    house.w.advance(1ms);
    CHECK(ws.text() == "2");
    ws.send_text("3");
  }
  CHECK(house.closed.empty());
}

TEST_CASE("an interval shorter than the timeout is kept, too", "[engine][session]") {  // edge 122
  engine_world house(with_pings(1s, 20s));
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  for (int round = 0; round < 4; ++round) {
    house.w.advance(1s);
    CHECK(ws.text() == "2");
    ws.send_text("3");
  }
}

TEST_CASE("a session without a pong ends at interval and timeout", "[engine][session]") {  // edge 123
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  gets.send(get(target));
  house.w.advance(25s);
  CHECK(gets.answer().value().body == "2");
  gets.send(get(target));
  house.w.advance(19'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  REQUIRE(house.closed.size() == 2);
  for (const auto& why : house.closed) CHECK(why.text() == "ping timeout");
  CHECK(gets.answer().value().body == "1");  // edge 125
  CHECK(gets.ask(get(target)).body == unknown_sid);
  CHECK(ws.text().starts_with("0{"));
  CHECK(ws.text() == "2");
  CHECK(ws.next().value().is_close());
}

TEST_CASE("another packet while a pong is due extends the time, once", "[engine][session]") {  // edge 124
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  house.w.advance(25s);
  house.w.advance(15s);
  ws.send_text("4still here");
  house.w.advance(10s);
  ws.send_text("4still here");
  CHECK(house.closed.empty());
  house.w.advance(9'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  CHECK(house.closed.size() == 1);
}

TEST_CASE("a client whose input is not read may stay as long as it takes what is sent", "[engine][session]") {
  engine_options settings = with_pings(25s, 20s);
  settings.ping_timeout_eio3 = 60s;
  engine_world house(settings);
  memory_websocket ws = house.websocket();
  memory_websocket old = house.websocket("/engine.io/?EIO=3&transport=websocket");
  house.w.advance(1s);
  CHECK(ws.text().starts_with("0{"));
  CHECK(old.text().starts_with("0{"));
  for (const auto& s : house.sessions) s.internals()->hold_input(true);
  house.w.advance(24s);
  CHECK(ws.text() == "2");
  for (int round = 0; round < 5; ++round) {
    house.w.advance(20s);
    CHECK(ws.text() == "2");
  }
  CHECK(old.next().value().op == 0x9);  // a client of revision 3 is not pinged, but its WebSocket can be
  house.w.advance(400s);
  CHECK(house.closed.empty());
  for (const auto& s : house.sessions) s.internals()->hold_input(false);
  ws.send_text("4still here");
  house.w.settle();
  CHECK(house.messages == std::vector<std::string>{"still here"});
}

TEST_CASE("a client whose input is not read and who takes nothing has left", "[engine][session]") {
  engine_options settings = with_pings(25s, 20s);
  settings.ping_timeout_eio3 = 60s;
  engine_world house(settings);
  memory_client gets = house.connect();
  const bool is_v4 = GENERATE(true, false);
  CAPTURE(is_v4);
  const std::string target = house.open_polling(gets, is_v4 ? "EIO=4" : "EIO=3");
  house.sessions.at(0).internals()->hold_input(true);
  for (int minute = 0; minute < 5 && house.closed.empty(); ++minute) house.w.advance(60s);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "ping timeout");
}

TEST_CASE("a WebSocket whose input is not read and that was lost is noticed", "[engine][session]") {
  engine_world house(with_pings(25s, 20s));
  memory_websocket ws = house.websocket();
  house.sessions.at(0).internals()->hold_input(true);
  ws.peer().close();
  house.w.advance(25s);
  house.w.advance(20s);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport close");
}

TEST_CASE("heartbeats over real connections: ping, pong, and the end of those who do not answer", "[engine][session]") {
  echo_engine server(with_pings(20ms, 300ms));  // edge 122, 123
  websocket_client ws = open_websocket(server);
  polling_client polling(server.port());
  for (int round = 0; round < 3; ++round) {
    CHECK(ws.text() == "2");
    ws.send_text("3");
    CHECK(polling.poll().body == "2");
    CHECK(polling.post("3").body == "ok");
  }
  CHECK(server.nobody_closed());
  CHECK(ws.text() == "2");
  CHECK(ws.close_code() == 1005);
  CHECK(server.closed().text() == "ping timeout");
  CHECK(server.closed().text() == "ping timeout");
  CHECK(polling.poll().body == unknown_sid);
}

TEST_CASE("a hundred large messages right after the opening do not disturb the heartbeat",
          "[engine][session]") {  // edge 129
  echo_engine server(with_pings(50ms, 5s), [](const engine_server& e) {
    e.on_connection([](engine_session s) {
      const auto frame = engine::frame::text(wire::packet_type::message, std::string(100'000, 'x'));
      for (int i = 0; i < 100; ++i) s.internals()->send({&frame, 1});
    });
  });
  websocket_client ws = open_websocket(server);
  std::size_t large = 0;
  std::size_t pings = 0;
  while (large < 100 || pings < 2) {
    const std::string packet = ws.text();
    if (packet == "2") {
      ++pings;
      ws.send_text("3");
    } else {
      ++large;
    }
  }
  CHECK(large == 100);
  CHECK(server.nobody_closed());
}
