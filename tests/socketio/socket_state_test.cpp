// State of a socket that only its client's strand touches, and the memory that a client makes the server keep.

#include <cosio/cosio.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/session.hpp"
#include "socketio/sio_world.hpp"
#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::task;

namespace {

struct counter {
  int value = 0;
};

task<> count(cosio::socket user, int times) {
  for (int i = 0; i < times; ++i) co_await user.with<counter>([](counter& mine) { ++mine.value; });
}

task<int> look(cosio::socket user) {
  const int value = co_await user.with<counter>([](counter& mine) { return mine.value; });
  co_return value;
}

}  // namespace

TEST_CASE("threads change the state of a socket one after the other", "[socketio][socket_state]") {
  mailbox<cosio::socket> joined;
  sio_server s(test_options(4));
  s.io.on_connection([&](cosio::socket c) { joined.put(c); });
  sio_client client(s.start());
  client.join();
  const cosio::socket user = joined.take();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { s.run(count(user, 250)); });
  for (std::thread& one : threads) one.join();
  CHECK(s.run(look(user)) == 1'000);
}

TEST_CASE("the function of with() runs on the client's strand, at once when the caller is there",
          "[socketio][socket_state]") {
  sio_world house;
  std::vector<std::string> order;
  house.io.on_connection([&](cosio::socket c) -> task<> {
    order.emplace_back("before");
    auto note = [&](counter&) { order.emplace_back("with"); };
    auto noting = c.with<counter>(note);
    co_await std::move(noting);
    order.emplace_back("behind");
  });
  visitor v = house.join(every_way[0]);
  CHECK(order == std::vector<std::string>{"before", "with", "behind"});
  const auto& strand = house.sockets.at(0).conn().internals()->get_strand();
  auto ask = [&strand](counter&) { return strand.running_in_this_thread(); };
  CHECK(house.w.run(house.sockets[0].with<counter>(ask)));
}

TEST_CASE("a socket has one state of each type, and it stays readable behind the end", "[socketio][socket_state]") {
  sio_world house;
  visitor v = house.join(every_way[0]);
  const cosio::socket user = house.sockets.at(0);
  house.w.run(count(user, 3));
  auto write = [](std::string& mine) { mine = "text"; };
  house.w.run(user.with<std::string>(write));
  house.w.run(user.disconnect(true));
  auto read = [](std::string& mine) { return mine; };
  CHECK(house.w.run(user.with<std::string>(read)) == "text");
  CHECK(house.w.run(look(user)) == 3);
}

TEST_CASE("what the function of with() throws reaches the caller", "[socketio][socket_state]") {
  sio_world house;
  visitor v = house.join(every_way[0]);
  auto fail = [](counter&) -> int { throw std::runtime_error("out of stock"); };
  CHECK_THROWS_WITH(house.w.run(house.sockets.at(0).with<counter>(fail)), "out of stock");
}

TEST_CASE("the state of a socket goes with its last handle", "[socketio][socket_state]") {
  const auto token = std::make_shared<int>();
  sio_world house;
  {
    visitor v = house.join(every_way[4]);  // a WebSocket
    auto keep = [&token](std::shared_ptr<int>& mine) { mine = token; };
    house.w.run(house.sockets.at(0).with<std::shared_ptr<int>>(keep));
    CHECK(token.use_count() == 2);
    house.w.run(house.sockets[0].disconnect(true));
  }
  house.sockets.clear();
  house.w.advance(std::chrono::seconds(60));  // the client does not answer the close frame
  CHECK(token.use_count() == 1);
}

TEST_CASE("a client's memory is told by its kinds, which add up", "[socketio][socket_state]") {
  sio_world house;
  visitor v = house.join(every_way[0]);
  const cosio::socket user = house.sockets.at(0);
  const cosio::client_memory idle = house.w.run(user.memory());
  CHECK(idle.session > 2'000);
  CHECK(idle.outgoing == 0);
  CHECK(idle.incoming == 0);
  CHECK(idle.events == 0);
  CHECK(idle.others > 0);  // its socket
  CHECK(idle.total == idle.session + idle.others);
  house.w.run(user.join(std::string(500, 'r')));
  const cosio::client_memory in_room = house.w.run(user.memory());
  CHECK(in_room.others >= idle.others + 500);
  CHECK(house.w.run(user.conn().memory()).total == in_room.total);
  CHECK(in_room.total == user.conn().internals()->account().bytes());
}
