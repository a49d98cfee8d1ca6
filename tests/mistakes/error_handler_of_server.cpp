// expect: cosio: a handler of on_error() of a server or a namespace takes (cosio::socket who

#include <cosio/cosio.hpp>

#include <iostream>

void serve(const cosio::server& io) {
  io.on_error([](const cosio::socket_error& wrong) { std::cerr << wrong.message(); });
}
