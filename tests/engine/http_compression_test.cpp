// Answers to long-polling GETs, compressed.

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/engine_world.hpp"
#include "support/catch.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

// Inflates gzip or zlib, whichever the head says.
std::string inflated(const http_answer& answer) {
  z_stream z{};
  ::inflateInit2(&z, 15 + 32);
  std::string out(200'000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(answer.body.data()));
  z.avail_in = static_cast<uInt>(answer.body.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int status = ::inflate(&z, Z_FINISH);
  out.resize(z.total_out);
  ::inflateEnd(&z);
  if (status != Z_STREAM_END) throw std::runtime_error("not complete");
  return out;
}

engine_options with_threshold(std::size_t bytes) {
  engine_options settings;
  settings.http_compression->threshold = bytes;
  return settings;
}

// A session with a message of this size waiting.
struct polled {
  explicit polled(std::size_t size, engine_options settings = {}, std::string_view query = "EIO=4")
      : e(std::move(settings)), peer(e.connect()), target(e.open_polling(peer, query)) {
    e.w.run(e.sessions[0].send(std::string(size, 'm')));
  }
  http_answer get_with(std::string_view accept) {
    return peer.ask(get(target, accept.empty() ? "" : "Accept-Encoding: " + std::string(accept) + "\r\n"));
  }

  engine_world e;
  memory_client peer;
  std::string target;
};

}  // namespace

// edge 84
TEST_CASE("an answer of 1024 bytes and more is compressed for those who take it", "[engine][http_compression]") {
  polled p(1'023);  // with its type 1,024
  const http_answer answer = p.get_with("gzip, deflate");
  CHECK(answer.status == 200);
  CHECK(answer.header("content-encoding") == "gzip");
  CHECK(answer.header("content-type") == "text/plain; charset=UTF-8");
  CHECK(answer.body.size() < 100);
  CHECK(inflated(answer) == "4" + std::string(1'023, 'm'));
  polled below(1'022);
  const http_answer plain = below.get_with("gzip, deflate");
  CHECK_FALSE(plain.has("content-encoding"));
  CHECK(plain.body.size() == 1'023);
}

// edge 85
TEST_CASE("the coding is the one that the client prefers", "[engine][http_compression]") {
  struct row {
    std::string_view accept;
    std::string_view coding;
  };
  const row rows[] = {{"deflate", "deflate"},
                      {"br", ""},
                      {"", ""},
                      {"*", "gzip"},
                      {"gzip;q=0", ""},
                      {"gzip;q=0.1, deflate;q=0.9", "deflate"},
                      {"deflate, gzip", "deflate"},
                      {"gzip, deflate, br", "gzip"}};
  for (const row& r : rows) {
    CAPTURE(r.accept);
    polled p(5'000);
    const http_answer answer = p.get_with(r.accept);
    CHECK(answer.header("content-encoding") == r.coding);
    CHECK((r.coding.empty() ? answer.body : inflated(answer)) == "4" + std::string(5'000, 'm'));
  }
}

// edge 86
TEST_CASE("the threshold can be moved, or compression turned off", "[engine][http_compression]") {
  polled small(1, with_threshold(0));
  CHECK(inflated(small.get_with("gzip")) == "4m");
  engine_options off;
  off.http_compression.reset();
  polled never(5'000, off);
  CHECK_FALSE(never.get_with("gzip").has("content-encoding"));
}

// edge 86
TEST_CASE("an answer is compressed when one of its packets wants that", "[engine][http_compression]") {
  for (const bool one_wants : {false, true}) {
    CAPTURE(one_wants);
    engine_world e;
    memory_client peer = e.connect();
    const std::string target = e.open_polling(peer);
    const auto unwanted = engine::frame::text(wire::packet_type::message, std::string(5'000, 'm'), {}, false);
    const auto wanted = engine::frame::text(wire::packet_type::message, "w");
    const engine::shared_frame frames[] = {unwanted, wanted};
    e.sessions[0].internals()->send(std::span(frames).first(one_wants ? 2 : 1));
    e.w.settle();
    const http_answer answer = peer.ask(get(target, "Accept-Encoding: gzip\r\n"));
    CHECK(answer.header("content-encoding") == (one_wants ? "gzip" : ""));
  }
}

TEST_CASE("binary payloads of revision 3 are compressed too", "[engine][http_compression]") {
  engine_world e;
  memory_client peer = e.connect();
  const std::string target = e.open_polling(peer, "EIO=3");
  e.w.run(e.sessions[0].send(binary(std::string(5'000, 'b'))));
  const http_answer answer = peer.ask(get(target, "Accept-Encoding: deflate\r\n"));
  CHECK(answer.header("content-encoding") == "deflate");
  CHECK(answer.header("content-type") == "application/octet-stream");
  const std::string payload = inflated(answer);
  CHECK(payload.substr(0, 1) == "\x01");  // binary
  CHECK(payload.ends_with("\xff\x04" + std::string(5'000, 'b')));
}

TEST_CASE("handshakes, the ok of a POST and errors are not compressed", "[engine][http_compression]") {
  engine_world e;
  memory_client peer = e.connect();
  const http_answer open = peer.ask(get("/engine.io/?EIO=4&transport=polling", "Accept-Encoding: gzip\r\n"));
  CHECK_FALSE(open.has("content-encoding"));
  const std::string target = "/engine.io/?EIO=4&transport=polling&sid=" + text_member(open.body, "sid");
  const http_answer posted = peer.ask(post(target, "4" + std::string(5'000, 'p'), "Accept-Encoding: gzip\r\n"));
  CHECK(posted.body == "ok");
  CHECK_FALSE(posted.has("content-encoding"));
  const http_answer refused = peer.ask(get("/engine.io/?EIO=4&transport=none", "Accept-Encoding: gzip\r\n"));
  CHECK(refused.status == 400);
  CHECK_FALSE(refused.has("content-encoding"));
}
