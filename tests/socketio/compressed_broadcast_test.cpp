// Broadcasts to clients that have agreed on permessage-deflate with different parameters: each client inflates them
// with a window that is never reset, as one that has agreed on context takeover does.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socketio/sio_world.hpp"
#include "support/catch.hpp"
#include "support/websocket_client.hpp"
#include "support/zlib_window.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view request_target = "/socket.io/?EIO=4&transport=websocket";

// JSON whose second half repeats the first: only a window that holds both halves finds that.
std::string told_twice(int numbers) {
  std::string half;
  for (int i = 0; i < numbers; ++i) half += std::to_string(i * 7'919) + ",";
  return half + half;
}

struct heard_message {
  std::string data;
  bool compressed;
  std::size_t bytes;  // as it came
};

class deflating_client {
 public:
  /// @param offer  the value of Sec-WebSocket-Extensions; empty: none
  deflating_client(sio_world& house, std::string_view offer, int bits) : peer_(house.connect()), window_(bits) {
    const std::string header = "Sec-WebSocket-Extensions: " + std::string(offer) + "\r\n";
    peer_.send(websocket_request(request_target, offer.empty() ? "" : header));
    bytes_ = peer_.received();
    const auto answer = take_answer(bytes_);
    if (answer) agreed_ = answer->header("sec-websocket-extensions");
    peer_.send(text_frame("40"));
    next();  // the open packet, and the answer to CONNECT
    next();
  }

  const std::string& agreed() const noexcept { return agreed_; }
  heard_message next() {
    bytes_ += peer_.received();
    const auto frame = take_frame(bytes_, !agreed_.empty());
    if (!frame) return {"(nothing)", false, 0};
    return {frame->compressed ? window_.inflate(frame->payload) : frame->payload, frame->compressed,
            frame->payload.size()};
  }

 private:
  memory_client peer_;
  zlib_window window_;
  std::string bytes_;
  std::string agreed_;
};

options compressing(const deflate_options& how) {
  options opts;
  opts.per_message_deflate = how;
  return opts;
}

// Clients with windows of 8 to 15 bits, with and without takeover of their own, and one without compression.
struct crowd {
  explicit crowd(sio_world& house) {
    for (int bits = 8; bits <= 15; ++bits) {
      const std::string window = "permessage-deflate; server_max_window_bits=" + std::to_string(bits);
      add(house, window, bits);
      add(house, window + "; server_no_context_takeover; client_no_context_takeover", bits);
    }
    add(house, "permessage-deflate", 15);
    add(house, "permessage-deflate; client_max_window_bits", 15);
    add(house, "", 15);
  }
  void add(sio_world& house, const std::string& offer, int bits) {
    all.push_back(std::make_unique<deflating_client>(house, offer, bits));
  }

  std::vector<std::unique_ptr<deflating_client>> all;
};

void check_conversation(const deflate_options& how) {
  sio_world house(compressing(how));
  crowd people(house);
  REQUIRE(house.sockets.size() == people.all.size());
  const binary attached(told_twice(1'500));
  for (int round = 0; round < 4; ++round) {
    const std::string large = std::to_string(round) + told_twice(2'000);
    const std::string small = std::to_string(round) + told_twice(40);
    house.w.run(house.io.emit("all", large));
    for (const cosio::socket& one : house.sockets) house.w.run(one.emit("you", small));
    house.w.run(house.io.emit("all", attached, small));
    house.w.run(house.io.emit("all", "short"));
    for (const auto& one : people.all) {
      CAPTURE(round, one->agreed());
      CHECK(one->next().data == "42[\"all\",\"" + large + "\"]");
      CHECK(one->next().data == "42[\"you\",\"" + small + "\"]");
      CHECK(one->next().data == R"(451-["all",{"_placeholder":true,"num":0},")" + small + "\"]");
      CHECK(one->next().data == attached.view());
      CHECK(one->next().data == "42[\"all\",\"short\"]");
    }
  }
}

}  // namespace

// edge 132
TEST_CASE("broadcasts between emissions to one client are inflated by windows of every size, kept or not",
          "[socketio][compressed_broadcast]") {
  SECTION("each message by itself") { check_conversation({.threshold = 100}); }
  SECTION("from the first byte on") { check_conversation({.threshold = 0}); }
  SECTION("a smaller window of the server") { check_conversation({.threshold = 100, .server_max_window_bits = 12}); }
  SECTION("the smallest window of the server") { check_conversation({.server_max_window_bits = 9}); }
  SECTION("the server's messages refer to earlier ones") {
    check_conversation({.server_context_takeover = true, .client_context_takeover = true});
  }
}

TEST_CASE("a broadcast is compressed from the threshold on, its attachments by themselves",
          "[socketio][compressed_broadcast]") {
  sio_world house(compressing({.threshold = 1'024}));
  deflating_client one(house, "permessage-deflate", 15);
  CHECK(one.agreed() == "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  const std::string frame_text = "42[\"all\",\"\"]";
  house.w.run(house.io.emit("all", std::string(1'024 - frame_text.size() - 1, 'x')));
  CHECK_FALSE(one.next().compressed);
  house.w.run(house.io.emit("all", std::string(1'024 - frame_text.size(), 'x')));
  CHECK(one.next().compressed);
  house.w.run(house.io.emit("all", binary(std::string(1'023, 'x')), binary(std::string(1'024, 'x'))));
  CHECK_FALSE(one.next().compressed);  // the packet itself
  CHECK_FALSE(one.next().compressed);
  CHECK(one.next().compressed);
}

TEST_CASE("the option for the window limits what all clients get", "[socketio][compressed_broadcast]") {
  const std::string text = told_twice(1'000);  // its halves have 7,855 bytes
  std::size_t sizes[2] = {};
  for (const int bits : {15, 12}) {
    sio_world house(compressing({.server_max_window_bits = bits}));
    deflating_client one(house, "permessage-deflate", bits);
    house.w.run(house.io.emit("all", text));
    const heard_message heard = one.next();
    CHECK(heard.data == "42[\"all\",\"" + text + "\"]");
    sizes[bits == 15 ? 0 : 1] = heard.bytes;
  }
  CHECK(sizes[0] < sizes[1] * 2 / 3);
}
