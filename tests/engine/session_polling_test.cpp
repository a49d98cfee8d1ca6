// One client's Engine.IO life over real connections, packets in both directions and the reasons of ends: polling.
// Rows of the edge-case checklist are named where they are tested.

#include "engine/session.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "engine/session_helpers.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

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

TEST_CASE("polling: thousands of small messages in one body are all handled", "[engine][session]") {
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  std::string body = "40";
  for (int i = 1; i < 3'000; ++i)
    body +=
        "\x1e"
        "4" +
        std::to_string(i);
  CHECK(client.ask(post(target, body)).body == "ok");
  REQUIRE(house.messages.size() == 3'000);
  CHECK(house.messages.back() == "2999");
  CHECK(house.closed.empty());
}

namespace {

std::uint64_t unasked(engine_world& house) {
  return house.engine.internals()->counters().sum(base::counter::limits +
                                                  static_cast<std::size_t>(base::limit::first_request_timeout));
}

}  // namespace

TEST_CASE("polling: while too many are silent, a session whose client sends nothing behind its handshake ends soon",
          "[engine][session]") {
  engine_options settings;
  settings.max_silent_sessions = 1;
  engine_world house(settings);
  memory_client client = house.connect();
  memory_client other = house.connect();
  const std::string target = house.open_polling(client);
  house.w.advance(1s);
  for (int i = 0; i < 2; ++i) house.open_polling(other);
  house.w.advance(8'999ms);
  CHECK(house.closed.empty());
  SECTION("nothing") {
    const captured_log log;
    house.w.advance(1ms);
    REQUIRE(house.closed.size() == 1);
    CHECK(house.closed[0].text() == "forced close");
    CHECK(house.closed[0].detail() ==
          "no request followed the handshake within first_request_timeout, and more than max_silent_sessions were "
          "waited for");
    CHECK(house.engine.clients_count() == 2);
    CHECK(unasked(house) == 1);
    CHECK(log.count(log_level::info,
                    "… (127.0.0.1) ends: no request has followed its handshake within "
                    "options.first_request_timeout, and more clients than "
                    "options.max_silent_sessions are silent like it") == 1);
    house.w.advance(10s);
    CHECK(house.closed.size() == 2);  // the last one is not too many
    return;
  }
  SECTION("a GET") { client.send(get(target)); }
  SECTION("a POST") { CHECK(client.ask(post(target, "4a")).body == "ok"); }
  SECTION("an upgrade") {
    const memory_websocket ws = house.websocket(direct + "&sid=" + house.sessions[0].id());
    house.w.advance(1ms);
    CHECK(house.closed.empty());
    CHECK(unasked(house) == 0);
    return;
  }
  house.w.advance(14s);
  CHECK(house.sessions[0].open());
  CHECK(unasked(house) == 1);  // one of the others
}

TEST_CASE("polling: a client that is slow behind its handshake has the time of the heartbeat", "[engine][session]") {
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  house.w.advance(25s);
  house.w.advance(19'999ms);
  SECTION("its request comes in time") {
    CHECK(client.ask(get(target)).status == 200);
    CHECK(house.closed.empty());
  }
  SECTION("no request comes") {
    CHECK(house.closed.empty());
    house.w.advance(1ms);
    REQUIRE(house.closed.size() == 1);
    CHECK(house.closed[0].text() == "ping timeout");
  }
  CHECK(unasked(house) == 0);
}

TEST_CASE("polling: a session that was silent for long ends when too many are silent later", "[engine][session]") {
  engine_options settings;
  settings.max_silent_sessions = 2;
  engine_world house(settings);
  memory_client client = house.connect();
  house.open_polling(client);
  house.w.advance(10s);
  house.w.advance(5s);
  house.open_polling(client);
  house.open_polling(client);
  house.w.advance(4'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  CHECK(house.closed.size() == 1);
  CHECK(unasked(house) == 1);
}

TEST_CASE("polling: first_request_timeout of 0 leaves it to the heartbeat", "[engine][session]") {
  engine_options settings;
  settings.first_request_timeout = 0ms;
  settings.max_silent_sessions = 1;
  engine_world house(settings);
  memory_client client = house.connect();
  for (int i = 0; i < 3; ++i) house.open_polling(client);
  house.w.advance(25s);
  house.w.advance(19'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  CHECK(house.closed.size() == 3);
  CHECK(unasked(house) == 0);
}

TEST_CASE("polling: one packet above all limits refuses its client nothing else", "[engine][session]") {
  engine_options settings;
  settings.http_compression.reset();
  settings.max_queued_bytes = settings.high_water_mark = 20'000;
  settings.max_payload = settings.max_held_bytes = 10'000;
  settings.max_client_bytes = 50'000;
  engine_world house(settings);
  memory_client gets = house.connect(1'000);
  memory_client posts = house.connect();
  const std::string target = house.open_polling(gets);
  const engine_session s = house.sessions[0];
  const std::size_t idle = s.internals()->account().bytes();
  const auto large = engine::frame::text(wire::packet_type::message, std::string(100'000, 'x'));
  CHECK(s.internals()->send({&large, 1}) == delivery::queued);
  gets.send(get(target));
  CHECK(s.buffered() == 0);
  CHECK(s.internals()->account().bytes() == idle);
  CHECK(posts.ask(post(target, "4hello")).status == 200);
  CHECK(s.open());
}

TEST_CASE("polling: an answer that the client does not read is charged until it has left", "[engine][session]") {
  engine_options settings;
  settings.http_compression.reset();
  engine_world house(settings);
  memory_client gets = house.connect(1'000);
  const std::string target = house.open_polling(gets);
  const engine_session s = house.sessions[0];
  base::account& account = s.internals()->account();
  const std::size_t idle = account.bytes();
  house.w.run(s.send(std::string(100'000, 'x')));
  gets.send(get(target));
  CHECK(s.buffered() == 0);
  CHECK(account.bytes() == idle + 100'001);
  std::string got;
  for (std::string some = gets.received(); !some.empty(); some = gets.received()) {
    got += some;
    house.w.settle();
  }
  CHECK(got.size() > 100'000);
  CHECK(account.bytes() == idle);
}
