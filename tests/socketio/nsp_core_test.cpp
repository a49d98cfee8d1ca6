// One namespace: what is registered on it, its numbers, and what its handle shows.

#include "socketio/nsp_core.hpp"

#include <cosio/cosio.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "socketio/server_core.hpp"
#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::next;
using cosio::task;
using cosio::socketio::nsp_core;
using cosio::socketio::nsp_handlers;
using cosio::socketio::parent_core;

namespace {

using error_hook = cosio::hook<cosio::socket, const cosio::socket_error&>;
using room_hook = cosio::hook<const cosio::room_event&>;

task<> let_in(cosio::socket&, next go) { co_await go(); }

std::shared_ptr<nsp_core> make(const cosio::server& io, const std::string& name, const nsp_handlers& handlers = {}) {
  return std::make_shared<nsp_core>(io.internals(), name, handlers);
}

}  // namespace

TEST_CASE("who reads what is registered has a snapshot", "[socketio][nsp_core]") {
  nsp_handlers handlers;
  CHECK(handlers.middlewares() == nullptr);
  CHECK(handlers.connection_handlers() == nullptr);
  CHECK(handlers.error_handlers() == nullptr);
  handlers.add(cosio::detail::nsp_middleware(let_in));
  const auto before = handlers.middlewares();
  handlers.add(cosio::detail::nsp_middleware(let_in));
  CHECK(before->size() == 1);
  CHECK(handlers.middlewares()->size() == 2);
}

TEST_CASE("a copy starts with what was registered so far", "[socketio][nsp_core]") {
  const cosio::server io(test_options());
  nsp_handlers parent;
  parent.add(cosio::detail::nsp_middleware(let_in));
  parent.add(error_hook([](cosio::socket, const cosio::socket_error&) {}).release());
  const auto child = make(io, "/child", parent);
  parent.add(cosio::detail::nsp_middleware(let_in));
  CHECK(child->handlers().middlewares()->size() == 1);
  CHECK(child->handlers().error_handlers()->size() == 1);
  child->handlers().add(cosio::detail::nsp_middleware(let_in));
  child->handlers().add(cosio::detail::nsp_middleware(let_in));
  CHECK(parent.middlewares()->size() == 2);
}

TEST_CASE("clearing lets go of everything that was registered, but not of a snapshot", "[socketio][nsp_core]") {
  const auto token = std::make_shared<int>();
  nsp_handlers handlers;
  handlers.add(cosio::detail::nsp_middleware([token](cosio::socket&, next) -> task<> { co_return; }));
  handlers.add(cosio::detail::connection_handler([token](cosio::socket) -> task<> { co_return; }));
  handlers.add(error_hook([token](cosio::socket, const cosio::socket_error&) {}).release());
  handlers.add(room_hook([token](const cosio::room_event&) {}).release());
  CHECK(token.use_count() == 5);
  auto snapshot = handlers.middlewares();
  handlers.clear();
  CHECK(token.use_count() == 2);
  snapshot = nullptr;
  CHECK(token.use_count() == 1);
  CHECK(handlers.middlewares() == nullptr);
}

TEST_CASE("a namespace that outlives its server has none", "[socketio][nsp_core]") {
  std::shared_ptr<nsp_core> kept;
  {
    const cosio::server io(test_options());
    kept = make(io, "/x");
    CHECK(kept->server() == io.internals());
  }
  CHECK(kept->server() == nullptr);
}

TEST_CASE("numbers of acknowledgements and of waits never meet", "[socketio][nsp_core]") {
  const cosio::server io(test_options());
  const auto nsp = make(io, "/x");
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> sum{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) sum += nsp->next_ack_id();
    });
  for (auto& thread : threads) thread.join();
  CHECK(sum == 399 * 400 / 2);  // 0 … 399, each once
  CHECK(nsp->next_wait_id() == ~std::uint64_t{0});
  CHECK(nsp->next_wait_id() == ~std::uint64_t{0} - 1);
}

TEST_CASE("a parent knows those of its namespaces that are still there", "[socketio][nsp_core]") {
  const auto parent = std::make_shared<parent_core>(parent_core::rule());
  const cosio::server io(test_options());
  auto a = make(io, "/a");
  const auto b = make(io, "/b");
  parent->add_child(a);
  parent->add_child(b);
  a->made_by(parent);
  CHECK(a->is_child());
  CHECK_FALSE(b->is_child());
  CHECK(parent->children().size() == 2);
  a = nullptr;
  REQUIRE(parent->children().size() == 1);
  CHECK(parent->children()[0] == b);
}

TEST_CASE("what is registered is neither copied nor destroyed with a lock held", "[socketio][nsp_core]") {
  // A callable that uses the namespace whenever it is copied or destroyed.
  struct curious {
    explicit curious(nsp_handlers& of) : of_(&of) {}
    curious(const curious& other) : of_(other.of_) { look(); }
    curious& operator=(const curious&) = delete;
    ~curious() { look(); }
    void operator()(const cosio::room_event&) const {}
    void look() const {
      if (of_ != nullptr) static_cast<void>(of_->room_handlers());
    }
    nsp_handlers* of_;
  };
  nsp_handlers handlers;
  const auto first = handlers.add(room_hook(curious(handlers)).release());
  handlers.add(room_hook(curious(handlers)).release());
  CHECK(handlers.room_handlers()->size() == 2);
  handlers.remove(first);
  CHECK(handlers.room_handlers()->size() == 1);
  handlers.clear();
  CHECK(handlers.room_handlers() == nullptr);
}

TEST_CASE("what is registered can be removed by its number, once, and a snapshot keeps it", "[socketio][nsp_core]") {
  nsp_handlers handlers;
  const auto first = handlers.add(cosio::detail::nsp_middleware(let_in));
  const auto second = handlers.add(cosio::detail::connection_handler([](cosio::socket) -> task<> { co_return; }));
  const auto third = handlers.add(cosio::detail::nsp_middleware(let_in));
  const nsp_handlers copy(handlers);
  const auto before = handlers.middlewares();
  handlers.remove(first);
  handlers.remove(first);
  CHECK(before->size() == 2);
  CHECK(handlers.middlewares()->size() == 1);
  CHECK(handlers.connection_handlers()->size() == 1);
  handlers.remove(second);
  handlers.remove(third);
  CHECK(handlers.middlewares() == nullptr);
  CHECK(handlers.connection_handlers() == nullptr);
  CHECK(copy.middlewares()->size() == 2);
}

TEST_CASE("the handle shows who is connected, by id", "[socketio][nsp_core]") {
  mailbox<cosio::socket> joined;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) { joined.put(c); });
  const auto port = s.start();
  CHECK(s.run(s.io.sockets().connected()).empty());
  sio_client a(port);
  sio_client b(port);
  a.join();
  b.join();
  const auto first = joined.take();
  const auto second = joined.take();
  const auto all = s.run(s.io.sockets().connected());
  CHECK(all.size() == 2);
  CHECK(all.at(first.id()) == first);
  CHECK(all.at(second.id()) == second);
  s.run(first.disconnect());
  CHECK(s.run(s.io.sockets().sockets()).size() == 1);
  CHECK(s.run(s.io.sockets().sockets()).contains(second.id()));
}

TEST_CASE("rooms and sockets of this server are found both ways", "[socketio][nsp_core]") {
  mailbox<cosio::socket> joined;
  sio_server s;
  s.io.on_connection([&](cosio::socket c) { joined.put(c); });
  const auto port = s.start();
  sio_client a(port);
  sio_client b(port);
  a.join();
  b.join();
  const auto first = joined.take();
  const auto second = joined.take();
  s.run(first.join("red"));
  s.run(second.join("red", "blue"));
  const cosio::nsp all = s.io.sockets();
  const auto sorted = [](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
  };
  CHECK(sorted(all.rooms_of(second.id())) == sorted({"red", "blue", second.id()}));
  CHECK(all.rooms_of("nobody").empty());
  CHECK(sorted(all.sockets_in("red")) == sorted({first.id(), second.id()}));
  CHECK(all.sockets_in("blue") == std::vector<std::string>{second.id()});
  CHECK(all.sockets_in(first.id()) == std::vector<std::string>{first.id()});
  CHECK(all.sockets_in("nowhere").empty());
  s.run(second.disconnect());
  CHECK(all.rooms_of(second.id()).empty());
  CHECK(all.sockets_in("blue").empty());
}

TEST_CASE("on_error of a namespace is told after the socket's own, and may throw", "[socketio][nsp_core]") {
  mailbox<> told;
  sio_server s;
  s.io.sockets().on_error([&](cosio::socket, const cosio::socket_error& wrong) {
    told.put("namespace: " + wrong.event() + ", " + wrong.message());
    throw std::runtime_error("on_error failed");
  });
  s.io.on_connection([&](cosio::socket c) {
    c.on_error([&](cosio::socket_error wrong) -> task<> {
      told.put("socket: " + wrong.event());
      co_return;
    });
    c.on("fail", [] { throw std::runtime_error("out of paper"); });
    c.on("echo", [](int n) { return n; });
  });
  sio_client c(s.start());
  c.join();
  c.send(R"(2["fail"])");
  CHECK(told.take() == "socket: fail");
  CHECK(told.take() == "namespace: fail, out of paper");
  c.send(R"(20["echo",1])");
  CHECK(c.receive() == "30[1]");
}

TEST_CASE("a handler that holds its own namespace is let go of with the server", "[socketio][nsp_core]") {
  const auto token = std::make_shared<int>();
  std::weak_ptr<nsp_core> seen;
  {
    const cosio::server io(test_options());
    const auto nsp = io.of("/held");
    seen = nsp.internals();
    nsp.on_connection([token, nsp](cosio::socket) {});
    nsp.use([token, nsp](cosio::socket&, next go) -> task<> { co_await go(); });
    const auto parent = io.of(cosio::pattern("/d-{digits}"));
    parent.on_connection([token, parent](cosio::socket) {});
    CHECK(token.use_count() >= 4);
  }
  CHECK(seen.expired());
  CHECK(token.use_count() == 1);
}
