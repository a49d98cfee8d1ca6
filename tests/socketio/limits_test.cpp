// Limits of one client: events in a second, listeners, rooms, owed acknowledgements. Each refusal names its limit.

#include <cosio/cosio.hpp>

#include <string>
#include <vector>

#include "socketio/rate_limiter.hpp"
#include "socketio/timed_server.hpp"
#include "support/catch.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::errc;
using cosio::rate_limit;

namespace {

struct limits_world : timed_server {
  explicit limits_world(cosio::options opts) : timed_server(std::move(opts)) {
    io.on_connection([this](cosio::socket c) {
      here.push_back(c);
      for (const char* name : {"say", "draw"}) c.on(name, [this, name](cosio::arguments) { heard.emplace_back(name); });
      c.on_error([this](cosio::socket_error wrong) { errors.push_back(wrong.event() + ": " + wrong.message()); });
    });
  }
  std::uint64_t hits(std::string_view limit) const {
    for (const auto& one : io.metrics().limits_hit)
      if (one.name == limit) return one.count;
    return 0;
  }

  std::vector<cosio::socket> here;
  std::vector<std::string> heard;
  std::vector<std::string> errors;
};

template <class F>
boost::system::error_code code_of(F call) {
  try {
    call();
  } catch (const cosio::error& e) {
    return e.code();
  }
  return {};
}

}  // namespace

TEST_CASE("events above max_event_rate reach no handler, and say so to who asked", "[socketio][limits]") {
  cosio::options opts;
  opts.max_event_rate.emplace(1, 2);
  limits_world s(opts);
  world_client c = s.join();
  for (int i = 0; i < 4; ++i) c.send(R"(2["say"])");
  CHECK(s.heard.size() == 2);
  c.send(R"(27["say"])");
  CHECK(c.receive() == R"(37[{"message":"rate limit exceeded: max_event_rate"}])");
  CHECK(s.errors == std::vector<std::string>{"say: rate limit exceeded: max_event_rate"});  // the first of them
  CHECK(s.hits("max_event_rate") == 3);
  s.w.advance(1s);
  c.send(R"(2["say"])");
  CHECK(s.heard.size() == 3);
  c.send(R"(2["say"])");
  CHECK(s.heard.size() == 3);
  CHECK(s.errors.size() == 2);
}

TEST_CASE("an event above the limit is refused before its JSON is parsed", "[socketio][limits]") {
  cosio::options opts;
  opts.max_event_rate.emplace(1, 1);
  limits_world s(opts);
  world_client c = s.join();
  c.send(R"(2["say"])");
  c.send(R"(2["say",this would end the session)");
  c.send(R"(2["say",[[[[[[)");
  CHECK(c.receive() == "(nothing)");
  CHECK_FALSE(c.ended());
  CHECK(s.hits("max_event_rate") == 2);
}

TEST_CASE("binary events and names with escapes are limited as well", "[socketio][limits]") {
  cosio::options opts;
  opts.max_event_rate.emplace(1, 2);
  limits_world s(opts);
  world_client c = s.join();
  c.send(R"(2["s\u0061y"])");
  c.send(R"(51-["draw",{"_placeholder":true,"num":0}])");
  c.websocket().send(binary_frame("x"));
  CHECK(s.heard == std::vector<std::string>{"say", "draw"});
  c.send(R"(51-9["draw",{"_placeholder":true,"num":0}])");
  c.websocket().send(binary_frame("y"));
  CHECK(c.receive() == R"(39[{"message":"rate limit exceeded: max_event_rate"}])");
  c.send(R"(2["s\u0061y"])");
  CHECK(s.heard.size() == 2);
}

TEST_CASE("one event may be limited by its name, and others are not", "[socketio][limits]") {
  cosio::options opts;
  opts.max_event_rates.emplace("draw", rate_limit(1, 1));
  limits_world s(opts);
  world_client c = s.join();
  for (int i = 0; i < 3; ++i) c.send(R"(2["draw"])");
  for (int i = 0; i < 3; ++i) c.send(R"(2["say"])");
  CHECK(s.heard == std::vector<std::string>{"draw", "say", "say", "say"});
  CHECK(s.hits("max_event_rates") == 2);
  CHECK(s.hits("max_event_rate") == 0);
}

TEST_CASE("a number is the event of its decimal form, for limits as for listeners", "[socketio][limits]") {
  cosio::options opts;
  opts.max_event_rates.emplace("42", rate_limit(1, 1));
  limits_world s(opts);
  world_client c = s.join();
  s.here.at(0).on("42", [&](cosio::arguments) { s.heard.emplace_back("42"); });
  for (const char* event : {R"(2[42])", R"(2["42"])", R"(2[42])", R"(2["4\u0032"])"}) c.send(event);
  CHECK(s.heard.size() == 1);
  CHECK(s.hits("max_event_rates") == 3);
}

TEST_CASE("CONNECT has a rate as well: its own, or else that of the events, from which it takes nothing",
          "[socketio][limits]") {
  for (const bool named : {false, true}) {
    CAPTURE(named);
    cosio::options opts;
    opts.max_event_rate.emplace(1, 2);
    if (named) opts.max_event_rates.emplace("connect", rate_limit(2, 3));
    const std::size_t most = named ? 3 : 2;
    const std::string limit = named ? "max_event_rates" : "max_event_rate";
    limits_world s(opts);
    int asked = 0;
    s.io.identify([&](cosio::http::request) { return ++asked; });
    world_client c = s.join();
    std::size_t answered = 0;
    for (int i = 0; i < 10; ++i) {
      const std::string reply = c.join("/nope,");
      if (reply == R"(4/nope,{"message":"Invalid namespace"})")
        ++answered;
      else
        CHECK(reply == R"(4/nope,{"message":"rate limit exceeded: )" + limit + "\"}");
    }
    CHECK(answered == most - 1);  // the first one was for "/"
    CHECK(s.hits(limit) == 11 - most);
    for (int i = 0; i < 2; ++i) c.send(R"(2["say"])");
    CHECK(s.heard.size() == 2);
    s.w.advance(1s);
    CHECK(c.join("/nope,") == R"(4/nope,{"message":"Invalid namespace"})");
  }
}

TEST_CASE("clients do not share their rates", "[socketio][limits]") {
  cosio::options opts;
  opts.max_event_rate.emplace(1, 1);
  limits_world s(opts);
  world_client one = s.join();
  world_client two = s.join();
  one.send(R"(2["say"])");
  two.send(R"(2["say"])");
  CHECK(s.heard.size() == 2);
}

TEST_CASE("without answer_refused_events an event above the limit is not answered", "[socketio][limits]") {
  cosio::options opts;
  opts.max_event_rate.emplace(1, 1);
  opts.answer_refused_events = false;
  limits_world s(opts);
  world_client c = s.join();
  c.send(R"(21["say"])");
  c.receive();
  c.send(R"(22["say"])");
  CHECK(c.receive() == "(nothing)");
}

TEST_CASE("a rate limiter is only made where a rate is limited", "[socketio][limits]") {
  const cosio::socketio::rate_limiter::time_point now{1h};
  cosio::options opts;
  CHECK_FALSE(cosio::socketio::rate_limiter::make(opts, now));
  opts.max_event_rates.emplace("x", rate_limit(1, 1));
  CHECK(cosio::socketio::rate_limiter::make(opts, now));
}

TEST_CASE("an event that its name keeps out takes nothing from the others", "[socketio][limits]") {
  const cosio::socketio::rate_limiter::time_point now{1h};
  cosio::options opts;
  opts.max_event_rate.emplace(1, 2);
  opts.max_event_rates.emplace("draw", rate_limit(1, 1));
  cosio::socketio::rate_limiter rates(opts, now);
  CHECK_FALSE(rates.refuse("draw", now));
  CHECK(rates.refuse("draw", now) == cosio::base::limit::max_event_rates);
  CHECK_FALSE(rates.refuse("say", now));
  CHECK(rates.refuse("say", now) == cosio::base::limit::max_event_rate);
}

TEST_CASE("a socket takes max_listeners_per_socket listeners, and says what to look for", "[socketio][limits]") {
  cosio::options opts;
  opts.max_listeners_per_socket = 4;
  limits_world s(opts);
  world_client c = s.join();
  const cosio::socket user = s.here.at(0);
  user.on("a", [] {});
  const auto last = user.on("b", [] {});
  CHECK(code_of([&] { user.on("c", [] {}); }) == make_error_code(errc::limit_reached));
  CHECK(code_of([&] { user.once("c", [] {}); }) == make_error_code(errc::limit_reached));
  CHECK(s.hits("max_listeners_per_socket") == 2);
  user.off(last);
  CHECK(code_of([&] { user.on("c", [] {}); }) == boost::system::error_code());

  opts.max_listeners_per_socket = 0;
  limits_world free(opts);
  world_client d = free.join();
  for (int i = 0; i < 1'500; ++i) free.here.at(0).on("x", [] {});
  CHECK(free.here.at(0).listener_count("x") == 1'500);
}

TEST_CASE("a socket is in max_rooms_per_client rooms at most, besides its own", "[socketio][limits]") {
  cosio::options opts;
  opts.max_rooms_per_client = 2;
  limits_world s(opts);
  world_client c = s.join();
  const cosio::socket user = s.here.at(0);
  s.w.run(user.join("a", "b"));
  s.w.run(user.join("a"));
  CHECK(code_of([&] { s.w.run(user.join("c")); }) == make_error_code(errc::limit_reached));
  CHECK(user.rooms().size() == 3);
  s.w.run(s.io.in(user.id()).sockets_join("d"));
  CHECK(user.rooms().size() == 3);
  CHECK(s.hits("max_rooms_per_client") == 2);
  s.w.run(user.leave("a"));
  s.w.run(user.join("c"));
  CHECK(user.rooms().size() == 3);
  CHECK(code_of([&] { s.w.run(user.join("d", "e")); }) == make_error_code(errc::limit_reached));
}

TEST_CASE("a client owes max_pending_acks acknowledgements at most", "[socketio][limits]") {
  cosio::options opts;
  opts.max_pending_acks = 2;
  limits_world s(opts);
  world_client c = s.join();
  const cosio::socket user = s.here.at(0);
  std::vector<boost::system::error_code> ended;
  const auto ask = [&] {
    boost::asio::co_spawn(s.w.context(), user.emit_with_ack("well?"),
                          [&](const std::exception_ptr& e, const cosio::arguments&) {
                            ended.push_back(code_of([&] {
                              if (e) std::rethrow_exception(e);
                            }));
                          });
    s.w.settle();
  };
  ask();
  ask();
  CHECK(ended.empty());
  ask();
  CHECK(ended == std::vector<boost::system::error_code>{make_error_code(errc::limit_reached)});
  CHECK(s.hits("max_pending_acks") == 1);
  CHECK(c.receive() == R"(20["well?"])");
  CHECK(c.receive() == R"(21["well?"])");
  CHECK(c.receive() == "(nothing)");
  c.send("30[]");
  CHECK(ended.size() == 2);
  ask();
  CHECK(ended.size() == 2);

  const cosio::answers all =
      s.w.run(s.io.timeout(1s).emit_with_ack("all?"));  // the client has no room for it: it counts as one that left
  CHECK(all.responses().empty());
  CHECK(s.hits("max_pending_acks") == 2);
}
