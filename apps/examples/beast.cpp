// An HTTP server of your own, with Boost.Beast and threads of your own, that gives the requests of Socket.IO away.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <chrono>
#include <cosio/beast.hpp>
#include <cosio/cosio.hpp>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;
using namespace std::chrono_literals;

namespace {

response page(const request& asked) {
  const bool found = asked.target() == "/";
  response out(found ? http::status::ok : http::status::not_found, asked.version());
  out.set(http::field::content_type, "text/plain; charset=utf-8");
  out.body() = found ? "a page of my own\n" : "not found\n";
  out.keep_alive(asked.keep_alive());
  out.prepare_payload();
  return out;
}

// One connection. Requests of Socket.IO are answered by `io`; a WebSocket is its own for good. A pointer, for a handle
// in a connection that is idle would keep the server alive.
cosio::task<> serve(const cosio::server* io, tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  error_code ec;
  const std::string address = socket.remote_endpoint(ec).address().to_string();
  while (!ec) {
    request asked;
    co_await http::async_read(socket, buffer, asked, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) break;
    response answer;
    if (io->owns({asked.target().data(), asked.target().size()})) {
      cosio::http::request ours = cosio::http::from_beast(asked, address);
      if (boost::beast::websocket::is_upgrade(asked)) {
        std::string rest = cosio::http::rest_of(buffer);
        co_await io->serve(std::move(socket), std::move(ours), std::move(rest));
        co_return;
      }
      const cosio::http::response said = co_await io->answer(std::move(ours));
      answer = cosio::http::to_beast(said, asked);
    } else {
      answer = page(asked);
    }
    co_await http::async_write(socket, answer, asio::redirect_error(asio::use_awaitable, ec));
    if (!answer.keep_alive()) break;
  }
}

cosio::task<> accept_all(const cosio::server* io, tcp::acceptor* door) {
  for (error_code ec; door->is_open();) {
    tcp::socket socket(asio::make_strand(io->executor()));
    co_await door->async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) cosio::spawn(socket.get_executor(), serve(io, std::move(socket)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::stoi(argv[1]) : 3000);
  asio::io_context context;
  cosio::server io(context.get_executor());  // no io.listen(): the port is that of the acceptor
  io.on_connection([](cosio::socket user) { user.on("add", [](int a, int b) { return a + b; }); });

  tcp::acceptor door(asio::make_strand(context), tcp::endpoint(tcp::v4(), port));
  cosio::spawn(door.get_executor(), accept_all(&io, &door));
  asio::signal_set ends(door.get_executor(), SIGINT, SIGTERM);
  ends.async_wait([&](error_code, int) {
    door.close();
    io.async_close([&](std::exception_ptr) { context.stop(); }, 2s);
  });
  std::cout << "listening on http://127.0.0.1:" << door.local_endpoint().port() << std::endl;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&context] { context.run(); });
}
