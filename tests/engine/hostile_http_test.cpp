// HTTP/1.1 that is wrong on purpose, aimed at sessions: a refused request touches no session, and one that breaks off
// ends its own session.

#include <string>
#include <string_view>
#include <vector>

#include "engine/bystanders.hpp"
#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/visitor.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

std::vector<way> polling_ways() {
  std::vector<way> ways;
  for (const way& how : every_way)
    if (!how.is_websocket()) ways.push_back(how);
  return ways;
}

visitor enter(engine_world& in, const way& how) {
  visitor v(how, in.w, [&in] { return in.connect(); });
  REQUIRE(v.enter().status == how.welcome());
  return v;
}

std::string post_with(const visitor& v, std::string_view fields, std::string_view body) {
  return "POST " + v.target() + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace

TEST_CASE("a request that the door refuses touches no session, and no poll that is held", "[engine][hostile]") {
  for (const way& how : polling_ways()) {
    CAPTURE(how.name);
    engine_world house;
    visitor v = enter(house, how);
    CHECK(v.hear().empty());  // a GET is held from now on
    const std::string body = v.body_of("4smuggled");
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    for (const std::string& wrong :
         {post_with(v, length + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n" + body),
          post_with(v, length + "Content-Length: 1\r\n", body), post_with(v, "Content-Length: 0x9\r\n", body),
          post_with(v, "Transfer-Encoding: xchunked\r\n", body), post_with(v, "X: a\r\n b\r\n" + length, body),
          post_with(v, "X: a\n" + length, body), post_with(v, length + "Host: other\r\n", body)}) {
      CAPTURE(wrong);
      memory_client line = house.connect();
      line.send(wrong + get(v.target()));
      CHECK(line.answer().value().status == 400);
      CHECK(line.received().empty());
      CHECK(line.ended());
    }
    memory_client line = house.connect();
    CHECK(line.ask(post_with(v, "X: " + std::string(20'000, 'y') + "\r\n" + length, body)).status == 431);
    CHECK(house.messages.empty());
    CHECK(house.closed.empty());
    v.message("real");
    CHECK(house.messages == std::vector<std::string>{"real"});
    house.w.run(house.sessions[0].send(std::string("news")));
    CHECK(v.hear().find("4news") != std::string::npos);
  }
}

TEST_CASE("a POST that breaks off or breaks the rules ends its session, with a reason, and nobody else's",
          "[engine][hostile]") {
  enum class end { bad_chunk, reset, half_close, time };
  for (const way& how : polling_ways()) {
    for (const end which : {end::bad_chunk, end::reset, end::half_close, end::time}) {
      CAPTURE(how.name, static_cast<int>(which));
      engine_world house;
      bystanders quiet(house);
      visitor v = enter(house, how);
      memory_client line = house.connect();
      if (which == end::bad_chunk) {
        line.send(post_with(v, "Transfer-Encoding: chunked\r\n", "5\r\nabcdefghi\r\n"));
        CHECK(line.answer().value().status == 400);
      } else {
        line.send(post_with(v, "Content-Length: 100\r\n", "half"));
        CHECK(house.closed.empty());
        if (which == end::reset) line.reset();
        if (which == end::half_close) line.shutdown_send();
        if (which == end::time) {
          house.w.advance(20s);
          CHECK(quiet.fine());  // their heartbeats go on
          house.w.advance(10s);
          CHECK(line.answer().value().status == 408);
        }
      }
      CHECK(line.ended());
      REQUIRE_FALSE(house.closed.empty());
      CHECK(house.closed.back().text() == (which == end::time ? house.closed.back().text() : "transport error"));
      CHECK(house.messages.end() == std::find(house.messages.begin(), house.messages.end(), "half"));
      CHECK(v.let_go());
      if (which != end::time) CHECK(quiet.fine());
    }
  }
}

TEST_CASE("requests behind a held GET are handled while it is held, in their order", "[engine][hostile]") {
  for (const way& how : polling_ways()) {
    CAPTURE(how.name);
    engine_world house;
    visitor v = enter(house, how);
    memory_client line = house.connect();
    const std::string body = v.body_of("4one");
    const std::string field = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    line.send(get(v.target()) + post_with(v, field, body) + post_with(v, field, body));
    CHECK(house.messages == std::vector<std::string>{"one", "one"});
    CHECK(line.received().empty());
    line.send("POST " + v.target() + " HTTP/1.1\r\nX: a\r\n b\r\n\r\n");  // refused in its turn
    house.w.run(house.sessions[0].send(std::string("news")));
    CHECK(line.answer().value().body.find("4news") != std::string::npos);
    CHECK(line.answer().value().body == "ok");
    CHECK(line.answer().value().body == "ok");
    CHECK(line.answer().value().status == 400);
    CHECK(line.ended());
    CHECK(house.closed.empty());
  }
}

TEST_CASE("a second GET behind a held one is an overlap like any other", "[engine][hostile]") {
  for (const way& how : polling_ways()) {
    CAPTURE(how.name);
    engine_world house;
    bystanders quiet(house);
    visitor v = enter(house, how);
    memory_client line = house.connect();
    line.send(get(v.target()) + get(v.target()) + get(v.target()));
    CHECK(line.answer().value().status == 200);  // the held one: a close packet
    CHECK(line.answer().value().status == 400);
    CHECK(line.answer().value().status == 400);
    REQUIRE(house.closed.size() == 1);
    CHECK(house.closed[0].text() == "transport error");
    CHECK(quiet.fine());
  }
}

TEST_CASE("an Upgrade request behind a held GET waits until that is answered", "[engine][hostile]") {
  for (const way& how : polling_ways()) {
    CAPTURE(how.name);
    engine_world house;
    visitor v = enter(house, how);
    memory_client line = house.connect();
    line.send(get(v.target()) + websocket_request(v.target("websocket")) + text_frame("2probe") + text_frame("5"));
    CHECK(line.received().empty());
    CHECK(house.sessions[0].transport() == "polling");
    house.w.run(house.sessions[0].send(std::string("news")));
    std::string bytes = line.received();
    CHECK(take_answer(bytes).value().body.find("4news") != std::string::npos);
    CHECK(take_answer(bytes).value().status == 101);
    CHECK(take_frame(bytes).value().payload == "3probe");
    CHECK(house.sessions[0].transport() == "websocket");
    CHECK(house.closed.empty());
  }
}

TEST_CASE("a POST that expects 100 Continue gets it where it can, and its answer in any case", "[engine][hostile]") {
  for (const way& how : polling_ways()) {
    CAPTURE(how.name);
    engine_world house;
    visitor v = enter(house, how);
    const std::string body = v.body_of("4later");
    const std::string fields = "Content-Length: " + std::to_string(body.size()) + "\r\nExpect: 100-continue\r\n";
    memory_client line = house.connect();
    line.send(post_with(v, fields, ""));
    CHECK(line.received() == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(line.ask(body).body == "ok");
    line.send(get(v.target()) + post_with(v, fields, ""));
    CHECK(line.received().empty());  // it would stand in front of the held answer
    line.send(body);
    CHECK(house.messages == std::vector<std::string>{"later", "later"});
    memory_client other = house.connect();
    CHECK(other.ask(post_with(v, "Content-Length: 100000000\r\nExpect: 100-continue\r\n", "")).status == 413);
  }
}
