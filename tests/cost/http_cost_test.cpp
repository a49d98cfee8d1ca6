// All that a peer may do with HTTP, and its cost.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cost/house.hpp"
#include "support/http_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

http::app_options roomy() {
  http::app_options port;
  port.max_head = 1'000'000;
  port.max_headers = 100'000;
  return port;
}

figures asked(const std::string& request, std::size_t slice = 0, http::app_options port = {}) {
  house h({}, {}, std::move(port));
  peer c = h.connect();
  c.send(get("/hello"));
  c.read();
  return h.measure([&] {
    if (slice == 0) c.send(request);
    for (std::size_t at = 0; slice != 0 && at < request.size(); at += slice) c.send(request.substr(at, slice));
    c.read();
  });
}

figures pipelined(std::size_t n) { return asked(repeated(get("/hello"), n)); }
figures head_of_bytes(std::size_t n) { return asked("GET /hello HTTP/1.1\r\nX: " + std::string(n, 'x'), 0, roomy()); }
figures head_in_bytes(std::size_t n) {
  return asked("GET /hello HTTP/1.1\r\nX: " + std::string(n, 'x') + "\r\n\r\n", 1, roomy());
}
figures header_fields(std::size_t n) { return asked(get("/hello", repeated("X-#: #\r\n", n)), 0, roomy()); }
figures query_parameters(std::size_t n) {
  return asked(get("/socket.io/?" + repeated("a#=%41&", n) + "EIO=4&transport=polling"), 0, roomy());
}
figures chunks_of_a_byte(std::size_t n) {
  return asked("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + repeated("1\r\nx\r\n", n) +
               "0\r\n\r\n");
}
figures body_in_bytes(std::size_t n) { return asked(post("/echo", std::string(n, 'x')), 1); }
figures body_that_does_not_come(std::size_t n) {
  return asked("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + std::string(n, 'x'));
}
figures announced_bodies(std::size_t n) {
  house h;
  std::vector<peer> all;
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      all.push_back(h.connect());
      all.back().send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
    }
  });
}

// Connections that do little, each in its own way, and are gone at the end.
template <class F>
figures connections(std::size_t n, F visit) {
  house h;
  const auto visit_once = [&] {
    peer c = h.connect();
    visit(c);
    c.close();
  };
  visit_once();
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) visit_once();
  });
}
figures silent(std::size_t n) {
  return connections(n, [](peer&) {});
}
figures half_closed(std::size_t n) {
  return connections(n, [](peer& c) {
    c.send(get("/hello"));
    c.shutdown_send();
    c.read();
  });
}
figures cut_in_a_head(std::size_t n) {
  return connections(n, [](peer& c) {
    c.send("GET /hello HTTP/1.1\r\nHost");
    c.reset();
  });
}

// Obstacles in the way of an answer: the connections stay, and read nothing.
figures unread_answers(std::size_t n) {
  house h;
  std::vector<peer> all;
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      all.push_back(h.connect(4'096));
      all.back().send(repeated(post("/echo", std::string(1'000, 'x')), 100));
    }
  });
}

constexpr cost_row rows[] = {
    {"requests behind each other", 500, pipelined},
    {"a head that goes on and on", 20'000, head_of_bytes, 200'000},
    {"a head in bytes", 5'000, head_in_bytes},
    {"header fields", 500, header_fields},
    {"parameters of a query", 500, query_parameters, 150'000},
    {"chunks of one byte", 2'000, chunks_of_a_byte},
    {"a body in bytes", 5'000, body_in_bytes},
    {"a body that stops", 100'000, body_that_does_not_come, 600'000},
    {"bodies that are announced", 50, announced_bodies, 0, 8'192},
    {"connections without a word", 200, silent},
    {"connections that are half closed", 200, half_closed},
    {"connections that are reset in a head", 200, cut_in_a_head},
    {"answers that nobody reads", 20, unread_answers, 0, 65'536},
};

}  // namespace

TEST_CASE("what HTTP costs grows no faster than the input", "[cost][http]") {
  for (const cost_row& row : rows) check_cost(row);
}
