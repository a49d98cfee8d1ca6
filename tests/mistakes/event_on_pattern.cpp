// expect: cosio: a handler of on() of a namespace takes cosio::socket by value

#include <cosio/cosio.hpp>

#include <string>

void serve(const cosio::server& io) {
  io.of(cosio::pattern("/room-{digits}")).on("say", [](std::string text) { return text; });
}
