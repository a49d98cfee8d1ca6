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
  explicit queue_world(std::size_t max_in_flight = 100) : queue(*this, limits, counters) {
    limits.max_handlers_in_flight = max_in_flight;
  }

  task<> quick(std::string name) {
    done.push_back(std::move(name));
    co_return;
  }
  task<> slow(std::string name) {
    done.push_back(name + " starts");
    co_await here.wait();
    done.push_back(name + " ends");
  }
  // Waits for its client, as emit_with_ack() does.
  task<> asking(std::string name) {
    done.push_back(name + " asks");
    {
      const handler_queue::wait_for_client waits(queue);
      co_await here.wait();
    }
    done.push_back(name + " goes on");
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

  // Until nobody waits.
  void go_all() {
    while (!here.empty()) {
      while (!here.empty()) here.go();
      world.settle();
    }
  }

  // How many coroutines keep the queue, and one more.
  long owners() const noexcept { return here_.use_count(); }

  cosio::test::world world;
  cosio::async::strand strand = world.make_strand();
  cosio::test::pause here;
  cosio::base::counters counters;
  cosio::engine_options limits;
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
  void on_handlers_stuck(std::exception_ptr) noexcept override { std::abort(); }

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

TEST_CASE("no coroutine stays after close", "[engine][handler_queue]") {
  queue_world w;
  w.on_strand([&] {
    w.queue.stay_ready();
    w.add(w.slow("a"));
    w.queue.run();
    w.queue.close();
    CHECK_FALSE(w.queue.is_ready());
  });
  const auto owners = w.owners();
  w.go();
  CHECK(w.done == steps{"a starts", "a ends"});
  CHECK(w.owners() == owners - 1);
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

TEST_CASE("a handler that waits for its own client takes no place of others", "[engine][handler_queue]") {
  queue_world w(1);
  w.on_room = [&] { w.done.emplace_back("room"); };
  w.on_strand([&] {
    w.add(w.asking("a"));
    w.add(w.slow("b"));
    w.add(w.quick("c"));
    w.queue.run();
    CHECK(w.done == steps{"a asks", "b starts"});
    CHECK(w.queue.busy() == 1);
    CHECK_FALSE(w.queue.has_room());
  });
  CHECK(w.done == steps{"a asks", "b starts", "room"});  // from a, which filled the queue until it waited
  w.go();
  CHECK(w.done == steps{"a asks", "b starts", "room", "a goes on"});
  w.go();  // b ends while a is busy: c waits
  CHECK(w.done == steps{"a asks", "b starts", "room", "a goes on", "b ends", "room"});
  w.go();
  CHECK(w.done == steps{"a asks", "b starts", "room", "a goes on", "b ends", "room", "a ends", "room", "c", "room"});
}

TEST_CASE("ten thousand handlers that wait for their client use no depth of stack", "[engine][handler_queue]") {
  queue_world w(1);
  w.limits.max_held_bytes = 0;
  w.on_strand([&] {
    for (int i = 0; i < 10'000; ++i) w.add(w.asking("x"));
    w.queue.run();
  });
  CHECK(w.done.size() == 10'000);
  CHECK(w.queue.busy() == 0);
  CHECK(w.queue.has_room());
  w.go_all();
  CHECK(w.done.size() == 30'000);
}

TEST_CASE("a wait for a client on another strand is none of its handlers'", "[engine][handler_queue]") {
  queue_world w(1);
  w.on_strand([&] {
    w.add(w.slow("a"));
    w.queue.run();
  });
  {
    const handler_queue::wait_for_client waits(w.queue);
    CHECK(w.queue.busy() == 1);
  }
  w.go();
}

TEST_CASE("the bytes of messages whose handlers run are bounded, those of waiting handlers too",
          "[engine][handler_queue]") {
  queue_world w;
  w.limits.max_held_bytes = 10'000;
  w.on_strand([&] {
    const auto ignore = [](std::exception_ptr) {};
    w.queue.add(w.asking("a"), ignore, nullptr, 10'000 - handler_queue::overhead - 1);
    w.queue.run();
    CHECK(w.queue.bytes() == 9'999);
    CHECK(w.queue.has_room());
    w.queue.add(w.quick("b"), ignore, nullptr, 5'000);
    w.queue.run();
    CHECK(w.queue.bytes() == 9'999);
    w.queue.add(w.slow("c"), ignore, nullptr, 5'000);
    w.queue.run();
    CHECK_FALSE(w.queue.has_room());
  });
  for (int i = 0; i < 3; ++i) w.go();
  CHECK(w.queue.bytes() == 0);
  CHECK(w.queue.has_room());
}

TEST_CASE("handlers that another one waits for start above the limit", "[engine][handler_queue]") {
  queue_world w(1);
  w.on_strand([&] {
    w.add(w.slow("a"));
    w.queue.run();
    w.queue.exceed();
    w.add(w.quick("b"));
    w.queue.run();
    w.add(w.quick("c"));
    w.queue.run();
    CHECK(w.done == steps{"a starts", "b"});
  });
  w.go();
  CHECK(w.done == steps{"a starts", "b", "a ends", "c"});
}

TEST_CASE("a limit of 0 is none", "[engine][handler_queue]") {
  queue_world w(0);
  w.limits.max_held_bytes = 0;
  w.on_strand([&] {
    for (int i = 0; i < 1'000; ++i) w.add(w.slow("x"));
    w.queue.run();
    CHECK(w.done.size() == 1'000);
    CHECK(w.queue.has_room());
  });
  w.go_all();
}

TEST_CASE("all that waits elsewhere is started in the end, whichever limit was reached first",
          "[engine][handler_queue]") {
  queue_world w(2);
  w.limits.max_held_bytes = 10'000;
  std::size_t waiting = 5;
  w.on_room = [&] {
    for (; waiting != 0 && w.queue.has_room(); --waiting) w.add(w.quick("small"));
    w.queue.run();
  };
  w.on_strand([&] {
    w.queue.add(w.slow("large"), [](std::exception_ptr) {}, nullptr, 10'000);
    w.queue.run();
    CHECK_FALSE(w.queue.has_room());
    w.queue.count_full();
  });
  w.go();
  CHECK(waiting == 0);
  CHECK(w.done == steps{"large starts", "large ends", "small", "small", "small", "small", "small"});
}

TEST_CASE("a queue goes on when the call at its idle end throws", "[engine][handler_queue]") {
  queue_world w;
  const cosio::test::captured_log log;
  w.on_strand([&] {
    w.add(w.slow("a"));
    w.queue.run();
    w.queue.when_idle([] { throw std::runtime_error("no memory"); });
  });
  w.go();
  CHECK(log.count(cosio::log_level::error, "no memory") == 1);
  w.on_strand([&] {
    w.add(w.quick("b"));
    w.queue.run();
  });
  CHECK(w.done == steps{"a starts", "a ends", "b"});
}
