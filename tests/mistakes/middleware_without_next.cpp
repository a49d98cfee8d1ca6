// expect: cosio: middleware of a socket takes cosio::packet& and cosio::next, and returns cosio::task<>

#include <cosio/cosio.hpp>

void guard(const cosio::socket& user) {
  user.use([](cosio::packet& event) -> cosio::task<> {
    if (event.args().size() > 10) throw cosio::refusal("too many arguments");
    co_return;
  });
}
