// One coroutine that waits for something of ours.

#include "async/suspension.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/world.hpp"

namespace asio = boost::asio;
using boost::system::error_code;
using cosio::task;
using cosio::async::strand;
using cosio::async::suspend;
using cosio::async::suspension;
using cosio::test::world;

namespace {

struct outcome {
  std::shared_ptr<suspension> waiting;
  bool ended = false;
  error_code code;
  bool on_its_strand = false;
};

task<> wait(std::shared_ptr<outcome> out) {
  auto hand_out = [out](std::shared_ptr<suspension> me) { out->waiting = std::move(me); };
  const error_code ec = co_await suspend(std::move(hand_out));
  out->code = ec;
  out->ended = true;
}

task<> wait_or_throw(std::shared_ptr<outcome> out) {
  auto hand_out = [out](std::shared_ptr<suspension> me) { out->waiting = std::move(me); };
  try {
    co_await cosio::async::wait(std::move(hand_out));
  } catch (const boost::system::system_error& e) {
    out->code = e.code();
  }
  out->ended = true;
}

task<> wait_on(std::shared_ptr<outcome> out, strand on) {
  co_await wait(out);
  out->on_its_strand = on.running_in_this_thread();
}

task<> end_at_once(std::shared_ptr<outcome> out) {
  auto hand_out = [](std::shared_ptr<suspension> me) { me->end(); };
  out->code = co_await suspend(std::move(hand_out));
  out->ended = true;
}

}  // namespace

TEST_CASE("a suspended coroutine goes on when its suspension is ended, with the code", "[async][suspension]") {
  for (const error_code code : {error_code(), error_code(asio::error::timed_out)}) {
    world w;
    const auto out = std::make_shared<outcome>();
    asio::co_spawn(w.context(), wait(out), [](std::exception_ptr) {});
    w.settle();
    REQUIRE(out->waiting);
    CHECK_FALSE(out->ended);
    CHECK(out->waiting->end(code));
    CHECK_FALSE(out->ended);  // posted, not called from inside
    w.settle();
    CHECK(out->ended);
    CHECK(out->code == code);
  }
}

TEST_CASE("a suspension ends once", "[async][suspension]") {
  world w;
  const auto out = std::make_shared<outcome>();
  asio::co_spawn(w.context(), wait(out), [](std::exception_ptr) {});
  w.settle();
  CHECK(out->waiting->end());
  CHECK_FALSE(out->waiting->end(asio::error::timed_out));
  CHECK_FALSE(out->waiting->end_now(asio::error::timed_out));
  w.settle();
  CHECK_FALSE(out->code);
  CHECK_FALSE(out->waiting->end());
}

TEST_CASE("a suspension may be ended while it is handed out", "[async][suspension]") {
  world w;
  const auto out = std::make_shared<outcome>();
  w.run(end_at_once(out));
  CHECK(out->ended);
  CHECK_FALSE(out->code);
}

TEST_CASE("a wait throws the code that it was ended with, and nothing when that is success", "[async][suspension]") {
  for (const error_code code : {error_code(), error_code(asio::error::timed_out)}) {
    world w;
    const auto out = std::make_shared<outcome>();
    asio::co_spawn(w.context(), wait_or_throw(out), [](std::exception_ptr) {});
    w.settle();
    REQUIRE(out->waiting);
    CHECK(out->waiting->end(code));
    CHECK_FALSE(out->ended);
    w.settle();
    CHECK(out->ended);
    CHECK(out->code == code);
  }
}

TEST_CASE("a wait that throws may be ended while it is handed out, and is cancelled with its coroutine",
          "[async][suspension]") {
  world w;
  auto end = [](std::shared_ptr<suspension> me) { me->end(asio::error::timed_out); };
  const auto wait_once = [](auto hand_out) -> task<> { co_await cosio::async::wait(std::move(hand_out)); };
  try {
    w.run(wait_once(end));
    FAIL("it was ended with an error");
  } catch (const boost::system::system_error& e) {
    CHECK(e.code() == asio::error::timed_out);
  }
  const auto out = std::make_shared<outcome>();
  asio::cancellation_signal cancel;
  asio::co_spawn(w.context(), wait_or_throw(out),
                 asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {}));
  w.settle();
  cancel.emit(asio::cancellation_type::terminal);
  w.settle();
  CHECK(out->ended);
  CHECK(out->code == asio::error::operation_aborted);
}

TEST_CASE("cancelling the coroutine ends the wait", "[async][suspension]") {
  world w;
  const auto out = std::make_shared<outcome>();
  asio::cancellation_signal cancel;
  asio::co_spawn(w.context(), wait(out), asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {}));
  w.settle();
  cancel.emit(asio::cancellation_type::terminal);
  w.settle();
  CHECK(out->ended);
  CHECK(out->code == asio::error::operation_aborted);
  CHECK_FALSE(out->waiting->end());
}

TEST_CASE("cancelling after the end changes nothing", "[async][suspension]") {
  world w;
  const auto out = std::make_shared<outcome>();
  asio::cancellation_signal cancel;
  asio::co_spawn(w.context(), wait(out), asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {}));
  w.settle();
  CHECK(out->waiting->end());
  cancel.emit(asio::cancellation_type::terminal);
  w.settle();
  CHECK(out->ended);
  CHECK_FALSE(out->code);
}

TEST_CASE("a coroutine goes on on its own strand, whoever ends the wait", "[async][suspension]") {
  asio::io_context context;
  const auto out = std::make_shared<outcome>();
  const strand on(context.get_executor());
  asio::co_spawn(on, wait_on(out, on), [](std::exception_ptr) {});
  context.poll();
  std::thread([&] { out->waiting->end(); }).join();
  context.restart();
  context.poll();
  CHECK(out->ended);
  CHECK(out->on_its_strand);
}

TEST_CASE("end_now goes on at once on the coroutine's strand, and posts elsewhere", "[async][suspension]") {
  asio::io_context context;
  const strand on(context.get_executor());
  const auto here = std::make_shared<outcome>();
  const auto elsewhere = std::make_shared<outcome>();
  asio::co_spawn(on, wait_on(here, on), [](std::exception_ptr) {});
  asio::co_spawn(on, wait_on(elsewhere, on), [](std::exception_ptr) {});
  context.poll();
  bool went_on_at_once = false;
  asio::post(on, [&] {
    here->waiting->end_now();
    went_on_at_once = here->ended;
  });
  context.restart();
  context.poll();
  CHECK(went_on_at_once);
  CHECK(here->on_its_strand);
  CHECK(elsewhere->waiting->end_now());
  CHECK_FALSE(elsewhere->ended);
  context.restart();
  context.poll();
  CHECK(elsewhere->ended);
  CHECK(elsewhere->on_its_strand);
}

TEST_CASE("a suspension that nobody ends lets its coroutine die, with what it owns", "[async][suspension]") {
  world w;
  const auto out = std::make_shared<outcome>();
  asio::co_spawn(w.context(), wait(out), [](std::exception_ptr) {});
  w.settle();
  CHECK(out.use_count() > 1);
  out->waiting.reset();
  w.settle();  // the coroutine is unwound on its executor
  CHECK_FALSE(out->ended);
  CHECK(out.use_count() == 1);
}

TEST_CASE("a wait that ends while its io_context is destroyed destroys its coroutine", "[async][suspension]") {
  // A job of the strand, which ends the wait when it is destroyed. The strand takes nothing more at that time.
  struct ends_the_wait {
    explicit ends_the_wait(std::shared_ptr<suspension> w) : waiting(std::move(w)) {}
    ends_the_wait(ends_the_wait&&) noexcept = default;
    ~ends_the_wait() {
      if (waiting) waiting->end();
    }
    void operator()() const {}
    std::shared_ptr<suspension> waiting;
  };
  const auto out = std::make_shared<outcome>();
  std::shared_ptr<suspension> kept;
  {
    asio::io_context context;
    const strand on = asio::make_strand(context.get_executor());
    asio::co_spawn(on, wait_on(out, on), [](std::exception_ptr) {});
    context.poll();
    kept = std::exchange(out->waiting, nullptr);
    REQUIRE(kept);
    asio::post(on, ends_the_wait(kept));
  }
  CHECK_FALSE(out->ended);
  CHECK(out.use_count() == 1);
}

TEST_CASE("of many threads that end one wait, one is the first", "[async][suspension]") {
  world w;
  for (int round = 0; round < 200; ++round) {
    const auto out = std::make_shared<outcome>();
    asio::co_spawn(w.context(), wait(out), [](std::exception_ptr) {});
    w.settle();
    std::atomic<int> firsts{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&firsts, waiting = out->waiting] { firsts += waiting->end() ? 1 : 0; });
    for (auto& thread : threads) thread.join();
    w.settle();
    REQUIRE(firsts == 1);
    REQUIRE(out->ended);
  }
}
