// Functions that must not allocate, because they are called where there may be no memory; and the result of a wait
// without memory to wait with.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <cosio/options.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "async/memory_stream.hpp"
#include "async/runtime.hpp"
#include "async/suspension.hpp"
#include "engine/flush.hpp"
#include "engine/handler_queue.hpp"
#include "engine/visitors.hpp"
#include "http/connection.hpp"
#include "memory/refuse_allocation.hpp"
#include "support/captured_log.hpp"
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

// The owner of a queue, which closes it when its handlers cannot be started: as a client does.
class stuck_owner final : engine::handler_queue::owner {
 public:
  explicit stuck_owner(const async::strand& on) : strand_(on) {}
  engine::handler_queue& queue() noexcept { return queue_; }
  bool was_stuck() const noexcept { return stuck_; }

 private:
  std::shared_ptr<void> keep_handlers() override { return here_; }
  const async::strand& handler_strand() const noexcept override { return strand_; }
  void on_handler_room() override {}
  void on_handlers_stuck(std::exception_ptr) noexcept override {
    stuck_ = true;
    queue_.close();
  }

  async::strand strand_;
  engine_options limits_;
  base::counters counters_;
  const std::shared_ptr<void> here_ = std::make_shared<int>();
  engine::handler_queue queue_{*this, limits_, counters_};
  bool stuck_ = false;
};

task<> keep(std::shared_ptr<int>) { co_return; }

struct counted_flush final : engine::flushable {
  explicit counted_flush(async::strand on) : strand(std::move(on)) {}
  void flush() noexcept override { ++flushed; }
  async::executor get_executor() const noexcept override { return strand.get_inner_executor(); }

  async::strand strand;
  int flushed = 0;
};

}  // namespace

TEST_CASE("handlers that there was no memory to start are gone with their client", "[memory]") {
  world w;
  stuck_owner client(w.make_strand());
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> lives = held;
  on_starving_thread([&] {
    client.queue().add(keep(std::move(held)), [](std::exception_ptr) {});
    CHECK(client.queue().bytes() == engine::handler_queue::overhead);
    refuse_allocation(1);
    client.queue().run();
  });
  CHECK(client.was_stuck());
  CHECK(lives.expired());
  CHECK(client.queue().bytes() == 0);
}

TEST_CASE("what cannot be flushed later, for want of memory, is flushed at once", "[memory]") {
  world w;
  std::vector<std::shared_ptr<counted_flush>> sessions;
  for (int i = 0; i < 3; ++i) sessions.push_back(std::make_shared<counted_flush>(w.make_strand()));
  const auto flushed = [&] { return std::array{sessions[0]->flushed, sessions[1]->flushed, sessions[2]->flushed}; };
  on_starving_thread([&] {
    refuse_allocation(1);
    engine::schedule_flush(sessions[0]);
    CHECK(was_refused());
  });
  CHECK(flushed() == std::array{1, 0, 0});
  on_starving_thread([&] {
    std::optional<engine::flush_scope> scope(std::in_place);
    for (const auto& one : sessions) engine::schedule_flush(one);
    refuse_allocation(1);
    scope.reset();
    CHECK(was_refused());
  });
  CHECK(flushed() == std::array{2, 1, 1});
  w.settle();
  CHECK(flushed() == std::array{2, 1, 1});  // and not once more
}

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

TEST_CASE("the oldest silent session is chosen, and one that was heard is forgotten, without memory", "[memory]") {
  engine_options limits;
  limits.max_silent_sessions_per_address = 1;
  const auto v = std::make_shared<engine::visitors>(limits);
  const std::string address = "2001:db8:1111:2222:3333:4444:5555:6666";
  const auto first = v->begin_silence(address, {});
  const auto second = v->begin_silence(address, {});
  bool refused = true;
  on_starving_thread([&] {
    refuse_allocation(1);
    v->choose_silent(address);
    v->end_silence(address, second);
    v->end_silence(address, first);
    refused = was_refused();
  });
  CHECK_FALSE(refused);
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

TEST_CASE("a wait that ends without memory ends all the same, as soon as there is memory", "[memory]") {
  const captured_log log;
  const auto running = std::make_shared<async::runtime>(1);
  std::array<std::shared_ptr<async::suspension>, 2> waiting;
  std::array<std::atomic<int>, 2> code{-1, -1};
  const auto wait = [&](std::size_t which) -> task<> {
    auto hand_out = [&waiting, which](std::shared_ptr<async::suspension> me) { waiting[which] = std::move(me); };
    const boost::system::error_code ec = co_await async::suspend(std::move(hand_out));
    code[which] = ec.value();
  };
  boost::asio::co_spawn(running->make_strand(), wait(0), [](std::exception_ptr) {});
  boost::asio::co_spawn(running->make_strand(), wait(1), [](std::exception_ptr) {});
  std::thread thread([&] { running->run(); });
  boost::asio::post(running->get_executor(), boost::asio::use_future).get();
  const auto next_turn = [&] { boost::asio::post(running->get_executor(), boost::asio::use_future).get(); };
  next_turn();
  bool refused = false;
  bool first_end = false;
  on_starving_thread([&] {
    refuse_allocation(1);
    first_end = waiting[0]->end(boost::asio::error::timed_out);
    refused = was_refused();
  });
  next_turn();
  CHECK(refused);
  CHECK(first_end);
  CHECK(code[0] == -1);
  CHECK(waiting[1]->end());
  CHECK_FALSE(waiting[0]->end());
  for (int turn = 0; turn < 3; ++turn) next_turn();
  CHECK(code[0] == boost::asio::error::timed_out);
  CHECK(code[1] == 0);
  running->stop();
  thread.join();
}

TEST_CASE("a query is decoded where an exception can leave", "[memory]") {
  static_assert(!noexcept(std::declval<const http::request&>().query("sid")));
  static_assert(!noexcept(std::declval<const http::request&>().queries()));
  bool refused = false;
  bool thrown = false;
  on_starving_thread([&] {
    const auto asked = http::request_builder("GET", "/engine.io/?EIO=4&transport=polling&sid=%41bc").build();
    refuse_allocation(1);
    try {
      asked.query("sid");
    } catch (const std::bad_alloc&) {
      thrown = true;
    }
    refused = was_refused();
  });
  CHECK(refused);
  CHECK(thrown);
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

// With 3, the first thread runs already.
TEST_CASE("a run() that cannot start a thread joins those that it started, throws, and may be called again",
          "[memory]") {
  for (const std::size_t number : {1U, 2U, 3U}) {
    CAPTURE(number);
    std::exception_ptr failed;
    bool refused = false;
    std::atomic<int> began{0};
    std::atomic<int> ended{0};
    int began_before_the_end = 0;
    int ended_before_the_end = 0;
    bool ran = false;
    async::runtime r(3);
    std::thread([&] {
      boost::asio::post(r.get_executor(), [&] {
        ++began;
        for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
        ++ended;
      });
      starve_this_thread();
      refuse_allocation(number);
      try {
        r.run();
      } catch (...) {
        failed = std::current_exception();
      }
      refused = was_refused();
      refuse_allocation(0);
      began_before_the_end = began;
      ended_before_the_end = ended;
    }).join();
    CHECK(refused);
    CHECK(is_bad_alloc(failed));
    CHECK(began_before_the_end == ended_before_the_end);
    boost::asio::post(r.get_executor(), [&] {
      ran = true;
      r.stop();
    });
    r.run();
    CHECK(ran);
  }
}
