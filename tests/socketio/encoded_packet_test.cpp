// Socket.IO packets as frames: encoded once per protocol.

#include "socketio/encoded_packet.hpp"

#include <sys/uio.h>

#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/frame_bytes.hpp"

namespace {

using cosio::binary;
using cosio::engine::shared_frame;
using cosio::socketio::encoded_packet;
using cosio::test::bytes_of;
using cosio::wire::revision;
using cosio::wire::sio_type;

// The payload of a short frame.
std::string payload_of(const shared_frame& frame) {
  const std::string bytes = bytes_of(frame);
  REQUIRE(static_cast<std::size_t>(bytes[1]) == bytes.size() - 2);
  return bytes.substr(2);
}

template <class... Args>
encoded_packet event(std::string nsp, std::optional<std::uint64_t> id, std::string name, const Args&... args) {
  auto data = cosio::detail::encode_event(name, args...);
  return encoded_packet(std::move(nsp), sio_type::event, id, std::move(name), std::move(data), {});
}

binary bytes(std::string_view text) { return binary(std::string(text)); }

}  // namespace

TEST_CASE("a packet is written as the protocol has it", "[socketio][encoded_packet]") {
  struct row {
    encoded_packet packet;
    std::string_view text;
  };
  const row rows[] = {
      {event("/", std::nullopt, "foo"), R"(42["foo"])"},
      {event("/", std::nullopt, ""), R"(42[""])"},
      {event("/admin", std::nullopt, "bar", 1), R"(42/admin,["bar",1])"},
      {event("/", 12, "foo"), R"(4212["foo"])"},
      {event("/admin", 12, "bar"), R"(42/admin,12["bar"])"},
      {{"/", sio_type::ack, 0, {}, cosio::detail::encode_answer(), {}}, "430[]"},
      {{"/admin", sio_type::ack, 13, {}, cosio::detail::encode_answer("bar"), {}}, R"(43/admin,13["bar"])"}};
  for (const row& r : rows) {
    CAPTURE(r.text);
    for (const revision rev : {revision::v4, revision::v3}) {
      const auto frames = r.packet.frames(rev);
      REQUIRE(frames.size() == 1);
      CHECK(payload_of(frames[0]) == r.text);
      CHECK(static_cast<unsigned char>(bytes_of(frames[0])[0]) == 0x81);
    }
  }
}

TEST_CASE("binary makes the binary types, with the attachments behind the text", "[socketio][encoded_packet]") {
  const auto two = event("/", std::nullopt, "baz", bytes("\x01\x02"), bytes(""));
  const auto frames = two.frames(revision::v4);
  REQUIRE(frames.size() == 3);
  CHECK(payload_of(frames[0]) == R"(452-["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  CHECK(bytes_of(frames[1]) == std::string("\x82\x02\x01\x02"));
  CHECK(bytes_of(frames[2]) == std::string("\x82\x00", 2));

  const encoded_packet ack("/admin", sio_type::ack, 1, {}, cosio::detail::encode_answer(bytes("x")), {});
  CHECK(payload_of(ack.frames(revision::v4)[0]) == R"(461-/admin,1[{"_placeholder":true,"num":0}])");
}

TEST_CASE("revision 3 puts the type in front of binary, and shares everything else", "[socketio][encoded_packet]") {
  const binary body = bytes("abc");
  const auto packet = event("/", std::nullopt, "e", body);
  const auto v4 = packet.frames(revision::v4);
  const auto v3 = packet.frames(revision::v3);
  REQUIRE(v3.size() == 2);
  CHECK(v3[0] == v4[0]);
  CHECK(bytes_of(v4[1]) ==
        "\x82\x03"
        "abc");
  CHECK(bytes_of(v3[1]) ==
        "\x82\x04\x04"
        "abc");
  std::array<iovec, 2> pieces{};
  REQUIRE(v3[1]->pieces(pieces.data()) == 2);
  CHECK(pieces[1].iov_base == body.data());
  REQUIRE(v4[1]->pieces(pieces.data()) == 2);
  CHECK(pieces[1].iov_base == body.data());
}

TEST_CASE("a packet is encoded once for all its receivers, on any thread", "[socketio][encoded_packet]") {
  const auto plain = event("/", std::nullopt, "e", 1);
  CHECK(plain.frames(revision::v3).data() == plain.frames(revision::v4).data());

  const auto packet = event("/", std::nullopt, "e", bytes("x"));
  std::vector<const shared_frame*> seen(4);
  std::vector<std::thread> threads;
  for (auto& slot : seen) threads.emplace_back([&] { slot = packet.frames(revision::v3).data(); });
  for (auto& thread : threads) thread.join();
  for (const auto* slot : seen) CHECK(slot == seen[0]);
  CHECK(packet.frames(revision::v4).data() == packet.frames(revision::v4).data());
}

TEST_CASE("a packet tells adapters its namespace, event and data", "[socketio][encoded_packet]") {
  const auto packet = event("/admin", std::nullopt, "e", 1, bytes("x"));
  CHECK(packet.nsp() == "/admin");
  CHECK(packet.event() == "e");
  CHECK(packet.data().json() == R"(["e",1,{"_placeholder":true,"num":0}])");
  CHECK(packet.data().attachments().size() == 1);
}

// edge 264
TEST_CASE("a copy with an offset has it as last argument for protocol 5, and no other protocol",
          "[socketio][encoded_packet]") {
  const auto plain = event("/admin", std::nullopt, "e", 1, bytes("x"));
  const auto copy = plain.with_offset("Q85HVtt.0");
  const auto& with = static_cast<const encoded_packet&>(*copy);
  CHECK(payload_of(with.frames(revision::v4)[0]) == R"(451-/admin,["e",1,{"_placeholder":true,"num":0},"Q85HVtt.0"])");
  CHECK(payload_of(with.frames(revision::v3)[0]) == R"(451-/admin,["e",1,{"_placeholder":true,"num":0}])");
  CHECK(with.frames(revision::v4).size() == 2);
  CHECK(with.frames(revision::v3).size() == 2);
  CHECK(with.data().json() == plain.data().json());
  CHECK(payload_of(plain.frames(revision::v4)[0]) == R"(451-/admin,["e",1,{"_placeholder":true,"num":0}])");

  const auto text = event("/", std::nullopt, "e").with_offset("a");
  CHECK(payload_of(static_cast<const encoded_packet&>(*text).frames(revision::v4)[0]) == R"(42["e","a"])");
  CHECK(payload_of(static_cast<const encoded_packet&>(*text).frames(revision::v3)[0]) == R"(42["e"])");
}

TEST_CASE("a packet knows under which number it is acknowledged", "[socketio][encoded_packet]") {
  CHECK(event("/", 7, "e").ack_id() == std::uint64_t{7});
  CHECK_FALSE(event("/", std::nullopt, "e").ack_id());
}

TEST_CASE("control packets", "[socketio][encoded_packet]") {
  using cosio::socketio::control_frame;
  CHECK(payload_of(control_frame(sio_type::connect, "/", R"({"sid":"x"})")) == R"(40{"sid":"x"})");
  CHECK(payload_of(control_frame(sio_type::connect, "/custom", "")) == "40/custom,");
  CHECK(payload_of(control_frame(sio_type::disconnect, "/", "")) == "41");
  CHECK(payload_of(control_frame(sio_type::disconnect, "/admin", "")) == "41/admin,");
  CHECK(payload_of(control_frame(sio_type::connect_error, "/random", R"({"message":"no"})")) ==
        R"(44/random,{"message":"no"})");
}

// edge 246
TEST_CASE("the flag compress reaches every frame of a packet", "[socketio][encoded_packet]") {
  for (const bool wanted : {true, false}) {
    CAPTURE(wanted);
    auto data = cosio::detail::encode_event("file", bytes("content"));
    const encoded_packet packet("/", sio_type::event, std::nullopt, "file", std::move(data), {}, wanted);
    for (const revision rev : {revision::v3, revision::v4}) {
      REQUIRE(packet.frames(rev).size() == 2);
      for (const shared_frame& f : packet.frames(rev)) CHECK(f->compress() == wanted);
    }
  }
  CHECK(event("/", std::nullopt, "foo").frames(revision::v4)[0]->compress());
}
