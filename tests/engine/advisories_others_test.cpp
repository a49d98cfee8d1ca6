// Published vulnerabilities of Engine.IO servers and of WebSocket libraries: python-engineio and other servers.
// Each has a test, on every transport and in both revisions. docs/security.md has the table.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/advisories_helpers.hpp"
#include "engine/bystanders.hpp"
#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/visitor.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

// ---------------------------------------------------------------- python-engineio

TEST_CASE("CVE-2019-13611: a page of another origin opens no WebSocket, cookie and session id or not",
          "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_options settings;
    settings.cookie.emplace();
    engine_world house(settings);
    visitor v = one(house, how);
    REQUIRE(v.enter().status == how.welcome());
    const std::string cookie = "Cookie: io=" + v.sid() + "\r\n";
    for (const char* origin : {"http://evil.example", "http://localhost.evil.example", "https://localhost:444", "null",
                               "http://localhost:80@evil.example", "http://", "localhost"}) {
      CAPTURE(origin);
      const std::string foreign = "Origin: " + std::string(origin) + "\r\n" + cookie;
      CHECK(one(house, how).enter("", foreign).status == 403);
      if (how.is_websocket()) continue;
      CHECK(house.connect().ask(upgrade_of(v, foreign)).status == 403);
      CHECK(house.connect().ask(get(v.target(), foreign)).status == 403);
      CHECK(house.connect().ask(post(v.target(), v.body_of("4a"), foreign)).status == 403);
    }
    CHECK(house.engine.clients_count() == 1);
    CHECK(house.messages.empty());
    v.message("still here");
    CHECK(house.messages == std::vector<std::string>{"still here"});
  }
}

TEST_CASE("CVE-2026-48802: ten thousand pongs start no second heartbeat", "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    visitor v = one(house, how);
    REQUIRE(v.enter().status == how.welcome());
    house.w.advance(1s);
    if (how.is_websocket()) v.hear();
    for (int i = 0; i < 10'000; ++i) {
      if (how.is_websocket()) {
        v.packet("3");
        v.line().send(frame_of(0xA, "pong").bytes());
      } else if (i % 100 == 0) {  // a hundred in each body
        std::string pongs = how.revision == 3 ? "1:3" : "3";
        for (int n = 1; n < 100; ++n)
          pongs += how.revision == 3 ? "1:3"
                                     : "\x1e"
                                       "3";
        v.post(how.over == way::kind::jsonp ? "d=" + pongs : pongs);
      }
    }
    if (how.revision == 3) {  // clients ping there: a pong of theirs is wrong, and the first one ends the session
      CHECK(v.let_go());
      REQUIRE(house.closed.size() == 1);
      CHECK(house.closed[0].text() == "transport error");
      continue;
    }
    CHECK(v.hear().empty());
    house.w.advance(25s);
    const std::string heard = v.hear();
    CHECK(std::count(heard.begin(), heard.end(), '2') == 1);
    let_time_pass(house);
    REQUIRE(house.closed.size() == 1);
    CHECK(house.closed[0].text() == "ping timeout");
  }
}

TEST_CASE("CVE-2026-48809: limits hold while bytes come in, on every transport", "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_options settings;
    settings.max_payload = 1'000;
    engine_world house(settings);
    bystanders quiet(house);
    visitor v = one(house, how);
    REQUIRE(v.enter().status == how.welcome());
    if (how.is_websocket()) {
      std::string part = frame_of(0x1, "4" + std::string(399, 'x'), false).bytes();
      v.line().send(part);
      part = frame_of(0x0, std::string(400, 'x'), false).bytes();
      v.line().send(part);
      CHECK_FALSE(v.line().ended());
      v.line().send(part.substr(0, 8));  // the head, and nothing of what it announces
      CHECK(code_of_close(v.line()) == 1009);
      CHECK(v.let_go());
    } else {
      memory_client line = house.connect();
      line.send("POST " + v.target() + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
      line.send("3e8\r\n" + std::string(1'000, 'x') + "\r\n");
      CHECK_FALSE(line.answer());
      line.send("1\r\nx");
      CHECK(line.answer().value().status == 413);
      CHECK(line.ended());
    }
    CHECK(house.messages.empty());
    CHECK(quiet.fine());
  }
}

// ---------------------------------------------------------------- other servers

TEST_CASE("netty-socketio: no header, cookie or parameter gives a client an id of its choice", "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_options settings;
    settings.cookie.emplace();
    engine_world house(settings);
    visitor first = one(house, how);
    REQUIRE(first.enter().status == how.welcome());
    visitor second = one(house, how);
    visitor third = one(house, how);
    for (visitor* other : {&second, &third}) {
      const std::string wish = other == &second ? first.sid() : "mine";
      const http_answer answer =
          other->enter("&id=" + wish, "io: " + wish + "\r\nCookie: io=" + wish + "\r\nX-Session-Id: " + wish + "\r\n");
      CHECK(answer.status == how.welcome());
      CHECK(house.sessions.back().id() != wish);
      CHECK(house.sessions.back().id().size() == 20);
    }
    CHECK(house.engine.clients_count() == 3);
    CHECK(one(house, how).enter("&sid=mine").status == 400);
  }
}

TEST_CASE("socket.io-serverpp: targets of any length are read, or refused with an answer", "[engine][advisories]") {
  const std::string whole = "/engine.io/?EIO=4&transport=websocket&sid=";
  for (const bool upgrade : {false, true}) {
    engine_options settings;
    settings.destroy_upgrade_timeout = 1s;
    engine_world house(settings);
    bystanders quiet(house);
    for (std::size_t size = 1; size <= whole.size(); ++size) {
      CAPTURE(upgrade, size);
      const std::string target = whole.substr(0, size);
      memory_client line = house.connect();
      line.send(upgrade ? websocket_request(target) : get(target));
      std::string bytes = line.received();
      const auto answer = take_answer(bytes);
      const bool ours = target.starts_with("/engine.io/");
      if (upgrade && !ours) {  // nobody's: no byte, and an end
        CHECK_FALSE(answer);
        house.w.advance(1s);
        CHECK(line.ended());
      } else {
        REQUIRE(answer);
        const bool complete = target.starts_with("/engine.io/?EIO=4&transport=websocket");
        CHECK(answer->status == (!ours ? 404U : upgrade && complete ? 101U : 400U));
      }
      line.reset();
    }
    CHECK(only(quiet, house));
    CHECK(quiet.fine());
  }
}
