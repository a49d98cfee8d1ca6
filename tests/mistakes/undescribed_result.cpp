// expect: cosio: the result of a handler is its acknowledgement, and this type cannot be one

#include <cosio/cosio.hpp>

#include <string>

struct stroke {
  std::string colour;
  int width = 1;
};

void listen(const cosio::socket& user) {
  user.on("last", [](int width) -> cosio::task<stroke> {
    stroke line{"red", width};
    co_return line;
  });
}
