// expect: cosio: middleware of a namespace takes cosio::socket& (or cosio::socket) and cosio::next, and returns

#include <cosio/cosio.hpp>

void guard(const cosio::server& io) {
  io.use([](cosio::socket& user, cosio::next) {
    if (user.id().empty()) throw cosio::refusal("who are you?");
  });
}
