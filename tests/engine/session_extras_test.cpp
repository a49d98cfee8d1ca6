// The parts that an application adds to a session beside the handler of its messages: listeners, data, an executor.

#include "engine/session_extras.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cosio/engine.hpp>
#include <cosio/server.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine_world.hpp"
#include "engine/session.hpp"
#include "engine/session_helpers.hpp"
#include "support/catch.hpp"
#include "support/halt.hpp"
#include "support/http_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using texts = std::vector<std::string>;

std::string text_of(const session_packet& packet) {
  const message& data = packet.data();
  return std::string(packet.type()) + ":" +
         (data.is_binary() ? "<" + std::string(data.bytes().view()) + ">" : data.text());
}

// Notes all that a session tells.
void listen_to_all(const engine_session& s, texts& told) {
  s.on_packet([&told](const session_packet& p) { told.push_back("in " + text_of(p)); });
  s.on_packet_create([&told](const session_packet& p) { told.push_back("out " + text_of(p)); });
  s.on_heartbeat([&told] { told.push_back("heartbeat"); });
}

// A Socket.IO server in memory, and a client that is in "/".
struct joined_client {
  joined_client()
      : state(std::make_shared<http::app::state>(w.take_runtime(), http::app_options())), app(state), io(app) {
    io.on_connection([this](cosio::socket user) { users.push_back(user); });
  }
  memory_client connect() {
    async::memory_streams pair;
    state->serve(std::move(pair.near));
    w.settle();
    return {w, std::move(pair.far)};
  }

  world w;
  std::shared_ptr<http::app::state> state;
  http::app app;
  server io;
  std::vector<cosio::socket> users;
};

}  // namespace

TEST_CASE("a session that a Socket.IO server reads tells of its upgrade and its end", "[engine][session_extras]") {
  joined_client house;
  texts told;
  house.io.engine().on_connection([&](engine_session s) {
    s.on_upgrade([&told] { told.emplace_back("first: upgrade"); });
    s.on_close([&told](const reason& why) { told.push_back("first: " + std::string(why.text())); });
  });
  memory_client polling = house.connect();
  const std::string path = "/socket.io/?EIO=4&transport=";
  const std::string sid = text_member(polling.ask(get(path + "polling")).body, "sid");
  const std::string target = path + "polling&sid=" + sid;
  CHECK(polling.ask(post(target, "40")).body == "ok");
  CHECK(polling.ask(get(target)).body.find("40{\"sid\"") == 0);
  REQUIRE(house.users.size() == 1);
  house.users[0].conn().on_upgrade([&told] { told.emplace_back("second: upgrade"); });
  house.users[0].conn().on_close([&told](const reason& why) { told.push_back("second: " + std::string(why.text())); });
  house.w.settle();
  memory_websocket ws(house.connect(), path + "websocket&sid=" + sid);
  ws.send_text("2probe");
  ws.send_text("5");
  CHECK(told == texts{"first: upgrade", "second: upgrade"});
  CHECK(house.users[0].connected());
  ws.send_text("1");
  CHECK(told == texts{"first: upgrade", "second: upgrade", "first: transport close", "second: transport close"});
}

TEST_CASE("who asks for an upgrade that is over is not kept", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  const auto token = std::make_shared<int>();
  house.sessions[0].on_upgrade([token] {});
  house.w.settle();
  CHECK(token.use_count() == 1);
}

TEST_CASE("a session that nobody listens to has nothing of this in memory", "[engine][session_extras]") {
  joined_client house;
  std::shared_ptr<engine::session> seen;
  house.io.engine().on_connection([&](engine_session s) { seen = s.internals(); });
  memory_websocket ws(house.connect(), "/socket.io/?EIO=4&transport=websocket");
  ws.send_text("40");
  REQUIRE(seen);
  CHECK(seen->extras() == nullptr);
  (void)engine_session(seen).data();
  (void)engine_session(seen).current_request();
  CHECK(seen->extras() == nullptr);
}

TEST_CASE("packets of both directions and heartbeats are told, in order", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  texts told;
  const engine_session s = house.sessions[0];
  listen_to_all(s, told);
  house.w.settle();
  ws.send_text("4hello");
  ws.send(binary_frame("\x01"));
  house.w.run(s.send("answer"s));
  house.w.run(s.send(binary("\x02"s)));
  house.w.settle();
  CHECK(told == texts{"in message:hello", "in message:<\x01>", "out message:answer", "out message:<\x02>"});
  CHECK(house.messages == texts{"hello", "<\x01>"});
  told.clear();
  house.w.advance(25s);
  ws.send_text("3");
  CHECK(told == texts{"out ping:", "in pong:", "heartbeat"});
}

TEST_CASE("coroutines are told of packets and heartbeats, and own what they are told", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  texts told;
  const engine_session s = house.sessions[0];
  s.on_packet([&told, s](const session_packet& p) -> task<> {
    co_await boost::asio::post(s.get_executor(), boost::asio::use_awaitable);
    told.push_back("in " + text_of(p));
  });
  s.on_packet_create([&told, s](const session_packet& p) -> task<> {
    co_await boost::asio::post(s.get_executor(), boost::asio::use_awaitable);
    told.push_back("out " + text_of(p));
  });
  s.on_heartbeat([&told]() -> task<> {
    told.emplace_back("heartbeat");
    co_return;
  });
  house.w.settle();
  ws.send_text("4" + std::string(100, 'x'));
  house.w.settle();
  CHECK(told == texts{"in message:" + std::string(100, 'x')});
  house.w.run(s.send(std::string(100, 'y')));
  house.w.settle();
  REQUIRE(told.size() == 2);
  CHECK(told.back() == "out message:" + std::string(100, 'y'));
  house.w.advance(25s);
  ws.send_text("3");
  house.w.settle();
  CHECK(std::count(told.begin(), told.end(), "heartbeat") == 1);
}

TEST_CASE("in revision 3 the client's ping is the heartbeat", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket("/engine.io/?EIO=3&transport=websocket");
  house.w.advance(100ms);
  texts told;
  listen_to_all(house.sessions.at(0), told);
  house.w.settle();
  ws.send_text("2");
  CHECK(told.size() == 3);
  CHECK(told.at(0) == "in ping:");
  CHECK(std::count(told.begin(), told.end(), "heartbeat") == 1);
  CHECK(std::count(told.begin(), told.end(), "out pong:") == 1);
}

TEST_CASE("a packet that was refused was never created", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  texts told;
  const engine_session s = house.sessions[0];
  listen_to_all(s, told);
  house.w.run(s.close(true));
  CHECK(house.w.run(s.send("late"s)).refused == 1);
  house.w.settle();
  CHECK(told.empty());
}

TEST_CASE("a listener may end the session of the packet, which is then handled no more", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  int later = 0;
  s.on_packet([s](const session_packet&) { s.internals()->close(reason(reason::kind::forced_close), true); });
  s.on_packet([&later](const session_packet&) { ++later; });
  SECTION("a message") {
    house.w.settle();
    ws.send_text("4hello");
  }
  SECTION("a heartbeat") {
    house.w.advance(25s);
    ws.send_text("3");
  }
  CHECK(house.messages.empty());
  CHECK(house.closed.size() == 1);
  CHECK(later == 0);
}

TEST_CASE("a listener that throws harms nobody", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  int second = 0;
  house.sessions[0].on_packet([](const session_packet&) { throw std::runtime_error("on_packet failed"); });
  house.sessions[0].on_packet([&second](const session_packet&) { ++second; });
  house.w.settle();
  ws.send_text("4hello");
  CHECK(second == 1);
  CHECK(house.messages == texts{"hello"});
}

TEST_CASE("listeners that hold their session are let go of with its end", "[engine][session_extras]") {
  engine_world house;
  const auto token = std::make_shared<int>();
  memory_websocket ws = house.websocket();
  std::weak_ptr<engine::session> seen = house.sessions[0].internals();
  {
    const engine_session s = house.sessions[0];
    s.on_packet([token, s](const session_packet&) {});
    s.on_packet_create([token, s](const session_packet&) {});
    s.on_heartbeat([token, s] {});
  }
  house.sessions.clear();
  house.w.settle();
  CHECK(token.use_count() == 4);
  ws.send_text("1");
  ws.send(close_frame_of_client());
  house.w.settle();
  CHECK(token.use_count() == 1);
  CHECK(seen.expired());
}

TEST_CASE("the request under way is that of the POST, and then the first again", "[engine][session_extras]") {
  engine_world house;
  std::string seen;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  const engine_session s = house.sessions[0];
  s.on_message([&seen, s](message) -> task<> {
    seen = s.current_request().header("x-turn");
    co_return;
  });
  house.w.settle();
  CHECK(client.ask(post(target, "4a", "X-Turn: 7\r\n")).body == "ok");
  CHECK(seen == "7");
  CHECK(client.ask(post(target, "4b")).body == "ok");
  CHECK(seen.empty());
  CHECK(s.current_request().method() == "GET");
  CHECK(s.request().header("x-turn").empty());
}

TEST_CASE("the request under way is the Upgrade request, for those who listened for it", "[engine][session_extras]") {
  engine_world house;
  memory_client client = house.connect();
  house.open_polling(client);
  const engine_session s = house.sessions[0];
  texts seen;
  const auto note = [&seen, s] { seen.emplace_back(s.current_request().query("transport").value_or("none")); };
  bool listens = false;
  SECTION("with a listener") {
    s.on_upgrade(note);
    house.w.settle();
    listens = true;
  }
  SECTION("without one") {}
  memory_websocket ws = house.websocket("/engine.io/?EIO=4&transport=websocket&sid=" + s.id());
  ws.send_text("2probe");
  ws.send_text("5");
  boost::asio::post(s.get_executor(), note);
  house.w.settle();
  CHECK(seen == (listens ? texts{"websocket", "websocket"} : texts{"polling"}));
  CHECK(s.request().query("transport") == "polling");
  CHECK(s.current_request().query("transport") == "polling");  // not on the strand
}

TEST_CASE("work on the executor of a session runs on its strand", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  bool on_strand = false;
  boost::asio::post(s.get_executor(), [&] { on_strand = s.internals()->get_strand().running_in_this_thread(); });
  house.w.settle();
  CHECK(on_strand);
  bool ran = false;
  boost::asio::post(house.engine.executor(), [&] { ran = true; });
  house.w.settle();
  CHECK(ran);
}

TEST_CASE("a session keeps the application's data, also behind its end", "[engine][session_extras]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  CHECK(s.data() == boost::json::object());
  s.data(std::map<std::string, int>{{"visits", 3}});
  CHECK(s.data<std::map<std::string, int>>().at("visits") == 3);
  CHECK_THROWS_AS(s.data<std::string>(), error);
  const engine_session other = s;
  other.data(boost::json::value("text"));
  house.w.run(s.close(true));
  CHECK(s.data<std::string>() == "text");
}

TEST_CASE("threads that ask at once share one place for data", "[engine][session_extras]") {
  engine_world house;
  for (int round = 0; round < 50; ++round) {
    memory_client client = house.connect();
    house.open_polling(client);
    auto session = house.sessions.back().internals();
    engine::session_extras* seen[2] = {};
    std::thread other([&] { seen[0] = &session->make_extras(); });
    seen[1] = &session->make_extras();
    other.join();
    CHECK(seen[0] == seen[1]);
    house.w.run(house.sessions.back().close(true));
  }
}

// ---------------------------------------------------------------- coroutines of hooks are bounded

TEST_CASE("nothing more is read while as many coroutines of hooks run as handlers may", "[engine][session_extras]") {
  halt here;
  engine_options settings;
  settings.max_handlers_in_flight = 2;
  engine_world house(settings);
  SECTION("on a WebSocket") {
    memory_websocket ws = house.websocket();
    const engine_session s = house.sessions[0];
    s.on_packet([&here](const session_packet&) { return here.wait(); });
    house.w.settle();
    ws.send(text_frame("4a") + text_frame("4b") + text_frame("4c"));
    ws.send(text_frame("4d"));
    CHECK(here.size() == 2);
    CHECK(house.messages == texts{"a", "b"});
    CHECK(s.internals()->input_paused());
    here.let_one_go(house.w);
    CHECK(here.size() == 2);
    CHECK(house.messages == texts{"a", "b", "c"});
    here.let_go(house.w);
    CHECK(house.messages == texts{"a", "b", "c", "d"});
    CHECK_FALSE(s.internals()->input_paused());
  }
  SECTION("by polling") {
    memory_client client = house.connect();
    const std::string target = house.open_polling(client);
    house.sessions[0].on_packet([&here](const session_packet&) { return here.wait(); });
    house.w.settle();
    client.send(post(target,
                     "4a\x1e"
                     "4b\x1e"
                     "4c"));
    CHECK(here.size() == 2);
    CHECK(house.messages == texts{"a", "b"});
    CHECK_FALSE(client.answer());
    here.let_go(house.w);
    CHECK(house.messages == texts{"a", "b", "c"});
    CHECK(client.answer().value().body == "ok");
  }
}

TEST_CASE("coroutines for heartbeats and for packets that go out count, too", "[engine][session_extras]") {
  halt here;
  engine_options settings;
  settings.max_handlers_in_flight = 1;
  engine_world house(settings);
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  SECTION("heartbeats") {
    s.on_heartbeat([&here] { return here.wait(); });
    house.w.settle();
    ws.send(text_frame("3") + text_frame("3"));
  }
  SECTION("packets that go out") {
    s.on_packet_create([&here](const session_packet&) { return here.wait(); });
    house.w.run(s.send("hello"s));
    house.w.settle();
  }
  CHECK(here.size() == 1);
  CHECK(s.internals()->input_paused());
  ws.send_text("4hello");
  CHECK(house.messages.empty());
  here.let_go(house.w);
  CHECK(house.messages == texts{"hello"});
}

TEST_CASE("what coroutines of hooks hold is bounded, charged to the client and given back",
          "[engine][session_extras]") {
  halt here;
  engine_options settings;
  settings.max_handlers_in_flight = 0;
  settings.max_held_bytes = 10'000;
  engine_world house(settings);
  const auto kept = [&house] {
    return house.engine.internals()->counters().sum(base::counter::kept_bytes +
                                                    static_cast<std::size_t>(base::kept::events));
  };
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  s.on_packet([&here](const session_packet&) { return here.wait(); });
  house.w.settle();
  ws.send(text_frame("4" + std::string(20'000, 'x')) + text_frame("4b"));
  CHECK(here.size() == 1);
  CHECK(s.internals()->input_paused());
  CHECK(kept() >= 21'000);
  CHECK(kept() < 25'000);
  SECTION("the coroutines end") {
    here.let_go(house.w);
    CHECK(house.messages.size() == 2);
  }
  SECTION("the session ends first") {
    house.w.run(s.close(true));
    CHECK(kept() == 0);
    here.let_go(house.w);
    CHECK(house.messages.size() == 1);
  }
  CHECK(kept() == 0);
}

TEST_CASE("a client that has gone ends in time, though coroutines of hooks pause the reading again and again",
          "[engine][session_extras]") {
  const std::string revision = GENERATE("EIO=4", "EIO=3");
  CAPTURE(revision);
  halt here;
  engine_options settings = with_pings(25s, 20s);
  settings.ping_timeout_eio3 = 60s;
  settings.max_handlers_in_flight = 1;
  engine_world house(settings);
  memory_websocket ws = house.websocket("/engine.io/?" + revision + "&transport=websocket");
  const engine_session s = house.sessions.at(0);
  s.on_packet_create([&here](const session_packet&) { return here.wait(); });
  house.w.advance(1s);
  for (int round = 0; round < 10 && house.closed.empty(); ++round) {
    house.w.run(s.send("news"s));
    house.w.settle();
    CHECK(s.internals()->input_paused());
    here.let_go(house.w);
    CHECK_FALSE(s.internals()->input_paused());
    house.w.advance(20s);
  }
  here.let_go(house.w);
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "ping timeout");
}

TEST_CASE("a client that answers pings stays, though coroutines of hooks pause the reading again and again",
          "[engine][session_extras]") {
  halt here;
  engine_options settings = with_pings(25s, 20s);
  settings.max_handlers_in_flight = 1;
  engine_world house(settings);
  memory_websocket ws = house.websocket();
  CHECK(ws.text().starts_with("0{"));
  const engine_session s = house.sessions.at(0);
  s.on_packet_create([&here](const session_packet&) { return here.wait(); });
  house.w.settle();
  for (int round = 0; round < 5; ++round) {
    house.w.advance(25s);
    CHECK(ws.text() == "2");
    CHECK(s.internals()->input_paused());  // by the coroutine for the ping
    ws.send_text("3");
    house.w.advance(19s);
    here.let_go(house.w);
    house.w.settle();
  }
  CHECK(house.closed.empty());
}

TEST_CASE("hooks that do not wait never pause the reading", "[engine][session_extras]") {
  engine_options settings;
  settings.max_handlers_in_flight = 1;
  engine_world house(settings);
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  int told = 0;
  s.on_packet([&told](const session_packet&) { ++told; });
  s.on_packet([&told](const session_packet&) -> task<> {
    ++told;
    co_return;
  });
  house.w.settle();
  ws.send(text_frame("4a") + text_frame("4b"));
  CHECK(told == 4);
  CHECK(house.messages == texts{"a", "b"});
  CHECK(house.engine.internals()->counters().sum(base::counter::limits +
                                                 static_cast<std::size_t>(base::limit::max_handlers_in_flight)) == 0);
}
