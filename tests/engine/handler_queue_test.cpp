// Order and concurrency of one client's handlers.

#include "engine/handler_queue.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/logger.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/world.hpp"

namespace {

using cosio::task;
using cosio::engine::handler_queue;
using steps = std::vector<std::string>;

// A queue on a strand, and what its handlers did.
class queue_world final : handler_queue::owner {
 public:
  explicit queue_world(std::size_t max_in_flight = 100) : queue(*this, max_in_flight, counters) {}

  task<> quick(std::string name) {
    done.push_back(std::move(name));
    co_return;
  }
  task<> slow(std::string name) {
    done.push_back(name + " starts");
    co_await here.wait();
    done.push_back(name + " ends");
  }
  task<> failing(std::string name, bool later) {
    if (later) co_await here.wait();
    throw std::runtime_error(name);
  }

  void add(task<> work) {
    queue.add(std::move(work), [this](std::exception_ptr e) { failed.push_back(cosio::base::describe(e)); });
  }
  // On the strand, as the queue wants it.
  template <class F>
  void on_strand(F f) {
    boost::asio::post(strand, std::move(f));
    world.settle();
  }
  void go() {
    here.go();
    world.settle();
  }

  cosio::test::world world;
  cosio::async::strand strand = world.make_strand();
  cosio::test::pause here;
  cosio::base::counters counters;
  handler_queue queue;
  std::function<void()> on_room;
  steps done;
  steps failed;

 private:
  std::shared_ptr<void> keep_handlers() override { return here_; }
  const cosio::async::strand& handler_strand() const noexcept override { return strand; }
  void on_handler_room() override {
    if (on_room) on_room();
  }
  void on_handlers_stuck(std::exception_ptr) override { FAIL("handlers could not be started"); }

  const std::shared_ptr<void> here_ = std::make_shared<int>();  // this outlives its handlers
};

}  // namespace

TEST_CASE("handlers run in the order in which they were added", "[engine][handler_queue]") {
  queue_world w;
  w.on_strand([&] {
    for (const char* name : {"a", "b", "c"}) w.add(w.quick(name));
    CHECK(w.done.empty());
    w.queue.run();
    CHECK(w.done == steps{"a", "b", "c"});  // at once: none of them waits
  });
}

TEST_CASE("a handler that suspends does not keep the next from starting", "[engine][handler_queue]") {
  queue_world w;
  w.on_strand([&] {
    w.add(w.slow("a"));
    w.add(w.slow("b"));
    w.add(w.quick("c"));
    w.queue.run();
    CHECK(w.done == steps{"a starts", "b starts", "c"});
  });
  w.go();
  w.go();
  CHECK(w.done == steps{"a starts", "b starts", "c", "a ends", "b ends"});
}

TEST_CASE("handlers end in any order", "[engine][handler_queue]") {
  queue_world w;
  w.on_strand([&] {
    w.add(w.slow("a"));
    w.add(w.slow("b"));
    w.queue.run();
  });
  const auto a = w.here.arrival();
  w.go();
  CHECK(w.done.back() == "b ends");
  a->end();
  w.world.settle();
  CHECK(w.done.back() == "a ends");
}

TEST_CASE("an event ends with the last of its handlers, however many copies of it are held",
          "[engine][handler_queue]") {
  using running_event = handler_queue::running_event;
  queue_world w;
  const auto ended = std::make_shared<running_event>([&] { w.done.emplace_back("over"); });
  const auto copy = ended;
  w.on_strand([&] {
    running_event::pass own(ended);
    for (const auto work : {&queue_world::slow, &queue_world::quick}) w.queue.add((w.*work)("a"), [](auto) {}, ended);
    w.queue.run();
    CHECK(own.give_back() == nullptr);  // one handler waits
  });
  CHECK(w.done == steps{"a starts", "a"});
  w.go();
  CHECK(w.done == steps{"a starts", "a", "a ends", "over"});
  w.on_strand([&] {
    running_event::pass own(ended);
    w.queue.add(w.quick("b"), [](auto) {}, ended);
    w.queue.run();
    CHECK(own.give_back() == ended);  // no handler waits: whoever added them goes on
  });
  CHECK(w.done.back() == "b");
}

TEST_CASE("no more handlers are in flight than the limit allows, and the order stays", "[engine][handler_queue]") {
  queue_world w(2);
  w.on_strand([&] {
    for (const char* name : {"a", "b", "c", "d"}) w.add(w.slow(name));
    w.queue.run();
    CHECK(w.done == steps{"a starts", "b starts"});
    CHECK_FALSE(w.queue.has_room());
  });
  w.go();
  CHECK(w.done == steps{"a starts", "b starts", "a ends", "c starts"});
  w.on_strand([&] {
    w.add(w.quick("e"));
    w.queue.run();
  });
  for (int i = 0; i < 3; ++i) w.go();
  CHECK(w.done == steps{"a starts", "b starts", "a ends", "c starts", "b ends", "d starts", "c ends", "e", "d ends"});
  CHECK(w.queue.has_room());
}

TEST_CASE("room is told of when a handler ends that filled the queue, and only then", "[engine][handler_queue]") {
  queue_world w(2);
  w.on_room = [&] { w.done.emplace_back("room"); };
  w.on_strand([&] {
    w.add(w.quick("quick"));
    w.add(w.slow("a"));
    w.queue.run();
  });
  w.go();
  CHECK(w.done == steps{"quick", "a starts", "a ends"});
  w.on_strand([&] {
    w.add(w.slow("b"));
    w.add(w.slow("c"));
    w.queue.run();
  });
  w.go();
  CHECK(w.done == steps{"quick", "a starts", "a ends", "b starts", "c starts", "b ends", "room"});
  w.go();
  CHECK(w.done.back() == "c ends");
}

TEST_CASE("what is added when there is room again starts at once", "[engine][handler_queue]") {
  queue_world w(1);
  w.on_room = [&] {
    if (w.done.size() > 4) return;
    w.add(w.quick("more"));
    w.queue.run();
  };
  w.on_strand([&] {
    w.add(w.slow("a"));
    w.queue.run();
  });
  w.go();
  CHECK(w.done == steps{"a starts", "a ends", "more", "more", "more"});
}

TEST_CASE("nobody is told of room after close", "[engine][handler_queue]") {
  queue_world w(1);
  w.on_room = [&] { w.done.emplace_back("room"); };
  w.on_strand([&] {
    w.add(w.slow("a"));
    w.queue.run();
    w.queue.close();
  });
  w.go();
  CHECK(w.done == steps{"a starts", "a ends"});
}

TEST_CASE("whoever is told of room may close the queue", "[engine][handler_queue]") {
  queue_world w(1);
  w.on_room = [&] {
    w.queue.close();
    w.done.emplace_back("told");
  };
  w.on_strand([&] {
    w.add(w.slow("a"));
    w.queue.run();
  });
  w.go();
  CHECK(w.done == steps{"a starts", "a ends", "told"});
}

TEST_CASE("what a handler throws is told, and the others go on", "[engine][handler_queue]") {
  queue_world w(2);
  w.on_strand([&] {
    w.add(w.failing("at once", false));
    w.add(w.failing("later", true));
    w.add(w.quick("c"));
    w.queue.run();
    CHECK(w.failed == steps{"at once"});
  });
  w.go();
  CHECK(w.failed == steps{"at once", "later"});
  CHECK(w.done == steps{"c"});
}

TEST_CASE("a report of failure that throws is logged and takes no room away", "[engine][handler_queue]") {
  cosio::test::captured_log log;
  queue_world w(1);
  w.on_strand([&] {
    w.queue.add(w.failing("first", false), [](std::exception_ptr) { throw std::runtime_error("the report failed"); });
    w.add(w.quick("second"));
    w.queue.run();
  });
  CHECK(w.done == steps{"second"});
  CHECK(w.queue.has_room());
  CHECK(log.count(cosio::log_level::error, "the report failed") == 1);
}

TEST_CASE("ten thousand handlers that never wait use no depth of stack", "[engine][handler_queue]") {
  queue_world w;
  w.on_strand([&] {
    for (int i = 0; i < 10'000; ++i) w.add(w.quick("x"));
    w.queue.run();
  });
  CHECK(w.done.size() == 10'000);
}
