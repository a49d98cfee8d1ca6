// The adapter over a wire: what reaches the sockets of other servers, and what is missing when they do not answer.

#include "cluster/cluster_adapter.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cosio/cluster_emitter.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "cluster/cluster_house.hpp"
#include "cluster/redis_value.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

namespace cosio::test {
namespace {

using names = std::vector<std::string>;
using namespace std::chrono_literals;

names sorted(names list) {
  std::sort(list.begin(), list.end());
  return list;
}

house_options counting() {
  house_options out;
  out.counts = true;
  return out;
}

arguments values(std::string text) {
  boost::json::array list;
  list.emplace_back(std::move(text));
  return arguments(std::move(list));
}

target in(names rooms, std::optional<std::chrono::milliseconds> timeout = {}) {
  target made = to(std::move(rooms));
  made.flags.timeout = timeout;
  return made;
}

// Starts work that waits, and keeps its result.
template <class T>
std::shared_ptr<std::optional<T>> begin(world& w, task<T> work) {
  auto out = std::make_shared<std::optional<T>>();
  auto keep = [](task<T> what, std::shared_ptr<std::optional<T>> into) -> task<> {
    T got = co_await std::move(what);
    into->emplace(std::move(got));
  };
  async::spawn(w.context().get_executor(), "test", keep(std::move(work), out));
  w.settle();
  return out;
}

}  // namespace

TEST_CASE("a broadcast reaches the members of its rooms on all servers, each once", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  const auto here = h.join(a, "here", {"r"});
  const auto there = h.join(b, "there", {"r", "s"});
  const auto outside = h.join(b, "outside");
  const auto left_out = h.join(b, "left out", {"r", "x"});
  const report sum = h.w.run(a.adapter->broadcast(packet(R"(["e",1])"), to({"r", "s"}, {"x"})));
  h.w.settle();
  CHECK(sum.queued == 1);
  CHECK(sum.published == 1);
  CHECK(sum.lost == 0);
  CHECK(here->log == names{R"(["e",1])"});
  CHECK(there->log == names{R"(["e",1])"});
  CHECK(outside->log.empty());
  CHECK(left_out->log.empty());
}

TEST_CASE("a local broadcast, and one to an empty list of rooms, stay here", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  const auto here = h.join(a, "here");
  const auto there = h.join(b, "there");
  target local;
  local.flags.local = true;
  h.w.run(a.adapter->broadcast(packet(R"(["local"])"), local));
  target nobody;
  nobody.everybody = false;
  h.w.run(a.adapter->broadcast(packet(R"(["nobody"])"), nobody));
  h.w.settle();
  CHECK(here->log == names{R"(["local"])"});
  CHECK(there->log.empty());
  CHECK(h.on->texts.empty());
}

TEST_CASE("an event for nobody here is not encoded", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  h.join(b, "there");
  h.w.run(a.adapter->broadcast(packet(R"(["e"])"), to({"empty"})));
  h.w.settle();
  CHECK(b.host.encoded == 0);
  h.w.run(a.adapter->broadcast(packet(R"(["e"])"), to({"there"})));
  h.w.settle();
  CHECK(b.host.encoded == 1);
}

// edge 299
TEST_CASE("own clients get events while the broker is away, and requests say so", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  h.add();
  const auto here = h.join(a, "here");
  h.on->is_away = true;
  const report sum = h.w.run(a.adapter->broadcast(packet(R"(["e"])"), target()));
  CHECK(sum.queued == 1);
  CHECK(sum.published == 0);
  CHECK(sum.lost == 1);
  CHECK(here->log == names{R"(["e"])"});
  CHECK(error_of([&] { h.w.run(a.adapter->fetch_sockets(target())); }) == errc::disconnected);
  CHECK(error_of([&] { h.w.run(a.adapter->server_side_emit(event_data(R"(["e"])", {}))); }) == errc::disconnected);
  h.w.run(a.adapter->sockets_join(target(), names{"r"}));
  CHECK(a.adapter->rooms_of("here") == names{"here", "r"});

  const auto refusal = [&](task<answers> work) {
    try {
      h.w.run(std::move(work));
    } catch (const error& refused) {
      CHECK(refused.code() == errc::disconnected);
      return refused.detail();
    }
    return std::string();
  };
  const std::string no_broker = "the bus is away";
  CHECK(refusal(a.adapter->broadcast_with_ack(packet(R"(["q"])", 1), in({}, 1s))) == no_broker);
  CHECK_FALSE(here->asks);  // nobody was asked
  CHECK(refusal(a.adapter->server_side_emit_with_ack(event_data(R"(["q"])", {}), 1s)) == no_broker);
}

TEST_CASE("a question that could not be published says why, without a time that was over",
          "[cluster][cluster_adapter]") {
  cluster_house h;  // servers know each other by heartbeats
  auto& a = h.add();
  h.add();
  h.join(a, "here");
  h.on->is_away = true;
  std::string why;
  try {
    h.w.run(a.adapter->broadcast_with_ack(packet(R"(["q"])", 1), in({}, 1s)));
  } catch (const error& refused) {
    CHECK(refused.code() == errc::disconnected);
    why = refused.detail();
  }
  CHECK(why == "the other servers cannot be asked: the bus is away");
}

TEST_CASE("what other servers cannot read is refused before anybody gets it", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  const auto here = h.join(a, "here");
  const auto there = h.join(b, "there");
  const std::size_t sent = h.on->texts.size();
  const std::string deep = R"(["e",)" + std::string(1'100, '[') + std::string(1'100, ']') + "]";
  std::string many = R"(["e")";
  for (std::size_t i = 0; i < 4'000'000; ++i) many += ",[]";
  many += "]";
  for (const std::string& text : {deep, many}) {
    CHECK(error_of([&] { h.w.run(a.adapter->broadcast(packet(text), target())); }) == errc::bad_argument);
    CHECK(error_of([&] { h.w.run(a.adapter->broadcast_with_ack(packet(text, 1), in({}, 1s))); }) == errc::bad_argument);
    CHECK(error_of([&] { h.w.run(a.adapter->server_side_emit(event_data(text, {}))); }) == errc::bad_argument);
    CHECK(error_of([&] { h.w.run(a.adapter->server_side_emit_with_ack(event_data(text, {}), 1s)); }) ==
          errc::bad_argument);
  }
  CHECK(error_of([&] { h.w.run(a.adapter->sockets_join(target(), names{"\xff"})); }) == errc::bad_argument);
  CHECK(error_of([&] { h.w.run(a.adapter->sockets_leave(to({"here", "\xff"}), names{"here"})); }) ==
        errc::bad_argument);
  CHECK(error_of([&] { h.w.run(a.adapter->disconnect_sockets(to({"here", "\xff"}), true)); }) == errc::bad_argument);
  CHECK(error_of([&] { h.w.run(a.adapter->fetch_sockets(to({"\xff"}))); }) == errc::bad_argument);
  h.w.settle();
  CHECK(here->log.empty());
  CHECK(there->log.empty());
  CHECK_FALSE(here->asks);
  CHECK_FALSE(here->was_closed);
  CHECK(a.adapter->rooms_of("here") == names{"here"});
  CHECK(h.on->texts.size() == sent);
}

TEST_CASE("a server that asks too much leaves the questions of others alone", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  const auto there = h.join(b, "there");
  const auto asked = begin(h.w, a.adapter->broadcast_with_ack(packet(R"(["q"])", 1), in({}, 1s)));
  h.w.settle();
  const auto sink = there->asks;
  REQUIRE(sink);
  cluster_message forged(message_type::broadcast);
  forged.uid = "forger";
  forged.event = event_data(R"(["f"])", {});
  forged.to = in({}, std::chrono::hours(1));
  const int forgotten = there->forgotten;
  for (int i = 0; i < 10'010; ++i) {
    forged.request_id = std::to_string(i);
    b.adapter->on_message(cluster_message(forged), "");
  }
  h.w.settle();
  CHECK(there->forgotten - forgotten == 11);  // the oldest of the forger's
  sink->answered(values("yes"));
  h.w.settle();
  REQUIRE(asked->has_value());
  CHECK(asked->value().complete());
  CHECK(asked->value().responses().size() == 1);
}

TEST_CASE("sockets and rooms of all servers are found", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  h.join(a, "one", {"r"});
  h.join(b, "two", {"r", "s"})->kept = boost::json::object{{"name", "zwei"}};
  const auto ids = h.w.run(a.adapter->sockets(to({"r"})));
  CHECK(sorted(ids.value) == names{"one", "two"});
  CHECK_FALSE(ids.missing);
  auto found = h.w.run(a.adapter->fetch_sockets(to({"s"})));
  REQUIRE(found.value.size() == 1);
  CHECK(found.value[0].id == "two");
  CHECK(sorted(found.value[0].rooms) == names{"r", "s", "two"});
  CHECK(found.value[0].data == boost::json::object{{"name", "zwei"}});
  CHECK(h.w.run(a.adapter->all_rooms()).value == names{"one", "r", "s", "two"});
  CHECK(h.w.run(a.adapter->server_count()) == 2);
}

// edge 300
TEST_CASE("sockets of other servers join, leave and are disconnected, in the order of the calls",
          "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  const auto there = h.join(b, "there");
  h.w.run(a.adapter->sockets_join(target(), names{"r"}));
  h.w.run(a.adapter->broadcast(packet(R"(["in"])"), to({"r"})));
  h.w.run(a.adapter->sockets_leave(target(), names{"r"}));
  h.w.run(a.adapter->broadcast(packet(R"(["out"])"), to({"r"})));
  h.w.settle();
  CHECK(there->log == names{R"(["in"])"});
  h.w.run(a.adapter->broadcast(packet(R"(["last"])"), target()));
  h.w.run(a.adapter->disconnect_sockets(to({"there"}), true));
  h.w.settle();
  CHECK(there->log.back() == R"(["last"])");
  CHECK(there->was_closed == true);
}

TEST_CASE("a broadcast with acknowledgement collects the answers of all servers", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  const auto here = h.join(a, "here");
  const auto there = h.join(b, "there");
  const auto gone = h.join(b, "gone");
  const auto asked = begin(h.w, a.adapter->broadcast_with_ack(packet(R"(["q"])", 7), in({}, 1s)));
  REQUIRE(here->asks);
  REQUIRE(there->asks);
  there->asks->answered(values("b"));
  here->asks->answered(values("a"));
  h.w.settle();
  CHECK_FALSE(asked->has_value());  // one client has not answered
  h.w.advance(1s);
  REQUIRE(asked->has_value());
  CHECK(asked->value().responses().size() == 2);
  CHECK_FALSE(asked->value().complete());
  CHECK(here->forgotten == 1);
  CHECK(there->forgotten == 1);
}

TEST_CASE("a broadcast with acknowledgement ends with the last answer", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  const auto there = h.join(b, "there");
  const auto asked = begin(h.w, a.adapter->broadcast_with_ack(packet(R"(["q"])", 7), in({}, 1s)));
  REQUIRE(there->asks);
  there->asks->answered(values("b"));
  h.w.settle();
  REQUIRE(asked->has_value());
  CHECK(asked->value().complete());
  REQUIRE(asked->value().responses().size() == 1);
  CHECK(asked->value().responses()[0].get<std::string>(0) == "b");
  CHECK(there->forgotten == 1);  // the other server does not wait for the end of the time
}

TEST_CASE("answers that nobody was asked for are ignored", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  h.add();
  const auto asked = begin(h.w, a.adapter->broadcast_with_ack(packet(R"(["q"])", 7), in({}, 1s)));
  // The second server says "no clients" and the question is over; a third one comes with answers.
  REQUIRE(asked->has_value());
  CHECK(asked->value().complete());

  const auto question = std::make_shared<cluster::cluster_question>(std::make_shared<cluster::answer_total>());
  question->expect(cluster::awaited_servers(1));
  cluster_message ack(message_type::broadcast_ack);
  ack.uid = "u";
  ack.event = event_data("[1]", {});
  question->received(cluster_message(ack));  // before its server has said how many
  cluster_message count(message_type::broadcast_client_count);
  count.uid = "u";
  count.client_count = 1;
  question->received(cluster_message(count));
  question->received(cluster_message(count));  // twice
  question->received(cluster_message(ack));
  question->received(cluster_message(ack));  // more than it has asked
  const auto got = question->take_acknowledgements();
  CHECK(got.value.size() == 1);
  CHECK_FALSE(got.missing);
}

TEST_CASE("acknowledgements may come before the number of clients", "[cluster][cluster_adapter]") {
  const auto clients = GENERATE(1, 2);
  cluster::cluster_question question(std::make_shared<cluster::answer_total>());
  question.expect(cluster::awaited_servers(1));
  question.expect_own(0);
  cluster_message ack(message_type::broadcast_ack);
  ack.uid = "u";
  for (const char* value : {"[1]", "[2]"}) {
    ack.event = event_data(value, {});
    question.received(cluster_message(ack));
  }
  cluster_message count(message_type::broadcast_client_count);
  count.uid = "u";
  count.client_count = static_cast<std::uint64_t>(clients);
  question.received(std::move(count));
  const auto got = question.take_acknowledgements();
  REQUIRE(got.value.size() == static_cast<std::size_t>(clients));  // no more than it has asked
  CHECK(got.value[0].get<int>(0) == 1);
  CHECK_FALSE(got.missing);
}

TEST_CASE("answers take memory within a bound: of one question, and of all", "[cluster][cluster_adapter]") {
  constexpr std::size_t mega = 1'000'000;
  const auto all = std::make_shared<cluster::answer_total>();
  cluster::answer_room first(all);
  CHECK(first.take(256 * mega));
  CHECK_FALSE(first.take(1));
  {
    cluster::answer_room second(all);
    CHECK(second.take(200 * mega));
    cluster::answer_room third(all);
    CHECK_FALSE(third.take(57 * mega));
    CHECK(third.take(56 * mega));
    CHECK(all->bytes == 512 * mega);
  }
  CHECK(all->bytes == 256 * mega);
}

TEST_CASE("servers exchange events and answers", "[cluster][cluster_adapter]") {
  cluster_house h(counting());
  auto& a = h.add();
  auto& b = h.add();
  std::vector<std::string> heard;
  a.host.on_event = [&](arguments, ack) { heard.emplace_back("a"); };
  b.host.on_event = [&](arguments event, ack answer) {
    heard.push_back(event.get<std::string>(0));
    if (answer) h.w.run(answer("pong", 2));
  };
  h.w.run(a.adapter->server_side_emit(event_data(R"(["plain"])", {})));
  h.w.settle();
  CHECK(heard == names{"plain"});
  const auto got = begin(h.w, a.adapter->server_side_emit_with_ack(event_data(R"(["ping"])", {}), 1s));
  h.w.settle();
  REQUIRE(got->has_value());
  CHECK((*got)->complete());
  REQUIRE((*got)->responses().size() == 1);
  CHECK((*got)->responses()[0].get<std::string>(0) == "pong");
}

// ---------------------------------------------------------------- heartbeats

TEST_CASE("servers count each other by heartbeats, and a silent one is gone after its time",
          "[cluster][cluster_adapter]") {
  cluster_house h;
  auto& a = h.add();
  auto& b = h.add();
  CHECK(h.w.run(a.adapter->server_count()) == 2);
  CHECK(h.w.run(b.adapter->server_count()) == 2);
  for (int i = 0; i < 30; ++i) h.w.advance(1s);
  CHECK(h.w.run(a.adapter->server_count()) == 2);
  std::erase_if(h.on->listeners, [&](const auto& one) { return one.uid == b.adapter->uid(); });
  h.w.timers().disarm(*b.adapter);
  for (int i = 0; i < 5; ++i) h.w.advance(1s);
  CHECK(h.w.run(a.adapter->server_count()) == 2);
  for (int i = 0; i < 12; ++i) h.w.advance(1s);
  CHECK(h.w.run(a.adapter->server_count()) == 1);
}

// edge 301
TEST_CASE("what does not answer is named, and what leaves is not waited for", "[cluster][cluster_adapter]") {
  cluster_house h;
  auto& a = h.add();
  auto& b = h.add();
  auto& c = h.add();
  h.join(c, "on c");
  std::erase_if(h.on->listeners, [&](const auto& one) { return one.uid == b.adapter->uid(); });
  const auto late = begin(h.w, a.adapter->fetch_sockets(in({}, 500ms)));
  h.w.advance(500ms);
  REQUIRE(late->has_value());
  CHECK((*late)->value.size() == 1);
  CHECK((*late)->missing.servers() == names{b.adapter->uid()});
  CHECK((*late)->missing.expected() == 2);
  CHECK((*late)->missing.received() == 1);

  const auto waits = begin(h.w, a.adapter->fetch_sockets(target()));
  CHECK_FALSE(waits->has_value());
  c.host.on_event = [&](arguments, ack answer) { h.w.run(answer("c")); };
  const auto emits = begin(h.w, a.adapter->server_side_emit_with_ack(event_data(R"(["e"])", {}), std::nullopt));
  CHECK_FALSE(emits->has_value());
  h.w.run(b.adapter->close());
  h.w.settle();
  REQUIRE(waits->has_value());
  CHECK_FALSE((*waits)->missing);
  CHECK((*waits)->value.size() == 1);
  REQUIRE(emits->has_value());
  CHECK((*emits)->complete());
  CHECK((*emits)->responses().size() == 1);
  CHECK(h.w.run(a.adapter->server_count()) == 2);
}

TEST_CASE("the application is told of servers, the broker, and what was not published", "[cluster][cluster_adapter]") {
  std::vector<cluster_event> told;
  house_options how;
  how.settings.on_event = [&](const cluster_event& what) { told.push_back(what); };
  cluster_house h(how);
  auto& a = h.add();
  told.clear();
  auto& b = h.add();
  const auto told_of = [&](cluster_event::kind what) {
    return std::count_if(told.begin(), told.end(), [what](const cluster_event& one) { return one.what == what; });
  };
  CHECK(told_of(cluster_event::kind::server_joined) == 2);  // each of the two sees the other one
  h.w.run(b.adapter->close());
  h.w.settle();
  REQUIRE(told_of(cluster_event::kind::server_left) == 1);
  CHECK(told.back().server == b.adapter->uid());
  told.clear();
  h.on->is_away = true;
  a.adapter->on_lost();
  h.w.run(a.adapter->broadcast(packet(R"(["e"])"), target()));
  wire_gap gap;
  gap.duration = 7ms;
  a.adapter->on_restored(gap);
  REQUIRE(told.size() == 3);
  CHECK(told[0].what == cluster_event::kind::broker_lost);
  CHECK(told[1].what == cluster_event::kind::not_published);
  CHECK(told[1].type == message_type::broadcast);
  CHECK(told[1].problem == "the bus is away");
  CHECK(told[2].what == cluster_event::kind::broker_restored);
  CHECK(told[2].gap.duration == 7ms);
  CHECK(told[2].gap.may_have_lost);
}

TEST_CASE("an emitter is no server", "[cluster][cluster_adapter]") {
  cluster_house h;
  auto& a = h.add();
  const auto here = h.join(a, "here");
  cluster_message event(message_type::broadcast);
  event.uid = "emitter";
  event.event = event_data(R"(["e"])", {});
  h.on->listeners.at(0).to->received(event, "");
  CHECK(here->log == names{R"(["e"])"});
  CHECK(h.w.run(a.adapter->server_count()) == 1);
  event.nsp = "/other";
  h.on->listeners.at(0).to->received(event, "");
  CHECK(here->log.size() == 1);
}

// ---------------------------------------------------------------- channels of rooms

TEST_CASE("join() waits until the broker has confirmed the channel of a new room", "[cluster][cluster_adapter]") {
  house_options how = counting();
  how.watches = true;
  cluster_house h(how);
  auto& a = h.add();
  const auto one = h.join(a, "one");
  const auto two = h.join(a, "two");
  h.on->confirms = false;
  h.on->changes.clear();
  const auto joins = [&](const std::shared_ptr<fake_socket>& who) {
    auto ended = std::make_shared<bool>(false);
    boost::asio::co_spawn(h.w.context(), a.adapter->join(who, names{"r"}),
                          [ended](const std::exception_ptr&) { *ended = true; });
    h.w.settle();
    return ended;
  };
  const auto first = joins(one);
  const auto second = joins(two);
  CHECK_FALSE(*first);
  CHECK_FALSE(*second);
  REQUIRE(h.on->unconfirmed.size() == 1);
  h.on->unconfirmed[0]->end();
  h.w.settle();
  CHECK(*first);
  CHECK(*second);
  h.w.run(a.adapter->leave("one", names{"r"}));
  h.w.run(a.adapter->leave("two", names{"r"}));
  const auto again = joins(one);
  h.w.settle();
  CHECK(h.on->changes == names{"+r", "-r", "+r"});
  CHECK_FALSE(*again);
  h.w.advance(5s);  // the broker does not answer: no longer than requests_timeout
  CHECK(*again);
  for (const auto& waiting : h.on->unconfirmed) waiting->end();
  h.w.settle();
}

TEST_CASE("a client knows that it has joined when the channel of its own room is confirmed",
          "[cluster][cluster_adapter]") {
  house_options how = counting();
  how.watches = true;
  cluster_house h(how);
  auto& a = h.add();
  h.on->confirms = false;
  const auto one = make_socket("one");
  const auto joins = begin(h.w, a.adapter->connect(one, nullptr));
  CHECK_FALSE(one->is_admitted);
  REQUIRE(h.on->unconfirmed.size() == 1);
  h.on->unconfirmed[0]->end();
  h.w.settle();
  REQUIRE(joins->has_value());
  CHECK((*joins)->ok);
  CHECK(one->is_admitted);
  CHECK(h.on->changes == names{"+one"});

  // A client that has gone meanwhile leaves no channel behind.
  const auto gone = make_socket("gone");
  const auto leaves = begin(h.w, a.adapter->connect(gone, nullptr));
  gone->is_alive = false;
  REQUIRE(h.on->unconfirmed.size() == 2);
  h.on->unconfirmed[1]->end();
  h.w.settle();
  REQUIRE(leaves->has_value());
  CHECK_FALSE((*leaves)->ok);
  CHECK(h.on->changes == names{"+one", "+gone", "-gone"});
}

TEST_CASE("join() does not wait where the option says so", "[cluster][cluster_adapter]") {
  house_options how = counting();
  how.watches = true;
  how.settings.await_subscriptions = false;
  cluster_house h(how);
  h.on->confirms = false;
  auto& a = h.add();
  h.join(a, "one", {"r"});
  CHECK(h.on->changes == names{"+one", "+r"});
  for (const auto& one : h.on->unconfirmed) one->end();
  h.w.settle();
}

TEST_CASE("offsets are compared by their numbers", "[cluster][cluster_adapter]") {
  world w;
  const cluster_house::wire any(w, std::make_shared<cluster_house::bus>(house_options()));
  CHECK(any.is_earlier("9", "10"));
  CHECK_FALSE(any.is_earlier("10", "9"));
  CHECK_FALSE(any.is_earlier("7", "7"));
  CHECK(any.is_earlier("1795919328641-9", "1795919328641-10"));
  CHECK(any.is_earlier("1795919328641-10", "1795919328642-0"));
  CHECK(any.is_earlier("", "0"));
  CHECK_FALSE(any.is_earlier("0", ""));
  CHECK_FALSE(any.is_earlier("007", "7"));
}

TEST_CASE("a wire that only publishes makes no adapter", "[cluster][cluster_adapter]") {
  if (!cluster::has_redis()) return;
  world w;
  cluster_host host(w, std::nullopt);
  const auto make = cosio::cluster_adapter(redis_wire());
  std::string why;
  try {
    make(host);
  } catch (const error& refused) {
    CHECK(refused.code() == errc::not_supported);
    why = refused.detail();
  }
  CHECK(why == "redis_wire() only publishes, for emitters: servers have options.adapter = redis_adapter()");
  w.settle();
}

}  // namespace cosio::test
