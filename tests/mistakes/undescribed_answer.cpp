// expect: cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members))

#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};

cosio::task<int> ask(cosio::socket user) {
  const auto line = co_await user.emit_with_ack<stroke>("the last one?");
  co_return line.width;
}
