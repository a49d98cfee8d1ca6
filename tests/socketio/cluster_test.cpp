// Servers that know each other, through an adapter of the test's own: what is local and what goes to all, server-side
// events, and what is missing when a server does not answer.

#include <cosio/cosio.hpp>

#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "adapter/collector.hpp"
#include "adapter/local_adapter.hpp"
#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::arguments;
using cosio::task;

namespace {

using names = std::vector<std::string>;

class bus_adapter;

// The adapters of one namespace on all servers of this process.
struct bus {
  std::vector<std::shared_ptr<bus_adapter>> others(const bus_adapter* but);
  void add(std::weak_ptr<bus_adapter> one) {
    const std::lock_guard lock(mutex);
    all.push_back(std::move(one));
  }
  std::mutex mutex;
  std::vector<std::weak_ptr<bus_adapter>> all;
};

arguments parsed(const cosio::event_data& data) {
  return arguments(boost::json::parse(data.json()).as_array(), data.attachments());
}

// Answers of a server-side event go straight to who collects them.
class bus_answer final : public cosio::ack::sender {
 public:
  explicit bus_answer(std::shared_ptr<cosio::adapters::collector> to) : to_(std::move(to)) {}
  task<> send(cosio::event_data answer) override {
    to_->answered(parsed(answer));
    return nothing();
  }

 private:
  static task<> nothing() { co_return; }
  std::shared_ptr<cosio::adapters::collector> to_;
};

// A remote adapter: the local part, and everything is also handed to the other servers.
class bus_adapter final : public cosio::adapters::local_adapter {
 public:
  bus_adapter(cosio::adapter_host& host, std::shared_ptr<bus> on) : local_adapter(host), bus_(std::move(on)) {}

  task<cosio::report> broadcast(std::shared_ptr<const cosio::outgoing_packet> packet, cosio::target to) override {
    if (!to.flags.local)
      for (const auto& other : bus_->others(this)) other->apply(*packet, to);
    co_return deliver(*packet, to);
  }

  task<cosio::answers> broadcast_with_ack(std::shared_ptr<const cosio::outgoing_packet> packet,
                                          cosio::target to) override {
    const auto others = to.flags.local ? std::vector<std::shared_ptr<bus_adapter>>() : bus_->others(this);
    const auto collected = std::make_shared<cosio::adapters::collector>(1 + others.size());
    std::vector<cosio::adapters::asked_clients> asked;
    for (const auto& other : others) asked.push_back(other->ask_own(*packet, to, collected));
    asked.push_back(ask_clients(*packet, to, collected));
    for (const auto& one : asked) collected->expect(one.count());
    auto got = co_await cosio::adapters::collector::wait(collected, host().timers(), *to.flags.timeout);
    co_return got;
  }

  task<cosio::partial<std::vector<cosio::socket_descriptor>>> fetch_sockets(cosio::target to) override {
    auto found = describe(to);
    std::size_t silent = 0;
    for (const auto& other : bus_->others(this)) {
      if (other->is_silent) {
        ++silent;
        continue;
      }
      for (auto& s : other->describe(to)) found.push_back(std::move(s));
    }
    const std::size_t servers = 1 + bus_->others(this).size();
    cosio::shortfall missing(servers, servers - silent);
    co_return cosio::partial(std::move(found), std::move(missing));
  }

  task<> server_side_emit(cosio::event_data event) override {
    for (const auto& other : bus_->others(this)) other->host().server_side_event(parsed(event), cosio::ack());
    co_return;
  }

  task<cosio::answers> server_side_emit_with_ack(cosio::event_data event,
                                                 std::optional<std::chrono::milliseconds> timeout) override {
    const auto others = bus_->others(this);
    const auto collected = std::make_shared<cosio::adapters::collector>(1);
    collected->expect(others.size());
    for (const auto& other : others)
      other->host().server_side_event(parsed(event), cosio::ack(std::make_shared<bus_answer>(collected)));
    const auto got = co_await cosio::adapters::collector::wait(collected, host().timers(), timeout.value_or(5s));
    co_return cosio::answers(got.responses(), cosio::shortfall(others.size(), got.responses().size()));
  }

  task<std::size_t> server_count() override { co_return 1 + bus_->others(this).size(); }

  bool is_silent = false;

 private:
  void apply(const cosio::outgoing_packet& packet, const cosio::target& to) {
    deliver(*host().encode(std::string(packet.event()), packet.data(), std::nullopt, to.flags), to);
  }
  cosio::adapters::asked_clients ask_own(const cosio::outgoing_packet& packet, const cosio::target& to,
                                         const std::shared_ptr<cosio::answer_sink>& sink) {
    return ask_clients(*host().encode(std::string(packet.event()), packet.data(), host().next_ack_id(), to.flags), to,
                       sink);
  }

  std::shared_ptr<bus> bus_;
};

std::vector<std::shared_ptr<bus_adapter>> bus::others(const bus_adapter* but) {
  std::vector<std::shared_ptr<bus_adapter>> out;
  const std::lock_guard lock(mutex);
  for (const auto& one : all)
    if (auto alive = one.lock(); alive && alive.get() != but) out.push_back(std::move(alive));
  return out;
}

struct two_servers {
  two_servers() {
    for (sio_server* s : {&a, &b}) s->io.on_connection([this](cosio::socket c) { here.put(c); });
    a_port = a.start();
    b_port = b.start();
  }
  cosio::options options_on_bus() {
    cosio::options opts = test_options();
    opts.adapter = [this](cosio::adapter_host& host) -> std::shared_ptr<cosio::adapter> {
      auto made = std::make_shared<bus_adapter>(host, shared);
      if (host.name() == "/") {
        shared->add(made);
        adapters.push_back(made);
      }
      return made;
    };
    return opts;
  }

  std::shared_ptr<bus> shared = std::make_shared<bus>();
  std::vector<std::shared_ptr<bus_adapter>> adapters;
  mailbox<cosio::socket> here;
  mailbox<> heard;
  sio_server a{options_on_bus()};
  sio_server b{options_on_bus()};
  std::uint16_t a_port = 0, b_port = 0;
};

}  // namespace

TEST_CASE("a broadcast reaches the clients of all servers, a local one its own", "[socketio][cluster]") {
  two_servers t;
  sio_client on_a(t.a_port);
  sio_client on_b(t.b_port);
  on_a.join();
  on_b.join();
  t.here.take();
  t.here.take();
  t.a.run(t.a.io.local().emit("local"));
  t.a.run(t.a.io.emit("all", cosio::binary("ab")));
  CHECK(on_a.receive() == R"(2["local"])");
  CHECK(on_a.receive() == R"(51-["all",{"_placeholder":true,"num":0}])");
  CHECK(on_b.receive() == R"(51-["all",{"_placeholder":true,"num":0}])");
  CHECK(on_b.receive_bytes() == "ab");
}

TEST_CASE("a broadcast with acknowledgement collects the answers of all servers' clients", "[socketio][cluster]") {
  two_servers t;
  sio_client on_a(t.a_port);
  sio_client on_b(t.b_port);
  on_a.join();
  on_b.join();
  t.here.take();
  t.here.take();
  auto asking = start(t.a.io.executor(), t.a.io.timeout(10s).emit_with_ack("q"));
  CHECK(on_a.receive() == R"(20["q"])");
  CHECK(on_b.receive() == R"(20["q"])");
  on_b.send(R"(30["b"])");
  on_a.send(R"(30["a"])");
  const cosio::answers got = wait(std::move(asking));
  CHECK(got.complete());
  REQUIRE(got.responses().size() == 2);
  names values;
  for (const auto& one : got.responses()) values.push_back(one.get<std::string>(0));
  std::sort(values.begin(), values.end());
  CHECK(values == names{"a", "b"});
}

TEST_CASE("sockets of all servers are found, when one does not answer, what came and what is missing is thrown",
          "[socketio][cluster]") {
  two_servers t;
  sio_client on_a(t.a_port);
  sio_client on_b(t.b_port);
  on_a.join();
  const std::string b_id = on_b.join();
  t.here.take();
  t.here.take();
  CHECK(t.a.run(t.a.io.fetch_sockets()).size() == 2);
  const auto remote = t.a.run(t.a.io.in(b_id).fetch_sockets());
  REQUIRE(remote.size() == 1);
  CHECK(remote[0].id() == b_id);
  CHECK(remote[0].handshake().at("url").as_string().starts_with("/socket.io/"));

  t.adapters[1]->is_silent = true;
  try {
    t.a.run(t.a.io.fetch_sockets());
    FAIL("nothing was thrown");
  } catch (const cosio::incomplete<std::vector<cosio::remote_socket>>& e) {
    CHECK(e.value().size() == 1);
    CHECK(e.missing().expected() == 2);
    CHECK(e.missing().received() == 1);
    CHECK(e.code() == cosio::errc::timed_out);
  }
}

TEST_CASE("a server-side event reaches the other servers, never its own or clients", "[socketio][cluster]") {
  two_servers t;
  t.a.io.on_server_side("hello", [&] { t.heard.put("a"); });
  t.b.io.on_server_side("hello",
                        [&](std::string text, int number) { t.heard.put("b " + text + " " + std::to_string(number)); });
  t.a.run(t.a.io.server_side_emit("hello", "world", 7));
  CHECK(t.heard.take() == "b world 7");
  CHECK(t.heard.empty());
  CHECK(t.a.run(t.a.io.sockets().server_count()) == 2);
}

TEST_CASE("servers answer server-side events", "[socketio][cluster]") {
  two_servers t;
  t.b.io.on_server_side("sum", [](int x, int y) { return x + y; });
  const cosio::answers got = t.a.run(t.a.io.server_side_emit_with_ack("sum", 1, 2));
  CHECK(got.complete());
  REQUIRE(got.responses().size() == 1);
  CHECK(got.responses()[0].get<int>(0) == 3);
}

TEST_CASE("server-side events have futures, too", "[socketio][cluster]") {
  two_servers t;
  t.b.io.on_server_side("hello", [&](std::string text) { t.heard.put("b " + text); });
  t.b.io.on_server_side("sum", [](int x, int y) { return x + y; });
  wait(t.a.io.async_server_side_emit(boost::asio::use_future, "hello", "world"));
  CHECK(t.heard.take() == "b world");
  const cosio::nsp on_a = t.a.io.sockets();
  const cosio::answers got = wait(on_a.async_server_side_emit_with_ack(boost::asio::use_future, "sum", 1, 2));
  CHECK(got.values<int>() == std::vector<int>{3});
}

TEST_CASE("a server that does not answer is missed", "[socketio][cluster]") {
  two_servers t;
  const cosio::answers got = t.a.run(t.a.io.timeout(20ms).server_side_emit_with_ack("nobody listens"));
  CHECK_FALSE(got.complete());
  CHECK(got.problem() == "timeout reached: only 0 responses received out of 1");
}

TEST_CASE("a handler of server-side events that throws leaves the event to the next one", "[socketio][cluster]") {
  two_servers t;
  t.b.io.on_server_side("hello", []() -> task<int> { throw std::runtime_error("no coroutine"); });
  t.b.io.on_server_side("hello", [&] { t.heard.put("second"); });
  t.a.run(t.a.io.server_side_emit("hello"));
  CHECK(t.heard.take() == "second");
}

TEST_CASE("a handler of server-side events can be removed", "[socketio][cluster]") {
  two_servers t;
  const auto first = t.b.io.on_server_side("hello", [&] { t.heard.put("first"); });
  t.b.io.on_server_side("hello", [&] { t.heard.put("second"); });
  first.remove();
  t.a.run(t.a.io.server_side_emit("hello"));
  CHECK(t.heard.take() == "second");
}

TEST_CASE("alone, server-side events go nowhere, and their answers are there at once", "[socketio][cluster]") {
  sio_server s;
  mailbox<> heard;
  s.io.on_server_side("hello", [&] { heard.put("own"); });
  s.start();
  s.run(s.io.server_side_emit("hello"));
  const cosio::answers got = s.run(s.io.server_side_emit_with_ack("hello"));
  CHECK(got.complete());
  CHECK(got.responses().empty());
  CHECK(heard.empty());
}

TEST_CASE("names that belong to servers, and rooms, are refused in server-side events", "[socketio][cluster]") {
  sio_server s;
  s.start();
  for (const char* name : {"connect", "connection", "new_namespace"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(s.run(s.io.server_side_emit(name)), cosio::error);
    CHECK_THROWS_AS(s.run(s.io.server_side_emit_with_ack(name)), cosio::error);
    CHECK_THROWS_AS(s.io.on_server_side(name, [] {}), cosio::error);
  }
  s.run(s.io.server_side_emit("disconnect"));  // no name of theirs
  CHECK_THROWS_AS(s.run(s.io.to("room").server_side_emit("hello")), cosio::error);
}

// edge 240
TEST_CASE("a socket's own room is told of before its client knows that it has joined", "[socketio][cluster]") {
  mailbox<> log;
  sio_server s;
  s.io.sockets().on_room_event([&](const cosio::room_event& e) {
    if (e.what == cosio::room_event::kind::joined && e.room == e.id) log.put(e.id);
  });
  sio_client c(s.start());
  const std::string id = c.join();
  CHECK_FALSE(log.empty());
  CHECK(log.take() == id);
  CHECK(s.run(s.io.sockets().all_rooms()) == names{id});
}
