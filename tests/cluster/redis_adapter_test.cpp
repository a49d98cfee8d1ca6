// The adapter of a namespace whose servers share Redis, with a Redis that does what a test says.

#include "cluster/redis_adapter.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cosio/cosio.hpp>
#include <cosio/redis.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/redis_messages.hpp"
#include "cluster/redis_peer.hpp"
#include "socketio/timed_server.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

namespace cosio::test {
namespace {

using namespace std::chrono_literals;
using happened = cluster_event::kind;

// A server, and its Redis. The server goes first: its connections are closed by the context.
struct classic_house {
  explicit classic_house(options opts = {}) {
    redis_options where;
    where.url = peer.url();
    where.on_event = [this](const cluster_event& e) { events.push_back(e); };
    opts.adapter = redis_adapter(where);
    opts.serve_client = false;
    io.emplace(*app, opts);
  }
  ~classic_house() {
    io.reset();
    w.settle();
    app.reset();
    state.reset();
    w.settle();
  }
  classic_house(const classic_house&) = delete;
  classic_house& operator=(const classic_house&) = delete;

  bool connect() {
    return w.run_until([this] {
      const auto counts = io->sockets().adapter()->counts();
      return counts && counts->connected;
    });
  }
  world_client join() {
    async::memory_streams pair(64 * 1024);
    state->serve(std::move(pair.near));
    w.settle();
    world_client made(memory_client(w, std::move(pair.far)));
    made.join();
    return made;
  }
  // A response of another server.
  void reply(const std::string& message) {
    std::string channel;
    for (const auto& one : peer.seen)
      if (one[0] == "SUBSCRIBE" && one[1].find("-response#/#") != std::string::npos) channel = one[1];
    peer.tell(redis_peer::list({"message", channel, message}), "SUBSCRIBE");
    w.settle();
  }
  // Starts a question. Its exception comes later.
  template <class T>
  std::shared_ptr<std::exception_ptr> ask(task<T> question) {
    auto thrown = std::make_shared<std::exception_ptr>();
    boost::asio::co_spawn(w.context(), std::move(question),
                          [thrown](std::exception_ptr e, const auto&) { *thrown = e; });
    w.settle();
    return thrown;
  }

  world w;
  redis_peer peer{w};
  std::vector<cluster_event> events;
  std::shared_ptr<http::app::state> state = std::make_shared<http::app::state>(w.take_runtime(), http::app_options());
  std::optional<http::app> app{state};
  std::optional<server> io;
};

boost::system::error_code code_of(const std::exception_ptr& thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const error& e) {
    return e.code();
  }
  return {};
}

}  // namespace

TEST_CASE("the application is told when Redis is away, for how long, and what was not published",
          "[cluster][redis_adapter]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  classic_house house;
  REQUIRE(house.connect());
  CHECK(house.events.empty());
  house.peer.drop_all();
  REQUIRE(house.w.run_until([&] { return !house.events.empty(); }));
  CHECK(house.events[0].what == happened::broker_lost);
  CHECK(house.events[0].nsp == "/");
  REQUIRE(house.w.run_until([&] { return !house.io->sockets().adapter()->counts()->connected; }));
  house.w.run(house.io->emit("lost"));
  house.w.settle();
  REQUIRE(house.events.size() == 2);
  CHECK(house.events[1].what == happened::not_published);
  CHECK(house.events[1].type == message_type::broadcast);
  CHECK(house.events[1].problem == "there is no connection to Redis");
  REQUIRE(house.w.run_until([&] {
    house.w.advance(1s);
    return house.events.size() == 3;
  }));
  CHECK(house.events[2].what == happened::broker_restored);
  CHECK(house.events[2].gap.duration >= 1s);
  CHECK(house.events[2].gap.may_have_lost);
}

TEST_CASE("a Redis that is away from the beginning is told after two seconds", "[cluster][redis_adapter]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  classic_house house;
  house.peer.answers = [](const redis_peer::words&) { return std::string(); };
  house.w.advance(1'999ms);
  CHECK(house.events.empty());
  house.w.advance(1ms);
  REQUIRE(house.events.size() == 1);
  CHECK(house.events[0].what == happened::broker_lost);
}

TEST_CASE("what waits for other servers ends when the server closes", "[cluster][redis_adapter]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  classic_house house;
  REQUIRE(house.connect());
  SECTION("for their answers") {
    const auto fetched = house.ask(house.io->fetch_sockets());
    const auto asked = house.ask(house.io->server_side_emit_with_ack("how many?"));
    const auto acknowledged = house.ask(house.io->timeout(1h).emit_with_ack("well?"));
    REQUIRE(house.w.run_until([&] { return house.peer.count("PUBLISH") == 3; }));
    for (const auto& one : {fetched, asked, acknowledged}) CHECK_FALSE(*one);
    house.w.run(house.io->close());
    for (const auto& one : {fetched, asked, acknowledged}) CHECK(code_of(*one) == errc::cancelled);
  }
  SECTION("for their number") {
    house.peer.answers = [](const redis_peer::words&) { return std::string(); };
    const auto fetched = house.ask(house.io->fetch_sockets());
    REQUIRE(house.w.run_until([&] { return house.peer.count("PUBSUB") == 1; }));
    CHECK_FALSE(*fetched);
    house.w.run(house.io->close());
    CHECK(code_of(*fetched) == errc::cancelled);
  }
}

TEST_CASE("of too many questions of other servers the oldest are over, whoever makes them up",
          "[cluster][redis_adapter]") {
  if (!cluster::has_redis()) return;
  constexpr std::size_t most = 10'000;
  captured_log log;
  options opts;
  opts.max_pending_acks = 0;
  classic_house house(opts);
  REQUIRE(house.connect());
  world_client c = house.join();
  for (std::size_t asked = 0; asked < most;) {
    for (std::size_t i = 0; i < 200; ++i) {
      const std::string question = cluster::write_broadcast_request("forged", "id" + std::to_string(asked++), "/",
                                                                    detail::encode_event("q"), target());
      house.peer.tell(redis_peer::list({"message", "socket.io-request#/#", question}), "SUBSCRIBE");
    }
    REQUIRE(house.w.run_until([&] { return house.peer.count("PUBLISH") == asked; }));
  }
  CHECK(log.count(log_level::warn, "more questions of other servers") == 0);
  const std::string over = cluster::write_broadcast_request("forged", "over", "/", detail::encode_event("q"), target());
  house.peer.tell(redis_peer::list({"message", "socket.io-request#/#", over}), "SUBSCRIBE");
  REQUIRE(house.w.run_until([&] { return log.count(log_level::warn, "more questions of other servers") == 1; }));
  REQUIRE(house.w.run_until([&] { return house.peer.count("PUBLISH") == most + 1; }));
  house.peer.tell(redis_peer::list({"message", "socket.io-request#/#", over}), "SUBSCRIBE");
  REQUIRE(house.w.run_until([&] { return house.peer.count("PUBLISH") == most + 2; }));
}

TEST_CASE("the ids of clients are asked for without what else is known of them", "[cluster][redis_adapter]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  classic_house house;
  REQUIRE(house.connect());
  std::vector<std::string> ids;
  house.ask([](server* of, std::vector<std::string>* into) -> task<bool> {
    const partial<std::vector<std::string>> got = co_await of->sockets().adapter()->sockets(target());
    *into = got.value;
    co_return true;
  }(&*house.io, &ids));
  REQUIRE(house.w.run_until([&] { return house.peer.count("PUBLISH") == 1; }));
  const std::string asked = house.peer.seen.back()[2];
  CHECK(asked.find(R"("type":0)") != std::string::npos);
  const std::size_t at = asked.find(R"("requestId":")") + 13;
  house.reply(R"({"requestId":")" + asked.substr(at, 6) + R"(","sockets":["a","b"]})");
  REQUIRE(house.w.run_until([&] { return !ids.empty(); }));
  CHECK(ids == std::vector<std::string>{"a", "b"});
}

TEST_CASE("acknowledgements of other servers are kept within a bound", "[cluster][redis_adapter]") {
  if (!cluster::has_redis()) return;
  captured_log log;
  classic_house house;
  REQUIRE(house.connect());
  std::size_t got = 0;
  bool complete = true;
  house.ask([](server* of, std::size_t* into, bool* all_there) -> task<bool> {
    const answers all = co_await of->timeout(1h).emit_with_ack("well?");
    *all_there = all.complete();
    *into = all.responses().size();
    co_return true;
  }(&*house.io, &got, &complete));
  REQUIRE(house.w.run_until([&] { return house.peer.count("PUBLISH") == 1; }));
  const std::string asked = house.peer.seen.back()[2];
  const std::string id = asked.substr(asked.find("requestId") + 10, 6);
  boost::json::array large;
  large.emplace_back(std::string(60'000'000, 'x'));
  const std::string answer = cluster::write_broadcast_ack(id, arguments(std::move(large)));
  house.reply(R"({"type":8,"requestId":")" + id + R"(","clientCount":5})");
  for (int i = 0; i < 5; ++i) house.reply(answer);
  REQUIRE(house.w.run_until([&] { return got != 0; }));
  CHECK(got == 4);  // 256 MB
  CHECK_FALSE(complete);
}

}  // namespace cosio::test
