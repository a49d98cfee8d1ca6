// expect: cosio: this type cannot be an argument: describe it with BOOST_DESCRIBE_STRUCT(type, (), (members))

#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};

void listen(const cosio::socket& user) {
  user.on("last", [](cosio::ack answer) -> cosio::task<> {
    const stroke line{"red", 2};
    co_await answer(line);
  });
}
