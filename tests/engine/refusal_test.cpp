// Every way in which Engine.IO refuses a request.

#include "engine/refusal.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace cosio::engine;

TEST_CASE("every code of a refusal has its status, body and text", "[engine][refusal]") {
  struct row {
    refusal_kind kind;
    refusal_code code;
    int number;
    unsigned status;
    std::string_view body;
    std::string_view text;
  };
  const row rows[] = {
      {refusal_kind::transport_unknown, refusal_code::transport_unknown, 0, 400,
       R"({"code":0,"message":"Transport unknown"})", "Transport unknown"},
      {refusal_kind::unknown_sid, refusal_code::sid_unknown, 1, 400, R"({"code":1,"message":"Session ID unknown"})",
       "Session ID unknown"},
      {refusal_kind::bad_handshake_method, refusal_code::bad_method, 2, 400,
       R"({"code":2,"message":"Bad handshake method"})", "Bad handshake method"},
      {refusal_kind::transport_mismatch, refusal_code::bad_request, 3, 400, R"({"code":3,"message":"Bad request"})",
       "Bad request"},
      {refusal_kind::origin_refused, refusal_code::forbidden, 4, 403, R"({"code":4,"message":"Forbidden"})",
       "Forbidden"},
      {refusal_kind::unsupported_protocol_version, refusal_code::bad_protocol, 5, 400,
       R"({"code":5,"message":"Unsupported protocol version"})", "Unsupported protocol version"},
  };
  for (const row& r : rows) {
    CAPTURE(r.number);
    const refused why(r.kind);
    CHECK(why.code() == r.code);
    CHECK(wire_code(r.code) == r.number);
    CHECK(refusal_message(r.code) == r.text);
    CHECK(why.text() == r.text);

    const auto plain = http_answer(why);
    CHECK(plain.status() == r.status);
    CHECK(plain.body() == r.body);
    CHECK(plain.get("content-type") == "application/json");
    CHECK(plain.get("cache-control").empty());

    const auto upgrade = upgrade_answer(why);
    CHECK(upgrade.status() == 400);  // also for Forbidden
    CHECK(upgrade.body() == r.text);
    CHECK(upgrade.get("content-type") == "text/html");
    CHECK(upgrade.get("connection") == "close");
  }
}

TEST_CASE("no refusal reads as success", "[engine][refusal]") {
  // The trap behind CVE-2023-31125: "unknown transport" is 0 on the wire.
  CHECK(static_cast<int>(refusal_code::transport_unknown) != 0);
}

TEST_CASE("a message of the application replaces the text, escaped where it is JSON", "[engine][refusal]") {
  const refused why(refusal_kind::allow_request, "", "say \"please\"\r\n\x01 \xE2\x82\xAC");
  CHECK(http_answer(why).body() == "{\"code\":4,\"message\":\"say \\\"please\\\"\\r\\n\\u0001 \xE2\x82\xAC\"}");
  CHECK(upgrade_answer(why).body() == "say \"please\"\r\n\x01 \xE2\x82\xAC");
  CHECK(refusal_message(why.code()) == "Forbidden");
  CHECK(refused(refusal_kind::allow_request, "X", "").text() == "Forbidden");
}

TEST_CASE("the status of a refused upgrade can be another one", "[engine][refusal]") {
  CHECK(upgrade_answer(refused(refusal_kind::origin_refused), 403).status() == 403);
}

TEST_CASE("an explained refusal says which rule refused, and what to change", "[engine][refusal]") {
  cosio::engine_options settings;
  settings.allow_eio3 = false;
  struct row {
    refusal_kind kind;
    std::string_view detail;
    std::string_view text;
  };
  const row rows[] = {
      {refusal_kind::origin_not_listed, "origin \"https://a\" is not listed; add it to options.origins",
       "Forbidden: origin \"https://a\" is not listed; add it to options.origins"},
      {refusal_kind::transport_unknown, "",
       "Transport unknown: the query's `transport` must be one of options.transports: polling, websocket"},
      {refusal_kind::unsupported_protocol_version, "",
       "Unsupported protocol version: the query's `EIO` must be 4: options.allow_eio3 is false"},
      {refusal_kind::upgrades_not_allowed, "", "Bad request: options.allow_upgrades is false"},
      {refusal_kind::allow_request, "", "Forbidden: options.allow_request refused it"},
      {refusal_kind::allow_request_failure, "no {} here", "Forbidden: options.allow_request threw: no {} here"},
      {refusal_kind::limit_reached, "options.max_sessions",
       "Forbidden: raise options.max_sessions if so many are wanted"},
  };
  for (const row& r : rows) {
    CAPTURE(r.text);
    CHECK(explained(refused(r.kind, std::string(r.detail)), settings).text() == r.text);
  }
  for (const refusal_kind kind :
       {refusal_kind::unknown_sid, refusal_kind::bad_handshake_method, refusal_kind::invalid_origin,
        refusal_kind::transport_mismatch, refusal_kind::protocol_mismatch, refusal_kind::transport_handshake_error,
        refusal_kind::server_closing, refusal_kind::id_generation_error, refusal_kind::middleware_failure}) {
    const refused why(kind);
    CAPTURE(why.context());
    const std::string told(explained(why, settings).text());
    CHECK(told.size() > why.text().size() + 2);
    CHECK(told.find(why.context()) == std::string::npos);
  }
}

TEST_CASE("every kind of refusal has its code and its word", "[engine][refusal]") {
  struct row {
    refusal_kind kind;
    refusal_code code;
    std::string_view word;
  };
  const row rows[] = {
      {refusal_kind::transport_unknown, refusal_code::transport_unknown, "TRANSPORT_UNKNOWN"},
      {refusal_kind::unknown_sid, refusal_code::sid_unknown, "UNKNOWN_SID"},
      {refusal_kind::bad_handshake_method, refusal_code::bad_method, "BAD_HANDSHAKE_METHOD"},
      {refusal_kind::invalid_origin, refusal_code::bad_request, "INVALID_ORIGIN"},
      {refusal_kind::transport_mismatch, refusal_code::bad_request, "TRANSPORT_MISMATCH"},
      {refusal_kind::protocol_mismatch, refusal_code::bad_request, "PROTOCOL_MISMATCH"},
      {refusal_kind::upgrades_not_allowed, refusal_code::bad_request, "UPGRADES_NOT_ALLOWED"},
      {refusal_kind::transport_handshake_error, refusal_code::bad_request, "TRANSPORT_HANDSHAKE_ERROR"},
      {refusal_kind::unsupported_protocol_version, refusal_code::bad_protocol, "UNSUPPORTED_PROTOCOL_VERSION"},
      {refusal_kind::origin_not_listed, refusal_code::forbidden, "ORIGIN_NOT_ALLOWED"},
      {refusal_kind::origin_refused, refusal_code::forbidden, "ORIGIN_NOT_ALLOWED"},
      {refusal_kind::allow_request, refusal_code::forbidden, "ALLOW_REQUEST"},
      {refusal_kind::allow_request_failure, refusal_code::forbidden, "ALLOW_REQUEST_FAILURE"},
      {refusal_kind::limit_reached, refusal_code::forbidden, "LIMIT_REACHED"},
      {refusal_kind::server_closing, refusal_code::bad_request, "SERVER_CLOSING"},
      {refusal_kind::id_generation_error, refusal_code::bad_request, "ID_GENERATION_ERROR"},
      {refusal_kind::middleware_failure, refusal_code::bad_request, "MIDDLEWARE_FAILURE"},
  };
  for (const row& r : rows) {
    CAPTURE(r.word);
    CHECK(code_of(r.kind) == r.code);
    CHECK(word_of(r.kind) == r.word);
  }
}

TEST_CASE("a server that closes answers 503, so that a proxy asks another one", "[engine][refusal]") {
  const refused closing(refusal_kind::server_closing);
  for (const cosio::http::response& answer :
       {http_answer(closing), upgrade_answer(closing), upgrade_answer(closing, 403)}) {
    CHECK(answer.status() == 503);
    CHECK(answer.get("Connection") == "close");
  }
  CHECK(http_answer(refused(refusal_kind::unknown_sid)).status() == 400);
  CHECK(http_answer(refused(refusal_kind::limit_reached)).status() == 403);
  CHECK(http_answer(refused(refusal_kind::unknown_sid)).get("Connection").empty());
  CHECK(upgrade_answer(refused(refusal_kind::unknown_sid)).status() == 400);
}

TEST_CASE("the context of a refusal is a word, and the detail behind it", "[engine][refusal]") {
  CHECK(refused(refusal_kind::transport_mismatch).context() == "TRANSPORT_MISMATCH");
  CHECK(refused(refusal_kind::limit_reached, "options.max_sessions").context() ==
        "LIMIT_REACHED: options.max_sessions");
}

TEST_CASE("whether a list or a predicate refused an origin is told without its text", "[engine][refusal]") {
  const std::string text = "a predicate says: add it to options.origins if its pages may connect";
  using enum cosio::origin_verdict::decision;
  const auto refused_by = [&text](cosio::origin_verdict::decision what) {
    return refused_page(cosio::origin_verdict(what, "", text), "JSONP, ");
  };
  CHECK(refused_by(not_listed).kind == refusal_kind::origin_not_listed);
  CHECK(refused_by(refused_by_predicate).kind == refusal_kind::origin_refused);
  CHECK(refused_by(invalid).kind == refusal_kind::origin_refused);
  CHECK(refused_by(not_listed).context() == "ORIGIN_NOT_ALLOWED: JSONP, " + text);
}

TEST_CASE("an explanation stands behind what the application said, and is no HTML", "[engine][refusal]") {
  const refused why(refusal_kind::allow_request, "", "no key");
  const refused told = explained(why, cosio::engine_options());
  CHECK(http_answer(told).body() == R"({"code":4,"message":"no key: options.allow_request refused it"})");
  CHECK(upgrade_answer(told).get("content-type") == "text/plain; charset=utf-8");
}
