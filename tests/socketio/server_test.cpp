// The server: opening and closing its port, sharing one, and the handles that outlive it.

#include <cosio/server.hpp>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;

TEST_CASE("a socket's handle outlives the server", "[socketio][server]") {
  cosio::socket kept;
  mailbox<> joined;
  {
    sio_server s;
    s.io.on_connection([&](cosio::socket who) {
      kept = who;
      joined.put(who.id());
    });
    sio_client c(s.start());
    c.join();
    joined.take();
  }
  CHECK_FALSE(kept.id().empty());
  CHECK_FALSE(kept.connected());
  CHECK(kept.rooms().empty());
}
