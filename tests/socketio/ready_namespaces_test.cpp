// A namespace is complete before clients find it, and its adapter is open while it is in use.

#include <cosio/cosio.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapter/local_adapter.hpp"
#include "socketio/server_core.hpp"
#include "socketio/timed_server.hpp"
#include "support/catch.hpp"
#include "support/mailbox.hpp"
#include "support/pause.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::next;
using cosio::task;

namespace {

task<> refuse(cosio::socket&, next) { throw cosio::refusal("members only"); }

// A function of the application that takes its time: at the first call it holds up its thread until the test lets it
// go on.
struct slow_work {
  void operator()() {
    if (called.exchange(true)) return;
    entered.set_value();
    go_on.get_future().wait();
  }
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<bool> called = false;
};

// A server with threads enough for a function that holds one up.
struct ready_world {
  ready_world() {
    s.io.on_connection([](cosio::socket c) { c.on("ping", [] { return "pong"; }); });
    port = s.start();
  }
  // Asks for a namespace. What comes first tells whether the client must wait: its event is handled meanwhile.
  std::string ask(sio_client& c, const std::string& nsp) {
    c.join();
    c.send({"0" + nsp + ",", R"(21["ping"])"});
    return c.receive();
  }

  sio_server s{test_options(4)};
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("a client that asks for a namespace while a hook completes it waits, and passes the hook's middleware",
          "[socketio][namespaces]") {
  slow_work hook;
  ready_world w;
  w.s.io.of(cosio::pattern("/room-{digits}"));
  w.s.io.on_new_namespace([&](cosio::nsp made) {
    hook();
    made.use(refuse);
  });
  sio_client first(w.port);
  first.send("0/room-1,");
  hook.entered.get_future().wait();
  sio_client second(w.port);
  CHECK(w.ask(second, "/room-1") == R"(31["pong"])");
  hook.go_on.set_value();
  CHECK(first.receive() == R"(4/room-1,{"message":"members only"})");
  CHECK(second.receive() == R"(4/room-1,{"message":"members only"})");
}

TEST_CASE("of(name, configure) completes a namespace before clients find it", "[socketio][namespaces]") {
  slow_work configure;
  ready_world w;
  std::thread application([&] {
    w.s.io.of("/admin", [&](cosio::nsp made) {
      configure();
      made.use(refuse);
    });
  });
  configure.entered.get_future().wait();
  sio_client c(w.port);
  CHECK(w.ask(c, "/admin") == R"(31["pong"])");
  CHECK(w.s.io.of("/admin").name() == "/admin");  // the application has it meanwhile
  configure.go_on.set_value();
  CHECK(c.receive() == R"(4/admin,{"message":"members only"})");
  application.join();
}

TEST_CASE("of(name, configure) of a namespace that exists configures it at once", "[socketio][namespaces]") {
  timed_server s;
  const auto known = s.io.of("/known");
  int called = 0;
  const auto same = s.io.of("known", [&](cosio::nsp made) {
    ++called;
    made.use(refuse);
  });
  CHECK(called == 1);
  CHECK(same.internals() == known.internals());
  world_client c = s.open();
  CHECK(c.join("/known,") == R"(4/known,{"message":"members only"})");
}

TEST_CASE("a namespace whose configure throws does not exist, and who waited for it is told so",
          "[socketio][namespaces]") {
  slow_work configure;
  ready_world w;
  std::future<void> thrown = std::async(std::launch::async, [&] {
    w.s.io.of("/broken", [&](const cosio::nsp&) {
      configure();
      throw std::runtime_error("not today");
    });
  });
  configure.entered.get_future().wait();
  sio_client c(w.port);
  CHECK(w.ask(c, "/broken") == R"(31["pong"])");
  configure.go_on.set_value();
  CHECK_THROWS_WITH(thrown.get(), "not today");
  CHECK(c.receive() == R"(4/broken,{"message":"Invalid namespace"})");
  w.s.io.of("/broken");
  c.join("/broken");
}

TEST_CASE("patterns and predicates are complete before clients can ask for their namespaces",
          "[socketio][namespaces]") {
  slow_work configure;
  ready_world w;
  std::thread application([&] {
    w.s.io.of(cosio::pattern("/p-{digits}"), [&](cosio::parent_nsp parent) {
      configure();
      parent.use(refuse);
    });
  });
  configure.entered.get_future().wait();
  sio_client c(w.port);
  c.send("0/p-1,");
  CHECK(c.receive() == R"(4/p-1,{"message":"Invalid namespace"})");
  configure.go_on.set_value();
  application.join();
  c.send("0/p-1,");
  CHECK(c.receive() == R"(4/p-1,{"message":"members only"})");
  w.s.io.of([](std::string name, cosio::handshake) -> task<bool> { co_return name == "/asked"; },
            [](cosio::parent_nsp parent) { parent.use(refuse); });
  c.send("0/asked,");
  CHECK(c.receive() == R"(4/asked,{"message":"members only"})");
}

TEST_CASE("of() tells a connection handler from a function that configures", "[socketio][namespaces]") {
  timed_server s;
  std::vector<std::string> said;
  auto only_moves = std::make_unique<int>(7);
  s.io.of("/handler", [&said, kept = std::move(only_moves)](cosio::socket) { said.push_back(std::to_string(*kept)); });
  s.io.of("/generic", [&said](auto who) { said.push_back(who.nsp().name()); });
  s.io.of("/configure", [&said](const cosio::nsp& made) { said.push_back("made " + made.name()); });
  CHECK(said == std::vector<std::string>{"made /configure"});
  world_client c = s.open();
  c.join("/handler,");
  c.join("/generic,");
  CHECK(said == std::vector<std::string>{"made /configure", "7", "/generic"});
}

// ---------------------------------------------------------------- namespaces that clients make

namespace {

cosio::options with_children(std::size_t most, bool explain = false) {
  cosio::options opts;
  opts.max_child_namespaces = most;
  opts.explain_refusals = explain;
  return opts;
}

std::uint64_t hits(const cosio::server& io, std::string_view limit) {
  for (const auto& one : io.metrics().limits_hit)
    if (one.name == limit) return one.count;
  return 0;
}

}  // namespace

TEST_CASE("clients make max_child_namespaces namespaces at most, and empty ones make room for others",
          "[socketio][namespaces][limits]") {
  timed_server s(with_children(3, true));
  const auto parent = s.io.of(cosio::pattern("/d-{digits}"));
  s.io.of("/d-0");  // the application's own does not count
  world_client c = s.open();
  for (const char* name : {"/d-1,", "/d-2,", "/d-3,", "/d-0,"}) CHECK(c.join(name).starts_with("0/d-"));
  CHECK(c.join("/d-4,") == R"(4/d-4,{"message":"too many namespaces: raise options.max_child_namespaces if clients )"
                           R"(may make more"})");
  CHECK(hits(s.io, "max_child_namespaces") == 1);
  c.send("1/d-2,");
  CHECK(c.join("/d-4,").starts_with("0/d-4,"));
  CHECK(s.io.internals()->find("/d-2") == nullptr);
  CHECK(parent.children().size() == 4);
}

TEST_CASE("namespaces for which clients were refused leave nothing behind", "[socketio][namespaces][limits]") {
  timed_server s(with_children(10));
  const auto parent = s.io.of(cosio::pattern("/d-{digits}"));
  parent.use(refuse);
  world_client c = s.open();
  for (int i = 0; i < 100; ++i)
    CHECK(c.join("/d-" + std::to_string(i) + ",").ends_with(R"({"message":"members only"})"));
  CHECK(parent.children().empty());
  CHECK(hits(s.io, "max_child_namespaces") == 0);
}

// ---------------------------------------------------------------- adapters

namespace {

// Notes when it starts and closes. It closes when the test lets it.
class noting_adapter final : public cosio::adapters::local_adapter {
 public:
  struct notes {
    std::vector<std::string> lines;
    cosio::test::pause here;
    bool slow = false;
  };
  noting_adapter(cosio::adapter_host& host, std::shared_ptr<notes> to) : local_adapter(host), to_(std::move(to)) {}

  task<> init() override {
    to_->lines.push_back("init " + host().name());
    co_return;
  }
  task<> close() override { return close_slowly(to_, host().name()); }

 private:
  static task<> close_slowly(std::shared_ptr<notes> to, std::string name) {
    if (to->slow) co_await to->here.wait();
    to->lines.push_back("close " + name);
  }
  const std::shared_ptr<notes> to_;
};

struct noting_world : timed_server {
  explicit noting_world(std::shared_ptr<noting_adapter::notes> to) : timed_server(with_notes(to)), said(std::move(to)) {
    w.settle();
    said->lines.clear();
  }
  static cosio::options with_notes(const std::shared_ptr<noting_adapter::notes>& to) {
    cosio::options opts;
    opts.cleanup_empty_child_namespaces = true;
    opts.adapter = [to](cosio::adapter_host& host) -> std::shared_ptr<cosio::adapter> {
      return std::make_shared<noting_adapter>(host, to);
    };
    return opts;
  }
  std::vector<std::string> lines() {
    w.settle();
    return std::exchange(said->lines, {});
  }

  const std::shared_ptr<noting_adapter::notes> said;
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the adapter of a namespace that comes again starts when the one before has closed",
          "[socketio][namespaces][adapter]") {
  noting_world s(std::make_shared<noting_adapter::notes>());
  s.io.of(cosio::pattern("/d-{digits}"));
  world_client c = s.join();
  c.join("/d-1,");
  CHECK(s.lines() == lines{"init /d-1"});
  s.said->slow = true;
  c.send("1/d-1,");
  CHECK(s.lines().empty());
  CHECK(c.join("/d-1,").starts_with("0/d-1,"));
  CHECK(s.lines().empty());
  s.said->here.go();
  CHECK(s.lines() == lines{"close /d-1", "init /d-1"});
}

TEST_CASE("the adapters of a server that was closed start again when a client comes",
          "[socketio][namespaces][adapter]") {
  noting_world s(std::make_shared<noting_adapter::notes>());
  s.io.of("/a");
  s.io.of("/b");
  CHECK(s.lines() == lines{"init /a", "init /b"});
  world_client c = s.join();
  const auto closed = s.start(s.io.close());
  s.w.advance(10s);  // the client's half of the goodbye does not come
  CHECK(*closed);
  CHECK(s.lines().size() == 3);
  const auto again = s.start(s.io.close());
  s.w.advance(10s);
  CHECK(*again);
  CHECK(s.lines().empty());  // they are closed already
  s.io.internals()->engine()->opening();
  world_client back = s.open();
  CHECK(back.join("/a,").starts_with("0/a,"));
  CHECK(s.lines() == lines{"init /a"});
}

TEST_CASE("the adapters of a server that listens again start again", "[socketio][namespaces][adapter]") {
  const auto to = std::make_shared<noting_adapter::notes>();
  world w;
  cosio::options opts = noting_world::with_notes(to);
  opts.host = "127.0.0.1";
  opts.port = 0;
  opts.serve_client = false;
  const cosio::server io(w.context().get_executor(), opts);
  io.of("/a");
  io.listen();
  w.run(io.close());
  to->lines.clear();
  io.listen();
  w.settle();
  CHECK(to->lines.size() == 2);
  CHECK(std::count(to->lines.begin(), to->lines.end(), "init /a") == 1);
  w.run(io.close());
}

TEST_CASE("a server that closes twice at once waits for its adapters both times", "[socketio][namespaces][adapter]") {
  noting_world s(std::make_shared<noting_adapter::notes>());
  s.said->slow = true;
  const auto first = s.start(s.io.close());
  const auto second = s.start(s.io.close());
  CHECK_FALSE(*first);
  CHECK_FALSE(*second);
  s.said->here.go();
  s.w.settle();
  CHECK(*first);
  CHECK(*second);
  CHECK(s.lines() == lines{"close /"});
}
