// The starts and the ends of adapters of one name: in order, each once, and whoever runs them.

#include "socketio/adapter_line.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "async/spawn.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/world.hpp"

using namespace cosio::test;
using cosio::task;
using cosio::socketio::adapter_line;
using cosio::socketio::adapter_state;

namespace {

struct line_world {
  adapter_line::step says(std::string what) {
    return [this, what] { return say(this, what); };
  }
  static task<> say(line_world* self, std::string what) {
    self->said.push_back(std::move(what));
    co_return;
  }
  adapter_line::step waits() {
    return [this] { return wait(this); };
  }
  static task<> wait(line_world* self) {
    self->said.emplace_back("begins");
    co_await self->here.wait();
    self->said.emplace_back("ends");
  }
  void run() {
    line->run(w.runtime().get_executor());
    w.settle();
  }

  world w;
  cosio::test::pause here;
  std::vector<std::string> said;
  std::shared_ptr<adapter_line> line = std::make_shared<adapter_line>();
  adapter_state first, second;
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("an adapter is started once and closed once, however often that is asked", "[socketio][adapter_line]") {
  line_world t;
  CHECK_FALSE(t.line->close(t.first, t.says("never opened")));
  CHECK(t.line->open(t.first, t.says("open")));
  CHECK_FALSE(t.line->open(t.first, t.says("open again")));
  t.run();
  CHECK(t.line->close(t.first, t.says("close")));
  CHECK_FALSE(t.line->close(t.first, t.says("close again")));
  t.run();
  CHECK(t.line->open(t.first, t.says("reopen")));
  t.run();
  CHECK(t.said == names{"open", "close", "reopen"});
}

TEST_CASE("an adapter starts when the one before it has closed", "[socketio][adapter_line]") {
  line_world t;
  t.line->open(t.first, t.says("first opens"));
  t.line->close(t.first, t.waits());
  t.run();
  t.line->open(t.second, t.says("second opens"));
  t.run();
  CHECK(t.said == names{"first opens", "begins"});
  t.here.go();
  t.w.settle();
  CHECK(t.said == names{"first opens", "begins", "ends", "second opens"});
}

TEST_CASE("a step that throws is reported, and the next one runs", "[socketio][adapter_line]") {
  const captured_log log;
  line_world t;
  t.line->open(t.first, []() -> task<> { throw std::runtime_error("no start"); });
  t.line->close(t.first, t.says("close"));
  t.run();
  CHECK(t.said == names{"close"});
  CHECK(log.count(cosio::log_level::error, "no start") == 1);
}

TEST_CASE("who waits for the steps runs them, unless somebody does", "[socketio][adapter_line]") {
  line_world t;
  t.line->open(t.first, t.says("open"));
  world elsewhere;  // the line's own executor never runs
  t.line->run(t.w.runtime().get_executor());
  elsewhere.run(adapter_line::until_done(t.line));
  CHECK(t.said == names{"open"});

  t.line->close(t.first, t.waits());
  t.run();
  bool done = false;
  boost::asio::co_spawn(t.w.context(), adapter_line::until_done(t.line), [&](std::exception_ptr) { done = true; });
  t.w.settle();
  CHECK_FALSE(done);
  t.here.go();
  t.w.settle();
  CHECK(done);
  CHECK(t.said == names{"open", "begins", "ends"});
}

TEST_CASE("steps that are never run are let go of with the io_context", "[socketio][adapter_line]") {
  const auto token = std::make_shared<int>();
  const auto line = std::make_shared<adapter_line>();
  adapter_state state;
  {
    world w;
    line->open(state, [token] { return cosio::async::nothing(); });
    line->run(w.runtime().get_executor());
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
}
