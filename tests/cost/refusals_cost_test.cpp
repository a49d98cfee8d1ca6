// The cost of a client that goes beyond a limit in numbers, rates or time: further rows for the options of
// docs/limits.md. Those that bound memory are in limits_cost_test.cpp.

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cost/house.hpp"
#include "support/http_client.hpp"
#include "support/polling_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view opening = "/engine.io/?EIO=4&transport=polling";

// ---------------------------------------------------------------- time

// Connections that stop at some point, until their time is over, and that for the answer.
template <class F>
figures given_up(house& h, std::size_t n, std::chrono::milliseconds time, F stop) {
  std::vector<peer> all;
  const std::size_t before = h.state->http_connections();
  const figures cost = h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      all.push_back(h.connect());
      stop(all.back());
    }
    for (auto passed = 0ms; passed < time; passed += 1s) h.advance(1s);
    for (peer& c : all) CHECK(c.ended());
  });
  CHECK(h.state->http_connections() == before);
  return cost;
}
figures stops_in_a_head(std::size_t n) {
  house h;
  return given_up(h, n, 20s, [](peer& c) { c.send("GET /hello HTTP/1.1\r\nHo"); });
}
figures stops_in_a_body(std::size_t n) {
  house h;
  return given_up(h, n, 40s,
                  [](peer& c) { c.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\nx"); });
}
figures asks_nothing_more(std::size_t n) {
  house h;
  return given_up(h, n, 65s, [](peer& c) {
    c.send(get("/hello"));
    c.read();
  });
}
figures is_no_upgrade(std::size_t n) {
  house h;
  return given_up(h, n, 1s, [](peer& c) { c.send(websocket_request("/nowhere")); });
}
figures joins_nothing(std::size_t n) {
  options opts;
  opts.connect_timeout = 5s;
  house h(std::move(opts));
  return given_up(h, n, 11s, [](peer& c) { c.send(websocket_request("/socket.io/?EIO=4&transport=websocket")); });
}
figures does_not_close(std::size_t n) {
  engine_options raw;
  raw.close_timeout = 2s;
  house h({}, std::move(raw));
  return given_up(h, n, 3s, [](peer& c) {
    c.send(websocket_request("/engine.io/?EIO=4&transport=websocket"));
    c.text("1");
    c.read();
  });
}
figures probes_no_further(std::size_t n) {
  house h;
  peer first = h.connect();
  first.send(get(opening));
  const std::string session = "&sid=" + text_member(first.read(), "sid");
  first.send(get(std::string(opening) + session));
  return given_up(h, n, 20s, [&](peer& c) {
    c.send(websocket_request("/engine.io/?EIO=4&transport=websocket" + session));
    c.text("2probe");
  });
}
figures asks_nothing_behind_the_handshake(std::size_t n) {
  engine_options raw;
  raw.max_silent_sessions = 1;
  house h({}, std::move(raw));
  peer c = h.connect();
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      c.send(get(opening));
      c.read();
    }
    h.advance(10s);
  });
}

// ---------------------------------------------------------------- numbers

figures above_max_handshakes(std::size_t n) {
  std::deque<std::shared_ptr<async::suspension>> waiting;
  engine_options raw;
  raw.max_handshakes_per_address = 5;
  raw.allow_request = [&waiting](http::request) -> task<bool> {
    auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting.push_back(std::move(me)); };
    co_await async::suspend(std::move(hand_out));
    co_return false;
  };
  house h({}, std::move(raw));
  std::vector<peer> all;
  const auto ask = [&] {
    all.push_back(h.connect());
    all.back().send(get(opening, "Connection: close\r\n"));
    return all.back().read();
  };
  for (int i = 0; i < 5; ++i) ask();
  const figures cost = h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) CHECK(ask().find(" 403 ") != std::string::npos);
  });
  CHECK(waiting.size() == 5);
  waiting.clear();
  return cost;
}
figures above_max_packets(std::size_t n) {
  engine_options raw;
  raw.max_packets = 10;
  house h({}, std::move(raw));
  peer c = h.connect();
  c.send(get(opening));
  const std::string target = std::string(opening) + "&sid=" + text_member(c.read(), "sid");
  return h.measure([&] {
    c.send(post(target, repeated("4m\x1e", n) + "4m"));
    c.read();
  });
}
figures above_max_client_bytes(std::size_t n) {
  set_log_sink([](log_level, std::string_view, std::string_view) {});  // a line for each
  options opts;
  opts.max_queued_bytes = opts.max_payload = opts.max_held_bytes = 10'000;
  opts.max_client_bytes = 40'000;
  house h(std::move(opts));
  peer c = h.join();
  const figures cost = h.measure([&] { c.send(frames(R"(42["join","a room with a long name #"])", n)); });
  set_log_sink({});
  std::uint64_t refused = 0;
  for (const auto& [name, count] : h.io.metrics().limits_hit)
    if (name == "max_client_bytes") refused = count;
  CHECK(refused > n / 2);
  return cost;
}
task<> broadcast_often(server io, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) co_await io.emit("news", "short");
}
figures above_recovery_max_packets(std::size_t n) {
  options opts;
  opts.connection_state_recovery.emplace();
  opts.connection_state_recovery->max_packets = 50;
  house h(std::move(opts));
  return h.measure([&] { h.spawn(broadcast_often(h.io, n)); });
}

// ---------------------------------------------------------------- rates

figures above_max_byte_rate(std::size_t n) {
  engine_options raw;
  raw.max_byte_rate = rate_limit(1'000, 1'000);
  house h({}, std::move(raw));
  peer c = h.raw();
  const figures cost = h.measure([&] { c.send(frames("4m#", n)); });
  CHECK(cost.calls <= 1'000);
  CHECK(cost.calls < n);
  return cost;
}
figures at_a_rate(options opts, std::string_view text, std::size_t n) {
  house h(std::move(opts));
  peer c = h.join();
  return h.measure([&] {
    c.send(frames(text, n));
    c.read();
  });
}
figures above_max_event_rate(std::size_t n) {
  options opts;
  opts.max_event_rate = rate_limit(1, 10);
  const figures cost = at_a_rate(std::move(opts), R"(42#["say",#])", n);
  CHECK(cost.calls <= 10);
  return cost;
}
figures above_max_event_rates(std::size_t n) {
  options opts;
  opts.max_event_rates.emplace("say", rate_limit(1, 10));
  const figures cost = at_a_rate(std::move(opts), R"(42#["say",#])", n);
  CHECK(cost.calls <= 10);
  return cost;
}
figures above_the_rate_of_connect(std::size_t n) {
  options opts;
  opts.max_event_rates.emplace("connect", rate_limit(1, 10));
  return at_a_rate(std::move(opts), "40/room-#,", n);
}

// Bytes of a session that has ended, and of its first request, may lie in the buffers that the thread keeps.
constexpr cost_row rows[] = {
    {.what = "head_timeout", .n = 100, .run = stops_in_a_head},
    {.what = "body_timeout", .n = 100, .run = stops_in_a_body},
    {.what = "idle_timeout", .n = 100, .run = asks_nothing_more},
    {.what = "destroy_upgrade_timeout", .n = 100, .run = is_no_upgrade},
    {.what = "connect_timeout", .n = 50, .run = joins_nothing},
    {.what = "close_timeout", .n = 50, .run = does_not_close},
    {.what = "upgrade_timeout", .n = 50, .run = probes_no_further},
    {.what = "first_request_timeout", .n = 200, .run = asks_nothing_behind_the_handshake},
    {.what = "max_handshakes_per_address", .n = 100, .run = above_max_handshakes, .kept_each = 2'048},
    {.what = "max_packets", .n = 2'000, .run = above_max_packets},
    {.what = "max_client_bytes", .n = 500, .run = above_max_client_bytes, .most_kept = 100'000},
    {.what = "max_byte_rate", .n = 2'000, .run = above_max_byte_rate},
    {.what = "max_event_rate", .n = 500, .run = above_max_event_rate},
    {.what = "max_event_rates", .n = 500, .run = above_max_event_rates},
    {.what = "the rate of CONNECT", .n = 500, .run = above_the_rate_of_connect, .most_kept = 100'000},
    {.what = "recovery_options::max_packets", .n = 500, .run = above_recovery_max_packets},
};

}  // namespace

TEST_CASE("a client beyond a number, a rate or a time costs no more than what it sent", "[cost][limits]") {
  for (const cost_row& row : rows) check_cost(row);
}
