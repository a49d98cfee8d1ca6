// A chat for the console, an example of docs/client.md: each line is sent, and what others say is printed. Nobody runs
// it.

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>
#include <cosio/io_client.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;

// Sends lines, until there are no more.
cosio::task<> send_lines(cosio::client_socket room) {
  const auto here = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor input(here, ::dup(STDIN_FILENO));
  std::string read;
  for (;;) {
    boost::system::error_code ended;
    const std::size_t size = co_await asio::async_read_until(input, asio::dynamic_buffer(read), '\n',
                                                             asio::redirect_error(asio::use_awaitable, ended));
    if (ended) co_return;
    const std::string line = read.substr(0, size - 1);
    read.erase(0, size);
    co_await room.emit("say", line);
  }
}

cosio::task<> talk(std::string url) {
  const auto here = co_await asio::this_coro::executor;
  const cosio::manager server(here, url);
  const auto room = server.socket();
  room.on("said", [](std::string who, std::string text) { std::cout << who << ": " << text << '\n'; });
  room.on_disconnect([](cosio::client_reason why) { std::cout << "(disconnected: " << why << ")\n"; });
  co_await room.connect();
  std::cout << "(connected)\n";
  auto lines = send_lines(room);
  co_await std::move(lines);
  co_await room.disconnect();
}

int main(int argc, char** argv) {
  asio::io_context context;
  asio::co_spawn(context, talk(argc > 1 ? argv[1] : "http://localhost:3000"), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
  context.run();
}
