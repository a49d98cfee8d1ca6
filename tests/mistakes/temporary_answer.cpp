// expect: cosio: GCC 12 destroys this temporary twice when braces make it in a co_await expression: give it a name
// only: GCC 12

#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};
BOOST_DESCRIBE_STRUCT(stroke, (), (colour, width))

void listen(const cosio::socket& user) {
  user.on("last", [](std::string colour, cosio::ack answer) -> cosio::task<> {
    co_await answer(stroke{.colour = colour, .width = 2});
  });
}
