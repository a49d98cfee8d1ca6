// The pages that may talk to a server, and the headers that tell browsers.

#include <cosio/error.hpp>
#include <cosio/middleware.hpp>
#include <cosio/origins.hpp>

#include "http/request_data.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

http::request ask(std::string_view origin, std::string_view host = "localhost:3000", std::string_view more = "") {
  auto data = std::make_shared<http::request_data>();
  std::string lines = "GET /\nhost:" + std::string(host) + "\n" + std::string(more);
  if (!origin.empty()) lines += "origin:" + std::string(origin) + "\n";
  data->set_lines(lines);
  data->method_size = 3;
  data->target_size = 1;
  return http::request(std::move(data));
}

origin_verdict verdict(const origin_policy& policy, const http::request& asked) {
  world w;
  return w.run(policy.check(asked));
}

bool allows(const origin_policy& policy, std::string_view origin, std::string_view host = "localhost:3000") {
  return verdict(policy, ask(origin, host)).allowed();
}

// The CORS headers of an ordinary answer, as "name: value" lines.
std::string cors(const origin_policy& policy, const http::request& asked) {
  http::response answer;
  policy.apply(answer, asked, verdict(policy, asked));
  std::string lines;
  for (const auto& [name, value] : answer.headers()) lines.append(name).append(": ").append(value).append("\n");
  return lines;
}

}  // namespace

TEST_CASE("by default a server talks to its own pages, and to what is no page", "[http][origins]") {
  const origin_policy policy;
  struct row {
    const char* origin;
    const char* host;
    bool allowed;
  };
  const row rows[] = {{"", "localhost:3000", true},
                      {"http://localhost:3000", "localhost:3000", true},
                      {"HTTP://LocalHost:3000", "localhost:3000", true},
                      {"http://localhost:3000", "LOCALHOST:3000", true},
                      {"http://example.com", "example.com", true},
                      {"http://example.com", "example.com:80", true},
                      {"http://example.com:80", "example.com", true},
                      {"https://example.com", "example.com", true},
                      {"https://example.com", "example.com:443", true},
                      {"http://[::1]:3000", "[::1]:3000", true},
                      {"http://[::1]", "[::1]", true},
                      {"http://localhost:3001", "localhost:3000", false},
                      {"http://localhost", "localhost:3000", false},
                      {"http://evil.example", "localhost:3000", false},
                      {"http://localhost:3000.evil.example", "localhost:3000", false},
                      {"http://localhost:3000@evil.example", "localhost:3000", false},
                      {"http://evil.example/localhost:3000", "localhost:3000", false},
                      {"http://localhost:3000, http://evil.example", "localhost:3000", false},
                      {"https://example.com", "example.com:80", false},
                      {"null", "localhost:3000", false},
                      {"localhost:3000", "localhost:3000", false},
                      {"http://", "", false},
                      {"://localhost:3000", "localhost:3000", false},
                      {"http://localhost:3000", "", false},
                      {"file://", "localhost:3000", false}};
  for (const row& r : rows) {
    CAPTURE(r.origin, r.host);
    CHECK(allows(policy, r.origin, r.host) == r.allowed);
    CHECK(cors(policy, ask(r.origin, r.host)).empty());
  }
  CHECK_FALSE(policy.is_cross_origin());
}

TEST_CASE("everybody is one word away, and gets no credentials", "[http][origins]") {
  origin_policy policy = "*";
  CHECK(allows(policy, "http://anywhere.example"));
  CHECK(allows(policy, "null"));
  CHECK(cors(policy, ask("http://anywhere.example")) == "Access-Control-Allow-Origin: *\n");
  CHECK(cors(policy, ask("")) == "Access-Control-Allow-Origin: *\n");
  CHECK_THROWS_AS(policy.credentials(), error);
  CHECK_THROWS_AS((origin_policy{"http://a.example", "*"}.credentials()), error);
  CHECK_NOTHROW(policy.credentials(false));
}

TEST_CASE("one origin is named in every answer", "[http][origins]") {
  const origin_policy policy = "https://app.example";
  const std::string named = "Access-Control-Allow-Origin: https://app.example\nVary: Origin\n";
  CHECK(allows(policy, "https://app.example"));
  CHECK(allows(policy, "https://APP.example:443"));
  CHECK(allows(policy, "http://localhost:3000"));  // the server's own
  CHECK(allows(policy, ""));
  CHECK_FALSE(allows(policy, "http://app.example"));
  CHECK_FALSE(allows(policy, "https://app.example:8443"));
  CHECK_FALSE(allows(policy, "https://app.example.evil.example"));
  CHECK(cors(policy, ask("https://app.example")) == named);
  CHECK(cors(policy, ask("")) == named);
  CHECK(cors(policy, ask("http://evil.example")) == named);
}

TEST_CASE("of several origins the one that asks is named, and nobody else", "[http][origins]") {
  origin_policy policy = {"https://a.example", "http://localhost:*", "null"};
  policy.credentials();
  CHECK(allows(policy, "https://a.example"));
  CHECK(allows(policy, "http://localhost:5173"));
  CHECK(allows(policy, "http://localhost"));
  CHECK(allows(policy, "null"));
  CHECK_FALSE(allows(policy, "https://localhost:5173"));
  CHECK_FALSE(allows(policy, "http://localhost.evil.example:80"));
  CHECK_FALSE(allows(policy, "https://b.example"));
  CHECK(cors(policy, ask("http://localhost:5173")) ==
        "Access-Control-Allow-Origin: http://localhost:5173\nVary: Origin\nAccess-Control-Allow-Credentials: true\n");
  CHECK(cors(policy, ask("https://b.example")) == "Vary: Origin\nAccess-Control-Allow-Credentials: true\n");
  CHECK(cors(policy, ask("")) == "Vary: Origin\nAccess-Control-Allow-Credentials: true\n");
  const std::vector<std::string> list = {"https://a.example", "https://b.example"};
  CHECK(allows(origin_policy(list), "https://b.example"));
}

TEST_CASE("with TLS of its own a server takes no page without TLS for its own", "[http][origins]") {
  const auto over_tls = [](std::string_view origin) {
    auto data = std::make_shared<http::request_data>();
    data->set_lines("GET /\nhost:example.com\norigin:" + std::string(origin) + "\n");
    data->method_size = 3;
    data->target_size = 1;
    data->secure = true;
    return http::request(std::move(data));
  };
  CHECK(verdict({}, over_tls("https://example.com")).allowed());
  CHECK_FALSE(verdict({}, over_tls("http://example.com")).allowed());
  CHECK_FALSE(verdict({}, over_tls("http://example.com:443")).allowed());
  CHECK(verdict("http://example.com", over_tls("http://example.com")).allowed());  // when it is listed
}

TEST_CASE("file:// can be listed, as boards and embedded browsers send it", "[http][origins]") {
  const origin_policy policy = {"https://a.example", "file://"};
  CHECK(allows(policy, "file://"));
  CHECK_FALSE(allows(policy, "file:///etc"));
  CHECK_FALSE(allows(policy, "null"));
  CHECK(cors(policy, ask("file://")) == "Access-Control-Allow-Origin: file://\nVary: Origin\n");
}

TEST_CASE("a star that would match nothing is refused, with what to write instead", "[http][origins]") {
  for (const char* text : {"https://*.example.com", "*://localhost", "https://*:3000", "http://localhost:30*", "**",
                           "http://a*:*", "*:*"}) {
    CAPTURE(text);
    try {
      const origin_policy refused(text);
      FAIL("it was taken");
    } catch (const error& e) {
      CHECK(e.code() == errc::bad_argument);
      CHECK(e.detail().find("would match nothing") != std::string::npos);
      CHECK(e.detail().find("predicate") != std::string::npos);
    }
  }
}

TEST_CASE("what is no origin is refused when the policy is made", "[http][origins]") {
  for (const char* text :
       {"", "a.example", "https://", "https://a.example/", "https://a.example/path", "https://a.example?x",
        "//a.example", "https://*.example.com/", "https://u@a.example", "https://a.example, https://b.example", ":*"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(origin_policy(text), error);
  }
}

TEST_CASE("a predicate decides alone, and about every request", "[http][origins]") {
  std::vector<std::string> asked;
  const origin_policy policy = [&](std::string origin, http::request) -> task<bool> {
    asked.push_back(origin);
    if (origin == "http://throws.example") throw refusal("not you");
    if (origin == "http://fails.example") throw std::runtime_error("10.0.0.7 is down");
    co_return origin == "http://a.example" || origin == "*";
  };
  CHECK(allows(policy, "http://a.example"));
  CHECK(allows(policy, ""));
  CHECK_FALSE(allows(policy, "http://localhost:3000"));
  const origin_verdict thrown = verdict(policy, ask("http://throws.example"));
  CHECK_FALSE(thrown.allowed());
  CHECK(thrown.message() == "not you");
  const origin_verdict failed = verdict(policy, ask("http://fails.example"));
  CHECK_FALSE(failed.allowed());
  CHECK(failed.message() == "internal error");
  CHECK(failed.explanation().ends_with(", which threw: 10.0.0.7 is down"));
  CHECK(failed.what() == origin_verdict::decision::refused_by_predicate);
  asked.pop_back();
  CHECK(asked == std::vector<std::string>{"http://a.example", "*", "http://localhost:3000", "http://throws.example"});
  CHECK(cors(policy, ask("http://a.example")) == "Access-Control-Allow-Origin: http://a.example\nVary: Origin\n");
  CHECK(cors(policy, ask("http://b.example")) == "Vary: Origin\n");
}

TEST_CASE("an origin with control characters is invalid for every policy", "[http][origins]") {
  const origin_policy everybody = "*";
  for (const char* origin : {"http://a\x01", "\x7F", "http://a\x1F"}) {
    CHECK(verdict(everybody, ask(origin)).what() == origin_verdict::decision::invalid);
    CHECK_FALSE(verdict(everybody, ask(origin)).allowed());
    CHECK(verdict(origin_policy(), ask(origin)).what() == origin_verdict::decision::invalid);
  }
  CHECK(verdict(origin_policy(), ask("http://b")).what() == origin_verdict::decision::not_listed);
}

TEST_CASE("a verdict says which rule decided and what to change", "[http][origins]") {
  CHECK(verdict({}, ask("")).explanation().find("no Origin") != std::string::npos);
  CHECK(verdict({}, ask("http://localhost:3000")).explanation().find("own origin") != std::string::npos);
  const std::string refused = verdict({}, ask("http://evil.example")).explanation();
  CHECK(refused.find("\"http://evil.example\"") != std::string::npos);
  CHECK(refused.find("options.origins") != std::string::npos);
  for (const std::size_t bytes : {200U, 201U}) {
    const std::string origin = "http://" + std::string(bytes - 7, 'a');
    const std::string told = verdict({}, ask(origin)).explanation();
    CHECK((told.find(origin) != std::string::npos) == (bytes == 200));
    CHECK((told.find("unreadable") != std::string::npos) == (bytes == 201));
  }
  CHECK(verdict("https://a.example", ask("https://A.example")).explanation().find("\"https://a.example\"") !=
        std::string::npos);
  CHECK(verdict({}, ask("http://" + std::string(10'000, 'x'))).explanation().size() < 300);
}

TEST_CASE("a preflight is answered for everybody, with what is allowed", "[http][origins]") {
  origin_policy policy = {"https://a.example", "https://b.example"};
  policy.max_age(std::chrono::minutes(10));
  const auto allowed = ask("https://a.example", "h", "access-control-request-headers:x-one, x-two\n");
  const http::response yes = policy.preflight(allowed, verdict(policy, allowed));
  CHECK(yes.status() == 204);
  CHECK(yes.get("content-length") == "0");
  CHECK(yes.get("access-control-allow-origin") == "https://a.example");
  CHECK(yes.get("access-control-allow-methods") == "GET,HEAD,PUT,PATCH,POST,DELETE");
  CHECK(yes.get("access-control-allow-headers") == "x-one, x-two");
  CHECK(yes.get("vary") == "Origin, Access-Control-Request-Headers");
  CHECK(yes.get("access-control-max-age") == "600");
  const auto foreign = ask("https://c.example");
  const http::response no = policy.preflight(foreign, verdict(policy, foreign));
  CHECK(no.status() == 204);
  CHECK(no.get("access-control-allow-origin").empty());
  CHECK(no.get("vary").substr(0, 6) == "Origin");
}

TEST_CASE("the answer to a preflight has the methods, headers and status that were set", "[http][origins]") {
  origin_policy policy = "https://a.example";
  policy.methods({"GET", "POST"}).allowed_headers({"X-Token", "Content-Type"}).exposed_headers({"X-Node"});
  policy.success_status(200);
  const auto asked = ask("https://a.example", "h", "access-control-request-headers:x-other\n");
  const http::response yes = policy.preflight(asked, verdict(policy, asked));
  CHECK(yes.status() == 200);
  CHECK(yes.get("access-control-allow-methods") == "GET,POST");
  CHECK(yes.get("access-control-allow-headers") == "X-Token,Content-Type");
  CHECK(yes.get("access-control-expose-headers") == "X-Node");
  CHECK(yes.get("vary") == "Origin");  // the answer does not depend on what is asked for
  CHECK(yes.get("content-length") == "0");
  policy.allowed_headers({}).methods({});
  const http::response none = policy.preflight(asked, verdict(policy, asked));
  CHECK(none.get("access-control-allow-headers").empty());
  CHECK(none.get("access-control-allow-methods").empty());
}

TEST_CASE("pages may read the headers that are exposed, in every answer", "[http][origins]") {
  origin_policy policy = "https://a.example";
  policy.exposed_headers({"X-Node", "X-Served-By"});
  CHECK(cors(policy, ask("https://a.example")).find("Access-Control-Expose-Headers: X-Node,X-Served-By\n") !=
        std::string::npos);
  CHECK(cors(origin_policy().exposed_headers({"X-Node"}), ask("https://a.example")).empty());
}

TEST_CASE("a preflight that goes on is not answered by the policy, but its answer has the headers", "[http][origins]") {
  http::request_builder options("OPTIONS", "/");
  options.header("Origin", "https://a.example").header("Access-Control-Request-Headers", "x-one");
  const http::request asked = options.build();
  origin_policy policy = "https://a.example";
  CHECK(policy.answers_preflight(asked));
  CHECK_FALSE(origin_policy().answers_preflight(asked));
  CHECK_FALSE(policy.answers_preflight(ask("https://a.example")));
  policy.preflight_continue();
  CHECK_FALSE(policy.answers_preflight(asked));
  const std::string lines = cors(policy, asked);
  CHECK(lines.find("Access-Control-Allow-Methods: GET,HEAD,PUT,PATCH,POST,DELETE\n") != std::string::npos);
  CHECK(lines.find("Access-Control-Allow-Headers: x-one\n") != std::string::npos);
  CHECK(cors(policy, ask("https://a.example")).find("Methods") == std::string::npos);
}

TEST_CASE("names that would break the head of an answer are refused when they are set", "[http][origins]") {
  origin_policy policy = "https://a.example";
  const auto code = [](auto set) {
    try {
      set();
    } catch (const error& e) {
      return e.code();
    }
    return boost::system::error_code();
  };
  for (const std::string bad : {"", "X-A\r\nSet-Cookie: a=b", "X A", "X-A,X-B", "X-\xC3\xA4"}) {
    CAPTURE(bad);
    CHECK(code([&] { policy.methods({bad}); }) == errc::bad_argument);
    CHECK(code([&] { policy.allowed_headers({"X-Good", bad}); }) == errc::bad_argument);
    CHECK(code([&] { policy.exposed_headers({bad}); }) == errc::bad_argument);
  }
  for (const unsigned status : {0U, 199U, 300U, 404U})
    CHECK(code([&] { policy.success_status(status); }) == errc::bad_argument);
  CHECK(code([&] { policy.success_status(200).success_status(299); }) == boost::system::error_code());
}

TEST_CASE("a Vary header that is there already is kept", "[http][origins]") {
  const origin_policy policy = "https://a.example";
  const auto asked = ask("https://a.example");
  http::response answer;
  answer.set("Vary", "Accept-Encoding");
  policy.apply(answer, asked, verdict(policy, asked));
  policy.apply(answer, asked, verdict(policy, asked));
  CHECK(answer.get("vary") == "Accept-Encoding, Origin");
}

TEST_CASE("a copy of a policy is its own", "[http][origins]") {
  const origin_policy plain = "https://a.example";
  origin_policy with_credentials = plain;
  with_credentials.credentials();
  CHECK(cors(plain, ask("https://a.example")).find("Credentials") == std::string::npos);
  CHECK(cors(with_credentials, ask("https://a.example")).find("Credentials") != std::string::npos);
}
