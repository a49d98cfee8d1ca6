// Sessions that come back from a stream: once, whole, in pages, and few at a time.

#include <boost/asio/co_spawn.hpp>

#include <cosio/error.hpp>

#include <algorithm>

#include "cluster/streams_peer.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

namespace cosio::test {
namespace {

using namespace std::chrono_literals;
using namespace streams;
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
  REQUIRE(w.run_until([&] { return of_kind(redis, "XRANGE").size() == 2; }));
  redis.holds_ranges = false;
  redis.peer.tell("*1\r\n*2\r\n" + redis_peer::bulk("1-0") + redis_peer::list(entry_of("other")), "XRANGE");
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
  w.settle();
  CHECK(of_kind(redis, "GET").empty());  // it has no turn while it waits
  CHECK(all.done.empty());
  SECTION("in time") {
    is_held = false;
    redis.peer.tell(right({"XINFO", "STREAM", "s"}), "XINFO");
    REQUIRE(w.run_until([&] { return all.done.size() == 1; }));
    CHECK(all.restored() == 1);
  }
  SECTION("too long: it stays") {
    w.advance(3s);
    REQUIRE(w.run_until([&] { return all.done.size() == 1; }));
    CHECK(all.restored() == 0);
    CHECK(redis.keys.size() == 1);
  }
}

// Places are the word of clients, and one session was enough for all turns.
TEST_CASE("clients that say places that never come do not keep others waiting", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  for (const char* pid : {"p", "q"})
    w.run(at.wire->save_session("/", session_record(pid, "id", {"id"}, nullptr, ""), 60s));
  takings ahead(w);
  for (int i = 0; i < 100; ++i) ahead.begin(at, "q", "9999999999999-0");
  w.settle();
  takings honest(w);
  honest.begin(at, "p", "1-0");
  REQUIRE(w.run_until([&] { return honest.done.size() == 1; }));
  CHECK(honest.restored() == 1);
  CHECK(ahead.done.empty());
  w.advance(3s);
  REQUIRE(w.run_until([&] { return ahead.done.size() == 100; }));
  CHECK(ahead.restored() == 0);
  CHECK(of_kind(redis, "GET").size() == 1);
  CHECK(redis.keys.size() == 1);  // the session stays
}

TEST_CASE("a socket that has joined ahead of this server has no turn while it waits", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, ""), 60s));
  takings ahead(w);
  for (int i = 0; i < 8; ++i) {
    const std::string pid = "q" + std::to_string(i);
    w.run(at.wire->save_session("/", session_record(pid, "id", {"id"}, nullptr, "5-0"), 60s));
    ahead.begin(at, pid, "1-0");
  }
  REQUIRE(w.run_until([&] { return of_kind(redis, "GET").size() == 8; }));
  takings honest(w);
  honest.begin(at, "p", "1-0");
  REQUIRE(w.run_until([&] { return honest.done.size() == 1; }));
  CHECK(honest.restored() == 1);
  CHECK(ahead.done.empty());
  redis.add(stream_id(5, 0), entry_of("other"));
  REQUIRE(w.run_until([&] { return ahead.done.size() == 8; }));
  CHECK(ahead.restored() == 8);
}

TEST_CASE("of several attempts of one session the latest one counts", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, ""), 60s));
  takings early(w);
  for (int i = 0; i < 3; ++i) early.begin(at, "p", "3-0");
  w.settle();
  takings late(w);
  late.begin(at, "p", "3-0");
  w.settle();
  redis.add(stream_id(3, 0), entry_of("other"));
  REQUIRE(w.run_until([&] { return early.done.size() == 3 && late.done.size() == 1; }));
  CHECK(early.restored() == 0);
  CHECK(late.restored() == 1);
  CHECK(of_kind(redis, "GET").size() == 1);
}

// The adapter keeps `place` until it has room for what was missed.
TEST_CASE("sessions that have missed much have a line of their own", "[cluster][streams_wire]") {
  if (!cluster::has_redis()) return;
  world w;
  stream_peer redis(w);
  redis.entries.emplace(stream_id(1, 0), entry_of("other"));
  wired at(w, redis);
  w.run(at.wire->listen("/", uid, at.receiver));
  words much = entry_of("other", {"red"});
  for (std::string& field : much)
    if (field.starts_with('{')) field.insert(field.find('{') + 1, std::string(100'000, ' '));
  for (std::uint64_t i = 2; i < 5; ++i) redis.add(stream_id(i, 0), much);
  REQUIRE(w.run_until([&] { return at.receiver->got.size() == 3; }));
  std::vector<std::optional<kept_session>> held;
  for (int i = 0; i < 8; ++i) {
    const std::string pid = "q" + std::to_string(i);
    w.run(at.wire->save_session("/", session_record(pid, "id", {"red"}, nullptr, ""), 60s));
    held.push_back(w.run(at.wire->take_session("/", pid, "1-0")));
    REQUIRE(held.back());
    CHECK(offsets(*held.back()) == texts{"2-0", "3-0", "4-0"});
  }
  w.run(at.wire->save_session("/", session_record("p", "id", {"id"}, nullptr, ""), 60s));
  w.run(at.wire->save_session("/", session_record("q", "id", {"red"}, nullptr, ""), 60s));
  takings more(w);
  more.begin(at, "q", "1-0");
  w.settle();
  takings honest(w);
  honest.begin(at, "p", "1-0");
  REQUIRE(w.run_until([&] { return honest.done.size() == 1; }));
  CHECK(honest.restored() == 1);
  CHECK(more.done.empty());
  held.pop_back();
  REQUIRE(w.run_until([&] { return more.done.size() == 1; }));
  CHECK(more.restored() == 1);
  CHECK(redis.keys.empty());
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

}  // namespace cosio::test
