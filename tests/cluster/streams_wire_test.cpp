// The commands of the streams wire, the order in which messages are received, and sessions: with a Redis that does what
// the test says.

#include "cluster/streams_wire.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cosio/error.hpp>

#include <algorithm>
#include <map>

#include "cluster/redis_peer.hpp"
#include "cluster/streams_session.hpp"
#include "cluster/wire_receiver.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

namespace cosio::test {
namespace {

using cluster::redis_address;
using cluster::redis_settings;
using cluster::stream_id;
using cluster::streams_wire;
using cluster::wire_hub;
using namespace std::chrono_literals;
using words = redis_peer::words;

const std::string uid = "0e52e556fbb8bae9";

// A stream in memory, and what Redis says about it.
class stream_peer {
 public:
  explicit stream_peer(world& w) : peer(w) {
    peer.answers = [this](const words& command) { return answer(command); };
  }

  /// Adds an entry of another server, and tells who waits for one.
  void add(stream_id id, const words& fields) {
    entries.emplace(id, fields);
    wake();
  }
  void wake() {
    if (!waiting) return;
    const auto after = *waiting;
    if (entries.upper_bound(after) == entries.end()) return;
    waiting.reset();
    peer.tell(read(after), "XREAD");
  }

  redis_peer peer;
  std::map<stream_id, words> entries;
  std::map<std::string, std::string> keys;
  std::optional<stream_id> waiting;  // of the XREAD that blocks
  stream_id next{100, 0};            // of the next XADD
  bool is_told = true;               // whether readers hear of an XADD at once
  bool says_added = true;            // whether XADD is answered
  bool holds_ranges = false;         // whether XRANGE is not answered
  std::size_t entries_added = 0;     // for XINFO, in place of the number of entries
  stream_id removed_up_to;           // for XINFO, when there are no entries

 private:
  static std::string entry(const stream_id& id, const words& fields) {
    return "*2\r\n" + redis_peer::bulk(id.text()) + redis_peer::list(fields);
  }
  std::string range(stream_id from, stream_id to, std::size_t most) const {
    std::string out;
    std::size_t count = 0;
    for (auto e = entries.lower_bound(from); e != entries.end() && e->first <= to && count < most; ++e, ++count)
      out += entry(e->first, e->second);
    return "*" + std::to_string(count) + "\r\n" + out;
  }
  std::string read(stream_id after) const {
    return "*1\r\n*2\r\n" + redis_peer::bulk("s") + range(after.next(), stream_id(UINT64_MAX, 0), 100);
  }
  static stream_id bound(const std::string& text, stream_id open) { return stream_id::parse(text).value_or(open); }

  std::string answer(const words& command) {
    const std::string& verb = command[0];
    const stream_id last(UINT64_MAX, UINT64_MAX);
    if (verb == "XRANGE" && holds_ranges) return {};
    if (verb == "XRANGE")
      return range(bound(command[2], {}), bound(command[3], last), command.size() > 5 ? std::stoul(command[5]) : 1'000);
    if (verb == "XREAD") {
      const auto after = bound(command.back(), last);
      if (entries.upper_bound(after) != entries.end()) return read(after);
      waiting = after;
      return {};
    }
    if (verb == "XADD") {
      const auto star = std::find(command.begin(), command.end(), "*");
      const stream_id id = next;
      next = next.next();
      entries.emplace(id, words(star + 1, command.end()));
      if (is_told) wake();
      return says_added ? redis_peer::bulk(id.text()) : std::string();
    }
    if (verb == "XINFO") {
      const std::size_t added = entries_added != 0 ? entries_added : entries.size();
      if (added == 0) return "-ERR no such key\r\n";
      const std::string last_one = entries.empty() ? removed_up_to.text() : entries.rbegin()->first.text();
      const std::string first = entries.empty() ? "$-1\r\n" : entry(entries.begin()->first, entries.begin()->second);
      return "*8\r\n" + redis_peer::bulk("length") + ":" + std::to_string(entries.size()) + "\r\n" +
             redis_peer::bulk("entries-added") + ":" + std::to_string(added) + "\r\n" +
             redis_peer::bulk("last-generated-id") + redis_peer::bulk(last_one) + redis_peer::bulk("first-entry") +
             first;
    }
    if (verb == "SET") keys[command[1]] = command[2];
    if (verb == "GET") return keys.contains(command[1]) ? redis_peer::bulk(keys[command[1]]) : "$-1\r\n";
    if (verb == "EVAL") {
      const auto found = keys.find(command[3]);
      if (found == keys.end() || found->second != command[4]) return ":0\r\n";
      keys.erase(found);
      return ":1\r\n";
    }
    return redis_peer::usual(command);
  }
};

streams_options options_of() {
  streams_options out;
  out.stream_name = "s";
  return out;
}

struct wired {
  explicit wired(world& in, const stream_peer& to, bool recovers = true, streams_options settings = options_of())
      : w(in),
        hub(std::make_shared<wire_hub>(w.context().get_executor(), w.timers(), redis_address(to.peer.url()),
                                       redis_settings(), 1'000'000, cluster::redis_channel::plain, false)),
        wire(std::make_shared<streams_wire>(hub, settings, recovers ? &recovery : nullptr, 0ms,
                                            [] { return 500'000; })) {
    hub->start();
  }
  // The connections are closed by the context, which must be there.
  ~wired() {
    wire.reset();
    hub.reset();
    w.settle();
  }
  world& w;
  recovery_options recovery;
  std::shared_ptr<wire_hub> hub;
  std::shared_ptr<streams_wire> wire;
  std::shared_ptr<wire_receiver> receiver = std::make_shared<wire_receiver>();
};

words entry_of(std::string from, std::vector<std::string> rooms = {}) {
  return cluster::write_entry(event(std::move(from), std::move(rooms)), "");
}

std::vector<words> of_kind(const stream_peer& redis, std::string_view verb) {
  std::vector<words> out;
  for (const words& one : redis.peer.seen)
    if (one[0] == verb) out.push_back(one);
  return out;
}

std::vector<std::string> offsets(const wire_receiver& from) {
  std::vector<std::string> out;
  for (const auto& one : from.got) out.push_back(one.offset);
  return out;
}

std::vector<std::string> offsets(const kept_session& from) {
  std::vector<std::string> out;
  for (const auto& one : from.events) out.push_back(one.offset);
  return out;
}

using texts = std::vector<std::string>;

// The results of sessions that are taken at the same time.
class takings {
 public:
  explicit takings(world& w) : w_(w) {}
  void begin(const wired& at, const std::string& pid, const std::string& offset) {
    boost::asio::co_spawn(w_.context(), at.wire->take_session("/", pid, offset),
                          [this](std::exception_ptr e, std::optional<kept_session> out) {
                            CHECK_FALSE(e);
                            done.push_back(std::move(out));
                            if (done.back()) done.back()->place = nullptr;
                          });
  }
  std::size_t restored() const {
    return static_cast<std::size_t>(
        std::count_if(done.begin(), done.end(), [](const auto& one) { return one.has_value(); }));
  }
  std::vector<std::optional<kept_session>> done;

 private:
  world& w_;
};

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

TEST_CASE("a session is taken once, with what was missed, and without a question about it", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id", "red"}, nullptr, "0-0"), 60s));
  const auto set = of_kind(redis, "SET");
  REQUIRE(set.size() == 1);
  CHECK(set[0][1] == "sio:session:p");
  CHECK(words(set[0].begin() + 3, set[0].end()) == words{"PX", "60000"});
  redis.add(stream_id(1, 0), entry_of("other"));
  redis.add(stream_id(2, 0), entry_of("other", {"red"}));
  redis.add(stream_id(3, 0), entry_of("other", {"blue"}));
  redis.add(stream_id(4, 0), entry_of("other", {"id"}));
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 4; }));
  redis.entries.clear();
  const std::size_t asked = of_kind(redis, "XRANGE").size();
  const auto got = w.run(at.wire->take_session("/", "p", "1-0"));
  REQUIRE(got);
  CHECK(got->record.id == "id");
  CHECK(got->record.since == "1-0");
  CHECK(offsets(*got) == texts{"2-0", "4-0"});
  CHECK(got->upto == "4-0");
  CHECK(of_kind(redis, "XRANGE").size() == asked);
  CHECK_FALSE(w.run(at.wire->take_session("/", "p", "1-0")));
}

TEST_CASE("what this server has not read is read in pages", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  for (std::uint64_t i = 1; i <= 1'200; ++i)
    redis.entries.emplace(stream_id(i, 0), entry_of("other", {i % 2 == 0 ? "red" : "blue"}));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id", "red"}, nullptr, ""), 60s));
  redis.add(stream_id(1'202, 0), entry_of("other", {"red"}));
  REQUIRE(w.run_until([&] { return !at.receiver->got.empty(); }));
  const auto got = w.run(at.wire->take_session("/", "p", "1-0"));
  REQUIRE(got);
  CHECK(got->events.size() == 601);
  CHECK(got->events.front().offset == "2-0");
  CHECK(got->events.back().offset == "1202-0");
  CHECK(std::is_sorted(got->events.begin(), got->events.end(), [](const auto& a, const auto& b) {
    return *stream_id::parse(a.offset) < *stream_id::parse(b.offset);
  }));
}

TEST_CASE("a stream that is trimmed while its pages are read costs the session", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  for (std::uint64_t i = 1; i <= 3; ++i) redis.entries.emplace(stream_id(i, 0), entry_of("other", {"red"}));
  redis.entries_added = 3;
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id", "red"}, nullptr, ""), 60s));
  const auto right = redis.peer.answers;
  std::size_t gone = 0;
  redis.peer.answers = [&](const words& command) {
    const bool is_page = command[0] == "XRANGE" && command.size() > 5;
    for (; is_page && gone != 0; --gone) redis.entries.erase(redis.entries.begin());
    return right(command);
  };
  SECTION("one that was missed") { gone = 2; }
  SECTION("all that were missed") { gone = 3; }
  CHECK_FALSE(w.run(at.wire->take_session("/", "p", "1-0")));
}

TEST_CASE("a client that has received nothing yet comes back over several pages", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  for (std::uint64_t i = 1; i <= 20; ++i) redis.entries.emplace(stream_id(i, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, "0-0"), 60s));
  const auto got = w.run(at.wire->take_session("/", "p", ""));
  REQUIRE(got);
  CHECK(got->events.size() == 20);
}

TEST_CASE("a place that is gone, or was never given, costs the session", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(5, 0), entry_of("other"));
  redis.entries_added = 9;  // four are gone
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  const auto save = [&](std::string since) {
    w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, std::move(since)), 60s));
  };
  struct row {
    const char* why;
    const char* since;
    const char* offset;
    bool is_restored;
    bool stays = false;
  };
  const row rows[] = {
      {"an offset that is there", "", "5-0", true},
      {"one that is not", "", "4-0", false},
      {"one that was never given, and is to come", "", "5-1", false, true},
      {"one that is to come", "", "99-0", false, true},
      {"neither offset nor place", "", "", false},
      {"the place where it joined, in what was read", "5-0", "", true},
      {"a place before what is left", "3-0", "", false},
      {"an old offset of a newer socket", "5-0", "1-0", true},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    save(r.since);
    auto taking = at.wire->take_session("/", "p", r.offset);
    bool is_done = false;
    std::optional<kept_session> got;
    boost::asio::co_spawn(w.context(), std::move(taking), [&](std::exception_ptr e, std::optional<kept_session> out) {
      CHECK_FALSE(e);
      got = std::move(out);
      is_done = true;
    });
    int rounds = 0;
    REQUIRE(w.run_until([&] { return is_done || ++rounds > 20; }));
    if (!is_done) w.advance(3s);  // for the offset that does not come
    REQUIRE(w.run_until([&] { return is_done; }));
    CHECK(got.has_value() == r.is_restored);
    CHECK(redis.keys.empty() != r.stays);
    redis.keys.clear();
  }
  save("3-0");
  redis.entries_added = 1;  // none was ever taken away
  CHECK(w.run(at.wire->take_session("/", "p", "")).has_value());
  save("5-0");
  for (const char* offset : {"x", "5", "5-0 ", "$"}) CHECK_FALSE(w.run(at.wire->take_session("/", "p", offset)));
  CHECK_FALSE(w.run(at.wire->take_session("/", "", "5-0")));
  CHECK_FALSE(w.run(at.wire->take_session("/", std::string(300, 'p'), "5-0")));
  CHECK(redis.keys.size() == 1);  // a word that no server gave touches nothing
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

TEST_CASE("a few sessions come back at once, and publishing does not wait for them", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  redis.entries.emplace(stream_id(2, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  for (int i = 0; i < 20; ++i)
    w.run(at.wire->save_session("/", session_record("p" + std::to_string(i), "id", {"id"}, nullptr, ""), 60s));
  redis.holds_ranges = true;
  takings all(w);
  for (int i = 0; i < 20; ++i) all.begin(at, "p" + std::to_string(i), "1-0");
  REQUIRE(w.run_until([&] { return of_kind(redis, "XRANGE").size() == 8; }));
  w.settle();
  CHECK(of_kind(redis, "XRANGE").size() == 8);
  CHECK(redis.keys.size() == 20);
  CHECK(w.run(at.wire->publish(event(uid))).offset == "100-0");
  redis.holds_ranges = false;
  const std::string found = "*1\r\n*2\r\n" + redis_peer::bulk("1-0") + redis_peer::list(entry_of("other"));
  for (int i = 0; i < 8; ++i) redis.peer.tell(found, "XRANGE");
  REQUIRE(w.run_until([&] { return all.done.size() == 20; }));
  CHECK(all.restored() == 20);
  CHECK(offsets(*all.done.back()) == texts{"2-0", "100-0"});
  CHECK(redis.keys.empty());
}

TEST_CASE("sessions that wait too long for their turn are not restored, and stay", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, ""), 60s));
  std::vector<std::optional<kept_session>> held;
  for (int i = 0; i < 8; ++i) {
    const std::string pid = "q" + std::to_string(i);
    w.run(at.wire->save_session("/", session_record(pid, "id", {"id"}, nullptr, ""), 60s));
    held.push_back(w.run(at.wire->take_session("/", pid, "1-0")));
    REQUIRE(held.back());
  }
  takings late(w);
  late.begin(at, "p", "1-0");
  w.settle();
  CHECK(late.done.empty());
  w.advance(31s);
  REQUIRE(w.run_until([&] { return late.done.size() == 1; }));
  CHECK(late.restored() == 0);
  CHECK(log.count(log_level::warn, "waited too long for its turn") == 1);
  CHECK(redis.keys.size() == 1);
  held.clear();
  CHECK(w.run(at.wire->take_session("/", "p", "1-0")).has_value());
}

TEST_CASE("a session stays until what was missed is whole, and one of two has it", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, ""), 60s));
  redis.holds_ranges = true;
  takings all(w);
  all.begin(at, "p", "1-0");
  REQUIRE(w.run_until([&] { return of_kind(redis, "XRANGE").size() == 1; }));
  redis.peer.drop_all();
  redis.waiting.reset();
  REQUIRE(w.run_until([&] { return all.done.size() == 1; }));
  CHECK(all.restored() == 0);
  CHECK(redis.keys.size() == 1);
  w.advance(1s);
  REQUIRE(w.run_until([&] { return at.receiver->gaps.size() == 1; }));

  all.begin(at, "p", "1-0");
  all.begin(at, "p", "1-0");
  REQUIRE(w.run_until([&] { return of_kind(redis, "XRANGE").size() == 3; }));
  redis.holds_ranges = false;
  const std::string found = "*1\r\n*2\r\n" + redis_peer::bulk("1-0") + redis_peer::list(entry_of("other"));
  for (int i = 0; i < 2; ++i) redis.peer.tell(found, "XRANGE");
  REQUIRE(w.run_until([&] { return all.done.size() == 3; }));
  CHECK(all.restored() == 1);
  CHECK(redis.keys.empty());
}

TEST_CASE("a session waits until the stream is read again", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, ""), 60s));
  const auto right = redis.peer.answers;
  bool is_held = true;
  std::size_t looks = 0;
  redis.peer.answers = [&](const words& command) -> std::string {
    if (command[0] == "XINFO") ++looks;
    return is_held && command[0] == "XINFO" ? std::string() : right(command);
  };
  redis.peer.drop_all();
  redis.waiting.reset();
  REQUIRE(w.run_until([&] { return at.receiver->lost_ == 1; }));
  redis.entries.emplace(stream_id(2, 0), entry_of("other"));  // another server has given this offset meanwhile
  w.advance(1s);
  REQUIRE(w.run_until([&] { return looks == 1; }));
  takings all(w);
  all.begin(at, "p", "2-0");
  SECTION("in time") {
    REQUIRE(w.run_until([&] { return of_kind(redis, "GET").size() == 1; }));
    w.settle();
    CHECK(all.done.empty());
    is_held = false;
    redis.peer.tell(right({"XINFO", "STREAM", "s"}), "XINFO");
    REQUIRE(w.run_until([&] { return all.done.size() == 1; }));
    CHECK(all.restored() == 1);
  }
  SECTION("too long: it stays") {
    REQUIRE(w.run_until([&] { return of_kind(redis, "GET").size() == 1; }));
    w.settle();
    w.advance(3s);
    REQUIRE(w.run_until([&] { return all.done.size() == 1; }));
    CHECK(all.restored() == 0);
    CHECK(redis.keys.size() == 1);
  }
}

TEST_CASE("a session that was saved again meanwhile stays", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  const auto save = [&](const std::string& room) {
    w.run(at.wire->save_session("/", session_record("p", "id", {"id", room}, nullptr, ""), 60s));
  };
  save("red");
  redis.holds_ranges = true;
  takings all(w);
  all.begin(at, "p", "1-0");
  REQUIRE(w.run_until([&] { return of_kind(redis, "XRANGE").size() == 1; }));
  save("blue");
  redis.holds_ranges = false;
  redis.peer.tell("*1\r\n*2\r\n" + redis_peer::bulk("1-0") + redis_peer::list(entry_of("other")), "XRANGE");
  REQUIRE(w.run_until([&] { return all.done.size() == 1; }));
  CHECK(all.restored() == 0);
  REQUIRE(of_kind(redis, "EVAL").size() == 1);
  CHECK(redis.keys.size() == 1);
  CHECK(w.run(at.wire->take_session("/", "p", "1-0")).has_value());
  CHECK(redis.keys.empty());
}

TEST_CASE("pages have fewer entries when these are long, and go on when one was too long", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  const auto long_event = [] {
    cluster_message out = event("other");
    out.event = event_data("[\"hello\",\"" + std::string(600'000, 'x') + "\"]", {});
    return cluster::write_entry(out, "");
  };
  for (std::uint64_t i = 1; i <= 12; ++i) redis.entries.emplace(stream_id(i, 0), long_event());
  std::size_t most = 1'000;
  const auto right = redis.peer.answers;
  std::vector<std::size_t> counts;
  redis.peer.answers = [&](const words& command) -> std::string {
    const bool is_page = command[0] == "XRANGE" && command.size() > 5;
    if (!is_page) return right(command);
    counts.push_back(std::stoul(command[5]));
    // As a list of too many items, which is refused before they come.
    return counts.back() > most ? "*1000001\r\n" : right(command);
  };
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, ""), 60s));
  takings all(w);
  SECTION("by their bytes") {
    all.begin(at, "p", "1-0");
    REQUIRE(w.run_until([&] { return all.done.size() == 1; }));
    CHECK(counts[0] == 4);
    REQUIRE(counts.size() > 2);
    CHECK(*std::max_element(counts.begin() + 1, counts.end()) == 2);
  }
  SECTION("by the limit of an answer") {
    most = 1;
    all.begin(at, "p", "1-0");
    for (int i = 0; i < 10 && all.done.empty(); ++i) {
      w.advance(1s);
      w.run_until([&, before = counts.size()] { return !all.done.empty() || counts.size() > before; });
    }
    REQUIRE(w.run_until([&] { return all.done.size() == 1; }));
    CHECK(std::count_if(counts.begin(), counts.end(), [](std::size_t one) { return one > 1; }) == 2);
  }
  REQUIRE(all.restored() == 1);
  CHECK(all.done[0]->events.size() == 11);
}

TEST_CASE("a page that is too long costs no other session", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  for (const char* pid : {"p", "q"})
    w.run(at.wire->save_session("/", session_record(pid, "id", {"id"}, nullptr, ""), 60s));
  const auto right = redis.peer.answers;
  std::string held = "XRANGE";
  redis.peer.answers = [&](const words& command) { return command[0] == held ? std::string() : right(command); };
  takings all(w);
  all.begin(at, "p", "1-0");
  REQUIRE(w.run_until([&] { return of_kind(redis, "XRANGE").size() == 1; }));
  // Replies that are lost with the connection for pages, unless another one brings them.
  SECTION("that is being read") {
    held = "GET";
    all.begin(at, "q", "1-0");
    REQUIRE(w.run_until([&] { return of_kind(redis, "GET").size() == 2; }));
    held.clear();
    redis.peer.tell("*1000001\r\n", "XRANGE");
    w.settle();
    w.advance(1s);
    REQUIRE(w.run_until([&] { return all.done.size() == 2; }));
    CHECK(of_kind(redis, "GET").size() == 3);
    CHECK(std::count_if(all.done.begin(), all.done.end(),
                        [](const auto& one) { return one && one->record.pid == "q"; }) == 1);
  }
  SECTION("that is being saved") {
    held = "SET";
    bool is_saved = false;
    std::exception_ptr thrown;
    boost::asio::co_spawn(w.context(), at.wire->save_session("/", session_record("r", "id", {"id"}, nullptr, ""), 60s),
                          [&](std::exception_ptr e) {
                            thrown = std::move(e);
                            is_saved = true;
                          });
    REQUIRE(w.run_until([&] { return of_kind(redis, "SET").size() == 3; }));
    redis.peer.tell("*1000001\r\n", "XRANGE");
    w.settle();
    CHECK_FALSE(is_saved);
    redis.peer.tell("+OK\r\n", "SET");
    REQUIRE(w.run_until([&] { return is_saved; }));
    CHECK_FALSE(thrown);
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
