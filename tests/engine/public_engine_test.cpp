// The handles of raw engines: what an application sees of sessions, and who is told what.

#include <cosio/engine.hpp>
#include <cosio/error.hpp>
#include <cosio/server.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "engine/session.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::string_literals;

TEST_CASE("a session's handle tells who is there, and how", "[engine][public_engine]") {
  engine_world house;
  memory_client gets = house.connect();
  const std::string polling = house.open_polling(gets, "EIO=4&token=x");
  memory_websocket ws = house.websocket("/engine.io/?EIO=3&transport=websocket");
  REQUIRE(house.sessions.size() == 2);

  const engine_session& first = house.sessions[0];
  CHECK(polling.ends_with("sid=" + first.id()));
  CHECK(first.transport() == "polling");
  CHECK(first.protocol() == 4);
  CHECK(first.remote_address() == "127.0.0.1");
  CHECK(first.request().query("token") == "x");
  CHECK(first.open());
  CHECK(first);
  CHECK_FALSE(engine_session());

  const engine_session& second = house.sessions[1];
  CHECK(second.transport() == "websocket");
  CHECK(second.protocol() == 3);
  CHECK(second.id() != first.id());
  CHECK(house.engine.clients_count() == 2);
}

TEST_CASE("what is sent is counted until it is out", "[engine][public_engine]") {
  engine_world house;
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  const engine_session& s = house.sessions[0];
  CHECK(s.buffered() == 0);
  CHECK(house.w.run(s.send("text"s)).queued == 1);
  CHECK(house.w.run(s.send(binary("\x01\x02"s))).queued == 1);
  CHECK(house.w.run(s.send(message("m"s))).queued == 1);
  CHECK(house.w.run(s.send(message(binary("\x03"s)))).queued == 1);
  CHECK(s.buffered() > 8);
  CHECK(gets.ask(get(target)).body ==
        "4text\x1e"
        "bAQI=\x1e"
        "4m\x1e"
        "bAw==");
  CHECK(s.buffered() == 0);
  house.w.run(s.close(true));
  CHECK_FALSE(s.open());
  CHECK(house.w.run(s.send("late"s)).refused == 1);
  house.w.run(s.close());  // it is over: nothing to do
}

TEST_CASE("messages are handed up in their order, and the next does not wait for a handler's end",
          "[engine][public_engine]") {
  std::vector<std::string> steps;
  engine_world house;
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  std::vector<std::shared_ptr<async::suspension>> waiting;
  s.on_message([&](message m) -> task<> {
    steps.push_back("begin " + m.text());
    auto hand_out = [&](std::shared_ptr<async::suspension> me) { waiting.push_back(std::move(me)); };
    co_await async::suspend(std::move(hand_out));
    steps.push_back("end " + m.text());
  });
  house.w.settle();
  ws.send(text_frame("4a") + text_frame("4b"));
  CHECK(steps == std::vector<std::string>{"begin a", "begin b"});
  REQUIRE(waiting.size() == 2);
  waiting[1]->end();
  waiting[0]->end();
  house.w.settle();
  CHECK(steps == std::vector<std::string>{"begin a", "begin b", "end b", "end a"});
}

TEST_CASE("handlers of a session may be set from any thread, and that for messages replaces the one before",
          "[engine][public_engine]") {
  mailbox<> got;
  echo_engine server;
  websocket_client ws(server.port(), "/engine.io/?EIO=4&transport=websocket");
  CHECK(ws.text().starts_with("0{"));
  const engine_session s = server.opened();
  s.on_message([&](message m) -> task<> {
    got.put("mine: " + m.text());
    co_return;
  });
  s.on_close([&](reason why) { got.put("closed: " + std::string(why.text())); });
  server.on_strand(s, [] {});  // behind both
  ws.send_text("4hello");
  CHECK(got.take() == "mine: hello");
  ws.close();
  CHECK(got.take() == "closed: transport close");
}

TEST_CASE("who asks for the end of a session that is over is told at once, and is not kept",
          "[engine][public_engine]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  const engine_session s = house.sessions[0];
  ws.send_text("1");
  REQUIRE(house.closed.size() == 1);
  const auto token = std::make_shared<int>();
  std::vector<std::string> told;
  s.on_close([&told, token, s](reason why) { told.emplace_back(why.text()); });
  s.on_message([token, s](message) -> task<> { co_return; });
  house.w.settle();
  CHECK(told == std::vector<std::string>{"transport close"});
  CHECK(token.use_count() == 1);
}

TEST_CASE("handlers that hold their session are let go of with its end", "[engine][public_engine]") {
  engine_world house;
  const auto token = std::make_shared<int>();
  std::weak_ptr<engine::session> seen;
  {
    memory_websocket ws = house.websocket();
    const engine_session s = std::exchange(house.sessions, {})[0];
    seen = s.internals();
    s.on_close([token, s](reason) {});
    s.on_message([token, s](message) -> task<> { co_return; });
    house.w.settle();
    CHECK(token.use_count() == 3);
    ws.send_text("1");
    ws.send(close_frame_of_client());
  }
  house.w.settle();
  CHECK(token.use_count() == 1);
  CHECK(seen.expired());
}

TEST_CASE("an on_close that throws harms nobody", "[engine][public_engine]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  memory_websocket other = house.websocket();
  house.sessions[0].on_close([](reason) { throw std::runtime_error("on_close failed"); });
  house.w.settle();
  ws.send_text("1");
  other.send_text("4still here");
  CHECK(house.messages == std::vector<std::string>{"still here"});
  CHECK(house.engine.clients_count() == 1);
}

TEST_CASE("messages of a session that a Socket.IO server reads are not for others", "[engine][public_engine]") {
  world w;
  const auto state = std::make_shared<http::app::state>(w.take_runtime(), http::app_options());
  http::app app(state);
  const server io(app);
  std::vector<engine_session> sessions;
  io.engine().on_connection([&](engine_session s) { sessions.push_back(std::move(s)); });
  async::memory_streams pair;
  state->serve(std::move(pair.near));
  memory_websocket ws(memory_client(w, std::move(pair.far)), "/socket.io/?EIO=4&transport=websocket");
  REQUIRE(sessions.size() == 1);
  std::string refused;
  try {
    sessions[0].on_message([](message) -> task<> { co_return; });
  } catch (const error& e) {
    CHECK(e.code() == errc::not_supported);
    refused = e.detail();
  }
  CHECK(refused.find("engine_session::on_message()") == 0);
  CHECK(sessions[0].open());
}

// ---------------------------------------------------------------- without close()

TEST_CASE("an application that goes without closing lets go of its sessions, whatever they do",
          "[engine][public_engine]") {
  const auto token = std::make_shared<int>();
  std::vector<std::weak_ptr<engine::session>> seen;
  {
    engine_world house;
    memory_client polling = house.connect();
    polling.send(get(house.open_polling(polling)));  // held
    memory_client upgrading = house.connect();
    const std::string target = house.open_polling(upgrading);
    memory_websocket probe =
        house.websocket("/engine.io/?EIO=4&transport=websocket" + target.substr(target.find("&sid=")));
    probe.send_text("2probe");
    memory_client posting = house.connect();
    posting.send("POST " + house.open_polling(posting) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n4half");
    memory_websocket plain = house.websocket();
    memory_websocket blocked = house.websocket("/engine.io/?EIO=4&transport=websocket", "", 1000);
    REQUIRE(house.sessions.size() == 5);
    const auto keep = [](engine_session s, std::shared_ptr<int> t) -> task<> {
      co_await s.send(std::string(3'000'000, 'x'));  // above the high-water mark: waits
      *t = 1;
    };
    auto waiting = keep(house.sessions[4], token);
    boost::asio::co_spawn(house.sessions[4].internals()->get_strand(), std::move(waiting), [](std::exception_ptr) {});
    for (const auto& s : house.sessions) {
      s.on_close([token, s](reason) { *token = 2; });
      s.on_message([token, s](message) -> task<> { co_return; });
      seen.push_back(s.internals());
    }
    house.w.settle();
    CHECK(token.use_count() == 12);
    house.sessions.clear();
  }
  CHECK(token.use_count() == 1);
  CHECK(*token == 0);  // nobody was told
  for (const auto& s : seen) CHECK(s.expired());
}

TEST_CASE("a session that outlives its application with an io_context of its own is over", "[engine][public_engine]") {
  engine_session kept;
  {
    mailbox<engine_session> opened;
    http::app app(echo_engine::local());
    const engine_server engine(app);
    engine.on_connection([&](engine_session s) { opened.put(std::move(s)); });
    const auto port = app.listen();
    std::thread running([&] { app.run(); });
    websocket_client ws(port, "/engine.io/?EIO=4&transport=websocket");
    kept = opened.take();
    app.stop();
    running.join();
  }
  CHECK_FALSE(kept.open());
  CHECK(kept.id().size() == 20);
  CHECK(kept.remote_address() == "127.0.0.1");
  CHECK(kept.buffered() == 0);
  world w;
  CHECK(w.run(kept.send("late"s)).refused == 1);
  w.run(kept.close(true));
  std::vector<std::string> told;
  kept.on_close([&](reason why) { told.emplace_back(why.text()); });
  CHECK(told.empty());  // its strand is gone
}

// ---------------------------------------------------------------- handlers of one session

namespace {

// An engine that sends every message back, and counts the handlers that run.
struct counted_echo : engine_world {
  explicit counted_echo(engine_options settings) : engine_world(std::move(settings)) {
    engine.on_connection([this](engine_session s) {
      s.on_message([this, s](message m) -> task<> {
        most = std::max(most, ++running);
        ++started;
        co_await s.send(m);
        --running;
      });
    });
  }
  int running = 0;
  int most = 0;
  int started = 0;
};

// Writes as much as the server takes. @return the bytes.
std::size_t write_until_full(engine_world& house, memory_websocket& ws, std::string_view bytes) {
  std::size_t done = 0;
  for (;;) {
    boost::system::error_code ec;
    const iovec piece{const_cast<char*>(bytes.data()) + done, bytes.size() - done};
    const std::size_t n = ws.peer().stream().write_some({&piece, 1}, ec);
    house.w.settle();
    done += n;
    if (n == 0) return done;
  }
}

}  // namespace

TEST_CASE("an echo that nobody reads is bounded: in handlers, and in bytes that wait", "[engine][public_engine]") {
  engine_options settings;
  settings.max_handlers_in_flight = 4;
  settings.max_held_bytes = 100'000;
  settings.high_water_mark = 10'000;
  counted_echo house(settings);
  memory_websocket ws = house.websocket();
  std::string all;
  for (int i = 0; i < 20'000; ++i) all += text_frame("4message " + std::to_string(i));  // 400 kB
  std::size_t done = write_until_full(house, ws, all);
  CHECK(done < all.size());
  CHECK(house.running == 4);
  const auto& s = house.sessions.at(0).internals();
  CHECK(s->held_bytes() > 100'000);
  CHECK(s->held_bytes() < 100'000 + 4 * 131'072 + 4 * 2'048);
  int echoed = 0;
  for (int round = 0; round < 1'000 && echoed < 20'000; ++round) {
    for (std::string got = ws.text(); got != "(nothing)"; got = ws.text())
      if (got == "4message " + std::to_string(echoed)) ++echoed;
    done += write_until_full(house, ws, std::string_view(all).substr(done));
  }
  CHECK(echoed == 20'000);
  CHECK(house.most == 4);
  CHECK(house.running == 0);
  ws.send_text("4once more");
  CHECK(ws.text() == "4once more");
  CHECK(s->held_bytes() == 0);
}

TEST_CASE("what is no message is read while messages wait", "[engine][public_engine]") {
  engine_options settings;
  settings.max_handlers_in_flight = 1;
  engine_world house(settings);
  memory_websocket ws = house.websocket();
  std::vector<std::shared_ptr<async::suspension>> waiting;
  std::vector<std::string> begun;
  house.sessions.at(0).on_message([&](message m) -> task<> {
    begun.push_back(m.text());
    auto hand_out = [&](std::shared_ptr<async::suspension> me) { waiting.push_back(std::move(me)); };
    co_await async::suspend(std::move(hand_out));
  });
  house.w.settle();
  ws.send(text_frame("4a") + text_frame("4b") + text_frame("4c"));
  CHECK(begun == std::vector<std::string>{"a"});
  waiting.at(0)->end();
  house.w.settle();
  CHECK(begun == std::vector<std::string>{"a", "b"});
  ws.send_text("1");
  REQUIRE(house.closed.size() == 1);
  CHECK(house.closed[0].text() == "transport close");
  waiting.at(1)->end();
  house.w.settle();
  CHECK(begun.size() == 2);  // c has gone with its session
}

TEST_CASE("messages that wait go with an io_context that ends", "[engine][public_engine]") {
  const auto token = std::make_shared<int>();
  {
    engine_options settings;
    settings.max_handlers_in_flight = 1;
    engine_world house(settings);
    memory_websocket ws = house.websocket();
    std::vector<std::shared_ptr<async::suspension>> waiting;
    house.sessions.at(0).on_message([&waiting, token](message) -> task<> {
      auto hand_out = [&](std::shared_ptr<async::suspension> me) { waiting.push_back(std::move(me)); };
      co_await async::suspend(std::move(hand_out));
    });
    house.w.settle();
    ws.send(text_frame("4a") + text_frame("4b"));
    CHECK(waiting.size() == 1);
    house.sessions.clear();
  }
  CHECK(token.use_count() == 1);
}
