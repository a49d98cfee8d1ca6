// Connection state recovery across servers: what a client has missed comes once, in order, and whole, or not at all.

#include <boost/asio/co_spawn.hpp>

#include <string>
#include <vector>

#include "cluster/cluster_house.hpp"
#include "support/catch.hpp"

namespace cosio::test {
namespace {

using names = std::vector<std::string>;
using namespace std::chrono_literals;

house_options keeping() {
  house_options out;
  out.counts = true;
  out.keeps = true;
  return out;
}

struct cluster_of_two : cluster_house {
  explicit cluster_of_two(house_options how = keeping()) : cluster_house(how) {}

  report emit(server& from, const std::string& what, target receivers = target()) {
    return w.run(from.adapter->broadcast(packet("[\"" + what + "\"]"), std::move(receivers)));
  }
  // The socket's connection is lost: it is removed, and its session kept.
  void lose(server& at, const std::shared_ptr<fake_socket>& who, const std::string& since) {
    auto rooms = at.adapter->rooms_of(who->id());
    w.run(at.adapter->remove(who->id()));
    w.run(at.adapter->persist_session(session_record("pid", who->id(), std::move(rooms), {}, since)));
  }
  std::shared_ptr<const session_record> restore(server& at, const std::string& offset) {
    return w.run(at.adapter->restore_session("pid", offset));
  }
  admission come_back(server& at, const std::shared_ptr<fake_socket>& who,
                      const std::shared_ptr<const session_record>& from) {
    w.run(at.adapter->join(who, from->rooms));
    return w.run(at.adapter->connect(who, from));
  }

  server& a = add();
  server& b = add();
};

}  // namespace

TEST_CASE("own events are delivered in the order of the stream, with their offsets", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto on_a = h.join(h.a, "one");
  const auto on_b = h.join(h.b, "two");
  h.on->holds = true;
  std::vector<report> sums;
  const auto emit = [&](cluster_house::server& from, const std::string& what) {
    auto keep = [](task<report> work, std::vector<report>* into) -> task<> {
      const report sum = co_await std::move(work);
      into->push_back(sum);
    };
    async::spawn(h.w.context().get_executor(), "test", keep(from.adapter->broadcast(packet(what), target()), &sums));
    h.w.settle();
  };
  emit(h.b, "[\"1\"]");
  emit(h.a, "[\"2\"]");
  emit(h.b, "[\"3\"]");
  CHECK(on_a->log.empty());
  h.deliver_all();
  CHECK(on_a->log == names{"[\"1\"]", "[\"2\"]", "[\"3\"]"});
  CHECK(on_b->log == on_a->log);
  CHECK(on_a->offsets == names{"1", "2", "3"});
  REQUIRE(sums.size() == 3);
  for (const report& sum : sums) CHECK(sum.queued == 1);
  CHECK(h.a.host.encoded == 2);  // the own packet is not encoded again
}

TEST_CASE("volatile events have no offset, and are not sent again", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto on_a = h.join(h.a, "one");
  const std::string since = h.w.run(h.a.adapter->connect(make_socket("probe"), nullptr)).since;
  target lossy;
  lossy.flags.is_volatile = true;
  h.emit(h.b, "v", lossy);
  h.w.settle();
  CHECK(on_a->log == names{"[\"v\"]"});
  CHECK(on_a->offsets == names{""});
  h.lose(h.a, on_a, since);
  const auto back = make_socket("one");
  REQUIRE(h.come_back(h.b, back, h.restore(h.b, "")).ok);
  CHECK(back->log == names{"admitted"});
}

TEST_CASE("a client that comes back on another server gets what it missed, once and in order",
          "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto on_a = h.join(h.a, "one", {"r"});
  h.emit(h.a, "0");
  h.w.settle();
  REQUIRE(on_a->offsets == names{"1"});
  h.lose(h.a, on_a, "0");
  h.emit(h.a, "1");
  h.emit(h.b, "2", to({"r"}));
  h.emit(h.b, "not its", to({"s"}));
  h.emit(h.b, "left out", to({"r"}, {"one"}));
  h.w.settle();
  h.on->holds = true;
  h.on->while_taking = [&] {
    h.on->holds = false;
    h.on->while_taking = nullptr;
  };
  const auto from = h.restore(h.b, "1");
  REQUIRE(from);
  CHECK(from->rooms.size() == 2);
  h.emit(h.a, "3", to({"r"}));  // between restore and admission
  h.emit(h.a, "not its", to({"s"}));
  h.w.settle();
  const auto back = make_socket("one");
  const admission in = h.come_back(h.b, back, from);
  REQUIRE(in.ok);
  CHECK(back->log == names{"[\"1\"]", "[\"2\"]", "[\"3\"]", "admitted"});
  CHECK(back->offsets == names{"2", "3", "6"});
  CHECK(in.since == "1");  // they may be lost on their way
  CHECK(in.resent == "6");
  h.emit(h.a, "4", to({"r"}));
  h.w.settle();
  CHECK(back->log.back() == "[\"4\"]");
  CHECK(h.restore(h.a, "1") == nullptr);  // once
}

TEST_CASE("what the store has brought and the stream brings late is sent once", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto on_a = h.join(h.a, "one");
  h.emit(h.a, "0");
  h.w.settle();
  h.lose(h.a, on_a, "0");
  // The client has an offset that this server has not received yet: it was on a faster one.
  h.on->holds = true;
  boost::asio::co_spawn(h.w.context(), h.b.adapter->broadcast(packet("[\"1\"]"), target()),
                        [](const std::exception_ptr&, report) {});
  h.w.settle();
  const auto from = h.restore(h.b, "2");
  REQUIRE(from);
  const auto back = make_socket("one");
  admission in;
  bool ended = false;
  boost::asio::co_spawn(h.w.context(), h.b.adapter->connect(back, from), [&](const std::exception_ptr&, admission got) {
    in = std::move(got);
    ended = true;
  });
  h.w.settle();
  CHECK_FALSE(ended);  // it would get the event a second time
  h.deliver_all();
  h.w.advance(10ms);
  REQUIRE(ended);
  CHECK(in.ok);
  CHECK(back->log == names{"admitted"});
}

TEST_CASE("a server that never gets so far lets the client begin anew", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto on_a = h.join(h.a, "one");
  h.lose(h.a, on_a, "0");
  const auto from = h.restore(h.b, "99");
  REQUIRE(from);
  bool ended = false;
  bool ok = true;
  boost::asio::co_spawn(h.w.context(), h.b.adapter->connect(make_socket("one"), from),
                        [&](const std::exception_ptr&, const admission& got) {
                          ok = got.ok;
                          ended = true;
                        });
  for (int i = 0; i < 600 && !ended; ++i) h.w.advance(10ms);
  REQUIRE(ended);
  CHECK_FALSE(ok);
}

TEST_CASE("an event for one socket is found by it on another server", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto on_a = h.join(h.a, "one");
  CHECK(h.w.run(h.a.adapter->emit(on_a, packet("[\"0\"]"), emit_flags())) == delivery::queued);
  CHECK(on_a->offsets == names{"1"});
  h.lose(h.a, on_a, "0");
  CHECK(h.w.run(h.a.adapter->emit(on_a, packet("[\"1\"]"), emit_flags())) == delivery::refused);
  const auto back = make_socket("one");
  REQUIRE(h.come_back(h.b, back, h.restore(h.b, "1")).ok);
  CHECK(back->log == names{"[\"1\"]", "admitted"});
}

TEST_CASE("an event that could not be published goes to the own clients without an offset",
          "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto on_a = h.join(h.a, "one");
  h.on->is_away = true;
  CHECK(h.emit(h.a, "e").queued == 1);
  CHECK(h.w.run(h.a.adapter->emit(on_a, packet("[\"f\"]"), emit_flags())) == delivery::queued);
  CHECK(on_a->log == names{"[\"e\"]", "[\"f\"]"});
  CHECK(on_a->offsets == names{"", ""});
}

TEST_CASE("a client that was here during a gap begins anew when it comes back", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto before = h.join(h.a, "before");
  h.emit(h.a, "0");
  h.w.settle();
  wire_gap harmless;
  harmless.may_have_lost = false;
  h.a.adapter->on_restored(harmless);
  h.lose(h.a, before, "0");
  CHECK(h.restore(h.a, "1") != nullptr);

  const auto during = h.join(h.a, "during");
  h.a.adapter->on_restored(wire_gap());
  h.lose(h.a, during, "1");
  CHECK(h.restore(h.a, "1") == nullptr);
  h.emit(h.a, "1");
  h.w.settle();
  const auto after = make_socket("after");
  const std::string since = h.w.run(h.a.adapter->connect(after, nullptr)).since;
  CHECK(since == "2");
  h.lose(h.a, after, since);
  CHECK(h.restore(h.b, "") != nullptr);
}

TEST_CASE("a session that was coming back during a gap is not let in", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto one = h.join(h.a, "one");
  h.lose(h.a, one, "0");
  const auto from = h.restore(h.b, "");
  REQUIRE(from);
  h.b.adapter->on_restored(wire_gap());
  CHECK_FALSE(h.come_back(h.b, make_socket("one"), from).ok);
}

TEST_CASE("a socket that was refused gives up the session that it would have continued",
          "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto one = h.join(h.a, "one");
  h.lose(h.a, one, "0");
  const auto from = h.restore(h.b, "");
  REQUIRE(from);
  h.w.run(h.b.adapter->remove("one"));  // a middleware has refused it
  CHECK_FALSE(h.come_back(h.b, make_socket("one"), from).ok);
}

TEST_CASE("a session that waits for its turn may do without the events that the store brings later",
          "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto one = h.join(h.a, "one");
  h.lose(h.a, one, "0");
  const auto emit_much = [&] {  // more than is kept of live events
    for (int i = 0; i < 3; ++i) h.emit(h.a, std::string(12'000'000, 'x'), to({"others"}));
    h.w.settle();
  };
  h.on->holds_taking = true;
  std::shared_ptr<const session_record> from;
  boost::asio::co_spawn(
      h.w.context(), h.b.adapter->restore_session("pid", ""),
      [&](const std::exception_ptr&, std::shared_ptr<const session_record> out) { from = std::move(out); });
  h.w.settle();
  REQUIRE(h.on->taking);
  emit_much();
  h.emit(h.a, "its");
  h.w.settle();
  std::exchange(h.on->taking, nullptr)->end();
  h.w.settle();
  REQUIRE(from);
  const auto back = make_socket("one");
  SECTION("all that were dropped came before the store was read") {
    REQUIRE(h.come_back(h.b, back, from).ok);
    CHECK(back->log == names{"[\"its\"]", "admitted"});
  }
  SECTION("some came later") {
    emit_much();
    CHECK_FALSE(h.come_back(h.b, back, from).ok);
  }
}

TEST_CASE("an attempt to come back that is over late does not end a later one", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto one = h.join(h.a, "one");
  h.lose(h.a, one, "0");
  h.on->holds_taking = true;
  bool is_over = false;
  std::shared_ptr<const session_record> early;
  boost::asio::co_spawn(h.w.context(), h.b.adapter->restore_session("pid", ""),
                        [&](const std::exception_ptr&, std::shared_ptr<const session_record> out) {
                          early = std::move(out);
                          is_over = true;
                        });
  h.w.settle();
  h.on->holds_taking = false;
  const auto from = h.restore(h.b, "");
  REQUIRE(from);
  std::exchange(h.on->taking, nullptr)->end();
  h.w.settle();
  REQUIRE(is_over);
  CHECK_FALSE(early);
  CHECK(h.come_back(h.b, make_socket("one"), from).ok);
}

TEST_CASE("much that was missed goes out in parts before the client is let in", "[cluster][cluster_sessions]") {
  cluster_of_two h;
  const auto one = h.join(h.a, "one");
  h.lose(h.a, one, "0");
  const auto from = h.restore(h.b, "");
  REQUIRE(from);
  const std::string large(3'000, 'x');
  for (int i = 0; i < 5; ++i) h.emit(h.a, large + std::to_string(i));
  h.w.settle();
  const auto back = make_socket("one");
  REQUIRE(h.come_back(h.b, back, from).ok);
  REQUIRE(back->log.size() == 6);
  CHECK(back->log.back() == "admitted");
  CHECK(back->offsets.front() == "1");
  CHECK(back->waits_for_room >= 5);
}

}  // namespace cosio::test
