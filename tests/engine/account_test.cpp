// The account of a session without Socket.IO: all that is kept for it is charged, and given back.

#include "base/account.hpp"

#include <memory>
#include <string>
#include <vector>

#include "async/suspension.hpp"
#include "engine/engine_world.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

TEST_CASE("a raw session is charged for all kinds, and nothing is kept when it has gone", "[engine][account]") {
  engine_options settings;
  settings.max_handlers_in_flight = 1;
  engine_world house(settings);
  const auto kept = [&house](base::kept kind) {
    return house.engine.internals()->counters().sum(base::counter::kept_bytes + static_cast<std::size_t>(kind));
  };
  memory_websocket ws = house.websocket("/engine.io/?EIO=4&transport=websocket&token=" + std::string(5'000, 'x'));
  ws.text();
  std::vector<std::shared_ptr<async::suspension>> waiting;
  house.sessions.at(0).on_message([&waiting](message) -> task<> {
    auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting.push_back(std::move(me)); };
    co_await async::suspend(std::move(hand_out));
  });
  CHECK(kept(base::kept::head) >= 5'000);
  ws.send_text("4" + std::string(1'000, 'a'));
  ws.send_text("4" + std::string(2'000, 'b'));
  CHECK(kept(base::kept::events) >= 3'000);
  const std::string part = text_frame("4" + std::string(40'000, 'z'));
  ws.send(std::string_view(part).substr(0, 30'000));
  CHECK(kept(base::kept::input) >= 29'000);
  for (int i = 0; i < 10; ++i) house.w.run(house.sessions.at(0).send(std::string(50'000, 'n')));
  CHECK(kept(base::kept::frames) >= 100'000);

  SECTION("the client ends the connection") { ws.peer().reset(); }
  SECTION("the server ends the session") { house.w.run(house.sessions.at(0).close(true)); }
  house.w.settle();
  for (const auto& one : waiting) one->end();
  waiting.clear();
  house.sessions.clear();
  house.w.settle();
  house.w.advance(60s);
  CHECK(house.closed.size() == 1);
  for (std::size_t i = 0; i < static_cast<std::size_t>(base::kept::count); ++i) {
    CAPTURE(to_string(static_cast<base::kept>(i)));
    CHECK(kept(static_cast<base::kept>(i)) == 0);
  }
}
