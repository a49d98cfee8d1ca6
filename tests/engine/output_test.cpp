// The output of a session: order, volatile packets, limits, and coroutines that wait for room.

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine_world.hpp"
#include "engine/flush.hpp"
#include "engine/session.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view direct = "/engine.io/?EIO=4&transport=websocket";

delivery send(const engine_session& s, std::string_view text, bool is_volatile = false) {
  const auto f = engine::frame::text(wire::packet_type::message, text);
  return s.internals()->send({&f, 1}, is_volatile);
}

// A session on WebSocket whose peer takes so many bytes and no more until it reads.
struct output_world {
  explicit output_world(engine_options settings = {}, std::size_t capacity = 64 * 1024)
      : house(std::move(settings)), ws(house.websocket(direct, "", capacity)), s(house.sessions.at(0)) {
    opened = ws.text();
  }
  engine_world house;
  memory_websocket ws;
  engine_session s;
  std::string opened;
};

engine_options marks(std::size_t high_water, std::size_t most) {
  engine_options settings;
  settings.high_water_mark = high_water;
  settings.max_queued_bytes = most;
  return settings;
}

// Whether a coroutine that waits for room has gone on.
std::shared_ptr<bool> wait_for_room(output_world& o) {
  auto went_on = std::make_shared<bool>(false);
  boost::asio::co_spawn(o.house.w.context(), o.s.internals()->wait_for_room(),
                        [went_on](std::exception_ptr e) { *went_on = !e; });
  o.house.w.settle();
  return went_on;
}

}  // namespace

TEST_CASE("what is sent in one turn leaves in one piece, in order", "[engine][output]") {
  output_world o;
  {
    const engine::flush_scope scope;
    for (const char* text : {"a", "b", "c"}) CHECK(send(o.s, text) == delivery::queued);
    CHECK(o.s.buffered() > 0);
  }
  o.house.w.settle();
  CHECK(o.s.buffered() == 0);
  for (const char* text : {"4a", "4b", "4c"}) CHECK(o.ws.text() == text);
}

TEST_CASE("volatile packets go out at once or not at all", "[engine][output]") {  // edge 242, 243, 244
  output_world o;
  SECTION("idle") { CHECK(send(o.s, "v", true) == delivery::queued); }
  SECTION("behind a regular one") {
    CHECK(send(o.s, "r") == delivery::queued);
    CHECK(send(o.s, "v", true) == delivery::dropped);
    CHECK(send(o.s, "r") == delivery::queued);
    o.house.w.settle();
    CHECK(o.ws.text() == "4r");
    CHECK(o.ws.text() == "4r");
    CHECK(send(o.s, "v", true) == delivery::queued);
  }
  SECTION("two in a row") {
    CHECK(send(o.s, "v", true) == delivery::queued);
    CHECK(send(o.s, "w", true) == delivery::dropped);
  }
  o.house.w.settle();
  CHECK(o.ws.text() == "4v");
  CHECK_FALSE(o.ws.next());
}

TEST_CASE("volatile packets need a held GET on polling", "[engine][output]") {  // edge 245
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  const engine_session s = house.sessions[0];
  CHECK(send(s, "v", true) == delivery::dropped);
  client.send(get(target));
  CHECK(send(s, "v", true) == delivery::queued);
  CHECK(send(s, "w", true) == delivery::dropped);
  house.w.settle();
  CHECK(client.answer().value().body == "4v");
  CHECK(send(s, "v", true) == delivery::dropped);
}

TEST_CASE("volatile packets are dropped while the peer has no room", "[engine][output]") {
  output_world o({}, 1000);
  CHECK(send(o.s, std::string(3000, 'x')) == delivery::queued);
  o.house.w.settle();
  CHECK(send(o.s, "v", true) == delivery::dropped);
}

TEST_CASE("a peer that reads slowly gets everything in order", "[engine][output]") {
  output_world o({}, 500);
  for (int i = 0; i < 200; ++i) CHECK(send(o.s, std::to_string(i) + std::string(100, 'x')) == delivery::queued);
  for (int i = 0; i < 200; ++i) {
    auto frame = o.ws.next();
    for (int tries = 0; !frame && tries < 5; ++tries) {
      o.house.w.settle();
      frame = o.ws.next();
    }
    REQUIRE(frame);
    CHECK(frame->payload == "4" + std::to_string(i) + std::string(100, 'x'));
  }
  o.house.w.settle();
  CHECK(o.s.buffered() == 0);
}

TEST_CASE("more than the limit of waiting bytes ends the session: a slow consumer", "[engine][output]") {
  output_world o(marks(1000, 2000), 500);
  CHECK(send(o.s, std::string(5000, 'x')) == delivery::queued);  // one alone always fits
  o.house.w.settle();
  CHECK(send(o.s, "y") == delivery::over_budget);
  CHECK_FALSE(o.s.open());
  CHECK(send(o.s, "z") == delivery::refused);
  o.house.w.settle();
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "slow consumer");
}

TEST_CASE("a sender is told that its client is over budget", "[engine][output]") {
  output_world o(marks(10'000, 2000), 500);
  CHECK(send(o.s, std::string(5000, 'x')) == delivery::queued);
  o.house.w.settle();
  const report told = o.house.w.run(o.s.send(std::string("y")));
  CHECK(told.queued == 0);
  CHECK(told.refused == 1);
  CHECK(told.over_budget == 1);
}

TEST_CASE("a ping goes before all that waits for a slow client", "[engine][output]") {
  output_world o({}, 500);
  for (int i = 0; i < 100; ++i) send(o.s, std::to_string(i) + std::string(100, 'x'));
  o.house.w.settle();
  o.house.w.advance(25s);  // the interval of pings
  std::vector<std::string> came;
  while (came.size() < 101) {
    auto frame = o.ws.next();
    for (int tries = 0; !frame && tries < 5; ++tries) {
      o.house.w.settle();
      frame = o.ws.next();
    }
    REQUIRE(frame);
    came.push_back(frame->payload);
  }
  const auto ping = std::find(came.begin(), came.end(), "2");
  REQUIRE(ping != came.end());
  CHECK(ping - came.begin() <= 64);  // behind what was being written, a batch at most
  came.erase(ping);
  for (std::size_t i = 0; i < came.size(); ++i) CHECK(came[i] == "4" + std::to_string(i) + std::string(100, 'x'));
}

TEST_CASE("who waits for room goes on below half of the mark", "[engine][output]") {
  output_world o(marks(1000, 100'000), 400);
  const auto at_once = wait_for_room(o);
  CHECK(*at_once);
  for (int i = 0; i < 15; ++i) send(o.s, std::string(98, 'x'));  // 101 bytes each
  CHECK(o.s.internals()->above_high_water());
  o.house.w.settle();
  const auto waits = wait_for_room(o);
  CHECK_FALSE(*waits);
  while (o.s.buffered() > 500) {
    CHECK_FALSE(*waits);
    REQUIRE(o.ws.next());
    o.house.w.settle();
  }
  CHECK(*waits);
  CHECK_FALSE(o.s.internals()->above_high_water());
}

TEST_CASE("the end of the session ends the wait for room", "[engine][output]") {
  output_world o(marks(1000, 100'000), 400);
  for (int i = 0; i < 15; ++i) send(o.s, std::string(98, 'x'));
  o.house.w.settle();
  const auto waits = wait_for_room(o);
  CHECK_FALSE(*waits);
  SECTION("closed") { o.house.w.run(o.s.close(true)); }
  SECTION("lost") { o.ws.peer().reset(); }
  o.house.w.settle();
  CHECK(*waits);
  CHECK(o.house.closed.size() == 1);
}

TEST_CASE("closing lets a slow peer have the rest first", "[engine][output]") {
  output_world o({}, 500);
  for (int i = 0; i < 20; ++i) send(o.s, std::to_string(i) + std::string(100, 'x'));
  o.house.w.run(o.s.close());
  CHECK(o.house.closed.empty());
  CHECK(send(o.s, "late") == delivery::refused);
  for (int i = 0; i < 20; ++i) {
    o.house.w.settle();
    auto frame = o.ws.next();
    for (int tries = 0; !frame && tries < 5; ++tries) {
      o.house.w.settle();
      frame = o.ws.next();
    }
    REQUIRE(frame);
    CHECK(frame->payload.starts_with("4" + std::to_string(i) + "x"));
  }
  o.house.w.settle();
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "forced close");
  const auto last = o.ws.next();
  REQUIRE(last);
  CHECK(last->is_close());
}

TEST_CASE("a connection that is lost while it is written ends the session", "[engine][output]") {
  output_world o({}, 500);
  o.ws.peer().stream().close();  // nothing runs in between
  send(o.s, std::string(3000, 'x'));
  o.house.w.settle();
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "transport close");
}

TEST_CASE("a handler that streams a gigabyte to a slow reader holds a few buffers of it", "[engine][output]") {
  constexpr std::size_t chunk_bytes = 256 * 1024;
  constexpr std::size_t chunks = 4'096;
  engine_options settings;
  settings.high_water_mark = 1'000'000;
  output_world o(settings, 64 * 1024);
  std::size_t most = 0;
  std::size_t sent = 0;
  auto stream = [&]() -> task<> {
    const binary chunk(std::string(chunk_bytes, 'x'));
    for (; sent < chunks; ++sent) {
      co_await o.s.send(chunk);
      most = std::max(most, o.s.buffered());
    }
  };
  boost::asio::co_spawn(o.house.w.context(), stream(), [](std::exception_ptr e) { CHECK(!e); });
  o.house.w.settle();
  CHECK(sent < 16);  // it waits for the reader
  std::size_t received = 0;
  while (received < chunk_bytes * chunks) {
    const std::string some = o.ws.peer().received();
    REQUIRE(!some.empty());
    received += some.size();
    o.house.w.settle();
  }
  CHECK(sent == chunks);
  CHECK(most < 4 * 1024 * 1024);
  CHECK(most > settings.high_water_mark / 2);
}
