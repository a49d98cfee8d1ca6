// expect: cosio: the contract has no event of this name from client to server

#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>

#include <string>

struct board {
  using client_to_server = cosio::events<cosio::event<"draw", void(std::string)>>;
  using server_to_client = cosio::events<>;
};

void listen(const cosio::typed_socket<board>& user) {
  user.on<"darw">([](std::string) {});
}
