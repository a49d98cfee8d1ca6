// Counting what is under way, and waiting for zero.

#include "async/gate.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cosio/error.hpp>

#include <array>
#include <atomic>
#include <csignal>
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

#ifdef NDEBUG
constexpr bool has_assertions = false;
#else
constexpr bool has_assertions = true;
#endif

// Runs `work` in a child process. @return the signal that ended it; 0 when it ended by itself.
template <class F>
int signal_of_child(F work) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL);  // Catch2 would report a failed test
    ::close(STDERR_FILENO);
    work();
    ::_exit(0);
  }
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
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

TEST_CASE("a gate whose owner is gone stays until its last pass is given back", "[async][gate]") {
  auto g = std::make_shared<gate>();
  const std::weak_ptr<gate> seen = g;
  std::optional<gate::pass> first(g);
  std::optional<gate::pass> last(g);
  g = nullptr;
  CHECK_FALSE(seen.expired());
  first.reset();
  CHECK_FALSE(seen.expired());
  last.reset();
  CHECK(seen.expired());
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

TEST_CASE("a gate that is closed refuses new passes, and those inside keep theirs", "[async][gate]") {
  cosio::test::world w;
  const auto g = std::make_shared<gate>();
  std::optional<gate::pass> held(g);
  bool closed = false;
  asio::co_spawn(w.context(), g->close(), [&](std::exception_ptr e) { closed = !e; });
  w.settle();
  CHECK_FALSE(closed);
  try {
    const gate::pass late(g);
    FAIL("a pass of a closed gate was given");
  } catch (const cosio::error& e) {
    CHECK(e.code() == cosio::errc::cancelled);
  }
  CHECK(g->count() == 1);  // the refused one is not counted
  held.reset();
  w.settle();
  CHECK(closed);
  CHECK_THROWS_AS(gate::pass(g), cosio::error);
  CHECK(g->count() == 0);
}

TEST_CASE("closing a gate begins when it is called, not when it is awaited", "[async][gate]") {
  cosio::test::world w;
  const auto g = std::make_shared<gate>();
  task<> closing = g->close();
  CHECK_THROWS_AS(gate::pass(g), cosio::error);
  w.run(std::move(closing));
}

TEST_CASE("a gate that goes while somebody is inside is an assertion", "[async][gate]") {
  const auto destroy = [](bool inside) {
    auto doomed = std::make_unique<gate>();
    // A shared_ptr that does not own the gate: the mistake that the assertion is there for.
    std::optional<gate::pass> held(std::shared_ptr<gate>(std::shared_ptr<gate>(), doomed.get()));
    if (!inside) held.reset();
    doomed.reset();
    ::_exit(0);  // the pass would touch the gate
  };
  CHECK(signal_of_child([&] { destroy(true); }) == (has_assertions ? SIGABRT : 0));
  CHECK(signal_of_child([&] { destroy(false); }) == 0);
}
