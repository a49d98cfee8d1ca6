// expect: cosio: GCC 12 destroys this temporary twice when braces make it in a co_await expression: give it a name
// only: GCC 12

#include <cosio/cosio.hpp>

#include <chrono>
#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};
BOOST_DESCRIBE_STRUCT(stroke, (), (colour, width))

cosio::task<> ask(cosio::server& io) {
  const cosio::broadcast_operator room = io.in("room").timeout(std::chrono::seconds(1));
  co_await room.emit_with_ack("which?", 1, stroke{"red", 2});
}
