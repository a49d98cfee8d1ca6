// Functions that must not allocate, because they are called where there may be no memory; and the result of a wait
// without memory to wait with.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

#include <cosio/options.hpp>

#include <exception>
#include <memory>
#include <new>
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

// Waits, and says which exception ended the wait.
task<> note_failure(std::shared_ptr<async::suspension>& waiting, std::exception_ptr& failed) {
  auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting = std::move(me); };
  try {
    co_await async::wait(std::move(hand_out));
  } catch (...) {
    failed = std::current_exception();
  }
}

bool is_bad_alloc(const std::exception_ptr& thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
  }
  return false;
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

TEST_CASE("a wait whose exception there is no memory for ends with bad_alloc, and the io_context goes on", "[memory]") {
  std::exception_ptr failed;
  std::exception_ptr left_run;
  bool refused = false;
  std::thread([&] {
    world w;
    std::shared_ptr<async::suspension> waiting;
    boost::asio::co_spawn(w.context(), note_failure(waiting, failed), [](std::exception_ptr) {});
    w.settle();
    starve_this_thread(memory_of::the_program);
    waiting->end(make_error_code(boost::asio::error::connection_reset));
    refuse_allocation(1);
    try {
      w.context().restart();
      w.context().poll();
    } catch (...) {
      left_run = std::current_exception();
    }
    refused = was_refused();
    refuse_allocation(0);
  }).join();
  CHECK(refused);
  CHECK_FALSE(left_run);
  CHECK(is_bad_alloc(failed));
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
