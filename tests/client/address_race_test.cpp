// The first of several addresses.

#include "client/address_race.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <vector>

#include "async/spawn.hpp"
#include "client/failure.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::clients;
using namespace cosio::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

tcp::endpoint at(const char* address, std::uint16_t port) { return {asio::ip::make_address(address), port}; }

// A port at which nobody listens.
std::uint16_t closed_port(asio::io_context& on) {
  tcp::acceptor once(on, at("127.0.0.1", 0));
  return once.local_endpoint().port();
}

// A listener whose queue is full: connections to it wait.
struct full_listener {
  explicit full_listener(asio::io_context& on) : acceptor(on) {
    acceptor.open(tcp::v4());
    acceptor.bind(at("127.0.0.1", 0));
    acceptor.listen(0);
    for (int i = 0; i < 4; ++i) {
      waiting.emplace_back(on);
      waiting.back().async_connect(acceptor.local_endpoint(), [](boost::system::error_code) {});
    }
  }
  tcp::acceptor acceptor;
  std::vector<tcp::socket> waiting;
};

struct race_result {
  std::optional<tcp::endpoint> connected;
  boost::system::error_code failed;
  bool ended = false;
};

task<> run_race(std::shared_ptr<address_race> race, async::time_point until, race_result* to) {
  try {
    tcp_socket made = co_await address_race::run(race, until);
    to->connected = made.remote_endpoint();
  } catch (const boost::system::system_error& e) {
    to->failed = e.code();
  }
  to->ended = true;
}

}  // namespace

TEST_CASE("the families of addresses take turns", "[client][dial]") {
  const auto a = at("2001:db8::1", 1);
  const auto b = at("2001:db8::2", 1);
  const auto c = at("192.0.2.1", 1);
  const auto d = at("192.0.2.2", 1);
  CHECK(in_turns({}).empty());
  CHECK(in_turns({a, b, c, d}) == endpoints{a, c, b, d});
  CHECK(in_turns({c, d, a}) == endpoints{c, a, d});
  CHECK(in_turns({c}) == endpoints{c});
  CHECK(in_turns(endpoints(100, c)).size() == 32);
}

TEST_CASE("an address that refuses is followed by the next at once", "[client][dial]") {
  world w;
  tcp::acceptor open(w.context(), at("127.0.0.1", 0));
  auto race = std::make_shared<address_race>(
      w.make_strand(), w.timers(), endpoints{at("127.0.0.1", closed_port(w.context())), open.local_endpoint()}, 250ms);
  race_result got;
  async::spawn(w.context().get_executor(), "test", run_race(race, w.timers().after(20s), &got));
  REQUIRE(w.run_until([&] { return got.ended; }));
  REQUIRE(got.connected);
  CHECK(*got.connected == open.local_endpoint());
}

TEST_CASE("an address that is silent is followed by the next in a quarter of a second", "[client][dial]") {
  world w;
  const full_listener full(w.context());
  tcp::acceptor open(w.context(), at("127.0.0.1", 0));
  auto race = std::make_shared<address_race>(w.make_strand(), w.timers(),
                                             endpoints{full.acceptor.local_endpoint(), open.local_endpoint()}, 250ms);
  race_result got;
  async::spawn(w.context().get_executor(), "test", run_race(race, w.timers().after(20s), &got));
  w.settle();
  w.advance(249ms);
  CHECK_FALSE(got.ended);
  w.advance(1ms);
  REQUIRE(w.run_until([&] { return got.ended; }));
  REQUIRE(got.connected);
  CHECK(*got.connected == open.local_endpoint());
}

TEST_CASE("a race ends when all have failed, when it is cancelled, or when its time is over", "[client][dial]") {
  world w;
  const std::uint16_t port = closed_port(w.context());
  const full_listener full(w.context());
  const auto start = [&](endpoints to, race_result* result) {
    auto race = std::make_shared<address_race>(w.make_strand(), w.timers(), std::move(to), 250ms);
    async::spawn(w.context().get_executor(), "test", run_race(race, w.timers().after(20s), result));
    w.settle();
    return race;
  };
  race_result refused;
  start({at("127.0.0.1", port), at("127.0.0.1", port)}, &refused);
  REQUIRE(w.run_until([&] { return refused.ended; }));
  CHECK(refused.failed == asio::error::connection_refused);
  race_result cancelled;
  const auto race = start({full.acceptor.local_endpoint()}, &cancelled);
  CHECK_FALSE(cancelled.ended);
  race->cancel();
  w.settle();
  CHECK(cancelled.failed == asio::error::operation_aborted);
  race_result late;
  start({full.acceptor.local_endpoint()}, &late);
  w.advance(20s);
  CHECK(late.failed == asio::error::timed_out);
}
