// The runtime: its threads and its executors.

#include "async/runtime.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cosio/error.hpp>
#include <cosio/task.hpp>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/captured_log.hpp"
#include "support/catch.hpp"

namespace asio = boost::asio;
using cosio::async::deadline;
using cosio::async::runtime;
using namespace std::chrono_literals;

namespace {

cosio::task<asio::any_io_executor> own_executor() { co_return co_await asio::this_coro::executor; }

bool is_refused(const asio::any_io_executor& ex) {
  try {
    const runtime r(ex);
  } catch (const cosio::error& e) {
    return e.code() == cosio::errc::not_supported;
  }
  return false;
}

class entry final : public deadline {
 public:
  explicit entry(std::function<void()> due) : due_(std::move(due)) {}
  void on_deadline() noexcept override { due_(); }

 private:
  std::function<void()> due_;
};

}  // namespace

TEST_CASE("executors of an io_context are taken, also behind strands", "[async][runtime]") {
  asio::io_context context;
  const asio::any_io_executor plain = context.get_executor();
  const asio::any_io_executor kinds[] = {
      plain,
      asio::make_strand(context),
      asio::make_strand(plain),
      asio::make_strand(asio::any_io_executor(asio::make_strand(context))),
  };
  for (const auto& kind : kinds) {
    runtime r(kind);
    CHECK(&r.context() == &context);
    CHECK(r.threads() == 1);
    CHECK(r.get_executor() == context.get_executor());
    CHECK(&r.make_strand().get_inner_executor().context() == &context);
  }
}

TEST_CASE("the executor that a coroutine finds itself on is taken", "[async][runtime]") {
  asio::io_context context;
  std::optional<asio::any_io_executor> found;
  const auto keep = [&](std::exception_ptr, asio::any_io_executor ex) { found = ex; };
  asio::co_spawn(context, own_executor(), keep);
  context.run();
  REQUIRE(found);
  CHECK(&runtime(*found).context() == &context);
  asio::co_spawn(asio::make_strand(context), own_executor(), keep);
  context.restart();
  context.run();
  CHECK(&runtime(*found).context() == &context);
}

TEST_CASE("executors of anything else are refused", "[async][runtime]") {
  asio::thread_pool pool(1);
  CHECK(is_refused(pool.get_executor()));
  CHECK(is_refused(asio::make_strand(pool.get_executor())));
  CHECK(is_refused(asio::make_strand(asio::any_io_executor(pool.get_executor()))));
  CHECK(is_refused(asio::system_executor()));
  CHECK(is_refused(asio::any_io_executor()));
}

TEST_CASE("a runtime of its own runs on as many threads as it was told", "[async][runtime]") {
  runtime r(3);
  CHECK(r.threads() == 3);
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::thread::id> inside;
  for (int i = 0; i < 3; ++i)
    asio::post(r.get_executor(), [&] {
      // Nobody leaves before all three are here: with fewer threads this would never end.
      std::unique_lock lock(mutex);
      inside.insert(std::this_thread::get_id());
      changed.notify_all();
      changed.wait_for(lock, 10s, [&] { return inside.size() == 3; });
      r.stop();
    });
  r.run();
  CHECK(inside.size() == 3);
  CHECK(inside.count(std::this_thread::get_id()) == 1);
}

TEST_CASE("a stop before run counts for one run", "[async][runtime]") {
  runtime r(2);
  int ran = 0;
  asio::post(r.get_executor(), [&] {
    ++ran;
    r.stop();
  });
  r.stop();
  r.stop();
  r.run();
  CHECK(ran == 0);
  r.run();
  CHECK(ran == 1);
  asio::post(r.get_executor(), [&] {
    ++ran;
    r.stop();
  });
  r.run();  // the stop of the run before has had its effect
  CHECK(ran == 2);
}

TEST_CASE("a caller that restarts its io_context forgets a stop", "[async][runtime]") {
  asio::io_context context;
  runtime r(context.get_executor());
  int ran = 0;
  asio::post(context, [&] { ++ran; });
  r.stop();
  context.restart();
  r.run();
  CHECK(ran == 1);
  asio::post(context, [&] { ++ran; });
  r.run();  // out of work before: no stop
  CHECK(ran == 2);
}

TEST_CASE("a handler that throws is reported, and its thread goes on", "[async][runtime]") {
  const cosio::test::captured_log log;
  runtime r(2);
  for (int i = 0; i < 3; ++i) asio::post(r.get_executor(), [] { throw std::runtime_error("out of paper"); });
  asio::post(r.get_executor(), [] { throw 42; });
  const auto last = std::make_shared<entry>([&] { r.stop(); });
  last->owned_by(last);
  r.timers().arm_after(*last, 1ms);
  r.run();
  CHECK(log.count(cosio::log_level::error, "out of paper") == 3);
  CHECK(log.count(cosio::log_level::error, "unknown type") == 1);
}

TEST_CASE("zero threads means as many as there are processors", "[async][runtime]") {
  CHECK(runtime(0).threads() == std::max(1U, std::thread::hardware_concurrency()));
}

TEST_CASE("the caller's io_context is run on the calling thread only", "[async][runtime]") {
  asio::io_context context;
  runtime r(context.get_executor());
  std::set<std::thread::id> ran_on;
  for (int i = 0; i < 10; ++i) asio::post(context, [&] { ran_on.insert(std::this_thread::get_id()); });
  r.run();
  CHECK(ran_on == std::set{std::this_thread::get_id()});
}

TEST_CASE("shutting down ends what waits in an io_context of our own", "[async][runtime]") {
  runtime r(1);
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> seen = token;
  asio::post(r.get_executor(), [token = std::move(token)] {});
  const auto armed = std::make_shared<entry>([] {});
  r.timers().arm_after(*armed, 1h);
  CHECK_FALSE(seen.expired());
  r.shut_down();
  CHECK(seen.expired());
  CHECK_NOTHROW(r.timers().arm_after(*armed, 1ms));
}

TEST_CASE("strands of a runtime that was shut down may be used as long as it lives", "[async][runtime]") {
  auto r = std::make_unique<runtime>(1);
  auto strand = std::make_unique<cosio::async::strand>(r->make_strand());
  r->shut_down();
  r->shut_down();
  bool ran = false;
  asio::post(*strand, [&] { ran = true; });
  strand = nullptr;
  r = nullptr;
  CHECK_FALSE(ran);
}

TEST_CASE("threads of a runtime of its own know its io_context", "[async][runtime]") {
  runtime r(2);
  std::shared_ptr<cosio::async::own_context> seen;
  asio::post(r.get_executor(), [&] {
    seen = cosio::async::own_context::running();
    r.stop();
  });
  r.run();
  REQUIRE(seen);
  CHECK(seen.get() == &r.context());
  CHECK(cosio::async::own_context::running() == nullptr);
}

TEST_CASE("shutting down leaves the caller's io_context alone", "[async][runtime]") {
  asio::io_context context;
  runtime r(context.get_executor());
  bool ran = false;
  asio::post(context, [&] { ran = true; });
  r.shut_down();
  context.run();
  CHECK(ran);
}
