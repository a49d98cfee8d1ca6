// The chain of middleware, and its awaitable next().

#include "socketio/middleware.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/world.hpp"

namespace {

using cosio::next;
using cosio::refusal;
using cosio::task;
using steps = std::vector<std::string>;
using step = std::function<task<>(steps&, next)>;

// Runs links around a last step that says "in".
struct chain_world {
  task<> chain(std::vector<step> links) {
    auto list = links.empty() ? nullptr : std::make_shared<const std::vector<step>>(std::move(links));
    return cosio::socketio::run_chain<step, steps>(std::move(list), 0, done, [this] { return last(done); });
  }
  static task<> last(std::shared_ptr<steps> to) {
    to->emplace_back("in");
    co_return;
  }

  cosio::test::world world;
  std::shared_ptr<steps> done = std::make_shared<steps>();
};

step pass(std::string name) {
  return [name](steps& to, next go) -> task<> {
    to.push_back(name);
    co_await go();
    to.push_back(name + " after");
  };
}

}  // namespace

TEST_CASE("links run in order, and what follows next() runs backwards once the last has let in",
          "[socketio][middleware]") {
  chain_world w;
  w.world.run(w.chain({pass("a"), pass("b")}));
  CHECK(*w.done == steps{"a", "b", "in", "b after", "a after"});
}

TEST_CASE("a chain without links lets in", "[socketio][middleware]") {
  chain_world w;
  w.world.run(w.chain({}));
  CHECK(*w.done == steps{"in"});
}

TEST_CASE("a second next() does nothing", "[socketio][middleware]") {
  chain_world w;
  const step twice = [](steps& to, next go) -> task<> {
    const next copy = go;
    co_await go();
    co_await copy();
    co_await go();
    to.emplace_back("end");
  };
  w.world.run(w.chain({twice, pass("b")}));
  CHECK(*w.done == steps{"b", "in", "b after", "end"});
}

TEST_CASE("a step that does not call next() refuses", "[socketio][middleware]") {
  chain_world w;
  const step stop = [](steps& to, next) -> task<> {
    to.emplace_back("stop");
    co_return;
  };
  CHECK_THROWS_AS(w.world.run(w.chain({pass("a"), stop, pass("c")})), refusal);
  CHECK(*w.done == steps{"a", "stop"});
}

TEST_CASE("a step that throws refuses with its message and data", "[socketio][middleware]") {
  chain_world w;
  const step no = [](steps&, next) -> task<> {
    throw refusal("not you", 401);
    co_return;
  };
  try {
    w.world.run(w.chain({pass("a"), no, pass("c")}));
    FAIL("nothing was thrown");
  } catch (const refusal& r) {
    CHECK(r.message() == "not you");
    CHECK(std::string(r.what()) == "not you");
    CHECK(r.has_data());
    CHECK(r.data() == 401);
  }
  CHECK(*w.done == steps{"a"});
  CHECK_FALSE(refusal("x").has_data());
}

TEST_CASE("a step that is no coroutine may throw as well", "[socketio][middleware]") {
  chain_world w;
  const step no = [](steps&, next) -> task<> { throw std::runtime_error("plain"); };
  CHECK_THROWS_WITH(w.world.run(w.chain({pass("a"), no})), "plain");
}

TEST_CASE("what is thrown behind next() comes out of the chain, and the socket is in", "[socketio][middleware]") {
  chain_world w;
  const step late = [](steps&, next go) -> task<> {
    co_await go();
    throw std::runtime_error("late");
  };
  CHECK_THROWS_WITH(w.world.run(w.chain({late, pass("b")})), "late");
  CHECK(*w.done == steps{"b", "in", "b after"});
}

TEST_CASE("a step may catch what a later one throws, and let in nevertheless", "[socketio][middleware]") {
  chain_world w;
  const step no = [](steps&, next) -> task<> { throw refusal("later"); };
  const step guard = [](steps& to, next go) -> task<> {
    try {
      co_await go();
    } catch (const refusal& r) {
      to.push_back("caught " + r.message());
    }
  };
  w.world.run(w.chain({guard, no}));
  CHECK(*w.done == steps{"caught later"});
}

TEST_CASE("a slow step holds the rest back", "[socketio][middleware]") {
  chain_world w;
  cosio::test::pause here;
  const step slow = [&](steps& to, next go) -> task<> {
    co_await here.wait();
    to.emplace_back("slow");
    co_await go();
  };
  bool ended = false;
  boost::asio::co_spawn(w.world.context(), w.chain({pass("a"), slow, pass("c")}),
                        [&](std::exception_ptr e) { ended = e == nullptr; });
  w.world.settle();
  CHECK(*w.done == steps{"a"});
  here.go();
  w.world.settle();
  CHECK(ended);
  CHECK(*w.done == steps{"a", "slow", "c", "in", "c after", "a after"});
}

TEST_CASE("a next() that was kept does nothing once the chain has refused", "[socketio][middleware]") {
  chain_world w;
  std::optional<next> kept;
  const step keep = [&](steps&, next go) -> task<> {
    kept = go;
    co_return;
  };
  CHECK_THROWS_AS(w.world.run(w.chain({keep, pass("b")})), refusal);
  w.world.run((*kept)());
  CHECK(w.done->empty());
}

TEST_CASE("the links live as long as the chain that runs", "[socketio][middleware]") {
  chain_world w;
  cosio::test::pause here;
  auto token = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = token;
  std::vector<step> links = {[&here, token = std::move(token)](steps& to, next go) -> task<> {
    co_await here.wait();
    to.push_back(std::to_string(*token));
    co_await go();
  }};
  boost::asio::co_spawn(w.world.context(), w.chain(std::move(links)), [](std::exception_ptr) {});
  w.world.settle();
  CHECK_FALSE(alive.expired());
  here.go();
  w.world.settle();
  CHECK(*w.done == steps{"1", "in"});
  CHECK(alive.expired());
}

TEST_CASE("a link that has refused cannot let in later: its next() does nothing any more", "[socketio][middleware]") {
  const bool throws = GENERATE(false, true);
  CAPTURE(throws);
  chain_world w;
  std::shared_ptr<next> kept;
  const step keep = [&](steps& to, next go) -> task<> {
    to.emplace_back("keep");
    kept = std::make_shared<next>(go);
    if (throws) throw refusal("not allowed");
    co_return;
  };
  CHECK_THROWS_WITH(w.world.run(w.chain({pass("a"), keep, pass("b")})), "not allowed");
  REQUIRE(kept);
  w.world.run((*kept)());
  CHECK(*w.done == steps{"a", "keep"});
}
