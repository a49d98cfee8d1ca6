// The examples of docs/client.md, which are compiled here. Nobody runs them.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cosio/io_client.hpp>

#include <exception>
#include <iostream>
#include <string>

cosio::task<> chat() {
  const auto here = co_await boost::asio::this_coro::executor;
  const cosio::manager server(here, "https://chat.example");
  const auto room = server.socket("/chat", {.auth = {{"token", "abc"}}});
  room.on("said", [](std::string who, std::string text) { std::cout << who << ": " << text << '\n'; });
  co_await room.connect();
  const int people = co_await room.emit_with_ack<int>("join", "lobby");
  std::cout << people << " people are here\n";
  co_await room.emit("say", "hello");
  co_await room.disconnected();
}

int main() {
  boost::asio::io_context context;
  boost::asio::co_spawn(context, chat(), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
  context.run();
}

#include <cosio/io_client.hpp>

#include <string>

cosio::task<std::string> fresh_token();

cosio::manager_options options() {
  cosio::manager_options made;
  made.on_attempt = [](cosio::connection_target to) -> cosio::task<cosio::connection_target> {
    const std::string token = co_await fresh_token();
    to.headers.emplace_back("authorization", "Bearer " + token);
    co_return to;
  };
  return made;
}

#include <cosio/client_contract.hpp>

#include <cstddef>
#include <string>

struct lobby {
  using client_to_server = cosio::events<cosio::event<"say", std::size_t(std::string)>>;
  using server_to_client = cosio::events<cosio::event<"said", void(std::string, std::string)>>;
};

cosio::task<std::size_t> greet(cosio::typed_client_socket<lobby> room) {
  room.on<"said">([](std::string who, std::string text) { std::cout << who << ": " << text << '\n'; });
  co_await room.connect();
  const std::size_t heard = co_await room.emit_with_ack<"say">("hello");
  co_return heard;
}
