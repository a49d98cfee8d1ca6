// expect: cosio: GCC 12 destroys this temporary twice when braces make it in a co_await expression: give it a name
// only: GCC 12

#include <cosio/contract.hpp>
#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};
BOOST_DESCRIBE_STRUCT(stroke, (), (colour, width))

struct board {
  using client_to_server = cosio::events<>;
  using server_to_client = cosio::events<cosio::event<"message", void(stroke)>>;
};

cosio::task<> draw(cosio::typed_socket<board> user) { co_await user.send(stroke{"red", 2}); }
