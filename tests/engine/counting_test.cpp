// The engine's counters of its sessions: handshakes, upgrades, packets, bytes, ends, and limits that were met.

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <string>
#include <utility>

#include "base/counters.hpp"
#include "engine/engine_world.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using base::counter;

namespace {

std::uint64_t count(const engine_world& e, counter what) { return e.engine.internals()->counters().sum(what); }
std::uint64_t sessions(const engine_world& e, bool websocket, bool eio4) {
  return count(e, counter::sessions + base::session_kind(websocket, eio4));
}
std::uint64_t closed(const engine_world& e, reason::kind why) {
  return count(e, counter::closed + static_cast<std::size_t>(why));
}
std::uint64_t hits(const engine_world& e, base::limit which) {
  return count(e, counter::limits + static_cast<std::size_t>(which));
}

}  // namespace

TEST_CASE("sessions are counted by transport and revision, from their opening to their end", "[engine][counting]") {
  engine_world e;
  memory_client one = e.connect();
  memory_client two = e.connect();
  e.open_polling(one);
  e.open_polling(two, "EIO=3");
  auto ws4 = e.websocket();
  auto ws3 = e.websocket("/engine.io/?EIO=3&transport=websocket");
  CHECK(sessions(e, false, true) == 1);
  CHECK(sessions(e, false, false) == 1);
  CHECK(sessions(e, true, true) == 1);
  CHECK(sessions(e, true, false) == 1);
  CHECK(count(e, counter::handshakes) == 4);

  ws4.peer().reset();
  e.w.settle();
  CHECK(sessions(e, true, true) == 0);
  CHECK(closed(e, reason::kind::transport_close) == 1);
  bool failed = false;
  boost::asio::co_spawn(e.w.context(), e.engine.close(),
                        [&failed](std::exception_ptr thrown) { failed = thrown != nullptr; });
  e.w.settle();
  CHECK_FALSE(failed);
  CHECK(sessions(e, false, true) == 0);
  CHECK(sessions(e, false, false) == 0);
  CHECK(sessions(e, true, false) == 0);
  CHECK(closed(e, reason::kind::forced_close) == 3);
  CHECK(count(e, counter::handshakes) == 4);
}

TEST_CASE("an upgrade moves a session from one count to the other", "[engine][counting]") {
  engine_world e;
  memory_client peer = e.connect();
  const std::string target = e.open_polling(peer);
  const std::string sid = target.substr(target.find("sid="));
  auto ws = e.websocket("/engine.io/?EIO=4&transport=websocket&" + sid);
  ws.send_text("2probe");
  CHECK(ws.text() == "3probe");
  CHECK(count(e, counter::upgrades) == 0);
  ws.send_text("5");
  CHECK(count(e, counter::upgrades) == 1);
  CHECK(sessions(e, false, true) == 0);
  CHECK(sessions(e, true, true) == 1);
  ws.peer().reset();
  e.w.settle();
  CHECK(sessions(e, true, true) == 0);
  CHECK(sessions(e, false, true) == 0);
}

TEST_CASE("an upgrade that is not completed in time counts as abandoned", "[engine][counting]") {
  engine_world e;
  memory_client peer = e.connect();
  const std::string target = e.open_polling(peer);
  auto ws = e.websocket("/engine.io/?EIO=4&transport=websocket&" + target.substr(target.find("sid=")));
  e.w.advance(10s);
  CHECK(count(e, counter::upgrades_abandoned) == 1);
  CHECK(count(e, counter::upgrades) == 0);
  CHECK(sessions(e, false, true) == 1);
}

TEST_CASE("packets and bytes are counted each way, on both transports", "[engine][counting]") {
  engine_world e;
  auto ws = e.websocket();
  CHECK(count(e, counter::packets_out) == 1);  // the open packet: the answer 101 is none
  const auto before = count(e, counter::bytes_out);
  ws.send_text("4hello");
  CHECK(count(e, counter::packets_in) == 1);
  CHECK(count(e, counter::bytes_in) == 5);
  e.w.run(e.sessions.front().send(std::string("back")));
  CHECK(count(e, counter::packets_out) == 2);
  CHECK(count(e, counter::bytes_out) == before + 7);  // 2 bytes of frame, the type, the text

  memory_client peer = e.connect();
  const std::string target = e.open_polling(peer);
  CHECK(count(e, counter::packets_out) == 3);
  peer.ask(post(target,
                "4one\x1e"
                "4two"));
  CHECK(count(e, counter::packets_in) == 3);
  CHECK(count(e, counter::bytes_in) == 11);
  e.w.run(e.sessions.back().send(std::string("1")));
  e.w.run(e.sessions.back().send(std::string("2")));
  CHECK(count(e, counter::packets_out) == 3);  // they wait
  CHECK(peer.ask(get(target)).body ==
        "41\x1e"
        "42");
  CHECK(count(e, counter::packets_out) == 5);
}

TEST_CASE("what is refused is counted by its code", "[engine][counting]") {
  engine_world e;
  memory_client peer = e.connect();
  peer.ask(get("/engine.io/?EIO=4&transport=carrier-pigeon"));
  peer.ask(get("/engine.io/?EIO=4&transport=polling&sid=nobody"));
  peer.ask(get("/engine.io/?EIO=9&transport=polling"));
  peer.ask(get("/engine.io/?EIO=9&transport=polling"));
  CHECK(count(e, counter::refused + 0) == 1);
  CHECK(count(e, counter::refused + 1) == 1);
  CHECK(count(e, counter::refused + 5) == 2);
  CHECK(count(e, counter::handshakes) == 0);
}

TEST_CASE("limits that end a session or refuse a body are counted by name", "[engine][counting]") {
  engine_options few;
  few.max_payload = 100;
  few.max_packets = 2;
  few.max_queued_bytes = 2'000;
  few.high_water_mark = 2'000;  // above the first packet: sending it does not wait
  engine_world e(few);
  auto ws = e.websocket();
  ws.send_text("4" + std::string(200, 'x'));
  CHECK(hits(e, base::limit::max_payload) == 1);
  memory_client peer = e.connect();
  const std::string target = e.open_polling(peer);
  CHECK(peer.ask(post(target, std::string(200, 'x'))).status == 413);
  CHECK(hits(e, base::limit::max_payload) == 2);

  memory_client other = e.connect();
  other.ask(post(e.open_polling(other),
                 "41\x1e"
                 "42\x1e"
                 "43"));
  CHECK(hits(e, base::limit::max_packets) == 1);

  memory_client slow = e.connect();
  e.open_polling(slow);
  const auto text = engine::frame::text(wire::packet_type::message, std::string(1'500, 'x'));
  for (int i = 0; i < 2; ++i) e.sessions.back().internals()->send({&text, 1});
  e.w.advance(std::chrono::seconds(5));
  CHECK(hits(e, base::limit::max_queued_bytes) == 1);
  CHECK(closed(e, reason::kind::slow_consumer) == 1);
}

TEST_CASE("with explain_refusals the answer names the origin, the rule and the remedy", "[engine][counting]") {
  engine_options open;
  open.origins = origin_policy("https://app.example");
  open.explain_refusals = true;
  engine_world e(open);
  memory_client peer = e.connect();
  const auto answer = peer.ask(get("/engine.io/?EIO=4&transport=polling", "Origin: https://other.example\r\n"));
  CHECK(answer.status == 403);
  CHECK(
      answer.body ==
      R"({"code":4,"message":"Forbidden: origin \"https://other.example\" is not listed and not the server's own; add it to options.origins if its pages may connect"})");
  open.explain_refusals = false;
  engine_world silent(open);
  memory_client asks = silent.connect();
  CHECK(asks.ask(get("/engine.io/?EIO=4&transport=polling", "Origin: https://other.example\r\n")).body ==
        R"({"code":4,"message":"Forbidden"})");
}
