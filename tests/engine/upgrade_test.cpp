// Probe, noop, switch: the upgrade without a socket.

#include "engine/upgrade.hpp"

#include <string_view>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using cosio::engine::upgrade;
using cosio::wire::engine_packet;
using cosio::wire::packet_type;
using action = upgrade::action;

namespace {

const upgrade::time_point started{500s};

upgrade make() { return upgrade(started, 10s); }
engine_packet packet(packet_type type, std::string_view data = {}, bool binary = false) { return {type, binary, data}; }

const engine_packet probe = packet(packet_type::ping, "probe");

}  // namespace

TEST_CASE("the first packet on the new WebSocket decides", "[engine][upgrade]") {
  struct row {
    const char* why;
    engine_packet first;
    action what;
  };
  const row rows[] = {
      {"a probe is answered", probe, action::answer_probe},
      {"edge 143: an upgrade without probe completes", packet(packet_type::upgrade), action::complete},
      {"edge 141: a plain ping", packet(packet_type::ping), action::close},
      {"a ping with other data", packet(packet_type::ping, "probe2"), action::close},
      {"a ping with less", packet(packet_type::ping, "prob"), action::close},
      {"edge 141: a message", packet(packet_type::message, "hello"), action::close},
      {"edge 141: a binary message", packet(packet_type::message, "hello", true), action::close},
      {"a message that says probe", packet(packet_type::message, "probe"), action::close},
      {"a pong", packet(packet_type::pong, "probe"), action::close},
      {"an open packet", packet(packet_type::open), action::close},
      {"a close packet", packet(packet_type::close), action::close},
      {"a noop", packet(packet_type::noop), action::close},
  };
  for (const row& r : rows) {
    CAPTURE(r.why);
    upgrade u = make();
    CHECK(u.on_packet(r.first, started) == r.what);
  }
}

TEST_CASE("after the probe, an upgrade packet completes and anything else abandons", "[engine][upgrade]") {
  const engine_packet wrong[] = {packet(packet_type::message, "early"),  // edge 142
                                 packet(packet_type::ping), packet(packet_type::pong), packet(packet_type::close),
                                 packet(packet_type::noop)};
  for (const auto& second : wrong) {
    upgrade u = make();
    REQUIRE(u.on_packet(probe, started) == action::answer_probe);
    CHECK(u.on_packet(second, started + 1ms) == action::close);
  }
  upgrade u = make();
  REQUIRE(u.on_packet(probe, started) == action::answer_probe);
  CHECK(u.on_packet(packet(packet_type::upgrade), started + 1ms) == action::complete);
}

TEST_CASE("noops are due every 100 ms from the probe on", "[engine][upgrade]") {  // edge 136, 137
  upgrade u = make();
  CHECK(u.next() == started + 10s);
  CHECK(u.due(started + 5s) == action::nothing);
  const auto probed = started + 5s;
  REQUIRE(u.on_packet(probe, probed) == action::answer_probe);
  CHECK(u.next() == probed + 100ms);
  CHECK(u.due(probed + 99ms) == action::nothing);
  for (int tick = 1; tick <= 20; ++tick) {
    CHECK(u.due(probed + tick * 100ms) == action::send_noop);
    CHECK(u.next() == probed + (tick + 1) * 100ms);
    CHECK(u.due(probed + tick * 100ms) == action::nothing);
  }
}

TEST_CASE("a repeated probe is answered again and starts the noops anew", "[engine][upgrade]") {
  upgrade u = make();
  REQUIRE(u.on_packet(probe, started) == action::answer_probe);
  REQUIRE(u.on_packet(probe, started + 60ms) == action::answer_probe);
  CHECK(u.due(started + 100ms) == action::nothing);
  CHECK(u.due(started + 160ms) == action::send_noop);
}

TEST_CASE("an upgrade that is not completed in time is abandoned, probed or not",
          "[engine][upgrade]") {  // edge 144
  upgrade silent = make();
  CHECK(silent.due(started + 10s - 1ns) == action::nothing);
  CHECK(silent.due(started + 10s) == action::close);

  upgrade probed = make();
  REQUIRE(probed.on_packet(probe, started + 9950ms) == action::answer_probe);
  CHECK(probed.next() == started + 10s);
  CHECK(probed.due(started + 10s) == action::close);
}

TEST_CASE("probes do not put off the end of an upgrade", "[engine][upgrade]") {
  upgrade u = make();
  for (auto now = started; now < started + 10s; now += 50ms) CHECK(u.on_packet(probe, now) == action::answer_probe);
  CHECK(u.next() == started + 10s);
  CHECK(u.due(started + 10s) == action::close);
}
