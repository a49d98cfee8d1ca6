// Rooms of one server, behind the interface that broadcasts use.

#include "adapter/memory_adapter.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using cosio::adapters::memory_adapter;
using cosio::test::make_socket;
using cosio::test::to;
using cosio::test::world;

namespace {

using names = std::vector<std::string>;

class fake_host final : public adapter_host {
 public:
  const std::string& name() const noexcept override { return name_; }
  void gather(const std::function<void()>& walk) override {
    ++gathered;
    walk();
  }
  int gathered = 0;

 private:
  std::string name_ = "/";
};

names sorted(names list) {
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

TEST_CASE("a broadcast reaches the sockets of the target, each once, and reports what became of it",
          "[adapter][memory_adapter]") {
  world w;
  fake_host host;
  memory_adapter rooms(host);
  const auto queued = make_socket("queued");
  const auto dropped = make_socket("dropped");
  const auto refused = make_socket("refused");
  const auto outside = make_socket("outside");
  dropped->answer = delivery::dropped;
  refused->answer = delivery::refused;
  for (const auto& s : {queued, dropped, refused, outside}) w.run(rooms.connect(s));
  for (const auto& s : {queued, dropped, refused}) w.run(rooms.join(s, names{"a", "b"}));

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
  fake_host host;
  memory_adapter rooms(host);
  const report sum = w.run(rooms.broadcast(std::make_shared<test::fake_packet>(), to({"nobody"})));
  CHECK(sum.queued + sum.dropped + sum.refused == 0);
}

TEST_CASE("sockets and local_sockets name the sockets of a target", "[adapter][memory_adapter]") {
  world w;
  fake_host host;
  memory_adapter rooms(host);
  const auto one = make_socket("s1");
  const auto two = make_socket("s2");
  w.run(rooms.connect(one));
  w.run(rooms.connect(two));
  w.run(rooms.join(two, names{"a"}));
  CHECK(sorted(w.run(rooms.sockets(to({})))) == names{"s1", "s2"});
  CHECK(w.run(rooms.sockets(to({"a"}))) == names{"s2"});
  const auto found = rooms.local_sockets(to({}, {"a"}));
  REQUIRE(found.size() == 1);
  CHECK(found[0] == one);
}

TEST_CASE("joining and leaving several rooms at once", "[adapter][memory_adapter]") {
  world w;
  fake_host host;
  memory_adapter rooms(host);
  const auto s = make_socket("s1");
  w.run(rooms.connect(s));
  w.run(rooms.join(s, names{"a", "b", "c"}));
  CHECK(sorted(rooms.rooms_of("s1")) == names{"a", "b", "c", "s1"});
  w.run(rooms.leave("s1", names{"a", "c", "never joined"}));
  CHECK(sorted(rooms.rooms_of("s1")) == names{"b", "s1"});
  w.run(rooms.remove("s1"));
  CHECK(rooms.rooms_of("s1").empty());
  CHECK(w.run(rooms.sockets(to({}))).empty());
}

TEST_CASE("a socket that has begun to leave joins nothing any more", "[adapter][memory_adapter]") {  // edge case 241
  world w;
  fake_host host;
  memory_adapter rooms(host);
  const auto s = make_socket("s1");
  w.run(rooms.connect(s));
  s->is_alive = false;
  w.run(rooms.join(s, names{"a"}));
  CHECK(rooms.rooms_of("s1") == names{"s1"});
  w.run(rooms.remove("s1"));
  w.run(rooms.join(s, names{"a"}));
  CHECK(rooms.rooms_of("s1").empty());
}

TEST_CASE("threads join, leave and broadcast at the same time", "[adapter][memory_adapter]") {
  fake_host host;
  memory_adapter rooms(host);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&rooms, t] {
      world w;
      const auto s = make_socket("s" + std::to_string(t));
      for (int i = 0; i < 200; ++i) {
        w.run(rooms.connect(s));
        w.run(rooms.join(s, names{"a", "b"}));
        w.run(rooms.sockets(to({"a"})));
        w.run(rooms.leave(s->id(), names{"a"}));
        w.run(rooms.remove(s->id()));
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(rooms.local_sockets(to({})).empty());
  CHECK(rooms.rooms_of("s0").empty());
}
