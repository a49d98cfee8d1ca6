// The choice of a proxy.

#include "client/proxy.hpp"

#include <cosio/error.hpp>

#include <map>
#include <string>

#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::clients;

namespace {

environment of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

}  // namespace

TEST_CASE("the URL of a proxy has its kind, place and credentials", "[client][proxy]") {
  const proxy_address plain("http://us%40er:p%3Aw@Proxy.local");
  CHECK(plain.kind == proxy_address::kinds::http);
  CHECK(plain.host == "Proxy.local");
  CHECK(plain.port == 80);
  CHECK(plain.user == "us@er");
  CHECK(plain.password == "p:w");
  const proxy_address socks("socks5h://[::1]:9050");
  CHECK(socks.kind == proxy_address::kinds::socks5);
  CHECK(socks.host == "::1");
  CHECK(socks.port == 9050);
  CHECK(proxy_address("10.0.0.1:3128").port == 3128);
  for (const char* url : {"https://proxy", "socks4://proxy", "http://", "http://a:99999", "socks5://user@proxy"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(proxy_address(url), error);
  }
}

TEST_CASE("a proxy of the environment is one for the scheme", "[client][proxy]") {
  const engine_client_options options;
  const server_url secure("https://example.com");
  const server_url plain("ws://example.com");
  CHECK_FALSE(choose_proxy(secure, options, of({})));
  CHECK(choose_proxy(secure, options, of({{"https_proxy", "http://a:1"}}))->host == "a");
  CHECK(choose_proxy(secure, options, of({{"HTTPS_PROXY", "http://b:1"}}))->host == "b");
  CHECK(choose_proxy(secure, options, of({{"https_proxy", "http://a:1"}, {"HTTPS_PROXY", "http://b:1"}}))->host == "a");
  CHECK(choose_proxy(secure, options, of({{"all_proxy", "socks5://c"}}))->port == 1080);
  CHECK_FALSE(choose_proxy(secure, options, of({{"http_proxy", "http://a:1"}})));
  CHECK(choose_proxy(plain, options, of({{"http_proxy", "http://a:1"}}))->host == "a");
  CHECK_FALSE(choose_proxy(plain, options, of({{"HTTP_PROXY", "http://a:1"}})));
  CHECK_FALSE(choose_proxy(plain, options, of({{"http_proxy", ""}})));
  CHECK_THROWS_AS(choose_proxy(plain, options, of({{"http_proxy", "gopher://a"}})), error);
}

TEST_CASE("a proxy of the options comes first, and the environment can be left out", "[client][proxy]") {
  engine_client_options options;
  const auto variables = of({{"https_proxy", "http://a:1"}, {"no_proxy", "*"}});
  options.proxy = "socks5://mine";
  CHECK(choose_proxy(server_url("https://example.com"), options, variables)->host == "mine");
  options.proxy.clear();
  CHECK_FALSE(choose_proxy(server_url("https://example.com"), options, variables));
  options.proxy_from_environment = false;
  CHECK_FALSE(choose_proxy(server_url("https://example.com"), options, of({{"https_proxy", "http://a:1"}})));
}

TEST_CASE("no proxy of the environment is asked for this machine", "[client][proxy]") {
  const engine_client_options options;
  const auto variables = of({{"http_proxy", "http://a:1"}});
  for (const char* url : {"http://localhost:3000", "http://127.0.0.1", "http://[::1]", "http://x.localhost"}) {
    CAPTURE(url);
    CHECK_FALSE(choose_proxy(server_url(url), options, variables));
  }
}

TEST_CASE("no_proxy names hosts, domains, addresses and networks", "[client][proxy]") {
  struct row {
    const char* list;
    const char* host;
    bool named;
  };
  const row rows[] = {{"example.com", "example.com", true},
                      {"EXAMPLE.com", "www.example.com", true},
                      {".example.com", "example.com", true},
                      {"*.example.com", "www.example.com", true},
                      {"example.com", "badexample.com", false},
                      {"a, b,example.com", "example.com", true},
                      {"a b", "c", false},
                      {"example.com:443", "example.com", true},
                      {"example.com:80", "example.com", false},
                      {"10.0.0.0/8", "10.1.2.3", true},
                      {"10.0.0.0/8", "11.1.2.3", false},
                      {"10.1.2.3", "10.1.2.3", true},
                      {"2001:db8::/32", "2001:db8::1", true},
                      {"2001:db8::1", "2001:db8:0::1", true},
                      {"*", "anything", true},
                      {"", "anything", false},
                      {",,", "anything", false},
                      {"10.0.0.0/99", "10.1.2.3", false}};
  for (const row& r : rows) {
    CAPTURE(r.list, r.host);
    CHECK(is_in_no_proxy(r.list, r.host, 443) == r.named);
  }
}
