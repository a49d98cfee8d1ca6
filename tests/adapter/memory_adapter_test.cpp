// Rooms of one server, behind the interface that broadcasts use.

#include "adapter/memory_adapter.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using cosio::adapters::memory_adapter;
using cosio::test::fake_host;
using cosio::test::make_socket;
using cosio::test::to;
using cosio::test::world;

namespace {

using names = std::vector<std::string>;

names sorted(names list) {
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

TEST_CASE("a broadcast reaches the sockets of the target, each once, and reports what became of it",
          "[adapter][memory_adapter]") {
  world w;
  fake_host host(w);
  memory_adapter rooms(host);
  const auto queued = make_socket("queued");
  const auto dropped = make_socket("dropped");
  const auto refused = make_socket("refused");
  const auto outside = make_socket("outside");
  dropped->answer = delivery::dropped;
  refused->answer = delivery::refused;
  for (const auto& s : {queued, dropped, refused, outside}) w.run(rooms.connect(s, nullptr));
  for (const auto& s : {queued, dropped, refused}) w.run(rooms.join(s, names{"a", "b"}));

  host.gathered = 0;
  target at = to({"a", "b"});
  at.flags.is_volatile = true;
  const report sum = w.run(rooms.broadcast(std::make_shared<test::fake_packet>(), at));
  CHECK(sum.queued == 1);
  CHECK(sum.dropped == 1);
  CHECK(sum.refused == 1);
  CHECK(queued->delivered == 1);
  CHECK(queued->last_was_volatile);
  CHECK(outside->delivered == 0);
  CHECK(host.gathered == 1);
}

TEST_CASE("a broadcast to nobody is gathered and reports zeros", "[adapter][memory_adapter]") {
  world w;
  fake_host host(w);
  memory_adapter rooms(host);
  const report sum = w.run(rooms.broadcast(std::make_shared<test::fake_packet>(), to({"nobody"})));
  CHECK(sum.queued + sum.dropped + sum.refused == 0);
}

TEST_CASE("sockets and local_sockets name the sockets of a target", "[adapter][memory_adapter]") {
  world w;
  fake_host host(w);
  memory_adapter rooms(host);
  const auto one = make_socket("s1");
  const auto two = make_socket("s2");
  w.run(rooms.connect(one, nullptr));
  w.run(rooms.connect(two, nullptr));
  w.run(rooms.join(two, names{"a"}));
  CHECK(sorted(w.run(rooms.sockets(to({}))).value) == names{"s1", "s2"});
  CHECK(w.run(rooms.sockets(to({"a"}))).value == names{"s2"});
  const auto found = rooms.local_sockets(to({}, {"a"}));
  REQUIRE(found.size() == 1);
  CHECK(found[0] == one);
}

TEST_CASE("joining and leaving several rooms at once", "[adapter][memory_adapter]") {
  world w;
  fake_host host(w);
  memory_adapter rooms(host);
  const auto s = make_socket("s1");
  w.run(rooms.connect(s, nullptr));
  w.run(rooms.join(s, names{"a", "b", "c"}));
  CHECK(sorted(rooms.rooms_of("s1")) == names{"a", "b", "c", "s1"});
  w.run(rooms.leave("s1", names{"a", "c", "never joined"}));
  CHECK(sorted(rooms.rooms_of("s1")) == names{"b", "s1"});
  w.run(rooms.remove("s1"));
  CHECK(rooms.rooms_of("s1").empty());
  CHECK(w.run(rooms.sockets(to({}))).value.empty());
}

// edge 241
TEST_CASE("a socket that has begun to leave joins nothing any more", "[adapter][memory_adapter]") {
  world w;
  fake_host host(w);
  memory_adapter rooms(host);
  const auto s = make_socket("s1");
  w.run(rooms.connect(s, nullptr));
  s->is_alive = false;
  w.run(rooms.join(s, names{"a"}));
  CHECK(rooms.rooms_of("s1") == names{"s1"});
  w.run(rooms.remove("s1"));
  w.run(rooms.join(s, names{"a"}));
  CHECK(rooms.rooms_of("s1").empty());
}

TEST_CASE("threads join, leave and broadcast at the same time", "[adapter][memory_adapter]") {
  world w;
  fake_host host(w);
  memory_adapter rooms(host);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&rooms, t] {
      world own;
      const auto s = make_socket("s" + std::to_string(t));
      for (int i = 0; i < 200; ++i) {
        own.run(rooms.connect(s, nullptr));
        own.run(rooms.join(s, names{"a", "b"}));
        own.run(rooms.sockets(to({"a"})));
        own.run(rooms.broadcast(std::make_shared<test::fake_packet>(), to({"b"})));
        own.run(rooms.leave(s->id(), names{"a"}));
        own.run(rooms.remove(s->id()));
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(rooms.local_sockets(to({})).empty());
  CHECK(rooms.rooms_of("s0").empty());
}

TEST_CASE("broadcasts of several threads reach all their receivers in one order", "[adapter][memory_adapter]") {
  world w;
  fake_host host(w, GENERATE(std::optional<recovery_options>(), std::optional(recovery_options())));
  const auto rooms = std::make_shared<memory_adapter>(host);
  const auto one = make_socket("s1");
  const auto two = make_socket("s2");
  for (const auto& s : {one, two}) {
    w.run(rooms->connect(s, nullptr));
    w.run(rooms->join(s, names{s->id() + " and others"}));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&rooms, t] {
      world own;
      const target at = t == 0 ? to({}) : to({"s1 and others", "s2 and others"});
      for (int i = 0; i < 200; ++i) {
        const std::string json = "[" + std::to_string(t) + "," + std::to_string(i) + "]";
        own.run(rooms->broadcast(std::make_shared<test::fake_packet>(json), at));
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(one->log.size() == 1 + 3 * 200);
  CHECK(one->log == two->log);
}

// ---------------------------------------------------------------- recovery

namespace {

using namespace std::chrono_literals;

std::shared_ptr<const outgoing_packet> named(const std::string& name) {
  return std::make_shared<test::fake_packet>("[\"" + name + "\"]");
}

// A namespace that offers recovery, and a socket in it.
struct recovering {
  recovering() { w.run(rooms->connect(one, nullptr)); }

  // The socket is disconnected; its client is away.
  void lose(const std::shared_ptr<test::fake_socket>& who, const std::string& since = {}) {
    const names in = rooms->rooms_of(who->id());
    who->is_alive = false;
    w.run(rooms->remove(who->id()));
    w.run(rooms->persist_session(session_record("pid", who->id(), in, who->kept, since)));
  }
  std::shared_ptr<const session_record> restore(const std::string& offset) {
    return w.run(rooms->restore_session("pid", offset));
  }
  report emit(const std::string& name, const target& at = to({})) { return w.run(rooms->broadcast(named(name), at)); }

  world w;
  fake_host host{w, recovery_options()};
  std::shared_ptr<memory_adapter> rooms = std::make_shared<memory_adapter>(host);
  std::shared_ptr<test::fake_socket> one = make_socket("s1");
};

}  // namespace

// edge 264, 269
TEST_CASE("with recovery, events that can be missed carry offsets, others do not", "[adapter][memory_adapter]") {
  recovering r;
  CHECK(r.rooms->keeps_sessions());
  r.emit("plain");
  target rushed = to({});
  rushed.flags.is_volatile = true;
  r.emit("volatile", rushed);
  r.w.run(r.rooms->emit(r.one, named("direct"), emit_flags()));
  REQUIRE(r.one->offsets.size() == 3);
  CHECK_FALSE(r.one->offsets[0].empty());
  CHECK(r.one->offsets[1].empty());
  CHECK_FALSE(r.one->offsets[2].empty());
  CHECK(r.one->offsets[0] != r.one->offsets[2]);
}

// edge 265, 266
TEST_CASE("a socket that comes back receives what it missed before it is admitted, then what goes on",
          "[adapter][memory_adapter]") {
  recovering r;
  r.w.run(r.rooms->join(r.one, names{"a"}));
  r.emit("seen");
  const std::string offset = r.one->offsets.back();
  r.lose(r.one);
  r.emit("missed");
  r.emit("missed in a", to({"a"}));
  r.emit("not for it", to({"b"}));
  r.w.run(r.rooms->emit(r.one, named("direct"), emit_flags()));  // somebody holds the old socket still

  const auto record = r.restore(offset);
  REQUIRE(record);
  CHECK(record->id == "s1");
  const auto again = make_socket("s1");
  r.w.run(r.rooms->join(again, record->rooms));
  r.emit("between");  // while middleware runs, say
  CHECK(r.w.run(r.rooms->connect(again, record)).ok);
  r.emit("live");
  r.w.run(r.rooms->emit(r.one, named("old handle"), emit_flags()));
  CHECK(again->log == names{R"(["missed"])", R"(["missed in a"])", R"(["direct"])", R"(["between"])", "admitted",
                            R"(["live"])", R"(["old handle"])"});
  CHECK(sorted(r.rooms->rooms_of("s1")) == names{"a", "s1"});
}

TEST_CASE("what went while a socket was on its way back is not passed over in silence", "[adapter][memory_adapter]") {
  world w;
  recovery_options few;
  few.max_packets = 2;
  fake_host host(w, few);
  const auto rooms = std::make_shared<memory_adapter>(host);
  w.run(rooms->persist_session(session_record("pid", "s1", {"s1"}, {}, adapters::stream_position(host.now_ms).text())));
  const auto record = w.run(rooms->restore_session("pid", ""));
  REQUIRE(record);
  for (const char* name : {"1", "2", "3"}) w.run(rooms->broadcast(named(name), to({})));
  const auto again = make_socket("s1");
  CHECK_FALSE(w.run(rooms->connect(again, record)).ok);
  CHECK(again->log.empty());
  CHECK(w.run(rooms->sockets(to({}))).value.empty());
}

TEST_CASE("what is too old is let go of, without anybody asking", "[adapter][memory_adapter]") {
  recovering r;
  auto packet = std::make_shared<test::fake_packet>();
  const std::shared_ptr<int> alive = packet->alive;
  r.w.run(r.rooms->broadcast(std::move(packet), to({})));
  r.lose(r.one);
  r.w.advance(121s);
  CHECK(alive.use_count() == 2);  // another may have missed it and not be known to be away
  CHECK_FALSE(r.restore(r.one->offsets.back()));
  r.w.advance(66s);
  CHECK(alive.use_count() == 1);
}
