// The application as its users hold it: routes, files, listening, closing.

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <thread>

#include "http/app_state.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;

TEST_CASE("an application that owns its port answers its routes", "[http][app]") {
  http::app_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.threads = 2;
  http::app app(options);
  app.get("/healthz", [](http::request) { return http::response(200, "ok"); });
  const std::uint16_t port = app.listen();
  std::thread runner([&] { app.run(); });
  {
    http_client client(port);
    const http_answer ok = client.ask(get("/healthz"));
    CHECK(ok.status == 200);
    CHECK(ok.body == "ok");
    CHECK(client.ask(get("/nothing")).status == 404);
  }
  app.stop();
  runner.join();
}
