// expect: cosio: an async_ function begins with a completion token; as one, a callback takes the exception: [](std::exception_ptr

#include <cosio/cosio.hpp>

void move(const cosio::socket& user) {
  user.async_join([] {}, "lobby");
}
