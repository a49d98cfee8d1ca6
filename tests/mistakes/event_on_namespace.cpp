// expect: cosio: a handler of on() of a namespace takes cosio::socket by value

#include <cosio/cosio.hpp>

#include <string>

void serve(const cosio::server& io) {
  io.of("/a").on("say", [](cosio::socket, std::string) {});
}
