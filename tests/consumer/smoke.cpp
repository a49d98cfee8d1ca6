// Serves for real, once: a client of polling shakes hands, joins, asks for a sum and gets it. Exits 0 when it did.
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cosio/cosio.hpp>

#include "handlers.hpp"

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using asio::ip::tcp;

// One HTTP request on a connection of its own; the body of the answer.
cosio::task<std::string> ask(std::uint16_t port, std::string method, std::string query, std::string body) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket connection(executor);
  const tcp::endpoint server(asio::ip::address_v4::loopback(), port);
  co_await connection.async_connect(server, asio::use_awaitable);

  const std::string request = method + " /socket.io/?EIO=4&transport=polling" + query +
                              " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  co_await asio::async_write(connection, asio::buffer(request), asio::use_awaitable);

  std::string answer;
  boost::system::error_code ended;
  co_await asio::async_read(connection, asio::dynamic_buffer(answer), asio::redirect_error(asio::use_awaitable, ended));
  const std::size_t head = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200") || head == std::string::npos) throw std::runtime_error("refused: " + answer);
  co_return answer.substr(head + 4);
}

void expect(const std::string& got, const std::string& wanted) {
  if (got.find(wanted) == std::string::npos) throw std::runtime_error("expected " + wanted + ", got " + got);
}

cosio::task<> visit(cosio::server io, std::shared_ptr<int> status) {
  try {
    const std::string open = co_await ask(io.port(), "GET", "", "");
    expect(open, "0{\"sid\":\"");
    const std::string session = "&sid=" + open.substr(8, open.find('"', 8) - 8);
    co_await ask(io.port(), "POST", session, "40");
    const std::string joined = co_await ask(io.port(), "GET", session, "");
    expect(joined, "40{\"sid\":\"");
    co_await ask(io.port(), "POST", session, "427[\"add\",1,2]");
    const std::string sum = co_await ask(io.port(), "GET", session, "");
    expect(sum, "437[3]");
    *status = 0;
  } catch (const std::exception& failed) {
    std::cerr << failed.what() << '\n';
  }
  co_await io.close();
  io.stop();
}

int main() {
  cosio::options options;
  options.host = "127.0.0.1";
  options.port = 0;
  cosio::server io(options);
  register_handlers(io);
  io.listen();
  const auto status = std::make_shared<int>(1);
  cosio::spawn(io.executor(), visit(io, status));
  io.run();
  return *status;
}
