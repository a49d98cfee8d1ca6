// The server's handshake, and what is asked of a SOCKS5 proxy.

#include "client/handshake_text.hpp"

#include <string>

#include "client/proxy_tunnel.hpp"
#include "support/catch.hpp"

using namespace cosio::clients;
using namespace std::chrono_literals;

TEST_CASE("a handshake has an id and times, and perhaps more", "[client][handshake]") {
  const auto full = read_handshake(
      R"({"sid":"a","upgrades":["websocket",1,"webtransport"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000,"x":{}})");
  REQUIRE(full);
  CHECK(full->sid == "a");
  CHECK(full->upgrades == std::vector<std::string>{"websocket", "webtransport"});
  CHECK(full->ping_interval == 25s);
  CHECK(full->ping_timeout == 20s);
  CHECK(full->max_payload == 1'000'000);
  const auto least = read_handshake(R"({"sid":"a","pingInterval":1,"pingTimeout":0,"upgrades":1,"maxPayload":-1})");
  REQUIRE(least);
  CHECK(least->upgrades.empty());
  CHECK(least->max_payload == 0);
  CHECK_FALSE(read_handshake(R"({"sid":")" + std::string(2'000, 'a') + R"(","pingInterval":1,"pingTimeout":1})"));
  CHECK_FALSE(read_handshake("[]"));
  CHECK_FALSE(read_handshake("{\"sid\":\"" + std::string(100'000, ' ')));
}

TEST_CASE("a request for SOCKS5 has a name or an address, and the port", "[client][proxy]") {
  using namespace std::string_literals;
  CHECK(socks_request("a.b", 443) == "\x05\x01\x00\x03\x03"s + "a.b\x01\xBB"s);
  CHECK(socks_request("127.0.0.1", 80) == "\x05\x01\x00\x01\x7F\x00\x00\x01\x00\x50"s);
  CHECK(socks_request("::1", 1) ==
        "\x05\x01\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01"s);
}
