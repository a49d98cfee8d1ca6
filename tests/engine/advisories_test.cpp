// Published vulnerabilities of Engine.IO servers and of WebSocket libraries, and the rules that this server draws from
// them: a test for each, on every transport and in both revisions. docs/security.md has the table.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bystanders.hpp"
#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/visitor.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

visitor one(engine_world& in, const way& how) {
  return visitor(how, in.w, [&in] { return in.connect(); });
}

// An Upgrade request for WebSocket, whatever the transport of the session is.
std::string upgrade_of(const visitor& v, std::string_view more_headers = "") {
  return websocket_request(v.target("websocket"), more_headers);
}

// No session but the bystanders'. A WebSocket of revision 3 is read only when it has been open for a moment.
bool only(const bystanders& they, engine_world& in) {
  in.w.advance(10ms);
  return in.engine.clients_count() == they.count();
}

// Long enough for everything that is left to run out of its time: a ping, then the wait for its pong.
void let_time_pass(engine_world& in) {
  for (int i = 0; i < 10; ++i) in.w.advance(30s);
}

client_frame frame_of(std::uint8_t op, std::string_view payload, bool fin = true) {
  client_frame frame;
  frame.op = op;
  frame.payload = payload;
  frame.fin = fin;
  return frame;
}

std::string with_reserved(std::uint8_t op, std::uint8_t bits) {
  client_frame frame = frame_of(op, "4a");
  frame.reserved = bits;
  return frame.bytes();
}

// The code of the close frame that comes next, past what was said before; 0 without one.
std::uint16_t code_of_close(memory_client& line) {
  std::string bytes = line.received();
  while (const auto frame = take_frame(bytes))
    if (frame->is_close()) return frame->close_code();
  return 0;
}

task<bool> allow(bool yes) { co_return yes; }
task<std::string> named(std::string id) { co_return id; }

}  // namespace

// ---------------------------------------------------------------- engine.io

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
        CHECK((answer->status == 200 || answer->status == 400));
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

// ---------------------------------------------------------------- ws

TEST_CASE("CVE-2016-10518: a pong holds the bytes of its ping and no others", "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    visitor v = one(house, how);
    REQUIRE(v.enter().status == how.welcome());
    memory_client other = house.connect();
    memory_client& line = how.is_websocket() ? v.line() : other;
    if (!how.is_websocket()) line.send(upgrade_of(v));
    line.received();
    for (std::size_t size = 0; size <= 125; ++size) {
      if (how.is_websocket()) v.message(std::string(1'000, 's'));  // what an earlier message left in the buffers
      const std::string ping = std::string(size, '5');             // as a number's digits
      line.send(frame_of(0x9, ping).bytes());
      std::string bytes = line.received();
      const auto pong = take_frame(bytes);
      REQUIRE(pong);
      CHECK(pong->op == 0xA);
      CHECK(pong->payload == ping);
      CHECK(bytes.empty());
    }
  }
}

TEST_CASE("CVE-2016-10542: a frame of any announced size is refused by its head when it is above the limit",
          "[engine][advisories]") {
  for (const way& how : every_way) {
    for (const std::uint64_t announced : {std::uint64_t{1'000'001}, std::uint64_t{1} << 32, std::uint64_t{1} << 62,
                                          (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
      for (const std::uint8_t op : {std::uint8_t{0x1}, std::uint8_t{0x2}}) {
        CAPTURE(how.name, announced);
        engine_world house;
        visitor v = one(house, how);
        REQUIRE(v.enter().status == how.welcome());
        memory_client other = house.connect();
        memory_client& line = how.is_websocket() ? v.line() : other;
        if (!how.is_websocket()) line.send(upgrade_of(v));
        line.received();
        line.send(frame_of(op, "").head(8, announced));
        CHECK(code_of_close(line) == (announced >> 63 == 0 ? 1009 : 1002));
        CHECK(line.ended());
        CHECK(house.engine.clients_count() == (how.is_websocket() ? 0U : 1U));  // a session that polls goes on
      }
    }
  }
}

TEST_CASE("GHSA-5v72-xg48-5rpm: offers of extensions are data, whatever their names", "[engine][advisories]") {
  const std::string offers[] = {"constructor",
                                "__proto__",
                                "hasOwnProperty; toString=1",
                                "permessage-deflate; __proto__",
                                "permessage-deflate; constructor=10",
                                "permessage-deflate; hasOwnProperty; client_max_window_bits",
                                "permessage-deflate; client_max_window_bits=__proto__",
                                "a, b; c, d; e=f",
                                ",",
                                ";",
                                "permessage-deflate; client_max_window_bits=\"10",
                                std::string(8'000, ','),
                                std::string(8'000, ';'),
                                "permessage-deflate; x=\"" + std::string(8'000, '\\') + "\""};
  for (const bool compresses : {false, true}) {
    engine_options settings;
    if (compresses) settings.per_message_deflate.emplace();
    engine_world house(settings);
    bystanders quiet(house);
    for (const way& how : every_way) {
      for (const std::string& offer : offers) {
        CAPTURE(compresses, how.name, offer);
        visitor v = one(house, how);
        const std::string field = "Sec-WebSocket-Extensions: " + offer + "\r\n";
        if (!how.is_websocket()) REQUIRE(v.enter().status == 200);
        memory_client line = house.connect();
        line.send(how.is_websocket() ? v.handshake("", field) : upgrade_of(v, field));
        std::string bytes = line.received();
        const auto answer = take_answer(bytes);
        REQUIRE(answer);
        CHECK((answer->status == 101 || (compresses && answer->status == 400)));
        CHECK_FALSE(answer->has("sec-websocket-extensions"));
        line.reset();
        if (!how.is_websocket()) v.packet("1");
      }
    }
    CHECK(only(quiet, house));
    CHECK(quiet.fine());
  }
}

TEST_CASE("CVE-2021-32640: a list of subprotocols costs time in proportion to its length", "[engine][advisories]") {
  // Each header is as long as a head may be. With quadratic work for each, this would run into the tests' time limit.
  const std::string lists[] = {"b" + std::string(16'000, ' ') + "x", std::string(8'000, ',') + "x",
                               "a," + std::string(15'900, ' ') + ",b", std::string(16'000, 'a')};
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    visitor v = one(house, how);
    if (!how.is_websocket()) REQUIRE(v.enter().status == 200);
    for (int round = 0; round < 25; ++round) {
      for (const std::string& list : lists) {
        memory_client line = house.connect();
        const std::string field = "Sec-WebSocket-Protocol: " + list + "\r\n";
        line.send(how.is_websocket() ? v.handshake("", field) : upgrade_of(v, field));
        std::string bytes = line.received();
        const auto answer = take_answer(bytes);
        REQUIRE(answer);
        CHECK((answer->status == 101 || answer->status == 400));
        line.reset();
      }
    }
  }
}

TEST_CASE("CVE-2024-37890: more headers than are kept are refused, in front of Upgrade and behind it",
          "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    bystanders quiet(house);
    for (const int count : {100, 2'000, 10'000}) {
      std::string many;
      for (int i = 0; i < count; ++i) many += "X: y\r\n";
      for (const bool in_front : {false, true}) {
        CAPTURE(count, in_front);
        visitor v = one(house, how);
        std::string request = v.handshake("", in_front ? "" : many);
        if (in_front) request.insert(request.find("\r\n") + 2, many);
        const http_answer answer = v.enter_with(request);
        CHECK(answer.status == 431);
        CHECK(v.line().ended());
      }
    }
    CHECK(only(quiet, house));
    CHECK(quiet.fine());
  }
}

TEST_CASE("CVE-2026-45736: a close frame of the server holds a code or nothing", "[engine][advisories]") {
  for (const way& how : every_way) {
    struct row {
      std::string sent;
      std::string payload;
    };
    const std::string reason = std::string("\x03\xE8", 2) + std::string(123, 'r');
    const row rows[] = {{frame_of(0x8, reason).bytes(), "\x03\xE8"},
                        {frame_of(0x8, "").bytes(), ""},
                        {frame_of(0x8, "\x0F\xA0").bytes(), "\x0F\xA0"},
                        {frame_of(0x8, "\x01").bytes(), "\x03\xEA"},
                        {frame_of(0x3, "").bytes(), "\x03\xEA"},
                        {frame_of(0x1, "\xFF").bytes(), "\x03\xEF"},
                        {text_frame("7"), ""}};
    for (const row& r : rows) {
      CAPTURE(how.name, r.sent);
      engine_world house;
      visitor v = one(house, how);
      REQUIRE(v.enter().status == how.welcome());
      memory_client other = house.connect();
      memory_client& line = how.is_websocket() ? v.line() : other;
      if (!how.is_websocket()) line.send(upgrade_of(v));
      line.received();
      line.send(r.sent);
      std::string bytes = line.received();
      const auto frame = take_frame(bytes);
      REQUIRE(frame);
      CHECK(frame->is_close());
      CHECK(frame->payload == r.payload);
      CHECK(bytes.empty());
    }
  }
}

TEST_CASE("CVE-2026-48779: a million empty fragments are given up at the limit of fragments", "[engine][advisories]") {
  for (const way& how : every_way) {
    for (const bool compresses : {false, true}) {
      CAPTURE(how.name, compresses);
      engine_options settings;
      if (compresses) settings.per_message_deflate.emplace();
      engine_world house(settings);
      bystanders quiet(house);
      visitor v = one(house, how);
      if (!how.is_websocket()) REQUIRE(v.enter().status == 200);
      const std::string field = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
      memory_client line = house.connect();
      line.send(how.is_websocket() ? v.handshake("", field) : upgrade_of(v, field));
      house.w.advance(10ms);  // for revision 3
      line.received();
      client_frame first = frame_of(0x2, "", false);
      if (compresses) first.reserved = 4;
      line.send(first.bytes());
      std::string thousand;
      for (int i = 0; i < 1'000; ++i) thousand += frame_of(0x0, "", false).bytes();
      line.send(thousand);
      CHECK(code_of_close(line) == 0);  // 1001 frames are still a message
      CHECK_FALSE(line.ended());
      for (int i = 0; i < 999; ++i) line.send(thousand);
      CHECK(code_of_close(line) == 1009);
      CHECK(line.ended());
      CHECK(quiet.fine());
    }
  }
}

TEST_CASE("CVE-2026-42786: fragments of one byte are counted, too, and the message they make is limited",
          "[engine][advisories]") {
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_options settings;
    settings.max_payload = 500;
    engine_world house(settings);
    visitor v = one(house, how);
    REQUIRE(v.enter().status == how.welcome());
    memory_client other = house.connect();
    memory_client& line = how.is_websocket() ? v.line() : other;
    if (!how.is_websocket()) line.send(upgrade_of(v));
    line.received();
    line.send(frame_of(0x1, "4", false).bytes());
    std::size_t taken = 1;
    for (; taken < 2'000 && !line.ended(); ++taken) line.send(frame_of(0x0, "x", false).bytes());
    CHECK(taken == 501);  // the limit of bytes comes before that of fragments
    CHECK(house.messages.empty());
  }
}

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
        CHECK((answer->status == 404 || answer->status == 400 || answer->status == 101));
      }
      line.reset();
    }
    CHECK(only(quiet, house));
    CHECK(quiet.fine());
  }
}
