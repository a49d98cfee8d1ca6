// expect: cosio: GCC 12 destroys this temporary twice when braces make it in a co_await expression: give it a name
// only: GCC 12

#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};
BOOST_DESCRIBE_STRUCT(stroke, (), (colour, width))

cosio::task<> tell(cosio::server& io) { co_await io.server_side_emit("draw", stroke{"red", 2}); }
