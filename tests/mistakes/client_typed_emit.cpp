// expect: cosio: a typed handle has the event in angle brackets

#include <cosio/client_contract.hpp>

#include <string>

struct board {
  using client_to_server = cosio::events<cosio::event<"say", void(std::string)>, cosio::event<"ask", int(int)>>;
  using server_to_client = cosio::events<cosio::event<"said", void(std::string)>>;
};

void use(const cosio::typed_client_socket<board>& room) {
  room.emit("say", 1);
}
