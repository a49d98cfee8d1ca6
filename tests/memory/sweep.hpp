// A sweep over a client's life: each allocation that the server makes for it is refused, one after the other. Whatever
// is refused, the server loses that client at most: nothing of it is left, and the next one is served.

#pragma once
#include <cosio/cosio.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "memory/refuse_allocation.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

namespace cosio::test {

/// Clients that are not heard of any more end soon.
inline cosio::options impatient_options() {
  cosio::options opts = test_options();
  opts.ping_interval = opts.ping_timeout = std::chrono::milliseconds(300);
  opts.connect_timeout = std::chrono::milliseconds(500);
  return opts;
}

inline std::string what_was_said(const captured_log& log) {
  std::string out;
  for (const log_line& line : log.lines())
    if (line.level != cosio::log_level::debug) out += line.component + ": " + line.message + "\n";
  return out.substr(out.size() > 1'000 ? out.size() - 1'000 : 0);
}

/// The objects of clients in the server: none, when all is well.
inline std::string held(cosio::server& io) {
  const auto now = io.metrics();
  if (now.connections == 0 && now.sessions() == 0 && now.sockets == 0) return {};
  return std::to_string(now.connections) + " connections, " + std::to_string(now.sessions()) + " sessions, " +
         std::to_string(now.sockets) + " sockets";
}

inline std::size_t rooms(cosio::server& io) {
  auto all = io.of("/").all_rooms();  // the id of a socket names one, too
  return boost::asio::co_spawn(io.executor(), std::move(all), boost::asio::use_future).get().size();
}

inline void require_empty(cosio::server& io, const captured_log& log) {
  if (eventually([&] { return held(io).empty(); })) {
    REQUIRE(eventually([&] { return rooms(io) == 0; }));
    return;
  }
  FAIL(held(io) << " are left; it was said:\n" << what_was_said(log));
}

inline void require_served(std::uint16_t port) {
  sio_client after(port);
  after.join();
  after.send(R"(21["ask","who is there"])");
  CHECK(after.receive() == R"(31["who is there!"])");
  after.close();
}

/// @param s       Its sockets answer "ask" with the text and "!".
/// @param life    A client that comes, and goes, as far as it gets.
/// @param before  Called before each life, while nothing is refused.
/// @return how many allocations there were to refuse.
inline std::size_t sweep(
    sio_server& s, std::uint16_t port, const captured_log& log, memory_of what, const std::function<void()>& life,
    const std::function<void()>& before = [] {}) {
  boost::asio::post(s.io.executor(), [what] { starve_this_thread(what); });
  before();
  life();  // pools and buffers are made once
  require_empty(s.io, log);
  std::size_t number = 0;
  bool refused = true;
  while (refused && number < 2'000) {
    ++number;
    CAPTURE(number);
    before();
    refuse_allocation(number);
    life();
    refused = was_refused();
    refuse_allocation(0);
    require_empty(s.io, log);
    CHECK(log.count(cosio::log_level::error, "a handler threw") == 0);  // nobody's run() is left by an exception
    require_served(port);
    require_empty(s.io, log);
  }
  CHECK_FALSE(refused);
  return number;
}

}  // namespace cosio::test
