// Polling as its clients see it: one GET held, one POST at a time, what closes a session and what does not.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/suspension.hpp"
#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string unknown_sid = R"({"code":1,"message":"Session ID unknown"})";
const std::string sep = "\x1e";

void check_lives(polling_client& client) {
  REQUIRE(client.post("4still here").body == "ok");
  REQUIRE(client.poll().body == "4still here");
}

}  // namespace

TEST_CASE("what is posted comes back by GET", "[engine][polling]") {
  echo_engine server;
  polling_client client(server.port());
  for (const std::string& payload : {std::string("4hello"),                                                // edge 57
                                     "4test1" + sep + "4test2" + sep + "4test3",                           // edge 58
                                     "4hello" + sep + "bAQIDBA==",                                         // edge 59
                                     std::string("4\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xE6\xBC\xA2"),  // edge 87
                                     std::string("4"), std::string("b")}) {
    CAPTURE(payload);
    const http_answer posted = client.post(payload);
    CHECK(posted.status == 200);
    CHECK(posted.body == "ok");
    CHECK(posted.header("content-type") == "text/html");
    CHECK(posted.header("cache-control") == "no-store");  // edge 46
    const http_answer polled = client.poll();
    CHECK(polled.body == payload);
    CHECK(polled.header("content-type") == "text/plain; charset=UTF-8");
    CHECK(polled.header("cache-control") == "no-store");
  }
}

TEST_CASE("the ready heads of answers are those that a handler may change", "[engine][polling]") {
  const auto everything = [](bool changed, std::string_view eio, std::string_view agent) {
    engine_world house;
    if (changed) house.engine.on_headers([](http::response&, const http::request&) {});
    memory_client client = house.connect();
    const std::string target = house.open_polling(client, eio);
    house.w.run(house.sessions[0].send(std::string("back")));
    client.send(get(target, agent));
    house.w.run(house.sessions[0].send(binary("bytes")));
    client.send(get(target, agent));
    client.send(post(target, eio == "EIO=3" ? "2:4a" : "4a", agent));
    return client.received();
  };
  const std::string old_browser = "User-Agent: Mozilla/5.0 (compatible;MSIE 9.0)\r\n";
  for (const std::string eio : {"EIO=4", "EIO=3"}) {
    for (const std::string& agent : {std::string(), old_browser}) {
      CAPTURE(eio, agent);
      const std::string ready = everything(false, eio, agent);
      CHECK(ready == everything(true, eio, agent));
      CHECK((ready.find("X-XSS-Protection: 0") != std::string::npos) == !agent.empty());
      CHECK((ready.find("application/octet-stream") != std::string::npos) == (eio == "EIO=3"));
    }
  }
  CHECK(everything(false, "EIO=4", "")
            .starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\ncache-control: "
                         "no-store\r\nContent-Length: 5\r\n"
                         "\r\n4back"));
}

TEST_CASE("answers to polls and data have the headers of the origin policy", "[engine][polling]") {
  const auto everything = [](const origin_policy& origins, bool middleware, const std::string& origin) {
    engine_options settings;
    settings.origins = origins;
    engine_world house(settings);
    if (middleware)  // then a coroutine answers
      house.engine.use([](http::request, http::response&, next go) -> task<> { co_await go(); });
    memory_client client = house.connect();
    const std::string target = house.open_polling(client);
    const std::string header = "Origin: " + origin + "\r\n";
    house.w.run(house.sessions[0].send(std::string("back")));
    client.send(get(target, header));
    client.send(post(target, "4a", header));
    client.send(post(target, "b\xFF", header));  // no payload: the session ends
    client.send(post(target, "4b", header));
    return client.received();
  };
  const std::string page = "https://a.example";
  for (const origin_policy& origins :
       {origin_policy(), origin_policy("*"), origin_policy({"https://a.example", "https://b.example"}),
        origin_policy("https://a.example").credentials(), origin_policy("https://a.example").exposed_headers({"X-A"}),
        origin_policy("https://c.example")}) {
    for (const std::string& origin : {page, std::string("http://a"), std::string("null")}) {
      CAPTURE(origins.text(), origin);
      CHECK(everything(origins, false, origin) == everything(origins, true, origin));
    }
  }
  const std::string listed = everything({page, "https://b.example"}, false, page);
  CHECK(listed.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(listed.find("Access-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n") != std::string::npos);
}

TEST_CASE("a large answer is compressed, and a small one is not, without a handler", "[engine][polling]") {
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  const std::string accept = "Accept-Encoding: gzip\r\n";
  house.w.run(house.sessions[0].send(std::string(100, 'x')));
  CHECK_FALSE(client.ask(get(target, accept)).has("content-encoding"));
  house.w.run(house.sessions[0].send(std::string(5'000, 'x')));
  const http_answer large = client.ask(get(target, accept));
  CHECK(large.header("content-encoding") == "gzip");
  CHECK(large.header("cache-control") == "no-store");
}

TEST_CASE("a POST whose session pauses reading is answered when that goes on", "[engine][polling]") {
  engine_options settings;
  settings.max_handlers_in_flight = 1;
  settings.max_held_bytes = 2'000;
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  std::shared_ptr<async::suspension> running;
  house.sessions[0].on_message([&](message) -> task<> {
    auto wait = [&](std::shared_ptr<async::suspension> me) { running = std::move(me); };
    co_await async::suspend(std::move(wait));
  });
  const auto end_handler = [&] {
    std::exchange(running, nullptr)->end();
    house.w.settle();
  };
  CHECK(client.ask(post(target, "4first")).body == "ok");
  REQUIRE(running);
  client.send(post(target, "4" + std::string(5'000, 'x')));  // waits for a handler: nothing more is read
  CHECK_FALSE(client.answer());
  end_handler();
  const auto answer = client.answer();
  REQUIRE(answer);
  CHECK(answer->body == "ok");
  REQUIRE(running);
  end_handler();
}

// edge 60
TEST_CASE("a body that is no payload ends the session, and the POST is still answered", "[engine][polling]") {
  echo_engine server;
  for (const std::string& body : {std::string("abc"), std::string(), "4a" + sep, "4a" + sep + sep + "4b", sep,
                                  std::string("7"), std::string("4\xFF")}) {
    CAPTURE(body);
    polling_client client(server.port());
    const http_answer posted = client.post(body);
    CHECK(posted.status == 200);
    CHECK(posted.body == "ok");
    CHECK(server.closed().text() == "parse error");
    CHECK(client.poll().body == unknown_sid);
  }
}

// edge 61
TEST_CASE("packets in front of a bad one are handled, those behind it are not", "[engine][polling]") {
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  CHECK(client.ask(post(target, "4a" + sep + "bAQ==" + sep + "9" + sep + "4c")).body == "ok");
  CHECK(house.messages == std::vector<std::string>{"a", "<\x01>"});
  CHECK(house.closed.at(0).text() == "parse error");
}

// edge 62
TEST_CASE("a second GET is refused, the first gets a close packet, the session is gone", "[engine][polling]") {
  engine_world house;
  memory_client first = house.connect();
  memory_client second = house.connect();
  const std::string target = house.open_polling(first);
  first.send(get(target));
  const http_answer refused = second.ask(get(target));
  CHECK(refused.status == 400);
  CHECK(refused.body.empty());
  CHECK(first.answer().value().body == "1");
  CHECK(house.closed.at(0).text() == "transport error");
  CHECK(house.closed.at(0).detail() == "overlap from client");
  CHECK(second.ask(get(target)).body == unknown_sid);
}

// edge 63
TEST_CASE("a second POST is refused, the first is cut off, the session is gone", "[engine][polling]") {
  engine_world house;
  memory_client first = house.connect();
  memory_client second = house.connect();
  const std::string target = house.open_polling(first);
  first.send("POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n4he");
  const http_answer refused = second.ask(post(target, "4a"));
  CHECK(refused.status == 400);
  CHECK(refused.body.empty());
  CHECK(first.received().empty());
  CHECK(first.ended());
  CHECK(house.closed.at(0).text() == "transport error");
  CHECK(house.closed.at(0).detail() == "data request overlap from client");
  CHECK(second.ask(get(target)).body == unknown_sid);
  CHECK(house.messages.empty());
}

TEST_CASE("a client that gives up its requests gives up its session", "[engine][polling]") {
  for (const bool by_reset : {false, true}) {
    for (const bool posting : {false, true}) {
      CAPTURE(by_reset, posting);
      engine_world house;
      memory_client client = house.connect();
      const std::string target = house.open_polling(client);
      if (posting) {
        client.send("POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n4he");
      } else {
        client.send(get(target));
      }
      CHECK(house.closed.empty());
      if (by_reset) {
        client.reset();
      } else {
        client.close();
      }
      REQUIRE(house.closed.size() == 1);
      CHECK(house.closed[0].text() == "transport error");
      // edge 64, 65
      CHECK(house.closed[0].detail() ==
            (posting ? "data request connection closed prematurely" : "poll connection closed prematurely"));
      CHECK(house.engine.clients_count() == 0);
    }
  }
}

TEST_CASE("a body that comes slowly is read, and one that stops coming ends its session", "[engine][polling]") {
  engine_options settings;
  settings.ping_interval = 10min;
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  client.send("POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n4sl");
  house.w.advance(29s);
  client.send("ow");
  house.w.advance(29s);
  SECTION("it comes") {
    client.send("!");
    CHECK(client.answer()->body == "ok");
    CHECK(house.messages == std::vector<std::string>{"slow!"});
  }
  SECTION("it stops") {
    CHECK(house.closed.empty());
    house.w.advance(1s);
    CHECK(client.answer()->status == 408);
    REQUIRE(house.closed.size() == 1);
    CHECK(house.closed[0].text() == "transport error");
    CHECK(house.closed[0].detail() == "the body of a data request did not come in time");
  }
}

TEST_CASE("a POST whose session ends before its body has come is answered at once", "[engine][polling]") {
  engine_world house;
  memory_client gets = house.connect();
  memory_client posts = house.connect();
  const std::string target = house.open_polling(gets);
  gets.send(get(target));
  posts.send("POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n4he");
  CHECK_FALSE(posts.answer());
  house.w.run(house.sessions.at(0).close());
  house.w.settle();
  CHECK(gets.answer().value().body == "1");
  CHECK(posts.answer().value().status == 400);
  posts.send("llo");  // the rest is skipped, and the connection stays
  CHECK(posts.ask(get(target)).body == unknown_sid);
  CHECK(house.messages.empty());
}

// edge 66
TEST_CASE("a session does not depend on connections that stay open", "[engine][polling]") {
  echo_engine server;
  const polling_client opened(server.port(), "EIO=4", "Connection: close\r\n");
  for (int round = 0; round < 3; ++round) {
    http_client posts(server.port());
    CHECK(posts.ask(post(opened.target(), "4a", "Connection: close\r\n")).body == "ok");
    CHECK(posts.ends());
    http_client gets(server.port());
    CHECK(gets.ask(get(opened.target(), "Connection: close\r\n")).body == "4a");
    CHECK(gets.ends());
  }
}

TEST_CASE("the content type of a POST matters where it promises binary", "[engine][polling]") {
  echo_engine server;
  polling_client client(server.port());
  for (const char* type : {"application/octet-stream; charset=x", "application/x-www-form-urlencoded",
                           "text/plain;charset=UTF-8", ""}) {  // edge 68
    CAPTURE(type);
    CHECK(client.post("4a", "Content-Type: " + std::string(type) + "\r\n").body == "ok");
    CHECK(client.poll().body == "4a");
  }
  const http_answer refused = client.post("4a", "Content-Type: application/octet-stream\r\n");  // edge 67
  CHECK(refused.status == 400);
  CHECK(refused.body.empty());
  CHECK(server.closed().text() == "transport error");
  CHECK(client.poll().body == unknown_sid);
}

// edge 69, 70
// A body that was refused was not read, so it changed nothing: the session stays open, as in the reference, for a
// client that splits better.
TEST_CASE("a body may have exactly as many bytes as allowed, one more is refused and the session stays",
          "[engine][polling]") {
  engine_options settings;
  settings.max_payload = 10;
  echo_engine server(settings);
  polling_client client(server.port());
  CHECK(client.post("4" + std::string(9, 'a')).body == "ok");
  CHECK(client.poll().body == "4" + std::string(9, 'a'));
  const http_answer refused = client.post("4" + std::string(10, 'a'));
  CHECK(refused.status == 413);
  CHECK(refused.body.empty());
  http_client chunked(server.port());
  chunked.send("POST " + client.target() +
               " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n4aaaaa\r\n6\r\naaaaaa\r\n0\r\n\r\n");
  CHECK(chunked.read_answer().status == 413);
  CHECK(client.post("4b").body == "ok");
  CHECK(client.poll().body == "4b");
  CHECK(server.nobody_closed());
}

// edge 71
TEST_CASE("a chunked body is put together, whatever the pieces", "[engine][polling]") {
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  client.send_slowly("POST " + target +
                     " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n4he\r\n1\r\nl\r\n5\r\nlo\x1e"
                     "4w\r\n0\r\n\r\n");
  CHECK(client.answer().value().body == "ok");
  CHECK(house.messages == std::vector<std::string>{"hello", "w"});
}

// edge 72
TEST_CASE("a megabyte in many pieces is one message", "[engine][polling]") {
  echo_engine server;
  polling_client client(server.port());
  const std::string body = "4" + std::string(999'999, 'x');
  http_client posts(server.port());
  const std::string request = post(client.target(), body);
  for (std::size_t at = 0; at < request.size(); at += 7'001) posts.send(std::string_view(request).substr(at, 7'001));
  CHECK(posts.read_answer().body == "ok");
  CHECK(client.poll().body == body);
  CHECK(server.nobody_closed());
}

// edge 73
TEST_CASE("other methods with a sid are answered with 500, and the session survives", "[engine][polling]") {
  echo_engine server;
  polling_client client(server.port());
  for (const std::string method : {"PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"}) {
    CAPTURE(method);
    http_client other(server.port());
    other.send(method + " " + client.target() + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    const http_answer answer = other.read_answer(method == "HEAD");
    CHECK(answer.status == 500);
    CHECK(answer.body.empty());
  }
  check_lives(client);
}

// edge 74
TEST_CASE("a close packet ends the session, a held GET gets a noop", "[engine][polling]") {
  engine_world house;
  memory_client gets = house.connect();
  memory_client posts = house.connect();
  const std::string target = house.open_polling(gets);
  gets.send(get(target));
  CHECK(posts.ask(post(target, "1" + sep + "4not read")).body == "ok");
  CHECK(gets.answer().value().body == "6");
  CHECK(house.messages.empty());
  CHECK(house.closed.at(0).text() == "transport close");
  CHECK(gets.ask(get(target)).body == unknown_sid);
}

TEST_CASE("what packets do that carry no message", "[engine][polling]") {
  echo_engine server;
  polling_client client(server.port());
  for (const char* ignored : {"0", "5", "6", "3", "3probe"}) CHECK(client.post(ignored).body == "ok");  // edge 76
  check_lives(client);
  for (const char* ping : {"2", "2probe"}) {  // edge 75
    polling_client wrong(server.port());
    CHECK(wrong.post(ping).body == "ok");
    const reason why = server.closed();
    CHECK(why.text() == "transport error");
    CHECK(why.detail() == "invalid heartbeat direction");
    CHECK(wrong.poll().body == unknown_sid);
  }
}

// edge 77
// The reference answers the held GET with the first of them alone, which costs the client one more round trip. Here
// what is sent in one go comes in one payload; clients take both.
TEST_CASE("what is sent in one go comes in one payload", "[engine][polling]") {
  engine_world house;
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  gets.send(get(target));
  house.w.run([](engine_session s) -> task<> {
    co_await s.send(std::string("a"));
    co_await s.send(std::string("b"));
    co_await s.send(std::string("c"));
  }(house.sessions[0]));
  CHECK(gets.answer().value().body == "4a" + sep + "4b" + sep + "4c");
}

TEST_CASE("what a GET gets when the server closes the session", "[engine][polling]") {
  for (const bool held : {true, false}) {
    CAPTURE(held);
    engine_world house;
    memory_client gets = house.connect();
    const std::string target = house.open_polling(gets);
    if (held) gets.send(get(target));
    house.w.run(house.sessions[0].close());
    CHECK(house.closed.size() == (held ? 1U : 0U));
    if (!held) gets.send(get(target));
    CHECK(gets.answer().value().body == (held ? "1" : "6" + sep + "1"));  // edge 78, 79
    CHECK(house.closed.at(0).text() == "forced close");
    CHECK(gets.ask(get(target)).body == unknown_sid);
  }
}

// edge 79
TEST_CASE("a closing session whose client never polls again ends after half a minute", "[engine][polling]") {
  engine_options settings;
  settings.ping_interval = 60s;
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  house.w.run(house.sessions[0].close());
  CHECK(client.ask(post(target, "4ignored")).body == "ok");  // content of a closing session is not looked at
  CHECK(house.messages.empty());
  house.w.advance(29'999ms);
  CHECK(house.closed.empty());
  house.w.advance(1ms);
  CHECK(house.closed.at(0).text() == "forced close");
  CHECK(house.engine.clients_count() == 0);
}

// edge 80
TEST_CASE("what is queued when the server closes is delivered first", "[engine][polling]") {
  engine_world house;
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  house.w.run(house.sessions[0].send(std::string("last")));
  house.w.run(house.sessions[0].send(std::string("words")));
  house.w.run(house.sessions[0].close());
  CHECK(gets.ask(get(target)).body == "4last" + sep + "4words");
  CHECK(gets.ask(get(target)).body == "6" + sep + "1");
  CHECK(house.closed.at(0).text() == "forced close");
}

// edge 81
TEST_CASE("closing with discard drops what is queued", "[engine][polling]") {
  engine_world house;
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  house.w.run(house.sessions[0].send(std::string("never read")));
  house.w.run(house.sessions[0].close(true));
  CHECK(house.closed.at(0).text() == "forced close");
  CHECK(gets.ask(get(target)).body == unknown_sid);
}

// edge 82
// The reference lets this request wait for ever; it is a mismatch like any other.
TEST_CASE("a plain request for the WebSocket of a session is refused at once", "[engine][polling]") {
  echo_engine server;
  websocket_client ws(server.port(), "/engine.io/?EIO=4&transport=websocket");
  const std::string sid = text_member(ws.text(), "sid");
  http_client client(server.port());
  for (const std::string transport : {"websocket", "polling"}) {
    const http_answer refused = client.ask(get("/engine.io/?EIO=4&transport=" + transport + "&sid=" + sid));
    CHECK(refused.status == 400);
    CHECK(refused.body == R"({"code":3,"message":"Bad request"})");
    CHECK(server.refused().context() == "TRANSPORT_MISMATCH");
  }
  ws.send_text("4still here");
  CHECK(ws.text() == "4still here");
}

// edge 83
TEST_CASE("a POST behind a GET on one connection is handled while the GET is held", "[engine][polling]") {
  echo_engine server;
  const polling_client client(server.port());
  http_client one(server.port());
  one.send(get(client.target()) + post(client.target(), "4hello"));
  CHECK(one.read_answer().body == "4hello");  // the echo answers the GET
  CHECK(one.read_answer().body == "ok");
}

TEST_CASE("a held GET is answered when its session times out", "[engine][polling]") {
  engine_options settings;  // edge 125
  settings.ping_interval = 10s;
  settings.ping_timeout = 5s;
  engine_world house(settings);
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  gets.send(get(target));
  house.w.advance(10s);
  CHECK(gets.answer().value().body == "2");  // edge 122
  gets.send(get(target));
  house.w.advance(4999ms);
  CHECK_FALSE(gets.answer());
  house.w.advance(1ms);
  CHECK(gets.answer().value().body == "1");
  CHECK(house.closed.at(0).text() == "ping timeout");
  CHECK(gets.ask(get(target)).body == unknown_sid);  // edge 123
}

// edge 126
TEST_CASE("a session whose client has vanished and that the server closes ends with the ping timeout",
          "[engine][polling]") {
  engine_options settings;
  settings.ping_interval = 10s;
  settings.ping_timeout = 5s;
  engine_world house(settings);
  memory_client client = house.connect();
  client.send(get(house.open_polling(client)));
  house.w.advance(10s);
  CHECK(client.answer().value().body == "2");
  house.w.run(house.sessions[0].close());
  CHECK(house.closed.empty());
  house.w.advance(5s);
  CHECK(house.closed.at(0).text() == "ping timeout");
}

// edge 28
TEST_CASE("the first message of the server comes with the open packet", "[engine][polling]") {
  engine_options settings;
  settings.initial_packet.emplace(std::string("welcome"));
  echo_engine server(settings);
  const polling_client v4(server.port());
  CHECK(v4.opened().body.ends_with("}" + sep + "4welcome"));
  const polling_client v3(server.port(), "EIO=3");
  CHECK(v3.opened().body.ends_with("}8:4welcome"));
  websocket_client ws(server.port(), "/engine.io/?EIO=4&transport=websocket");
  CHECK(ws.text().starts_with("0{"));
  CHECK(ws.text() == "4welcome");
}

TEST_CASE("the first message of the server may be binary", "[engine][polling]") {
  engine_options settings;
  settings.initial_packet.emplace(binary(std::string("\x01\x02")));
  echo_engine server(settings);
  const polling_client v4(server.port());
  CHECK(v4.opened().body.ends_with("}" + sep + "bAQI="));
  const polling_client v3(server.port(), "EIO=3");
  CHECK(v3.opened().header("content-type") == "application/octet-stream");
  CHECK(v3.opened().body.ends_with("}\x01\x03\xff\x04\x01\x02"));
  websocket_client ws(server.port(), "/engine.io/?EIO=3&transport=websocket");
  CHECK(ws.text().starts_with("0{"));
  CHECK(ws.binary() == "\x04\x01\x02");
}
