// expect: cosio: a handler of on_connection() takes cosio::socket by value, and returns nothing or cosio::task<>

#include <cosio/cosio.hpp>

void serve(const cosio::server& io) {
  io.on_connection([](cosio::socket& user) -> cosio::task<> { co_await user.join("lobby"); });
}
