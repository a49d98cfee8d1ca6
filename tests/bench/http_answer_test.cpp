// Responses as servers of several kinds write them.

#include "load/http_answer.hpp"

#include <string>

#include "load/bad_answer.hpp"
#include "support/catch.hpp"

using bench::bad_answer;
using bench::read_http_answer;
using bench::read_http_head;

namespace {

std::span<const char> bytes(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace

TEST_CASE("a response with a length is read to its end and no further", "[bench][http_answer]") {
  const std::string text = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 2\r\n\r\nokHTTP";
  std::size_t needed = 0;
  CHECK_FALSE(read_http_answer(bytes(text.substr(0, text.size() - 5)), needed));
  CHECK(needed == text.size() - 4);
  const auto got = read_http_answer(bytes(text), needed);
  REQUIRE(got);
  CHECK(got->status == 200);
  CHECK(got->body == "ok");
  CHECK(got->size == text.size() - 4);
  CHECK_FALSE(got->closes);
}

TEST_CASE("chunks are put together", "[bench][http_answer]") {
  const std::string text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: "
      "close\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
  std::size_t needed = 0;
  CHECK_FALSE(read_http_answer(bytes(text.substr(0, text.size() - 1)), needed));
  const auto got = read_http_answer(bytes(text), needed);
  REQUIRE(got);
  CHECK(got->body == "abc0123456789");
  CHECK(got->size == text.size());
  CHECK(got->closes);
}

TEST_CASE("a WebSocket handshake has no body", "[bench][http_answer]") {
  const std::string text = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: abc=\r\n\r\n\x81";
  std::size_t needed = 0;
  const auto got = read_http_answer(bytes(text), needed);
  REQUIRE(got);
  CHECK(got->status == 101);
  CHECK(got->accept == "abc=");
  CHECK(got->size == text.size() - 1);
}

TEST_CASE("a head is read without its body, with a length or without", "[bench][http_answer]") {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 70\r\nConnection: close\r\n\r\nbegin";
  CHECK_FALSE(read_http_head(bytes(text.substr(0, text.find("\n\r\nbegin")))));
  const auto head = read_http_head(bytes(text));
  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(head->length == 70);
  CHECK(head->closes);
  CHECK(head->size == text.size() - 5);
  const auto known = read_http_head(bytes(std::string("HTTP/1.1 304 Not Modified\r\n\r\n")));
  REQUIRE(known);
  CHECK(known->status == 304);
  CHECK_FALSE(known->length);
}

TEST_CASE("what is no response, or has no length, is refused", "[bench][http_answer]") {
  std::size_t needed = 0;
  for (const std::string wrong :
       {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(read_http_answer(bytes(wrong), needed), bad_answer);
  }
}
