// The sockets of one client: every way out ends a socket once, with the reason that is true, wherever it stands.

#include "socketio/client_sockets.hpp"

#include <cosio/cosio.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "socketio/timed_server.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/websocket_client.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;
using cosio::next;
using cosio::reason;
using cosio::task;

namespace {

using lines = std::vector<std::string>;

// Namespaces whose middleware waits for its client, each in another way.
struct waiting_world : timed_server {
  explicit waiting_world(cosio::options opts = {}) : timed_server(std::move(opts)) {
    for (const char* how : {"/ack", "/once", "/end"}) {
      io.of(how).use([this, how = std::string(how)](cosio::socket& user, next go) -> task<> {
        user.on_disconnect([this](reason why) { told.emplace_back(why.text()); });
        co_await user.join("waiting");
        std::string wrong;
        try {
          if (how == "/ack") co_await user.emit_with_ack<int>("who?");
          if (how == "/once") co_await user.once<int>("me");
        } catch (const cosio::error& e) {
          wrong = e.code().message();
        }
        const reason why = co_await user.disconnected();
        ended.push_back(std::string(why.text()) + (wrong.empty() ? "" : ", " + wrong));
        co_await go();
        behind.push_back(how);
      });
      io.of(how).on_connection([this](cosio::socket) { ++joined; });
    }
    io.on_connection([this](cosio::socket c) {
      c.on("go", [c] { return c.disconnect(true); });
      main.push_back(c);
    });
  }
  // A client that is in "/", and waits in three middlewares.
  world_client waiting_client() {
    world_client c = join();
    for (const char* how : {"0/ack,", "0/once,", "0/end,"}) c.send(how);
    return c;
  }
  std::size_t in_rooms() {
    std::size_t sum = 0;
    for (const char* how : {"/ack", "/once", "/end"}) sum += w.run(io.of(how).all_rooms()).size();
    return sum;
  }

  lines told;
  lines ended;
  lines behind;
  int joined = 0;
  std::vector<cosio::socket> main;
};

}  // namespace

TEST_CASE("a middleware that waits for its client ends however the client leaves, with the true reason",
          "[socketio][client_sockets]") {
  struct row {
    std::string why;
    std::function<void(waiting_world&, world_client&)> leave;
  };
  const row rows[] = {
      {"transport close", [](waiting_world&, world_client& c) { c.websocket().peer().reset(); }},
      {"transport close", [](waiting_world&, world_client& c) { c.websocket().send_text("1"); }},
      {"forced close", [](waiting_world&, world_client& c) { c.send("1/ack,"); }},
      {"forced close", [](waiting_world&, world_client& c) { c.send("2/once,[\"me\",1]"); }},
      {"ping timeout",
       [](waiting_world& s, world_client&) {
         s.w.advance(26s);  // the ping
         s.w.advance(21s);  // no pong
       }},
      {"server namespace disconnect", [](waiting_world&, world_client& c) { c.send("2[\"go\"]"); }},
      {"server shutting down",
       [](waiting_world& s, world_client& c) {
         const auto closed = s.start(s.io.close());
         CHECK_FALSE(*closed);  // the client has not ended its WebSocket yet
         c.websocket().peer().close();
         s.w.settle();
         CHECK(*closed);
       }},
      {"credentials expired", [](waiting_world& s, world_client&) { s.main.front().client().expires_in(0s); }},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    const captured_log log;
    waiting_world s;
    world_client c = s.waiting_client();
    REQUIRE(s.in_rooms() != 0);
    r.leave(s, c);
    s.w.settle();
    CHECK(s.told == lines(3, r.why));
    std::sort(s.ended.begin(), s.ended.end());
    CHECK(s.ended == lines{r.why, r.why + ", disconnected", r.why + ", disconnected"});
    CHECK(s.behind.size() == 3);  // next() has let nobody in
    CHECK(s.joined == 0);
    CHECK(s.in_rooms() == 0);
    CHECK(s.io.metrics().handlers_in_flight == 0);
    CHECK(s.io.metrics().sockets == 0);
    CHECK(s.io.metrics().handler_errors == 0);
    CHECK(log.count(cosio::log_level::warn, "") == 0);
  }
}

TEST_CASE("a namespace that was made for a client goes when the client leaves in its middleware, and only once",
          "[socketio][client_sockets]") {
  cosio::options opts;
  opts.cleanup_empty_child_namespaces = true;
  timed_server s(opts);
  auto rooms = s.io.of(cosio::pattern("/room-{digits}"));
  rooms.use([&](cosio::socket& user, next go) -> task<> {
    if (user.handshake().auth().object().contains("wait")) co_await user.disconnected();
    co_await go();
  });
  world_client stays = s.open();
  CHECK(stays.join("/room-1,").starts_with("0/room-1,"));
  for (int i = 0; i < 3; ++i) {
    world_client leaves = s.open();
    leaves.send("0/room-1,{\"wait\":1}");
    leaves.send("0/room-2,{\"wait\":1}");
    CHECK(rooms.children().size() == 2);
    leaves.websocket().peer().reset();
    s.w.settle();
    CHECK(rooms.children().size() == 1);  // somebody is in /room-1
  }
  stays.send("1/room-1,");
  CHECK(rooms.children().empty());
}

TEST_CASE("an exception of a middleware whose client has left is no refusal, and an accident is still told",
          "[socketio][client_sockets]") {
  timed_server s;
  lines errors;
  s.io.sockets().on_error([&](cosio::socket, const cosio::socket_error& wrong) { errors.push_back(wrong.message()); });
  bool by_accident = false;
  s.io.use([&](cosio::socket& user, next) -> task<> {
    co_await user.disconnected();
    if (by_accident) throw std::runtime_error("lost the database");
    throw cosio::refusal("too late");
  });
  for (const bool accident : {false, true}) {
    by_accident = accident;
    world_client c = s.open();
    c.send("0");
    c.websocket().peer().reset();
    s.w.settle();
  }
  CHECK(errors == lines{"lost the database"});
}

// edge 192
TEST_CASE("a second CONNECT while the first is being decided is ignored: the first decides",
          "[socketio][client_sockets]") {
  timed_server s;
  int asked = 0;
  cosio::test::pause here;
  s.io.of("/slow").use([&](cosio::socket&, next go) -> task<> {
    ++asked;
    co_await here.wait();
    if (asked == 2) throw cosio::refusal("no");
    co_await go();
  });
  std::vector<cosio::socket> joined;
  s.io.of("/slow").on_connection([&](cosio::socket c) { joined.push_back(c); });
  s.io.of("/fast").on_connection([&](cosio::socket c) { joined.push_back(c); });
  s.io.on_connection([](cosio::socket c) { c.on("echo", [](int n) { return n; }); });
  world_client c = s.join();
  for (const char* again : {"0/slow,{\"n\":1}", "0/slow,{\"n\":2}", "0/slow,"}) c.send(again);
  CHECK(c.receive() == "(nothing)");
  here.go();
  s.w.settle();
  CHECK(c.receive().starts_with("0/slow,{\"sid\""));
  CHECK(c.receive() == "(nothing)");
  CHECK(asked == 1);
  REQUIRE(joined.size() == 1);
  CHECK(joined[0].handshake().auth()["n"] == 1);

  // In one piece of input nothing is decided before its end.
  c.websocket().send(text_frame("40/fast,") + text_frame("40/fast,"));
  CHECK(c.receive().starts_with("0/fast,{\"sid\""));
  CHECK(c.receive() == "(nothing)");
  CHECK(joined.size() == 2);

  world_client refused = s.join();
  refused.send("0/slow,");
  refused.send("0/slow,");
  here.go();
  s.w.settle();
  CHECK(refused.receive() == R"(4/slow,{"message":"no"})");
  CHECK(refused.receive() == "(nothing)");

  for (world_client* who : {&c, &refused}) {  // the connection and its other namespaces stay
    who->send(R"(21["echo",7])");
    CHECK(who->receive() == "31[7]");
  }
}

TEST_CASE("a middleware that swallows a refusal lets nobody in, and the client is told", "[socketio][client_sockets]") {
  timed_server s;
  s.io.of("/no").use([](cosio::socket&, next go) -> task<> {
    try {
      co_await go();
    } catch (const cosio::refusal&) {
    }
  });
  s.io.of("/no").use([](cosio::socket&, next) -> task<> { throw cosio::refusal("not you"); });
  world_client c = s.open();
  CHECK(c.join("/no,") == R"(4/no,{"message":"not allowed"})");
  CHECK(c.join("/no,") == R"(4/no,{"message":"not allowed"})");
}

TEST_CASE("an adopted client that waits in a middleware leaves with the server, and none is adopted afterwards",
          "[socketio][client_sockets]") {
  engine_world house;
  cosio::options opts;
  opts.serve_client = false;
  opts.path = "/io";
  const cosio::server io(house.app, opts);
  lines ended;
  int joined = 0;
  io.use([&](cosio::socket& user, next go) -> task<> {
    const reason why = co_await user.disconnected();
    ended.emplace_back(why.text());
    co_await go();
  });
  io.on_connection([&](cosio::socket) { ++joined; });
  std::string refused;
  house.engine.on_connection([&](cosio::engine_session s) {
    if (s.request().query("adopt") != "1") return;
    try {
      io.adopt(s);
    } catch (const cosio::error& e) {
      refused = e.detail();
    }
  });
  const std::string target = "/engine.io/?EIO=4&transport=websocket&adopt=1";
  // As engine_world gives every session an on_message(), the raw engine's own hook must not run first.
  house.engine.internals()->handlers().session_opened.erase(
      house.engine.internals()->handlers().session_opened.begin());
  memory_websocket silent = house.websocket(target);  // joins nothing
  memory_websocket c = house.websocket(target);
  c.text();
  c.send_text("40");
  house.w.run(io.close());
  CHECK(ended == lines{"server shutting down"});
  CHECK(joined == 0);
  CHECK(c.ended());
  CHECK(silent.ended());
  CHECK(house.engine.clients_count() == 0);

  memory_websocket late = house.websocket(target);
  CHECK(refused.find("closed") != std::string::npos);
  CHECK_FALSE(late.ended());  // it is the other engine's
}
