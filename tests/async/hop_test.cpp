// Calling something on another strand.

#include "async/hop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/world.hpp"

namespace asio = boost::asio;
using cosio::task;
using cosio::async::call_on;
using cosio::async::strand;
using cosio::test::world;

namespace {

task<std::string> where_it_runs(strand here, strand there) {
  auto look = [here, there] {
    return std::string(there.running_in_this_thread() ? "there" : "") + (here.running_in_this_thread() ? "here" : "");
  };
  std::string inside = co_await call_on(there, look);
  inside += "," + look();
  co_return inside;
}

task<std::unique_ptr<int>> move_only_result(strand there) {
  auto work = [] { return std::make_unique<int>(7); };
  auto result = co_await call_on(there, std::move(work));
  co_return result;
}

task<int> no_result(strand there, std::shared_ptr<int> counter) {
  auto work = [counter] { ++*counter; };
  co_await call_on(there, std::move(work));
  co_return *counter;
}

task<> throwing(strand there) {
  auto work = []() -> int { throw std::runtime_error("from there"); };
  co_await call_on(there, std::move(work));
}

}  // namespace

TEST_CASE("call_on runs there and comes back", "[async][hop]") {
  world w;
  const strand here = w.make_strand();
  const strand there = w.make_strand();
  std::optional<std::string> places;
  asio::co_spawn(here, where_it_runs(here, there), [&](std::exception_ptr, std::string text) { places = text; });
  w.settle();
  CHECK(places == "there,here");
}

TEST_CASE("call_on brings back results that can only be moved, or none", "[async][hop]") {
  world w;
  const auto moved = w.run(move_only_result(w.make_strand()));
  REQUIRE(moved);
  CHECK(*moved == 7);
  CHECK(w.run(no_result(w.make_strand(), std::make_shared<int>(41))) == 42);
}

TEST_CASE("call_on throws here what was thrown there", "[async][hop]") {
  world w;
  CHECK_THROWS_WITH(w.run(throwing(w.make_strand())), "from there");
}

TEST_CASE("call_on to the caller's own strand does not block itself", "[async][hop]") {
  world w;
  const strand own = w.make_strand();
  std::optional<std::string> places;
  asio::co_spawn(own, where_it_runs(own, own), [&](std::exception_ptr, std::string text) { places = text; });
  w.settle();
  CHECK(places == "therehere,therehere");
}

TEST_CASE("a cancelled caller is told, and the work is done all the same", "[async][hop]") {
  world w;
  asio::io_context elsewhere;
  const strand there(elsewhere.get_executor());
  const auto counter = std::make_shared<int>(0);
  asio::cancellation_signal cancel;
  std::exception_ptr thrown;
  auto done = [&](std::exception_ptr e, int) { thrown = e; };
  asio::co_spawn(w.context(), no_result(there, counter), asio::bind_cancellation_slot(cancel.slot(), done));
  w.settle();
  cancel.emit(asio::cancellation_type::terminal);
  w.settle();
  REQUIRE(thrown);
  CHECK_THROWS_AS(std::rethrow_exception(thrown), boost::system::system_error);
  CHECK(*counter == 0);
  elsewhere.poll();
  CHECK(*counter == 1);
}

TEST_CASE("a call to a strand whose io_context has ended, or ends first, is given up", "[async][hop]") {
  world w;
  const auto context = std::make_shared<cosio::async::own_context>(1);
  const strand gone(context->get_executor());
  const bool before = GENERATE(true, false);
  CAPTURE(before);
  if (before) context->end();
  bool called = false;
  std::exception_ptr thrown;
  auto work = [&called] { called = true; };
  asio::co_spawn(w.context(), call_on(gone, std::move(work)), [&](std::exception_ptr e) { thrown = e; });
  w.settle();
  if (!before) context->end();
  w.settle();
  REQUIRE(thrown);
  CHECK_THROWS_AS(std::rethrow_exception(thrown), boost::system::system_error);
  CHECK_FALSE(called);
}
