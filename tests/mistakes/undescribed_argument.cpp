// expect: cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members))

#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};

cosio::task<> draw(cosio::socket user) {
  const stroke line{"red", 2};
  co_await user.emit("draw", line);
}
