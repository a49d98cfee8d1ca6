// A server that is refused one allocation while it takes a connection loses that connection at most.

#include <cosio/cosio.hpp>

#include <boost/asio/post.hpp>

#include <string>

#include "memory/refuse_allocation.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;

TEST_CASE("whichever allocation of accepting is refused, the next connection is served", "[memory]") {
  captured_log log;
  sio_server s;
  s.io.on_connection([](cosio::socket c) { c.on("ask", [](std::string text) { return text + "!"; }); });
  const std::uint16_t port = s.start();
  boost::asio::post(s.io.executor(), [] { starve_this_thread(); });
  std::size_t number = 0;
  bool refused = true;
  while (refused && number < 100) {
    ++number;
    CAPTURE(number);
    refuse_allocation(number);
    {
      http_client silent(port);
      // It is taken, or there is nothing left to refuse.
      (void)eventually([&] { return was_refused() || s.io.metrics().connections == 1; });
    }
    refused = was_refused();
    refuse_allocation(0);
    sio_client after(port);
    after.join();
    after.send(R"(21["ask","who is there"])");
    CHECK(after.receive() == R"(31["who is there!"])");
    after.close();
    REQUIRE(eventually([&] { return s.io.metrics().connections == 0; }));
  }
  CHECK(number > 5);
  CHECK_FALSE(refused);
  CHECK(log.count(cosio::log_level::error) == number - 1);  // each refusal was told once
}
