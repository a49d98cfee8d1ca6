// Credentials that expire: the client is told before, may renew them where it is, and is parted from when it does not.

#include <cosio/cosio.hpp>

#include <string>
#include <vector>

#include "socketio/timed_server.hpp"
#include "support/catch.hpp"

using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

cosio::options noticed(std::chrono::milliseconds notice = 5s) {
  cosio::options opts;
  opts.ping_interval = 3'600s;
  opts.credentials_notice = notice;
  return opts;
}

struct expiry_world : timed_server {
  explicit expiry_world(cosio::options opts = noticed()) : timed_server(std::move(opts)) {
    io.of("/more").on_connection([this](cosio::socket c) { watch(c); });
    io.on_connection([this](cosio::socket c) {
      c.expires_in(20s);
      watch(c);
      c.on("renew", [c](std::string token) {
        if (token == "good") c.expires_in(30s);
        return token == "good";
      });
      c.on("for ever", [c] { c.client().never_expires(); });
    });
  }
  void watch(const cosio::socket& c) {
    c.on_disconnect([this](cosio::reason why) { left.emplace_back(why.text()); });
  }
  std::vector<std::string> left;
};

const std::string five_seconds = R"(2["credentials_expiring",5000])";

}  // namespace

TEST_CASE(
    "shortly before its credentials expire a client is told, once, and is parted from when it does not renew them",
    "[socketio][expiry]") {
  expiry_world s;
  world_client c = s.join();
  s.w.advance(14'999ms);
  CHECK(c.receive() == "(nothing)");
  s.w.advance(1ms);
  CHECK(c.receive() == five_seconds);
  s.w.advance(4'999ms);
  CHECK(c.receive() == "(nothing)");
  CHECK(s.left.empty());
  s.w.advance(1ms);
  CHECK(s.left == std::vector<std::string>{"credentials expired"});
  CHECK(c.receive() == "1");  // DISCONNECT: a client that is told this does not connect again by itself
  CHECK(c.receive() == "(frame of type 8)");
  bool counted = false;
  for (const auto& one : s.io.metrics().closed) counted |= one.name == "credentials expired" && one.count == 1;
  CHECK(counted);
}

TEST_CASE("a client that renews its credentials stays where it is, and is told again later", "[socketio][expiry]") {
  expiry_world s;
  world_client c = s.join();
  s.w.advance(15s);
  CHECK(c.receive() == five_seconds);
  s.w.advance(1s);
  c.send(R"(21["renew","bad"])");
  CHECK(c.receive() == "31[false]");
  c.send(R"(22["renew","good"])");
  CHECK(c.receive() == "32[true]");
  s.w.advance(24'999ms);
  CHECK(c.receive() == "(nothing)");
  s.w.advance(1ms);
  CHECK(c.receive() == five_seconds);
  CHECK(s.left.empty());
  s.w.advance(5s);
  CHECK(s.left == std::vector<std::string>{"credentials expired"});
}

TEST_CASE("all sockets of a client are told, and leave together", "[socketio][expiry]") {
  expiry_world s;
  world_client c = s.join();
  c.join("/more,");
  s.w.advance(15s);
  const std::string one = c.receive();
  const std::string two = c.receive();
  CHECK((one == five_seconds || two == five_seconds));
  CHECK((one == R"(2/more,["credentials_expiring",5000])" || two == R"(2/more,["credentials_expiring",5000])"));
  s.w.advance(5s);
  CHECK(s.left == std::vector<std::string>(2, "credentials expired"));
  const std::string last[] = {c.receive(), c.receive()};
  CHECK((last[0] == "1" || last[1] == "1"));
  CHECK((last[0] == "1/more," || last[1] == "1/more,"));
  CHECK(c.receive() == "(frame of type 8)");
}

TEST_CASE("credentials that end sooner than the notice are told of at once, with what is left", "[socketio][expiry]") {
  expiry_world s(noticed(60s));
  world_client c = s.join();
  CHECK(c.receive() == R"(2["credentials_expiring",20000])");
  s.w.advance(20s);
  CHECK(s.left.size() == 1);
}

TEST_CASE("credentials that have expired already end the session", "[socketio][expiry]") {
  timed_server s(noticed());
  s.io.on_connection([](cosio::socket c) { c.expires_at(std::chrono::system_clock::now() - 1h); });
  world_client c = s.join();
  s.w.advance(0ms);
  CHECK(c.receive() == "1");
  CHECK(c.receive() == "(frame of type 8)");
}

TEST_CASE("credentials may end in a time that nobody counts", "[socketio][expiry]") {
  using std::chrono::milliseconds;
  for (const milliseconds notice : {milliseconds(5'000), milliseconds::max()}) {
    timed_server s(noticed(notice));
    s.io.on_connection([](cosio::socket c) { c.expires_in(milliseconds::max()); });
    world_client c = s.join();
    s.w.advance(1h);
    CHECK(c.receive() == "(nothing)");
  }
  timed_server late(noticed());
  late.io.on_connection([](cosio::socket c) { c.expires_at(std::chrono::system_clock::time_point::max()); });
  world_client stays = late.join();
  late.w.advance(1h);
  CHECK(stays.receive() == "(nothing)");
  timed_server over(noticed());
  over.io.on_connection([](cosio::socket c) { c.expires_at(std::chrono::system_clock::time_point::min()); });
  world_client goes = over.join();
  over.w.advance(0ms);
  CHECK(goes.receive() == "1");
  CHECK(goes.receive() == "(frame of type 8)");
}

TEST_CASE("a session may take any time to join a namespace", "[socketio][expiry]") {
  cosio::options opts = noticed();
  opts.connect_timeout = std::chrono::milliseconds::max();
  timed_server s(std::move(opts));
  world_client c = s.open();
  s.w.advance(1h);
  CHECK_FALSE(c.ended());
}

TEST_CASE("credentials that are over on arrival are a connect_error, and no connection handler runs",
          "[socketio][expiry]") {
  timed_server s(noticed());
  std::vector<std::string> told;
  int joined = 0;
  for (const char* name : {"/", "/more"}) {
    s.io.of(name).use([&](cosio::socket& user, cosio::next go) -> cosio::task<> {
      user.on_disconnect([&](cosio::reason why) { told.emplace_back(why.text()); });
      if (user.handshake().auth().object().contains("old")) {
        user.expires_at(std::chrono::system_clock::now() - 1h);
        CHECK_FALSE(user.connected());
      }
      co_await go();
    });
    s.io.of(name).on_connection([&](cosio::socket) { ++joined; });
  }
  world_client c = s.open();
  CHECK(c.join("{\"old\":1}") == R"(4{"message":"credentials expired"})");
  CHECK(c.receive() == "(frame of type 8)");
  CHECK(joined == 0);
  CHECK(told == std::vector<std::string>{"credentials expired"});
  CHECK(s.io.metrics().handlers_in_flight == 0);

  // A socket that has joined is told in its own way.
  told.clear();
  world_client half = s.join();
  CHECK(joined == 1);
  half.send("0/more,{\"old\":1}");
  const std::string last[] = {half.receive(), half.receive()};
  CHECK((last[0] == "1" || last[1] == "1"));
  const std::string refused = R"(4/more,{"message":"credentials expired"})";
  CHECK((last[0] == refused || last[1] == refused));
  CHECK(half.receive() == "(frame of type 8)");
  CHECK(joined == 1);
  CHECK(told == std::vector<std::string>(2, "credentials expired"));
}

TEST_CASE("a polling client whose credentials expire between two GETs fetches the reason with the next one",
          "[socketio][expiry]") {
  timed_server s(noticed(0ms));
  s.io.on_connection([](cosio::socket c) { c.expires_in(20s); });
  memory_client peer = s.connect();
  const std::string sid = text_member(peer.ask(get("/socket.io/?EIO=4&transport=polling")).body, "sid");
  const std::string target = "/socket.io/?EIO=4&transport=polling&sid=" + sid;
  peer.ask(post(target, "40"));
  CHECK(peer.ask(get(target)).body.starts_with("40{"));
  s.w.advance(20s);
  CHECK(peer.ask(get(target)).body == "41");
  CHECK(peer.ask(get(target)).body ==
        "6\x1e"
        "1");
  CHECK(peer.ask(get(target)).status == 400);
}

TEST_CASE("clients of protocol 4 whose credentials are over get ERROR and DISCONNECT", "[socketio][expiry]") {
  timed_server s(noticed());
  s.io.use([](cosio::socket& user, cosio::next go) -> cosio::task<> {
    user.expires_in(-1h);
    co_await go();
  });
  memory_client peer = s.connect();
  memory_websocket old(std::move(peer), "/socket.io/?EIO=3&transport=websocket");
  s.w.advance(100ms);  // clients of this revision are read a moment later
  CHECK(old.text().starts_with("0{"));
  CHECK(old.text() == "44\"credentials expired\"");
  CHECK(old.text() == "41");
  CHECK(old.text() == "(frame of type 8)");
}

TEST_CASE("credentials that do not expire any more are not told of", "[socketio][expiry]") {
  expiry_world s;
  world_client c = s.join();
  c.send(R"(2["for ever"])");
  s.w.advance(1h);
  CHECK(c.receive() == "(nothing)");
  CHECK(s.left.empty());
}

TEST_CASE("the event has the name that was asked for, or is not sent", "[socketio][expiry]") {
  cosio::options opts = noticed();
  opts.credentials_event = "log in again";
  expiry_world named(opts);
  world_client c = named.join();
  named.w.advance(15s);
  CHECK(c.receive() == R"(2["log in again",5000])");

  opts.credentials_event = "";
  expiry_world silent(opts);
  world_client d = silent.join();
  silent.w.advance(15s);
  CHECK(d.receive() == "(nothing)");
  silent.w.advance(5s);
  CHECK(silent.left.size() == 1);
}

TEST_CASE("expires_at() takes the time of the calendar", "[socketio][expiry]") {
  timed_server s(noticed(0ms));
  std::vector<std::string> left;
  s.io.on_connection([&](cosio::socket c) {
    c.expires_at(std::chrono::system_clock::now() + 100s);
    c.on_disconnect([&](cosio::reason why) { left.emplace_back(why.text()); });
  });
  world_client c = s.join();
  s.w.advance(90s);
  CHECK(left.empty());
  s.w.advance(11s);
  CHECK(left.size() == 1);
}

TEST_CASE("credentials go on when a client comes back, and are over for one that comes back too late",
          "[socketio][expiry]") {
  cosio::options opts = noticed();
  opts.connection_state_recovery.emplace();
  opts.connection_state_recovery->skip_middlewares = true;
  timed_server s(opts);
  std::vector<std::string> left;
  s.io.use([](cosio::socket& c, cosio::next go) -> cosio::task<> {
    c.expires_in(20s);
    co_await go();
  });
  s.io.on_connection(
      [&](cosio::socket c) { c.on_disconnect([&](cosio::reason why) { left.emplace_back(why.text()); }); });
  const std::string back = [&] {
    world_client c = s.open();
    const std::string reply = c.join("");
    s.w.run(s.io.emit("news"));
    const std::string event = c.receive();
    const std::string offset = event.substr(event.rfind(",\"") + 2);
    c.websocket().peer().shutdown_send();
    s.w.settle();
    return R"({"pid":")" + text_member(reply, "pid") + R"(","offset":")" + offset.substr(0, offset.find('"')) + "\"}";
  }();
  REQUIRE(left == std::vector<std::string>{"transport close"});
  const bool late = GENERATE(false, true);
  s.w.advance(late ? 21s : 10s);
  world_client again = s.open();
  const std::string reply = again.join(back);
  if (late) {
    CHECK(reply.starts_with("4{"));
    return;
  }
  REQUIRE(reply.starts_with("0{"));
  s.w.advance(9s);
  CHECK(left.size() == 1);
  s.w.advance(1s);
  CHECK(left == std::vector<std::string>{"transport close", "credentials expired"});
}

TEST_CASE("a client whose credentials expired is not recovered", "[socketio][expiry]") {
  cosio::options opts = noticed();
  opts.connection_state_recovery.emplace();
  expiry_world s(opts);
  world_client c = s.join();
  s.w.advance(20s);
  CHECK(s.left.size() == 1);
  CHECK(s.io.metrics().sessions_stored == 0);
}
