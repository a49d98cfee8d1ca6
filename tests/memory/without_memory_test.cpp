// Functions that must not allocate, because they are called where there may be no memory; and the result of a wait
// without memory to wait with.

#include <cosio/options.hpp>

#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "async/memory_stream.hpp"
#include "async/suspension.hpp"
#include "engine/visitors.hpp"
#include "http/connection.hpp"
#include "memory/refuse_allocation.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// Calls `work` on a thread whose allocations count: the calling one stays as it is.
template <class F>
void on_starving_thread(F work) {
  std::thread([&work] {
    starve_this_thread(memory_of::asio_as_well);
    work();
    refuse_allocation(0);
  }).join();
}

task<boost::system::error_code> wait_without_memory(std::shared_ptr<async::suspension>& waiting) {
  auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting = std::move(me); };
  refuse_allocation(1);
  const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
  co_return ec;
}

}  // namespace

TEST_CASE("a session of an IPv6 address is forgotten without memory", "[memory]") {
  engine_options limits;
  limits.max_sessions_per_address = 1;
  const auto v = std::make_shared<engine::visitors>(limits);
  const std::string address = "2001:db8:1111:2222:3333:4444:5555:6666";
  REQUIRE_FALSE(v->opened(address));
  bool refused = true;
  on_starving_thread([&] {
    refuse_allocation(1);
    v->closed(address);
    refused = was_refused();
  });
  CHECK_FALSE(refused);
  CHECK_FALSE(v->opened(address));
  CHECK(v->opened(address));
}

TEST_CASE("a coroutine that there is no memory to suspend is told so, and goes on", "[memory]") {
  boost::system::error_code told;
  std::exception_ptr left_run;
  on_starving_thread([&] {
    world w;
    std::shared_ptr<async::suspension> waiting;
    try {
      told = w.run(wait_without_memory(waiting));
    } catch (...) {
      left_run = std::current_exception();
    }
  });
  CHECK(told == boost::system::errc::not_enough_memory);
  CHECK_FALSE(left_run);
}

TEST_CASE("idle connections are closed although there is no memory to tell one of them", "[memory]") {
  std::size_t before = 0;
  std::size_t after = 2;
  bool refused = false;
  on_starving_thread([&] {
    world w;
    const auto shared = std::make_shared<http::connection_context>(http::app_options(), w.take_runtime());
    async::memory_streams one;
    async::memory_streams other;
    http::connection::start(std::move(one.near), w.make_strand(), shared);
    http::connection::start(std::move(other.near), w.make_strand(), shared);
    w.settle();
    before = shared->open.size();
    refuse_allocation(1);
    shared->open.close_all();
    refused = was_refused();
    w.advance(200ms);
    after = shared->open.size();
  });
  CHECK(before == 2);
  CHECK(refused);
  CHECK(after == 0);
}
