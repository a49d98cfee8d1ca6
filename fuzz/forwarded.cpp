// Headers in which proxies report a client's address. The first byte chooses the header and the trusted proxies; the
// rest is the header's value. A second implementation must find the same address.

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "engine/make_request.hpp"
#include "http/forwarded.hpp"

using cosio::fuzz::check;
using cosio::http::trusted_proxies;
namespace ip = boost::asio::ip;

namespace {

constexpr const char* peer = "192.0.2.1";  // of make_request()

std::vector<trusted_proxies> that_write(std::string_view header) {
  return {trusted_proxies({}, header), trusted_proxies({"192.0.2.1", "10.0.0.0/8"}, header),
          trusted_proxies({"192.0.2.0/24", "fd00::/8", "::1"}, header), trusted_proxies({"0.0.0.0/0", "::/0"}, header)};
}

const trusted_proxies& proxies(std::uint8_t choice) {
  static const std::vector<trusted_proxies> common = that_write("X-Forwarded-For");
  static const std::vector<trusted_proxies> standard = that_write("Forwarded");
  return ((choice & 4) != 0 ? standard : common)[choice % 4];
}

bool is_address(std::string_view text) {
  boost::system::error_code ec;
  ip::make_address(std::string(text), ec);
  return !ec;
}

std::string without_line_ends(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
  const auto first = out.find_first_not_of(" \t");  // the parser of requests takes spaces off
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(" \t") - first + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = cosio::fuzz::text_of(data, size);
  const std::uint8_t choice = cosio::fuzz::take_choice(input);
  const std::string name = (choice & 4) != 0 ? "forwarded" : "x-forwarded-for";
  const std::string value = without_line_ends(input);
  const trusted_proxies& trusted = proxies(choice);
  const auto asked = cosio::test::make_request("GET", "/", name + ":" + value + "\n");

  const std::string client = trusted.client_of(asked);
  check(is_address(client), "a client has an address");
  if (!trusted.trusts(peer)) check(client == peer, "whoever is not trusted is not believed");

  const auto seen = trusted.seen_through(asked);
  check(seen.remote_address() == client, "the request is seen with that address");
  check(seen.header(name) == asked.header(name) && seen.target() == asked.target(), "the rest of it stays as it was");

  // One more proxy that is trusted, and one more that is not.
  if (!trusted.trusts("10.9.9.9") || choice % 4 == 3) return 0;
  const auto more = [&](std::string_view hop) {
    const std::string said = (choice & 4) != 0 ? "for=" + std::string(hop) : std::string(hop);
    return trusted.client_of(cosio::test::make_request("GET", "/", name + ":" + value + ", " + said + "\n"));
  };
  check(more("198.51.100.7") == "198.51.100.7", "the right-most address that is not trusted is the client's");
  const std::string behind = more("10.9.9.9");
  check(behind == client || (client == peer && behind == "10.9.9.9"),
        "a proxy that is trusted adds nothing but itself");
  return 0;
}
