// engine_session as applications use it: sending in order, waiting until it is out, being told of upgrade and end.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/echo_engine.hpp"
#include "support/mailbox.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string sep = "\x1e";

// Sends, waits until it is out, and says so.
task<> send_and_tell(engine_session s, std::string text, std::vector<std::string>* log) {
  co_await s.send(text);
  const bool sent = co_await s.drained();
  log->push_back(text + (sent ? " sent" : " lost"));
}

}  // namespace

TEST_CASE("a session tells who it is, on every transport", "[engine][raw_session]") {
  engine_world house;
  memory_client gets = house.connect();
  house.open_polling(gets, "EIO=4&name=Anna");
  const engine_session s = house.sessions[0];
  int upgrades = 0;
  s.on_upgrade([&] { ++upgrades; });
  CHECK(s.open());
  CHECK(s.transport() == "polling");
  CHECK(s.protocol() == 4);
  CHECK(s.remote_address() == "127.0.0.1");
  memory_websocket ws = house.websocket("/engine.io/?EIO=4&transport=websocket&sid=" + s.id());
  ws.send_text("2probe");
  CHECK(upgrades == 0);
  ws.send_text("5");
  CHECK(upgrades == 1);
  CHECK(s.transport() == "websocket");
  CHECK(s.request().query("name") == "Anna");  // edge 38: the first request
  CHECK(s.request().query("transport") == "polling");
  ws.send(close_frame_of_client());
  CHECK_FALSE(s.open());
  CHECK(upgrades == 1);
  CHECK(house.closed.size() == 1);
}

// edge 134
TEST_CASE("sends are confirmed in order, once each, when they are out", "[engine][raw_session]") {
  engine_world house;
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  std::vector<std::string> log;
  for (const char* text : {"a", "b", "c"})
    boost::asio::co_spawn(house.w.context(), send_and_tell(house.sessions[0], text, &log), [](std::exception_ptr) {});
  house.w.settle();
  CHECK(log.empty());  // nobody has fetched it
  CHECK(house.sessions[0].buffered() > 0);
  CHECK(gets.ask(get(target)).body == "4a" + sep + "4b" + sep + "4c");
  CHECK(log == std::vector<std::string>{"a sent", "b sent", "c sent"});
  CHECK(house.sessions[0].buffered() == 0);
  boost::asio::co_spawn(house.w.context(), send_and_tell(house.sessions[0], "d", &log), [](std::exception_ptr) {});
  house.w.settle();
  house.w.run(house.sessions[0].close(true));
  CHECK(log.back() == "d lost");
  CHECK_FALSE(house.w.run(house.sessions[0].drained()));
}

TEST_CASE("on WebSocket a send is confirmed when the kernel has it", "[engine][raw_session]") {
  engine_world house;
  memory_websocket ws = house.websocket("/engine.io/?EIO=4&transport=websocket", "", 4096);
  CHECK(ws.text().starts_with("0{"));
  std::vector<std::string> log;
  boost::asio::co_spawn(house.w.context(), send_and_tell(house.sessions[0], std::string(100'000, 'x'), &log),
                        [](std::exception_ptr) {});
  house.w.settle();
  CHECK(log.empty());  // the peer has no room
  CHECK(house.sessions[0].buffered() > 90'000);
  for (int i = 0; i < 100 && log.empty(); ++i) (void)ws.next();
  CHECK(log.size() == 1);
  CHECK(house.sessions[0].buffered() == 0);
}

TEST_CASE("a session sends, waits and closes with futures", "[engine][raw_session]") {
  using boost::asio::use_future;
  engine_world house;
  memory_client gets = house.connect();
  const std::string target = house.open_polling(gets);
  const engine_session s = house.sessions[0];
  std::string text = "a";
  auto first = s.async_send(use_future, std::string_view(text));
  text = "b";  // the text of the call is sent
  auto second = s.async_send(use_future, binary(std::string("\x01\x02")));
  auto third = s.async_send(use_future, message(std::string("m")));
  auto out = s.async_drained(use_future);
  CHECK(s.buffered() == 0);  // nothing starts before the strand runs
  house.w.settle();
  CHECK(wait(std::move(first)).queued == 1);
  CHECK(wait(std::move(second)).queued == 1);
  CHECK(wait(std::move(third)).queued == 1);
  CHECK(out.wait_for(0s) == std::future_status::timeout);
  CHECK(gets.ask(get(target)).body == "4a" + sep + "bAQI=" + sep + "4m");
  house.w.settle();
  CHECK(wait(std::move(out)));
  auto memory = s.async_memory(use_future);
  auto closed = s.async_close(use_future, true);
  house.w.settle();
  wait(std::move(memory));
  wait(std::move(closed));
  CHECK_FALSE(s.open());
  auto late = s.async_send(use_future, std::string("late"));
  house.w.settle();
  CHECK(wait(std::move(late)).refused == 1);
}

TEST_CASE("an engine closes with a future", "[engine][raw_session]") {
  engine_world house;
  memory_client gets = house.connect();
  house.open_polling(gets);
  auto closed = house.engine.async_close(boost::asio::use_future);
  house.w.settle();
  wait(std::move(closed));
  CHECK_FALSE(house.sessions[0].open());
}

TEST_CASE("waiting for the queue can be cancelled", "[engine][raw_session]") {
  engine_world house;
  memory_client client = house.connect();
  house.open_polling(client);
  house.w.run(house.sessions[0].send(std::string("a")));
  boost::asio::cancellation_signal stop;
  std::exception_ptr thrown;
  bool ended = false;
  boost::asio::co_spawn(house.w.context(), house.sessions[0].drained(),
                        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, bool) {
                          thrown = e;
                          ended = true;
                        }));
  house.w.settle();
  CHECK_FALSE(ended);
  stop.emit(boost::asio::cancellation_type::terminal);
  house.w.settle();
  CHECK(ended);
  CHECK(thrown != nullptr);
  CHECK(house.sessions[0].open());
}

// edge 135
TEST_CASE("when a session ends it can be seen what the client did not get", "[engine][raw_session]") {
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  const engine_session s = house.sessions[0];
  std::optional<std::size_t> left;
  s.on_close([&](reason) { left = s.buffered(); });
  house.w.run(s.send(std::string("never read")));
  const std::size_t queued = s.buffered();
  CHECK(queued > 10);
  CHECK(client.ask(post(target, "1")).body == "ok");
  CHECK(left == queued);
  CHECK(s.buffered() == 0);
}

TEST_CASE("what is sent to a session that has ended is refused, not queued", "[engine][raw_session]") {
  engine_world house;
  memory_client client = house.connect();
  const std::string target = house.open_polling(client);
  CHECK(client.ask(post(target, "1")).body == "ok");
  const report r = house.w.run(house.sessions[0].send(std::string("late")));
  CHECK(r.queued == 0);
  CHECK(house.sessions[0].buffered() == 0);
  house.w.run(house.sessions[0].close());
  CHECK(house.closed.size() == 1);
}

TEST_CASE("messages come in order, text and binary", "[engine][raw_session]") {
  engine_world house;
  memory_websocket ws = house.websocket();
  ws.send(text_frame("4one") + binary_frame("two") + text_frame("4"));
  CHECK(house.messages == std::vector<std::string>{"one", "<two>", ""});
}
