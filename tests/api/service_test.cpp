// The HTTP API as its clients see it: on a server in memory, with time that moves when told.

#include "api/service.hpp"

#include <cosio/cluster.hpp>
#include <cosio/cosio.hpp>
#include <cosio/http_api.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "socketio/timed_server.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::errc;
using cosio::http_api_key;
using cosio::log_level;

namespace {

namespace json = boost::json;

const std::string secret = "0123456789abcdef0123456789abcdef";
const std::string other_secret = "fedcba9876543210fedcba9876543210";

http_api_key everything(std::string name = "backend", std::string with = secret) {
  http_api_key key(std::move(name), std::move(with));
  key.may_read = key.may_join = key.may_disconnect = true;
  return key;
}

std::string hex(const cosio::api::digest& bytes) {
  std::string out;
  for (const unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte / 16];
    out += "0123456789abcdef"[byte % 16];
  }
  return out;
}

struct house : timed_server {
  explicit house(std::vector<http_api_key> keys = {everything()},
                 cosio::http_api_options limits = cosio::http_api_options(), cosio::options opts = {})
      : timed_server(std::move(opts)) {
    io.on_connection([this](cosio::socket who) { sockets.push_back(who); });
    cosio::http_api(io, app, "/api", std::move(keys), limits);
  }

  static std::string bearer(const std::string& with = secret) { return "Authorization: Bearer " + with + "\r\n"; }
  static std::string signature(std::string_view method, std::string_view target, std::string_view body,
                               std::string_view digits = "0", std::int64_t late = 0, std::string_view audience = "") {
    const std::string time =
        std::to_string(cosio::api::api_service::system_seconds() - late) + "." + std::string(digits);
    return "Authorization: HMAC-SHA256 backend:" + time + ":" +
           hex(cosio::api::code_of(secret, method, target, time, body, audience)) + "\r\n";
  }

  http_answer ask(const std::string& request) { return connect().ask(request); }
  http_answer post(std::string_view path, std::string_view body, const std::string& headers = bearer()) {
    return ask(cosio::test::post(path, body, headers));
  }
  http_answer get(std::string_view path, const std::string& headers = bearer()) {
    return ask(cosio::test::get(path, headers));
  }
  void put(std::size_t which, const std::vector<std::string>& rooms) { w.run(sockets[which].join(rooms)); }
  bool is_in(std::size_t which, const std::string& room) const {
    const auto in = sockets[which].rooms();
    return std::find(in.begin(), in.end(), room) != in.end();
  }

  std::vector<cosio::socket> sockets;
};

// Has room for one body and a half of signed requests.
struct small_house : house {
  small_house() : house({everything()}, bounds()) {}
  static cosio::http_api_options bounds() {
    cosio::http_api_options out;
    out.max_body = 1'000;
    out.max_unproven_bytes = 1'500;
    return out;
  }
  // Of a request with this body.
  std::string head(std::string_view digits) const {
    return "POST /api/emit HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n" +
           signature("POST", "/api/emit", body, digits) + "\r\n";
  }
  const std::string body = R"({"event":"e"})" + std::string(987, ' ');
};

// The answer of a store that gives none.
cosio::task<bool> never() {
  const auto here = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(here);
  timer.expires_at(boost::asio::steady_timer::time_point::max());
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return true;
}

// A wire whose broker is there, away, or away for a moment.
class moody_wire final : public cosio::cluster_wire {
 public:
  enum class moods { there, away, in_line };
  explicit moody_wire(std::shared_ptr<moods> now, std::shared_ptr<const cosio::wire_counts> figures = nullptr)
      : now_(std::move(now)), figures_(std::move(figures)) {}
  cosio::task<> listen(std::string, std::string, std::shared_ptr<cosio::cluster_receiver>) override { co_return; }
  cosio::task<> stop(std::string, std::string) override { co_return; }
  cosio::task<cosio::publication> publish(cosio::cluster_message) override {
    if (*now_ == moods::away) co_return cosio::publication::failed("it is away");
    cosio::publication out = cosio::publication::taken();
    out.pending = *now_ == moods::in_line;
    co_return out;
  }
  cosio::wire_counts counts() const override {
    cosio::wire_counts out;
    if (figures_) out = *figures_;
    out.connected = *now_ == moods::there;
    return out;
  }
  bool counts_servers() const noexcept override { return true; }

 private:
  const std::shared_ptr<moods> now_;
  const std::shared_ptr<const cosio::wire_counts> figures_;
};

// Whether an answer is a refusal in the one form, with this code.
bool is_refusal(const http_answer& answer, unsigned status, std::string_view code) {
  boost::system::error_code wrong;
  const auto body = json::parse(answer.body, wrong);
  if (wrong || !body.is_object() || body.get_object().size() != 2) return false;
  const auto* const error = body.get_object().if_contains("error");
  const auto* const message = body.get_object().if_contains("message");
  return answer.status == status && error != nullptr && error->is_string() &&
         std::string_view(error->get_string()) == code && message != nullptr && message->is_string() &&
         !message->get_string().empty() && answer.header("Content-Type") == "application/json";
}

}  // namespace

TEST_CASE("an event goes to whom the request names", "[api][service]") {
  house h;
  auto a = h.join();
  auto b = h.join();
  h.put(0, {"x"});
  h.put(1, {"x", "y"});

  const auto sent = h.post("/api/emit", R"({"rooms":["x"],"except":"y","event":"news","args":["hello",1]})");
  CHECK(sent.status == 200);
  CHECK(sent.body == R"({"queued":1,"dropped":0,"refused":0})");
  CHECK(a.receive() == R"(2["news","hello",1])");
  CHECK(h.post("/api/emit", R"({"event":"all"})").body == R"({"queued":2,"dropped":0,"refused":0})");
  CHECK(a.receive() == R"(2["all"])");
  CHECK(b.receive() == R"(2["all"])");
  CHECK(h.post("/api/emit", R"({"event":"nobody","rooms":[]})").body == R"({"queued":0,"dropped":0,"refused":0})");
  CHECK(b.receive() == "(nothing)");
}

TEST_CASE("binary is base64 in the request, and binary for clients", "[api][service]") {
  house h;
  auto a = h.join();
  const auto sent =
      h.post("/api/emit", R"({"event":"b","args":[{"_placeholder":true,"num":0}],"attachments":["AQID"]})");
  CHECK(sent.status == 200);
  CHECK(a.receive() == R"(51-["b",{"_placeholder":true,"num":0}])");
}

TEST_CASE("acknowledgements of clients are the answer of the request", "[api][service]") {
  house h;
  auto a = h.join();
  auto api = h.connect();
  api.send(cosio::test::post("/api/emit", R"({"event":"q","timeout":1000})", house::bearer()));
  const std::string asked = a.receive();
  REQUIRE(asked.starts_with("2"));
  const std::string id = asked.substr(1, asked.find('[') - 1);
  CHECK_FALSE(api.answer());
  a.send("3" + id + R"(["yes",{"n":1}])");
  const auto answer = api.answer();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == R"({"complete":true,"answers":[{"args":["yes",{"n":1}]}]})");

  api.send(cosio::test::post("/api/emit", R"({"event":"q","timeout":1000})", house::bearer()));
  h.w.advance(1'000ms);
  const auto late = api.answer();
  REQUIRE(late);
  CHECK(late->status == 200);
  CHECK(late->body.find(R"("complete":false,"problem":)") != std::string::npos);
}

TEST_CASE("the acknowledgements of one answer have a bound", "[api][service]") {
  cosio::http_api_options limits;
  limits.max_answer_bytes = 100;
  house h({everything()}, limits);
  std::vector<world_client> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(h.join());
  auto api = h.connect();
  const auto ask = [&](const std::vector<std::string>& said) {
    api.send(cosio::test::post("/api/emit", R"({"event":"q","timeout":1000})", house::bearer()));
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const std::string asked = clients[i].receive();
      clients[i].send("3" + asked.substr(1, asked.find('[') - 1) + R"([")" + said[i] + R"("])");
    }
    return json::parse(api.answer().value_or(http_answer()).body);
  };
  const auto all = ask({"a", "b", "c", std::string(30, 'd')});
  CHECK(all.at("complete") == true);
  CHECK(all.at("answers").as_array().size() == 4);
  const auto some = ask({std::string(60, 'a'), std::string(60, 'b'), "c", std::string(1'000, 'd')});
  CHECK(some.at("complete") == false);
  CHECK(some.at("answers").as_array().size() == 2);
  CHECK(some.at("answers").at(1).at("args").at(0) == "c");
  CHECK(std::string(some.at("problem").as_string()).ends_with("(max_answer_bytes): 2"));
}

TEST_CASE("binary in acknowledgements counts as it is written", "[api][service]") {
  cosio::http_api_options limits;
  limits.max_answer_bytes = 200;
  house h({everything()}, limits);
  auto a = h.join();
  auto api = h.connect();
  const auto ask = [&](std::size_t bytes) {
    api.send(cosio::test::post("/api/emit", R"({"event":"q","timeout":1000})", house::bearer()));
    const std::string asked = a.receive();
    a.send("61-" + asked.substr(1, asked.find('[') - 1) + R"([{"_placeholder":true,"num":0}])");
    a.websocket().send(binary_frame(std::string(bytes, 'b')));
    return json::parse(api.answer().value_or(http_answer()).body);
  };
  CHECK(ask(30).at("complete") == true);
  CHECK(ask(160).at("complete") == false);
}

TEST_CASE("an answer with acknowledgements counts as waiting until it has been sent", "[api][service]") {
  cosio::http_api_options limits;
  limits.max_waiting = 1;
  house h({everything()}, limits);
  std::vector<world_client> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(h.join());
  auto api = h.connect();
  api.send(cosio::test::post("/api/emit", R"({"event":"q","timeout":1000})", house::bearer()));
  for (world_client& one : clients) {
    const std::string asked = one.receive();
    one.send("3" + asked.substr(1, asked.find('[') - 1) + R"([")" + std::string(40'000, 'x') + R"("])");
  }
  h.w.settle();
  CHECK(is_refusal(h.post("/api/emit", R"({"event":"q","timeout":1000})"), 429, "too_many_waiting"));
  CHECK(api.answer().value_or(http_answer()).status == 200);
  api.send(cosio::test::post("/api/emit", R"({"event":"r","timeout":1000})", house::bearer()));
  h.w.advance(1'000ms);
  CHECK(api.answer().value_or(http_answer()).status == 200);
}

TEST_CASE("so many requests of a key may wait for acknowledgements", "[api][service]") {
  cosio::http_api_options limits;
  limits.max_waiting = 1;
  house h({everything()}, limits);
  auto a = h.join();
  auto api = h.connect();
  api.send(cosio::test::post("/api/emit", R"({"event":"q","timeout":1000})", house::bearer()));
  const std::string keyed = house::bearer() + "Idempotency-Key: later\r\n";
  const auto refused = h.post("/api/emit", R"({"event":"q","timeout":1000})", keyed);
  CHECK(is_refusal(refused, 429, "too_many_waiting"));
  CHECK(refused.header("Retry-After") == "1");
  h.w.advance(1'000ms);
  CHECK(api.answer());
  api.send(cosio::test::post("/api/emit", R"({"event":"q","timeout":1000})", keyed));
  h.w.advance(1'000ms);
  const auto again = api.answer();
  REQUIRE(again);
  CHECK(again->status == 200);
}

TEST_CASE("sockets join rooms, leave them, and are disconnected", "[api][service]") {
  house h;
  auto a = h.join();
  auto b = h.join();
  const std::string id = h.sockets[0].id();

  CHECK(h.post("/api/join", R"({"rooms":[")" + id + R"("],"join":["x","y"]})").body == R"({"done":true})");
  CHECK(h.is_in(0, "x"));
  CHECK_FALSE(h.is_in(1, "x"));
  CHECK(h.post("/api/leave", R"({"everybody":true,"leave":"x"})").status == 200);
  CHECK_FALSE(h.is_in(0, "x"));
  CHECK(h.is_in(0, "y"));

  CHECK(is_refusal(h.post("/api/disconnect", "{}"), 400, "bad_request"));
  CHECK(h.post("/api/disconnect", R"({"rooms":"y"})").status == 200);
  CHECK(a.receive() == "1");
  CHECK(h.post("/api/emit", R"({"event":"e"})").body == R"({"queued":1,"dropped":0,"refused":0})");
  CHECK(h.post("/api/disconnect", R"({"everybody":true,"close":true})").status == 200);
  h.w.settle();
  b.receive();
  CHECK(h.io.engine().clients_count() == 1);  // the one of a
}

TEST_CASE("rooms are listed in pages, with their sizes, and without those of ids", "[api][service]") {
  house h;
  auto a = h.join();
  auto b = h.join();
  h.put(0, {"x", "y", "z"});
  h.put(1, {"y"});
  CHECK(h.get("/api/rooms?limit=2").body ==
        R"({"nsp":"/","more":true,"complete":true,"rooms":[{"name":"x","sockets":1},{"name":"y","sockets":2}]})");
  CHECK(h.get("/api/rooms?limit=2&after=y").body ==
        R"({"nsp":"/","more":false,"complete":true,"rooms":[{"name":"z","sockets":1}]})");
  const std::string counts = R"({"nsp":"/","servers":1,"sockets":2,"rooms":3,"complete":true,"clients":2})";
  CHECK(h.get("/api/counts").body == counts);
  CHECK(h.get("/api/counts?local=true").body == counts);
  CHECK(is_refusal(h.get("/api/counts?nsp=nowhere"), 404, "no_such_namespace"));
  CHECK(is_refusal(h.get("/api/counts?room=x"), 400, "bad_request"));
}

TEST_CASE("the description names every endpoint", "[api][service]") {
  house h;
  const auto answer = h.get("/api/openapi.json");
  CHECK(answer.status == 200);
  const auto text = json::parse(answer.body);
  CHECK(text.at("openapi") == "3.1.0");
  CHECK(text.at("servers").at(0).at("url") == "/api");
  const auto& paths = text.at("paths").get_object();
  for (const auto& one : cosio::api::endpoints()) {
    const auto* const path = paths.if_contains(one.path);
    REQUIRE(path);
    CHECK(path->get_object().contains(one.method == "GET" ? "get" : "post"));
  }
  CHECK(paths.size() == cosio::api::endpoints().size());
}

TEST_CASE("what is no endpoint, no method or no event is refused in one form, and logged once", "[api][service]") {
  house h;
  captured_log log;
  CHECK(is_refusal(h.post("/api/nothing", "{}"), 404, "not_found"));
  CHECK(log.count(log_level::info, "the HTTP API refused POST \"/api/nothing\" of the key backend") == 1);
  CHECK(is_refusal(h.get("/api"), 404, "not_found"));
  const auto method = h.get("/api/emit");
  CHECK(is_refusal(method, 405, "method_not_allowed"));
  CHECK(method.header("Allow") == "POST");
  CHECK(is_refusal(h.post("/api/emit", R"({"event":"disconnect"})"), 400, "bad_request"));
  CHECK(log.count(log_level::info, "the HTTP API refused POST \"/api/emit\" of the key backend") == 1);
  CHECK(is_refusal(h.post("/api/emit", R"({"event":"e","nsp":"nowhere"})"), 404, "no_such_namespace"));
  CHECK(h.get("/apis").status == 404);
  CHECK(h.get("/apis").body.empty());  // not of this API
}

TEST_CASE("no answer has a header of CORS", "[api][service]") {
  house h;
  const std::string origin = "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n";
  const auto preflight = h.ask("OPTIONS /api/emit HTTP/1.1\r\nHost: a\r\n" + origin + "\r\n");
  CHECK(is_refusal(preflight, 401, "unauthorized"));
  for (const http_answer& answer : {preflight, h.post("/api/emit", R"({"event":"e"})", house::bearer() + origin)}) {
    for (const auto& [name, value] : answer.headers) CHECK(name.find("Access-Control") == std::string::npos);
    CHECK(answer.header("Cache-Control") == "no-store");
  }
}

TEST_CASE("without the secret of a key nothing is done", "[api][service]") {
  house h;
  auto a = h.join();
  captured_log log;
  for (const std::string& header :
       {std::string(), std::string("Authorization: Bearer\r\n"), std::string("Authorization: Bearer \r\n"),
        "Authorization: Basic " + secret + "\r\n", "Authorization: " + secret + "\r\n",
        "Authorization: Bearer x" + secret + "\r\n", "Authorization: Bearer " + secret.substr(1) + "\r\n",
        "Authorization: Bearer " + secret.substr(0, 31) + "0\r\n", "Authorization: Bearer  " + secret + "\r\n",
        house::bearer() + house::bearer(), std::string("Authorization: Bearer backend\r\n")}) {
    CAPTURE(header);
    const auto refused = h.post("/api/emit", R"({"event":"e"})", header);
    CHECK(is_refusal(refused, 401, "unauthorized"));
    CHECK(refused.header("WWW-Authenticate") == "Bearer, HMAC-SHA256");
  }
  CHECK(log.count(log_level::warn, "the HTTP API refused POST \"/api/emit\" from") == 11);
  for (const auto& line : log.lines()) CHECK(line.message.find(secret.substr(1, 20)) == std::string::npos);
  CHECK(a.receive() == "(nothing)");
  CHECK(h.post("/api/emit", R"({"event":"e"})", "authorization: bearer " + secret + "\r\n").status == 200);
}

TEST_CASE("a key does what its rights allow, in its namespaces", "[api][service]") {
  http_api_key emits("emits", other_secret);
  emits.namespaces = {"news"};
  house h({everything(), emits});
  h.io.of("/news");
  h.io.of("/chat");
  const std::string its = house::bearer(other_secret);
  CHECK(h.post("/api/emit", R"({"event":"e","nsp":"/news"})", its).status == 200);
  CHECK(is_refusal(h.post("/api/emit", R"({"event":"e"})", its), 403, "forbidden"));
  CHECK(is_refusal(h.post("/api/emit", R"({"event":"e","nsp":"chat"})", its), 403, "forbidden"));
  CHECK(is_refusal(h.post("/api/emit", R"({"event":"e","nsp":"nowhere"})", its), 403, "forbidden"));
  for (const char* path : {"/api/join", "/api/leave", "/api/disconnect"})
    CHECK(is_refusal(h.post(path, R"({"everybody":true,"nsp":"/news"})", its), 403, "forbidden"));
  for (const char* path : {"/api/rooms?nsp=news", "/api/counts?nsp=news"})
    CHECK(is_refusal(h.get(path, its), 403, "forbidden"));
  CHECK(h.get("/api/openapi.json", its).status == 200);

  http_api_key reads = everything("reads", other_secret);
  reads.may_emit = false;
  house r({reads});
  CHECK(is_refusal(r.post("/api/emit", R"({"event":"e"})", its), 403, "forbidden"));
  CHECK(r.get("/api/rooms", its).status == 200);
}

TEST_CASE("a signed request is carried out once", "[api][service]") {
  house h;
  auto a = h.join();
  captured_log log;
  const std::string body = R"({"event":"e"})";
  const std::string request = cosio::test::post("/api/emit", body, house::signature("POST", "/api/emit", body, "7"));
  CHECK(h.ask(request).status == 200);
  CHECK(a.receive() == R"(2["e"])");
  CHECK(is_refusal(h.ask(request), 401, "unauthorized"));
  CHECK(log.count(log_level::warn, "this signed request was sent before") == 1);
  CHECK(a.receive() == "(nothing)");
  CHECK(h.post("/api/emit", body, house::signature("POST", "/api/emit", body, "8")).status == 200);
  CHECK(h.get("/api/counts?nsp=/", house::signature("GET", "/api/counts?nsp=/", "")).status == 200);
}

TEST_CASE("a signed request that was changed, or is too old, is refused", "[api][service]") {
  house h;
  auto a = h.join();
  const std::string body = R"({"event":"e"})";
  const auto sent = [&](const std::string& header) { return h.post("/api/emit", body, header); };
  CHECK(is_refusal(sent(house::signature("POST", "/api/emit", R"({"event":"f"})")), 401, "unauthorized"));
  CHECK(is_refusal(sent(house::signature("POST", "/api/join", body)), 401, "unauthorized"));
  CHECK(is_refusal(sent(house::signature("GET", "/api/emit", body)), 401, "unauthorized"));
  CHECK(is_refusal(sent(house::signature("POST", "/api/emit", body, "0", 120)), 401, "unauthorized"));
  CHECK(is_refusal(sent(house::signature("POST", "/api/emit", body, "0", -120)), 401, "unauthorized"));
  std::string unknown = house::signature("POST", "/api/emit", body);
  unknown.replace(unknown.find("backend"), 7, "nobody");
  CHECK(is_refusal(sent(unknown), 401, "unauthorized"));
  CHECK(is_refusal(sent("Authorization: HMAC-SHA256 backend:1:00\r\n"), 401, "unauthorized"));
  CHECK(a.receive() == "(nothing)");
}

TEST_CASE("a signed request that cannot be accepted costs no body", "[api][service]") {
  house h;
  std::string unknown = house::signature("POST", "/api/emit", "");
  unknown.replace(unknown.find("backend"), 7, "nobody");
  const std::string head = "POST /api/emit HTTP/1.1\r\nHost: a\r\nContent-Length: 800000\r\n";
  for (const std::string& header :
       {unknown, house::signature("POST", "/api/emit", "", "0", 120),
        house::signature("POST", "/api/emit", "", "0", -120), "Authorization: Bearer " + other_secret + "\r\n"}) {
    CAPTURE(header);
    auto api = h.connect();
    api.send(head + header + "\r\n");  // and no byte of the body
    const auto answer = api.answer();
    REQUIRE(answer);
    CHECK(is_refusal(*answer, 401, "unauthorized"));
  }
}

TEST_CASE("bodies have a bound together until their signatures fit", "[api][service]") {
  small_house h;
  auto slow = h.connect();
  slow.send(h.head("1") + h.body.substr(0, 800));
  CHECK_FALSE(slow.answer());
  CHECK(h.get("/api/counts", house::signature("GET", "/api/counts", "", "2")).status == 200);  // without a body
  CHECK(h.post("/api/emit", h.body).status == 200);                                            // with the secret
  CHECK(h.ask(h.head("3") + h.body).status == 200);                                            // in one piece
  CHECK_FALSE(slow.answer());
  auto slower = h.connect();
  slower.send("POST /api/emit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" +
              house::signature("POST", "/api/emit", h.body, "4") + "\r\n2bc\r\n" + h.body.substr(0, 700) + "\r\n");
  CHECK_FALSE(slow.answer());
  CHECK_FALSE(slower.answer());
  slower.send("1\r\n \r\n");
  const auto refused = slow.answer();  // the one whose first byte came first makes room
  REQUIRE(refused);
  CHECK(is_refusal(*refused, 503, "unavailable"));
  CHECK(refused->header("Retry-After") == "1");
  slower.send("12b\r\n" + h.body.substr(0, 299) + "\r\n0\r\n\r\n");
  const auto whole = slower.answer();
  REQUIRE(whole);
  CHECK(is_refusal(*whole, 401, "unauthorized"));  // another body was signed
}

TEST_CASE("heads that announce a body take no room from those whose body comes later", "[api][service]") {
  small_house h;
  auto honest = h.connect();
  honest.send(h.head("1"));
  std::vector<memory_client> others;
  for (int i = 0; i < 40; ++i) {
    others.push_back(h.connect());
    others.back().send(h.head("2"));
  }
  // Those who hold bytes give way to each other, and not those who have none yet.
  std::vector<memory_client> holders;
  for (int i = 0; i < 4; ++i) {
    holders.push_back(h.connect());
    holders.back().send(h.head("3") + h.body.substr(0, 999));
  }
  h.w.advance(1'000ms);
  CHECK_FALSE(honest.answer());
  honest.send(h.body);
  const auto answer = honest.answer();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  for (memory_client& other : others) CHECK_FALSE(other.answer());
  for (int i = 0; i < 3; ++i) CHECK(holders[static_cast<std::size_t>(i)].answer());
  CHECK_FALSE(holders[3].answer());
}

TEST_CASE("one body always has room", "[api][service]") {
  cosio::http_api_options limits;
  limits.max_unproven_bytes = 1;
  house h({everything()}, limits);
  const std::string body = R"({"event":"e"})";
  CHECK(h.post("/api/emit", body, house::signature("POST", "/api/emit", body)).status == 200);
}

TEST_CASE("what was signed for other servers is refused", "[api][service]") {
  cosio::http_api_options limits;
  limits.audience = "orders-eu";
  house h({everything()}, limits);
  const std::string body = R"({"event":"e"})";
  const auto sent = [&](const std::string& header) { return h.post("/api/emit", body, header); };
  CHECK(is_refusal(sent(house::signature("POST", "/api/emit", body, "1")), 401, "unauthorized"));
  CHECK(is_refusal(sent(house::signature("POST", "/api/emit", body, "2", 0, "orders-us")), 401, "unauthorized"));
  CHECK(sent(house::signature("POST", "/api/emit", body, "3", 0, "orders-eu")).status == 200);
}

TEST_CASE("processes that share a store accept a signed request once together", "[api][service]") {
  std::vector<std::string> store;
  bool is_away = false;
  std::chrono::milliseconds kept{0};
  cosio::http_api_options limits;
  limits.first_use = [&](std::string code, std::chrono::milliseconds keep) -> cosio::task<bool> {
    if (is_away) throw std::runtime_error("the store is away");
    kept = keep;
    const bool is_first = std::find(store.begin(), store.end(), code) == store.end();
    if (is_first) store.push_back(std::move(code));
    co_return is_first;
  };
  house one({everything()}, limits);
  house two({everything()}, limits);
  const std::string body = R"({"event":"e"})";
  const auto signed_with = [&](std::string_view digits) {
    return cosio::test::post("/api/emit", body, house::signature("POST", "/api/emit", body, digits));
  };
  const std::string request = signed_with("1");
  CHECK(one.ask(request).status == 200);
  CHECK(is_refusal(two.ask(request), 401, "unauthorized"));
  CHECK(kept == 181'000ms);
  const std::string other = signed_with("2");
  CHECK(two.ask(other).status == 200);
  CHECK(is_refusal(one.ask(other), 401, "unauthorized"));
  is_away = true;
  const captured_log log;
  CHECK(is_refusal(one.ask(signed_with("3")), 503, "unavailable"));
  CHECK(log.count(log_level::error, "the store is away") == 1);
  CHECK(is_refusal(one.ask(signed_with("4")), 503, "unavailable"));
  // The store is not asked about requests that no key has signed.
  is_away = false;
  const std::size_t before = store.size();
  CHECK(one.post("/api/emit", body, house::signature("POST", "/api/join", body)).status == 401);
  CHECK(one.post("/api/emit", body).status == 200);
  CHECK(store.size() == before);
}

TEST_CASE("a store that does not answer has its time", "[api][service]") {
  cosio::http_api_options limits;
  limits.first_use = [](std::string, std::chrono::milliseconds) { return never(); };
  limits.first_use_timeout = 3'000ms;
  house h({everything()}, limits);
  const captured_log log;
  const std::string body = R"({"event":"e"})";
  auto api = h.connect();
  api.send(cosio::test::post("/api/emit", body, house::signature("POST", "/api/emit", body)));
  h.w.advance(2'999ms);
  CHECK_FALSE(api.answer());
  h.w.advance(1ms);
  const auto refused = api.answer();
  REQUIRE(refused);
  CHECK(is_refusal(*refused, 503, "unavailable"));
  CHECK(refused->header("Retry-After") == "1");
  CHECK(log.count(log_level::error, "first_use_timeout is over") == 1);
}

TEST_CASE("so many questions to a store may be under way", "[api][service]") {
  std::size_t asked = 0;
  cosio::http_api_options limits;
  limits.rate = cosio::rate_limit(10'000, 10'000);
  limits.first_use = [&](std::string, std::chrono::milliseconds) {
    ++asked;
    return never();
  };
  house h({everything()}, limits);
  const captured_log log;
  const std::string body = R"({"event":"e"})";
  auto api = h.connect();
  for (int i = 0; i < 1'000; ++i) {
    api.send(cosio::test::post("/api/emit", body, house::signature("POST", "/api/emit", body, std::to_string(i))));
    h.w.advance(5'000ms);
    CHECK(api.answer().value_or(http_answer()).status == 503);
  }
  CHECK(asked == 1'000);
  CHECK(is_refusal(h.post("/api/emit", body, house::signature("POST", "/api/emit", body, "1000")), 503, "unavailable"));
  CHECK(asked == 1'000);
}

TEST_CASE("an answer says when the other servers could not be told", "[api][service]") {
  using moods = moody_wire::moods;
  const auto mood = std::make_shared<moods>(moods::there);
  cosio::options opts;
  opts.adapter = cosio::cluster_adapter([mood](cosio::adapter_host&) { return std::make_shared<moody_wire>(mood); });
  house h({everything()}, {}, opts);
  auto a = h.join();
  const std::string keyed = house::bearer() + "Idempotency-Key: k\r\n";
  CHECK(h.post("/api/emit", R"({"event":"e"})").body == R"({"queued":1,"dropped":0,"refused":0,"published":true})");
  CHECK(a.receive() == R"(2["e"])");

  *mood = moods::away;
  const auto lost = h.post("/api/emit", R"({"event":"f"})", keyed);
  CHECK(lost.status == 503);
  CHECK(lost.header("Retry-After") == "1");
  const auto told = json::parse(lost.body);
  CHECK(told.at("published") == false);
  CHECK(told.at("error") == "not_published");
  CHECK(told.at("queued") == 1);
  CHECK(a.receive() == R"(2["f"])");
  CHECK(h.post("/api/emit", R"({"event":"g","local":true})").body == R"({"queued":1,"dropped":0,"refused":0})");
  CHECK(a.receive() == R"(2["g"])");
  const auto moved = h.post("/api/join", R"({"everybody":true,"join":"x"})");
  CHECK(moved.status == 503);
  CHECK(json::parse(moved.body).at("done") == true);
  CHECK(h.is_in(0, "x"));

  *mood = moods::in_line;
  const auto waits = h.post("/api/emit", R"({"event":"h"})");
  CHECK(waits.status == 202);
  CHECK(waits.body == R"({"queued":1,"dropped":0,"refused":0,"published":false})");
  CHECK(a.receive() == R"(2["h"])");

  *mood = moods::there;
  const auto again = h.post("/api/emit", R"({"event":"f"})", keyed);  // the refusal was not kept
  CHECK(again.status == 200);
  CHECK_FALSE(again.has("Idempotent-Replayed"));
  CHECK(h.post("/api/join", R"({"everybody":true,"join":"y"})").body == R"({"done":true,"published":true})");
}

TEST_CASE("nothing is published before the broker has replied", "[api][service]") {
  using moods = moody_wire::moods;
  const auto mood = std::make_shared<moods>(moods::there);
  const auto figures = std::make_shared<cosio::wire_counts>();
  cosio::options opts;
  opts.adapter =
      cosio::cluster_adapter([=](cosio::adapter_host&) { return std::make_shared<moody_wire>(mood, figures); });
  house h({everything()}, {}, opts);
  auto api = h.connect();
  const auto sent = [&](std::string_view path = "/api/emit", std::string_view body = R"({"event":"e"})") {
    figures->pending_bytes = 1'000;
    api.send(cosio::test::post(path, body, house::bearer()));
    CHECK_FALSE(api.answer());
  };
  const auto answer = [&](std::chrono::milliseconds later) {
    h.w.advance(later);
    return api.answer().value_or(http_answer());
  };

  sent();
  CHECK(answer(10ms).status == 0);
  figures->pending_bytes = 0;
  CHECK(answer(10ms).body == R"({"queued":0,"dropped":0,"refused":0,"published":true})");

  sent();
  const auto waits = answer(250ms);
  CHECK(waits.status == 202);
  CHECK(waits.body == R"({"queued":0,"dropped":0,"refused":0,"published":false})");

  sent();  // the connection breaks
  figures->pending_bytes = 0;
  figures->lost = 1;
  const auto lost = answer(10ms);
  CHECK(lost.status == 503);
  CHECK(json::parse(lost.body).at("error") == "not_published");

  sent();  // others go on to be sent, and never is the line empty
  figures->published = 31;
  CHECK(answer(10ms).status == 0);
  figures->published = 32;
  CHECK(answer(10ms).status == 200);

  sent("/api/join", R"({"everybody":true,"join":"x"})");
  const auto moved = answer(250ms);
  CHECK(moved.status == 202);
  CHECK(moved.body == R"({"done":true,"published":false})");
}

TEST_CASE("a key may be for signed requests only", "[api][service]") {
  http_api_key key = everything();
  key.signed_only = true;
  house h({key});
  CHECK(is_refusal(h.get("/api/counts"), 401, "unauthorized"));
  CHECK(h.get("/api/counts", house::signature("GET", "/api/counts", "")).status == 200);
}

TEST_CASE("a request with the same Idempotency-Key has the same answer, and does nothing", "[api][service]") {
  house h;
  auto a = h.join();
  const std::string header = house::bearer() + "Idempotency-Key: order 66\r\n";
  const auto first = h.post("/api/emit", R"({"event":"e"})", header);
  CHECK(first.status == 200);
  CHECK_FALSE(first.has("Idempotent-Replayed"));
  CHECK(a.receive() == R"(2["e"])");
  const auto again = h.post("/api/emit", R"({"event":"e"})", header);
  CHECK(again.status == 200);
  CHECK(again.body == first.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(a.receive() == "(nothing)");

  CHECK(is_refusal(h.post("/api/emit", R"({"event":"f"})", header), 422, "idempotency_key_reused"));
  CHECK(is_refusal(h.post("/api/disconnect", R"({"event":"e"})", header), 400, "bad_request"));
  h.w.advance(600'000ms);
  auto b = h.join();
  CHECK(h.post("/api/emit", R"({"event":"f"})", header).status == 200);
  CHECK(b.receive() == R"(2["f"])");
}

TEST_CASE("while the first request with an Idempotency-Key waits, a second one is refused", "[api][service]") {
  house h;
  auto a = h.join();
  const std::string header = house::bearer() + "Idempotency-Key: k\r\n";
  auto api = h.connect();
  api.send(cosio::test::post("/api/emit", R"({"event":"q","timeout":1000})", header));
  const auto second = h.post("/api/emit", R"({"event":"q","timeout":1000})", header);
  CHECK(is_refusal(second, 409, "idempotency_key_in_use"));
  CHECK(second.header("Retry-After") == "1");
  h.w.advance(1'000ms);
  const auto first = api.answer();
  REQUIRE(first);
  const auto third = h.post("/api/emit", R"({"event":"q","timeout":1000})", header);
  CHECK(third.body == first->body);
  CHECK(third.header("Idempotent-Replayed") == "true");
}

TEST_CASE("an Idempotency-Key is of one key, and has its bounds", "[api][service]") {
  cosio::http_api_options limits;
  limits.max_idempotency_keys = 10;
  limits.rate = cosio::rate_limit(100'000, 100'000);
  house h({everything(), everything("other", other_secret)}, limits);
  const auto with = [](const std::string& key, const std::string& of = secret) {
    return house::bearer(of) + "Idempotency-Key: " + key + "\r\n";
  };
  const std::string body = R"({"event":"e"})";
  CHECK(h.post("/api/emit", body, with("k")).status == 200);
  CHECK_FALSE(h.post("/api/emit", body, with("k", other_secret)).has("Idempotent-Replayed"));

  auto api = h.connect();
  for (int i = 0; i < 10'000; ++i) {
    const auto answer = api.ask(cosio::test::post("/api/emit", body, with(std::to_string(i))));
    REQUIRE(answer.status == 200);
  }
  CHECK(h.post("/api/emit", body, with("9990")).has("Idempotent-Replayed"));
  CHECK_FALSE(h.post("/api/emit", body, with("9989")).has("Idempotent-Replayed"));
  CHECK(h.post("/api/emit", body, with("k", other_secret)).has("Idempotent-Replayed"));
  CHECK(is_refusal(h.post("/api/emit", body, with(std::string(256, 'k'))), 400, "bad_request"));
  CHECK(is_refusal(h.post("/api/emit", body, with("")), 400, "bad_request"));
}

TEST_CASE("a key has its rate, and others have theirs", "[api][service]") {
  http_api_key slow = everything("slow", other_secret);
  slow.rate = cosio::rate_limit(0.5, 2);
  house h({everything(), slow});
  const std::string its = house::bearer(other_secret);
  CHECK(h.get("/api/counts", its).status == 200);
  CHECK(h.get("/api/nothing", its).status == 404);
  const auto refused = h.get("/api/counts", its);
  CHECK(is_refusal(refused, 429, "rate_limited"));
  CHECK(refused.header("Retry-After") == "2");
  CHECK(h.get("/api/counts").status == 200);
  h.w.advance(2'000ms);
  CHECK(h.get("/api/counts", its).status == 200);
  CHECK(is_refusal(h.get("/api/counts", its), 429, "rate_limited"));
}

TEST_CASE("a body that is too large is refused before it is read, and not read without a key", "[api][service]") {
  cosio::http_api_options limits;
  limits.max_body = 1'000;
  house h({everything()}, limits);
  CHECK(is_refusal(h.post("/api/emit", std::string(1'001, ' ')), 413, "body_too_large"));
  CHECK(h.post("/api/emit", R"({"event":"e"})" + std::string(987, ' ')).status == 200);
  const std::string head = "POST /api/emit HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n";
  CHECK(is_refusal(h.ask(head + house::bearer() + "\r\n"), 413, "body_too_large"));
  CHECK(is_refusal(h.ask(head + "Authorization: Bearer nothing\r\n\r\n"), 401, "unauthorized"));
  CHECK(is_refusal(h.ask("POST /api/emit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + house::bearer() +
                         "\r\n3e9\r\n" + std::string(1'001, ' ') + "\r\n0\r\n\r\n"),
                   413, "body_too_large"));
}

TEST_CASE("an API without its server, or with one that closes, says so", "[api][service]") {
  house h;
  h.w.run(h.io.close());
  CHECK(is_refusal(h.get("/api/counts"), 503, "unavailable"));
}

TEST_CASE("keys and limits that cannot be meant are refused at once", "[api][service]") {
  timed_server s;
  const auto with = [&](std::vector<http_api_key> keys, std::string_view path = "/api",
                        const cosio::http_api_options& limits = cosio::http_api_options()) {
    return error_of([&] { cosio::http_api(s.io, s.app, path, std::move(keys), limits); });
  };
  CHECK(with({}) == errc::bad_argument);
  CHECK(with({http_api_key("", secret)}) == errc::bad_argument);
  CHECK(with({http_api_key("a:b", secret)}) == errc::bad_argument);
  CHECK(with({http_api_key("a", "short")}) == errc::bad_argument);
  CHECK(with({http_api_key("a", secret + " ")}) == errc::bad_argument);
  CHECK(with({http_api_key("a", secret), http_api_key("a", other_secret)}) == errc::bad_argument);
  CHECK(with({http_api_key("a", secret), http_api_key("b", secret)}) == errc::bad_argument);
  CHECK(with({everything()}, "api") == errc::bad_argument);
  CHECK(with({everything()}, "/") == errc::bad_argument);
  CHECK(with({everything()}, "/socket.io/api") == errc::bad_argument);
  cosio::http_api_options limits;
  limits.max_body = 0;
  CHECK(with({everything()}, "/api", limits) == errc::bad_argument);
  limits = cosio::http_api_options();
  limits.audience = "two words";
  CHECK(with({everything()}, "/api", limits) == errc::bad_argument);
  http_api_key key = everything();
  key.rate = cosio::rate_limit();
  CHECK(with({key}) == errc::bad_argument);
  CHECK_FALSE(with({everything()}, "/api/"));
  CHECK(with({everything()}) == errc::bad_argument);
}
