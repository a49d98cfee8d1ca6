// A client that finds nobody: it says so, and exits 0. It includes no header of the server.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cosio/io_client.hpp>

#include <exception>
#include <iostream>

cosio::task<bool> is_refused() {
  const auto here = co_await boost::asio::this_coro::executor;
  cosio::manager_options once;
  once.reconnection = false;
  once.connection.proxy_from_environment = false;
  const cosio::manager nowhere(here, "http://127.0.0.1:1", once);
  const auto socket = nowhere.socket("/chat", {.auth = {{"token", "abc"}}});
  try {
    co_await socket.connect();
  } catch (const cosio::connect_error& e) {
    std::cout << e.what() << '\n';
    co_return !e.refused();
  }
  co_return false;
}

int main() {
  boost::asio::io_context context;
  bool refused = false;
  boost::asio::co_spawn(context, is_refused(), [&](std::exception_ptr failed, bool answer) {
    if (failed) std::rethrow_exception(failed);
    refused = answer;
  });
  context.run();
  return refused ? 0 : 1;
}
