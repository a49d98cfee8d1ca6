// Tunnels through proxies.

#include "client/proxy_tunnel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <utility>

#include "client/failure.hpp"
#include "wire/base64.hpp"

namespace cosio::inline v0_2::clients {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t max_proxy_head = 8 * 1024;

error_code refused() { return asio::error::connection_refused; }

task<> send_to_proxy(std::shared_ptr<net_stream> to, std::string bytes) {
  error_code ec;
  co_await asio::async_write(*to, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
  if (ec) throw failure(ec, "the proxy ended the connection: " + ec.message());
}

task<std::string> read_of_proxy(std::shared_ptr<net_stream> from, std::size_t size) {
  std::string bytes(size, '\0');
  error_code ec;
  co_await asio::async_read(*from, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
  if (ec) throw failure(ec, "the proxy ended the connection: " + ec.message());
  co_return bytes;
}

std::string connect_request(const proxy_address& proxy, const std::string& host, std::uint16_t port) {
  const std::string place =
      (host.find(':') == std::string::npos ? host : '[' + host + ']') + ':' + std::to_string(port);
  std::string out = "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n";
  if (!proxy.user.empty()) {
    out += "Proxy-Authorization: Basic ";
    wire::append_base64(out, proxy.user + ':' + proxy.password);
    out += "\r\n";
  }
  return out + "\r\n";
}

task<> open_http_tunnel(std::shared_ptr<net_stream> through, std::string request) {
  co_await send_to_proxy(through, std::move(request));
  boost::beast::flat_buffer read(max_proxy_head);
  http::response_parser<http::empty_body> answer;
  answer.header_limit(max_proxy_head);
  answer.skip(true);  // what follows is no body
  error_code ec;
  co_await http::async_read_header(*through, read, answer, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) throw failure(ec, "the answer of the proxy cannot be read: " + ec.message());
  const unsigned status = answer.get().result_int();
  if (status == 407) throw failure(refused(), "the proxy demands a user and a password: put them into its URL", status);
  if (status < 200 || status > 299)
    throw failure(refused(), "the proxy refuses the connection with status " + std::to_string(status), status);
  // The client speaks first, in TLS and in HTTP: nothing can have come from the server.
  if (read.size() != 0) throw failure(refused(), "the proxy sent something behind its answer");
}

const char* socks_problem(unsigned char code) {
  static constexpr const char* problems[] = {
      "of a fault of its own", "it is not allowed", "the network is unreachable", "the host is unreachable",
      "the port is closed",    "the time is over",  "it cannot connect",          "it has no such addresses"};
  return code >= 1 && code <= 8 ? problems[code - 1] : "of an unknown cause";
}

task<> log_in(std::shared_ptr<net_stream> through, proxy_address proxy) {
  std::string words("\x01", 1);
  words += static_cast<char>(proxy.user.size());
  words += proxy.user;
  words += static_cast<char>(proxy.password.size());
  words += proxy.password;
  co_await send_to_proxy(through, std::move(words));
  const std::string answer = co_await read_of_proxy(through, 2);
  if (answer[1] != 0) throw failure(refused(), "the proxy refuses the user or the password");
}

task<> choose_method(std::shared_ptr<net_stream> through, proxy_address proxy) {
  const bool has_password = !proxy.user.empty();
  std::string offer = has_password ? std::string("\x05\x02\x00\x02", 4) : std::string("\x05\x01\x00", 3);
  co_await send_to_proxy(through, std::move(offer));
  const std::string chosen = co_await read_of_proxy(through, 2);
  if (chosen[0] != 5) throw failure(refused(), "the proxy does not speak SOCKS5");
  if (chosen[1] == 0) co_return;
  if (chosen[1] != 2 || !has_password)
    throw failure(refused(), "the proxy demands a user and a password: put them into its URL");
  co_await log_in(std::move(through), std::move(proxy));
}

task<> open_socks_tunnel(std::shared_ptr<net_stream> through, proxy_address proxy, std::string request) {
  co_await choose_method(through, std::move(proxy));
  co_await send_to_proxy(through, std::move(request));
  const std::string answer = co_await read_of_proxy(through, 5);
  if (answer[0] != 5) throw failure(refused(), "the proxy does not speak SOCKS5");
  if (answer[1] != 0)
    throw failure(refused(), std::string("the proxy refuses the connection, because ") +
                                 socks_problem(static_cast<unsigned char>(answer[1])));
  // The address that the proxy uses, and its port. One byte of it has been read: the length of a name.
  std::size_t left = 0;
  if (answer[3] == 1) left = 4 + 2 - 1;
  if (answer[3] == 3) left = static_cast<unsigned char>(answer[4]) + std::size_t{2};
  if (answer[3] == 4) left = 16 + 2 - 1;
  if (left == 0) throw failure(refused(), "the answer of the proxy cannot be read");
  co_await read_of_proxy(std::move(through), left);
}

}  // namespace

std::string socks_request(const std::string& host, std::uint16_t port) {
  std::string out("\x05\x01\x00", 3);
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  const auto append = [&out](char kind, const auto& bytes) {
    out += kind;
    for (const unsigned char one : bytes) out += static_cast<char>(one);
  };
  if (ec) {
    out += '\x03';
    out += static_cast<char>(host.size());
    out += host;
  } else if (address.is_v4()) {
    append('\x01', address.to_v4().to_bytes());
  } else {
    append('\x04', address.to_v6().to_bytes());
  }
  out += static_cast<char>(port >> 8);
  out += static_cast<char>(port & 0xFF);
  return out;
}

task<> open_tunnel(std::shared_ptr<net_stream> through, proxy_address proxy, std::string host, std::uint16_t port) {
  if (proxy.kind == proxy_address::kinds::socks5) {
    std::string request = socks_request(host, port);
    co_await open_socks_tunnel(std::move(through), std::move(proxy), std::move(request));
    co_return;
  }
  std::string request = connect_request(proxy, host, port);
  co_await open_http_tunnel(std::move(through), std::move(request));
}

}  // namespace cosio::inline v0_2::clients
