// Published vulnerabilities of Engine.IO servers and of WebSocket libraries: the advisories of engine.io.
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

TEST_CASE("CVE-2020-36048: a body beyond the limit is refused before it is read, whole or chunked",
          "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    bystanders quiet(house);
    visitor v = one(house, how);
    REQUIRE(v.enter().status == how.welcome());
    if (how.is_websocket()) {
      v.line().send(client_frame{}.head(8, 100'000'000));  // the head alone
      CHECK(code_of_close(v.line()) == 1009);
    } else {
      memory_client announces = house.connect();
      announces.send("POST " + v.target() + " HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
      CHECK(announces.answer().value().status == 413);  // nothing of the body was sent
      memory_client chunks = house.connect();
      chunks.send("POST " + v.target() + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
      std::size_t sent = 0;
      std::optional<http_answer> answer;
      for (; sent < 200 && !answer; ++sent) {
        chunks.send("2710\r\n" + std::string(10'000, 'x') + "\r\n");
        answer = chunks.answer();
      }
      REQUIRE(answer);
      CHECK(answer->status == 413);
      CHECK(sent == 101);  // a million bytes are allowed
    }
    CHECK(house.messages.empty());
    CHECK(quiet.fine());
  }
}

TEST_CASE("CVE-2022-21676: frames that break the rules right behind the handshake end that connection alone",
          "[engine][advisories]") {
  const std::string wrong[] = {with_reserved(1, 1),
                               with_reserved(1, 2),
                               with_reserved(1, 4),
                               with_reserved(9, 4),
                               frame_of(0x3, "4a").bytes(),
                               frame_of(0xB, "").bytes(),
                               frame_of(0x0, "4a").bytes(),
                               frame_of(0x9, "", false).bytes(),
                               std::string("\x81\x02\x34\x61"),
                               std::string(100, '\xFF')};
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    bystanders quiet(house);
    for (const std::string& glued : wrong) {
      visitor v = one(house, how);
      if (how.is_websocket()) {
        CHECK(v.enter_with(v.handshake() + glued).status == 101);
        CHECK(v.let_go());
        CHECK(only(quiet, house));
      } else {  // glued to the request that moves the session
        REQUIRE(v.enter().status == 200);
        memory_client line = house.connect();
        line.send(upgrade_of(v) + glued);
        std::string bytes = line.received();
        CHECK(take_answer(bytes).value().status == 101);
        CHECK(line.ended());
        v.message("still here");
        CHECK(house.messages.back() == "still here");
        v.packet("1");
        CHECK(only(quiet, house));
      }
    }
    CHECK(quiet.fine());
  }
}

TEST_CASE("CVE-2022-41940: a connection that is reset during its upgrade ends alone, whatever byte came last",
          "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    bystanders quiet(house);
    const std::string steps = text_frame("2probe") + text_frame("5") + text_frame("4moved");
    const auto bytes_of = [&](const visitor& v) {
      return (how.is_websocket() ? v.handshake() : upgrade_of(v)) + steps;
    };
    const visitor measure = one(house, how);
    const std::size_t bytes = bytes_of(measure).size() + 40;  // the sid, too
    for (std::size_t last = 0; last <= bytes; last += 7) {
      CAPTURE(last);
      visitor v = one(house, how);
      if (!how.is_websocket()) REQUIRE(v.enter().status == 200);
      memory_client line = house.connect();
      line.send(bytes_of(v).substr(0, last));
      line.reset();
      if (!how.is_websocket()) v.packet("1");  // leaves, if the session still polls
      REQUIRE(only(quiet, house));
    }
    CHECK(quiet.fine());
    CHECK(house.state->http_connections() > 0);  // of the bystanders
  }
}

TEST_CASE("CVE-2023-31125: a transport that does not exist is refused, by plain and by Upgrade requests",
          "[engine][advisories]") {
  engine_world house;
  bystanders quiet(house);
  const char* const names[] = {"__proto__",
                               "constructor",
                               "hasOwnProperty",
                               "toString",
                               "webtransport",
                               "polling,websocket",
                               "Polling",
                               "websocket%00",
                               "polling%20",
                               "",
                               "0",
                               "undefined"};
  std::vector<int> told;
  house.engine.on_connection_error([&](const connection_error& e) { told.push_back(e.code()); });
  for (const char* eio : {"4", "3"}) {
    for (const char* name : names) {
      for (const char* more : {"", "&j=0", "&b64=1"}) {
        CAPTURE(eio, name, more);
        const std::string target =
            "/engine.io/?EIO=" + std::string(eio) + "&transport=" + std::string(name) + std::string(more);
        memory_client plain = house.connect();
        const http_answer no = plain.ask(get(target));
        CHECK(no.status == 400);
        CHECK(no.body == R"({"code":0,"message":"Transport unknown"})");
        memory_client upgrade = house.connect();
        const http_answer neither = upgrade.ask(websocket_request(target));
        CHECK(neither.status == 400);
        CHECK(neither.body == "Transport unknown");
        CHECK(upgrade.ended());
        CHECK(told == std::vector<int>{0, 0});  // Engine.IO's 0 is an error like any other
        told.clear();
      }
    }
  }
  CHECK(only(quiet, house));
  CHECK(quiet.fine());
}

TEST_CASE("CVE-2026-59725: a POST is answered whatever it says that its body is", "[engine][advisories]") {
  const char* const types[] = {"application/octet-stream",
                               "application/octet-stream; charset=x",
                               "text/plain;charset=UTF-8",
                               "text/plain",
                               "application/x-www-form-urlencoded",
                               "multipart/form-data; boundary=x",
                               "application/json",
                               "application/octet-stream, text/plain",
                               "nonsense",
                               ""};
  for (const way& how : every_way) {
    if (how.is_websocket()) continue;
    for (const char* type : types) {
      for (const bool empty : {false, true}) {
        CAPTURE(how.name, type, empty);
        engine_world house;
        visitor v = one(house, how);
        REQUIRE(v.enter().status == 200);
        const std::string field = type[0] == '\0' ? "" : "Content-Type: " + std::string(type) + "\r\n";
        const auto answer = v.post(empty ? "" : v.body_of("4a"), field);
        REQUIRE(answer);
        // Binary belongs to revision 3. Whatever the body holds, it was read: a broken one ends the session later.
        const bool refused = std::string_view(type) == "application/octet-stream" && how.revision == 4;
        CHECK(answer->status == (refused ? 400U : 200U));
        let_time_pass(house);
        CHECK(house.engine.clients_count() == 0);
        CHECK(house.state->http_connections() == 0);
      }
    }
  }
}

TEST_CASE("GHSA-gr94-w7qr-f4j3: session ids that nobody was given take one way out, however odd",
          "[engine][advisories]") {
  const std::string ids[] = {"__proto__", "constructor", "hasOwnProperty", "toString", "%00",
                             "a%00b",     "%FF%FE",      "%22%7D",         "..%2F..",  std::string(8'000, 'x'),
                             "%",         "nobody"};
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    bystanders quiet(house);
    for (const std::string& id : ids) {
      CAPTURE(id);
      visitor v = one(house, how);
      const http_answer no = v.enter("&sid=" + id);
      CHECK(no.status == 400);
      CHECK(no.body.find("Session ID unknown") != std::string::npos);
      if (how.is_websocket()) continue;
      memory_client line = house.connect();
      CHECK(line.ask(post(v.target() + id, "4a")).body.find("Session ID unknown") != std::string::npos);
    }
    CHECK(only(quiet, house));
    CHECK(quiet.fine());
  }
}

TEST_CASE("engine.io d1f5aa9: middleware and allow_request stand in front of every transport", "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    int asked = 0;
    engine_options settings;
    settings.allow_request = [&](http::request r) {
      ++asked;
      return allow(r.query("token") == "yes");
    };
    engine_world house(settings);
    house.engine.use([&](http::request r, http::response& head, next go) -> task<> {
      if (r.query("token") != "none") {
        co_await go();
        co_return;
      }
      head.status(401);
      head.body("who are you?");
    });
    const http_answer stopped = one(house, how).enter("&token=none");
    CHECK(stopped.status == 401);
    CHECK(stopped.body == "who are you?");
    CHECK(asked == 0);
    const http_answer refused = one(house, how).enter("&token=no");
    CHECK(refused.status == (how.is_websocket() ? 400U : 403U));
    CHECK(refused.body.find("Forbidden") != std::string::npos);
    CHECK(asked == 1);
    CHECK(house.engine.clients_count() == 0);
    visitor known = one(house, how);
    CHECK(known.enter("&token=yes").status == how.welcome());
    CHECK(house.engine.clients_count() == 1);
    if (how.is_websocket()) continue;
    // The session moves to WebSocket only past the middleware, and so does each of its requests.
    memory_client line = house.connect();
    CHECK(line.ask(websocket_request(known.target("websocket") + "&token=none")).status == 401);
    CHECK(house.connect().ask(get(known.target() + "&token=none")).status == 401);
    CHECK(house.connect().ask(post(known.target() + "&token=none", known.body_of("4a"))).status == 401);
    CHECK(house.messages.empty());
  }
}

TEST_CASE("engine.io f86b95f: handshakes that fail leave nothing behind", "[engine][advisories]") {
  const captured_log log;  // of generate_id, which fails here
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_options settings;
    settings.allow_request = [](http::request r) {
      if (r.query("do") == "throw") throw std::runtime_error("no");
      return allow(r.query("do") != "refuse");
    };
    engine_world house(settings);
    house.engine.generate_id([](http::request r) {
      if (r.query("do") == "no-id") throw std::runtime_error("no ids");
      return named(r.query("do") == "empty-id" ? "" : "twin");
    });
    visitor twin = one(house, how);
    REQUIRE(twin.enter().status == how.welcome());
    for (const char* wish : {"refuse", "throw", "no-id", "empty-id", "twin"}) {
      CAPTURE(wish);
      visitor v = one(house, how);
      CHECK(v.enter("&do=" + std::string(wish)).status >= 400);
      v.line().close();
    }
    CHECK(one(house, how).enter("", "Origin: http://evil.example\r\n").status == 403);
    if (how.is_websocket()) {
      memory_client keyless = house.connect();
      CHECK(keyless.ask(get("/engine.io/?" + how.query(), "Connection: Upgrade\r\nUpgrade: websocket\r\n")).status ==
            400);
    }
    CHECK(house.engine.clients_count() == 1);
    CHECK(house.sessions.size() == 1);
    CHECK(twin.let_go() == false);
    let_time_pass(house);
    house.w.run(house.engine.close());  // waits for every WebSocket that there is: none
    CHECK(house.engine.clients_count() == 0);
    CHECK(house.state->http_connections() == 0);
  }
}

TEST_CASE("GHSA-pxg6-pf52-xh8x: cookies and headers cannot carry what would end them", "[engine][advisories]") {
  const captured_log log;  // of the hook that throws
  std::vector<cookie_options> wrong(9);
  wrong[0].name = "io; HttpOnly";
  wrong[1].name = "io\r\nX-Injected: 1";
  wrong[2].name = "io=1";
  wrong[3].name = "";
  wrong[4].path = "/; Domain=evil.example";
  wrong[5].path = "/\r\n";
  wrong[6].domain = "a.example; Path=/";
  wrong[7].domain = "a.example\n";
  wrong[8].name = std::string("io\0", 3);
  for (const cookie_options& cookie : wrong) {
    CAPTURE(cookie.name, cookie.path, cookie.domain);
    engine_options settings;
    settings.cookie = cookie;
    CHECK_THROWS_AS(engine_world(settings), error);
  }
  engine_options settings;
  settings.cookie.emplace();
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house(settings);
    house.engine.generate_id([](http::request) { return named("a; Path=/\r\nX-Injected: 1"); });
    house.engine.on_headers([](http::response& head, const http::request& asked) {
      head.set("X-Token", asked.query("token").value_or(""));  // throws for what no header holds
    });
    visitor v = one(house, how);
    const http_answer answer = v.enter("&token=%0D%0AX-Injected:%201");
    CHECK(answer.status == how.welcome());
    CHECK_FALSE(answer.has("x-injected"));
    CHECK_FALSE(answer.has("x-token"));
    if (!how.is_websocket())
      CHECK(answer.header("set-cookie").starts_with("io=a%3B%20Path%3D%2F%0D%0AX-Injected%3A%201; "));
  }
}
