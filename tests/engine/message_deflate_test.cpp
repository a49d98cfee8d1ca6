// permessage-deflate on a session's WebSocket: what is agreed, what is compressed, and what hostile clients compress.

#include "engine/message_deflate.hpp"

#include <cosio/error.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"
#include "support/frame_bytes.hpp"

using namespace cosio;
using namespace cosio::test;
using cosio::engine::frame;
using cosio::engine::message_deflate;
using cosio::engine::shared_frame;
using cosio::wire::packet_type;
using cosio::wire::revision;
using namespace std::string_view_literals;

namespace {

constexpr wire::deflate_agreement alone{.server_context_takeover = false, .client_context_takeover = false};
constexpr std::size_t plenty = 1'000'000;

// A frame of the server's, whose first reserved bit says that it is compressed.
struct marked_frame {
  std::uint8_t op;
  bool compressed;
  std::string payload;
};

std::optional<marked_frame> take_marked(std::string& bytes) {
  if (bytes.empty()) return std::nullopt;
  const bool compressed = (bytes[0] & 0x40) != 0;
  bytes[0] = static_cast<char>(bytes[0] & ~0x40);
  auto plain = take_frame(bytes);
  if (!plain) return std::nullopt;
  return marked_frame{plain->op, compressed, std::move(plain->payload)};
}

std::string inflated(const marked_frame& f) {
  wire::inflater with(15);
  return f.compressed ? with.inflate(f.payload, plenty).value() : "(not compressed)";
}

std::string deflated(std::string_view text) {
  wire::deflater with({});
  std::string out;
  const std::string_view pieces[] = {text};
  with.deflate(pieces, out);
  return out;
}

std::string client_message(std::string_view payload, std::uint8_t op = 0x1, bool compressed = true) {
  client_frame f;
  f.op = op;
  f.reserved = compressed ? 4 : 0;
  f.payload = payload;
  return f.bytes();
}

engine_options with(deflate_options deflate) {
  engine_options settings;
  settings.per_message_deflate = deflate;
  return settings;
}

// A session on a WebSocket of a client that offers compression.
struct deflate_client {
  deflate_client(engine_world& e, std::string_view offer) : peer(e.connect()) {
    peer.send(websocket_request("/engine.io/?EIO=4&transport=websocket",
                                "Sec-WebSocket-Extensions: " + std::string(offer) + "\r\n"));
    received = peer.received();
    if (auto answer = take_answer(received)) accepted = std::move(*answer);
  }

  std::optional<marked_frame> next() {
    received += peer.received();
    return take_marked(received);
  }
  std::string extensions() const { return accepted.header("sec-websocket-extensions"); }
  // The code of a close frame that comes now.
  int close_code() {
    const auto f = next();
    if (!f || f->op != 0x8 || f->payload.size() < 2) return 0;
    return static_cast<std::uint8_t>(f->payload[0]) * 256 + static_cast<std::uint8_t>(f->payload[1]);
  }

  memory_client peer;
  std::string received;
  http_answer accepted;
};

}  // namespace

// edge 132: other than in the reference, which builds frames anew for every receiver
TEST_CASE("a message for many is compressed once", "[engine][message_deflate]") {
  message_deflate one(alone, {});
  message_deflate other(alone, {});
  const shared_frame f = frame::text(packet_type::message, std::string(5'000, 'a'));
  const shared_frame sent = one.outgoing(f);
  CHECK(sent != f);
  CHECK(sent == other.outgoing(f));
  std::string bytes = bytes_of(sent);
  CHECK(bytes.size() == sent->size());
  CHECK(inflated(*take_marked(bytes)) == "4" + std::string(5'000, 'a'));
  CHECK(bytes.empty());
}

TEST_CASE("what is not worth it, or not wanted, stays as it is", "[engine][message_deflate]") {
  message_deflate d(alone, {});
  const shared_frame short_one = frame::text(packet_type::message, std::string(1'022, 'a'));
  CHECK(d.outgoing(short_one) == short_one);
  const shared_frame long_enough =
      frame::text(packet_type::message, std::string(1'023, 'a'));  // with its type 1,024 bytes
  CHECK(d.outgoing(long_enough) != long_enough);
  // edge 246
  const shared_frame unwanted = frame::text(packet_type::message, std::string(5'000, 'a'), {}, false);
  CHECK(d.outgoing(unwanted) == unwanted);
  const shared_frame raw = frame::raw(std::string(5'000, 'a'));
  CHECK(d.outgoing(raw) == raw);
  std::string noise;
  std::uint32_t seed = 1;
  for (int i = 0; i < 5'000; ++i) noise += static_cast<char>((seed = seed * 1'664'525 + 1'013'904'223) >> 24U);
  const shared_frame random = frame::binary(revision::v4, binary(noise));
  CHECK(d.outgoing(random) == random);
}

TEST_CASE("binary is compressed with what stands in front of it", "[engine][message_deflate]") {
  message_deflate d(alone, {});
  for (const revision rev : {revision::v3, revision::v4}) {
    std::string bytes = bytes_of(d.outgoing(frame::binary(rev, binary(std::string(5'000, 'b')))));
    const auto sent = take_marked(bytes);
    REQUIRE(sent);
    CHECK(sent->op == 0x2);
    CHECK(inflated(*sent) == (rev == revision::v3 ? "\x04" : "") + std::string(5'000, 'b'));
  }
}

TEST_CASE("a client with a smaller window gets what it can follow, and spoils nothing for others",
          "[engine][message_deflate]") {
  wire::deflate_agreement narrow = alone;
  narrow.server_window_bits = 9;
  message_deflate small(narrow, {});
  message_deflate usual(alone, {});
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += std::to_string(i * 7'919) + ",";
  text += text;  // the second half refers to the first in a large window only
  const shared_frame f = frame::text(packet_type::message, text);
  std::string narrow_bytes = bytes_of(small.outgoing(f));
  const auto sent = take_marked(narrow_bytes);
  wire::inflater with(9);
  CHECK(with.inflate(sent->payload, plenty).value() == "4" + text);
  CHECK(usual.outgoing(f)->size() < small.outgoing(f)->size());
}

TEST_CASE("clients with smaller windows share a compressed message", "[engine][message_deflate]") {
  const auto with_window = [](int bits) {
    wire::deflate_agreement agreed = alone;
    agreed.server_window_bits = bits;
    return message_deflate(agreed, {});
  };
  auto usual = with_window(15);
  std::string text;
  for (int i = 0; i < 600; ++i) text += std::to_string(i * 7'919) + ",";
  SECTION("a message that is larger than the windows has one more form for all of them") {
    const shared_frame f = frame::text(packet_type::message, text);  // 4,656 bytes
    auto smallest = with_window(8);
    const shared_frame narrow = smallest.outgoing(f);
    for (int bits = 9; bits <= 12; ++bits) {
      auto other = with_window(bits);
      CHECK(other.outgoing(f) == narrow);
    }
    auto large_enough = with_window(13);
    CHECK(large_enough.outgoing(f) == usual.outgoing(f));
    CHECK(usual.outgoing(f) != narrow);
  }
  SECTION("a message that fits into the window needs no form of its own") {
    for (int bits = 9; bits <= 14; ++bits) {
      CAPTURE(bits);
      const std::size_t most = std::size_t{1} << bits;
      const std::string fitting(most - 1, 'a');  // and one byte for the type
      const shared_frame fits = frame::text(packet_type::message, fitting);
      const deflate_options from_the_first_byte{.threshold = 0};
      wire::deflate_agreement agreed = alone;
      agreed.server_window_bits = bits;
      message_deflate narrow(agreed, from_the_first_byte);
      message_deflate wide(alone, from_the_first_byte);
      CHECK(narrow.outgoing(fits) == wide.outgoing(fits));
      const shared_frame too_large = frame::text(packet_type::message, fitting + "a");
      CHECK(narrow.outgoing(too_large) != wide.outgoing(too_large));
    }
  }
}

TEST_CASE("threads that send one message at once share one compressed form", "[engine][message_deflate]") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7'919) + ",";
  const shared_frame f = frame::text(packet_type::message, text);
  std::array<shared_frame, 4> sent;
  std::vector<std::thread> threads;
  for (shared_frame& one : sent) {
    threads.emplace_back([&one, &f] {
      message_deflate d(alone, {});
      one = d.outgoing(f);
    });
  }
  for (std::thread& one : threads) one.join();
  CHECK(sent[0] != f);
  for (const shared_frame& one : sent) CHECK(one == sent[0]);
}

TEST_CASE("with context takeover later messages refer to earlier ones", "[engine][message_deflate]") {
  message_deflate d({}, {.server_context_takeover = true});
  wire::inflater client(15);
  std::string text;
  for (int i = 0; i < 200; ++i) text += std::to_string(i * 7'919) + ",";
  std::size_t first = 0;
  for (int i = 0; i < 5; ++i) {
    const shared_frame f = frame::text(packet_type::message, text);
    std::string bytes = bytes_of(d.outgoing(f));
    if (i == 0) first = bytes.size();
    CHECK(bytes.size() <= first);
    if (i > 0) CHECK(bytes.size() < first / 5);
    CHECK(client.inflate(take_marked(bytes)->payload, plenty).value() == "4" + text);
  }
}

TEST_CASE("options out of their range are refused", "[engine][message_deflate]") {
  const deflate_options wrong[] = {{.server_max_window_bits = 8},
                                   {.server_max_window_bits = 16},
                                   {.client_max_window_bits = 7},
                                   {.client_max_window_bits = 16},
                                   {.level = 0},
                                   {.level = 10},
                                   {.memory_level = 0},
                                   {.memory_level = 10}};
  for (const auto& options : wrong) {
    try {
      engine_world e(with(options));
      FAIL("accepted");
    } catch (const error& refused) {
      CHECK(refused.code() == errc::bad_argument);
      CHECK(refused.detail().find("per_message_deflate") != std::string::npos);
    }
  }
}

// ---------------------------------------------------------------- over a connection

// edge 130
TEST_CASE("without the option an offer is not taken, and compressed frames are not either",
          "[engine][message_deflate]") {
  engine_world e;
  deflate_client c(e, "permessage-deflate");
  CHECK(c.accepted.status == 101);
  CHECK(c.extensions().empty());
  CHECK_FALSE(c.next()->compressed);
  c.peer.send(client_message(deflated("4hello")));
  CHECK(c.close_code() == 1002);
  CHECK(e.closed.size() == 1);
}

// edge 131
TEST_CASE("with context takeover on both sides all messages are compressed, small ones too",
          "[engine][message_deflate]") {
  engine_world e(with({.server_context_takeover = true, .client_context_takeover = true}));
  deflate_client c(e, "permessage-deflate; client_max_window_bits");
  CHECK(c.extensions() == "permessage-deflate");
  const auto open = c.next();
  REQUIRE(open);
  CHECK(open->compressed);
  CHECK(inflated(*open).starts_with("0{\"sid\":"));
  c.peer.send(client_message("", 0x9, false));  // a ping: control frames never are
  const auto pong = c.next();
  REQUIRE(pong);
  CHECK(pong->op == 0xA);
  CHECK_FALSE(pong->compressed);
  // The client's second message refers to its first.
  wire::deflater client({});
  for (int i = 0; i < 2; ++i) {
    std::string bytes;
    const std::string_view pieces[] = {"4hello hello"};
    client.deflate(pieces, bytes);
    c.peer.send(client_message(bytes));
  }
  CHECK(e.messages == std::vector<std::string>{"hello hello", "hello hello"});
}

TEST_CASE("by default each message is compressed by itself, from the threshold on", "[engine][message_deflate]") {
  engine_world e(with({}));
  deflate_client c(e, "permessage-deflate");
  CHECK(c.extensions() == "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  CHECK_FALSE(c.next()->compressed);  // the open packet
  e.w.run(e.sessions[0].send(std::string(1'000, 'x')));
  CHECK_FALSE(c.next()->compressed);
  for (int i = 0; i < 2; ++i) {
    e.w.run(e.sessions[0].send(std::string(3'000, 'x')));
    const auto sent = c.next();
    CHECK(sent->payload.size() < 100);
    CHECK(inflated(*sent) == "4" + std::string(3'000, 'x'));
  }
}

TEST_CASE("a client that offers nothing gets nothing", "[engine][message_deflate]") {
  engine_world e(with({.threshold = 0}));
  auto ws = e.websocket();
  CHECK(ws.accepted().status == 101);
  CHECK_FALSE(ws.accepted().has("sec-websocket-extensions"));
  CHECK(ws.text().starts_with("0{"));
}

TEST_CASE("a malformed offer is refused where compression is on", "[engine][message_deflate]") {
  engine_world e(with({}));
  for (const char* offer : {"permessage-deflate;;=", "permessage-deflate,", "permessage deflate"}) {
    CAPTURE(offer);
    deflate_client c(e, offer);
    CHECK(c.accepted.status == 400);
    CHECK(c.accepted.body == "Invalid or unacceptable Sec-WebSocket-Extensions header");
  }
  CHECK(e.sessions.empty());
}

TEST_CASE("with an offer that must be declined, the connection opens without compression",
          "[engine][message_deflate]") {
  engine_world e(with({.threshold = 0}));
  for (const char* offer : {"permessage-deflate; server_max_window_bits=99", "permessage-deflate; nonsense"}) {
    CAPTURE(offer);
    deflate_client c(e, offer);
    CHECK(c.accepted.status == 101);
    CHECK_FALSE(c.accepted.has("sec-websocket-extensions"));
  }
}

TEST_CASE("compressed messages of a client arrive, in fragments, binary and empty too", "[engine][message_deflate]") {
  engine_world e(with({}));
  deflate_client c(e, "permessage-deflate");
  c.peer.send(client_message(deflated("4" + std::string(100'000, 'y'))));
  c.peer.send(client_message(deflated("bytes"), 0x2));
  c.peer.send(client_message(deflated(""), 0x2));
  c.peer.send(client_message("4plain", 0x1, false));
  const std::string whole = deflated("4in pieces €");
  client_frame first;
  first.fin = false;
  first.reserved = 4;
  first.payload = std::string_view(whole).substr(0, 7);
  client_frame rest;
  rest.op = 0x0;
  rest.payload = std::string_view(whole).substr(7);
  client_frame ping;
  ping.op = 0x9;
  c.peer.send_slowly(first.bytes() + ping.bytes() + rest.bytes());
  CHECK(e.messages == std::vector<std::string>{std::string(100'000, 'y'), "<bytes>", "<>", "plain", "in pieces €"});
}

TEST_CASE("binary in fragments that has the same size compressed arrives as it was", "[engine][message_deflate]") {
  // zlib writes a few bytes more than it is given, or fewer, so some text in between has its own size compressed.
  std::string plain;
  for (char c = 'a'; deflated(plain).size() != plain.size(); c = c == 'z' ? 'a' : static_cast<char>(c + 1)) {
    REQUIRE(plain.size() < 1'000);
    plain += c;
  }
  const std::string whole = deflated(plain);
  REQUIRE(whole != plain);
  engine_world house(with({}));
  deflate_client c(house, "permessage-deflate; client_no_context_takeover");
  client_frame first;
  first.op = 0x2;
  first.reserved = 4;
  first.fin = false;
  first.payload = std::string_view(whole).substr(0, 5);
  c.peer.send(first.bytes());
  client_frame last;
  last.op = 0x0;
  last.payload = std::string_view(whole).substr(5);
  c.peer.send(last.bytes());
  CHECK(house.messages == std::vector<std::string>{"<" + plain + ">"});
}

TEST_CASE("what cannot be inflated, is too large or is no text ends the session", "[engine][message_deflate]") {
  struct row {
    const char* why;
    std::string payload;
    int code;
  };
  const row rows[] = {{"no deflate", "\x07\x07\x07", 1007},
                      {"refers to what was never sent", std::string("\xf2\x00\x11\x00\x00"sv), 1007},
                      {"text that is no UTF-8", deflated("4\xff\xfe"), 1007},
                      {"one byte too many", deflated(std::string(10'001, '4')), 1009},
                      {"a bomb", deflated(std::string(50'000'000, '\0')), 1009}};
  for (const row& r : rows) {
    CAPTURE(r.why);
    engine_options settings = with({});
    settings.max_payload = 100'000;
    if (std::string_view(r.why) == "one byte too many") settings.max_payload = 10'000;
    engine_world e(settings);
    deflate_client c(e, "permessage-deflate");
    c.next();
    c.peer.send(client_message(r.payload));
    CHECK(c.close_code() == r.code);
    REQUIRE(e.closed.size() == 1);
    CHECK(e.closed[0].text() == "transport error");
    CHECK(e.messages.empty());
  }
}
