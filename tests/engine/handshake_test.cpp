// From a request's head to a verdict.

#include "engine/handshake.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/make_session.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::engine;
using cosio::test::make_request;
using cosio::test::make_session;
using cosio::test::world;
using cosio::wire::revision;

namespace {

// "admitted", or the code and context of the refusal.
std::string verdict_of(const std::variant<admitted, refused>& checked) {
  const auto* no = std::get_if<refused>(&checked);
  return no == nullptr ? "admitted" : std::to_string(wire_code(no->code())) + " " + no->context();
}

// A table with a session on polling ("poll"), one on WebSocket ("ws") and one of revision 3 ("old").
struct house {
  house() {
    sessions.add(make_session(w, "poll"));
    sessions.add(make_session(w, "old", revision::v3));
    const auto on_websocket = make_session(w, "ws");
    async::memory_streams pair;
    on_websocket->open_websocket(test::make_transport(w, std::move(pair.near), on_websocket->get_strand()),
                                 frame::raw("HTTP/1.1 101\r\n\r\n"), "{}");
    sessions.add(on_websocket);
  }

  std::string plain(std::string_view method, std::string_view query, std::string_view fields = "") const {
    return verdict_of(examine(request(method, query, fields), false, settings, sessions));
  }
  std::string upgrade(std::string_view query, std::string_view fields = "") const {
    return verdict_of(examine(request("GET", query, fields), true, settings, sessions));
  }
  static http::request request(std::string_view method, std::string_view query, std::string_view fields = "") {
    return make_request(method, "/engine.io/?" + std::string(query), fields);
  }

  world w;
  engine_options settings;
  session_table sessions;
};

}  // namespace

TEST_CASE("plain requests are admitted or refused in the reference's order", "[engine][handshake]") {
  const house h;
  struct row {
    const char* why;
    std::string_view method;
    std::string_view query;
    std::string_view verdict;
  };
  const row rows[] = {
      {"a handshake", "GET", "EIO=4&transport=polling", "admitted"},
      {"edge 1: no transport", "GET", "EIO=4", "0 TRANSPORT_UNKNOWN"},
      {"an empty transport", "GET", "EIO=4&transport=", "0 TRANSPORT_UNKNOWN"},
      {"edge 2", "GET", "EIO=4&transport=tobi", "0 TRANSPORT_UNKNOWN"},
      {"edge 2", "GET", "EIO=4&transport=constructor", "0 TRANSPORT_UNKNOWN"},
      {"edge 2", "GET", "EIO=4&transport=__proto__", "0 TRANSPORT_UNKNOWN"},
      {"edge 3", "GET", "EIO=4&transport=webtransport", "0 TRANSPORT_UNKNOWN"},
      {"case matters", "GET", "EIO=4&transport=Polling", "0 TRANSPORT_UNKNOWN"},
      {"edge 4: unknown sid", "GET", "EIO=4&transport=polling&sid=nobody", "1 UNKNOWN_SID"},
      {"unknown sid comes before a bad method", "PUT", "EIO=4&transport=polling&sid=nobody", "1 UNKNOWN_SID"},
      {"unknown transport comes before an unknown sid", "GET", "EIO=4&transport=x&sid=nobody", "0 TRANSPORT_UNKNOWN"},
      {"edge 5", "POST", "EIO=4&transport=polling", "2 BAD_HANDSHAKE_METHOD"},
      {"edge 5", "PUT", "EIO=4&transport=polling", "2 BAD_HANDSHAKE_METHOD"},
      {"edge 5", "OPTIONS", "EIO=4&transport=polling", "2 BAD_HANDSHAKE_METHOD"},
      {"edge 5", "HEAD", "EIO=4&transport=polling", "2 BAD_HANDSHAKE_METHOD"},
      {"a bad method comes before a missing upgrade", "POST", "EIO=4&transport=websocket", "2 BAD_HANDSHAKE_METHOD"},
      {"edge 6", "GET", "EIO=4&transport=websocket", "3 TRANSPORT_HANDSHAKE_ERROR"},
      {"edge 7", "GET", "EIO=4&transport=websocket&sid=poll", "3 TRANSPORT_MISMATCH"},
      {"edge 8", "GET", "EIO=3&transport=polling&sid=poll", "3 PROTOCOL_MISMATCH"},
      {"edge 8", "GET", "transport=polling&sid=poll", "3 PROTOCOL_MISMATCH"},
      {"edge 8, the other way", "GET", "EIO=4&transport=polling&sid=old", "3 PROTOCOL_MISMATCH"},
      {"a poll", "GET", "EIO=4&transport=polling&sid=poll", "admitted"},
      {"a poll of revision 3", "GET", "EIO=3&transport=polling&sid=old", "admitted"},
      {"a post", "POST", "EIO=4&transport=polling&sid=poll", "admitted"},
      {"other methods of a session are answered later", "PUT", "EIO=4&transport=polling&sid=poll", "admitted"},
      {"edge 29: an empty sid is a handshake", "GET", "EIO=4&transport=polling&sid=", "admitted"},
      {"edge 30: the last of two wins", "GET", "EIO=4&transport=x&transport=polling", "admitted"},
      {"edge 30", "GET", "EIO=4&transport=polling&sid=nobody&sid=poll", "admitted"},
      {"edge 30", "GET", "EIO=4&transport=polling&sid=poll&sid=nobody", "1 UNKNOWN_SID"},
      {"edge 82: a session on WebSocket", "GET", "EIO=4&transport=websocket&sid=ws", "3 TRANSPORT_MISMATCH"},
      {"edge 138: polling after an upgrade", "GET", "EIO=4&transport=polling&sid=ws", "3 TRANSPORT_MISMATCH"},
      {"posting after an upgrade", "POST", "EIO=4&transport=polling&sid=ws", "3 TRANSPORT_MISMATCH"},
      {"transport comes before the protocol", "GET", "EIO=3&transport=websocket&sid=poll", "3 TRANSPORT_MISMATCH"},
      {"the revision of a handshake is checked later", "GET", "EIO=5&transport=polling", "admitted"},
      {"names are matched as they are", "GET", "eio=4&Transport=polling", "0 TRANSPORT_UNKNOWN"},
      {"encoded values are decoded", "GET", "EIO=4&transport=%70olling", "admitted"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why, r.method, r.query);
    CHECK(h.plain(r.method, r.query) == r.verdict);
  }
}

TEST_CASE("upgrade requests are admitted or refused", "[engine][handshake]") {
  house h;
  struct row {
    const char* why;
    std::string_view query;
    std::string_view verdict;
  };
  const row rows[] = {
      {"a handshake", "EIO=4&transport=websocket", "admitted"},
      {"edge 18", "EIO=4&transport=tobi", "0 TRANSPORT_UNKNOWN"},
      {"edge 18", "EIO=4", "0 TRANSPORT_UNKNOWN"},
      {"CVE-2023-31125", "EIO=4&transport=__proto__", "0 TRANSPORT_UNKNOWN"},
      {"edge 18", "EIO=4&transport=websocket&sid=nobody", "1 UNKNOWN_SID"},
      {"an upgrade of a session", "EIO=4&transport=websocket&sid=poll", "admitted"},
      {"another revision", "EIO=3&transport=websocket&sid=poll", "3 PROTOCOL_MISMATCH"},
      {"no revision", "transport=websocket&sid=poll", "3 PROTOCOL_MISMATCH"},
      {"edge 21: polling by upgrade passes, to be closed later", "EIO=4&transport=polling", "admitted"},
      {"edge 139, 151: a session on WebSocket passes, to be closed later", "EIO=4&transport=websocket&sid=ws",
       "admitted"},
  };
  for (const row& r : rows) {
    CAPTURE(r.why, r.query);
    CHECK(h.upgrade(r.query) == r.verdict);
  }
  h.settings.allow_upgrades = false;  // edge 26: we refuse what the reference lets pass
  CHECK(h.upgrade("EIO=4&transport=websocket&sid=poll") == "3 UPGRADES_NOT_ALLOWED");
  CHECK(h.upgrade("EIO=4&transport=websocket") == "admitted");
}

TEST_CASE("transports that are not enabled are unknown", "[engine][handshake]") {
  house h;
  h.settings.transports = {"polling"};
  CHECK(h.plain("GET", "EIO=4&transport=polling") == "admitted");
  CHECK(h.upgrade("EIO=4&transport=websocket") == "0 TRANSPORT_UNKNOWN");
  CHECK(h.upgrade("EIO=4&transport=websocket&sid=poll") == "0 TRANSPORT_UNKNOWN");
  h.settings.transports = {"websocket"};
  CHECK(h.plain("GET", "EIO=4&transport=polling") == "0 TRANSPORT_UNKNOWN");
  CHECK(h.upgrade("EIO=4&transport=websocket") == "admitted");
  h.settings.transports = {"webtransport", "tobi"};  // names that are no transports of ours enable nothing
  CHECK(h.plain("GET", "EIO=4&transport=tobi") == "0 TRANSPORT_UNKNOWN");
  CHECK(h.plain("GET", "EIO=4&transport=webtransport") == "0 TRANSPORT_UNKNOWN");
}

TEST_CASE("an Origin with control characters is refused", "[engine][handshake]") {  // edge 9
  using namespace std::string_literals;
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const std::string origin = "http://a"s + static_cast<char>(byte) + "b";
    CHECK(is_bad_origin(origin) == ((byte < 0x20 && byte != 0x09) || byte == 0x7F));
  }
  CHECK_FALSE(is_bad_origin(""));
  const house h;
  CHECK(h.plain("GET", "EIO=4&transport=polling", "origin:http://a\x01\n") == "3 INVALID_ORIGIN");
  CHECK(h.upgrade("EIO=4&transport=websocket", "origin:http://a\x7F\n") == "3 INVALID_ORIGIN");
  CHECK(h.plain("GET", "EIO=4&transport=polling&sid=nobody", "origin:\x01\n") == "3 INVALID_ORIGIN");
  CHECK(h.plain("GET", "EIO=4&transport=x", "origin:\x01\n") == "0 TRANSPORT_UNKNOWN");
}

TEST_CASE("the revision is exactly 3 or 4, and 3 only where it is allowed", "[engine][handshake]") {
  struct row {
    std::string_view query;
    int with_eio3;  // the revision; 0 refuses
    int without;
  };
  const row rows[] = {
      {"EIO=4", 4, 4},    {"EIO=3", 3, 0},  // edge 14
      {"", 0, 0},         {"EIO=", 0, 0},   // edge 15, 16
      {"EIO=5", 0, 0},    {"EIO=04", 0, 0}, {"EIO=4.0", 0, 0}, {"EIO=abc", 0, 0},     {"EIO=%34", 4, 4},
      {"EIO=4%20", 0, 0}, {"EIO=44", 0, 0}, {"EIO=-4", 0, 0},  {"EIO=3&EIO=4", 4, 4}, {"EIO=4&EIO=2", 0, 0}};
  for (const row& r : rows) {
    for (const bool allowed : {true, false}) {
      CAPTURE(r.query, allowed);
      engine_options settings;
      settings.allow_eio3 = allowed;
      const http::request asking = make_request("GET", "/engine.io/?" + std::string(r.query));
      const auto verdict = protocol_of(question(asking), settings);
      const int expected = allowed ? r.with_eio3 : r.without;
      if (expected == 0) {
        REQUIRE(std::holds_alternative<refused>(verdict));
        CHECK(wire_code(std::get<refused>(verdict).code()) == 5);
      } else {
        REQUIRE(std::holds_alternative<revision>(verdict));
        CHECK(static_cast<int>(std::get<revision>(verdict)) == expected);
      }
    }
  }
}

TEST_CASE("b64 counts when it has a value", "[engine][handshake]") {
  const auto base64 = [](std::string_view target) {
    const http::request asking = make_request("GET", target);
    return question(asking).base64;
  };
  CHECK(base64("/?b64=1"));
  CHECK(base64("/?b64=0"));
  CHECK(base64("/?b64=false"));
  CHECK_FALSE(base64("/?b64="));
  CHECK_FALSE(base64("/?b64"));
  CHECK_FALSE(base64("/"));
}

TEST_CASE("the open packet has its members in order, with the values of the options", "[engine][handshake]") {
  engine_options settings;
  CHECK(
      open_packet("arW4cfVZnsQ2z2NJAAAA", false, revision::v4, settings) ==  // edge 23
      R"({"sid":"arW4cfVZnsQ2z2NJAAAA","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})");
  CHECK(open_packet("x", true, revision::v4, settings) ==  // edge 24
        R"({"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})");
  CHECK(open_packet("x", false, revision::v3, settings) ==
        R"({"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":60000,"maxPayload":1000000})");

  settings.ping_interval = std::chrono::milliseconds(300);
  settings.ping_timeout = std::chrono::milliseconds(200);
  settings.max_payload = 7;
  CHECK(open_packet("x", false, revision::v4, settings) ==
        R"({"sid":"x","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":7})");
}

TEST_CASE("no upgrade is offered where none is possible", "[engine][handshake]") {  // edge 25
  engine_options settings;
  settings.allow_upgrades = false;
  CHECK(open_packet("x", false, revision::v4, settings).find("\"upgrades\":[]") != std::string::npos);
  settings.allow_upgrades = true;
  settings.transports = {"polling"};
  CHECK(open_packet("x", false, revision::v4, settings).find("\"upgrades\":[]") != std::string::npos);
}

TEST_CASE("an application's session id is written as JSON", "[engine][handshake]") {
  CHECK(open_packet("a\"b\\c\n\x01", true, revision::v4, {}).starts_with(R"({"sid":"a\"b\\c\n\u0001",)"));
}

TEST_CASE("the opening handshake of RFC 6455 is checked field by field", "[engine][handshake]") {
  const std::string good_key = "sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==\n";
  const std::string good = "upgrade:websocket\n" + good_key + "sec-websocket-version:13\n";
  struct row {
    const char* why;
    std::string_view method;
    std::string fields;
    unsigned status;  // 0: nothing is wrong
    std::string_view body;
  };
  const row rows[] = {
      {"as it should be", "GET", good, 0, ""},
      {"edge case: not GET", "POST", good, 405, "Invalid HTTP method"},
      {"case of the protocol does not matter", "GET", "upgrade:WebSocket\n" + good_key + "sec-websocket-version:13\n",
       0, ""},
      {"version 8", "GET", "upgrade:websocket\n" + good_key + "sec-websocket-version:8\n", 0, ""},
      {"another protocol", "GET", "upgrade:h2c\n" + good_key + "sec-websocket-version:13\n", 400,
       "Invalid Upgrade header"},
      {"no protocol", "GET", good_key + "sec-websocket-version:13\n", 400, "Invalid Upgrade header"},
      {"several protocols", "GET", "upgrade:websocket, h2c\n" + good_key + "sec-websocket-version:13\n", 400,
       "Invalid Upgrade header"},
      {"edge 19: no key", "GET", "upgrade:websocket\nsec-websocket-version:13\n", 400,
       "Missing or invalid Sec-WebSocket-Key header"},
      {"an empty key", "GET", "upgrade:websocket\nsec-websocket-key:\nsec-websocket-version:13\n", 400,
       "Missing or invalid Sec-WebSocket-Key header"},
      {"a short key", "GET", "upgrade:websocket\nsec-websocket-key:dGhlIHNhbXBsZQ==\nsec-websocket-version:13\n", 400,
       "Missing or invalid Sec-WebSocket-Key header"},
      {"a key that is no base64", "GET",
       "upgrade:websocket\nsec-websocket-key:dGhlIHNhbXBsZSBub25j!Q==\nsec-websocket-version:13\n", 400,
       "Missing or invalid Sec-WebSocket-Key header"},
      {"two keys", "GET", good + good_key, 400, "Missing or invalid Sec-WebSocket-Key header"},
      {"edge 20: version 12", "GET", "upgrade:websocket\n" + good_key + "sec-websocket-version:12\n", 400,
       "Missing or invalid Sec-WebSocket-Version header"},
      {"no version", "GET", "upgrade:websocket\n" + good_key, 400, "Missing or invalid Sec-WebSocket-Version header"},
      {"two versions", "GET", good + "sec-websocket-version:13\n", 400,
       "Missing or invalid Sec-WebSocket-Version header"},
      {"subprotocols", "GET", good + "sec-websocket-protocol:chat, super-chat\n", 0, ""},
      {"an empty list of subprotocols", "GET", good + "sec-websocket-protocol:\n", 400,
       "Invalid Sec-WebSocket-Protocol header"},
      {"a hole in the list", "GET", good + "sec-websocket-protocol:chat,,x\n", 400,
       "Invalid Sec-WebSocket-Protocol header"},
      {"a comma at the end", "GET", good + "sec-websocket-protocol:chat,\n", 400,
       "Invalid Sec-WebSocket-Protocol header"},
      {"a space inside a subprotocol", "GET", good + "sec-websocket-protocol:super chat\n", 400,
       "Invalid Sec-WebSocket-Protocol header"},
      {"a character that no token has", "GET", good + "sec-websocket-protocol:ch@t\n", 400,
       "Invalid Sec-WebSocket-Protocol header"},
      {"edge 130: extensions do not matter", "GET", good + "sec-websocket-extensions:permessage-deflate;;=\n", 0, ""},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto problem = websocket_problem(make_request(r.method, "/", r.fields));
    REQUIRE(problem.has_value() == (r.status != 0));
    if (!problem) continue;
    CHECK(problem->status() == r.status);
    CHECK(problem->body() == r.body);
    CHECK(problem->get("content-type") == "text/html");
    CHECK(problem->get("connection") == "close");
    const bool about_version = r.body.find("Version") != std::string_view::npos;
    CHECK(problem->get("sec-websocket-version") == (about_version ? "13, 8" : ""));
  }
}

TEST_CASE("a hundred thousand subprotocols take no more than linear time", "[engine][handshake]") {
  std::string many =
      "upgrade:websocket\nsec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==\nsec-websocket-version:13\n"
      "sec-websocket-protocol:a";
  for (int i = 0; i < 100'000; ++i) many += ",a";
  CHECK_FALSE(websocket_problem(make_request("GET", "/", many + "\n")));
  CHECK(websocket_problem(make_request("GET", "/", many + ",\n")));
  CHECK(websocket_problem(make_request("GET", "/", many + std::string(100'000, ' ') + "x y\n")));
}

TEST_CASE("the head of 101 says what it must, then what others add", "[engine][handshake]") {
  const std::string fields =
      "upgrade:websocket\nsec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==\nsec-websocket-version:13\n";
  const std::string accepted =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";  // the example of RFC 6455
  http::response none;
  CHECK(switching_protocols(make_request("GET", "/", fields), none) == accepted + "\r\n");

  http::response extra;
  extra.set("X-One", "1");
  extra.add("Set-Cookie", "a=b");
  extra.add("Set-Cookie", "c=d");
  CHECK(switching_protocols(make_request("GET", "/", fields), extra) ==
        accepted + "X-One: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n");
  // edge 133: the first subprotocol that was offered; edge 130: no extension
  CHECK(switching_protocols(make_request("GET", "/",
                                         fields + "sec-websocket-protocol: first , second\n"
                                                  "sec-websocket-extensions:permessage-deflate\n"),
                            none) == accepted + "Sec-WebSocket-Protocol: first\r\n\r\n");
  const wire::deflate_agreement agreed{.server_context_takeover = false};
  CHECK(switching_protocols(make_request("GET", "/", fields + "sec-websocket-protocol: a\n"), extra, agreed) ==
        accepted +
            "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"
            "X-One: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n");
}
