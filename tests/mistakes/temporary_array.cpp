// expect: cosio: GCC 12 destroys this temporary twice when braces make it in a co_await expression: give it a name
// only: GCC 12

#include <cosio/cosio.hpp>

#include <array>
#include <string>

cosio::task<> ask(cosio::socket user) {
  co_await user.emit_with_ack<std::string>("which?", std::array<std::string, 2>{"red", "blue"});
}
