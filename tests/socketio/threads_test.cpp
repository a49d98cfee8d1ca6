// One server on one, two and eight threads: everything that holds on one thread holds on all of them. `sh
// tests/threads.sh` runs this with ThreadSanitizer, and the reference clients against the same numbers of threads.

#include <cosio/cosio.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;

namespace {

constexpr unsigned crowd = 8;

// The transports and generations, by turns.
sio_settings settings_of(unsigned who) {
  sio_settings out;
  out.over = who % 4 < 2 ? sio_settings::transport::websocket : sio_settings::transport::polling;
  out.eio = who % 2 == 0 ? 4 : 3;
  return out;
}

// Clients of Engine.IO 3 are in the main namespace without asking: their CONNECT comes by itself.
void join_main(sio_client& client, unsigned who) {
  if (who % 2 == 0) {
    client.join();
  } else if (client.receive() != "0") {
    throw std::runtime_error("no CONNECT for a client of Engine.IO 3");
  }
}

// Each client in a thread of its own, all at once. What one of them throws fails the test.
void in_parallel(const std::function<void(unsigned)>& live) {
  std::mutex mutex;
  std::vector<std::string> failures;
  std::vector<std::thread> threads;
  for (unsigned who = 0; who < crowd; ++who) {
    threads.emplace_back([&, who] {
      try {
        live(who);
      } catch (const std::exception& e) {
        const std::lock_guard lock(mutex);
        failures.push_back("client " + std::to_string(who) + ": " + e.what());
      }
    });
  }
  for (std::thread& one : threads) one.join();
  for (const std::string& says : failures) FAIL_CHECK(says);
}

void require(bool holds, const std::string& says) {
  if (!holds) throw std::runtime_error(says);
}

bool deserted(const cosio::server& io) {
  const cosio::metrics now = io.metrics();
  return now.sessions() == 0 && now.sockets == 0 && now.handlers_in_flight == 0;
}

}  // namespace

TEST_CASE("on any number of threads each question is answered once, and events are handled in order", "[threads]") {
  const unsigned threads = GENERATE(1U, 2U, 8U);
  CAPTURE(threads);
  constexpr int questions = 150;
  sio_server s(test_options(threads));
  std::atomic<int> out_of_order = 0;
  s.io.on_connection([&](cosio::socket c) {
    auto expected = std::make_shared<int>(0);  // of one client: its strand guards it
    c.on("count", [expected, &out_of_order](int n) {
      if (n != (*expected)++) ++out_of_order;
      return n + 1;
    });
  });
  const std::uint16_t port = s.start();
  in_parallel([&](unsigned who) {
    sio_client client(port, settings_of(who));
    join_main(client, who);
    for (int i = 0; i < questions; ++i) client.send("2" + std::to_string(i) + "[\"count\"," + std::to_string(i) + "]");
    for (int i = 0; i < questions; ++i) {
      const std::string got = client.receive();
      require(got == "3" + std::to_string(i) + "[" + std::to_string(i + 1) + "]",
              "'" + got + "' answers " + std::to_string(i));
    }
    client.close();
  });
  CHECK(out_of_order == 0);
  CHECK(eventually([&] { return deserted(s.io); }));
}

TEST_CASE("on any number of threads each member hears each broadcast of a room once, in the order of its sender",
          "[threads]") {
  const unsigned threads = GENERATE(1U, 2U, 8U);
  CAPTURE(threads);
  constexpr int said_by_each = 40;
  sio_server s(test_options(threads));
  std::atomic<unsigned> members = 0;
  s.io.on_connection([&](cosio::socket c) -> cosio::task<> {
    c.on("say", [c](unsigned who, int n) -> cosio::task<> { co_await c.nsp().to("everybody").emit("said", who, n); });
    c.on("bye", [] { return true; });
    co_await c.join("everybody");
    ++members;
  });
  const std::uint16_t port = s.start();
  in_parallel([&](unsigned who) {
    sio_client client(port, settings_of(who));
    join_main(client, who);
    require(eventually([&] { return members == crowd; }), "not everybody has come");
    for (int i = 0; i < said_by_each; ++i)
      client.send("2[\"say\"," + std::to_string(who) + "," + std::to_string(i) + "]");
    std::map<unsigned, int> heard;
    for (unsigned i = 0; i < crowd * said_by_each; ++i) {
      const std::string got = client.receive();
      unsigned sender = 0;
      int n = 0;
      require(std::sscanf(got.c_str(), "2[\"said\",%u,%d]", &sender, &n) == 2, "'" + got + "' was heard");
      require(n == heard[sender]++, "'" + got + "' is lost, doubled or out of order");
    }
    client.send("21[\"bye\"]");  // nothing else has come before the answer
    require(client.receive() == "31[true]", "more was heard than was said");
    client.close();
  });
  CHECK(eventually([&] { return deserted(s.io); }));
}

TEST_CASE("on any number of threads clients come, join, leave, talk and go in any way, and nothing of them stays",
          "[threads]") {
  const unsigned threads = GENERATE(1U, 2U, 8U);
  CAPTURE(threads);
  constexpr int visits = 6;
  sio_server s(test_options(threads));
  const auto serve = [](cosio::nsp where) {
    where.on_connection([](cosio::socket c) {
      c.on("enter", [c](std::string room) -> cosio::task<bool> {
        co_await c.join(room);
        co_await c.to(room).emit("entered", c.id());
        co_return true;
      });
      c.on("quit", [c](std::string room) -> cosio::task<bool> {
        co_await c.leave(room);
        co_return true;
      });
      c.on("who", [c](std::string room) -> cosio::task<std::size_t> {
        const auto members = co_await c.nsp().in(room).clients();
        co_return members.size();
      });
      c.on("out", [c](std::string room) -> cosio::task<> { co_await c.nsp().in(room).disconnect_sockets(); });
    });
  };
  serve(s.io.sockets());
  serve(s.io.of("/other"));
  const std::uint16_t port = s.start();

  // From outside: broadcasts and questions of a thread that is none of the server's.
  std::atomic<bool> over = false;
  std::thread outside([&] {
    for (int i = 0; !over; ++i) {
      s.run([](cosio::server io, int n) -> cosio::task<> {
        co_await io.emit("news", n);
        co_await io.of("/other").to("room 1").emit("news", n);
        co_await io.of("/other").clients();
      }(s.io, i));
    }
  });
  const auto talk = [](sio_client& client, unsigned who, std::mt19937& dice) {
    if (who % 2 == 0) client.send("0/other,");
    for (int i = 0; i < 10; ++i) {
      const std::string room = "room " + std::to_string(dice() % 3);
      const char* const event = dice() % 2 == 0 ? "enter" : dice() % 2 == 0 ? "quit" : "who";
      client.send((who % 2 == 0 && dice() % 2 == 0 ? "2/other," : "2") + std::to_string(i) + "[\"" + event + "\",\"" +
                  room + "\"]");
    }
    if (dice() % 4 == 0) client.send(R"(2["out","room 1"])");
    if (dice() % 4 == 0) client.send("1");
  };
  in_parallel([&](unsigned who) {
    std::mt19937 dice(who);
    for (int visit = 0; visit < visits; ++visit) {
      sio_client client(port, settings_of(who));
      join_main(client, who);
      try {
        talk(client, who, dice);
      } catch (const std::runtime_error&) {
        // The server closes who writes to a namespace that others have put it out of: then a send finds no connection.
      }
      // A client that polls and says nothing more is missed by its heartbeat only, which is too long for this test.
      if (settings_of(who).over == sio_settings::transport::polling) {
        client.close();
        client.receive_to_end();  // of a session that the server has closed
      } else if (dice() % 2 == 0) {
        client.drop();
      } else {
        client.close();
      }
    }
  });
  over = true;
  outside.join();
  CHECK(eventually([&] { return deserted(s.io); }));
  CHECK(s.io.metrics().handler_errors == 0);
  for (const char* const name : {"/", "/other"}) {
    CHECK(s.run(s.io.of(name).clients()).empty());
  }
}
