// expect: cosio: this server or namespace has no contract, so a handler of on_connection() takes cosio::socket

#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>

#include <string>

struct chat {
  using client_to_server = cosio::events<cosio::event<"say", void(std::string)>>;
  using server_to_client = cosio::events<cosio::event<"said", void(std::string)>>;
};

void serve(const cosio::server& io) {
  io.on_connection([](cosio::typed_socket<chat> user) { user.on<"say">([](std::string) {}); });
}
