// Published vulnerabilities of Engine.IO servers and of WebSocket libraries: the advisories of ws.
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
      if (how.is_websocket()) v.message(std::string(1'000, 's'));  // an earlier message, left in the buffers
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
  struct row {
    std::string offer;
    unsigned status;  // of a server that compresses; others do not read it
  };
  const row offers[] = {{"constructor", 101},
                        {"__proto__", 101},
                        {"hasOwnProperty; toString=1", 101},
                        {"permessage-deflate; __proto__", 101},
                        {"permessage-deflate; constructor=10", 101},
                        {"permessage-deflate; hasOwnProperty; client_max_window_bits", 101},
                        {"permessage-deflate; client_max_window_bits=__proto__", 101},
                        {"a, b; c, d; e=f", 101},
                        {",", 400},
                        {";", 400},
                        {"permessage-deflate; client_max_window_bits=\"10", 400},
                        {std::string(8'000, ','), 400},
                        {std::string(8'000, ';'), 400},
                        {"permessage-deflate; x=\"" + std::string(8'000, '\\') + "\"", 400}};
  for (const bool compresses : {false, true}) {
    engine_options settings;
    if (compresses) settings.per_message_deflate.emplace();
    engine_world house(settings);
    bystanders quiet(house);
    for (const way& how : every_way) {
      for (const auto& [offer, status] : offers) {
        CAPTURE(compresses, how.name, offer);
        visitor v = one(house, how);
        const std::string field = "Sec-WebSocket-Extensions: " + offer + "\r\n";
        if (!how.is_websocket()) REQUIRE(v.enter().status == 200);
        memory_client line = house.connect();
        line.send(how.is_websocket() ? v.handshake("", field) : upgrade_of(v, field));
        std::string bytes = line.received();
        const auto answer = take_answer(bytes);
        REQUIRE(answer);
        CHECK(answer->status == (compresses ? status : 101U));
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
  struct row {
    std::string list;
    unsigned status;
  };
  const row lists[] = {{"b" + std::string(16'000, ' ') + "x", 400},
                       {std::string(8'000, ',') + "x", 400},
                       {"a," + std::string(15'900, ' ') + ",b", 400},
                       {std::string(16'000, 'a'), 101}};
  for (const way& how : every_way) {
    CAPTURE(how.name);
    engine_world house;
    visitor v = one(house, how);
    if (!how.is_websocket()) REQUIRE(v.enter().status == 200);
    for (int round = 0; round < 25; ++round) {
      for (const auto& [list, status] : lists) {
        memory_client line = house.connect();
        const std::string field = "Sec-WebSocket-Protocol: " + list + "\r\n";
        line.send(how.is_websocket() ? v.handshake("", field) : upgrade_of(v, field));
        std::string bytes = line.received();
        const auto answer = take_answer(bytes);
        REQUIRE(answer);
        CHECK(answer->status == status);
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
