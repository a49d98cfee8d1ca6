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
