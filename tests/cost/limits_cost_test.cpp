// The cost of a client that goes beyond a limit: a row for each option of docs/limits.md that bounds memory. However
// much comes, no more is kept than the option allows.

#include <string>
#include <utility>
#include <vector>

#include "cost/house.hpp"
#include "support/http_client.hpp"
#include "support/polling_client.hpp"
#include "wire/client_frame.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view opening = "/engine.io/?EIO=4&transport=polling";

// Sends one request or many bytes to a house, on one connection.
figures asked(house& h, std::string_view bytes) {
  peer c = h.connect();
  c.send(get("/hello"));
  c.read();
  return h.measure([&] {
    c.send(bytes);
    c.read();
  });
}

// ---------------------------------------------------------------- HTTP

figures above_max_connections(std::size_t n) {
  http::app_options port;
  port.max_connections = 5;
  port.host = "127.0.0.1";
  port.port = 0;
  house h({}, {}, std::move(port));
  const std::uint16_t at = h.app.listen();
  const auto connect_often = [&](std::vector<http_client>& all, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      all.emplace_back(at);
      h.settle();
    }
  };
  std::vector<http_client> some;
  connect_often(some, 5);
  std::vector<http_client> more;
  more.reserve(n);
  return h.measure([&] { connect_often(more, n); });
}
figures above_max_head(std::size_t n) {
  house h;
  return asked(h, "GET /hello HTTP/1.1\r\nX: " + std::string(20'000 + n, 'x'));
}
figures above_max_headers(std::size_t n) {
  house h;
  return asked(h, "GET /hello HTTP/1.1\r\n" + repeated("X: y\r\n", 100 + n));
}
figures above_max_body(std::size_t n) {
  http::app_options port;
  port.max_body = 10'000;
  house h({}, {}, std::move(port));
  return asked(h, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                      repeated("64\r\n" + std::string(100, 'x') + "\r\n", n));
}

// ---------------------------------------------------------------- sessions

figures sessions_above(std::size_t engine_options::* limit, std::size_t n) {
  engine_options raw;
  raw.*limit = 5;
  house h({}, std::move(raw));
  peer c = h.connect();
  for (int i = 0; i < 6; ++i) {
    c.send(get(opening));
    c.read();
  }
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      c.send(get(opening));
      c.read();
    }
  });
}
figures above_max_sessions(std::size_t n) { return sessions_above(&engine_options::max_sessions, n); }
figures above_max_sessions_per_address(std::size_t n) {
  return sessions_above(&engine_options::max_sessions_per_address, n);
}
figures above_max_silent_sessions(std::size_t n) {
  return sessions_above(&engine_options::max_silent_sessions_per_address, n);
}
figures above_max_payload(std::size_t n) {
  engine_options raw;
  raw.max_payload = 10'000;
  house h({}, std::move(raw));
  peer c = h.raw();
  client_frame f;
  const std::string payload(100, 'x');
  f.payload = payload;
  f.fin = false;
  const std::string first = f.bytes();
  f.op = 0;
  const std::string next = f.bytes();
  return h.measure([&] { c.send(first + repeated("", n, [&](std::string_view) { return next; })); });
}
figures body_above_max_payload(std::size_t n) {
  engine_options raw;
  raw.max_payload = 10'000;
  house h({}, std::move(raw));
  peer c = h.connect();
  c.send(get(opening));
  const std::string target = std::string(opening) + "&sid=" + text_member(c.read(), "sid");
  return h.measure([&] {
    c.send(post(target, "4" + std::string(10'000 + n, 'x')));
    c.read();
  });
}

// ---------------------------------------------------------------- packets

figures sent(options opts, std::string_view bytes) {
  house h(std::move(opts));
  peer c = h.join();
  return h.measure([&] {
    c.send(bytes);
    c.read();
  });
}
std::string with_attachments(std::size_t n) {
  return text_frame("45" + std::to_string(n) + R"(-["say")" + repeated(R"(,{"_placeholder":true,"num":#})", n) + "]");
}
figures above_max_attachments(std::size_t n) {
  return sent({}, with_attachments(64 + n) + repeated("", n, [](std::string_view) { return binary_frame("bytes"); }));
}
figures above_max_packet_bytes(std::size_t n) {
  options opts;
  opts.max_packet_bytes = 10'000;
  const std::string piece = binary_frame(std::string(1'000, 'x'));
  return sent(std::move(opts), with_attachments(5) + repeated("", n, [&](std::string_view) { return piece; }));
}
figures above_max_json_depth(std::size_t n) {
  const std::size_t levels = 1'024 + n;
  return sent({}, text_frame(R"(42["say",)" + std::string(levels, '[') + std::string(levels, ']') + "]"));
}

task<> emit_often(cosio::socket to, std::size_t n) {
  const std::string text(1'000, 'x');
  for (std::size_t i = 0; i < n; ++i) co_await to.emit("news", text);
}
figures above_high_water_mark(std::size_t n) {
  options opts;
  opts.high_water_mark = 20'000;
  house h(std::move(opts));
  const peer c = h.join(4'096);
  return h.measure([&] { h.spawn(emit_often(h.sockets.front(), n)); });
}
figures above_max_listeners(std::size_t n) {
  options opts;
  opts.max_listeners_per_socket = 20;
  house h(std::move(opts));
  const peer c = h.join();
  std::size_t refused = 0;
  const figures cost = h.measure([&] {
    const counting_memory counting;
    for (std::size_t i = 0; i < n; ++i) {
      try {
        h.sockets.front().on("event", [] {});
      } catch (const error&) {
        ++refused;
      }
    }
  });
  CHECK(refused >= n - 20);
  return cost;
}

constexpr cost_row rows[] = {
    {.what = "max_connections", .n = 50, .run = above_max_connections},
    {.what = "max_head", .n = 100'000, .run = above_max_head},
    {.what = "max_headers", .n = 5'000, .run = above_max_headers},
    {.what = "max_body", .n = 1'000, .run = above_max_body},
    {.what = "max_sessions", .n = 200, .run = above_max_sessions},
    {.what = "max_sessions_per_address", .n = 200, .run = above_max_sessions_per_address},
    {.what = "max_silent_sessions_per_address", .n = 200, .run = above_max_silent_sessions},
    {.what = "max_payload, of a WebSocket", .n = 1'000, .run = above_max_payload},
    {.what = "max_payload, of a body", .n = 100'000, .run = body_above_max_payload},
    {.what = "max_attachments", .n = 200, .run = above_max_attachments},
    {.what = "max_packet_bytes", .n = 200, .run = above_max_packet_bytes},
    {.what = "max_json_depth", .n = 8'000, .run = above_max_json_depth},
    {.what = "high_water_mark", .n = 200, .run = above_high_water_mark, .most_kept = 100'000},
    {.what = "max_listeners_per_socket", .n = 200, .run = above_max_listeners},
};

}  // namespace

TEST_CASE("a client that goes beyond a limit makes the server keep no more than the limit", "[cost][limits]") {
  for (const cost_row& row : rows) check_cost(row);
}
