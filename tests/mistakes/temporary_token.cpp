// expect: cosio: GCC 12 destroys this temporary twice when braces make it in a co_await expression: give it a name
// only: GCC 12

#include <boost/asio/use_awaitable.hpp>
#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};
BOOST_DESCRIBE_STRUCT(stroke, (), (colour, width))

cosio::task<> draw(cosio::socket user) {
  co_await user.async_emit(boost::asio::use_awaitable, "draw", stroke{"red", 2});
}
