// All that a peer may do with Engine.IO sessions, and its cost.

#include <string>
#include <vector>

#include "cost/house.hpp"
#include "support/http_client.hpp"
#include "support/polling_client.hpp"
#include "wire/client_frame.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

std::string frame(std::uint8_t op, std::string_view payload, bool fin = true) {
  client_frame f;
  f.op = op;
  f.payload = payload;
  f.fin = fin;
  return f.bytes();
}

std::string times(std::size_t n, const std::string& bytes) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i) all += bytes;
  return all;
}

// A WebSocket of a raw session sends something, and reads what comes, or nothing.
figures sent(const std::string& bytes, bool reads = true, std::size_t slice = 0) {
  house h;
  peer c = h.raw(reads ? 65'536 : 4'096);
  return h.measure([&] {
    if (slice == 0) c.send(bytes);
    for (std::size_t at = 0; slice != 0 && at < bytes.size(); at += slice) {
      c.send(bytes.substr(at, slice));
      if (reads) c.read();
    }
    if (reads) c.read();
  });
}

figures messages(std::size_t n) { return sent(frames("4m#", n), true, 20'000); }
figures empty_messages(std::size_t n) { return sent(times(n, frame(1, "4")), true, 20'000); }
figures binary_messages(std::size_t n) { return sent(times(n, frame(2, "bytes")), true, 20'000); }
figures fragments(std::size_t n) { return sent(frame(1, "4", false) + times(n, frame(0, "x", false))); }
figures empty_fragments(std::size_t n) { return sent(frame(1, "4", false) + times(n, frame(0, "", false))); }
figures frame_in_bytes(std::size_t n) { return sent(frame(1, "4" + std::string(n, 'x')), true, 1); }
figures read_pings(std::size_t n) { return sent(times(n, frame(9, "")), true, 20'000); }
figures pongs(std::size_t n) { return sent(times(n, frame(10, ""))); }
figures noops(std::size_t n) { return sent(times(n, frame(1, "6"))); }

figures announced_messages(std::size_t n) {
  house h;
  std::vector<peer> all;
  for (std::size_t i = 0; i < n; ++i) all.push_back(h.raw());
  return h.measure([&] {
    for (peer& c : all) c.send(client_frame().head(8, 900'000));
  });
}

// ---------------------------------------------------------------- polling

struct polled {
  explicit polled(engine_options raw = {}) : h({}, std::move(raw)), posts(h.connect()), gets(h.connect()) {
    gets.send(get("/engine.io/?EIO=4&transport=polling"));
    target = "/engine.io/?EIO=4&transport=polling&sid=" + text_member(gets.read(), "sid");
  }
  house h;
  peer posts;
  peer gets;
  std::string target;
};

figures packets_in_a_body(std::size_t n) {
  polled p;
  return p.h.measure([&] {
    p.posts.send(post(p.target, repeated("4m#\x1e", n - 1) + "4m"));
    p.posts.read();
    p.gets.send(get(p.target));
    p.gets.read();
  });
}
// The first packet ends the session, and the application keeps that.
figures rest_of_a_body(std::size_t n) {
  house h;
  std::vector<engine_session> kept;
  h.engine.on_connection([&](engine_session s) { kept.push_back(std::move(s)); });
  peer posts = h.connect();
  posts.send(get("/engine.io/?EIO=4&transport=polling"));
  const std::string target = "/engine.io/?EIO=4&transport=polling&sid=" + text_member(posts.read(), "sid");
  const figures cost = h.measure([&] {
    posts.send(post(target, "1\x1e" + std::string(n, '6')));
    posts.read();
  });
  CHECK(h.engine.clients_count() == 0);
  return cost;
}
figures bodies(std::size_t n) {
  polled p;
  return p.h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      p.posts.send(post(p.target, "4m"));
      p.posts.read();
      p.gets.send(get(p.target));
      p.gets.read();
    }
  });
}
figures unknown_sessions(std::size_t n) {
  polled p;
  return p.h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      p.posts.send(get(p.target + std::to_string(i)));
      p.posts.read();
    }
  });
}
figures probes(std::size_t n) {
  polled p;
  std::vector<peer> all;
  return p.h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      all.push_back(p.h.connect());
      all.back().send(
          websocket_request("/engine.io/?EIO=4&transport=websocket" + p.target.substr(p.target.find("&sid="))));
      all.back().send(frame(1, "2probe"));
      all.back().read();
    }
  });
}
figures handshakes(std::size_t n) {
  polled p;
  return p.h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      p.posts.send(get("/engine.io/?EIO=4&transport=polling"));
      p.posts.read();
    }
  });
}
// Sessions that come and go.
figures visits(std::size_t n) {
  house h;
  const auto visit = [&h] {
    peer c = h.raw();
    c.text("4m");
    c.send(frame(8, ""));
    c.read();
    c.close();
  };
  visit();
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) visit();
  });
}

// Pongs and noops: at least as many as a connection takes at once. Each turn copies what it leaves to the next one, so
// each of them costs more until then.
constexpr cost_row rows[] = {
    {"messages", 1'000, messages},
    {"empty messages", 1'000, empty_messages},
    {"binary messages", 1'000, binary_messages},
    {"fragments of one byte", 5'000, fragments},
    {"empty fragments", 5'000, empty_fragments},
    {"a frame in bytes", 2'000, frame_in_bytes},
    {"pings that are read", 1'000, read_pings},
    {"pongs that nobody asked for", 20'000, pongs},
    {"noops", 20'000, noops},
    {"messages that are announced", 20, announced_messages, 0, 4'096},
    {"packets in one body", 400, packets_in_a_body},
    {"bodies", 300, bodies},
    {"a body whose first packet ends the session", 100'000, rest_of_a_body},
    {"requests of unknown sessions", 300, unknown_sessions},
    {"probes that go no further", 50, probes, 0, 16'384},
    {"handshakes", 200, handshakes, 65'536, 4'096},
    {"sessions that come and go", 200, visits},
};

}  // namespace

TEST_CASE("what Engine.IO costs grows no faster than the input", "[cost][engine]") {
  for (const cost_row& row : rows) check_cost(row);
}
