// The commands of the streams wire, and the order in which messages are received.

#include "cluster/streams_wire.hpp"

#include <cosio/error.hpp>

#include "cluster/streams_peer.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

namespace cosio::test {
namespace {

using namespace std::chrono_literals;
using namespace streams;
using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the commands are those of Node", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  wired at(w, redis, false);
  w.run(at.wire->listen("/", uid, at.receiver));
  REQUIRE(w.run_until([&] { return !of_kind(redis, "XREAD").empty(); }));
  CHECK(of_kind(redis, "XREAD")[0] == words{"XREAD", "BLOCK", "5000", "COUNT", "100", "STREAMS", "s", "0-0"});
  std::set<std::string> channels;
  for (const words& one : of_kind(redis, "SUBSCRIBE")) channels.insert(one[1]);
  CHECK(channels == std::set<std::string>{"socket.io#/#", "socket.io#/#" + uid + "#"});

  CHECK(w.run(at.wire->publish(event(uid))).offset == "100-0");
  CHECK(of_kind(redis, "XADD")[0] == words{"XADD", "s", "MAXLEN", "~", "10000", "*", "uid", uid, "nsp", "/", "type",
                                           "3", "data",
                                           R"({"packet":{"type":2,"data":["hello"]},)"
                                           R"("opts":{"rooms":[],"except":[],"flags":{}}})"});
  cluster_message ask(message_type::server_side_emit);
  ask.uid = uid;
  ask.event = event_data(R"(["sse"])", {});
  CHECK(w.run(at.wire->publish(ask)).ok);
  CHECK(w.run(at.wire->answer("1111111111111111", ask)).ok);
  CHECK(w.run(at.wire->server_count("/", 5s)) == std::optional<std::size_t>(2));
  const auto sent = of_kind(redis, "PUBLISH");
  REQUIRE(sent.size() == 2);
  CHECK(sent[0][1] == "socket.io#/#");
  CHECK(sent[0][2] ==
        "\x84\xa4type\x09\xa4"
        "data\x81\xa6packet\x91\xa3sse\xa3uid\xb0" +
            uid + "\xa3nsp\xa1/");
  CHECK(sent[1][1] == "socket.io#/#1111111111111111#");
  CHECK(of_kind(redis, "PUBSUB").back() == words{"PUBSUB", "NUMSUB", "socket.io#/#"});
}

TEST_CASE("a stream can be bounded by time", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  auto settings = options_of();
  settings.max_age = 60s;
  wired at(w, redis, false, settings);
  CHECK(w.run(at.wire->publish(event(uid))).ok);  // nobody listens: no stream is read
  const auto added = of_kind(redis, "XADD");
  REQUIRE(added.size() == 1);
  CHECK(words(added[0].begin(), added[0].begin() + 6) == words{"XADD", "s", "MINID", "~", "440000", "*"});
  CHECK(of_kind(redis, "XREAD").empty());
}

TEST_CASE("own broadcasts are received in their place among those of others", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  redis.is_told = false;
  bool is_published = false;
  boost::asio::co_spawn(w.context(), at.wire->publish(event(uid)), [&](std::exception_ptr e, publication out) {
    CHECK_FALSE(e);
    CHECK(out.ok);
    CHECK(out.offset == "100-0");
    is_published = true;
  });
  REQUIRE(w.run_until([&] { return redis.entries.size() == 1; }));
  w.settle();
  CHECK_FALSE(is_published);
  redis.add(stream_id(99, 5), entry_of("other"));  // it was added before
  REQUIRE(w.run_until([&] { return is_published; }));
  CHECK(offsets(*at.receiver) == texts{"99-5", "100-0"});
  CHECK(at.receiver->got[1].message.uid == uid);
  CHECK(at.wire->last_offset("/") == "100-0");
}

TEST_CASE("a message is failed, or received once, whatever is lost", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  redis.is_told = false;
  redis.says_added = false;
  publication outcome;
  bool is_published = false;
  boost::asio::co_spawn(w.context(), at.wire->publish(event(uid)), [&](std::exception_ptr, publication out) {
    outcome = std::move(out);
    is_published = true;
  });
  REQUIRE(w.run_until([&] { return redis.entries.size() == 1; }));
  redis.peer.drop_all();
  REQUIRE(w.run_until([&] { return is_published; }));
  CHECK_FALSE(outcome.ok);
  REQUIRE(w.run_until([&] { return at.receiver->lost_ == 1; }));
  redis.is_told = redis.says_added = true;
  w.advance(1s);
  REQUIRE(w.run_until([&] { return at.receiver->gaps.size() == 1; }));
  CHECK_FALSE(at.receiver->gaps[0].may_have_lost);
  redis.add(stream_id(200, 0), entry_of("other"));
  REQUIRE(w.run_until([&] { return !at.receiver->got.empty(); }));
  CHECK(offsets(*at.receiver) == texts{"200-0"});  // not 100-0
}

TEST_CASE("reading goes on where it stopped, and says what may be lost", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(5, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  CHECK(at.wire->last_offset("/") == "5-0");
  redis.peer.drop_all();
  redis.waiting.reset();
  REQUIRE(w.run_until([&] { return at.receiver->lost_ == 1; }));
  redis.entries.emplace(stream_id(6, 0), entry_of("other"));
  w.advance(1s);
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 1; }));
  CHECK_FALSE(at.receiver->gaps.at(0).may_have_lost);

  redis.peer.drop_all();
  redis.waiting.reset();
  REQUIRE(w.run_until([&] { return at.receiver->lost_ == 2; }));
  redis.entries.clear();  // trimmed
  redis.entries.emplace(stream_id(9, 0), entry_of("other"));
  w.advance(1s);
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 2; }));
  CHECK(at.receiver->gaps.at(1).may_have_lost);

  redis.peer.drop_all();
  redis.waiting.reset();
  REQUIRE(w.run_until([&] { return at.receiver->lost_ == 3; }));
  redis.entries.clear();  // a Redis without its data
  redis.entries.emplace(stream_id(2, 0), entry_of("other"));
  w.advance(1s);
  REQUIRE(w.run_until([&] { return at.receiver->gaps.size() == 3; }));
  CHECK(at.receiver->gaps[2].may_have_lost);
  redis.add(stream_id(3, 0), entry_of("other"));
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 3; }));
  CHECK(offsets(*at.receiver) == texts{"6-0", "9-0", "3-0"});
}

// XREAD waits for greater ids than the last one, and says nothing about a stream that has begun anew.
TEST_CASE("a stream that begins anew while it is read is noticed, and told", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(4'102'444'800'000, 0), words{"a", "b"});
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  REQUIRE(w.run_until([&] { return redis.waiting.has_value(); }));
  const auto say_nothing = [&] {
    redis.waiting.reset();
    redis.peer.tell("*-1\r\n", "XREAD");
    REQUIRE(w.run_until([&] { return redis.waiting.has_value(); }));
  };
  const auto looks = [&] { return of_kind(redis, "XINFO").size(); };
  REQUIRE(looks() == 1);
  say_nothing();
  CHECK(looks() == 1);  // it was looked at just now
  w.advance(5s);
  say_nothing();
  CHECK(looks() == 2);
  CHECK(log.lines().empty());
  CHECK(at.receiver->lost_ == 0);

  redis.entries.clear();
  redis.next = stream_id(100, 0);
  SECTION("another server writes") {
    redis.add(stream_id(99, 0), entry_of("other"));
    w.advance(5s);
  }
  SECTION("this server writes, and looks as soon as it can") { CHECK(w.run(at.wire->publish(event(uid))).ok); }
  say_nothing();
  CHECK(looks() == 3);
  CHECK(log.count(log_level::error, "is another one than before") == 1);
  CHECK(at.receiver->lost_ == 1);
  REQUIRE(at.receiver->gaps.size() == 1);
  CHECK(at.receiver->gaps[0].may_have_lost);
  redis.add(stream_id(200, 0), entry_of("other"));
  REQUIRE(w.run_until([&] { return !at.receiver->got.empty(); }));
  CHECK(offsets(*at.receiver) == texts{"200-0"});
}

TEST_CASE("entries that are no messages are passed by", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  redis.add(stream_id(1, 0), {"x", "y"});
  redis.add(stream_id(2, 0), {"uid", "other", "nsp", "/", "type", "3", "data", "{"});
  redis.add(stream_id(3, 0), {"uid", "other", "nsp", "/chat", "type", "3", "data", "{}"});
  redis.add(stream_id(4, 0), entry_of("other"));
  REQUIRE(w.run_until([&] { return !at.receiver->got.empty(); }));
  CHECK(offsets(*at.receiver) == texts{"4-0"});
}

TEST_CASE("a server that finds an empty stream knows whether it was emptied", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries_added = 3;
  redis.removed_up_to = stream_id(7, 0);
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  CHECK(at.wire->last_offset("/") == "7-0");
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, "6-0"), 60s));
  CHECK_FALSE(w.run(at.wire->take_session("/", "p", "")));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, "7-0"), 60s));
  CHECK(w.run(at.wire->take_session("/", "p", "")));
}

// edge 305
TEST_CASE("with several streams a namespace has the one of Node, and is told when Node reads it not",
          "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  auto settings = options_of();
  settings.stream_count = 3;
  wired at(w, redis, false, settings);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->listen("/notifications", "1111111111111111", std::make_shared<wire_receiver>()));
  REQUIRE(w.run_until([&] { return of_kind(redis, "XREAD").size() == 2; }));
  std::set<std::string> read;
  for (const words& one : of_kind(redis, "XREAD")) read.insert(one[6]);
  CHECK(read == std::set<std::string>{"s-2", "s--2"});
  CHECK(log.count(log_level::warn, "/notifications") == 1);
  CHECK(log.count(log_level::warn, "namespace /:") == 0);
}

TEST_CASE("a stream that cannot be read is told, and tried again", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  const auto right = redis.peer.answers;
  redis.peer.answers = [&](const words& command) {
    return command[0] == "XINFO" ? "-WRONGTYPE no stream\r\n" : right(command);
  };
  wired at(w, redis);
  bool is_listening = false;
  boost::asio::co_spawn(w.context(), at.wire->listen("/", uid, at.receiver),
                        [&](std::exception_ptr) { is_listening = true; });
  REQUIRE(w.run_until([&] { return log.count(log_level::error, "WRONGTYPE") == 1; }));
  w.advance(2s);
  REQUIRE(w.run_until([&] { return is_listening && at.receiver->lost_ == 1; }));
  CHECK(log.count(log_level::error, "WRONGTYPE") == 1);
  redis.peer.answers = right;
  w.advance(2s);
  REQUIRE(w.run_until([&] { return at.receiver->gaps.size() == 1; }));
}

TEST_CASE("entries that are too long together are read in smaller parts, and one alone is passed over",
          "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  const auto right = redis.peer.answers;
  bool is_one_too_long = false;
  std::vector<std::string> counts;
  redis.peer.answers = [&](const words& command) -> std::string {
    if (command[0] == "TIME") return redis_peer::list({"7", "500000"});
    if (command[0] != "XREAD" || redis.entries.empty() || command.back() != "0-0") return right(command);
    counts.push_back(command[4]);
    // As a list of too many items, which is refused before they come.
    return is_one_too_long || std::stoul(command[4]) > 2 ? "*1000001\r\n" : right(command);
  };
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  redis.peer.drop_all();
  redis.waiting.reset();
  redis.entries.emplace(stream_id(5, 0), entry_of("other"));
  REQUIRE(w.run_until([&] { return at.receiver->lost_ == 1; }));
  const auto until = [&](const auto& what) {
    for (int i = 0; i < 10 && !what(); ++i) {
      const std::size_t before = counts.size();
      const auto lost = at.receiver->lost_;
      w.advance(2s);
      w.run_until([&] { return what() || (counts.size() != before && at.receiver->lost_ != lost); });
    }
    return what();
  };
  SECTION("a few at a time") {
    REQUIRE(until([&] { return at.receiver->got.size() == 1; }));
    CHECK(counts == texts{"100", "12", "1"});
    CHECK(log.count(log_level::error, "sends too much at once") != 0);
    CHECK_FALSE(at.receiver->gaps.back().may_have_lost);
    CHECK(of_kind(redis, "TIME").empty());
  }
  SECTION("not even one") {
    is_one_too_long = true;
    REQUIRE(until([&] { return of_kind(redis, "TIME").size() == 1 && redis.waiting.has_value(); }));
    CHECK(log.count(log_level::error, "too long to be read") == 1);
    CHECK(at.receiver->gaps.back().may_have_lost);
    redis.add(stream_id(8'000, 0), entry_of("other"));
    REQUIRE(w.run_until([&] { return at.receiver->got.size() == 1; }));
    CHECK(offsets(*at.receiver) == texts{"8000-0"});
  }
}

TEST_CASE("a server that reads more slowly than entries are removed is told", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(5, 0), entry_of("other"));
  auto settings = options_of();
  const bool is_by_age = GENERATE(false, true);
  if (is_by_age) settings.max_age = 60s;
  wired at(w, redis, true, settings);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, ""), 60s));
  REQUIRE(w.run_until([&] { return redis.waiting.has_value(); }));
  for (std::uint64_t i = 0; i < 150; ++i) redis.entries.emplace(stream_id(1'000 + i, 0), entry_of("other"));
  SECTION("all are there") {
    redis.wake();
    REQUIRE(w.run_until([&] { return at.receiver->got.size() == 150; }));
    CHECK(at.receiver->lost_ == 0);
    CHECK(w.run(at.wire->take_session("/", "p", "5-0")).has_value());
  }
  SECTION("some were removed") {
    redis.entries.erase(stream_id(5, 0));
    redis.wake();
    REQUIRE(w.run_until([&] { return at.receiver->got.size() == 150; }));
    CHECK(at.receiver->lost_ == 1);
    REQUIRE(at.receiver->gaps.size() == 1);
    CHECK(at.receiver->gaps[0].may_have_lost);
    CHECK(at.receiver->gaps[0].duration == 995ms);
    CHECK(at.receiver->before_gap == 0);
    CHECK(log.count(log_level::error,
                    is_by_age ? "raise streams_options::max_age" : "raise streams_options::max_len") == 1);
    CHECK_FALSE(w.run(at.wire->take_session("/", "p", "5-0")));
  }
}

TEST_CASE("an own message from before reading began has no place among those that were read",
          "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  const auto right = redis.peer.answers;
  bool is_held = true;
  redis.peer.answers = [&](const words& command) -> std::string {
    return is_held && command[0] == "XINFO" ? std::string() : right(command);
  };
  redis.says_added = false;
  wired at(w, redis);
  bool is_listening = false;
  boost::asio::co_spawn(w.context(), at.wire->listen("/", uid, at.receiver), [&](std::exception_ptr e) {
    CHECK_FALSE(e);
    is_listening = true;
  });
  REQUIRE(w.run_until([&] { return of_kind(redis, "XINFO").size() == 1; }));
  std::optional<publication> outcome;
  boost::asio::co_spawn(w.context(), at.wire->publish(event(uid)),
                        [&](std::exception_ptr, publication out) { outcome = std::move(out); });
  REQUIRE(w.run_until([&] { return redis.entries.size() == 1; }));
  is_held = false;
  redis.peer.tell(right({"XINFO", "STREAM", "s"}), "XINFO");
  REQUIRE(w.run_until([&] { return is_listening && redis.waiting.has_value(); }));
  redis.add(stream_id(101, 0), entry_of("other"));
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 1; }));
  redis.peer.tell(redis_peer::bulk("100-0"), "XADD");
  REQUIRE(w.run_until([&] { return outcome.has_value(); }));
  w.settle();
  CHECK(outcome->ok);
  CHECK(outcome->offset.empty());
  CHECK(offsets(*at.receiver) == texts{"101-0"});
}

TEST_CASE("one time is for the connection and for the answer of Redis", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.says_added = false;
  wired at(w, redis, false);
  std::optional<publication> outcome;
  boost::asio::co_spawn(w.context(), at.wire->publish_confirmed(event(uid), 500ms),
                        [&](std::exception_ptr, publication out) { outcome = std::move(out); });
  REQUIRE(w.run_until([&] { return of_kind(redis, "XADD").size() == 1; }));
  w.advance(499ms);
  CHECK_FALSE(outcome.has_value());
  w.advance(2ms);
  REQUIRE(outcome.has_value());
  CHECK_FALSE(outcome->ok);
}

TEST_CASE("a message of another adapter on the same channel is told once", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  const std::string foreign = redis_peer::list({"message", "socket.io#/#", "\x93\xa1x\x80\x80"});
  for (int i = 0; i < 3; ++i) redis.peer.tell(foreign, "SUBSCRIBE");
  redis.peer.tell(redis_peer::list({"message", "socket.io#/#", write_message(event("other"))}), "SUBSCRIBE");
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 1; }));
  CHECK(log.count(log_level::error, "different prefixes") == 1);
}

}  // namespace cosio::test
