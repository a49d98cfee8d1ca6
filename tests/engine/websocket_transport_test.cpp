// One WebSocket connection: reading, gathered writing, and the ways in which it ends.

#include "engine/websocket_transport.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/gate.hpp"
#include "engine/make_session.hpp"
#include "engine/message_deflate.hpp"
#include "support/catch.hpp"
#include "support/http_client.hpp"
#include "support/websocket_client.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using engine::websocket_transport;

namespace {

// Writes down what it hears.
class owner final : public engine::transport_owner {
 public:
  void on_item(websocket_transport& from, const wire::frame_item& item) override {
    heard.push_back((item.what == wire::frame_item::kind::binary ? "binary "
                     : item.what == wire::frame_item::kind::ping ? "ping "
                                                                 : "text ") +
                    std::string(item.data));
    if (on_text) on_text(from);
    if (on_message) on_message(from, item.data);
  }
  void on_input_end(websocket_transport&) override { heard.emplace_back("."); }
  void on_writable(websocket_transport&) override { heard.emplace_back("writable"); }
  void on_lost(websocket_transport&, const reason& why) override {
    heard.push_back("lost: " + std::string(why.text()) + ", " + why.detail());
  }
  async::duration time_to_answer_close() noexcept override { return 2s; }

  std::vector<std::string> take() { return std::exchange(heard, {}); }

  std::vector<std::string> heard;
  std::function<void(websocket_transport&)> on_text;
  std::function<void(websocket_transport&, std::string_view)> on_message;
};

using heard = std::vector<std::string>;

// A transport whose peer is the test.
struct transport_world {
  explicit transport_world(engine::websocket_settings settings = {}, std::size_t capacity = 64 * 1024) {
    async::memory_streams pair(capacity);
    peer = std::make_unique<memory_client>(w, std::move(pair.far));
    transport = make_transport(w, std::move(pair.near), strand, std::move(settings), async::gate::pass(gate));
  }
  template <class F>
  void on_strand(F work) {
    boost::asio::post(strand, work);
    w.settle();
  }
  void start(const std::string& leftover = "") {
    on_strand([&] { transport->start(above, leftover); });
  }
  websocket_transport::written write(std::vector<engine::shared_frame> frames) { return transport->write(frames); }
  std::optional<server_frame> next() {
    received += peer->received();
    return take_frame(received);
  }

  world w;
  const async::strand strand = w.make_strand();
  const std::shared_ptr<owner> above = std::make_shared<owner>();
  const std::shared_ptr<async::gate> gate = std::make_shared<async::gate>();
  std::unique_ptr<memory_client> peer;
  std::shared_ptr<websocket_transport> transport;
  std::string received;
};

engine::shared_frame text(std::string_view data) { return engine::frame::text(wire::packet_type::message, data); }

}  // namespace

TEST_CASE("what was read beyond the handshake comes first, then what comes", "[engine][websocket_transport]") {
  transport_world t;
  t.start(text_frame("4glued") + binary_frame("\x01").substr(0, 3));
  CHECK(t.above->take() == heard{"text 4glued", "."});
  t.peer->send(binary_frame("\x01").substr(3) + text_frame("4more"));
  CHECK(t.above->take() == heard{"binary \x01", "text 4more", "."});
}

TEST_CASE("pings are the owner's to answer, pongs are ignored", "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  client_frame ping;
  ping.op = 0x9;
  ping.payload = "p";
  client_frame pong = ping;
  pong.op = 0xA;
  t.peer->send(pong.bytes() + ping.bytes());
  CHECK(t.above->take() == heard{"ping p", "."});
}

TEST_CASE("a transport that is held reads nothing, and goes on afterwards", "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  t.on_strand([&] { t.transport->pause_reading(true); });
  t.peer->send(text_frame("4a"));
  CHECK(t.above->take().empty());
  t.on_strand([&] { t.transport->pause_reading(false); });
  CHECK(t.above->take() == heard{"text 4a", "."});
}

TEST_CASE("frames are written in their order, what the peer has no room for is kept", "[engine][websocket_transport]") {
  transport_world t({}, 1000);
  t.start();
  CHECK(t.write({text("one"), engine::frame::binary(wire::revision::v4, binary("two"s))}) ==
        websocket_transport::written::all);
  CHECK(t.next()->payload == "4one");
  CHECK(t.next()->payload == "two");

  const std::string large(2500, 'x');
  CHECK(t.write({text("a"), text(large), text("b")}) == websocket_transport::written::blocked);
  auto result = websocket_transport::written::blocked;
  int rounds = 0;
  while (result == websocket_transport::written::blocked && rounds < 10) {
    t.on_strand([&] { t.transport->wait_writable(); });
    t.received += t.peer->received();
    t.w.settle();
    REQUIRE(t.above->take() == heard{"writable"});
    result = t.transport->resume();
    ++rounds;
  }
  CHECK(result == websocket_transport::written::all);
  CHECK(rounds >= 2);
  CHECK(t.next()->payload == "4a");
  CHECK(t.next()->payload == "4" + large);
  CHECK(t.next()->payload == "4b");
}

TEST_CASE("more frames than one call takes are written all", "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  std::vector<engine::shared_frame> many;
  for (int i = 0; i < 300; ++i) many.push_back(text(std::to_string(i)));
  CHECK(t.write(many) == websocket_transport::written::all);
  for (int i = 0; i < 300; ++i) CHECK(t.next()->payload == "4" + std::to_string(i));
}

TEST_CASE("a client that wants text gets binary as text", "[engine][websocket_transport]") {
  engine::websocket_settings settings;
  settings.base64 = true;
  transport_world t(std::move(settings));
  t.start();
  CHECK(t.write({engine::frame::binary(wire::revision::v4, binary("\x01\x02\x03\x04"s)), text("t")}) ==
        websocket_transport::written::all);
  const auto first = t.next();
  CHECK(first->is_text());
  CHECK(first->payload == "bAQIDBA==");
  CHECK(t.next()->payload == "4t");
}

TEST_CASE("what the peer does wrong is told once, and answered with its code", "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  client_frame unmasked;
  unmasked.masked = false;
  t.peer->send(text_frame("4a") + unmasked.bytes() + text_frame("4b"));
  const auto all = t.above->take();
  REQUIRE(all.size() == 3);
  CHECK(all[0] == "text 4a");
  CHECK(all[1].starts_with("lost: transport error, "));
  CHECK(t.next()->close_code() == 1002);
  t.peer->send(text_frame("4c"));
  CHECK(t.above->take().empty());
}

TEST_CASE("a peer that closes gets its code back, and the connection ends", "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  t.peer->send(close_frame_of_client(4001));
  CHECK(t.above->take() == heard{"lost: transport close, the peer sent a close frame", "."});
  CHECK(t.next()->close_code() == 4001);
  t.peer->close();
  t.w.settle();
  CHECK(t.gate->count() == 0);
}

TEST_CASE("a peer that is gone is told of, and the connection ends", "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  SECTION("an end") {
    t.peer->close();
    t.w.settle();
    CHECK(t.above->take() == heard{"lost: transport close, the peer ended the connection"});
  }
  SECTION("a reset") {
    t.peer->reset();
    t.w.settle();
    const auto all = t.above->take();
    REQUIRE(all.size() == 1);
    CHECK(all[0].starts_with("lost: transport close, "));
  }
  CHECK(t.gate->count() == 0);
  CHECK(t.write({text("late")}) == websocket_transport::written::failed);
}

TEST_CASE("closing says goodbye once, and waits for the peer, or for the timeout", "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  t.on_strand([&] {
    t.transport->close(1000, 3s);
    t.transport->close(1001, 9s);
  });
  CHECK(t.next()->close_code() == 1000);
  CHECK_FALSE(t.next());
  CHECK(t.gate->count() == 1);
  CHECK(t.write({text("late")}) == websocket_transport::written::failed);
  SECTION("the peer answers") {
    t.peer->send(text_frame("4ignored") + close_frame_of_client(1000));
    CHECK(t.gate->count() == 0);
  }
  SECTION("the peer ends the connection") {
    t.peer->close();
    t.w.settle();
    CHECK(t.gate->count() == 0);
  }
  SECTION("the peer does nothing") {
    t.w.advance(2999ms);
    CHECK(t.gate->count() == 1);
    t.w.advance(1ms);
    CHECK(t.gate->count() == 0);
  }
  CHECK(t.above->take().empty());
}

TEST_CASE("a connection that is closed inside a frame says no goodbye: it would be read as the frame's",
          "[engine][websocket_transport]") {
  transport_world t({}, 100);
  t.start();
  CHECK(t.write({text(std::string(500, 'x'))}) == websocket_transport::written::blocked);
  t.on_strand([&] { t.transport->close(1000, 5s); });
  std::string all;
  while (!t.peer->ended()) all += t.peer->received();
  all += t.peer->received();
  CHECK(all.size() == 100);
}

TEST_CASE("aborting says nothing and tells nobody", "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  t.on_strand([&] { t.transport->abort(); });
  CHECK(t.peer->ended());
  CHECK(t.peer->received().empty());
  CHECK(t.gate->count() == 0);
  CHECK(t.above->take().empty());
  t.on_strand([&] {
    t.transport->abort();
    t.transport->close(1000, 5s);
  });
  CHECK(t.transport.use_count() == 1);
}

TEST_CASE("an owner may end the transport in the middle of what came", "[engine][websocket_transport]") {
  transport_world t;
  t.above->on_text = [](websocket_transport& from) { from.abort(); };
  t.start();
  t.peer->send(text_frame("4one") + text_frame("4two"));
  CHECK(t.above->take() == heard{"text 4one", "."});
  CHECK(t.gate->count() == 0);
}

TEST_CASE("a small answer goes out at once, a peer with no room for it is lost", "[engine][websocket_transport]") {
  transport_world t({}, 20);
  t.start();
  t.on_strand([&] { t.transport->write_now(text("probe")); });
  CHECK(t.next()->payload == "4probe");
  t.on_strand([&] {
    t.transport->write_now(text("0123456789"));
    t.transport->write_now(text("0123456789"));
  });
  CHECK(t.above->take() == heard{"lost: transport error, the connection takes no bytes"});
}

TEST_CASE("a turn handles so many messages, and the rest comes in the next ones, in order",
          "[engine][websocket_transport]") {
  transport_world t;
  std::string flood;
  for (int i = 0; i < 2'500; ++i) flood += text_frame("4" + std::to_string(i));
  const std::string end = "\x88\x80" + std::string(4, '\0');
  SECTION("read at once") {
    t.start();
    t.peer->send(flood + end);
  }
  SECTION("read behind the handshake") { t.start(flood + end); }
  const heard all = t.above->take();
  std::size_t messages = 0;
  std::size_t in_turn = 0;
  for (const std::string& one : all) {
    if (one == ".") {
      CHECK(in_turn <= 1'000);
      in_turn = 0;
    } else if (!one.starts_with("lost")) {
      ++in_turn;
      CHECK(one == "text 4" + std::to_string(messages++));
    }
  }
  CHECK(messages == 2'500);
  CHECK(std::count(all.begin(), all.end(), "lost: transport close, the peer sent a close frame") == 1);
  CHECK(std::count(all.begin(), all.end(), ".") >= 3);
  CHECK(t.transport->unread_bytes() == 0);
}

TEST_CASE("reading that is paused stops behind the message that is handed up, and the rest waits",
          "[engine][websocket_transport]") {
  transport_world t;
  t.start();
  std::string flood;
  for (int i = 0; i < 1'500; ++i) flood += text_frame("4x");
  t.above->on_text = [](websocket_transport& from) { from.pause_reading(true); };
  t.peer->send(flood);
  t.above->on_text = nullptr;
  const heard first = t.above->take();
  CHECK(first.size() == 2);  // with the end of the turn
  CHECK(t.transport->unread_bytes() == 1'499 * text_frame("4x").size());
  t.on_strand([&] { t.transport->pause_reading(false); });
  CHECK(t.above->take().size() == 1'501);  // two turns
}

TEST_CASE("reading that pauses and goes on again while a message is handed up loses nothing",
          "[engine][websocket_transport]") {
  transport_world t;
  const std::string all = text_frame("4a") + text_frame("4b") + text_frame("4c");
  t.above->on_text = [](websocket_transport& from) {
    from.pause_reading(true);
    from.pause_reading(false);
  };
  SECTION("read from the connection") {
    t.start();
    t.peer->send(all);
  }
  SECTION("read behind the handshake") { t.start(all); }
  CHECK(t.above->take() == heard{"text 4a", ".", "text 4b", ".", "text 4c", "."});
}

TEST_CASE("a transport that is held before it starts reads nothing, not even what came with the handshake",
          "[engine][websocket_transport]") {
  transport_world t;
  t.on_strand([&] { t.transport->pause_reading(true); });
  t.start(text_frame("4a"));
  t.peer->send(text_frame("4b"));
  CHECK(t.above->take() == heard{"."});
  t.on_strand([&] { t.transport->pause_reading(false); });
  CHECK(t.above->take() == heard{"text 4a", "text 4b", "."});
}

TEST_CASE("reading that pauses behind each message does not copy the rest each time", "[engine][websocket_transport]") {
  transport_world t;
  std::vector<std::uintptr_t> places;
  t.above->on_message = [&places](websocket_transport& from, std::string_view data) {
    places.push_back(std::bit_cast<std::uintptr_t>(data.data()));
    from.pause_reading(true);
    from.pause_reading(false);
  };
  t.start();
  std::string flood;
  for (int i = 0; i < 50; ++i) flood += text_frame("4x");
  t.peer->send(flood);
  REQUIRE(places.size() == 50);
  std::size_t in_one_block = 0;
  for (std::size_t i = 2; i < places.size(); ++i)  // the first lies in the buffer for reading
    in_one_block += places[i] - places[i - 1] == text_frame("4x").size() ? 1 : 0;
  CHECK(in_one_block == 48);
  CHECK(t.transport->unread_bytes() == 0);
}

TEST_CASE("a turn is also limited in what its messages are inflated to", "[engine][websocket_transport]") {
  engine::websocket_settings settings;
  settings.limits.allow_compressed = true;
  const wire::deflate_agreement alone{.server_context_takeover = false, .client_context_takeover = false};
  settings.deflate = std::make_unique<engine::message_deflate>(alone, deflate_options());
  transport_world t(std::move(settings));
  wire::deflater with({});
  std::string small;
  const std::string large = "4" + std::string(200'000, 'x');
  const std::string_view pieces[] = {large};
  with.deflate(pieces, small);
  client_frame frame;
  frame.payload = small;
  std::string bytes = frame.bytes();
  bytes[0] = static_cast<char>(static_cast<unsigned char>(bytes[0]) | 0x40);
  std::string flood;
  for (int i = 0; i < 30; ++i) flood += bytes;
  t.start();
  t.peer->send(flood);
  std::size_t in_turn = 0;
  std::size_t messages = 0;
  for (const std::string& one : t.above->take()) {
    in_turn = one == "." ? 0 : in_turn + 1;
    if (one != ".") ++messages;
    CHECK(in_turn <= 6);
  }
  CHECK(messages == 30);
}
