// Sessions and handshakes counted by address, and the options that limit them.

#include "engine/visitors.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/suspension.hpp"
#include "engine/engine_world.hpp"
#include "engine/make_session.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using engine::visitors;

namespace {

engine_options limits(std::size_t sessions, std::size_t per_address, std::size_t handshakes = 0) {
  engine_options opts;
  opts.max_sessions = sessions;
  opts.max_sessions_per_address = per_address;
  opts.max_handshakes_per_address = handshakes;
  return opts;
}

const std::string opening = "/engine.io/?EIO=4&transport=polling";

}  // namespace

TEST_CASE("one address may open so many sessions, others as many", "[engine][visitors]") {
  const auto v = std::make_shared<visitors>(limits(0, 2));
  CHECK_FALSE(v->opened("10.0.0.1"));
  CHECK_FALSE(v->opened("10.0.0.1"));
  CHECK(v->opened("10.0.0.1") == base::limit::max_sessions_per_address);
  CHECK_FALSE(v->opened("10.0.0.2"));
  v->closed("10.0.0.1");
  CHECK_FALSE(v->opened("10.0.0.1"));
  CHECK(v->opened("10.0.0.1") == base::limit::max_sessions_per_address);
}

TEST_CASE("all addresses together may open so many sessions", "[engine][visitors]") {
  const auto v = std::make_shared<visitors>(limits(2, 0));
  CHECK_FALSE(v->opened("a"));
  CHECK_FALSE(v->opened("b"));
  CHECK(v->opened("c") == base::limit::max_sessions);
  v->closed("a");
  CHECK_FALSE(v->opened("c"));
}

TEST_CASE("without limits nothing is counted", "[engine][visitors]") {
  const auto v = std::make_shared<visitors>(engine_options());
  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(v->opened("a"));
  std::unique_ptr<visitors::waiting_handshake> waiting;
  CHECK_FALSE(v->begin_handshake("a", waiting));
  CHECK_FALSE(waiting);
}

TEST_CASE("handshakes of an address count while they wait", "[engine][visitors]") {
  const auto v = std::make_shared<visitors>(limits(0, 0, 1));
  std::unique_ptr<visitors::waiting_handshake> first;
  std::unique_ptr<visitors::waiting_handshake> second;
  CHECK_FALSE(v->begin_handshake("a", first));
  CHECK(v->begin_handshake("a", second) == base::limit::max_handshakes_per_address);
  CHECK_FALSE(v->begin_handshake("b", second));
  first.reset();
  CHECK_FALSE(v->begin_handshake("a", first));
}

TEST_CASE("of too many silent sessions of an address the oldest is chosen, and counts no more", "[engine][visitors]") {
  world w;
  engine_options opts;
  opts.max_silent_sessions_per_address = 2;
  const auto v = std::make_shared<visitors>(opts);
  CHECK(v->counts_silent());
  std::vector<std::shared_ptr<engine::session>> made;
  std::vector<visitors::silence> places;
  made.reserve(9);  // its elements are compared while more are added
  const auto begin = [&](std::string_view address) {
    made.push_back(make_session(w, std::to_string(made.size())));
    places.push_back(v->begin_silence(address, made.back()));
    return v->choose_silent(address);
  };
  CHECK_FALSE(begin("a"));
  CHECK_FALSE(begin("a"));
  CHECK_FALSE(begin("b"));
  CHECK(begin("a") == made[0]);
  CHECK_FALSE(v->choose_silent("a"));
  v->end_silence("a", places[0]);  // the chosen one has ended
  CHECK_FALSE(v->choose_silent("a"));
  v->end_silence("a", places[1]);  // this one was heard
  CHECK_FALSE(begin("a"));
  CHECK(begin("a") == made[3]);
  v->end_silence("b", places[2]);
  for (const std::size_t i : {3, 4, 5}) v->end_silence("a", places[i]);
  CHECK_FALSE(begin("a"));
  CHECK_FALSE(begin("a"));
  CHECK(begin("a") == made[6]);
}

TEST_CASE("a silent session that is gone is chosen as nothing, and counts no more", "[engine][visitors]") {
  world w;
  engine_options opts;
  opts.max_silent_sessions_per_address = 1;
  const auto v = std::make_shared<visitors>(opts);
  const auto lives = make_session(w, "lives");
  const auto first = v->begin_silence("a", {});
  v->begin_silence("a", lives);
  CHECK_FALSE(v->choose_silent("a"));
  v->end_silence("a", first);
  CHECK_FALSE(v->choose_silent("a"));
  v->begin_silence("a", {});
  CHECK(v->choose_silent("a") == lives);
}

TEST_CASE("10,000 silent sessions of an address are the default, and 0 is no limit", "[engine][visitors]") {
  engine_options opts;
  const auto usual = std::make_shared<visitors>(opts);
  world w;
  const auto oldest = make_session(w, "oldest");
  usual->begin_silence("a", oldest);
  for (int i = 1; i < 10'000; ++i) usual->begin_silence("a", {});
  CHECK_FALSE(usual->choose_silent("a"));
  usual->begin_silence("a", {});
  CHECK(usual->choose_silent("a") == oldest);
  opts.max_silent_sessions_per_address = 0;
  const auto unlimited = std::make_shared<visitors>(opts);
  unlimited->begin_silence("a", oldest);
  CHECK_FALSE(unlimited->choose_silent("a"));
  opts.max_silent_sessions = 0;
  CHECK_FALSE(std::make_shared<visitors>(opts)->counts_silent());
}

TEST_CASE("silent sessions of all addresses are too many above their limit, and 0 is no limit", "[engine][visitors]") {
  engine_options opts;
  opts.max_silent_sessions_per_address = 0;
  opts.max_silent_sessions = 2;
  const auto v = std::make_shared<visitors>(opts);
  CHECK(v->counts_silent());
  const auto first = v->begin_silence("a", {});
  v->begin_silence("b", {});
  CHECK_FALSE(v->too_many_silent());
  v->begin_silence("c", {});
  CHECK(v->too_many_silent());
  v->end_silence("a", first);
  CHECK_FALSE(v->too_many_silent());
  opts.first_request_timeout = 0ms;
  CHECK_FALSE(std::make_shared<visitors>(opts)->counts_silent());
  opts.first_request_timeout = 10s;
  opts.max_silent_sessions = 0;
  const auto unlimited = std::make_shared<visitors>(opts);
  unlimited->begin_silence("a", {});
  CHECK_FALSE(unlimited->too_many_silent());
}

namespace {

std::uint64_t silent_limits(engine_world& e) {
  return e.engine.internals()->counters().sum(base::counter::limits +
                                              static_cast<std::size_t>(base::limit::max_silent_sessions_per_address));
}

}  // namespace

TEST_CASE("one more silent session than an address may have ends the oldest, and the newcomer is served",
          "[engine][visitors]") {
  engine_options opts;
  opts.max_silent_sessions_per_address = 2;
  engine_world e(opts);
  memory_client one = e.connect();
  memory_client two = e.connect();
  const std::string oldest = e.open_polling(one);
  const std::string older = e.open_polling(one);
  memory_websocket ws = e.websocket();  // it is not silent
  CHECK(ws.accepted().status == 101);
  CHECK(e.closed.empty());
  CHECK(two.ask(get(opening)).status == 200);
  REQUIRE(e.closed.size() == 1);
  CHECK(e.closed[0].text() == "forced close");
  CHECK(e.closed[0].detail() ==
        "no request followed the handshake, and more than max_silent_sessions_per_address were waited for");
  CHECK(silent_limits(e) == 1);
  CHECK(one.ask(post(older, "4a")).status == 200);
  CHECK(e.messages.size() == 1);
  CHECK(one.ask(get(oldest)).status == 400);
}

TEST_CASE("a session is silent until its client's next request, or its end", "[engine][visitors]") {
  engine_options opts;
  opts.max_silent_sessions_per_address = 2;
  engine_world e(opts);
  memory_client one = e.connect();
  memory_client two = e.connect();
  const std::string target = e.open_polling(one);
  e.open_polling(two);
  std::size_t ended = 0;
  SECTION("a GET") { one.send(get(target)); }
  SECTION("a POST") {
    one.ask(post(target, "4a"));
    one.ask(post(target, "4a"));  // another one changes nothing
  }
  SECTION("an upgrade") {
    CHECK(e.websocket("/engine.io/?EIO=4&transport=websocket&sid=" + e.sessions[0].id()).next() == std::nullopt);
  }
  SECTION("its end") {
    e.w.run(e.sessions[0].close(true));
    e.w.settle();
    ended = 1;
  }
  CHECK(two.ask(get(opening)).status == 200);
  CHECK(e.closed.size() == ended);
  CHECK(silent_limits(e) == 0);
  CHECK(two.ask(get(opening)).status == 200);
  CHECK(e.closed.size() == ended + 1);
  CHECK_FALSE(e.sessions[1].open());
  CHECK(silent_limits(e) == 1);
}

TEST_CASE("a session that is heard after it was chosen as the oldest silent one stays", "[engine][visitors]") {
  engine_world e;
  memory_client one = e.connect();
  const std::string target = e.open_polling(one);
  const auto s = e.sessions.at(0).internals();
  const bool heard = GENERATE(false, true);
  if (heard) one.ask(post(target, "4a"));
  s->post([s] { s->end_if_silent(); });
  e.w.settle();
  CHECK(e.sessions[0].open() == heard);
  CHECK(e.closed.size() == (heard ? 0 : 1));
  CHECK(silent_limits(e) == (heard ? 0 : 1));
}

TEST_CASE("a session that was not opened yet is not ended as a silent one", "[engine][visitors]") {
  world w;
  const auto s = make_session(w, "sid");
  const auto v = std::make_shared<visitors>(engine_options());
  s->begin_silent(v->begin_silence("a", s));
  s->end_if_silent();
  CHECK_FALSE(s->is_over());
}

TEST_CASE("an address of IPv6 stands for its network of 64 bits", "[engine][visitors]") {
  CHECK(engine::visitor_key("2001:db8:1:2:3:4:5:6").text() == engine::visitor_key("2001:db8:1:2::9").text());
  CHECK(engine::visitor_key("2001:db8:1:2::1").text() != engine::visitor_key("2001:db8:1:3::1").text());
  CHECK(engine::visitor_key("::ffff:10.0.0.1").text() == "10.0.0.1");
  CHECK(engine::visitor_key("10.0.0.1").text() == "10.0.0.1");
  CHECK(engine::visitor_key("somewhere").text() == "somewhere");
}

TEST_CASE("a session above a limit is refused with the limit's name, until another ends", "[engine][visitors]") {
  struct row {
    engine_options opts;
    std::string name;
  };
  for (const row& r : {row{limits(1, 0), "max_sessions"}, row{limits(0, 1), "max_sessions_per_address"}}) {
    CAPTURE(r.name);
    engine_world e(r.opts);
    memory_client one = e.connect();
    memory_client two = e.connect();
    e.open_polling(one);
    const auto refused = two.ask(get(opening));
    CHECK(refused.status == 403);
    CHECK(refused.body == R"({"code":4,"message":"limit reached: )" + r.name + "\"}");
    auto ws = e.websocket();
    CHECK(ws.accepted().status == 400);
    CHECK(ws.accepted().body == "limit reached: " + r.name);
    CHECK(e.sessions.size() == 1);
    e.w.run(e.sessions.front().close(true));
    e.w.settle();
    CHECK(two.ask(get(opening)).status == 200);
  }
}

TEST_CASE("with explain_refusals a limit says which option to raise", "[engine][visitors]") {
  auto opts = limits(1, 0);
  opts.explain_refusals = true;
  engine_world e(opts);
  memory_client one = e.connect();
  e.open_polling(one);
  CHECK(one.ask(get(opening)).body ==
        R"({"code":4,"message":"limit reached: max_sessions: raise options.max_sessions if so many are wanted"})");
}

TEST_CASE("handshakes that wait for the application are limited by address", "[engine][visitors]") {
  auto opts = limits(0, 0, 2);
  std::vector<std::shared_ptr<async::suspension>> waiting;
  opts.allow_request = [&waiting](http::request) -> task<bool> {
    auto hand_out = [&waiting](std::shared_ptr<async::suspension> s) { waiting.push_back(std::move(s)); };
    co_await async::suspend(std::move(hand_out));
    co_return true;
  };
  engine_world e(opts);
  std::vector<memory_client> peers;
  for (int i = 0; i < 3; ++i) {
    peers.push_back(e.connect());
    peers.back().send(get(opening));
  }
  CHECK(waiting.size() == 2);
  const auto refused = peers[2].answer();
  REQUIRE(refused);
  CHECK(refused->body == R"({"code":4,"message":"limit reached: max_handshakes_per_address"})");
  for (const auto& one : waiting) one->end();
  e.w.settle();
  CHECK(peers[0].answer().value().status == 200);
  CHECK(peers[1].answer().value().status == 200);
  waiting.clear();
  peers[2].send(get(opening));
  CHECK(waiting.size() == 1);
  for (const auto& one : waiting) one->end();  // nobody waits on an io_context that goes
  e.w.settle();
}

TEST_CASE("a client that sends more bytes than max_byte_rate is parted from, with that reason", "[engine][visitors]") {
  engine_options opts;
  opts.max_byte_rate.emplace(100, 1'000);
  engine_world e(opts);
  auto ws = e.websocket();
  ws.text();
  ws.send_text("4" + std::string(900, 'x'));
  CHECK(e.messages.size() == 1);
  e.w.advance(5s);
  ws.send_text("4" + std::string(500, 'x'));
  CHECK(e.messages.size() == 2);
  CHECK(e.closed.empty());
  ws.send_text("4" + std::string(200, 'x'));
  CHECK(e.messages.size() == 2);
  REQUIRE(e.closed.size() == 1);
  CHECK(e.closed[0].text() == "rate limit exceeded");
  CHECK(e.engine.internals()->counters().sum(base::counter::limits +
                                             static_cast<std::size_t>(base::limit::max_byte_rate)) == 1);
}
