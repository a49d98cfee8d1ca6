// Upgrade requests that no engine of the application owns: how long they stay.

#include <chrono>
#include <string>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

engine_options keeping(bool destroy, std::chrono::milliseconds time = 1s, std::string path = "/engine.io") {
  engine_options settings;
  settings.destroy_upgrade = destroy;
  settings.destroy_upgrade_timeout = time;
  settings.path = std::move(path);
  return settings;
}

memory_client upgrade(engine_world& house) {
  memory_client client = house.connect();
  client.send(websocket_request("/elsewhere/"));
  return client;
}

}  // namespace

// edge 34
TEST_CASE("an upgrade to a foreign path gets no byte, and is ended after a second", "[engine][foreign_upgrade]") {
  engine_world house;
  memory_client client = upgrade(house);
  house.w.advance(999ms);
  CHECK(client.received().empty());
  CHECK_FALSE(client.ended());
  house.w.advance(1ms);
  CHECK(client.received().empty());
  CHECK(client.ended());
}

TEST_CASE("the time of a foreign upgrade can be chosen", "[engine][foreign_upgrade]") {
  engine_world house(keeping(true, 50ms));
  memory_client client = upgrade(house);
  house.w.advance(49ms);
  CHECK_FALSE(client.ended());
  house.w.advance(1ms);
  CHECK(client.ended());
}

// edge 34
TEST_CASE("without destroy_upgrade a foreign upgrade stays as long as its client likes", "[engine][foreign_upgrade]") {
  engine_world house(keeping(false));
  memory_client client = upgrade(house);
  house.w.advance(1h);
  CHECK(client.received().empty());
  CHECK_FALSE(client.ended());
  client.close();
  house.w.settle();
  CHECK(house.state->http_connections() == 0);

  memory_client last = upgrade(house);
  house.w.run(house.app.close());  // but not longer than the application
  CHECK(last.ended());
}

TEST_CASE("of several engines the one that is in the greatest hurry decides", "[engine][foreign_upgrade]") {
  engine_world house(keeping(false));
  const engine_server second(house.app, keeping(true, 3s, "/two"));
  const engine_server third(house.app, keeping(true, 2s, "/three"));
  memory_client client = upgrade(house);
  house.w.advance(1999ms);
  CHECK_FALSE(client.ended());
  house.w.advance(1ms);
  CHECK(client.ended());
}

// edge 36
TEST_CASE("upgrades of one engine are no foreigners to the other", "[engine][foreign_upgrade]") {
  engine_world house(keeping(true, 50ms));
  const engine_server second(house.app, keeping(true, 50ms, "/two"));
  memory_websocket one = house.websocket();
  memory_websocket two = house.websocket("/two/?EIO=4&transport=websocket");
  CHECK(one.text().starts_with("0{"));
  CHECK(two.text().starts_with("0{"));
  house.w.advance(1s);
  CHECK_FALSE(one.ended());
  CHECK_FALSE(two.ended());
}
