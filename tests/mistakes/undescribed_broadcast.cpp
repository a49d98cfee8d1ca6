// expect: cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members))

#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};

cosio::task<> draw(const cosio::server& io, std::string room, stroke line) {
  co_await io.to(room).volatile_().emit("draw", line);
}
