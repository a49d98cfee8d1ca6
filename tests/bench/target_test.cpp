// URLs: the path is the namespace, as the reference client has it.

#include "load/target.hpp"

#include <netinet/in.h>

#include <cstring>
#include <stdexcept>

#include "support/catch.hpp"

using bench::make_target;

TEST_CASE("a URL names host, port, namespace and query", "[bench][target]") {
  const auto all = make_target("http://127.0.0.1:8080/chat?token=a&b=c#x");
  CHECK(all.host == "127.0.0.1:8080");
  CHECK(all.nsp == "/chat");
  CHECK(all.nsp_prefix() == "/chat,");
  CHECK(all.request("GET", "polling", "S") ==
        "GET /socket.io/?EIO=4&transport=polling&sid=S&token=a&b=c HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n");
}

TEST_CASE("a URL may name the host only", "[bench][target]") {
  const auto all = make_target("ws://127.0.0.1");
  CHECK(all.host == "127.0.0.1");
  CHECK(all.nsp == "/");
  CHECK(all.nsp_prefix().empty());
  CHECK(all.request("GET", "websocket", "") ==
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n");
}

TEST_CASE("an IPv6 address stands in brackets", "[bench][target]") {
  const auto all = make_target("http://[::1]:81/");
  CHECK(all.address.ss_family == AF_INET6);
  CHECK(all.host == "[::1]:81");
}

TEST_CASE("https:// and wss:// mean TLS, with a port of their own", "[bench][target]") {
  for (const auto* url : {"https://127.0.0.1/chat", "wss://127.0.0.1/chat"}) {
    CAPTURE(url);
    const auto all = make_target(url);
    CHECK(all.tls != nullptr);
    CHECK(all.nsp == "/chat");
    sockaddr_in found{};
    std::memcpy(&found, &all.address, sizeof found);
    CHECK(ntohs(found.sin_port) == 443);
  }
  CHECK(make_target("http://127.0.0.1").tls == nullptr);
}

TEST_CASE("no scheme and no host are refused", "[bench][target]") {
  for (const auto* url : {"ftp://127.0.0.1", "127.0.0.1", "http://", "https://", "http://:80"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(make_target(url), std::invalid_argument);
  }
}
