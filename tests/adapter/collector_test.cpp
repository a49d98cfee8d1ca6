// The answers of many.

#include "adapter/collector.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cosio/error.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace std::chrono_literals;
using cosio::adapters::collector;
using cosio::test::world;

namespace {

arguments one(int value) { return arguments(boost::json::array{value}); }

// A coroutine that waits for a collector.
struct waiting {
  waiting(world& w, const std::shared_ptr<collector>& on, std::chrono::milliseconds timeout) {
    boost::asio::co_spawn(w.context(), collector::wait(on, w.timers(), timeout),
                          [this](std::exception_ptr, answers got) { result = std::move(got); });
    w.settle();
  }
  std::optional<answers> result;
};

}  // namespace

TEST_CASE("answers are collected until every server has said how many, and all have come", "[adapter][collector]") {
  world w;
  const auto all = std::make_shared<collector>(2);
  all->expect(1);
  all->answered(one(1));
  waiting caller(w, all, 5s);
  CHECK_FALSE(caller.result);  // the other server has not spoken
  all->expect(2);
  all->answered(one(2));
  w.settle();
  CHECK_FALSE(caller.result);
  all->answered(one(3));
  w.settle();
  REQUIRE(caller.result);
  CHECK(caller.result->complete());
  REQUIRE(caller.result->responses().size() == 3);
  CHECK(caller.result->responses()[2][0] == 3);
}

// edge 231
TEST_CASE("nobody to ask is an answer at once", "[adapter][collector]") {
  world w;
  const auto all = std::make_shared<collector>(1);
  all->expect(0);
  waiting caller(w, all, 5s);
  REQUIRE(caller.result);
  CHECK(caller.result->complete());
}

TEST_CASE("when the time is over, what came is returned as incomplete", "[adapter][collector]") {
  world w;
  const auto all = std::make_shared<collector>(1);
  all->expect(2);
  waiting caller(w, all, 5s);
  all->answered(one(1));
  w.advance(4999ms);
  CHECK_FALSE(caller.result);
  w.advance(1ms);
  REQUIRE(caller.result);
  CHECK_FALSE(caller.result->complete());
  CHECK(caller.result->responses().size() == 1);
  all->answered(one(2));  // late: nobody listens
}

TEST_CASE("who left is not waited for, but missing", "[adapter][collector]") {
  world w;
  const auto all = std::make_shared<collector>(1);
  all->expect(2);
  waiting caller(w, all, 5s);
  all->answered(one(1));
  all->gone();
  w.settle();
  REQUIRE(caller.result);
  CHECK_FALSE(caller.result->complete());
  CHECK(caller.result->responses().size() == 1);
}

TEST_CASE("a wait for answers that nobody gives goes with its io_context", "[adapter][collector]") {
  auto w = std::make_unique<world>();
  auto all = std::make_shared<collector>(1);
  const std::weak_ptr<collector> seen = all;
  const waiting caller(*w, all, 5s);
  all = nullptr;
  CHECK_FALSE(seen.expired());
  w = nullptr;
  CHECK(seen.expired());
  CHECK_FALSE(caller.result);
}

TEST_CASE("parts are returned with the number of those that are missing", "[adapter][collector]") {
  world w;
  const auto all = std::make_shared<collector>(1);
  all->expect(2);
  all->answered(one(1));
  std::optional<partial<std::vector<arguments>>> got;
  boost::asio::co_spawn(w.context(), collector::wait_for_parts(all, w.timers(), 5s),
                        [&](std::exception_ptr, partial<std::vector<arguments>> parts) { got = std::move(parts); });
  w.advance(4999ms);
  CHECK_FALSE(got);
  w.advance(1ms);
  REQUIRE(got);
  REQUIRE(got->value.size() == 1);
  CHECK(got->value[0][0] == 1);
  CHECK(got->missing.expected() == 2);
  CHECK(got->missing.received() == 1);
}

TEST_CASE("a server that does not say how many answers come from it is missing, whatever the others said",
          "[adapter][collector]") {
  world w;
  const auto all = std::make_shared<collector>(2);
  all->expect(1);
  all->answered(one(1));
  all->answered(one(2));  // more than it announced
  waiting caller(w, all, 5s);
  w.advance(5s);
  REQUIRE(caller.result);
  CHECK_FALSE(caller.result->complete());
  CHECK(caller.result->responses().size() == 2);
}

TEST_CASE("a wait for answers that is cancelled throws, unless all of them are there", "[adapter][collector]") {
  world w;
  const auto few = std::make_shared<collector>(2);
  few->expect(1);
  few->answered(one(1));
  std::exception_ptr thrown;
  boost::asio::co_spawn(w.context(), collector::wait(few, w.timers(), 5s),
                        [&](std::exception_ptr e, const answers&) { thrown = e; });
  w.settle();
  CHECK_FALSE(thrown);
  few->cancel("the end");
  w.settle();
  REQUIRE(thrown);
  try {
    std::rethrow_exception(thrown);
  } catch (const error& e) {
    CHECK(e.code() == errc::cancelled);
    CHECK(e.detail() == "the end");
  }
  const auto whole = std::make_shared<collector>(1);
  whole->expect(1);
  whole->answered(one(1));
  whole->cancel("the end");
  waiting caller(w, whole, 5s);
  REQUIRE(caller.result);
  CHECK(caller.result->complete());
}
