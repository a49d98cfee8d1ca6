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
  CHECK(c.receive() == "(frame of type 8)");
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

TEST_CASE("a client whose credentials expired is not recovered", "[socketio][expiry]") {
  cosio::options opts = noticed();
  opts.connection_state_recovery.emplace();
  expiry_world s(opts);
  world_client c = s.join();
  s.w.advance(20s);
  CHECK(s.left.size() == 1);
  CHECK(s.io.metrics().sessions_stored == 0);
}
