// JSONP polling over real connections: scripts out, forms in, and which pages may have them.

#include <string>
#include <string_view>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"
#include "wire/json_limits.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";

// The argument of the call of the client's function.
std::string argument_in(std::string_view script, std::string_view head) {
  REQUIRE(script.starts_with(head));
  REQUIRE(script.ends_with(");"));
  const auto text = wire::parse_json(script.substr(head.size(), script.size() - head.size() - 2));
  REQUIRE(text.has_value());
  return std::string(std::string_view(text->get_string()));
}

struct jsonp_client {
  jsonp_client(std::uint16_t port, std::string query)
      : gets(port), posts(port), target("/engine.io/?" + std::move(query) + "&transport=polling") {
    opened = gets.ask(get(target));
    std::string plain;
    for (const char c : opened.body)
      if (c != '\\') plain += c;
    target += "&sid=" + text_member(plain, "sid");
  }
  http_answer post(std::string_view body) { return posts.ask(test::post(target, body, form)); }
  http_answer poll(std::string_view more = "") { return gets.ask(get(target + std::string(more))); }

  http_client gets;
  http_client posts;
  std::string target;
  http_answer opened;
};

}  // namespace

// edge 105
TEST_CASE("a JSONP handshake is answered with a call of the client's function", "[engine][jsonp]") {
  echo_engine server;
  jsonp_client client(server.port(), "EIO=3&j=0&b64=1");
  CHECK(client.opened.status == 200);
  CHECK(client.opened.header("content-type") == "text/plain; charset=UTF-8");
  CHECK(client.opened.header("cache-control") == "no-store");
  const std::string payload = argument_in(client.opened.body, "___eio[0](");
  const auto colon = payload.find(':');
  CHECK(payload.substr(0, colon) == std::to_string(payload.size() - colon - 1));
  CHECK(payload.substr(colon + 1).starts_with("0{\"sid\":"));
  CHECK(client.post("d=6%3A4hello").body == "ok");
  CHECK(client.poll().body == "___eio[0](\"6:4hello\");");
}

TEST_CASE("the function is the handshake's, by its digits", "[engine][jsonp]") {
  echo_engine server;
  jsonp_client client(server.port(), "EIO=3&j=12a3");  // edge 106
  CHECK(client.opened.body.starts_with("___eio[123](\""));
  CHECK(client.post("d=2%3A4a").body == "ok");
  CHECK(client.poll("&j=7").body == "___eio[123](\"2:4a\");");  // edge 107
  // A session that began without stays without.
  polling_client plain(server.port(), "EIO=3");
  CHECK(plain.post("2:4a").body == "ok");
  CHECK(plain.gets().ask(get(plain.target() + "&j=0")).body == "2:4a");
}

// edge 108
TEST_CASE("line separators are escaped in scripts", "[engine][jsonp]") {
  echo_engine server;
  jsonp_client client(server.port(), "EIO=3&j=0");
  CHECK(client.post("d=4%3A4%E2%80%A8%22%E2%80%A9").body == "ok");
  CHECK(client.poll().body == "___eio[0](\"4:4\\u2028\\\"\\u2029\");");
}

// edge 109
TEST_CASE("line feeds come through the form as the client meant them", "[engine][jsonp]") {
  echo_engine server;
  jsonp_client client(server.port(), "EIO=3&j=0");
  CHECK(client.post("d=4%3A4a%5Cnb").body == "ok");  // backslash n
  CHECK(client.poll().body == "___eio[0](\"4:4a\\nb\");");
  CHECK(client.post("d=5%3A4a%5C%5Cnb").body == "ok");  // two backslashes and n
  CHECK(client.poll().body == "___eio[0](\"5:4a\\\\nb\");");
}

// edge 110
TEST_CASE("a form without the field d is ignored, a bad payload in it is not", "[engine][jsonp]") {
  echo_engine server;
  jsonp_client client(server.port(), "EIO=3&j=0");
  for (const char* ignored : {"", "x=2:4a", "d=2:4a&d=2:4b", "2:4a"}) {
    CAPTURE(ignored);
    CHECK(client.post(ignored).body == "ok");
  }
  CHECK(server.nobody_closed());
  CHECK(client.post("d=2:4b").body == "ok");
  CHECK(client.poll().body == "___eio[0](\"2:4b\");");
  CHECK(client.post("d=").body == "ok");
  CHECK(server.closed().text() == "parse error");
}

TEST_CASE("binary is base64 in scripts, also for those who did not say b64", "[engine][jsonp]") {
  echo_engine server;
  for (const std::string query : {"EIO=3&j=0&b64=1", "EIO=3&j=0"}) {
    jsonp_client client(server.port(), query);
    CHECK(client.post("d=10%3Ab4AQIDBA%3D%3D").body == "ok");
    const http_answer polled = client.poll();
    CHECK(polled.body == "___eio[0](\"10:b4AQIDBA==\");");
    CHECK(polled.header("content-type") == "text/plain; charset=UTF-8");
  }
}

TEST_CASE("JSONP works for revision 4 as well", "[engine][jsonp]") {
  echo_engine server;
  jsonp_client client(server.port(), "EIO=4&j=3");
  CHECK(argument_in(client.opened.body, "___eio[3](").starts_with("0{\"sid\":"));
  CHECK(client.post("d=4a%1EbAQIDBA%3D%3D").body == "ok");
  CHECK(client.poll().body == "___eio[3](\"4a\\u001ebAQIDBA==\");");
}

TEST_CASE("control packets of a JSONP session are scripts, too", "[engine][jsonp]") {
  engine_world house;
  memory_client gets = house.connect();
  memory_client posts = house.connect();
  const std::string base = "/engine.io/?EIO=3&j=0&transport=polling";
  CHECK(gets.ask(get(base)).status == 200);
  const std::string target = base + "&sid=" + house.sessions[0].id();
  gets.send(get(target));
  CHECK(posts.ask(post(target, "d=1:1", form)).body == "ok");
  CHECK(gets.answer().value().body == "___eio[0](\"1:6\");");
  CHECK(house.closed[0].text() == "transport close");
}

TEST_CASE("a JSONP session can move to WebSocket", "[engine][jsonp]") {
  engine_world house;
  memory_client gets = house.connect();
  const std::string base = "/engine.io/?EIO=3&j=0&transport=polling";
  CHECK(gets.ask(get(base)).status == 200);
  gets.send(get(base + "&sid=" + house.sessions[0].id()));
  memory_websocket ws = house.websocket("/engine.io/?EIO=3&transport=websocket&sid=" + house.sessions[0].id());
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  house.w.advance(std::chrono::milliseconds(100));
  CHECK(gets.answer().value().body == "___eio[0](\"1:6\");");
  ws.send_text("5");
  ws.send_text("4plain again");
  CHECK(house.messages == std::vector<std::string>{"plain again"});
}

// A script is fetched without an Origin header. Were that enough, every page could open a session in its visitor's name
// and read it.
TEST_CASE("JSONP is for the pages that the origin policy allows", "[engine][jsonp]") {
  struct row {
    const char* why;
    std::string_view headers;
    bool own_pages;  // default policy
    bool listed;     // http://a.example
    bool everybody;  // "*"
  };
  const std::string browser = "User-Agent: Mozilla/5.0 (X11)\r\n";
  const std::string own = browser + "Referer: http://localhost/page\r\n";
  const std::string a = browser + "Referer: http://a.example/page?x=/y\r\n";
  const std::string foreign = browser + "Referer: http://evil.example/page\r\n";
  const std::string hidden = browser + "Sec-Fetch-Site: cross-site\r\n";
  const std::string same_site = browser + "Sec-Fetch-Site: same-origin\r\n";
  const row rows[] = {
      {"no browser", "", true, true, true},
      {"the server's own page", own, true, true, true},
      {"a listed page", a, false, true, true},
      {"a foreign page", foreign, false, false, true},
      {"a foreign page that looks like ours", "Referer: http://localhost.evil.example/\r\n", false, false, true},
      {"a page that hides itself", browser, false, false, true},
      {"a page that hides itself from a browser of today", hidden, false, false, true},
      {"a page of this site, as the browser says", same_site, true, true, true},
  };
  const auto status = [](const origin_policy& policy, std::string_view headers) {
    engine_options settings;
    settings.origins = policy;
    echo_engine server(settings);
    http_client client(server.port());
    const http_answer answer = client.ask(get("/engine.io/?EIO=3&transport=polling&j=0", headers));
    if (answer.status == 403) CHECK(server.refused().context().starts_with("ORIGIN_NOT_ALLOWED"));
    return answer.status;
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(status({}, r.headers) == (r.own_pages ? 200U : 403U));
    CHECK(status("http://a.example", r.headers) == (r.listed ? 200U : 403U));
    CHECK(status("*", r.headers) == (r.everybody ? 200U : 403U));
  }
}
