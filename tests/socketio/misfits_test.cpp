// Acknowledgements that do not fit, in the log.

#include <cosio/cosio.hpp>

#include <array>
#include <exception>
#include <string>
#include <vector>

#include "socketio/sio_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace cosio::test;
using cosio::log_level;

namespace {

// The id of the last question of this name.
std::string id_of(const std::string& heard, const std::string& name) {
  const auto end = heard.rfind("[\"" + name + "\"]");
  REQUIRE(end != std::string::npos);
  const auto begin = heard.rfind("42", end);
  REQUIRE(begin != std::string::npos);
  return heard.substr(begin + 2, end - begin - 2);
}

}  // namespace

TEST_CASE("an acknowledgement that does not fit leaves a line, also when the application catches everything",
          "[socketio][misfits]") {
  sio_world house;
  bool caught = false;
  house.io.on_connection([&caught](cosio::socket c) -> cosio::task<> {
    try {
      const int number = co_await c.emit_with_ack<int>("how many");
      static_cast<void>(number);
    } catch (...) {
      caught = true;
    }
  });
  visitor client = house.join(every_way[4]);
  const captured_log log;
  const std::string id = id_of(client.hear(), "how many");
  client.message("3" + id + R"(["many"])");
  CHECK(caught);
  CHECK(log.count(
            log_level::warn,
            "socket " + house.sockets.back().id() +
                " of /: an acknowledgement does not fit: argument 0 of the answer to \"how many\" must be an integer, "
                "but is a string; let the client answer so, or ask for the type that it sends") == 1);
}

TEST_CASE("an acknowledgement that does not fit, and that nobody catches, is one line", "[socketio][misfits]") {
  sio_world house;
  std::vector<cosio::errc> told;
  house.io.on_connection([&told](cosio::socket c) {
    c.on("start", [c]() -> cosio::task<> {
      const int number = co_await c.emit_with_ack<int>("how many");
      static_cast<void>(number);
    });
    c.on_error([&told](cosio::socket_error wrong) {
      try {
        std::rethrow_exception(wrong.cause());
      } catch (const cosio::error& e) {
        told.push_back(static_cast<cosio::errc>(e.code().value()));
      }
    });
  });
  visitor client = house.join(every_way[4]);
  const captured_log log;
  client.message(R"(2["start"])");
  const std::string id = id_of(client.hear(), "how many");
  client.message("3" + id + R"(["many"])");
  CHECK(log.count(log_level::warn) == 1);
  CHECK(log.count(log_level::warn, "an acknowledgement does not fit: argument 0") == 1);
  CHECK(log.count(log_level::debug, ", event \"start\", in its handler: ") == 1);
  CHECK(told == std::vector<cosio::errc>{cosio::errc::conversion});
}

TEST_CASE("each mistake in the answers to one event leaves its line at once", "[socketio][misfits]") {
  int caught = 0;
  sio_world house;
  house.io.on_connection([&caught](cosio::socket c) -> cosio::task<> {
    for (int i = 0; i < 3; ++i) {
      try {
        const int number = co_await c.emit_with_ack<int>("how many");
        static_cast<void>(number);
      } catch (const cosio::error&) {
        ++caught;
      }
    }
  });
  visitor client = house.join(every_way[4]);
  const captured_log log;
  cosio::set_log_level(log_level::warn);
  for (const char* answer : {R"(["many"])", "[true]", R"(["more"])"}) {
    const std::string id = id_of(client.hear(), "how many");
    client.message("3" + id + answer);
  }
  CHECK(caught == 3);
  CHECK(log.count(log_level::warn, "must be an integer, but is a string") == 1);
  CHECK(log.count(log_level::warn, "must be an integer, but is a boolean") == 1);
  CHECK(log.count(log_level::warn) == 2);
}

TEST_CASE("the same mistake at other places of an answer, or in answers of other sizes, is one line",
          "[socketio][misfits]") {
  int caught = 0;
  sio_world house;
  house.io.on_connection([&caught](cosio::socket c) -> cosio::task<> {
    for (int i = 0; i < 10; ++i) {
      try {
        const auto numbers = co_await c.emit_with_ack<std::vector<int>>("numbers");
        static_cast<void>(numbers);
      } catch (const cosio::error&) {
        ++caught;
      }
    }
    for (int i = 0; i < 10; ++i) {
      try {
        const auto pair = co_await c.emit_with_ack<std::array<int, 2>>("pair");
        static_cast<void>(pair);
      } catch (const cosio::error&) {
        ++caught;
      }
    }
  });
  visitor client = house.join(every_way[4]);
  const captured_log log;
  cosio::set_log_level(log_level::warn);
  std::string list;
  for (const std::string name : {"numbers", "pair"}) {
    list = "1,1,1";
    for (int i = 0; i < 10; ++i) {
      const std::string id = id_of(client.hear(), name);
      client.message("3" + id + "[[" + list + (name == "pair" ? "]]" : ",true]]"));
      list += ",1";
    }
  }
  CHECK(caught == 20);
  CHECK(log.count(log_level::warn, "argument 0 ([3]) of the answer to \"numbers\"") == 1);
  CHECK(log.count(log_level::warn, "must be an array of 2, but is an array of 3") == 1);
  CHECK(log.count(log_level::warn) == 2);
}

TEST_CASE("an event that a coroutine awaits, and that does not fit, is the coroutine's own affair",
          "[socketio][misfits]") {
  sio_world house;
  bool caught = false;
  house.io.on_connection([&caught](cosio::socket c) -> cosio::task<> {
    try {
      const int number = co_await c.once<int>("number");
      static_cast<void>(number);
    } catch (const cosio::error& e) {
      caught = e.code() == cosio::errc::conversion;
    }
  });
  visitor client = house.join(every_way[4]);
  const captured_log log;
  client.message(R"(2["number","x"])");
  CHECK(caught);
  CHECK(log.count(log_level::warn) == 0);
}
