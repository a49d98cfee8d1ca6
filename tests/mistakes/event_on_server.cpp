// expect: cosio: a handler of server::on() takes cosio::socket by value ("connection") or cosio::nsp

#include <cosio/cosio.hpp>

#include <string>

void serve(const cosio::server& io) {
  io.on("say", [](std::string text) { return text; });
}
