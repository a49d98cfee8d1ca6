// Rooms of one server, behind the interface that broadcasts use.

#include "adapter/memory_adapter.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
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
  std::array<world, 3> worlds;  // until all have ended: one thread may wake another
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&rooms, &own = worlds[static_cast<std::size_t>(t)], t] {
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
  std::array<world, 3> worlds;  // until all have ended: one thread may wake another
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&rooms, &own = worlds[static_cast<std::size_t>(t)], t] {
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
  explicit recovering(recovery_options how = {}) : host{w, how} { w.run(rooms->connect(one, nullptr)); }

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
  fake_host host;
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

TEST_CASE("an event for a socket that is gone is refused, queued or over budget as whoever came back says",
          "[adapter][memory_adapter]") {
  recovering r;
  r.emit("seen");
  const std::string offset = r.one->offsets.back();
  const auto emit_to_gone = [&] { return r.w.run(r.rooms->emit(r.one, named("direct"), emit_flags())); };
  r.lose(r.one);
  CHECK(emit_to_gone() == delivery::refused);  // nobody is back
  const auto again = make_socket("s1");
  const auto record = r.restore(offset);
  REQUIRE(record);
  r.w.run(r.rooms->join(again, record->rooms));
  REQUIRE(r.w.run(r.rooms->connect(again, record)).ok);
  for (const delivery what : {delivery::queued, delivery::over_budget, delivery::refused}) {
    again->answer = what;
    CHECK(emit_to_gone() == what);
  }
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

TEST_CASE("what may be missed for ever is never let go of, and nobody is woken for it", "[adapter][memory_adapter]") {
  recovery_options never;
  never.max_disconnection_duration = std::chrono::milliseconds::max();
  recovering r(never);
  r.emit("missed");
  r.lose(r.one);
  r.w.advance(std::chrono::hours(24 * 365));
  CHECK(r.restore(r.one->offsets.front()));
}

TEST_CASE("what is too old is let go of after a close, too", "[adapter][memory_adapter]") {
  recovering r;
  r.emit("arms the deadline");
  r.w.run(r.rooms->close());
  auto packet = std::make_shared<test::fake_packet>();
  const std::shared_ptr<int> alive = packet->alive;
  r.w.run(r.rooms->broadcast(std::move(packet), to({})));
  CHECK(alive.use_count() == 2);
  r.w.advance(187s);
  CHECK(alive.use_count() == 1);
}

// ---------------------------------------------------------------- coming back

namespace {

// A socket that comes back, and has missed ten events of 200 kB; its client reads when it is told to.
struct returning : recovering {
  explicit returning(std::size_t bytes = 200'000) {
    emit("seen");
    offset = one->offsets.back();
    lose(one, offset);
    for (int i = 0; i < 10; ++i) emit(std::to_string(i) + std::string(bytes, 'x'));
    again->full = &queue;
    record = restore(offset);
    rejoin();
  }
  void rejoin() {
    boost::asio::co_spawn(w.context(), rooms->connect(again, record),
                          [this](std::exception_ptr, admission got) { result = got; });
    w.settle();
  }
  void read() {
    queue.go();
    w.settle();
  }

  std::string offset;
  test::pause queue;
  std::shared_ptr<const session_record> record;
  std::shared_ptr<test::fake_socket> again = make_socket("s1");
  std::optional<admission> result;
};

}  // namespace

TEST_CASE("what was missed waits for room in the queue to the client, and what comes meanwhile follows it",
          "[adapter][memory_adapter]") {
  returning r;
  CHECK(r.again->log.empty());
  r.read();
  CHECK(r.again->log.size() == 1);
  r.emit("between");  // nobody holds the table
  CHECK(r.again->log.size() == 1);
  while (!r.result) r.read();
  CHECK(r.result->ok);
  CHECK(r.again->waits_for_room == 11);
  REQUIRE(r.again->log.size() == 12);
  for (int i = 0; i < 10; ++i)
    CHECK(r.again->log[static_cast<std::size_t>(i)].starts_with("[\"" + std::to_string(i) + "xx"));
  CHECK(r.again->log[10] == "[\"between\"]");
  CHECK(r.again->log[11] == "admitted");
  r.emit("live");
  CHECK(r.again->log.back() == "[\"live\"]");
}

TEST_CASE("each event that was missed waits for room, also where several come from the log at once",
          "[adapter][memory_adapter]") {
  returning r(5'000);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(r.again->log.size() == i);
    r.read();
  }
  CHECK(r.again->log.size() == 10);
  while (!r.result) r.read();
  CHECK(r.result->ok);
  CHECK(r.again->log.size() == 11);
}

TEST_CASE("a client that comes back and is lost again before it is in can come back once more",
          "[adapter][memory_adapter]") {
  returning r;
  r.read();
  r.again->answer = delivery::refused;  // its connection has gone
  while (!r.result) r.read();
  CHECK_FALSE(r.result->ok);
  CHECK_FALSE(r.restore(r.offset));  // nobody else gets it while it is taken
  r.w.run(r.rooms->remove("s1"));
  r.w.run(r.rooms->persist_session(*r.record));
  r.record = r.restore(r.again->offsets.back());  // as far as it got
  REQUIRE(r.record);
  r.again = make_socket("s1");
  r.result = std::nullopt;
  r.rejoin();
  REQUIRE(r.result);
  CHECK(r.result->ok);
  REQUIRE(r.again->log.size() == 9);
  CHECK(r.again->log[0].starts_with("[\"2x"));
}

TEST_CASE("whoever emits is told of receivers that turn out to be over their budget, with recovery as well",
          "[adapter][memory_adapter]") {
  recovering r;
  r.host.over_budget = 1;
  const report told = r.w.run(r.rooms->broadcast(named("news"), to({})));
  CHECK(told.queued == 0);
  CHECK(told.refused == 1);
  CHECK(told.over_budget == 1);
  r.host.over_budget = 1;
  CHECK(r.w.run(r.rooms->emit(r.one, named("for one"), emit_flags())) == delivery::over_budget);
}

TEST_CASE("what goes while a client reads what it missed is not passed over in silence", "[adapter][memory_adapter]") {
  returning r;
  r.read();
  r.w.advance(187s);
  while (!r.result) r.read();
  CHECK_FALSE(r.result->ok);
  CHECK(r.again->log.size() == 1);
  CHECK(r.rooms->local_sockets(to({})).empty());
}

TEST_CASE("what does not fit into the queue to a client at all makes it begin anew", "[adapter][memory_adapter]") {
  returning r;
  r.again->answer = delivery::over_budget;
  r.read();
  REQUIRE(r.result);
  CHECK_FALSE(r.result->ok);
  CHECK(r.again->log.size() == 1);
  CHECK_FALSE(r.restore(r.offset));
}

TEST_CASE("an event for one socket alone reaches no other that is in the room of its id, now or later",
          "[adapter][memory_adapter]") {
  recovering r;
  const auto other = make_socket("s2");
  r.w.run(r.rooms->connect(other, nullptr));
  r.w.run(r.rooms->join(other, names{"s1"}));
  r.w.run(r.rooms->leave("s1", names{"s1"}));
  r.emit("seen");
  const std::string offset = r.one->offsets.back();
  r.lose(r.one);
  CHECK(r.w.run(r.rooms->emit(r.one, named("secret"), emit_flags())) == delivery::refused);
  CHECK(other->log == names{"admitted", R"(["seen"])"});
  const auto record = r.restore(offset);
  REQUIRE(record);
  const auto again = make_socket("s1");
  CHECK(r.w.run(r.rooms->connect(again, record)).ok);
  CHECK(again->log == names{R"(["secret"])", "admitted"});
  CHECK(r.w.run(r.rooms->emit(r.one, named("old handle"), emit_flags())) == delivery::queued);
  CHECK(again->log.back() == R"(["old handle"])");
  CHECK(other->log.size() == 2);
}

// ---------------------------------------------------------------- parsers

TEST_CASE("a parser may ask the adapter while it encodes an event", "[adapter][memory_adapter]") {
  recovering r;
  names seen;
  const auto packet = std::make_shared<test::fake_packet>();
  packet->while_encoding = [&] { seen = r.rooms->rooms_of("s1"); };
  r.w.run(r.rooms->broadcast(packet, to({})));
  CHECK(seen == names{"s1"});
  seen.clear();
  r.w.run(r.rooms->emit(r.one, packet, emit_flags()));
  CHECK(seen == names{"s1"});
}

TEST_CASE("a parser that throws fails its own event, and leaves no hole", "[adapter][memory_adapter]") {
  recovering r;
  r.emit("seen");
  const auto packet = std::make_shared<test::fake_packet>("[\"never\"]");
  packet->while_encoding = [] { throw std::runtime_error("the parser failed"); };
  CHECK_THROWS_WITH(r.w.run(r.rooms->broadcast(packet, to({}))), "the parser failed");
  CHECK_THROWS_WITH(r.w.run(r.rooms->emit(r.one, packet, emit_flags())), "the parser failed");
  const auto late = make_socket("s2");
  const std::string since = r.w.run(r.rooms->connect(late, nullptr)).since;
  r.lose(late, since);
  r.emit("missed");
  const auto record = r.restore("");
  REQUIRE(record);
  const auto again = make_socket("s2");
  CHECK(r.w.run(r.rooms->connect(again, record)).ok);
  CHECK(again->log == names{R"(["missed"])", "admitted"});
  CHECK(r.one->log == names{"admitted", R"(["seen"])", R"(["missed"])"});
}

TEST_CASE("events go out in the order of their positions, whichever is encoded first", "[adapter][memory_adapter]") {
  recovering r;
  std::promise<void> encoding;
  std::promise<void> go_on;
  const auto slow = std::make_shared<test::fake_packet>("[\"slow\"]");
  slow->while_encoding = [&] {
    encoding.set_value();
    go_on.get_future().wait();
  };
  std::thread other([&] {
    world own;
    own.run(r.rooms->broadcast(slow, to({})));
  });
  encoding.get_future().wait();
  std::optional<report> sum;
  boost::asio::co_spawn(r.w.context(), r.rooms->broadcast(named("quick"), to({})),
                        [&](std::exception_ptr, report got) { sum = got; });
  r.w.settle();
  CHECK_FALSE(sum);
  const auto late = make_socket("s2");
  CHECK(r.w.run(r.rooms->connect(late, nullptr)).ok);  // nobody is kept out meanwhile
  go_on.set_value();
  other.join();
  CHECK(r.w.run_until([&] { return sum.has_value(); }));
  CHECK(sum->queued == 2);
  for (const auto& who : {r.one, late}) {
    REQUIRE(who->offsets.size() == 2);
    CHECK(*adapters::stream_position::parse(who->offsets[0]) < *adapters::stream_position::parse(who->offsets[1]));
  }
  CHECK(r.one->log == names{"admitted", R"(["slow"])", R"(["quick"])"});
}
