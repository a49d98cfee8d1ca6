// Where Redis is, and what a connection does without one.

#include "cluster/redis_link.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <string>
#include <vector>

#include <cosio/error.hpp>
#include <cosio/redis.hpp>

#include "cluster/redis_bus.hpp"
#include "cluster/redis_peer.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

namespace cosio::test {

using cluster::redis_address;
using cluster::redis_channel;
using cluster::redis_link;
using cluster::redis_value;
using namespace std::chrono_literals;

TEST_CASE("without Redis commands fail at once, and the outage is told once", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;  // redis_adapter() throws in such a build
  captured_log log;
  world w;
  // Nobody listens on port 1 of the loopback.
  auto link = std::make_shared<cluster::redis_link>(w.make_strand(), w.timers(), redis_address("redis://127.0.0.1:1"));
  int ready = 0;
  boost::asio::post(w.context(), [&] { link->start([&] { ++ready; }, {}); });
  REQUIRE(w.run_until([&] { return !log.lines().empty(); }));
  for (int i = 0; i < 3; ++i) {
    w.advance(std::chrono::seconds(10));
    REQUIRE(w.run_until([&] { return !link->connected(); }));
  }
  bool failed = false;
  link->command({"PING"}, [&](const cluster::redis_value& r) { failed = !r.ok() && !r.text.empty(); });
  CHECK(failed);
  CHECK(ready == 0);
  CHECK(log.lines().size() == 1);
  link->close();
  w.settle();
}

TEST_CASE("the two connections to a Redis that is not there are one line", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  auto bus = std::make_shared<cluster::redis_bus>(w.context().get_executor(), w.timers(),
                                                  redis_address("redis://127.0.0.1:1"));
  bus->start();
  REQUIRE(w.run_until([&] { return !log.lines().empty(); }));
  // The kernel refuses the other one, and those of later attempts, at once.
  for (int attempts = 0; attempts < 3; ++attempts) {
    int rounds = 0;
    REQUIRE(w.run_until([&] { return ++rounds > 10; }));
    w.advance(std::chrono::seconds(10));
  }
  CHECK(log.count(log_level::error, "cannot be reached") == 1);
  CHECK(log.lines().size() == 1);
  bus = nullptr;
  w.settle();
}

namespace {

// A link to a scripted Redis. Its settings are the defaults: 5 s.
struct linked {
  explicit linked(world& in, const std::string& url, cluster::redis_settings how = cluster::redis_settings())
      : link(std::make_shared<redis_link>(in.make_strand(), in.timers(), redis_address(url), std::move(how))) {}
  explicit linked(world& in, const redis_peer& to) : linked(in, to.url()) {}
  ~linked() { link->close(); }

  void start() {
    link->start([this] { ++ready; },
                [this](std::string_view pattern, std::string_view channel, std::string_view text) {
                  messages.push_back(std::string(pattern) + "|" + std::string(channel) + "|" + std::string(text));
                },
                [this](const std::string& why) { lost.push_back(why); });
  }

  std::shared_ptr<redis_link> link;
  int ready = 0;
  std::vector<std::string> messages;
  std::vector<std::string> lost;
};

}  // namespace

TEST_CASE("a link is connected when Redis has confirmed every subscription", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  peer.answers = [](const redis_peer::words& command) {
    return command[0] == "SUBSCRIBE" ? std::string() : redis_peer::usual(command);
  };
  linked to(w, peer);
  int confirmed = 0;
  to.link->subscribe(redis_channel::plain, "news", [&] { ++confirmed; });
  to.link->subscribe(redis_channel::pattern, "all*");
  to.start();
  REQUIRE(w.run_until([&] { return peer.count("SUBSCRIBE") == 1; }));
  w.settle();
  CHECK(peer.seen.front()[0] == "PING");
  CHECK(peer.count("PSUBSCRIBE") == 1);
  CHECK(peer.seen.back()[0] == "SUBSCRIBE");  // the pattern first
  CHECK_FALSE(to.link->connected());
  CHECK(to.ready == 0);
  CHECK(confirmed == 0);
  peer.send(redis_peer::usual({"SUBSCRIBE", "news"}));
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  CHECK(to.link->connected());
  CHECK(confirmed == 1);
}

TEST_CASE("a greeting or a subscription that fails is tried again until it does not", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  struct row {
    const char* url;  // the part behind the host
    const char* verb;
    const char* reply;
    const char* said;
  };
  const row rows[] = {{"", "PING", "-LOADING Redis is loading the dataset in memory", "LOADING"},
                      {"", "PING", "-NOAUTH Authentication required.", "NOAUTH"},
                      {"", "PING", "-MASTERDOWN Link with MASTER is down", "MASTERDOWN"},
                      {"/15", "SELECT", "-ERR DB index is out of range", "database 15"},
                      {"", "SUBSCRIBE", "-NOPERM No permissions to access a channel", "SUBSCRIBE news"},
                      {"", "SUBSCRIBE", "-ERR unknown command", "SUBSCRIBE news"}};
  for (const row& r : rows) {
    CAPTURE(r.verb, r.reply);
    captured_log log;
    world w;
    redis_peer peer(w);
    bool refuses = true;
    peer.answers = [&](const redis_peer::words& command) {
      return refuses && command[0] == r.verb ? std::string(r.reply) + "\r\n" : redis_peer::usual(command);
    };
    linked to(w, peer.url() + r.url);
    to.link->subscribe(redis_channel::plain, "news");
    to.start();
    for (std::size_t attempts = 1; attempts <= 4; ++attempts) {
      REQUIRE(w.run_until([&] { return peer.ended == attempts; }));
      CHECK(peer.connections == attempts);
      CHECK(to.ready == 0);
      w.advance(5s);
    }
    CHECK(log.count(log_level::error, r.said) == 1);
    refuses = false;
    REQUIRE(w.run_until([&] {
      w.advance(1s);
      return to.ready == 1;
    }));
    CHECK(log.count(log_level::error) == 1);
    CHECK(log.count(log_level::warn, "is there again") == 1);
  }
}

TEST_CASE("a password that is refused is not in the log, and is tried again", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  peer.answers = [&](const redis_peer::words& command) {
    return command[0] == "AUTH" ? std::string("-WRONGPASS invalid username-password pair\r\n")
                                : redis_peer::usual(command);
  };
  linked to(w, "redis://me:secret@127.0.0.1:" + std::to_string(peer.port()));
  to.start();
  REQUIRE(w.run_until([&] { return log.count(log_level::error, "WRONGPASS") == 1; }));
  CHECK(peer.seen.front() == redis_peer::words{"AUTH", "me", "secret"});
  CHECK(log.count(log_level::error, "secret") == 0);
  peer.answers = redis_peer::usual;
  w.advance(100ms);
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
}

// Before, an ACL without the channels made ten connections a second.
TEST_CASE("while a subscription is refused the pause grows, though PING is answered", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  peer.answers = [](const redis_peer::words& command) {
    return command[0] == "SUBSCRIBE" ? std::string("-NOPERM no\r\n") : redis_peer::usual(command);
  };
  linked to(w, peer);
  to.link->subscribe(redis_channel::plain, "news");
  to.start();
  for (int tenths = 0; tenths < 600; ++tenths) {
    int rounds = 0;
    REQUIRE(w.run_until([&] { return ++rounds > 3 && peer.ended == peer.connections; }));
    w.advance(100ms);
  }
  CHECK(peer.connections > 5);
  CHECK(peer.connections < 25);
  CHECK(log.count(log_level::error) == 1);
}

TEST_CASE("a Redis that is silent is noticed, and its connection replaced", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  linked to(w, peer);
  to.start();
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  w.advance(5s);
  REQUIRE(w.run_until([&] { return peer.count("PING") == 2; }));  // the first belongs to the greeting
  int rounds = 0;
  REQUIRE(w.run_until([&] { return ++rounds > 5; }));

  peer.answers = [](const redis_peer::words&) { return std::string(); };
  redis_value got;
  to.link->command({"GET", "x"}, [&](redis_value reply) { got = std::move(reply); });
  w.advance(5s);
  REQUIRE(w.run_until([&] { return !got.ok(); }));
  CHECK(to.lost == std::vector<std::string>{"no reply within 5000 ms"});
  CHECK(log.count(log_level::error, "no reply within 5000 ms") == 1);
  peer.answers = redis_peer::usual;
  w.advance(100ms);
  REQUIRE(w.run_until([&] { return to.ready == 2; }));
  CHECK(to.link->reconnected() == 1);
  CHECK(peer.connections == 2);
}

// The own kernel takes what this server writes.
TEST_CASE("a Redis that is silent is noticed while the server goes on writing", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  linked to(w, peer);
  to.start();
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  peer.answers = [](const redis_peer::words&) { return std::string(); };
  std::size_t failed = 0;
  std::size_t sent = 0;
  const auto publish = [&] {
    ++sent;
    to.link->command({"PUBLISH", "news", "x"}, [&](const redis_value& reply) { failed += reply.ok() ? 0 : 1; });
    REQUIRE(w.run_until([&] { return peer.count("PUBLISH") == sent; }));
  };
  publish();
  for (int seconds = 0; seconds < 4; ++seconds) {
    w.advance(1s);
    publish();
  }
  CHECK(failed == 0);
  CHECK(to.link->connected());
  w.advance(1s);
  REQUIRE(w.run_until([&] { return failed == sent; }));
  CHECK(to.lost == std::vector<std::string>{"no reply within 5000 ms"});
  peer.answers = redis_peer::usual;
  w.advance(100ms);
  REQUIRE(w.run_until([&] { return to.ready == 2; }));
}

TEST_CASE("a link has the time of a reply for each subscription that is confirmed", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  peer.answers = [](const redis_peer::words& command) {
    return command[0] == "SUBSCRIBE" ? std::string() : redis_peer::usual(command);
  };
  linked to(w, peer);
  const std::vector<std::string> names{"a", "b", "c"};
  std::size_t confirmed = 0;
  for (const std::string& name : names) to.link->subscribe(redis_channel::plain, name, [&] { ++confirmed; });
  to.start();
  REQUIRE(w.run_until([&] { return peer.count("SUBSCRIBE") == names.size(); }));
  for (std::size_t i = 0; i < names.size(); ++i) {
    w.advance(4s);
    CHECK(to.ready == 0);
    peer.send(redis_peer::usual({"SUBSCRIBE", names[i]}));
    REQUIRE(w.run_until([&] { return confirmed == i + 1; }));
  }
  CHECK(to.ready == 1);
  CHECK(peer.connections == 1);
  CHECK(log.lines().empty());

  // The time is that of a whole reply: bytes of one do not begin it anew.
  peer.drop_all();
  REQUIRE(w.run_until([&] { return to.lost.size() == 1; }));
  w.advance(100ms);
  REQUIRE(w.run_until([&] { return peer.count("SUBSCRIBE") == 2 * names.size(); }));
  for (const char* byte : {"*", "3"}) {
    w.advance(2s);
    peer.send(byte);
    w.settle();
  }
  CHECK(peer.ended == 0);
  w.advance(1s);
  REQUIRE(w.run_until([&] { return peer.ended == 1; }));
  CHECK(to.ready == 1);
}

TEST_CASE("replies that are not those of Redis are no success", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  struct row {
    const char* verb;
    const char* reply;
    const char* said;
  };
  const row rows[] = {{"PUBLISH", "+OK", "PUBLISH is answered without a number"},
                      {"PUBLISH", ":-1", "PUBLISH is answered without a number"},
                      {"SPUBLISH", "+QUEUED", "PUBLISH is answered without a number"},
                      {"PING", ":1", "refuses PING"},
                      {"PING", "+OK", "refuses PING"},
                      {"SUBSCRIBE", "+OK", "refuses SUBSCRIBE news"},
                      {"SUBSCRIBE", ":1", "refuses SUBSCRIBE news"}};
  for (const row& r : rows) {
    CAPTURE(r.verb, r.reply);
    captured_log log;
    world w;
    redis_peer peer(w);
    peer.answers = [&](const redis_peer::words& command) {
      return command[0] == r.verb ? std::string(r.reply) + "\r\n" : redis_peer::usual(command);
    };
    linked to(w, peer);
    const std::string verb = r.verb;
    const bool is_command = verb.ends_with("PUBLISH");
    if (!is_command) to.link->subscribe(redis_channel::plain, "news");
    to.start();
    bool failed = false;
    if (is_command) {
      REQUIRE(w.run_until([&] { return to.ready == 1; }));
      to.link->command({verb, "news", "x"}, [&](const redis_value& reply) { failed = !reply.ok(); });
    }
    REQUIRE(w.run_until([&] { return peer.ended == 1; }));
    CHECK(failed == is_command);
    CHECK(to.ready == (is_command ? 1 : 0));
    CHECK(log.count(log_level::error, r.said) == 1);
  }
}

TEST_CASE("a Redis that takes connections and says nothing is given up", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer peer(w);
  peer.answers = [](const redis_peer::words&) { return std::string(); };
  linked to(w, peer);
  to.start();
  REQUIRE(w.run_until([&] { return peer.count("PING") == 1; }));
  w.advance(5s);
  REQUIRE(w.run_until([&] { return log.count(log_level::error, "no reply within") == 1; }));
  peer.answers = redis_peer::usual;
  w.advance(100ms);
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
}

TEST_CASE("replies are values of any depth, in the order of the commands", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  peer.answers = [](const redis_peer::words& command) {
    if (command[0] == "EXEC") return std::string("*3\r\n$-1\r\n*2\r\n:7\r\n*1\r\n$3\r\na\r\n\r\n-ERR one\r\n");
    if (command[0] == "BAD") return std::string("-ERR no\r\n");
    return redis_peer::usual(command);
  };
  linked to(w, peer);
  to.start();
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  std::vector<redis_value> got;
  const auto keep = [&](redis_value reply) { got.push_back(std::move(reply)); };
  to.link->command({"EXEC"}, keep);
  to.link->command({"BAD"}, keep);
  to.link->command({"SET", "k", std::string("\0\r\n", 3)}, keep);
  REQUIRE(w.run_until([&] { return got.size() == 3; }));
  REQUIRE(got[0].items.size() == 3);
  CHECK(got[0].at(0).kind == redis_value::kinds::nothing);
  CHECK(got[0].at(1).at(0).integer() == 7);
  CHECK(got[0].at(1).at(1).text_at(0) == "a\r\n");
  CHECK(got[0].at(2).code() == "ERR");
  CHECK(got[0].at(9).kind == redis_value::kinds::nothing);
  CHECK_FALSE(got[1].ok());
  CHECK(got[2].is_text("OK"));
  CHECK(peer.seen.back()[2] == std::string("\0\r\n", 3));
}

TEST_CASE("messages of all kinds of channels are told apart", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  linked to(w, peer);
  std::vector<std::string> moved;
  to.link->tell_moved([&](const std::string& channel, const std::string& problem) {
    moved.push_back(channel + ":" + problem);
    return true;
  });
  to.link->subscribe(redis_channel::plain, "c");
  to.link->subscribe(redis_channel::pattern, "p*");
  to.link->subscribe(redis_channel::shard, "s");
  to.link->subscribe(redis_channel::shard, "t");
  to.start();
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  peer.send(redis_peer::list({"message", "c", "1"}) + redis_peer::list({"pmessage", "p*", "px", "2"}) +
            redis_peer::list({"smessage", "s", "3"}) + redis_peer::list({"sunsubscribe", "s", "0"}));
  REQUIRE(w.run_until([&] { return moved.size() == 1; }));
  CHECK(to.messages == std::vector<std::string>{"|c|1", "p*|px|2", "|s|3"});
  CHECK(moved.front() == "s:");

  // A channel that was unsubscribed is not told as moved, and is not subscribed again.
  to.link->unsubscribe(redis_channel::shard, "t");
  bool done = false;
  to.link->command({"PING"}, [&](const redis_value&) { done = true; });
  REQUIRE(w.run_until([&] { return done; }));
  CHECK(moved.size() == 1);
  CHECK(to.link->connected());
  peer.seen.clear();
  to.link->reconnect("the test says so");
  REQUIRE(w.run_until([&] { return to.ready == 2; }));
  CHECK(peer.count("SSUBSCRIBE") == 0);
  CHECK(peer.count("SUBSCRIBE") == 1);
  CHECK(peer.count("PSUBSCRIBE") == 1);
}

TEST_CASE("a shard channel that another server has is given to who sees to it", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  peer.answers = [](const redis_peer::words& command) {
    return command[0] == "SSUBSCRIBE" ? std::string("-MOVED 866 10.0.0.1:6379\r\n") : redis_peer::usual(command);
  };
  linked to(w, peer);
  std::string problem;
  to.link->tell_moved([&](const std::string&, const std::string& why) {
    problem = why;
    return true;
  });
  to.link->subscribe(redis_channel::shard, "s");
  to.start();
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  CHECK(problem == "MOVED 866 10.0.0.1:6379");
  CHECK(peer.connections == 1);
}

TEST_CASE("an address that is asked for is asked for at every attempt, and must be a master", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  world w;
  redis_peer replica(w);
  redis_peer master(w);
  replica.answers = [](const redis_peer::words& command) {
    return command[0] == "ROLE" ? redis_peer::list({"slave", "127.0.0.1"}) : redis_peer::usual(command);
  };
  cluster::redis_settings how;
  how.must_be_master = true;
  linked to(w, "redis+sentinel://127.0.0.1/m", how);
  int asked = 0;
  to.link->find_with([&](const auto& found) {
    ++asked;
    if (asked == 1) return found(std::nullopt, "no Sentinel can be reached");
    found(redis_address(asked == 2 ? replica.url() : master.url()), {});
  });
  to.start();
  CHECK(asked == 1);
  CHECK(log.count(log_level::error, "no Sentinel can be reached") == 1);
  w.advance(100ms);
  REQUIRE(w.run_until([&] { return log.count(log_level::error, "refuses ROLE") == 1; }));
  w.advance(200ms);
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  CHECK(asked == 3);
  CHECK(master.connections == 1);

  // The master has become a replica: the first command that it refuses for that ends the connection.
  master.answers = [](const redis_peer::words& command) {
    return command[0] == "SET" ? std::string("-READONLY You can't write against a read only replica.\r\n")
                               : redis_peer::usual(command);
  };
  to.link->command({"SET", "k", "v"}, {});
  REQUIRE(w.run_until([&] { return to.lost.size() == 1; }));
}

TEST_CASE("what is no reply of Redis ends the connection, and costs no memory", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n\r\n", "*2000000000\r\n", "$-7\r\n",
                            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"}) {
    CAPTURE(bytes);
    cluster::redis_reader reader;
    reader.feed(bytes);
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.problem().empty());
  }
  captured_log log;
  world w;
  redis_peer peer(w);
  linked to(w, peer);
  to.start();
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  peer.send("+OK\r\n");  // nobody has asked
  REQUIRE(w.run_until([&] { return to.lost.size() == 1; }));
}

TEST_CASE("a reply may come byte by byte", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  cluster::redis_reader reader;
  const std::string whole = "*2\r\n$5\r\nhello\r\n:-3\r\n+next\r\n";
  std::vector<redis_value> got;
  for (const char c : whole) {
    reader.feed(std::string_view(&c, 1));
    while (auto value = reader.next()) got.push_back(std::move(*value));
  }
  REQUIRE(got.size() == 2);
  CHECK(got[0].text_at(0) == "hello");
  CHECK(got[0].at(1).integer() == -3);
  CHECK(got[1].is_text("next"));
}

TEST_CASE("a link that is closed connects no more, and answers what waits", "[cluster][redis_link]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  linked to(w, peer);
  to.start();
  REQUIRE(w.run_until([&] { return to.ready == 1; }));
  peer.answers = [](const redis_peer::words&) { return std::string(); };
  redis_value got;
  to.link->command({"GET", "x"}, [&](redis_value reply) { got = std::move(reply); });
  to.link->close();
  CHECK_FALSE(got.ok());
  w.advance(60s);
  CHECK(peer.connections == 1);
  CHECK(to.lost.empty());
  CHECK_FALSE(to.link->connected());
}

}  // namespace cosio::test
