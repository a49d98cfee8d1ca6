// Options of servers are checked where a server is made, and wherever they are changed.

#include <cosio/cosio.hpp>

#include <chrono>
#include <functional>
#include <string>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

// Nothing, or the sentence that says what is wrong.
std::string refused(const std::function<void(options&)>& change) {
  options settings = test_options();
  change(settings);
  try {
    const server io(settings);
  } catch (const error& e) {
    return e.code() == errc::bad_argument ? e.detail() : "another error";
  }
  return {};
}

}  // namespace

TEST_CASE("a server with an option that makes no sense is not made", "[socketio][options]") {
  struct row {
    std::function<void(options&)> change;
    std::string said;
  };
  const std::string number = " is 0: write a number from 1 on";
  const row rows[] = {
      {[](options& o) { o.host = ""; },
       R"(the option host is empty: write "0.0.0.0", "::", or an address of this machine)"},
      {[](options& o) { o.ping_interval = 0ms; },
       "the option ping_interval is 0 ms: write a time from 1 ms to 2147483647 ms"},
      {[](options& o) { o.metrics_path = "metrics"; },
       "the option metrics_path is \"metrics\": write a path that begins with \"/\", without a query, with other "
       "characters than those of ASCII as %XX"},
      {[](options& o) { o.connect_timeout = 0ms; }, "the option connect_timeout is 0 ms: write a time from 1 ms on"},
      {[](options& o) { o.credentials_notice = -1ms; },
       "the option credentials_notice is -1 ms: write a time from 0 ms on"},
      {[](options& o) { o.max_json_depth = 0; }, "the option max_json_depth is 0: write a number from 1 to 10000"},
      {[](options& o) { o.max_json_depth = 10'001; },
       "the option max_json_depth is 10001: write a number from 1 to 10000"},
      {[](options& o) { o.max_event_rate = rate_limit(-1, 5); },
       "the option max_event_rate is rate_limit(-1.000000, 5.000000): write a rate_limit of more than 0 in a second "
       "and "
       "at least 1 at once, or leave it out for no limit"},
      {[](options& o) { o.max_event_rates.emplace("say", rate_limit(1, 0)); },
       "the option max_event_rates[\"say\"] is rate_limit(1.000000, 0.000000): write a rate_limit of more than 0 in a "
       "second and at least 1 at once, or leave it out for no limit"},
      {[](options& o) { o.connection_state_recovery.emplace().max_disconnection_duration = 0ms; },
       "the option connection_state_recovery.max_disconnection_duration is 0 ms: write a time from 1 ms on"},
      {[](options& o) { o.connection_state_recovery.emplace().max_packets = 0; },
       "the option connection_state_recovery.max_packets" + number},
      {[](options& o) { o.connection_state_recovery.emplace().max_bytes = 0; },
       "the option connection_state_recovery.max_bytes" + number},
      {[](options& o) { o.connection_state_recovery.emplace().max_sessions = 0; },
       "the option connection_state_recovery.max_sessions" + number},
  };
  for (const row& r : rows) {
    CAPTURE(r.said);
    CHECK(refused(r.change) == r.said);
  }
  CHECK(refused([](options&) {}).empty());
}

TEST_CASE("options that change later are checked, too, and a wrong one changes nothing", "[socketio][options]") {
  const server io(test_options());
  CHECK(error_of([&] { io.path("chat"); }) == errc::bad_argument);
  CHECK(io.path() == "/socket.io");
  CHECK(error_of([&] { io.connect_timeout(0ms); }) == errc::bad_argument);
  CHECK(io.connect_timeout() == 45s);
  http::app app;
  options other = test_options();
  other.transports = {"websockets"};
  CHECK(error_of([&] { io.attach(app, other); }) == errc::bad_argument);
  CHECK(io.path() == "/socket.io");
}

TEST_CASE("the defaults bound what one client, one address, and all clients together may keep", "[socketio][options]") {
  const options usual;
  CHECK(usual.max_client_bytes == 64 * 1'048'576);
  CHECK(usual.max_queued_bytes == 16 * 1'048'576);
  CHECK(usual.max_held_bytes == 10'000'000);
  CHECK(usual.max_rooms_per_client == 10'000);
  CHECK(usual.max_child_namespaces == 10'000);
  CHECK(usual.max_silent_sessions_per_address == 10'000);
  CHECK(usual.max_silent_sessions == 1'000);
  CHECK(usual.first_request_timeout == 10s);
  CHECK(usual.max_attachments == 10);
}

TEST_CASE("0 is no limit: clients are let in, and their packets are handled", "[socketio][options]") {
  options opts = test_options();
  opts.max_attachments = opts.max_packet_bytes = opts.max_namespaces_per_client = opts.max_handlers_in_flight = 0;
  opts.max_rooms_per_client = opts.max_listeners_per_socket = opts.max_pending_acks = 0;
  sio_server s(opts);
  s.io.of("/more");
  s.io.on_connection([](cosio::socket c) {
    c.on("echo", [](binary bytes) { return bytes; });
    c.on("wait", [c]() -> task<> {
      const int n = co_await c.emit_with_ack<int>("ask");
      co_await c.emit("heard", n);
    });
  });
  sio_client c(s.start());
  c.join();
  c.join("/more");
  c.send({R"(51-1["echo",{"_placeholder":true,"num":0}])", sio_message::bytes("x")});
  CHECK(c.receive() == R"(61-1[{"_placeholder":true,"num":0}])");
  CHECK(c.receive_bytes() == "x");
  for (int i = 0; i < 300; ++i) c.send(R"(2["wait"])");
  for (int i = 0; i < 300; ++i) CHECK(c.receive() == "2" + std::to_string(i) + R"(["ask"])");
  c.send("30[7]");
  CHECK(c.receive() == R"(2["heard",7])");
}

TEST_CASE("the deepest JSON that an option allows goes there and back", "[socketio][options]") {
  options opts = test_options();
  opts.max_json_depth = 10'000;
  sio_server s(opts);
  s.io.on_connection([](cosio::socket c) {
    c.on("echo", [](boost::json::value v) { return v; });
    c.on("kept", [c](arguments all) -> task<> { co_await c.emit("kept", all, binary(std::string("x"))); });
  });
  sio_client c(s.start());
  c.join();
  const std::string deep = std::string(9'999, '[') + std::string(9'999, ']');
  c.send("21[\"echo\"," + deep + "]");
  CHECK(c.receive() == "31[" + deep + "]");
  c.send({"51-[\"kept\"," + deep + ",{\"_placeholder\":true,\"num\":0}]", sio_message::bytes("y")});
  CHECK(c.receive() == "52-[\"kept\"," + deep + R"(,{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
}
