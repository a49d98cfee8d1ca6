// Inputs that have made a server hold gigabytes or stand still before: each is a row here.

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "cost/house.hpp"
#include "support/http_client.hpp"
#include "wire/client_frame.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

std::string ping() {
  client_frame f;
  f.op = 9;
  return f.bytes();
}

engine_options narrow() {
  engine_options raw;
  raw.high_water_mark = 20'000;
  raw.max_queued_bytes = 100'000;
  return raw;
}

// Each message makes a handler wait in send().
figures echoes_that_nobody_reads(std::size_t n) {
  engine_options raw;
  raw.high_water_mark = 20'000;
  raw.max_held_bytes = 200'000;
  house h({}, std::move(raw));
  peer c = h.raw(4'096);
  return h.measure([&] { c.send(frames("4" + std::string(1'000, 'm'), n)); });
}
figures pings_that_nobody_answers(std::size_t n) {
  house h;
  peer c = h.raw(1'024);
  return h.measure([&] { c.send(repeated("#", n, [](std::string_view) { return ping(); })); });
}
figures pings_of_revision_3(std::size_t n) {
  house h;
  peer c = h.websocket("/engine.io/?EIO=3&transport=websocket", 1'024);
  h.advance(std::chrono::milliseconds(10));
  c.read();
  return h.measure([&] { c.send(frames("2", n)); });
}
// The queue of what is sent is never empty.
figures queue_that_is_never_empty(std::size_t n) {
  house h;
  peer c = h.raw(2'048);
  c.send(frames("4" + std::string(97, 'm'), 100));
  return h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      c.send(text_frame("4" + std::string(97, 'm')));
      c.read(100);
    }
  });
}
// A client that wants text gets base64: a copy of its own.
figures base64_that_nobody_reads(std::size_t n) {
  house h({}, narrow());
  peer c = h.websocket("/engine.io/?EIO=4&transport=websocket&b64=1", 4'096);
  c.read();
  return h.measure(
      [&] { c.send(repeated("", n, [](std::string_view) { return binary_frame(std::string(5'000, 'b')); })); });
}
figures tiny_messages_at_once(std::size_t n) {
  house h;
  peer c = h.raw(1'048'576);
  return h.measure([&] { c.send(frames("4", n)); });
}
figures tiny_events_at_once(std::size_t n) {
  house h;
  peer c = h.join(1'048'576);
  return h.measure([&] { c.send(frames(R"(42["say"])", n)); });
}

// ---------------------------------------------------------------- files

struct folder {
  explicit folder(std::size_t bytes) : path(std::filesystem::temp_directory_path() / "cosio-cost") {
    std::filesystem::create_directories(path);
    std::ofstream(path / "file.bin") << std::string(bytes, 'f');
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};
figures file_that_nobody_reads(std::size_t n) {
  const folder at(n);
  house h;
  h.app.files("/files", at.path.string());
  peer c = h.connect(4'096);
  return h.measure([&] { c.send(get("/files/file.bin")); });
}
figures head_of_a_file(std::size_t n) {
  const folder at(n);
  house h;
  h.app.files("/files", at.path.string());
  peer c = h.connect();
  const figures cost = h.measure([&] { c.send("HEAD /files/file.bin HTTP/1.1\r\nHost: a\r\n\r\n"); });
  CHECK(cost.allocated <= 131'072);
  return cost;
}

// ---------------------------------------------------------------- Socket.IO

// One attachment, named again and again: the echo must not have it so often, so the packet is refused. So many times
// that the first block of its JSON, which the thread has already, does not matter.
figures attachment_named_often(std::size_t n) {
  house h;
  peer c = h.join();
  return h.measure([&] {
    c.text(R"(451-["echo")" + repeated(R"(,{"_placeholder":true,"num":0})", n) + "]");
    c.binary(std::string(1'000, 'b'));
    c.read();
  });
}
// They stay when they are empty, as many as the option allows.
figures namespaces_of_a_pattern(std::size_t n) {
  options opts;
  opts.max_child_namespaces = 50;
  house h(std::move(opts));
  h.io.of(pattern("/dynamic-{digits}"));
  peer c = h.join();
  const figures cost = h.measure([&] {
    for (std::size_t i = 0; i < n; ++i) {
      const std::string name = "/dynamic-" + std::to_string(i) + ",";
      c.text("40" + name);
      c.text("41" + name);
      c.read();
    }
  });
  CHECK(cost.bytes_out > 30 * n);  // it was in
  return cost;
}
figures events_that_wait_their_turn(std::size_t n) {
  options opts;
  opts.handlers = handler_order::sequential;
  opts.max_held_bytes = 500'000;
  house h(std::move(opts));
  peer c = h.join();
  return h.measure([&] {
    c.text(R"(42["wait"])");
    c.send(frames(R"(42["say",")" + std::string(10'000, 'x') + "\"]", n));
  });
}

constexpr cost_row rows[] = {
    // max_held_bytes of messages that wait, and of running handlers; high_water_mark; and what was read before they were
    // so many.
    {.what = "echoes that nobody reads",
     .n = 1'000,
     .run = echoes_that_nobody_reads,
     .most_kept = 600'000,
     .most_handlers = 100},
    {.what = "pings whose answers nobody reads", .n = 2'000, .run = pings_that_nobody_answers},
    {.what = "pings of revision 3 whose answers nobody reads", .n = 2'000, .run = pings_of_revision_3},
    {.what = "a queue that is never empty", .n = 3'000, .run = queue_that_is_never_empty},
    {.what = "base64 that nobody reads", .n = 100, .run = base64_that_nobody_reads, .most_kept = 500'000},
    {.what = "tiny messages at once", .n = 5'000, .run = tiny_messages_at_once, .most_in_turn = 1'000},
    {.what = "tiny events at once", .n = 5'000, .run = tiny_events_at_once, .most_in_turn = 1'000},
    {.what = "a file that nobody reads", .n = 500'000, .run = file_that_nobody_reads, .most_kept = 300'000},
    {.what = "the head of a file", .n = 500'000, .run = head_of_a_file},
    {.what = "an attachment that is named often", .n = 4'000, .run = attachment_named_often, .most_echo = 3},
    {.what = "namespaces of a pattern, above max_child_namespaces",
     .n = 300,
     .run = namespaces_of_a_pattern,
     .most_kept = 250'000},
    // max_held_bytes, and what was read before they were so many.
    {.what = "events that wait for their turn", .n = 200, .run = events_that_wait_their_turn, .most_kept = 700'000},
};

}  // namespace

TEST_CASE("what has once cost too much grows no faster than the input, and stays below its limit", "[cost][faults]") {
  for (const cost_row& row : rows) check_cost(row);
}
