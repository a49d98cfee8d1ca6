// expect: cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members))

#include <cosio/cosio.hpp>

#include <string>

struct reasons {
  std::string text;
  int code = 401;
};

void guard(const cosio::server& io) {
  io.use([](cosio::socket, cosio::next) -> cosio::task<> {
    const reasons why{"who are you?", 401};
    throw cosio::refusal("not authorized", why);
    co_return;
  });
}
