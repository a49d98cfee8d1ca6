// expect: cosio: the handler of a route returns cosio::http::response

#include <cosio/cosio.hpp>

#include <string>

void serve(cosio::http::app& web) {
  web.get("/healthz", [](cosio::http::request) { return std::string("ok"); });
}
