// One packet, as bytes for every session that sends it.

#include "engine/frame.hpp"

#include <array>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/frame_bytes.hpp"
#include "support/websocket_client.hpp"

using cosio::test::bytes_of;
using namespace cosio;
using cosio::engine::frame;
using cosio::engine::shared_frame;
using cosio::wire::packet_type;
using cosio::wire::revision;

TEST_CASE("a text packet is one text frame", "[engine][frame]") {
  const std::size_t sizes[] = {0, 1, 124, 125, 65'534, 65'535, 200'000};  // around the forms of the length
  for (const std::size_t size : sizes) {
    CAPTURE(size);
    const std::string data(size, 'd');
    const shared_frame f = frame::text(packet_type::message, data);
    std::string bytes = bytes_of(f);
    CHECK(f->size() == bytes.size());
    CHECK(f->what() == frame::kind::text);
    const auto parsed = test::take_frame(bytes);
    REQUIRE(parsed);
    CHECK(parsed->op == 0x1);
    CHECK(parsed->payload == "4" + data);
    CHECK(bytes.empty());
    CHECK(f->packet().type == packet_type::message);
    CHECK_FALSE(f->packet().binary);
    CHECK(f->packet().data == data);
  }
}

TEST_CASE("the data of a text packet may come in two pieces", "[engine][frame]") {
  const shared_frame f = frame::text(packet_type::pong, "pro", "be");
  CHECK(bytes_of(f) ==
        "\x81\x06"
        "3probe");
  CHECK(f->packet().type == packet_type::pong);
  CHECK(f->packet().data == "probe");
}

TEST_CASE("a binary message is one binary frame, typed in revision 3", "[engine][frame]") {  // edge 104
  const std::size_t sizes[] = {1, 124, 125, 126, 65'534, 65'535, 65'536, 200'000};
  for (const std::size_t size : sizes) {
    CAPTURE(size);
    const binary body(std::string(size, '\xFE'));
    for (const revision rev : {revision::v3, revision::v4}) {
      const shared_frame f = frame::binary(rev, body);
      std::string bytes = bytes_of(f);
      CHECK(f->size() == bytes.size());
      const auto parsed = test::take_frame(bytes);
      REQUIRE(parsed);
      CHECK(parsed->op == 0x2);
      CHECK(parsed->payload == (rev == revision::v3 ? "\x04" : "") + std::string(body.view()));
      CHECK(f->packet().binary);
      CHECK(f->packet().data == body.view());
    }
  }
}

TEST_CASE("an empty binary message is a frame without payload", "[engine][frame]") {
  CHECK(bytes_of(frame::binary(revision::v4, binary())) == std::string("\x82\x00", 2));
  CHECK(bytes_of(frame::binary(revision::v3, binary())) == "\x82\x01\x04");
  CHECK(frame::binary(revision::v4, binary())->packet().binary);
}

TEST_CASE("binary frames share their bytes", "[engine][frame]") {
  const binary body(std::string(1000, 'x'));
  const shared_frame f = frame::binary(revision::v4, body);
  CHECK(f->packet().data.data() == body.data());
}

TEST_CASE("raw bytes go out as they are", "[engine][frame]") {
  const shared_frame f = frame::raw("HTTP/1.1 101\r\n\r\n");
  CHECK(f->what() == frame::kind::raw);
  CHECK(bytes_of(f) == "HTTP/1.1 101\r\n\r\n");
}
