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
#include "support/captured_log.hpp"
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

TEST_CASE("an answer does not wait until a broadcast has been written to all others", "[engine][output]") {
  output_world o;
  {
    const engine::flush_scope broadcast;
    CHECK(send(o.s, "news") == delivery::queued);
  }
  CHECK(o.s.buffered() > 0);  // a job writes it, in its turn
  {
    const engine::flush_scope input(o.s.internals().get());
    CHECK(send(o.s, "answer") == delivery::queued);
  }
  CHECK(o.s.buffered() == 0);
  o.house.w.settle();
  for (const char* text : {"4news", "4answer"}) CHECK(o.ws.text() == text);
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

namespace {

// More than the limit of 2,000 bytes waits for the client, and less than four times as much.
struct behind_world : output_world {
  behind_world() : output_world(marks(1000, 2000), 500) {
    CHECK(send(s, std::string(5000, 'x')) == delivery::queued);  // one alone always fits
    house.w.settle();
    for (int i = 0; i < 11; ++i) CHECK(send(s, "y") == delivery::queued);  // 195 bytes each, and the first one apart
  }
};

}  // namespace

TEST_CASE("more than the limit of waiting bytes ends the session when the client has had time to read: a slow consumer",
          "[engine][output]") {
  behind_world o;
  o.house.w.advance(4'999ms);
  CHECK(o.s.open());
  o.house.w.advance(1ms);
  CHECK_FALSE(o.s.open());
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "slow consumer");
}

TEST_CASE("a client that reads in time what is above the limit stays, and has as much time the next time",
          "[engine][output]") {
  behind_world o;
  o.house.w.advance(4s);
  for (int frames = 0; frames < 12; o.house.w.settle())
    while (o.ws.next()) ++frames;
  CHECK(o.s.buffered() == 0);
  CHECK(send(o.s, std::string(5000, 'x')) == delivery::queued);
  o.house.w.settle();
  for (int i = 0; i < 11; ++i) CHECK(send(o.s, "y") == delivery::queued);
  o.house.w.advance(4'999ms);
  CHECK(o.s.open());
  o.house.w.advance(1ms);
  CHECK_FALSE(o.s.open());
}

namespace {

engine_options without_pings(engine_options settings) {
  settings.ping_interval = 24h;
  return settings;
}

// 306,000 bytes are queued for a client, and it may have 200,000. A part of it are 781 bytes.
struct slow_world : output_world {
  slow_world() : output_world(without_pings(marks(200'000, 200'000)), 1'000) {
    for (int i = 0; i < 30; ++i) CHECK(send(s, std::string(10'000, 'x')) == delivery::queued);
    house.w.settle();
  }
  void read(std::size_t bytes) {
    std::vector<char> room(bytes);
    boost::system::error_code ec;
    CHECK(ws.peer().stream().read_some(room, ec) == bytes);
  }
};

}  // namespace

TEST_CASE("a client that takes what is above the limit steadily has time until it has read it", "[engine][output]") {
  slow_world o;
  int times = 0;
  while (o.s.open() && o.s.internals()->queued_cost() > 200'000 && times < 1'000) {
    o.read(781);
    o.house.w.advance(5s);
    ++times;
  }
  CHECK(o.s.open());
  CHECK(times > 100);  // ten minutes
  o.house.w.advance(60s);
  CHECK(o.s.open());
}

TEST_CASE("a client that takes a trickle of what is above the limit, or stops, is a slow consumer",
          "[engine][output]") {
  slow_world o;
  SECTION("a trickle") {
    o.read(780);
    o.house.w.advance(4'999ms);
  }
  SECTION("it stops") {
    for (int i = 0; i < 3; ++i) {
      o.read(1'000);
      o.house.w.advance(5s);
    }
    o.house.w.advance(4'999ms);
  }
  CHECK(o.s.open());
  o.house.w.advance(1ms);
  CHECK_FALSE(o.s.open());
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "slow consumer");
}

TEST_CASE("what a client has taken before it was above the limit gives it no more time", "[engine][output]") {
  output_world o(without_pings(marks(200'000, 200'000)), 100'000);
  CHECK(send(o.s, std::string(90'000, 'x')) == delivery::queued);
  o.house.w.settle();
  for (int i = 0; i < 30; ++i) CHECK(send(o.s, std::string(10'000, 'x')) == delivery::queued);
  o.house.w.settle();
  o.house.w.advance(5s);
  CHECK_FALSE(o.s.open());
}

TEST_CASE("on polling an answer gives the time to read it, above the limit", "[engine][output]") {
  engine_options settings = without_pings(marks(200'000, 200'000));
  settings.max_payload = 50'000;
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  const engine_session s = house.sessions.at(0);
  for (int i = 0; i < 40; ++i) CHECK(send(s, std::string(10'000, 'x')) == delivery::queued);
  house.w.settle();
  CHECK(client.ask(get(target)).status == 200);  // four of them, 40,020 bytes: 51 parts of 781
  for (int i = 0; i < 51; ++i) house.w.advance(5s);
  CHECK(s.open());
  house.w.advance(5s);
  CHECK_FALSE(s.open());
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "slow consumer");
}

TEST_CASE("on polling a client that fetches small answers above the limit goes on", "[engine][output]") {
  engine_options settings = without_pings(marks(200'000, 200'000));
  settings.max_payload = 500;  // less than a part of 781 bytes
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  const engine_session s = house.sessions.at(0);
  for (int i = 0; i < 700; ++i) CHECK(send(s, std::string(400, 'x')) == delivery::queued);
  house.w.settle();
  for (int i = 0; i < 60; ++i) {
    house.w.advance(1s);
    CHECK(client.ask(get(target)).status == 200);
    CHECK(s.open());
  }
}

TEST_CASE("on polling a large packet has as many parts of its time as the answer before", "[engine][output]") {
  engine_options settings = marks(200'000, 200'000);
  settings.max_payload = 50'000;
  engine_world house(settings);
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  const engine_session s = house.sessions.at(0);
  for (int i = 0; i < 4; ++i) CHECK(send(s, std::string(10'000, 'x')) == delivery::queued);
  house.w.settle();
  CHECK(client.ask(get(target)).status == 200);  // 51 parts
  CHECK(send(s, std::string(300'000, 'x')) == delivery::queued);
  house.w.settle();
  // 85 s at a time, of which each takes 17 parts: three times, and once more without any.
  for (int i = 0; i < 19; ++i) {
    CHECK(client.ask(post(target, "3")).status == 200);
    house.w.advance(17s);
  }
  CHECK(s.open());
  house.w.advance(17s);
  CHECK_FALSE(s.open());
}

TEST_CASE("more than four times the limit ends the session at once", "[engine][output]") {
  behind_world o;
  int more = 0;
  while (more < 100 && send(o.s, "y") == delivery::queued) ++more;
  CHECK(11 + more == 8'000 / 196);
  CHECK_FALSE(o.s.open());
  CHECK(send(o.s, "z") == delivery::refused);
  o.house.w.settle();
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "slow consumer");
}

TEST_CASE("a sender is told that its client is over budget", "[engine][output]") {
  output_world o(marks(10'000, 2000), 500);
  for (const std::size_t size : {5'000, 7'700}) CHECK(send(o.s, std::string(size, 'x')) == delivery::queued);
  o.house.w.settle();
  const report told = o.house.w.run(o.s.send(std::string("y")));
  CHECK(told.queued == 0);
  CHECK(told.refused == 1);
  CHECK(told.over_budget == 1);
}

TEST_CASE("many small packets are more than the limit by the memory around them", "[engine][output]") {
  output_world o(marks(1'000'000, 192'000), 500);
  int queued = 0;
  while (send(o.s, "") == delivery::queued && queued < 10'000) ++queued;
  CHECK(queued > 3'900);  // four times the limit
  CHECK(queued < 4'200);  // 3 bytes each, of which some hundred have left
}

TEST_CASE("a client that was given no chance to read is written to before it is judged", "[engine][output]") {
  output_world o(marks(1'000'000, 2'000'000), 64'000'000);
  const std::string news(500'000, 'n');
  const bool walks = GENERATE(false, true);
  {
    const engine::flush_scope handler;  // in a handler that never suspends
    for (int i = 0; i < 60; ++i) {
      engine::walk_scope walk;
      if (!walks) walk.end();
      CHECK(send(o.s, news) == delivery::queued);
      CHECK(walk.end() == 0);
      CHECK(o.s.internals()->queued_cost() < 2'600'000);
    }
  }
  CHECK(o.s.open());
  o.house.w.settle();
  CHECK(o.s.buffered() == 0);
}

TEST_CASE("a write that had no room is tried again before the verdict", "[engine][output]") {
  output_world o(marks(4'000'000, 500'000), 300'000);
  const std::string news(100'000, 'n');
  for (int i = 0; i < 4; ++i) CHECK(send(o.s, news) == delivery::queued);
  o.house.w.settle();  // the last of them has no room
  std::vector<char> room(150'000);
  for (int i = 0; i < 60; ++i) {
    CHECK(send(o.s, news) == delivery::queued);
    boost::system::error_code ec;
    o.ws.peer().stream().read_some(room, ec);  // nobody tells the server: its strand is busy meanwhile
  }
  CHECK(o.s.open());
  int more = 0;
  while (send(o.s, news) == delivery::queued && more < 60) ++more;
  CHECK(more < 25);  // it reads no more
  CHECK_FALSE(o.s.open());
}

TEST_CASE("nothing is written inside a walk, and whoever got too much is judged at its end", "[engine][output]") {
  output_world o(marks(1'000'000, 2'000), 500);
  {
    engine::walk_scope walk;
    for (int i = 0; i < 10; ++i) CHECK(send(o.s, std::string(1'000, 'x')) == delivery::queued);
    CHECK(o.s.buffered() == 10 * 1'005);
    CHECK(o.s.open());
    CHECK(walk.end() == 1);
    CHECK_FALSE(o.s.open());
  }
  o.house.w.settle();
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "slow consumer");
}

TEST_CASE("a packet that repeats an attachment too often is refused, and its receiver stays", "[engine][output]") {
  const captured_log log;
  output_world o(marks(1'000'000, 20'000));
  const binary bytes(std::string(1'000, 'b'));
  std::vector<engine::shared_frame> frames = {engine::frame::text(wire::packet_type::message, "51-")};
  for (int i = 0; i < 100; ++i) frames.push_back(engine::frame::binary(wire::revision::v4, bytes));
  CHECK(o.s.internals()->send(frames) == delivery::refused);
  CHECK(log.count(log_level::warn, "max_queued_bytes") == 1);
  CHECK(o.s.open());
  CHECK(send(o.s, "after") == delivery::queued);
  o.house.w.settle();
  CHECK(o.ws.text() == "4after");
  set_log_level(log_level::warn);
  const std::size_t before = log.count(log_level::warn, "max_queued_bytes");
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) CHECK(o.s.internals()->send(frames) == delivery::refused);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
  const std::size_t lines = log.count(log_level::warn, "max_queued_bytes") - before;
  CHECK(lines >= 9);
  CHECK(lines <= 9 * (static_cast<std::size_t>(seconds.count()) + 1));
  CHECK(log.count(log_level::warn, "more lines of this kind, which are left out") >= 4);
}

TEST_CASE("queued frames are charged to the account of their session, and given back", "[engine][output]") {
  output_world o(marks(10'000'000, 10'000'000), 500);
  base::account& account = o.s.internals()->account();
  const std::size_t idle = account.bytes();
  CHECK(idle > 5'000);
  for (int i = 0; i < 10; ++i) {
    for (int k = 0; k < 10; ++k) send(o.s, std::string(1'000, 'x'));
    CHECK(account.bytes() + 500 >= o.s.internals()->queued_cost() + idle - engine::output::included_bytes);
    CHECK(account.bytes() <= o.s.internals()->queued_cost() + idle);
  }
  while (!o.ws.peer().received().empty()) o.house.w.settle();
  CHECK(o.s.buffered() == 0);
  CHECK(account.bytes() == idle);
  for (int k = 0; k < 10; ++k) send(o.s, std::string(1'000, 'x'));
  o.house.w.settle();  // some are being written when the session ends
  const auto& counters = *o.house.engine.internals()->shared_counters();
  const auto frames = base::counter::kept_bytes + static_cast<std::size_t>(base::kept::frames);
  CHECK(counters.sum(frames) > 5'000);
  o.house.w.run(o.s.close(true));
  o.house.sessions.clear();
  o.s = engine_session();
  o.house.w.advance(10s);  // the peer does not answer the close frame
  CHECK(counters.sum(frames) == 0);
  CHECK(counters.sum(base::counter::kept_bytes + static_cast<std::size_t>(base::kept::head)) == 0);
}

TEST_CASE("a packet above the limit is counted until it has left, and takes no room from its client",
          "[engine][output]") {
  engine_options settings = marks(20'000, 20'000);
  settings.max_payload = settings.max_held_bytes = 10'000;
  settings.max_client_bytes = 50'000;
  output_world o(settings, 5'000);
  base::account& account = o.s.internals()->account();
  const std::size_t idle = account.bytes();
  const auto& counters = *o.house.engine.internals()->shared_counters();
  const auto frames = base::counter::kept_bytes + static_cast<std::size_t>(base::kept::frames);
  CHECK(counters.sum(frames) == 0);
  CHECK(send(o.s, std::string(200'000, 'x')) == delivery::queued);
  o.house.w.settle();
  CHECK(counters.sum(frames) == 200'000 + 11 + engine::frame::overhead);
  CHECK(account.bytes() == idle);
  CHECK(account.charge(base::kept::input, 10'000));
  account.give_back(base::kept::input, 10'000);
  CHECK(send(o.s, "behind it") == delivery::queued);
  SECTION("it leaves") {
    while (!o.ws.peer().received().empty()) o.house.w.settle();
    CHECK(o.s.buffered() == 0);
    CHECK(o.s.open());
  }
  SECTION("the session ends") {
    o.house.w.run(o.s.close(true));
    o.house.sessions.clear();
    o.s = engine_session();
    o.house.w.advance(10s);  // the peer does not answer the close frame
  }
  CHECK(counters.sum(frames) == 0);
}

TEST_CASE("a client that answers pings and takes nothing of a packet above the limit is a slow consumer",
          "[engine][output]") {
  output_world o(marks(20'000, 20'000), 1'000);
  CHECK(send(o.s, std::string(100'000, 'x')) == delivery::queued);
  const auto wait = [&o](std::chrono::milliseconds last) {  // 85 s are the default
    for (int i = 0; i < 4; ++i) {
      o.house.w.advance(17s);
      o.ws.send_text("3");
    }
    o.house.w.advance(last);
  };
  const auto read = [&o](std::size_t bytes) {
    std::vector<char> room(bytes);
    boost::system::error_code ec;
    CHECK(o.ws.peer().stream().read_some(room, ec) == bytes);
  };
  wait(17s);  // the connection has taken some of it
  for (int i = 0; i < 3; ++i) {
    read(78);  // a 256th of the limit
    wait(17s);
    CHECK(o.s.open());
  }
  read(77);
  wait(16'999ms);
  CHECK(o.s.open());
  o.house.w.advance(1ms);
  CHECK_FALSE(o.s.open());
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "slow consumer");
  CHECK(o.house.engine.internals()->counters().sum(base::counter::limits +
                                                   static_cast<std::size_t>(base::limit::max_queued_bytes)) == 1);
}

TEST_CASE("a packet above the limit has its own time when all else is below the limit again", "[engine][output]") {
  output_world o(without_pings(marks(20'000, 20'000)), 1'000);
  CHECK(send(o.s, std::string(15'000, 'x')) == delivery::queued);
  o.house.w.settle();
  CHECK(send(o.s, std::string(100'000, 'x')) == delivery::queued);
  o.house.w.settle();
  CHECK(send(o.s, std::string(8'000, 'x')) == delivery::queued);  // now more than the limit waits beside it
  std::vector<char> room(1'000);
  boost::system::error_code ec;
  for (int i = 0; i < 16; ++i) {
    o.ws.peer().stream().read_some(room, ec);
    o.house.w.settle();
  }
  o.house.w.advance(5s);  // the first has left: the rest is no more than the limit, but the large one is there
  CHECK(o.s.open());
  o.house.w.advance(59s);
  CHECK(o.s.open());
}

TEST_CASE("max_client_bytes bounds the queue of a client for whom much else is kept", "[engine][output]") {
  engine_options settings = marks(10'000'000, 10'000'000);
  settings.max_held_bytes = 1'000'000;
  settings.max_client_bytes = 20'000'000;  // above the sum of the others, so it is taken as it stands
  output_world o(settings, 500);
  base::account& account = o.s.internals()->account();
  CHECK(account.charge(base::kept::events, 19'900'000));
  int queued = 0;
  while (send(o.s, std::string(10'000, 'x')) == delivery::queued && queued < 100) ++queued;
  CHECK(queued == 9);
  o.house.w.settle();
  REQUIRE(o.house.closed.size() == 1);
  CHECK(o.house.closed[0].text() == "slow consumer");
  CHECK(o.house.closed[0].detail() == "more than max_client_bytes would wait for this client");
  CHECK(o.house.engine.internals()->counters().sum(base::counter::limits +
                                                   static_cast<std::size_t>(base::limit::max_client_bytes)) == 1);
  account.give_back(base::kept::events, 19'900'000);
}

TEST_CASE("where a part of the account has no limit, the account has none", "[engine][output]") {
  engine_options settings = marks(10'000'000, 0);
  settings.max_held_bytes = 1'000;
  settings.max_payload = 1'000;
  settings.max_client_bytes = 1'000;
  output_world o(settings, 500);
  for (int i = 0; i < 100; ++i) CHECK(send(o.s, std::string(10'000, 'x')) == delivery::queued);
  o.house.w.settle();
  CHECK(o.house.closed.empty());
}

TEST_CASE("to a peer that does not read one pong waits, for its latest ping", "[engine][output]") {
  output_world o({}, 2'000);
  send(o.s, std::string(3'000, 'x'));
  o.house.w.settle();
  client_frame ping;
  ping.op = 0x9;
  const std::size_t before = o.s.internals()->queued_cost();
  for (int i = 0; i < 10'000; ++i) {
    ping.payload = std::to_string(i);
    o.ws.send(ping.bytes());
  }
  CHECK(o.s.internals()->queued_cost() == before + 6 + engine::frame::overhead);
  auto frame = o.ws.next();
  for (int tries = 0; tries < 5 && (!frame || frame->is_text()); ++tries) {
    o.house.w.settle();
    frame = o.ws.next();
  }
  REQUIRE(frame);
  CHECK(frame->op == 0xA);
  CHECK(frame->payload == "9999");
}

TEST_CASE("pings that come together are all answered, in order, while the peer reads", "[engine][output]") {
  output_world o;
  std::string pings;
  client_frame ping;
  ping.op = 0x9;
  for (int i = 0; i < 10; ++i) {
    ping.payload = std::to_string(i);
    pings += ping.bytes();
  }
  o.ws.send(pings);
  for (int i = 0; i < 10; ++i) {
    const auto pong = o.ws.next();
    REQUIRE(pong);
    CHECK(pong->payload == std::to_string(i));
  }
}

TEST_CASE("revision 3: one pong waits for a client that polls nothing", "[engine][output]") {
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client, "EIO=3");
  for (int i = 0; i < 100; ++i) CHECK(client.ask(post(target, "1:21:21:2")).body == "ok");
  CHECK(house.sessions.at(0).internals()->queued_cost() == 3 + engine::frame::overhead);
  CHECK(client.ask(get(target)).body == "1:3");
}

TEST_CASE("private copies are made for one write, and count as what they are", "[engine][output]") {
  engine_world house;
  memory_websocket ws = house.websocket("/engine.io/?EIO=4&transport=websocket&b64=1", "", 500);
  const engine_session s = house.sessions.at(0);
  CHECK(ws.text().starts_with("0{"));
  std::vector<engine::shared_frame> frames;
  for (int i = 0; i < 64; ++i)
    frames.push_back(engine::frame::binary(wire::revision::v4, binary(std::string(90'000, 'b'))));
  CHECK(s.internals()->send(frames) == delivery::queued);
  house.w.settle();
  const std::size_t originals = 64 * (90'000 + 10 + engine::frame::overhead);
  const std::size_t held = s.internals()->queued_cost();
  CHECK(held > originals + 2 * 20'000);  // two frames have been converted: a third more bytes
  CHECK(held < originals + engine::outbox::max_batch_bytes);
  CHECK(s.internals()->account().bytes() + 500 > held);
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
  output_world o(marks(3000, 100'000), 400);
  const auto at_once = wait_for_room(o);
  CHECK(*at_once);
  for (int i = 0; i < 15; ++i) send(o.s, std::string(98, 'x'));  // 293 bytes each, with the memory around them
  CHECK(o.s.internals()->above_high_water());
  o.house.w.settle();
  const auto waits = wait_for_room(o);
  CHECK_FALSE(*waits);
  while (o.s.internals()->queued_cost() > 1500) {
    CHECK_FALSE(*waits);
    REQUIRE(o.ws.next());
    o.house.w.settle();
  }
  CHECK(*waits);
  CHECK_FALSE(o.s.internals()->above_high_water());
}

TEST_CASE("there is room as long as exactly half of the mark is queued", "[engine][output]") {
  const std::size_t more = GENERATE(0U, 1U);
  CAPTURE(more);
  constexpr std::size_t each = 100 + engine::frame::overhead;
  output_world o(marks(10 * each, 100'000), 400);
  send(o.s, std::string(395, 'x'));  // a frame of 400 bytes: the connection is full
  o.house.w.settle();
  REQUIRE(o.s.buffered() == 0);
  for (int i = 0; i < 4; ++i) send(o.s, std::string(97, 'x'));  // 100 bytes each
  send(o.s, std::string(97 + more, 'x'));
  o.house.w.settle();
  REQUIRE(o.s.internals()->queued_cost() == 5 * each + more);
  const auto waits = wait_for_room(o);
  CHECK(*waits == (more == 0));
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
