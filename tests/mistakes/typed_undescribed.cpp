// expect: cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members))

#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};

struct board {
  using client_to_server = cosio::events<>;
  using server_to_client = cosio::events<cosio::event<"draw", void(stroke)>>;
};

cosio::task<> draw(cosio::typed_socket<board> user, stroke line) { co_await user.emit<"draw">(line); }
