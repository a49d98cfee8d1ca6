// Lines about events that reach no handler, and about handlers that fail.

#include <cosio/cosio.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/line_limits.hpp"
#include "socketio/sio_world.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;
using cosio::log_level;

namespace {

struct talking_world : sio_world {
  talking_world() {
    io.on_connection([](cosio::socket c) {
      c.on("join", [](std::string, int table) { return table; });
      c.on("fail", [] { throw std::runtime_error("boom"); });
    });
  }
};

// One client, and the lines from then on.
struct remarked_world {
  std::string who() const { return "socket " + house.sockets.back().id() + " of / (127.0.0.1): "; }

  talking_world house;
  visitor client{house.join(every_way[4])};
  const captured_log log;
};

}  // namespace

TEST_CASE("arguments that do not fit leave a line with the event, the client and the change",
          "[socketio][socket_remarks]") {
  remarked_world w;
  w.client.message(R"(2["join","garden","seven"])");
  CHECK(w.log.count(log_level::warn, w.who() +
                                         "a handler of \"join\" is not called: argument 1 of event \"join\" must be "
                                         "an integer, but is a string; let the client send that, or change the "
                                         "parameters of the handler") == 1);
  w.client.message(R"(2["join","garden",7])");
  CHECK(w.log.count(log_level::warn) == 1);
}

TEST_CASE("arguments that fit another handler of the event leave a line at debug only", "[socketio][socket_remarks]") {
  remarked_world w;
  std::vector<std::string> told;
  cosio::socket socket = w.house.sockets.back();
  const auto number = socket.on("find", [](int) {});
  const auto name = socket.on("find", [](std::string) {});
  const auto errors = socket.on_error([&told](cosio::socket_error wrong) { told.push_back(wrong.message()); });
  w.client.message(R"(2["find",7])");
  w.client.message(R"(2["find","soup"])");
  CHECK(w.log.count(log_level::warn) == 0);
  CHECK(w.log.count(log_level::debug, "a handler of \"find\" is not called, but another one: argument 0") == 2);
  CHECK(told.size() == 2);
  w.client.message(R"(2["find",true])");
  CHECK(w.log.count(log_level::warn, "a handler of \"find\" is not called: argument 0") == 2);
  for (const auto& handle : {number, name, errors}) handle.remove();
}

TEST_CASE("a refusal of a handler is no exception for the log", "[socketio][socket_remarks]") {
  for (const bool answers : {true, false}) {
    CAPTURE(answers);
    cosio::options opts;
    opts.answer_failed_events = answers;
    sio_world house(opts);
    house.io.on_connection([](cosio::socket c) {
      c.on("reserve", [] { throw cosio::refusal("taken"); });
      c.on("fail", [] { throw std::runtime_error("boom"); });
    });
    visitor client = house.join(every_way[4]);
    const captured_log log;
    client.message(R"(21["reserve"])");
    CHECK(log.count(log_level::warn) == 0);
    CHECK(log.count(answers ? log_level::debug : log_level::info,
                    ", event \"reserve\", in its handler, which refused: taken") == 1);
    CHECK(log.count(log_level::info, "; only with options.answer_failed_events is the client told") ==
          (answers ? 0U : 1U));
    client.message(R"(2["reserve"])");
    CHECK(log.count(log_level::info, "refused: taken; the client asked for no acknowledgement, so it is not told") ==
          1);

    CHECK(house.io.metrics().handler_errors == 0);
    cosio::set_log_level(log_level::info);
    for (int i = 0; i < 20; ++i) client.message(R"(21["reserve"])");
    for (int i = 0; i < 3; ++i) client.message(R"(22["fail"])");
    CHECK(log.count(log_level::warn, ", event \"fail\", in its handler: boom") == 3);
  }
}

TEST_CASE("a client whose events fail without end gets eight lines, the last of which says so",
          "[socketio][socket_remarks]") {
  remarked_world w;
  visitor other = w.house.join(every_way[4]);
  const auto line_of = [](const cosio::socket& who) {
    return "socket " + who.id() + " of /, event \"fail\", in its handler: boom";
  };
  const std::string of_client = line_of(w.house.sockets.front());
  const std::string of_other = line_of(w.house.sockets.back());
  cosio::set_log_level(log_level::warn);
  const std::string last = of_client + " (further lines of this kind about this client are at level debug";
  CHECK(eventually([&] {  // in each second there are some lines
    w.client.message(R"(2["fail"])");
    return w.log.count(log_level::warn, last) == 1;
  }));
  CHECK(eventually([&] {
    w.client.message(R"(2["fail"])");
    other.message(R"(2["fail"])");
    return w.log.count(log_level::warn, of_other) != 0;
  }));
  CHECK(w.log.count(log_level::warn, of_client) == cosio::base::line_limits::lines_of_client);
}

TEST_CASE("each mistake in the arguments of one event leaves its line at once", "[socketio][socket_remarks]") {
  remarked_world w;
  cosio::set_log_level(log_level::warn);
  for (int i = 0; i < 3; ++i) {
    w.client.message(R"(2["join","garden","seven"])");
    w.client.message(R"(2["join",7,7])");
    w.client.message(R"(2["join","garden",true])");
  }
  CHECK(w.log.count(log_level::warn, "argument 1 of event \"join\" must be an integer, but is a string") == 1);
  CHECK(w.log.count(log_level::warn, "argument 0 of event \"join\"") == 1);
  CHECK(w.log.count(log_level::warn, "argument 1 of event \"join\" must be an integer, but is a boolean") == 1);
  CHECK(w.log.count(log_level::warn) == 3);
}

TEST_CASE("the same mistake in the arguments of two events leaves a line for each", "[socketio][socket_remarks]") {
  remarked_world w;
  const auto handle = w.house.sockets.back().on("leave", [](std::string, int) {});
  cosio::set_log_level(log_level::warn);
  for (const char* event : {"join", "leave"}) w.client.message("2[\"" + std::string(event) + R"(","x","y"])");
  CHECK(w.log.count(log_level::warn) == 2);
  handle.remove();
}

TEST_CASE("the same mistake at another place of a list, or in a list of another size, leaves no second line",
          "[socketio][socket_remarks]") {
  remarked_world w;
  const auto list = w.house.sockets.back().on("list", [](std::vector<int>) {});
  const auto pair = w.house.sockets.back().on("pair", [](std::array<int, 2>) {});
  cosio::set_log_level(log_level::warn);
  for (const char* packet : {R"(2["list",["x"]])", R"(2["list",[1,"x"]])", R"(2["list",[1,2,"x"]])", R"(2["pair",[1]])",
                             R"(2["pair",[1,2,3]])"})
    w.client.message(packet);
  CHECK(w.log.count(log_level::warn, "argument 0 ([0]) of event \"list\"") == 1);
  CHECK(w.log.count(log_level::warn, "an array of 2, but is an array of 1") == 1);
  CHECK(w.log.count(log_level::warn) == 2);
  w.client.message(R"(2["list",[1,2,false]])");
  CHECK(w.log.count(log_level::warn) == 3);
  for (const auto& handle : {list, pair}) handle.remove();
}

TEST_CASE("a page that makes eight different mistakes reads of each of them", "[socketio][socket_remarks]") {
  remarked_world w;
  cosio::set_log_level(log_level::warn);
  for (int i = 0; i < 8; ++i) {
    CHECK(w.log.count(log_level::warn, "at level debug, for two minutes") == 0);
    w.client.message("2[\"missing " + std::to_string(i) + "\"]");
  }
  CHECK(w.log.count(log_level::warn, "nobody listens") == 8);
  CHECK(w.log.count(log_level::warn,
                    "(further lines of this kind about this client are at level debug, for two "
                    "minutes)") == 1);
}

TEST_CASE("a CONNECT whose auth is no object leaves a line with the kind that it has, and not with the value",
          "[socketio][socket_remarks]") {
  struct {
    const char* packet;
    const char* line;
  } const mistakes[] = {
      {R"(0"s3cret")", "for \"/\" must be an object, but is a string; let the client write auth: { token: … }"},
      {R"(0/admin,["s3cret"])", "for \"/admin\" must be an object, but is an array; "},
      {"0true", "must be an object, but is a boolean; "},
      {"0null", "must be an object, but is null; "},
      {"0-7", "must be an object, but is a number; "}};
  for (const way& how : every_way) {
    if (how.revision != 4) continue;
    for (const auto& mistake : mistakes) {
      CAPTURE(how.name, mistake.packet);
      talking_world house;
      visitor client = house.knock(how);
      REQUIRE(client.enter().status == how.welcome());
      const captured_log log;
      client.message(mistake.packet);
      CHECK(log.count(log_level::warn,
                      "client " + client.sid().substr(0, 6) + "… (127.0.0.1): the auth of its CONNECT for ") == 1);
      CHECK(log.count(log_level::warn, mistake.line) == 1);
      CHECK(log.count(log_level::warn, "s3cret") == 0);
      CHECK(client.let_go());  // as in Node
    }
  }
}

TEST_CASE("other packets that cannot be read leave no line about auth", "[socketio][socket_remarks]") {
  for (const char* packet : {R"(0{"token":)", R"(0"s3cret)", R"(2{"a":1})", R"(0 {"a":1})", R"(1"x")"}) {
    CAPTURE(packet);
    remarked_world w;
    w.client.message(packet);
    CHECK(w.log.count(log_level::warn) == 0);
    CHECK(w.client.let_go());
  }
}

TEST_CASE("an event that nobody listens to leaves a line, with the name that was meant", "[socketio][socket_remarks]") {
  remarked_world w;
  w.client.message(R"(2["jion","garden",7])");
  CHECK(w.log.count(log_level::warn, w.who() + "nobody listens to the event \"jion\"; did you mean \"join\"?") == 1);
  w.client.message(R"(2["order"])");
  CHECK(w.log.count(log_level::warn, w.who() + "nobody listens to the event \"order\"; call on(\"order\", …) in the "
                                               "connection handler, before it waits for anything") == 1);
  w.client.message("2[\"" + std::string(2'000, 'x') + "\"]");
  CHECK(w.log.lines().back().message.size() < 500);
}

TEST_CASE("the name of an event cannot leave its quotes in the line, nor begin another line",
          "[socketio][socket_remarks]") {
  remarked_world w;
  w.client.message(R"x(2["a\", f); exit(\"\\\n\u202e"])x");
  CHECK(w.log.count(log_level::warn,
                    w.who() + R"x(nobody listens to the event "a\", f); exit(\"\\\x0a\xe2\x80\xae"; )x"
                              R"x(call on("a\", f); exit(\"\\\x0a\xe2\x80\xae", …) in the connection handler)x") == 1);
}

TEST_CASE("no line tells the whole id of a socket that is the id of its session", "[socketio][socket_remarks]") {
  talking_world house;
  visitor client = house.join(every_way[5]);  // revision 3
  const captured_log log;
  const std::string id = house.sockets.back().id();
  for (const char* wrong : {R"(2["fail"])", R"(2["jion"])", R"(2["join",1])"}) client.message(wrong);
  CHECK(log.count(log_level::warn) == 3);
  CHECK(log.count(log_level::warn, "socket " + id.substr(0, 6) + "… of /") == 3);
  CHECK(log.count(log_level::warn, id) == 0);
}

TEST_CASE("an event that a catch-all gets is heard", "[socketio][socket_remarks]") {
  remarked_world w;
  const cosio::socket socket = w.house.sockets.back();
  std::vector<std::string> heard;
  const auto handle = socket.on_any([&heard](std::string event, cosio::arguments) { heard.push_back(event); });
  w.client.message(R"(2["order"])");
  CHECK(heard == std::vector<std::string>{"order"});
  CHECK(w.log.count(log_level::warn) == 0);
  handle.remove();
  w.client.message(R"(2["order"])");
  CHECK(w.log.count(log_level::warn, "nobody listens") == 1);
}

TEST_CASE("packet middleware that lets an event through to nobody does not hide it", "[socketio][socket_remarks]") {
  remarked_world w;
  const cosio::socket socket = w.house.sockets.back();
  socket.use([](cosio::packet&, cosio::next go) -> cosio::task<> { co_await go(); });
  w.client.message(R"(2["order"])");
  CHECK(w.log.count(log_level::warn, "nobody listens to the event \"order\"") == 1);
}

TEST_CASE("a flood of events that nobody listens to is a few lines", "[socketio][socket_remarks]") {
  remarked_world w;
  cosio::set_log_level(log_level::warn);
  for (int i = 0; i < 200; ++i) w.client.message(R"(2["the same"])");
  CHECK(w.log.count(log_level::warn) == 1);
  for (int i = 0; i < 200; ++i) w.client.message("2[\"other " + std::to_string(i) + "\"]");
  CHECK(w.log.count(log_level::warn) == cosio::base::line_limits::lines_of_client);
}

TEST_CASE("a handler that throws is logged with the event, in the text and as a field", "[socketio][socket_remarks]") {
  remarked_world w;
  w.client.message(R"(2["fail"])");
  CHECK(w.log.count(log_level::warn, ", event \"fail\", in its handler: boom") == 1);
  std::string event;
  cosio::set_log_record_sink([&event](const cosio::log_record& line) {
    for (const cosio::log_field& f : line.fields)
      if (f.name == "event") event = f.value;
  });
  w.client.message(R"(2["fail"])");
  CHECK(event == "fail");
}
