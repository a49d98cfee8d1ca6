// Whom a request comes from when proxies stand in between.

#include "http/forwarded.hpp"

#include <cosio/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_data.hpp"
#include "support/catch.hpp"

namespace {

using cosio::http::trusted_proxies;

cosio::http::request from(std::string_view peer, const std::string& fields) {
  auto data = std::make_shared<cosio::http::request_data>();
  const std::string line = "GET /x?a=b";
  data->set_lines(line + "\n" + fields);
  data->method_size = 3;
  data->target_size = 6;
  data->set_remote_address(peer);
  return cosio::http::request(std::move(data));
}

}  // namespace

TEST_CASE("addresses and networks are trusted, in both families", "[http][forwarded]") {
  const trusted_proxies proxies({"10.0.0.0/8", "192.168.1.7", "fd00::/8", "::1", "0.0.0.0/32"});
  for (const char* yes : {"10.0.0.0", "10.255.1.2", "192.168.1.7", "::ffff:10.1.2.3", "fd12::1", "::1", "0.0.0.0"}) {
    CAPTURE(yes);
    CHECK(proxies.trusts(yes));
  }
  for (const char* no : {"11.0.0.0", "192.168.1.8", "fe00::1", "::2", "0.0.0.1", "", "localhost", "10.0.0"}) {
    CAPTURE(no);
    CHECK_FALSE(proxies.trusts(no));
  }
  CHECK(trusted_proxies({"0.0.0.0/0"}).trusts("1.2.3.4"));
  CHECK_FALSE(trusted_proxies({"0.0.0.0/0"}).trusts("::1"));
}

TEST_CASE("what is neither address nor network is refused", "[http][forwarded]") {
  for (const char* bad :
       {"", "localhost", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "/8", "10.0.0.0/8 "}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(trusted_proxies({bad}), cosio::error);
  }
}

TEST_CASE("the client is the right-most address that is not trusted", "[http][forwarded]") {
  const trusted_proxies proxies({"10.0.0.0/8", "::1"});
  struct row {
    const char* why;
    std::string_view peer;
    std::string fields;
    std::string_view client;
  };
  const row rows[] = {
      {"no header", "10.0.0.1", "", "10.0.0.1"},
      {"one hop", "10.0.0.1", "x-forwarded-for:1.2.3.4\n", "1.2.3.4"},
      {"a stranger's word does not count", "9.9.9.9", "x-forwarded-for:1.2.3.4\n", "9.9.9.9"},
      {"what the client itself wrote does not count", "10.0.0.1", "x-forwarded-for:6.6.6.6, 1.2.3.4\n", "1.2.3.4"},
      {"proxies in a row", "10.0.0.1", "x-forwarded-for:6.6.6.6, 1.2.3.4,10.0.0.3 , 10.0.0.2\n", "1.2.3.4"},
      {"all of them trusted", "10.0.0.1", "x-forwarded-for:10.0.0.3, 10.0.0.2\n", "10.0.0.3"},
      {"several headers are one list", "10.0.0.1", "x-forwarded-for:6.6.6.6\nx-forwarded-for:1.2.3.4\n", "1.2.3.4"},
      {"a port", "10.0.0.1", "x-forwarded-for:1.2.3.4:5678\n", "1.2.3.4"},
      {"IPv6, with and without a port", "::1", "x-forwarded-for:[2001:db8::7]:80\n", "2001:db8::7"},
      {"IPv6 bare", "::1", "x-forwarded-for:2001:db8::7\n", "2001:db8::7"},
      {"no address ends the chain", "10.0.0.1", "x-forwarded-for:1.2.3.4, unknown, 10.0.0.2\n", "10.0.0.2"},
      {"an empty header", "10.0.0.1", "x-forwarded-for:\n", "10.0.0.1"},
      {"the other header is not read", "10.0.0.1", "forwarded:for=6.6.6.6\n", "10.0.0.1"},
      {"a broken bracket", "10.0.0.1", "x-forwarded-for:[::1\n", "10.0.0.1"}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    const auto asked = from(r.peer, r.fields);
    CHECK(proxies.client_of(asked) == r.client);
    const auto seen = proxies.seen_through(asked);
    CHECK(seen.remote_address() == r.client);
    CHECK(seen.target() == "/x?a=b");
    CHECK(seen.query("a") == "b");
    CHECK(seen.headers() == asked.headers());
  }
}

TEST_CASE("only the header that the proxies write is read", "[http][forwarded]") {
  const trusted_proxies proxies({"10.0.0.0/8"}, "forwarded");
  struct row {
    const char* why;
    std::string fields;
    std::string_view client;
  };
  const row rows[] = {
      {"a list", "forwarded:for=6.6.6.6, by=x;For=\"1.2.3.4:80\";proto=https\n", "1.2.3.4"},
      {"IPv6", "forwarded:for=\"[2001:db8::7]\"\n", "2001:db8::7"},
      {"an obfuscated name", "forwarded:for=1.2.3.4, for=_hidden\n", "10.0.0.1"},
      {"without for", "forwarded:proto=https\n", "10.0.0.1"},
      {"the client has written the other one", "x-forwarded-for:6.6.6.6\nforwarded:for=9.9.9.9\n", "9.9.9.9"},
      {"and nothing else is there", "x-forwarded-for:6.6.6.6\n", "10.0.0.1"}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    CHECK(proxies.client_of(from("10.0.0.1", r.fields)) == r.client);
  }
  CHECK_THROWS_AS(trusted_proxies({}, "X-Real-IP"), cosio::error);
}

TEST_CASE("the certificate of a proxy is never that of a client", "[http][forwarded]") {
  const trusted_proxies proxies({"10.0.0.0/8"});
  const auto seen_certificate = [&proxies](std::string_view peer, const std::string& fields) {
    const auto data = cosio::http::copy_head(from(peer, fields));
    data->client_certificate("-----BEGIN CERTIFICATE-----");
    const auto seen = proxies.seen_through(cosio::http::request(data));
    CHECK(seen.target() == "/x?a=b");
    return std::string(seen.client_certificate());
  };
  CHECK(seen_certificate("10.0.0.1", "x-forwarded-for:1.2.3.4\n").empty());
  CHECK(seen_certificate("10.0.0.1", "x-forwarded-for:unknown\n").empty());
  CHECK(seen_certificate("10.0.0.1", "x-forwarded-for:10.0.0.1\n").empty());
  CHECK(seen_certificate("10.0.0.1", "").empty());
  CHECK(seen_certificate("9.9.9.9", "x-forwarded-for:10.0.0.1\n") == "-----BEGIN CERTIFICATE-----");
}
