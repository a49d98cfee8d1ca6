// The Engine.IO server as plain HTTP requests meet it: handshakes, refusals, cookies, headers, origins, closing.
// Rows of the edge-case checklist are named where they are tested.

#include "engine/engine.hpp"

#include <boost/json/parse.hpp>

#include <cosio/error.hpp>
#include <cosio/middleware.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/suspension.hpp"
#include "engine/engine_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string polling_handshake = "/engine.io/?EIO=4&transport=polling";

std::string code_body(int code, std::string_view message) {
  return "{\"code\":" + std::to_string(code) + ",\"message\":\"" + std::string(message) + "\"}";
}

engine_options with_origins(origin_policy origins) {
  engine_options settings;
  settings.origins = std::move(origins);
  return settings;
}

engine_options with_cookie(cookie_options cookie) {
  engine_options settings;
  settings.cookie = std::move(cookie);
  return settings;
}

task<bool> answer(bool yes) { co_return yes; }
task<bool> refuse_with(std::string message) {
  throw refusal(message);
  co_return false;
}
task<std::string> named(std::string id) { co_return id; }

}  // namespace

TEST_CASE("a polling handshake opens a session and tells the client what it needs",
          "[engine][engine]") {  // edge 23
  echo_engine server;
  http_client client(server.port());
  const http_answer opened = client.ask(get(polling_handshake));
  CHECK(opened.status == 200);
  CHECK(opened.header("content-type") == "text/plain; charset=UTF-8");
  CHECK(opened.header("cache-control") == "no-store");  // edge 46
  CHECK_FALSE(opened.has("set-cookie"));                // edge 42
  CHECK_FALSE(opened.has("access-control-allow-origin"));
  REQUIRE(opened.body.starts_with('0'));
  const auto packet = boost::json::parse(opened.body.substr(1)).as_object();
  CHECK(packet.size() == 5);
  CHECK(packet.at("sid").as_string().size() == 20);
  CHECK(packet.at("upgrades") == boost::json::array{"websocket"});
  CHECK(packet.at("pingInterval") == 25000);
  CHECK(packet.at("pingTimeout") == 20000);
  CHECK(packet.at("maxPayload") == 1000000);
  const engine_session s = server.opened();
  CHECK(s.id() == packet.at("sid").as_string());
  CHECK(s.protocol() == 4);
  CHECK(s.transport() == "polling");
  CHECK(s.open());
  CHECK(s.remote_address() == "127.0.0.1");  // edge 37
  CHECK(server.engine().clients_count() == 1);
}

TEST_CASE("each handshake opens another session", "[engine][engine]") {
  echo_engine server;
  http_client client(server.port());
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(text_member(client.ask(get(polling_handshake)).body, "sid"));
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
  CHECK(server.engine().clients_count() == 20);
}

TEST_CASE("plain requests that are refused get status, code and message", "[engine][engine]") {
  engine_options settings;
  settings.allow_eio3 = false;
  echo_engine server(settings);
  const polling_client known(server.port());
  const std::string sid = "&sid=" + known.sid();
  struct row {
    const char* why;
    std::string_view method;
    std::string query;
    int code;
    std::string_view message;
    std::string_view context;
  };
  const row rows[] = {
      {"edge 1", "GET", "EIO=4", 0, "Transport unknown", "TRANSPORT_UNKNOWN"},
      {"edge 2", "GET", "EIO=4&transport=__proto__", 0, "Transport unknown", "TRANSPORT_UNKNOWN"},
      {"edge 2", "GET", "EIO=4&transport=constructor", 0, "Transport unknown", "TRANSPORT_UNKNOWN"},
      {"edge 3", "GET", "EIO=4&transport=webtransport", 0, "Transport unknown", "TRANSPORT_UNKNOWN"},
      {"edge 4", "GET", "EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown", "UNKNOWN_SID"},
      {"edge 4", "POST", "EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown", "UNKNOWN_SID"},
      {"edge 5", "POST", "EIO=4&transport=polling", 2, "Bad handshake method", "BAD_HANDSHAKE_METHOD"},
      {"edge 5", "PUT", "EIO=4&transport=polling", 2, "Bad handshake method", "BAD_HANDSHAKE_METHOD"},
      {"edge 5", "OPTIONS", "EIO=4&transport=polling", 2, "Bad handshake method", "BAD_HANDSHAKE_METHOD"},
      {"edge 6", "GET", "EIO=4&transport=websocket", 3, "Bad request", "TRANSPORT_HANDSHAKE_ERROR"},
      {"edge 7", "GET", "EIO=4&transport=websocket" + sid, 3, "Bad request", "TRANSPORT_MISMATCH"},
      {"edge 8", "GET", "EIO=3&transport=polling" + sid, 3, "Bad request", "PROTOCOL_MISMATCH"},
      {"edge 8", "POST", "transport=polling" + sid, 3, "Bad request", "PROTOCOL_MISMATCH"},
      {"edge 14", "GET", "EIO=3&transport=polling", 5, "Unsupported protocol version", "UNSUPPORTED_PROTOCOL_VERSION"},
      {"edge 15", "GET", "transport=polling", 5, "Unsupported protocol version", "UNSUPPORTED_PROTOCOL_VERSION"},
      {"edge 15", "GET", "EIO=abc&transport=polling", 5, "Unsupported protocol version",
       "UNSUPPORTED_PROTOCOL_VERSION"},
  };
  http_client client(server.port());
  for (const row& r : rows) {
    CAPTURE(r.why, r.method, r.query);
    const http_answer refused = client.ask(std::string(r.method) + " /engine.io/?" + r.query +
                                           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    CHECK(refused.status == 400);
    CHECK(refused.body == code_body(r.code, r.message));
    CHECK(refused.header("content-type") == "application/json");
    CHECK_FALSE(refused.has("cache-control"));
    const connection_error told = server.refused();
    CHECK(told.code() == r.code);
    CHECK(told.message() == r.message);
    CHECK(told.context() == r.context);
    CHECK(told.request().method() == r.method);
  }
  CHECK(server.engine().clients_count() == 1);  // edge 7: the session survives all of it
  CHECK(server.nobody_closed());
}

TEST_CASE("every refusal leaves a line in the log that says who, what and why", "[engine][engine]") {
  const captured_log log;
  engine_options settings = with_origins(origin_policy("https://a.example"));
  settings.allow_request = [](http::request r) { return answer(!r.query("no")); };
  engine_world house(settings);
  struct row {
    std::string request;
    std::string_view line;
    log_level level = log_level::debug;
  };
  const std::string upgrade = "/engine.io/?EIO=4&transport=websocket";
  const row rows[] = {
      {get("/engine.io/?EIO=4"), "Transport unknown (TRANSPORT_UNKNOWN): the query has no `transport`",
       log_level::warn},
      {get(polling_handshake + "&sid=nobody"), "Session ID unknown (UNKNOWN_SID)"},
      {post(polling_handshake, "4a"), "Bad handshake method (BAD_HANDSHAKE_METHOD)"},
      {get(upgrade), "Bad request (TRANSPORT_HANDSHAKE_ERROR)"},
      {get(polling_handshake + "&no=1"), "Forbidden (ALLOW_REQUEST)"},
      {get(polling_handshake, "Origin: https://b.example\r\n"), "Forbidden (ORIGIN_NOT_ALLOWED: ", log_level::warn},
      {get("/engine.io/?EIO=7&transport=polling"),
       "Unsupported protocol version (UNSUPPORTED_PROTOCOL_VERSION): the query says EIO=\"7\"", log_level::warn},
      {websocket_request(upgrade + "&sid=nobody"), "Session ID unknown (UNKNOWN_SID)"},
      {websocket_request(upgrade + "&no=1"), "Forbidden (ALLOW_REQUEST)"}};
  for (const row& r : rows) {
    CAPTURE(r.request);
    const std::string line = "refused 127.0.0.1: " + std::string(r.line);
    const std::size_t before = log.count(r.level, line);
    memory_client client = house.connect();
    CHECK(client.ask(r.request).status >= 400);
    CHECK(log.count(r.level, line) == before + 1);
  }
}

TEST_CASE("a refused HEAD has the head of the answer only", "[engine][engine]") {  // edge 5
  echo_engine server;
  http_client client(server.port());
  client.send("HEAD " + polling_handshake + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const http_answer refused = client.read_answer(true);
  CHECK(refused.status == 400);
  CHECK(refused.header("content-length") == "43");
  CHECK(client.ask(get(polling_handshake)).status == 200);
}

TEST_CASE("an Origin with control characters is a bad request", "[engine][engine]") {  // edge 9
  echo_engine server(with_origins("*"));
  http_client client(server.port());
  const http_answer refused = client.ask(get(polling_handshake, "Origin: http://a\tb\r\n"));
  CHECK(refused.status == 200);  // a tab is no control character here
  // Other control characters do not pass the door; what the engine does with them is in handshake_test.cpp.
  http_client other(server.port());
  CHECK(other.ask(get(polling_handshake, "Origin: http://a\x01\r\n")).status == 400);
}

TEST_CASE("with allow_eio3, revision 3 is served and everything else refused", "[engine][engine]") {  // edge 16
  echo_engine server;
  http_client client(server.port());
  CHECK(client.ask(get("/engine.io/?EIO=3&transport=polling")).status == 200);
  for (const std::string eio : {"", "EIO=2&", "EIO=5&", "EIO=04&", "EIO=x&"}) {
    CAPTURE(eio);
    const http_answer refused = client.ask(get("/engine.io/?" + eio + "transport=polling"));
    CHECK(refused.status == 400);
    CHECK(refused.body == code_body(5, "Unsupported protocol version"));
  }
}

// ---------------------------------------------------------------- paths

TEST_CASE("the engine owns what begins with its path, byte by byte", "[engine][engine]") {
  echo_engine server;
  http_client client(server.port());
  const std::string query = "?EIO=4&transport=polling";
  CHECK(client.ask(get("/engine.io/" + query)).status == 200);
  CHECK(client.ask(get("/engine.io/foo/bar" + query)).status == 200);  // edge 32
  CHECK(client.ask(get("/engine.io/foo%20bar/" + query)).status == 200);
  // edge 31, 33
  for (const std::string path : {"/engine.io", "/Engine.IO/", "//engine.io/", "/engine%2Eio/", "/engine.iofoo/", "/"}) {
    CAPTURE(path);
    CHECK(client.ask(get(path + query)).status == 404);
  }
  // RFC 9112, section 3.2.2: a server accepts the absolute form
  CHECK(client.ask(get("http://localhost/engine.io/" + query)).status == 200);
  CHECK(client.ask(get("http://localhost/Engine.IO/" + query)).status == 404);
}

TEST_CASE("without the trailing slash the prefix is shorter", "[engine][engine]") {  // edge 31
  engine_options settings;
  settings.add_trailing_slash = false;
  echo_engine server(settings);
  http_client client(server.port());
  const std::string query = "?EIO=4&transport=polling";
  for (const std::string path : {"/engine.io", "/engine.io/", "/engine.iofoo"}) {
    CAPTURE(path);
    CHECK(client.ask(get(path + query)).status == 200);
  }
  CHECK(client.ask(get("/engine.i" + query)).status == 404);
}

TEST_CASE("path_prefix takes one slash away and adds one", "[engine][engine]") {
  engine_options settings;
  const auto prefix = [&](std::string path, bool slash) {
    settings.path = std::move(path);
    settings.add_trailing_slash = slash;
    return engine::path_prefix(settings);
  };
  CHECK(prefix("/engine.io", true) == "/engine.io/");
  CHECK(prefix("/engine.io/", true) == "/engine.io/");
  CHECK(prefix("/engine.io/", false) == "/engine.io");
  CHECK(prefix("/engine.io//", true) == "/engine.io//");
  CHECK(prefix("/", true) == "/");
  CHECK(prefix("", true) == "/");
}

TEST_CASE("routes of the application and a second engine live beside an engine", "[engine][engine]") {
  engine_options settings;
  settings.path = "/one";
  echo_engine server(settings);
  server.app().get("/healthz", [](http::request) { return http::response(200, "ok"); });
  engine_options other;
  other.path = "/two";
  const engine_server second(server.app(), other);
  http_client client(server.port());
  CHECK(client.ask(get("/healthz")).body == "ok");  // edge 35
  CHECK(client.ask(get("/one/?EIO=4&transport=polling")).status == 200);
  CHECK(client.ask(get("/two/?EIO=4&transport=polling")).status == 200);
  CHECK(client.ask(get("/three/?EIO=4&transport=polling")).status == 404);
  CHECK(server.engine().clients_count() == 1);
  CHECK(second.clients_count() == 1);
  // edge 36: upgrades of both work
  websocket_client one(server.port(), "/one/?EIO=4&transport=websocket");
  websocket_client two(server.port(), "/two/?EIO=4&transport=websocket");
  CHECK(one.text().starts_with("0{"));
  CHECK(two.text().starts_with("0{"));
  CHECK(second.clients_count() == 2);
  // A session of one engine is none of the other's.
  const polling_client mine(server.port(), "EIO=4", "", "/one/");
  CHECK(client.ask(get("/two/?EIO=4&transport=polling&sid=" + mine.sid())).body == code_body(1, "Session ID unknown"));
}

// ---------------------------------------------------------------- what the application says

TEST_CASE("allow_request decides about handshakes", "[engine][engine]") {
  std::atomic<int> asked{0};
  engine_options settings;
  settings.allow_request = [&](http::request r) {
    ++asked;
    const auto token = r.query("token").value_or("");
    if (token == "throw") return refuse_with("Thou shall not pass");
    return answer(token == "yes");
  };
  echo_engine server(settings);
  http_client client(server.port());

  const http_answer plain = client.ask(get(polling_handshake));
  CHECK(plain.status == 403);
  CHECK(plain.body == code_body(4, "Forbidden"));
  CHECK(server.refused().message() == "Forbidden");

  const http_answer said = client.ask(get(polling_handshake + "&token=throw"));  // edge 10
  CHECK(said.status == 403);
  CHECK(said.body == code_body(4, "Thou shall not pass"));
  const connection_error told = server.refused();
  CHECK(told.code() == 4);
  CHECK(told.message() == "Forbidden");

  CHECK(client.ask(get(polling_handshake + "&token=yes")).status == 200);  // edge 12
  CHECK(asked == 3);
}

TEST_CASE("what allow_request and a predicate for origins throw by accident is for the log, and not for the client",
          "[engine][engine]") {
  const captured_log log;
  const auto fail = [](const char* where) -> task<bool> {
    throw std::runtime_error(std::string("no route to 10.0.0.7 in ") + where);
    co_return true;
  };
  for (const bool explain : {false, true}) {
    engine_options settings;
    settings.explain_refusals = explain;
    settings.allow_request = [&](http::request) { return fail("allow_request"); };
    settings.origins = [&](std::string origin, http::request) {
      return origin == "*" ? answer(true) : fail("origins");
    };
    echo_engine server(settings);
    http_client client(server.port());
    const http_answer one = client.ask(get(polling_handshake));
    const http_answer two = client.ask(get(polling_handshake, "Origin: http://a.example\r\n"));
    CHECK((one.status == 403 && two.status == 403));
    if (explain) {
      CHECK(one.body.find("internal error: options.allow_request threw: no route to 10.0.0.7") != std::string::npos);
      CHECK(two.body.find("internal error: ") != std::string::npos);
      CHECK(two.body.find("which threw: no route to 10.0.0.7") != std::string::npos);
    } else {
      CHECK(one.body == code_body(4, "internal error"));
      CHECK(two.body == code_body(4, "internal error"));
    }
    CHECK(server.refused().context() == "ALLOW_REQUEST_FAILURE: no route to 10.0.0.7 in allow_request");
  }
  CHECK(log.count(cosio::log_level::error, "no route to 10.0.0.7 in allow_request") == 2);
  CHECK(log.count(cosio::log_level::error, "no route to 10.0.0.7 in origins") == 2);
}

TEST_CASE("allow_request is asked after the other checks, and not for requests of a session", "[engine][engine]") {
  std::atomic<int> asked{0};
  engine_options settings;
  settings.allow_request = [&](http::request) {
    ++asked;
    return answer(true);
  };
  echo_engine server(settings);
  polling_client client(server.port());
  CHECK(asked == 1);
  CHECK(client.post("4a").body == "ok");  // edge 13
  CHECK(client.poll().body == "4a");
  http_client other(server.port());
  CHECK(other.ask(get("/engine.io/?EIO=4&transport=nothing")).status == 400);
  CHECK(other.ask(post(polling_handshake, "")).status == 400);
  CHECK(asked == 1);
}

TEST_CASE("generate_id gives sessions their ids", "[engine][engine]") {  // edge 27
  std::atomic<int> made{0};
  echo_engine server({}, [&](const engine_server& e) {
    e.generate_id(
        [&](http::request r) { return named(std::string(r.query("name").value_or("")) + std::to_string(++made)); });
  });
  const polling_client first(server.port(), "EIO=4&name=a%20b");
  CHECK(first.sid() == "a b1");
  websocket_client second(server.port(), "/engine.io/?EIO=4&transport=websocket&name=w");
  CHECK(text_member(second.text(), "sid") == "w2");
}

TEST_CASE("generate_id may wait", "[engine][engine]") {  // edge 27
  engine_world house;
  std::shared_ptr<async::suspension> waiting;
  house.engine.generate_id([&waiting](http::request) -> task<std::string> {
    auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting = std::move(me); };
    co_await async::suspend(std::move(hand_out));
    co_return "late";
  });
  memory_client client = house.connect();
  client.send(get(polling_handshake));
  CHECK_FALSE(client.answer());
  REQUIRE(waiting);
  waiting->end();
  const auto opened = client.answer();
  REQUIRE(opened);
  CHECK(text_member(opened->body, "sid") == "late");
}

TEST_CASE("a session id that cannot be had refuses the handshake", "[engine][engine]") {  // edge 27
  const captured_log log;
  std::string next = "throw";
  echo_engine server({}, [&](const engine_server& e) {
    e.generate_id([&](http::request) {
      if (next == "throw") throw std::runtime_error("no ids today");
      return named(next);
    });
  });
  const auto refused_by_both = [&](std::string_view context) {
    http_client client(server.port());
    const http_answer plain = client.ask(get(polling_handshake));
    CHECK(plain.status == 400);
    CHECK(plain.body == code_body(3, "Bad request"));
    CHECK(server.refused().context().find(context) != std::string::npos);
    http_client upgrade(server.port());  // edge 17: before 101
    const http_answer answer = upgrade.ask(websocket_request("/engine.io/?EIO=4&transport=websocket"));
    CHECK(answer.status == 400);
    CHECK(answer.body == "Bad request");
    CHECK(upgrade.ends());
    CHECK(server.refused().context().find(context) != std::string::npos);
  };
  refused_by_both("ID_GENERATION_ERROR");
  CHECK(log.count(log_level::error, "no ids today") == 2);
  next = "";
  refused_by_both("ID_GENERATION_ERROR");
  next = "twin";
  polling_client first(server.port());
  refused_by_both("duplicate");
  CHECK(first.post("4still here").body == "ok");
  CHECK(first.poll().body == "4still here");
  CHECK(server.engine().clients_count() == 1);
  // The id is free again when its session has ended.
  CHECK(first.post("1").body == "ok");
  CHECK(server.closed().text() == "transport close");
  CHECK(polling_client(server.port()).sid() == "twin");
}

TEST_CASE("header hooks run where the reference runs them", "[engine][engine]") {  // edge 43, 44
  std::atomic<int> initial{0};
  std::atomic<int> every{0};
  engine_options settings = with_cookie({});
  settings.max_payload = 10;
  echo_engine server(settings, [&](const engine_server& e) {
    e.on_initial_headers([&](http::response& r, const http::request& asked) {
      ++initial;
      r.add("Set-Cookie", "mine=" + std::string(asked.query("EIO").value_or("")));
      r.set("X-Initial", "1");
    });
    e.on_headers([&](http::response& r, const http::request&) { r.set("X-Every", std::to_string(++every)); });
  });
  http_client raw(server.port());
  const http_answer opened = raw.ask(get(polling_handshake));
  std::vector<std::string> cookies;
  for (const auto& [name, value] : opened.headers)
    if (name == "Set-Cookie") cookies.push_back(value);
  REQUIRE(cookies.size() == 2);
  CHECK(cookies[0].starts_with("io="));
  CHECK(cookies[1] == "mine=4");
  CHECK(opened.header("x-initial") == "1");
  CHECK(opened.header("x-every") == "1");

  const std::string target = polling_handshake + "&sid=" + text_member(opened.body, "sid");
  const http_answer posted = raw.ask(post(target, "4a"));
  CHECK(posted.header("x-every") == "2");
  CHECK_FALSE(posted.has("x-initial"));
  const http_answer polled = raw.ask(get(target));
  CHECK(polled.header("x-every") == "3");
  CHECK_FALSE(polled.has("x-initial"));

  CHECK_FALSE(raw.ask(get("/engine.io/?EIO=4")).has("x-every"));         // refusals
  CHECK_FALSE(raw.ask(post(target, "4 much too long")).has("x-every"));  // 413
  CHECK_FALSE(raw.ask("PUT " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").has("x-every"));  // 500
  CHECK(initial == 1);

  websocket_client upgraded(server.port(),
                            "/engine.io/?EIO=4&transport=websocket&sid=" + text_member(opened.body, "sid"));
  CHECK(upgraded.accepted().header("x-every") == "4");
  CHECK_FALSE(upgraded.accepted().has("x-initial"));
  websocket_client direct(server.port(), "/engine.io/?EIO=4&transport=websocket");
  CHECK(direct.accepted().header("x-initial") == "1");
  CHECK(direct.accepted().header("x-every") == "5");
  CHECK(initial == 2);
}

TEST_CASE("old Internet Explorers are told not to sniff", "[engine][engine]") {  // edge 45
  echo_engine server;
  http_client client(server.port());
  const auto xss = [&](std::string_view agent) {
    return client.ask(get(polling_handshake, "User-Agent: " + std::string(agent) + "\r\n")).header("x-xss-protection");
  };
  CHECK(xss("Mozilla/4.0 (compatible;MSIE 8.0)") == "0");
  CHECK(xss("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko") == "0");
  CHECK(xss("Mozilla/4.0 (compatible; MSIE 8.0)").empty());
  CHECK(xss("curl/8").empty());
}

// ---------------------------------------------------------------- cookies

TEST_CASE("the session cookie comes with the polling handshake only", "[engine][engine]") {
  echo_engine server(with_cookie({}));
  polling_client client(server.port());
  CHECK(client.opened().header("set-cookie") == "io=" + client.sid() + "; Path=/; HttpOnly; SameSite=Lax");  // edge 39
  const http_answer posted = client.post("4a");
  CHECK_FALSE(posted.has("set-cookie"));
  CHECK_FALSE(client.poll().has("set-cookie"));
  websocket_client direct(server.port(), "/engine.io/?EIO=4&transport=websocket");  // edge 40
  CHECK_FALSE(direct.accepted().has("set-cookie"));
}

TEST_CASE("the session cookie has the attributes that were asked for", "[engine][engine]") {  // edge 41
  cookie_options cookie;
  cookie.name = "srv";
  cookie.path = "";
  cookie.http_only = false;
  cookie.same_site = same_site::strict;
  echo_engine server(with_cookie(cookie));
  const polling_client client(server.port());
  CHECK(client.opened().header("set-cookie") == "srv=" + client.sid() + "; SameSite=Strict");
}

// ---------------------------------------------------------------- origins

TEST_CASE("with origins, preflight requests are answered whatever the query says",
          "[engine][engine]") {  // edge 47
  echo_engine server(with_origins("*"));
  http_client client(server.port());
  for (const std::string& target : {polling_handshake, polling_handshake + "&sid=nobody", std::string("/engine.io/"),
                                    std::string("/engine.io/?x")}) {
    CAPTURE(target);
    const http_answer allowed = client.ask("OPTIONS " + target +
                                           " HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n"
                                           "Access-Control-Request-Headers: x-one, x-two\r\n\r\n");
    CHECK(allowed.status == 204);
    CHECK(allowed.body.empty());
    CHECK(allowed.header("access-control-allow-origin") == "*");
    CHECK(allowed.header("access-control-allow-methods") == "GET,HEAD,PUT,PATCH,POST,DELETE");
    CHECK(allowed.header("access-control-allow-headers") == "x-one, x-two");  // edge 52
    CHECK(allowed.header("vary") == "Access-Control-Request-Headers");
  }
  CHECK(server.engine().clients_count() == 0);
}

TEST_CASE("of several origins the one that asks is named", "[engine][engine]") {  // edge 48
  echo_engine server(with_origins({"http://a.example", "http://b.example"}));
  http_client client(server.port());
  const auto ask = [&](std::string_view origin) {
    return client.ask("OPTIONS " + polling_handshake + " HTTP/1.1\r\nHost: s\r\nOrigin: " + std::string(origin) +
                      "\r\n\r\n");
  };
  CHECK(ask("http://b.example").header("access-control-allow-origin") == "http://b.example");
  const http_answer foreign = ask("http://c.example");
  CHECK(foreign.status == 204);
  CHECK_FALSE(foreign.has("access-control-allow-origin"));
  CHECK(foreign.header("vary").starts_with("Origin"));
}

TEST_CASE("a foreign origin is refused, and told so with the CORS headers", "[engine][engine]") {
  echo_engine server(with_origins("http://a.example"));
  http_client client(server.port());
  const http_answer foreign = client.ask(get(polling_handshake, "Origin: http://evil.example\r\n"));
  CHECK(foreign.status == 403);
  CHECK(foreign.body == code_body(4, "Forbidden"));
  CHECK(foreign.header("access-control-allow-origin") == "http://a.example");  // edge 49
  CHECK(server.refused().context().find("ORIGIN_NOT_ALLOWED") == 0);
  CHECK(server.engine().clients_count() == 0);

  const http_answer wrong = client.ask(get("/engine.io/?EIO=4", "Origin: http://a.example\r\n"));
  CHECK(wrong.status == 400);
  CHECK(wrong.header("access-control-allow-origin") == "http://a.example");  // edge 50

  const http_answer none = client.ask(get(polling_handshake));
  CHECK(none.status == 200);
  CHECK(none.header("access-control-allow-origin") == "http://a.example");                  // edge 49
  CHECK(client.ask(get(polling_handshake, "Origin: http://localhost\r\n")).status == 200);  // its own pages
}

TEST_CASE("requests of a session are held to the origin policy, too", "[engine][engine]") {
  echo_engine server(with_origins("http://a.example"));
  polling_client client(server.port());
  CHECK(client.post("4a", "Origin: http://evil.example\r\n").status == 403);
  CHECK(client.gets().ask(get(client.target(), "Origin: http://evil.example\r\n")).status == 403);
  CHECK(client.post("4b", "Origin: http://a.example\r\n").header("access-control-allow-origin") == "http://a.example");
  CHECK(client.poll().body == "4b");
}

TEST_CASE("a predicate decides about origins, and its words reach the client", "[engine][engine]") {
  std::atomic<int> without{0};
  echo_engine server(with_origins([&](std::string origin, http::request) {
    if (origin == "*") ++without;
    if (origin == "http://throw.example") return refuse_with("not from there");
    return answer(origin != "http://evil.example");
  }));
  http_client client(server.port());
  CHECK(client.ask(get(polling_handshake)).status == 200);
  CHECK(without == 1);
  const http_answer good = client.ask(get(polling_handshake, "Origin: http://good.example\r\n"));
  CHECK(good.status == 200);
  CHECK(good.header("access-control-allow-origin") == "http://good.example");
  CHECK(client.ask(get(polling_handshake, "Origin: http://evil.example\r\n")).body == code_body(4, "Forbidden"));
  const http_answer said = client.ask(get(polling_handshake, "Origin: http://throw.example\r\n"));
  CHECK(said.status == 403);
  CHECK(said.body == code_body(4, "not from there"));
  http_client upgrade(server.port());
  const http_answer refused =
      upgrade.ask(websocket_request("/engine.io/?EIO=4&transport=websocket", "Origin: http://throw.example\r\n"));
  CHECK(refused.status == 403);
  CHECK(refused.body == "not from there");
}

TEST_CASE("without origins, preflight requests are none of ours", "[engine][engine]") {
  echo_engine server;
  polling_client client(server.port());
  const auto options = [&](const std::string& target) {
    return client.posts().ask("OPTIONS " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
  };
  CHECK(options(polling_handshake).body == code_body(2, "Bad handshake method"));
  const http_answer known = options(client.target());
  CHECK(known.status == 500);  // edge 73
  CHECK(known.body.empty());
  CHECK_FALSE(known.has("access-control-allow-origin"));
}

// ---------------------------------------------------------------- closing

TEST_CASE("closing the engine ends every session and every connection", "[engine][engine]") {  // edge 154
  echo_engine server;
  polling_client polling(server.port());
  polling_client idle(server.port());
  polling_client upgrading(server.port());
  websocket_client probing(server.port(), upgrading.target("websocket"));
  probing.send_text("2probe");
  CHECK(probing.text() == "3probe");
  websocket_client direct(server.port(), "/engine.io/?EIO=4&transport=websocket");
  CHECK(direct.text().starts_with("0{"));
  CHECK(server.engine().clients_count() == 4);

  auto closing = start(server.context().get_executor(), server.engine().close());
  CHECK(direct.close_code() == 1005);   // edge 121
  CHECK(probing.close_code() == 1005);  // edge 146
  direct.close();
  probing.close();
  wait(std::move(closing));
  CHECK(server.engine().clients_count() == 0);
  for (int i = 0; i < 4; ++i) CHECK(server.closed().text() == "forced close");
  CHECK(idle.poll().body == code_body(1, "Session ID unknown"));
}

TEST_CASE("an engine that has closed has no session left, and opens none", "[engine][engine]") {
  echo_engine server;
  std::vector<std::unique_ptr<polling_client>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<polling_client>(server.port()));
  server.run(server.engine().close());
  CHECK(server.engine().clients_count() == 0);
  http_client late(server.port());
  CHECK(late.ask(get(polling_handshake)).body == code_body(3, "Bad request"));
  http_client late_upgrade(server.port());
  CHECK(late_upgrade.ask(websocket_request("/engine.io/?EIO=4&transport=websocket")).status == 503);
  server.run(server.engine().close());  // again: nothing to do
}

TEST_CASE("closing drops what is queued", "[engine][engine]") {  // edge 81
  echo_engine server;
  polling_client client(server.port());
  const engine_session s = server.opened();
  for (int i = 0; i < 3; ++i) server.run(s.send(std::string("news")));
  server.run(server.engine().close());
  CHECK(client.poll().body == code_body(1, "Session ID unknown"));
}

TEST_CASE("a handshake that the application still considers when the engine closes is refused", "[engine][engine]") {
  enum class hook { allow_request, generate_id };
  for (const hook which : {hook::allow_request, hook::generate_id}) {
    std::shared_ptr<async::suspension> waiting;
    const auto wait_here = [&waiting]() -> task<> {
      auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting = std::move(me); };
      co_await async::suspend(std::move(hand_out));
    };
    engine_options settings;
    if (which == hook::allow_request)
      settings.allow_request = [&](http::request) -> task<bool> {
        co_await wait_here();
        co_return true;
      };
    engine_world house(settings);
    if (which == hook::generate_id)
      house.engine.generate_id([&](http::request) -> task<std::string> {
        co_await wait_here();
        co_return "late";
      });
    for (const bool upgrade : {false, true}) {
      CAPTURE(static_cast<int>(which), upgrade);
      memory_client client = house.connect();
      client.send(upgrade ? websocket_request("/engine.io/?EIO=4&transport=websocket") : get(polling_handshake));
      REQUIRE(waiting);
      house.w.run(house.engine.close());
      std::exchange(waiting, nullptr)->end();
      const auto refused = client.answer();
      REQUIRE(refused);
      CHECK(refused->status == 503);
      CHECK(house.engine.clients_count() == 0);
      CHECK(house.sessions.empty());
      house.engine.internals()->opening();
    }
  }
}

TEST_CASE("hooks that throw do the server no harm", "[engine][engine]") {
  const captured_log log;
  engine_world house;
  house.engine.on_connection([](engine_session) { throw std::runtime_error("bad welcome"); });
  house.engine.on_connection_error([](const connection_error&) { throw std::runtime_error("bad news"); });
  memory_client client = house.connect();
  CHECK(client.ask(get(polling_handshake)).status == 200);
  CHECK(client.ask(get("/engine.io/?EIO=4")).body == code_body(0, "Transport unknown"));
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  CHECK(log.count(log_level::error, "bad welcome") == 2);
  CHECK(log.count(log_level::error, "bad news") == 1);
}

TEST_CASE("an engine that drains goes with its io_context", "[engine]") {
  const auto token = std::make_shared<int>();
  {
    engine_world house;
    house.engine.on_connection([token](engine_session) {});
    memory_client peer = house.connect();
    const std::string target = house.open_polling(peer);
    peer.ask(post(target, "3"));  // it has asked for something, so it is waited for
    auto drain = [](http::app app, std::shared_ptr<engine::engine_core> engine) -> task<> {
      static_cast<void>(app);  // held over the wait, as applications do
      co_await engine::engine_core::drain(engine, reason(reason::kind::forced_close), 10s);
    };
    boost::asio::co_spawn(house.w.context(), drain(house.app, house.engine.internals()), [](std::exception_ptr) {});
    house.w.settle();
    CHECK(house.engine.clients_count() == 1);
  }
  CHECK(token.use_count() == 1);
}
