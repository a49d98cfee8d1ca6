// Servers that break the rules. Each is a script of bytes behind a real socket, run by the thread of the test.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <cosio/error.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "client/test_line.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Answers each request of each connection with the next text; behind the last it says nothing.
class scripted_server {
 public:
  explicit scripted_server(std::vector<std::string> answers) : answers_(std::move(answers)) { accept(); }
  std::uint16_t port() const { return port_; }

 private:
  struct connection {
    explicit connection(tcp::socket s) : socket(std::move(s)) {}
    tcp::socket socket;
    std::string read;
    std::array<char, 4096> room{};
  };

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code ec, tcp::socket s) {
      if (ec) return;
      read_some(std::make_shared<connection>(std::move(s)));
      accept();
    });
  }
  void read_some(const std::shared_ptr<connection>& of) {
    of->socket.async_read_some(asio::buffer(of->room), [this, of](boost::system::error_code ec, std::size_t got) {
      if (ec) return;
      of->read.append(of->room.data(), got);
      if (of->read.find("\r\n\r\n") != std::string::npos && next_ < answers_.size()) {
        of->read.clear();
        boost::system::error_code ignored;
        asio::write(of->socket, asio::buffer(answers_[next_++]), ignored);
      }
      read_some(of);
    });
  }

  const std::vector<std::string> answers_;
  std::size_t next_ = 0;
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)};
  const std::uint16_t port_ = acceptor_.local_endpoint().port();
  const background thread_{context_};
};

std::string answer(const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 200 OK\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string hello =
    R"(0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";

// The end of a connection that is answered like this.
clients::engine_end end_with(std::vector<std::string> answers, std::size_t most = 100'000) {
  const scripted_server server(std::move(answers));
  auto options = test_line::quick();
  options.transports = {"polling"};
  options.max_message_bytes = most;
  test_line line(server.port(), options);
  line.client->open();
  return line.end();
}

}  // namespace

TEST_CASE("an answer that is no handshake ends the connection", "[client][hostile]") {
  for (const char* body :
       {"0", "0{}", "0{\"sid\":1}", R"(0{"sid":"","pingInterval":1,"pingTimeout":1})",
        R"(0{"sid":"a","pingInterval":-1,"pingTimeout":1})", R"(0{"sid":"a","pingInterval":"1","pingTimeout":1})",
        R"(0{"sid":"a","pingInterval":1)", "x", "", "4hello\x1e"}) {
    CAPTURE(body);
    const auto end = end_with({answer(body)});
    CHECK(end.why.text() == "parse error");
    CHECK(end.error);
  }
}

TEST_CASE("answers that are no HTTP, or too much of it, end the connection", "[client][hostile]") {
  const auto is_refused = [](const std::string& text) {
    const auto end = end_with({text});
    return end.why.text() == "transport error" && end.error;
  };
  CHECK(is_refused("hello\r\n\r\n"));
  CHECK(is_refused("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"));
  CHECK(is_refused("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"));
  CHECK(is_refused("HTTP/1.1 200 OK\r\nx: " + std::string(20'000, 'y') + "\r\n\r\n"));
  CHECK(is_refused("HTTP/1.1 200 OK\r\nx: " + std::string(200'000, 'y')));
  CHECK(is_refused(answer(std::string(100'001, 'x'))));
  CHECK(is_refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" + std::string(0x20000, 'x')));
}

TEST_CASE("a redirect is not followed, and the answer is told", "[client][hostile]") {
  const auto end = end_with({"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"});
  CHECK(end.status == 301);
  CHECK(end.why.detail().find("redirects") != std::string::npos);
}

TEST_CASE("packets that cannot be read end an open connection", "[client][hostile]") {
  for (const std::string body : {"9", "4\xFF",
                                 "4a\x1e\x1e"
                                 "4b",
                                 ""}) {
    CAPTURE(body);
    const auto end = end_with({answer(hello), answer(body)});
    CHECK(end.why.text() == "parse error");
  }
}

TEST_CASE("times that no clock can hold are taken as long ones", "[client][hostile]") {
  scripted_server server({answer(R"(0{"sid":"a","pingInterval":1e300,"pingTimeout":1e300})")});
  auto options = test_line::quick();
  options.transports = {"polling"};
  test_line line(server.port(), options);
  REQUIRE(line.open());
  line.w.advance(std::chrono::hours(1));
  CHECK(line.heard->ends.empty());
}

TEST_CASE("a WebSocket that breaks the rules of frames ends the connection", "[client][hostile]") {
  // Without a key that fits, the handshake itself is refused.
  scripted_server server(
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Accept: AAAA\r\n\r\n"});
  auto options = test_line::quick();
  options.transports = {"websocket"};
  test_line line(server.port(), options);
  CHECK_FALSE(line.open());
  CHECK(line.end().why.text() == "transport error");
}
