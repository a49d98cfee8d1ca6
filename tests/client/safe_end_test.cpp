// A client may be ended at any moment: these tests end it behind each handler of a connection's life, one after the
// other, until the connection comes to its end undisturbed.

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "client/engine_client.hpp"
#include "client/test_line.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

using act = std::function<void(test_line&)>;

engine_client_options quick_by(std::vector<std::string> transports) {
  auto options = test_line::quick();
  options.transports = std::move(transports);
  return options;
}

bool is_done(const test_line& line, bool upgrades) {
  return line.heard->messages.size() >= 3 && (!upgrades || !line.heard->upgraded.empty());
}

// Runs handlers one by one. @return whether the connection's life was over before so many had run.
bool run_handlers(test_line& line, std::size_t count, bool upgrades) {
  line.heard->also = [&line](std::string_view what) {
    if (what != "open") return;
    line.send("one");
    line.client->send(message(binary(std::string("two"))));
    line.send(std::string(20'000, '3'));
  };
  line.client->open();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (std::size_t ran = 0; ran < count && !is_done(line, upgrades);) {
    line.w.context().restart();
    ran += line.w.context().run_one_for(std::chrono::milliseconds(50));
    if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("the connection does not go on");
  }
  return is_done(line, upgrades);
}

// Whether all coroutines and operations end by themselves: then the io_context has no work.
bool runs_out_of_work(test_line& line) {
  auto& context = line.w.context();
  context.restart();
  context.run_for(std::chrono::seconds(10));
  return context.stopped();
}

std::size_t sweep(std::vector<std::string> transports, const act& what, const act& then) {
  const bool upgrades = transports.size() > 1;
  echo_engine server;
  for (std::size_t count = 0; count < 2'000; ++count) {
    test_line line(server.port(), quick_by(transports));
    const bool was_over = run_handlers(line, count, upgrades);
    CAPTURE(count, was_over);
    line.heard->also = nullptr;
    what(line);
    const bool ended = runs_out_of_work(line);
    REQUIRE(ended);
    then(line);
    if (was_over) return count;
  }
  return 0;
}

const std::vector<std::vector<std::string>> ways{{"polling", "websocket"}, {"polling"}, {"websocket"}};

}  // namespace

TEST_CASE("a client that is destroyed behind any handler ends all it has begun, and is silent", "[client][end]") {
  for (const auto& way : ways) {
    CAPTURE(way.front(), way.size());
    std::size_t told = 0;
    const auto count_told = [](const test_line& line) {
      return line.heard->messages.size() + line.heard->ends.size() + (line.heard->opened ? 1 : 0);
    };
    const std::size_t handlers = sweep(
        way,
        [&](test_line& line) {
          told = count_told(line);
          line.client = nullptr;
        },
        [&](const test_line& line) { REQUIRE(count_told(line) == told); });
    CHECK(handlers > 10);
  }
}

TEST_CASE("a client that is dropped behind any handler is silent, and can be asked", "[client][end]") {
  for (const auto& way : ways) {
    CAPTURE(way.front(), way.size());
    const std::size_t handlers = sweep(
        way,
        [](test_line& line) {
          line.client->drop();
          line.client->drop();
          line.client->close();
          line.send("nobody gets this");
        },
        [](const test_line& line) {
          REQUIRE(line.heard->ends.empty());
          REQUIRE(line.client->transport().empty());
          REQUIRE(line.client->waiting_bytes() == 0);
        });
    CHECK(handlers > 10);
  }
}

TEST_CASE("a client that is closed behind any handler tells of one end", "[client][end]") {
  for (const auto& way : ways) {
    CAPTURE(way.front(), way.size());
    const std::size_t handlers = sweep(
        way, [](test_line& line) { line.client->close(); },
        [](const test_line& line) {
          REQUIRE(line.heard->ends.size() == 1);
          REQUIRE(line.heard->ends[0].why.text() == "forced close");
        });
    CHECK(handlers > 10);
  }
}

TEST_CASE("a listener that goes away behind any handler is not missed", "[client][end]") {
  for (const auto& way : ways) {
    CAPTURE(way.front(), way.size());
    std::weak_ptr<heard_events> gone;
    const std::size_t handlers = sweep(
        way,
        [&](test_line& line) {
          gone = line.heard;
          line.heard = std::make_shared<heard_events>();
          line.client = nullptr;
        },
        [&](const test_line&) { REQUIRE(gone.expired()); });
    CHECK(handlers > 10);
  }
}

TEST_CASE("an io_context that ends behind any handler takes the connection with it", "[client][end]") {
  for (const auto& way : ways) {
    CAPTURE(way.front(), way.size());
    const bool upgrades = way.size() > 1;
    echo_engine server;
    bool was_over = false;
    for (std::size_t count = 0; count < 2'000 && !was_over; ++count) {
      std::weak_ptr<heard_events> gone;
      {
        test_line line(server.port(), quick_by(way));
        line.settles_at_end = false;
        was_over = run_handlers(line, count, upgrades);
        line.heard->also = nullptr;
        gone = line.heard;
      }
      REQUIRE(gone.expired());
    }
    CHECK(was_over);
  }
}

TEST_CASE("a client may be destroyed in whatever it is told", "[client][end]") {
  for (const char* when : {"open", "message", "drain", "upgrade", "close"}) {
    CAPTURE(when);
    echo_engine server;
    test_line line(server.port());
    bool was_told = false;
    bool told_later = false;
    line.heard->also = [&](std::string_view what) {
      told_later = told_later || was_told;
      if (what == "open") line.send("x");
      if (what == "upgrade" && std::string_view(when) == "close") line.client->close();
      if (what != when) return;
      was_told = true;
      line.client = nullptr;
    };
    line.client->open();
    REQUIRE(line.until([&] { return was_told; }));
    CHECK(runs_out_of_work(line));
    CHECK_FALSE(told_later);
  }
}

TEST_CASE("a client may be dropped on another thread", "[client][end]") {
  echo_engine server;
  for (int i = 0; i < 20; ++i) {
    test_line line(server.port());
    REQUIRE(line.open());
    std::thread other([&] { line.client->drop(); });
    const bool ended = runs_out_of_work(line);
    other.join();
    if (!ended) FAIL("work is left");
    CHECK(runs_out_of_work(line));
    CHECK(line.heard->ends.empty());
  }
}
