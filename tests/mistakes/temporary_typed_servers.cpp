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
  using server_to_client = cosio::events<>;
  using server_to_server = cosio::events<cosio::event<"draw", int(stroke)>>;
};

cosio::task<> ask(cosio::typed_nsp<board> lobby) {
  const auto came = co_await lobby.server_side_emit_with_ack<"draw">(stroke{"red", 2});
  static_cast<void>(came);
}
