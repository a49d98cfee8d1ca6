// expect: cosio: middleware of a socket takes cosio::packet&, and cosio::next if it calls the rest itself

#include <cosio/cosio.hpp>

void guard(const cosio::socket& user) {
  user.use([](const cosio::arguments& all, cosio::next go) -> cosio::task<> {
    if (all.size() > 10) throw cosio::refusal("too many arguments");
    co_await go();
  });
}
