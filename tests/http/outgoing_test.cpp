// Responses as bytes, and writing them in pieces.

#include "http/outgoing.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "http/file_body.hpp"
#include "support/catch.hpp"

using namespace cosio::http;

namespace {

// Writes everything in steps of at most `step` bytes, as a slow peer would take it.
std::string drain(outgoing& out, std::size_t step) {
  std::string wire;
  while (!out.empty()) {
    std::array<iovec, 16> room;
    std::size_t left = step;
    for (const iovec& piece : out.gather(room)) {
      const std::size_t n = std::min(left, piece.iov_len);
      wire.append(static_cast<const char*>(piece.iov_base), n);
      left -= n;
    }
    out.written(step - left);
  }
  return wire;
}

}  // namespace

TEST_CASE("a response becomes a head and a body", "[http][outgoing]") {
  outgoing out;
  out.push(response(200, "hello").set("X-One", "1"), framing_rules{});
  CHECK(drain(out, 1000) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello");
}

TEST_CASE("lengths and connection headers are the door's own", "[http][outgoing]") {
  response answer(200);
  answer.set("content-length", "1000").set("Transfer-Encoding", "chunked").set("CONNECTION", "keep-alive");
  CHECK(response_head(answer, {}) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  framing_rules last;
  last.last = true;
  CHECK(response_head(answer, last) == "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  framing_rules old;
  old.http_1_0 = true;
  CHECK(response_head(answer, old) == "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("statuses without a body have no length, but a preflight may say zero", "[http][outgoing]") {
  CHECK(response_head(response(304), {}) == "HTTP/1.1 304 Not Modified\r\n\r\n");
  CHECK(response_head(response(204), {}) == "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(response_head(response(204).set("Content-Length", "0"), {}) ==
        "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
  CHECK(response_head(response(204, "x", "").set("Content-Length", "1"), {}) ==
        "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("the answer to HEAD tells the length of what is not sent", "[http][outgoing]") {
  outgoing out;
  framing_rules head;
  head.head_only = true;
  out.push(response(200, "hello", ""), head);
  CHECK(drain(out, 1000) == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("responses leave in order whatever the peer takes at a time", "[http][outgoing]") {
  std::string expected;
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{50}, std::size_t{100'000}}) {
    outgoing out;
    out.push("HTTP/1.1 100 Continue\r\n\r\n");
    for (int i = 0; i < 20; ++i)
      out.push(response(200, std::string(static_cast<std::size_t>(i), 'x')), framing_rules{});
    const std::string wire = drain(out, step);
    if (expected.empty()) expected = wire;
    CHECK(wire == expected);
  }
  CHECK(expected.size() > 20 * 60);
}

TEST_CASE("a small body leaves in one piece with its head", "[http][outgoing]") {
  outgoing out;
  out.push(response(200, "small", ""), framing_rules{});
  std::array<iovec, 16> room;
  CHECK(out.gather(room).size() == 1);
  CHECK(drain(out, 7) == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall");
}

TEST_CASE("a large body is written from where it is", "[http][outgoing]") {
  const auto body = std::make_shared<const std::string>(1'000, 'x');
  response answer;
  answer.body(body);
  outgoing out;
  out.push(std::move(answer), framing_rules{});
  std::array<iovec, 16> room;
  const auto pieces = out.gather(room);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[1].iov_base == body->data());
}

TEST_CASE("a file that is long may be sent behind its head, and by bytes from any place", "[http][outgoing]") {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  REQUIRE(file);
  constexpr std::uint64_t size = 3 * outgoing::file_piece;
  REQUIRE(::ftruncate(::fileno(file.get()), size) == 0);
  const auto opened = std::make_shared<const cosio::base::descriptor>(::dup(::fileno(file.get())));
  response answer(200);
  answer.file(std::make_shared<const file_body>(opened, 0, size));
  outgoing out;
  CHECK(out.long_file().file == nullptr);
  out.push(answer, {});
  const std::size_t head = response_head(answer, {}).size();
  CHECK(out.long_file().file == nullptr);
  out.written(head - 1);
  CHECK(out.long_file().file == nullptr);
  out.written(1);
  CHECK(out.long_file().file == answer.file().get());
  CHECK(out.long_file().at == 0);
  out.written(2 * outgoing::file_piece - 1);
  CHECK(out.long_file().at == 2 * outgoing::file_piece - 1);
  out.written(1);
  CHECK(out.long_file().file == nullptr);
  CHECK(drain(out, 100'000) == std::string(outgoing::file_piece, '\0'));
}
