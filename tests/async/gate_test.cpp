// Counting what is under way, and waiting for zero.

#include "async/gate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/world.hpp"

namespace asio = boost::asio;
using cosio::task;
using cosio::async::gate;

namespace {

task<> wait(std::shared_ptr<gate> g, std::shared_ptr<int> ended) {
  co_await g->wait_for_zero();
  ++*ended;
}

}  // namespace

TEST_CASE("a gate counts its passes", "[async][gate]") {
  const auto g = std::make_shared<gate>();
  CHECK(g->count() == 0);
  {
    const gate::pass one(g);
    gate::pass two(g);
    CHECK(g->count() == 2);
    const gate::pass moved = std::move(two);
    CHECK(g->count() == 2);
    two = {};
    CHECK(g->count() == 2);
  }
  CHECK(g->count() == 0);
}

TEST_CASE("assigning to a pass gives the old one back", "[async][gate]") {
  const auto a = std::make_shared<gate>();
  const auto b = std::make_shared<gate>();
  gate::pass held(a);
  held = gate::pass(b);
  CHECK(a->count() == 0);
  CHECK(b->count() == 1);
  held = {};
  CHECK(b->count() == 0);
}

TEST_CASE("waiting for zero ends at once when nothing is under way", "[async][gate]") {
  cosio::test::world w;
  const auto g = std::make_shared<gate>();
  w.run(g->wait_for_zero());
  CHECK(g->count() == 0);
}

TEST_CASE("everybody who waits goes on when the last pass is given back, and not before", "[async][gate]") {
  cosio::test::world w;
  const auto g = std::make_shared<gate>();
  const auto ended = std::make_shared<int>(0);
  std::optional<gate::pass> first(g);
  std::optional<gate::pass> last(g);
  for (int i = 0; i < 3; ++i) asio::co_spawn(w.context(), wait(g, ended), [](std::exception_ptr) {});
  w.settle();
  first.reset();
  w.settle();
  CHECK(*ended == 0);
  last.reset();
  CHECK(*ended == 0);  // posted, not called from inside
  w.settle();
  CHECK(*ended == 3);
}

TEST_CASE("a gate can be used again after it was empty", "[async][gate]") {
  cosio::test::world w;
  const auto g = std::make_shared<gate>();
  const auto ended = std::make_shared<int>(0);
  for (int turn = 1; turn <= 3; ++turn) {
    std::optional<gate::pass> held(g);
    asio::co_spawn(w.context(), wait(g, ended), [](std::exception_ptr) {});
    w.settle();
    CHECK(*ended == turn - 1);
    held.reset();
    w.settle();
    CHECK(*ended == turn);
  }
}

TEST_CASE("passes come and go on many threads while others wait for zero", "[async][gate]") {
  const auto g = std::make_shared<gate>();
  std::atomic<int> ended{0};
  asio::thread_pool pool(3);
  std::optional<gate::pass> held(g);
  for (int i = 0; i < 50; ++i)
    asio::co_spawn(pool, g->wait_for_zero(), [&](std::exception_ptr e) { ended += e ? 1000 : 1; });
  std::array<std::thread, 3> threads;
  for (auto& thread : threads)
    thread = std::thread([&] {
      for (int i = 0; i < 2000; ++i) const gate::pass brief(g);
    });
  for (auto& thread : threads) thread.join();
  held.reset();
  pool.join();
  CHECK(ended == 50);
  CHECK(g->count() == 0);
}
