// Commands before the first connection: they wait in their order, are bounded, and end with the connection.

#include "cluster/redis_commands.hpp"

#include <boost/asio/co_spawn.hpp>

#include <string>
#include <vector>

#include "cluster/redis_peer.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/world.hpp"

namespace cosio::test {
namespace {

using cluster::redis_commands;
using cluster::redis_nodes;
using cluster::redis_value;
using namespace std::chrono_literals;
using words = redis_peer::words;

struct line {
  line(world& in, const redis_peer& to, std::size_t max_bytes)
      : w(in),
        strand(w.context().get_executor()),
        commands(std::make_shared<redis_commands>(
            strand, w.timers(),
            std::make_shared<redis_nodes>(strand, w.timers(), cluster::redis_address(to.url()),
                                          cluster::redis_settings(), redis_nodes::uses::commands),
            [this] { return expects; }, max_bytes)) {
    on([this] { commands->start({}); });
  }
  ~line() {
    on([this] { commands->close(); });
    w.settle();
  }
  template <class F>
  void on(F work) {
    async::post(strand, "test", std::move(work));
    w.settle();
  }
  void send(const std::string& word) {
    on([this, word] {
      std::vector<words> all(2, words{"SET", word});
      all[1][0] = "GET";
      commands->send(0, std::move(all), [this](const redis_value& reply) { replies.push_back(reply.text); });
    });
  }

  world& w;
  async::strand strand;
  bool expects = true;
  std::vector<std::string> replies;
  std::shared_ptr<redis_commands> commands;
};

// As usual, but a greeting has no answer while it is held.
auto greets_unless(const bool& is_held) {
  return [&is_held](const words& command) -> std::string {
    const bool greets = command[0] == "PING" || command[0] == "CLIENT";
    return is_held && greets ? std::string() : redis_peer::usual(command);
  };
}

}  // namespace

TEST_CASE("commands wait for the first connection, in their order", "[cluster][redis_commands]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  bool is_held = true;
  peer.answers = greets_unless(is_held);
  line at(w, peer, 10'000);
  for (const char* word : {"a", "b", "c"}) at.send(word);
  REQUIRE(w.run_until([&] { return peer.count("CLIENT") == 1; }));
  CHECK(at.replies.empty());
  CHECK(peer.count("SET") == 0);
  is_held = false;
  peer.tell("+PONG\r\n+OK\r\n", "PING");
  REQUIRE(w.run_until([&] { return at.replies.size() == 3; }));
  std::vector<std::string> order;
  for (const words& one : peer.seen)
    if (one[0] == "SET" || one[0] == "GET") order.push_back(one[0] + one[1]);
  CHECK(order == std::vector<std::string>{"SETa", "GETa", "SETb", "GETb", "SETc", "GETc"});
  at.send("d");
  REQUIRE(w.run_until([&] { return at.replies.size() == 4; }));
}

TEST_CASE("what waits for the connection is bounded, and ends with close()", "[cluster][redis_commands]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  peer.answers = [](const words&) { return std::string(); };
  std::vector<std::string> replies;
  {
    line at(w, peer, 1'100);  // two commands with what they take besides their words
    for (const char* word : {"a", "b", "c"}) at.send(word);
    CHECK(at.replies == std::vector<std::string>{"too much waits for the connection to Redis"});
    at.on([&] { at.commands->close(); });
    CHECK(at.replies.size() == 3);
    CHECK(at.replies[1] == "the connection to Redis is closed");
    at.send("d");
    CHECK(at.replies.size() == 4);
  }
}

TEST_CASE("commands fail at once when no connection is to come", "[cluster][redis_commands]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  peer.answers = [](const words&) { return std::string(); };
  line at(w, peer, 10'000);
  at.send("a");
  CHECK(at.replies.empty());
  at.expects = false;
  at.send("b");
  CHECK(at.replies.size() == 2);
  std::vector<words> one(1, words{"GET", "c"});
  std::string why;
  try {
    w.run(redis_commands::ask(at.commands, 0, one, w.timers().after(5s)));
  } catch (const error& failed) {
    CHECK(failed.code() == errc::disconnected);
    why = failed.detail();
  }
  CHECK(why == "there is no connection to Redis");
}

TEST_CASE("commands that nobody waits for any more are not sent, and leave their room", "[cluster][redis_commands]") {
  if (!cluster::has_redis()) return;
  world w;
  redis_peer peer(w);
  bool is_held = true;
  peer.answers = greets_unless(is_held);
  line at(w, peer, 1'100);  // two commands
  const auto ask = [&](const std::string& word) {
    std::vector<words> one(1, words{"SET", word});
    boost::asio::co_spawn(w.context(), redis_commands::ask(at.commands, 0, one, w.timers().after(2s)),
                          [&](const std::exception_ptr& e, const redis_value&) { at.replies.push_back(e ? "e" : ""); });
    w.settle();
  };
  ask("a");
  ask("b");
  REQUIRE(w.run_until([&] { return peer.count("CLIENT") == 1; }));
  w.advance(3s);
  CHECK(at.replies == std::vector<std::string>{"e", "e"});
  ask("c");
  CHECK(at.replies.size() == 2);
  is_held = false;
  peer.tell("+PONG\r\n+OK\r\n", "PING");
  REQUIRE(w.run_until([&] { return at.replies.size() == 3; }));
  CHECK(at.replies.back().empty());
  for (const words& one : peer.seen)
    if (one[0] == "SET") CHECK(one[1] == "c");
}

}  // namespace cosio::test
