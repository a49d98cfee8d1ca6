// Payloads of what waits, and answers to GETs.

#include "engine/polling_transport.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using cosio::engine::frame;
using cosio::engine::outbox;
using cosio::engine::poll_request;
using cosio::engine::polling_transport;
using cosio::engine::shared_frame;
using cosio::wire::packet_type;
using cosio::wire::revision;
using namespace std::string_literals;

namespace {

constexpr std::size_t plenty = 1'000'000;

shared_frame text(std::string_view data) { return frame::text(packet_type::message, data); }

outbox filled(const std::vector<shared_frame>& frames) {
  outbox o;
  o.push(frames, plenty);
  return o;
}

}  // namespace

TEST_CASE("a payload holds everything that waits", "[engine][polling_transport]") {
  outbox o = filled({text("hello"), frame::text(packet_type::ping, {}), text(""), text("€")});
  const std::size_t bytes = o.bytes();
  const auto p = polling_transport(revision::v4, false).take_payload(o, plenty);
  CHECK(p.body ==
        "4hello\x1e"
        "2\x1e"
        "4\x1e"
        "4€");
  CHECK_FALSE(p.binary);
  CHECK(p.bytes == bytes);
  CHECK(o.empty());
}

TEST_CASE("the body of a payload takes the memory of its bytes, and no more", "[engine][polling_transport]") {
  outbox o = filled({text(std::string(1'000, 'a')), frame::binary(revision::v4, binary(std::string(1'000, 'b'))),
                     text(std::string(500, 'c')), text(std::string(5'000, 'd'))});
  const auto p = polling_transport(revision::v4, false).take_payload(o, 3'000);
  CHECK(p.packets == 3);
  CHECK(p.body.capacity() == p.body.size());
}

TEST_CASE("binary is base64 in revision 4", "[engine][polling_transport]") {  // edge 59
  outbox o = filled({text("hello"), frame::binary(revision::v4, binary("\x01\x02\x03\x04"s))});
  const auto p = polling_transport(revision::v4, false).take_payload(o, plenty);
  CHECK(p.body ==
        "4hello\x1e"
        "bAQIDBA==");
  CHECK_FALSE(p.binary);
}

TEST_CASE("revision 3 has a binary form, used when something in it is binary", "[engine][polling_transport]") {
  const auto bytes = frame::binary(revision::v3, binary("\x01\x02\x03\x04"s));
  {  // edge 91
    outbox o = filled({text("hello"), bytes});
    const auto p = polling_transport(revision::v3, false).take_payload(o, plenty);
    CHECK(p.binary);
    CHECK(p.body ==
          "\x00\x06\xff"
          "4hello"
          "\x01\x05\xff\x04\x01\x02\x03\x04"s);
  }
  {  // edge 92
    outbox o = filled({text("hello"), text("€")});
    const auto p = polling_transport(revision::v3, false).take_payload(o, plenty);
    CHECK_FALSE(p.binary);
    CHECK(p.body == "6:4hello2:4€");
  }
  {  // edge 90
    outbox o = filled({bytes});
    const auto p = polling_transport(revision::v3, true).take_payload(o, plenty);
    CHECK_FALSE(p.binary);
    CHECK(p.body == "10:b4AQIDBA==");
  }
  {  // edge 93
    outbox o = filled({text("€€€€"), bytes});
    const auto p = polling_transport(revision::v3, false).take_payload(o, plenty);
    CHECK(p.body ==
          "\x00\x01\x03\xff"
          "4€€€€"
          "\x01\x05\xff\x04\x01\x02\x03\x04"s);
  }
}

TEST_CASE("a payload is no larger than allowed, but never empty", "[engine][polling_transport]") {
  const polling_transport t(revision::v4, false);
  outbox o = filled({text(std::string(9, 'a')), text(std::string(9, 'b')), text(std::string(50, 'c')), text("d")});
  CHECK(t.take_payload(o, 21).body == "4aaaaaaaaa");
  CHECK(t.take_payload(o, 22).body == "4bbbbbbbbb");
  CHECK(t.take_payload(o, 22).body == "4" + std::string(50, 'c'));  // larger than allowed: goes alone
  CHECK(t.take_payload(o, 22).body == "4d");
  CHECK(o.empty());
}

TEST_CASE("no payload exceeds its limit when no packet does", "[engine][polling_transport]") {
  for (const revision rev : {revision::v3, revision::v4})
    for (const bool base64 : {false, true}) {
      const polling_transport t(rev, base64);
      std::vector<shared_frame> frames;
      for (std::size_t i = 0; i < 200; ++i) {
        const std::string data(i * 7 % 60, 'x');
        frames.push_back(i % 3 == 0 ? frame::binary(rev, binary(data)) : text(data));
      }
      outbox o = filled(frames);
      std::size_t bytes = o.bytes();
      while (!o.empty()) {
        const auto p = t.take_payload(o, 100);
        CHECK(p.body.size() <= 100);
        REQUIRE(p.bytes > 0);
        bytes -= p.bytes;
      }
      CHECK(bytes == 0);
    }
}

TEST_CASE("polling skips what only a WebSocket can carry", "[engine][polling_transport]") {
  outbox o = filled({frame::raw("\x8A"), text("a"), frame::raw("\x8A"), text("b"), frame::raw("\x8A")});
  const std::size_t bytes = o.bytes();
  const auto p = polling_transport(revision::v4, false).take_payload(o, plenty);
  CHECK(p.body ==
        "4a\x1e"
        "4b");
  CHECK(p.bytes == bytes);
}

TEST_CASE("control payloads are packets without data", "[engine][polling_transport]") {
  const polling_transport v4(revision::v4, false);
  const polling_transport v3(revision::v3, false);
  CHECK(v4.control({packet_type::close}) == "1");
  CHECK(v4.control({packet_type::noop, packet_type::close}) ==
        "6\x1e"
        "1");
  CHECK(v3.control({packet_type::close}) == "1:1");
  CHECK(v3.control({packet_type::noop, packet_type::close}) == "1:61:1");  // edge 111
}

namespace {

task<> hold(std::shared_ptr<std::shared_ptr<poll_request>> out, std::shared_ptr<bool> ended) {
  auto hand_out = [out](std::shared_ptr<async::suspension> waiting) {
    *out = std::make_shared<poll_request>();
    (*out)->awaited_by(std::move(waiting));
  };
  co_await async::suspend(std::move(hand_out));
  *ended = true;
}

}  // namespace

TEST_CASE("a poll is answered once", "[engine][polling_transport]") {
  test::world w;
  const auto poll = std::make_shared<std::shared_ptr<poll_request>>();
  const auto ended = std::make_shared<bool>(false);
  boost::asio::co_spawn(w.context(), hold(poll, ended), [](std::exception_ptr) {});
  w.settle();
  polling_transport t(revision::v4, false);
  CHECK_FALSE(t.holding());
  t.hold(*poll);
  CHECK(t.holding());
  CHECK(t.held() == *poll);
  CHECK((*poll)->status() == 0);
  const auto released = t.take_held();
  CHECK_FALSE(t.holding());
  released->answer(200, "6");
  released->answer(400, "late");
  w.settle();
  CHECK(*ended);
  CHECK(released->status() == 200);
  CHECK_FALSE(released->binary());
  CHECK(released->take_body() == "6");
}

// edge 86
TEST_CASE("a payload wants compression when one of its packets does", "[engine][polling_transport]") {
  const auto unwanted = frame::text(packet_type::message, "a", {}, false);
  outbox none = filled({unwanted, frame::binary(revision::v4, binary("b"s), false)});
  CHECK_FALSE(polling_transport(revision::v4, false).take_payload(none, plenty).compress);
  outbox one = filled({unwanted, text("c")});
  CHECK(polling_transport(revision::v4, false).take_payload(one, plenty).compress);
}
