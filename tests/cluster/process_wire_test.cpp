// Servers in one process as one cluster, with real clients.

#include <cosio/cosio.hpp>
#include <cosio/process_wire.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "cluster/wire_receiver.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"
#include "support/world.hpp"

namespace cosio::test {
namespace {

using names = std::vector<std::string>;

options on_bus(const std::shared_ptr<process_bus>& bus) {
  options opts = test_options();
  opts.connection_state_recovery.emplace();
  opts.adapter = cluster_adapter(process_wire(bus));
  return opts;
}

std::string member(const std::string& packet, std::string_view name) {
  return boost::json::value_to<std::string>(boost::json::parse(packet.substr(1)).as_object().at(name));
}

std::string offset_of(const std::string& packet) {
  return boost::json::value_to<std::string>(boost::json::parse(packet.substr(1)).as_array().back());
}

struct two_servers {
  two_servers() {
    for (sio_server* s : {&a, &b}) {
      s->io.on_connection([this](cosio::socket c) {
        c.on_disconnect([this](cosio::reason why) -> task<> {
          left.put(std::string(why.text()));
          co_return;
        });
        here.put(c);
      });
    }
    a_port = a.start();
    b_port = b.start();
  }
  mailbox<> left;
  mailbox<cosio::socket> here;
  const std::shared_ptr<process_bus> bus = make_process_bus();
  sio_server a{on_bus(bus)};
  sio_server b{on_bus(bus)};
  std::uint16_t a_port = 0;
  std::uint16_t b_port = 0;
};

}  // namespace

TEST_CASE("servers on one bus are one cluster", "[cluster][process_wire]") {
  two_servers t;
  sio_client on_a(t.a_port);
  sio_client on_b(t.b_port);
  on_a.join();
  const std::string first = t.here.take().id();
  on_b.join();
  const std::string second = t.here.take().id();
  t.a.run(t.a.io.emit("all", binary("ab")));
  CHECK(on_a.receive().starts_with(R"(51-["all",{"_placeholder":true,"num":0})"));
  CHECK(on_b.receive().starts_with(R"(51-["all",{"_placeholder":true,"num":0})"));
  CHECK(on_b.receive_bytes() == "ab");

  names ids = t.b.run(t.b.io.clients());
  names both{first, second};
  std::sort(ids.begin(), ids.end());
  std::sort(both.begin(), both.end());
  CHECK(ids == both);
  CHECK(t.a.run(t.a.io.sockets().server_count()) == 2);
  t.a.run(t.a.io.sockets_join("r"));
  REQUIRE(eventually([&] { return t.b.io.sockets().rooms_of(second).size() == 2; }));

  const metrics now = t.a.io.metrics();
  CHECK(now.has_cluster);
  CHECK(now.cluster_connected);
  CHECK(now.cluster_published >= 2);
  CHECK(to_openmetrics(now).find("cosio_cluster_messages_total{outcome=\"published\"}") != std::string::npos);

  auto asking = start(t.b.io.executor(), t.b.io.timeout(patience).emit_with_ack("q"));
  CHECK(on_a.receive_bytes() == "ab");
  CHECK(on_a.receive().starts_with(R"(20["q")"));
  on_a.send(R"(30["a"])");
  CHECK(on_b.receive().starts_with(R"(2)"));
  on_b.send(R"(30["b"])");
  const answers got = wait(std::move(asking));
  CHECK(got.complete());
  CHECK(got.responses().size() == 2);
}

TEST_CASE("a client that was cut off comes back on another server", "[cluster][process_wire]") {
  two_servers t;
  std::string sid;
  std::string pid;
  std::string offset;
  {
    sio_client first(t.a_port);
    first.send("0");
    const std::string reply = first.receive();
    sid = member(reply, "sid");
    pid = member(reply, "pid");
    t.a.run(t.here.take().join("r"));
    t.b.run(t.b.io.emit("one"));
    offset = offset_of(first.receive());
    first.drop();
  }
  t.left.take();
  t.b.run(t.b.io.to("r").emit("two"));
  t.a.run(t.a.io.to("s").emit("not for it"));
  t.a.run(t.a.io.emit("three"));
  sio_client back(t.b_port);
  back.send(R"(0{"pid":")" + pid + R"(","offset":")" + offset + R"("})");
  CHECK(back.receive().starts_with(R"(2["two")"));
  CHECK(back.receive().starts_with(R"(2["three")"));
  const std::string reply = back.receive();
  CHECK(member(reply, "sid") == sid);
  CHECK(t.here.take().recovered());
  t.a.run(t.a.io.to("r").emit("four"));
  CHECK(back.receive().starts_with(R"(2["four")"));
}

TEST_CASE("what waits on a bus has a bound, and what is above it is counted as lost", "[cluster][process_wire]") {
  process_bus_options bounds;
  bounds.keep_sessions = GENERATE(false, true);
  bounds.max_pending_bytes = 100'000;
  const auto bus = make_process_bus(bounds);
  world w;
  fake_host host(w);
  const auto a = process_wire(bus)(host);
  const auto b = process_wire(bus)(host);

  // The listener publishes in its turn: all of that waits until it returns.
  class busy final : public cluster_receiver {
   public:
    void received(cluster_message message, std::string_view) override {
      ++got;
      bytes += message.event.json().size();
      if (on_first) std::exchange(on_first, nullptr)();
    }
    void lost() override {}
    void restored(wire_gap) override {}
    std::function<void()> on_first;
    int got = 0;
    std::size_t bytes = 0;
  };
  const auto listener = std::make_shared<busy>();
  w.run(b->listen("/", "b", listener));
  const auto letter = [](std::size_t bytes) {
    cluster_message out = event("a");
    out.event = event_data("[\"" + std::string(bytes, 'x') + "\"]", {});
    return out;
  };
  int taken = 0;
  int lost = 0;
  const captured_log log;
  world inner;  // the other one runs meanwhile
  listener->on_first = [&] {
    for (int i = 0; i < 1'000; ++i) {
      const publication how = inner.run(a->publish(letter(1'000)));
      ++(how.ok ? taken : lost);
      CHECK(how.ok == how.problem.empty());
    }
    CHECK(a->counts().pending_bytes <= bounds.max_pending_bytes);
  };
  CHECK(w.run(a->publish(letter(1'000'000))).ok);  // nothing waits for it
  CHECK(taken > 10);
  CHECK(taken < 100);
  CHECK(lost == 1'000 - taken);
  CHECK(listener->got == 1 + taken);
  CHECK(a->counts().published == static_cast<std::uint64_t>(1 + taken));
  CHECK(a->counts().lost == static_cast<std::uint64_t>(lost));
  CHECK(a->counts().pending_bytes == 0);
  CHECK(log.count(log_level::error, "max_pending_bytes (100000) wait") == 1);
  CHECK(w.run(a->publish(letter(1'000))).ok);
  CHECK(listener->got == 2 + taken);
}

TEST_CASE("events that are kept have a bound in bytes", "[cluster][process_wire]") {
  process_bus_options bounds;
  bounds.max_event_bytes = 100'000;
  const auto bus = make_process_bus(bounds);
  world w;
  fake_host host(w);
  const auto a = process_wire(bus)(host);
  session_record away;
  away.pid = "p";
  away.since = "0";
  const auto publish = [&](int times) {
    for (int i = 0; i < times; ++i) {
      cluster_message one = event("a");
      one.event = event_data("[\"" + std::string(10'000, 'x') + "\"]", {});
      CHECK(w.run(a->publish(std::move(one))).ok);
    }
  };
  w.run(a->save_session("/", away, std::chrono::minutes(1)));
  publish(5);
  const auto back = w.run(a->take_session("/", "p", "0"));
  REQUIRE(back);
  CHECK(back->events.size() == 5);
  w.run(a->save_session("/", away, std::chrono::minutes(1)));
  publish(5);
  CHECK_FALSE(w.run(a->take_session("/", "p", "0")));  // the first ones are not there any more
}

TEST_CASE("a wire without a bus is refused", "[cluster][process_wire]") {
  CHECK(error_of([] { process_wire(nullptr); }) == errc::bad_argument);
  CHECK(error_of([] { cluster_adapter(nullptr); }) == errc::bad_argument);
}

}  // namespace cosio::test
