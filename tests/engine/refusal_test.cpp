// Every way in which Engine.IO refuses a request.

#include "engine/refusal.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace cosio::engine;

TEST_CASE("every refusal has its code, status, body and text", "[engine][refusal]") {
  struct row {
    refusal_code code;
    int number;
    unsigned status;
    std::string_view body;
    std::string_view text;
  };
  const row rows[] = {
      {refusal_code::transport_unknown, 0, 400, R"({"code":0,"message":"Transport unknown"})", "Transport unknown"},
      {refusal_code::sid_unknown, 1, 400, R"({"code":1,"message":"Session ID unknown"})", "Session ID unknown"},
      {refusal_code::bad_method, 2, 400, R"({"code":2,"message":"Bad handshake method"})", "Bad handshake method"},
      {refusal_code::bad_request, 3, 400, R"({"code":3,"message":"Bad request"})", "Bad request"},
      {refusal_code::forbidden, 4, 403, R"({"code":4,"message":"Forbidden"})", "Forbidden"},
      {refusal_code::bad_protocol, 5, 400, R"({"code":5,"message":"Unsupported protocol version"})",
       "Unsupported protocol version"},
  };
  for (const row& r : rows) {
    CAPTURE(r.number);
    const refused why(r.code, "CONTEXT");
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
  const refused why(refusal_code::forbidden, "ALLOW_REQUEST", "say \"please\"\r\n\x01 \xE2\x82\xAC");
  CHECK(http_answer(why).body() == "{\"code\":4,\"message\":\"say \\\"please\\\"\\r\\n\\u0001 \xE2\x82\xAC\"}");
  CHECK(upgrade_answer(why).body() == "say \"please\"\r\n\x01 \xE2\x82\xAC");
  CHECK(refusal_message(why.code) == "Forbidden");
  CHECK(refused(refusal_code::forbidden, "X", "").text() == "Forbidden");
}

TEST_CASE("the status of a refused upgrade can be another one", "[engine][refusal]") {
  CHECK(upgrade_answer(refused(refusal_code::forbidden, "ORIGIN"), 403).status() == 403);
}

TEST_CASE("an explained refusal says which rule refused, and what to change", "[engine][refusal]") {
  cosio::engine_options settings;
  settings.allow_eio3 = false;
  struct row {
    refusal_code code;
    std::string_view context;
    std::string_view text;
  };
  const row rows[] = {
      {refusal_code::forbidden, "ORIGIN_NOT_ALLOWED: origin \"https://a\" is not listed; add it to options.origins",
       "Forbidden: origin \"https://a\" is not listed; add it to options.origins"},
      {refusal_code::transport_unknown, "TRANSPORT_UNKNOWN",
       "Transport unknown: the query's `transport` must be one of options.transports: polling, websocket"},
      {refusal_code::bad_protocol, "UNSUPPORTED_PROTOCOL_VERSION",
       "Unsupported protocol version: the query's `EIO` must be 4: options.allow_eio3 is false"},
      {refusal_code::bad_request, "UPGRADES_NOT_ALLOWED", "Bad request: options.allow_upgrades is false"},
      {refusal_code::forbidden, "ALLOW_REQUEST", "Forbidden: options.allow_request refused it"},
      {refusal_code::bad_request, "SOMETHING_NEW", "Bad request: SOMETHING_NEW"},
  };
  for (const row& r : rows) {
    CAPTURE(r.context);
    CHECK(explained(refused(r.code, std::string(r.context)), settings).text() == r.text);
  }
  for (const char* context :
       {"UNKNOWN_SID", "BAD_HANDSHAKE_METHOD", "INVALID_ORIGIN", "TRANSPORT_MISMATCH", "PROTOCOL_MISMATCH",
        "TRANSPORT_HANDSHAKE_ERROR", "SERVER_CLOSING", "ID_GENERATION_ERROR", "MIDDLEWARE_FAILURE"}) {
    CAPTURE(context);
    const std::string told(explained(refused(refusal_code::bad_request, context), settings).text());
    CHECK(told.size() > std::string_view("Bad request: ").size());
    CHECK(told.find(context) == std::string::npos);
  }
}

TEST_CASE("an explanation stands behind what the application said, and is no HTML", "[engine][refusal]") {
  const refused why(refusal_code::forbidden, "ALLOW_REQUEST", "no key");
  const refused told = explained(why, cosio::engine_options());
  CHECK(http_answer(told).body() == R"({"code":4,"message":"no key: options.allow_request refused it"})");
  CHECK(upgrade_answer(told).get("content-type") == "text/plain; charset=utf-8");
}
