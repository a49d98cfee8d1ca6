// expect: cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members))

#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};

struct board {
  using client_to_server = cosio::events<cosio::event<"draw", void(stroke)>>;
  using server_to_client = cosio::events<>;
};

void listen(const cosio::typed_socket<board>& user) {
  user.on<"draw">([](stroke) {});
}
