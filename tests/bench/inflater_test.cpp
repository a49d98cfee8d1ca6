// Compressed messages as the load client inflates them: the examples of RFC 7692.

#include "load/inflater.hpp"

#include <zlib.h>

#include <string>
#include <string_view>

#include "load/bad_answer.hpp"
#include "support/catch.hpp"

using bench::bad_answer;
using bench::inflater;
using bench::keeps_context;
using namespace std::string_view_literals;

namespace {

constexpr auto hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"sv;          // section 7.2.3.1
constexpr auto hello_again = "\xf2\x00\x11\x00\x00"sv;            // section 7.2.3.2: refers to the first
constexpr auto hello_stored = "\x00\x05\x00\xfa\xffHello\x00"sv;  // section 7.2.3.3

}  // namespace

TEST_CASE("a message refers to earlier ones only where that was agreed on", "[bench][inflater]") {
  inflater with;
  CHECK(with.inflate(hello, false) == "Hello");
  CHECK(with.inflate(hello_again, false) == "Hello");
  CHECK(with.inflate(hello_stored, true) == "Hello");
  CHECK_THROWS_AS(with.inflate(hello_again, true), bad_answer);
  CHECK(with.inflate(hello, true) == "Hello");
}

TEST_CASE("a message may be far larger than its compressed form", "[bench][inflater]") {
  std::string plain(100'000, 'a');
  std::string message(1'000, '\0');
  z_stream z{};
  REQUIRE(::deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(plain.data());
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = reinterpret_cast<Bytef*>(message.data());
  z.avail_out = static_cast<uInt>(message.size());
  CHECK(::deflate(&z, Z_SYNC_FLUSH) == Z_OK);
  message.resize(message.size() - z.avail_out - 4);  // without 00 00 FF FF
  ::deflateEnd(&z);
  inflater with;
  CHECK(with.inflate(message, true) == plain);
}

TEST_CASE("the server's answer says whether its messages refer to earlier ones", "[bench][inflater]") {
  CHECK(keeps_context("permessage-deflate"));
  CHECK_FALSE(keeps_context("permessage-deflate; server_no_context_takeover; client_no_context_takeover"));
  CHECK_THROWS_AS(keeps_context(""), bad_answer);
}
