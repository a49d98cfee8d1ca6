// The account of a client: what Socket.IO charges to it, the limit, and that all of it is given back.

#include "base/account.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/suspension.hpp"
#include "engine/engine_world.hpp"
#include "socketio/sio_world.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

const std::string over_websocket = "/socket.io/?EIO=4&transport=websocket";

std::uint64_t kept(const server& by, std::string_view kind) {
  for (const auto& one : by.metrics().kept_bytes)
    if (one.name == kind) return one.count;
  return 0;
}
std::uint64_t hits(const server& by, std::string_view name) {
  for (const auto& one : by.metrics().limits_hit)
    if (one.name == name) return one.count;
  return 0;
}
std::string kinds_kept(const server& by) {
  std::string out;
  for (const auto& one : by.metrics().kept_bytes)
    if (one.count != 0) out.append(one.name).append(" ");
  return out;
}

memory_websocket websocket(sio_world& in, const std::string& more = {}) {
  memory_websocket made(in.connect(), over_websocket + more);
  made.text();
  return made;
}
// The answer to a CONNECT, without the id in it.
std::string joined(memory_websocket& by, const std::string& packet) {
  by.send_text("40" + packet);
  std::string reply = by.text();
  const auto id = reply.find("{\"sid\"");
  return id == std::string::npos ? reply : reply.substr(0, id);
}
std::string with_text(std::size_t bytes) { return R"({"token":")" + std::string(bytes, 'x') + "\"}"; }

// Options that leave max_client_bytes this number, because its parts are small.
options narrow(std::size_t most, std::size_t payload) {
  options opts;
  opts.max_queued_bytes = opts.high_water_mark = 1'000;
  opts.max_payload = payload;
  opts.max_held_bytes = 100;
  opts.max_client_bytes = most;
  return opts;
}
void report_failure(const std::exception_ptr& thrown) { CHECK_FALSE(thrown); }
std::size_t all_kept(const server& by) {
  std::size_t sum = 0;
  for (const auto& one : by.metrics().kept_bytes) sum += one.count;
  return sum;
}

}  // namespace

TEST_CASE("a CONNECT is charged to its client, with its payload, until the socket has left", "[socketio][account]") {
  sio_world house;
  house.io.of("/chat");
  memory_websocket c = websocket(house);
  CHECK(kept(house.io, "namespaces") == 0);
  CHECK(joined(c, "") == "40");
  const auto first = kept(house.io, "namespaces");
  CHECK(first > 500);
  CHECK(first < 5'000);
  CHECK(joined(c, "/chat," + with_text(10'000)) == "40/chat,");
  CHECK(kept(house.io, "namespaces") > 2 * first + 10'000);
  CHECK(kept(house.io, "namespaces") < 2 * first + 11'000);
  c.send_text("41/chat,");
  CHECK(kept(house.io, "namespaces") == first);
  c.send(close_frame_of_client());
  CHECK(kept(house.io, "namespaces") == 0);
}

TEST_CASE("a payload is charged as what it is in memory, not as its text", "[socketio][account]") {
  sio_world house;
  memory_websocket c = websocket(house);
  std::string lists;
  for (int i = 0; i < 1'000; ++i) lists += i == 0 ? "[]" : ",[]";
  CHECK(joined(c, "{\"a\":[" + lists + "]}") == "40");
  CHECK(kept(house.io, "namespaces") > 1'000 * sizeof(boost::json::value));
}

TEST_CASE("protocol 4: the query of a namespace is charged, and that of the request with it", "[socketio][account]") {
  sio_world house;
  house.io.of("/chat");
  visitor c = house.knock({"polling", way::kind::polling, 3});
  c.enter("&token=" + std::string(3'000, 'x'));
  const auto first = kept(house.io, "namespaces");
  CHECK(first > 500);  // it has joined "/" by itself
  c.message("0/chat");
  const auto second = kept(house.io, "namespaces");
  CHECK(second < 3 * first);
  c.message("1/chat");
  c.message("0/chat?a=b");
  CHECK(kept(house.io, "namespaces") > second + 3'000);
  c.packet("1");
  CHECK(kept(house.io, "namespaces") == 0);
}

TEST_CASE("above max_client_bytes a CONNECT is refused, and all else stays", "[socketio][account]") {
  sio_world house(narrow(100'000, 50'000));
  const std::vector<std::string> names = {"/a,", "/b,", "/c,", "/d,", "/e,", "/f,"};
  for (const std::string& name : names) house.io.of(name.substr(0, 2));
  house.io.of("/small");
  memory_websocket c = websocket(house);
  CHECK(joined(c, "") == "40");
  std::size_t in = 0;
  std::uint64_t before = 0;
  std::string reply;
  for (; in < names.size(); ++in) {
    before = kept(house.io, "namespaces");
    reply = joined(c, names[in] + with_text(20'000));
    if (reply != "40" + names[in]) break;
  }
  CHECK(in >= 3);
  REQUIRE(in < 5);
  CHECK(reply == "44" + names[in] + R"({"message":"limit reached: max_client_bytes"})");
  CHECK(hits(house.io, "max_client_bytes") == 1);
  CHECK(kept(house.io, "namespaces") == before);
  CHECK(joined(c, "/small,") == "40/small,");
  c.send_text(R"(42["say","still here"])");
  CHECK(house.has_heard("still here"));
  c.send_text("41/a,");
  CHECK(joined(c, names[in] + with_text(20'000)) == "40" + names[in]);
  CHECK(house.left.empty());
}

TEST_CASE("a CONNECT may take the last byte of max_client_bytes, and no more", "[socketio][account]") {
  // @return the bytes that are kept for a client in "/" and "/a"; 0 when "/a" was refused.
  const auto try_with = [](std::size_t most) -> std::size_t {
    sio_world house(narrow(most, 5'000));
    house.io.of("/a");
    memory_websocket c = websocket(house);
    CHECK(joined(c, "") == "40");
    return joined(c, "/a," + with_text(2'000)).starts_with("44") ? 0 : all_kept(house.io);
  };
  const std::size_t needed = try_with(1'000'000);
  REQUIRE(needed > 6'200);  // narrow() allows so many in any case
  CHECK(try_with(needed) == needed);
  CHECK(try_with(needed - 1) == 0);
}

TEST_CASE("1,000 empty namespaces on one connection are no burden", "[socketio][account]") {
  sio_world house;
  for (int i = 0; i < 999; ++i) house.io.of("/n-" + std::to_string(i));
  memory_websocket c = websocket(house);
  CHECK(joined(c, "") == "40");
  for (int i = 0; i < 999; ++i) {
    const std::string name = "/n-" + std::to_string(i) + ",";
    CHECK(joined(c, name) == "40" + name);
  }
  CHECK(kept(house.io, "namespaces") < 4'000'000);
  c.send(close_frame_of_client());
  CHECK(kept(house.io, "namespaces") == 0);
}

TEST_CASE("a namespace that is made for a client is charged to it", "[socketio][account]") {
  sio_world house;
  house.io.of(pattern("/made-{digits}"));
  house.io.of("/there-1");
  memory_websocket one = websocket(house);
  memory_websocket two = websocket(house);
  CHECK(joined(one, "/there-1,") == "40/there-1,");
  const auto found = kept(house.io, "namespaces");
  CHECK(joined(one, "/made-1,") == "40/made-1,");
  const auto made = kept(house.io, "namespaces") - found;
  CHECK(made > found + 1'000);
  CHECK(joined(two, "/made-1,") == "40/made-1,");  // it is there by now
  CHECK(kept(house.io, "namespaces") < found + made + found + 100);
  two.send_text("41/made-1,");
  one.send_text("41/made-1,");
  CHECK(kept(house.io, "namespaces") == found);
}

TEST_CASE("a namespace for which there is no memory is not made, nor is anybody asked", "[socketio][account]") {
  int asked = 0;
  const auto allow = [&asked](std::string, handshake) -> task<bool> {
    ++asked;
    co_return true;
  };
  std::size_t needed = 0;
  {
    sio_world house(narrow(1'000'000, 5'000));
    house.io.of(allow);
    memory_websocket c = websocket(house);
    CHECK(joined(c, "/first,") == "40/first,");
    needed = all_kept(house.io);
  }
  asked = 0;
  sio_world house(narrow(needed + 1'500, 5'000));  // enough for a place, and not for a namespace
  house.io.of(allow);
  memory_websocket c = websocket(house);
  CHECK(joined(c, "/first,") == "40/first,");
  CHECK(joined(c, "/second,") == R"(44/second,{"message":"limit reached: max_client_bytes"})");
  CHECK(asked == 1);
  CHECK(hits(house.io, "max_client_bytes") == 1);
  CHECK(house.io.metrics().namespaces == 2);  // "/" and "/first"
  CHECK(all_kept(house.io) == needed);
  c.send_text("41/first,");
  CHECK(joined(c, "/second,") == "40/second,");
}

TEST_CASE("what a CONNECT was charged is given back whatever becomes of it", "[socketio][account]") {
  sio_world house;
  std::vector<std::shared_ptr<async::suspension>> waiting;
  const auto wait = [&waiting](cosio::socket&, next go) -> task<> {
    auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting.push_back(std::move(me)); };
    co_await async::suspend(std::move(hand_out));
    co_await go();
  };
  house.io.of("/slow").use(wait);
  house.io.of("/no").use([](cosio::socket&, next) -> task<> {
    throw refusal("no");
    co_return;
  });
  memory_websocket c = websocket(house);
  CHECK(joined(c, "") == "40");
  const auto base = kept(house.io, "namespaces");
  SECTION("refused by a middleware") { CHECK(joined(c, "/no," + with_text(1'000)) == R"(44/no,{"message":"no"})"); }
  SECTION("unknown") { CHECK(joined(c, "/nowhere," + with_text(1'000)).starts_with("44/nowhere,")); }
  SECTION("the second of two, which is ignored") {
    c.send_text("40/slow,");
    c.send_text("40/slow," + with_text(1'000));
    CHECK(kept(house.io, "namespaces") < base + 5'000);
    waiting.at(0)->end();
    house.w.settle();
    CHECK(c.text().starts_with("40/slow,"));
    c.send_text("41/slow,");
  }
  SECTION("disconnected by the server") {
    house.w.run(house.sockets.at(0).disconnect());
    CHECK(kept(house.io, "namespaces") == 0);
    CHECK(c.text() == "41");
    CHECK(joined(c, "") == "40");
  }
  SECTION("gone while a middleware waits") {
    c.send_text("40/slow," + with_text(1'000));
    CHECK(kept(house.io, "namespaces") > base + 1'000);
    c.send(close_frame_of_client());
    CHECK(kept(house.io, "namespaces") == 0);
    for (const auto& one : waiting) one->end();
    house.w.settle();
    return;
  }
  CHECK(kept(house.io, "namespaces") == base);
  c.peer().reset();
  house.w.settle();
  CHECK(kept(house.io, "namespaces") == 0);
}

TEST_CASE("what is charged is given back when the io_context ends with the clients in it", "[socketio][account]") {
  std::shared_ptr<base::counters> counted;
  {
    sio_world house;
    house.io.of("/chat");
    counted = house.io.engine().internals()->shared_counters();
    memory_websocket c = websocket(house);
    CHECK(joined(c, "") == "40");
    CHECK(joined(c, "/chat," + with_text(1'000)) == "40/chat,");
    CHECK(counted->sum(base::counter::kept_bytes + static_cast<std::size_t>(base::kept::namespaces)) > 1'000);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(base::kept::count); ++i) {
    CAPTURE(to_string(static_cast<base::kept>(i)));
    CHECK(counted->sum(base::counter::kept_bytes + i) == 0);
  }
}

TEST_CASE("nothing of any kind is kept when all clients have gone", "[socketio][account]") {
  options opts;
  opts.max_handlers_in_flight = 1;
  sio_world house(opts);
  house.io.of("/chat");
  std::vector<std::shared_ptr<async::suspension>> waiting;
  house.io.on_connection([&waiting](cosio::socket s) {
    s.on("join", [s](std::string room) -> task<> { co_await s.join(room); });
    s.on("wait", [&waiting]() -> task<> {
      auto hand_out = [&waiting](std::shared_ptr<async::suspension> me) { waiting.push_back(std::move(me)); };
      co_await async::suspend(std::move(hand_out));
    });
  });
  memory_websocket c = websocket(house, "&token=" + std::string(5'000, 'x'));
  const auto is_kept = [&](const char* kind, std::uint64_t at_least) {
    CAPTURE(kind, kinds_kept(house.io));
    CHECK(kept(house.io, kind) >= at_least);
  };
  CHECK(joined(c, "") == "40");
  CHECK(joined(c, "/chat," + with_text(20'000)) == "40/chat,");
  is_kept("head", 5'000);
  is_kept("namespaces", 20'000);
  c.send_text(R"(42["join","a room"])");
  is_kept("rooms", 50);
  c.send_text(R"(42["wait"])");
  c.send_text(R"(42["say","one that waits"])");
  is_kept("events", 50);
  c.send_text(R"(452-["bytes",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  c.send(binary_frame(std::string(30'000, 'y')));
  is_kept("input", 30'000);
  const std::string part = text_frame(R"(42["say",")" + std::string(40'000, 'z') + "\"]");
  c.send(std::string_view(part).substr(0, 30'000));
  is_kept("input", 55'000);
  for (int i = 0; i < 10; ++i) house.w.run(house.io.emit("news", std::string(50'000, 'n')));
  is_kept("frames", 100'000);

  SECTION("the client ends the connection") { c.peer().reset(); }
  SECTION("the server ends the session") { house.w.run(house.sockets.at(0).disconnect(true)); }
  SECTION("nobody answers the heartbeat") {}
  house.w.settle();
  for (const auto& one : waiting) one->end();
  house.w.settle();
  house.sockets.clear();
  waiting.clear();
  for (int i = 0; i < 6; ++i) house.w.advance(10s);  // two of the clients above are lost by their heartbeat
  CHECK(house.io.engine().clients_count() == 0);
  CHECK(kinds_kept(house.io).empty());
}

TEST_CASE("unfinished packets are charged by polling, too, and the text of a finished one is not kept",
          "[socketio][account]") {
  sio_world house;
  visitor c = house.join({"polling", way::kind::polling, 4});
  const std::string attachment = "b" + std::string(40'000, 'A');
  CHECK(c.post(R"(452-["bytes",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])").value().status == 200);
  CHECK(c.post(attachment).value().status == 200);
  CHECK(kept(house.io, "input") >= 30'000);
  CHECK(kept(house.io, "input") < 31'000);
  CHECK(c.post(attachment).value().status == 200);
  CHECK(kept(house.io, "input") == 0);
  c.packet("1");
  CHECK(kinds_kept(house.io).find("namespaces") == std::string::npos);
}

namespace {

// Clients that were asked together. The answers are kept until all of them have come, or the time is over.
struct asked_room {
  explicit asked_room(options opts = {}) : house(std::move(opts)), slow(websocket(house)), quick(websocket(house)) {
    joined(slow, "");
    joined(quick, "");
    auto ask = [this]() -> task<> { got = co_await house.io.timeout(10s).emit_with_ack("question"); };
    boost::asio::co_spawn(house.io.executor(), std::move(ask), report_failure);
    house.w.settle();
  }
  std::uint64_t events_kept() const { return kept(house.io, "events"); }

  sio_world house;
  memory_websocket slow;
  memory_websocket quick;
  std::optional<answers> got;
};

}  // namespace

TEST_CASE("an answer that is kept until others have answered is charged to its client", "[socketio][account]") {
  asked_room room;
  CHECK(room.quick.text() == R"(420["question"])");
  CHECK(room.events_kept() == 0);
  room.quick.send_text(R"(430[")" + std::string(50'000, 'a') + R"("])");
  CHECK(room.events_kept() >= 50'000);
  CHECK(room.events_kept() < 60'000);
  room.quick.send_text(R"(430[")" + std::string(50'000, 'a') + R"("])");  // nobody waits for a second one
  CHECK(room.events_kept() < 60'000);
  CHECK_FALSE(room.got);

  std::size_t came = 1;
  SECTION("until all answers are there") {
    room.slow.send_text("430[]");
    came = 2;
  }
  SECTION("until the time is over") { room.house.w.advance(10s); }
  SECTION("also when its client has left before") {
    room.quick.peer().reset();
    room.house.w.settle();
    CHECK(room.events_kept() >= 50'000);
    room.house.w.advance(10s);
  }
  REQUIRE(room.got);
  CHECK(room.got->responses().size() == came);
  CHECK(room.events_kept() == 0);
}

TEST_CASE("a client whose answer would pass max_client_bytes ends, and its answer is missing", "[socketio][account]") {
  asked_room room(narrow(21'000, 20'000));
  CHECK(room.quick.text() == R"(420["question"])");
  // Many small numbers take more memory than their text, which is far below max_payload.
  std::string numbers = "1";
  for (int i = 0; i < 2'000; ++i) numbers += ",1";
  room.quick.send_text("430[[" + numbers + "]]");
  CHECK(hits(room.house.io, "max_client_bytes") == 1);
  CHECK(room.house.left == std::vector<std::string>{"forced close"});
  CHECK(room.events_kept() == 0);
  room.slow.send_text("430[]");
  REQUIRE(room.got);
  CHECK(room.got->responses().size() == 1);
  CHECK_FALSE(room.got->complete());
}

TEST_CASE("an answer that a handler gets at once is not charged", "[socketio][account]") {
  sio_world house;
  memory_websocket c = websocket(house);
  joined(c, "");
  std::string got;
  auto ask = [&]() -> task<> { got = co_await house.sockets.at(0).emit_with_ack<std::string>("question"); };
  boost::asio::co_spawn(house.io.executor(), std::move(ask), report_failure);
  house.w.settle();
  CHECK(c.text() == R"(420["question"])");
  c.send_text(R"(430[")" + std::string(50'000, 'a') + R"("])");
  CHECK(got.size() == 50'000);
  CHECK(kinds_kept(house.io) == "head namespaces ");
}
