// expect: cosio: the handler of a route takes a cosio::http::request

#include <cosio/cosio.hpp>

void serve(cosio::http::app& web) {
  web.get("/healthz", [] { return cosio::http::response(200, "ok"); });
}
