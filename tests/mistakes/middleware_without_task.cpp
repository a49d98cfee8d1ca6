// expect: cosio: middleware that takes cosio::next is a coroutine, which returns cosio::task<>; a plain function takes no

#include <cosio/cosio.hpp>

void guard(const cosio::server& io) {
  io.use([](cosio::socket& user, cosio::next) {
    if (user.id().empty()) throw cosio::refusal("who are you?");
  });
}
