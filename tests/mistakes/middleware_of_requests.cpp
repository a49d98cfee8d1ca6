// expect: cosio: middleware of an engine takes cosio::http::request and cosio::http::response&, and cosio::next

#include <cosio/cosio.hpp>

void guard(const cosio::server& io) {
  io.engine().use([](cosio::http::request asked) {
    if (!asked.has_header("x-key")) throw cosio::refusal("no key");
  });
}
