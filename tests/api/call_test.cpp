// Bodies and queries of the HTTP API: what is understood, and what is refused whole.

#include "api/call.hpp"

#include <boost/json/serialize.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace cosio::api;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

outcome<call> read(action does, std::string_view body) { return read_call(does, {}, body, 30s); }
outcome<call> query(action does, std::string_view text) {
  return read_call(does, cosio::http::request_builder("GET", "/api/x?" + std::string(text)).build(), "", 30s);
}
std::string why(const outcome<call>& read) { return read.has_error() ? read.error().message : "(it was read)"; }

}  // namespace

TEST_CASE("an emit is read with everything that it may have", "[api][call]") {
  const auto got = read(action::emit, R"({"nsp":"chat","rooms":["a","b"],"except":"c","event":"say","local":true,
      "args":[1,{"_placeholder":true,"num":0}],"attachments":["AQID"],"volatile":true,"compress":false,"timeout":500})");
  REQUIRE(got.has_value());
  CHECK(got->nsp == "/chat");
  CHECK_FALSE(got->to.everybody);
  CHECK(got->to.rooms == names{"a", "b"});
  CHECK(got->to.except == names{"c"});
  CHECK(got->to.flags.local);
  CHECK(got->to.flags.is_volatile);
  CHECK_FALSE(got->to.flags.compress);
  CHECK(got->to.flags.timeout == 500ms);
  CHECK(got->event == "say");
  CHECK(boost::json::serialize(got->args.values()) == R"([1,{"_placeholder":true,"num":0}])");
  REQUIRE(got->args.attachments().size() == 1);
  CHECK(got->args.attachments()[0].view() == "\x01\x02\x03");
}

TEST_CASE("an emit without rooms is for everybody, an emit to no room for nobody", "[api][call]") {
  CHECK(read(action::emit, R"({"event":"a"})")->to.everybody);
  CHECK(read(action::emit, R"({"event":"a","everybody":true})")->to.everybody);
  CHECK(read(action::emit, R"({"event":"a","everybody":false})").has_error());
  const auto nobody = read(action::emit, R"({"event":"a","rooms":[]})");
  CHECK_FALSE(nobody->to.everybody);
  CHECK(nobody->to.rooms.empty());
}

TEST_CASE("moves and disconnects name their receivers", "[api][call]") {
  for (const action does : {action::join, action::leave, action::disconnect}) {
    CHECK(why(read(does, "{}")).find("\"rooms\" is missing") != std::string::npos);
    CHECK(why(read(does, R"({"everybody":false})")).find("\"rooms\" is missing") != std::string::npos);
    CHECK(why(read(does, R"({"everybody":true,"rooms":["a"]})")).find("exclude each other") != std::string::npos);
  }
  const auto join = read(action::join, R"({"rooms":"a","join":["b","c"]})");
  REQUIRE(join.has_value());
  CHECK(join->names == names{"b", "c"});
  const auto leave = read(action::leave, R"({"everybody":true,"leave":"b"})");
  REQUIRE(leave.has_value());
  CHECK(leave->to.everybody);
  CHECK(leave->names == names{"b"});
  const auto disconnect = read(action::disconnect, R"({"rooms":["a"],"close":true})");
  REQUIRE(disconnect.has_value());
  CHECK(disconnect->close);
  CHECK(why(read(action::join, R"({"rooms":"a"})")) == "\"join\" is missing");
  CHECK(why(read(action::leave, R"({"rooms":"a","join":"b"})")).find("no member \"join\"") != std::string::npos);
}

TEST_CASE("a body that is not understood is refused whole", "[api][call]") {
  struct row {
    const char* body;
    const char* says;
  };
  const row rows[] = {
      {"", "no JSON"},
      {"{\"event\":", "no JSON"},
      {"{\"event\":\"a\"} x", "no JSON"},
      {"[]", "must be an object"},
      {"{}", "\"event\" is missing"},
      {R"({"event":1})", "\"event\" must be"},
      {R"({"event":"a","room":"b"})", "no member \"room\""},
      {R"({"event":"a","Rooms":"b"})", "no member \"Rooms\""},
      {R"({"event":"a","join":"b"})", "no member \"join\""},
      {R"({"event":"a","rooms":null})", "\"rooms\" must be"},
      {R"({"event":"a","rooms":{}})", "\"rooms\" must be"},
      {R"({"event":"a","rooms":["b",1]})", "\"rooms\" must be"},
      {R"({"event":"a","except":[null]})", "\"except\" must be"},
      {R"({"event":"a","nsp":""})", "\"nsp\" must be"},
      {R"({"event":"a","nsp":["/"]})", "\"nsp\" must be"},
      {R"({"event":"a","args":{}})", "\"args\" must be"},
      {R"({"event":"a","volatile":1})", "\"volatile\" must be"},
      {R"({"event":"a","timeout":0})", "\"timeout\" must be"},
      {R"({"event":"a","timeout":30001})", "\"timeout\" must be"},
      {R"({"event":"a","timeout":1.5})", "\"timeout\" must be"},
      {R"({"event":"a","attachments":["AQI"]})", "\"attachments\" must be"},
      {R"({"event":"a","attachments":["AQ I"]})", "\"attachments\" must be"},
      {R"({"event":"a","attachments":["===="]})", "\"attachments\" must be"},
      {R"({"event":"a","args":[{"_placeholder":true,"num":0}]})", "placeholder"},
      {R"({"event":"a","args":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}],"attachments":["AQID"]})",
       "placeholder"},
  };
  for (const row& r : rows) {
    CAPTURE(r.body);
    CHECK(why(read(action::emit, r.body)).find(r.says) != std::string::npos);
  }
}

TEST_CASE("deep JSON, long names and long lists are refused", "[api][call]") {
  const std::string deep(100'000, '[');
  CHECK(why(read(action::emit, R"({"event":"a","args":)" + deep)).find("deeper than 100") != std::string::npos);
  const std::string name(1'025, 'a');
  CHECK(why(read(action::emit, R"({"event":")" + name + R"("})")).find("\"event\" must be") != std::string::npos);
  CHECK(why(read(action::emit, R"({"event":"a","rooms":")" + name + R"("})")).find("\"rooms\"") != std::string::npos);
  std::string list = "[\"r\"";
  for (int i = 0; i < 1'000; ++i) list += ",\"r\"";
  CHECK(why(read(action::emit, R"({"event":"a","rooms":)" + list + "]}")).find("\"rooms\"") != std::string::npos);
}

TEST_CASE("queries are read as strictly as bodies", "[api][call]") {
  const auto page = query(action::rooms, "nsp=chat&local=true&after=b&limit=2");
  REQUIRE(page.has_value());
  CHECK(page->nsp == "/chat");
  CHECK(page->to.flags.local);
  CHECK(page->after == "b");
  CHECK(page->limit == 2);
  CHECK(query(action::counts, "nsp=/chat")->nsp == "/chat");

  for (const char* wrong : {"nsp=", "local=1", "limit=0", "limit=10001", "limit=-1", "limit=2x", "limit=", "room=a"}) {
    CAPTURE(wrong);
    CHECK(query(action::rooms, wrong).has_error());
  }
  CHECK(query(action::counts, "limit=5").has_error());
}

TEST_CASE("a query beside a body is refused", "[api][call]") {
  const auto head = cosio::http::request_builder("POST", "/api/emit?rooms=a").build();
  const auto got = read_call(action::emit, head, R"({"event":"e"})", 30s);
  CHECK(why(got).find("no query") != std::string::npos);
}

TEST_CASE("an endpoint is found by its path and its method", "[api][call]") {
  CHECK(find_endpoint("POST", "/emit")->does == action::emit);
  CHECK(find_endpoint("GET", "/rooms")->does == action::rooms);
  CHECK(find_endpoint("HEAD", "/counts")->does == action::counts);
  CHECK(find_endpoint("GET", "/nothing").error().status == 404);
  CHECK(find_endpoint("GET", "").error().status == 404);
  const auto wrong = find_endpoint("OPTIONS", "/emit");
  REQUIRE(wrong.has_error());
  CHECK(wrong.error().status == 405);
  CHECK(wrong.error().allow == "POST");
}
