// The cost of one turn of a strand, or of one hold of a lock: encrypted bytes, inflated messages, rooms that are left,
// names that are compared, bytes of files that are read.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/tls_stream.hpp"
#include "base/text_map.hpp"
#include "cost/house.hpp"
#include "http/tls.hpp"
#include "support/certificate_files.hpp"
#include "support/colliding_texts.hpp"
#include "support/http_client.hpp"
#include "support/tls_client.hpp"
#include "wire/deflate.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

// ---------------------------------------------------------------- TLS

// A client of TLS whose records the test moves.
struct tls_visitor {
  explicit tls_visitor(house& h) : pair(4 << 20) {
    static const certificate_files files("localhost");
    static const http::certificates certificates({.certificate_file = files.certificate(), .key_file = files.key()});
    h.state->serve(certificates.secure(std::move(pair.near)));
    for (int i = 0; i < 20 && !client.ready(); ++i) {
      client.shake();
      put(client.take_output());
      h.settle();
      fetch();
    }
    REQUIRE(client.ready());
  }
  std::size_t put(const std::string& records) {
    boost::system::error_code ec;
    const iovec piece{const_cast<char*>(records.data()), records.size()};
    const std::size_t n = pair.far->write_some({&piece, 1}, ec);
    REQUIRE(n == records.size());
    return n;
  }
  bool fetch() {
    std::string room(70'000, '\0');
    boost::system::error_code ec;
    const std::size_t n = pair.far->read_some(room, ec);
    client.receive({room.data(), n});
    return !ec || ec == boost::asio::error::would_block;
  }
  async::memory_streams pair;
  tls_peer client;
};

struct encrypted {
  std::size_t sent = 0;
  std::size_t taken = 0;
  std::size_t most_in_turn = 0;
  bool ended = false;
};

encrypted records(std::size_t n, bool with_bytes) {
  house h;
  tls_visitor c(h);
  c.client.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
  for (std::size_t i = 0; i < n; ++i) {
    if (with_bytes) {
      c.client.write("x");
    } else {
      c.client.update_keys();
    }
  }
  encrypted out;
  out.sent = c.put(c.client.take_output());
  std::size_t before = out.sent;
  std::vector<std::size_t> turns;
  h.w.context().restart();
  while (h.w.context().poll_one() != 0) {
    const std::size_t left = c.pair.far->unread_by_peer();
    if (left != before) turns.push_back(before - left);
    before = left;
  }
  out.taken = out.sent - before;
  out.ended = !c.fetch() || !c.fetch();
  if (out.ended && !turns.empty()) turns.pop_back();  // the end drops what is left, and reads it not
  for (const std::size_t one : turns) out.most_in_turn = std::max(out.most_in_turn, one);
  return out;
}

}  // namespace

TEST_CASE("a turn takes so many encrypted bytes, however many records there are", "[cost][turns]") {
  for (const std::size_t n : {10'000U, 20'000U}) {
    const encrypted cost = records(n, true);
    CHECK(cost.taken == cost.sent);
    CHECK(cost.most_in_turn <= async::tls_stream::max_encrypted);
  }
}

TEST_CASE("records of TLS without plain bytes end the connection, and cost a turn no more than others",
          "[cost][turns]") {
  for (const std::size_t n : {10'000U, 20'000U}) {
    const encrypted cost = records(n, false);
    CHECK(cost.ended);
    CHECK(cost.most_in_turn <= async::tls_stream::max_encrypted);
  }
}

// ---------------------------------------------------------------- deflate

namespace {

std::string deflated(std::string_view text) {
  wire::deflater with({});
  std::string out;
  const std::string_view pieces[] = {text};
  with.deflate(pieces, out);
  return out;
}

std::string compressed_frame(std::string_view payload) {
  client_frame f;
  f.op = 1;
  f.reserved = 4;
  f.payload = payload;
  return f.bytes();
}

engine_options that_compress() {
  engine_options raw;
  raw.per_message_deflate.emplace();
  raw.per_message_deflate->threshold = 0;
  return raw;
}

peer compressing(house& h, std::size_t capacity) {
  peer c = h.connect(capacity);
  c.send(
      websocket_request("/engine.io/?EIO=4&transport=websocket", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  REQUIRE(c.read().find("permessage-deflate") != std::string::npos);
  return c;
}

// Messages of 100 bytes on the wire and 100 kB inside: each comes back.
figures bombs(std::size_t n) {
  house h({}, that_compress());
  peer c = compressing(h, 1 << 20);
  const std::string one = compressed_frame(deflated("4" + std::string(100'000, 'x')));
  return h.measure([&] {
    c.send(repeated("#", n, [&](std::string_view) { return one; }));
    c.read();
  });
}
// Each block is marked as the last one: a new stream.
figures final_blocks(std::size_t n) {
  house h({}, that_compress());
  peer c = compressing(h, 1 << 20);
  std::string payload = deflated("4" + std::string(33'000, 'A'));
  payload += std::string("\0\0\xff\xff", 4);
  for (std::size_t i = 0; i < n; ++i) payload += std::string("\x03\x00", 2);
  const figures cost = h.measure([&] { c.send(compressed_frame(payload + '\0')); });
  CHECK(cost.calls == 0);
  CHECK(c.read().find("\x03\xef") != std::string::npos);  // 1007
  return cost;
}
// Each message is compressed for this client alone.
figures copies_that_nobody_reads(std::size_t n) {
  engine_options raw = that_compress();
  raw.per_message_deflate->server_context_takeover = true;
  raw.high_water_mark = 20'000;
  raw.max_queued_bytes = 100'000;
  raw.max_held_bytes = 100'000;
  house h({}, std::move(raw));
  peer c = compressing(h, 4'096);
  return h.measure([&] { c.send(frames("4" + std::string(1'000, 'b') + "#", n)); });
}

// ---------------------------------------------------------------- files

// Bytes that this process has read from files and sockets of the system.
std::size_t bytes_read() {
  std::ifstream file("/proc/self/io");
  std::string name;
  std::size_t bytes = 0;
  file >> name >> bytes;
  return bytes;
}
constexpr std::size_t own_reads = 4'096;  // of bytes_read() itself

std::size_t read_for(std::size_t size, const std::string& request, std::size_t answer) {
  const auto at = std::filesystem::temp_directory_path() / "cosio-turns-cost";
  std::filesystem::create_directories(at);
  std::ofstream(at / "file.bin") << std::string(size, 'f');
  house h;
  h.app.files("/files", at.string());
  peer c = h.connect(4 << 20);
  const std::size_t before = bytes_read();
  c.send(request);
  CHECK(c.read().size() >= answer);
  const std::size_t read = bytes_read() - before;
  std::filesystem::remove_all(at);
  return read;
}

}  // namespace

TEST_CASE("what is compressed costs what it is inflated to, and no more than a turn allows", "[cost][turns]") {
  constexpr cost_row rows[] = {
      {.what = "messages that are large when they are inflated", .n = 50, .run = bombs, .most_in_turn = 11},
      {.what = "blocks that are marked as the last", .n = 20'000, .run = final_blocks},
      {.what = "compressed copies that nobody reads",
       .n = 300,
       .run = copies_that_nobody_reads,
       .most_kept = 900'000,
       .most_handlers = 256},
  };
  for (const cost_row& row : rows) check_cost(row);
}

TEST_CASE("of a file no more is read than is sent", "[cost][turns]") {
  for (const std::size_t size : {500'000U, 1'000'000U}) {
    CAPTURE(size);
    CHECK(read_for(size, "HEAD /files/file.bin HTTP/1.1\r\nHost: a\r\n\r\n", 1) <= own_reads);
    CHECK(read_for(size, get("/files/file.bin", "Range: bytes=1000-1099\r\n"), 100) <= own_reads + 100);
    CHECK(read_for(size, get("/files/file.bin"), size) <= own_reads + size);
  }
}

// ---------------------------------------------------------------- rooms

namespace {

task<> count_rooms(server io, std::size_t& count) {
  const std::vector<std::string> all = co_await io.of("/").all_rooms();
  count = all.size();
}

}  // namespace

TEST_CASE("a client in many rooms leaves a limited number of them in one turn", "[cost][turns]") {
  constexpr std::size_t portion = 500;
  for (const std::size_t n : {2'000U, 4'000U}) {
    house h;
    h.io.of("/").on_room_event([&h](const room_event& what) {
      if (what.what == room_event::kind::left) ++h.touched;
    });
    peer c = h.join();
    c.send(frames(R"(42["join","room #"])", n));
    h.settle();
    std::size_t rooms = 0;
    h.spawn(count_rooms(h.io, rooms));
    REQUIRE(rooms == n + 1);
    h.most_touched = 0;
    c.text("41");
    CHECK(h.touched == n + 1);
    CHECK(h.most_touched <= portion + 1);
  }
}

TEST_CASE("names that a client has made to collide cost no more than others", "[cost][turns]") {
  std::size_t before = 0;
  for (const unsigned bits : {11U, 12U}) {
    std::size_t comparisons = 0;
    std::unordered_map<std::string, int, base::text_hash, counting_equal> map(0, {}, {&comparisons});
    const std::vector<std::string> names = colliding_texts(bits);
    for (const std::string& name : names) map.emplace(name, 0);
    for (const std::string& name : names) CHECK(map.erase(name) == 1);
    CHECK(comparisons < 4 * names.size());
    CHECK((before == 0 || comparisons <= before * 23 / 10 + 100));
    before = comparisons;
  }
}
