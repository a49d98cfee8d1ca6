// The coding that clients accept, and whether they can read it.

#include "http/compression.hpp"

#include <zlib.h>

#include <stdexcept>

#include "support/catch.hpp"

using namespace cosio::http;

namespace {

// Inflates gzip or zlib, whichever the head says.
std::string inflated(const std::string& bytes) {
  z_stream z{};
  ::inflateInit2(&z, 15 + 32);
  std::string out(2'000'000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int status = ::inflate(&z, Z_FINISH);
  out.resize(z.total_out);
  ::inflateEnd(&z);
  if (status != Z_STREAM_END) throw std::runtime_error("not complete");
  return out;
}

}  // namespace

TEST_CASE("the coding follows what the client prefers", "[http][compression]") {
  struct row {
    const char* header;
    content_encoding expected;
  };
  const row rows[] = {{"", content_encoding::identity},
                      {"gzip", content_encoding::gzip},
                      {"GZIP", content_encoding::gzip},
                      {"deflate", content_encoding::deflate},
                      {"gzip, deflate, br", content_encoding::gzip},
                      {"deflate, gzip", content_encoding::deflate},
                      {"gzip;q=0.5, deflate;q=0.8", content_encoding::deflate},
                      {"deflate;q=0.5, gzip;q=0.501", content_encoding::gzip},
                      {"br", content_encoding::identity},
                      {"*", content_encoding::gzip},
                      {"br, *;q=0.1", content_encoding::gzip},
                      {"gzip;q=0", content_encoding::identity},
                      {"gzip;q=0, *", content_encoding::deflate},
                      {"gzip;q=0.000, deflate;q=0", content_encoding::identity},
                      {"*;q=0", content_encoding::identity},
                      {"identity;q=1, gzip;q=0.5", content_encoding::identity},
                      {"identity, gzip", content_encoding::identity},
                      {"gzip, identity", content_encoding::gzip},
                      {"gzip ; Q=0.5 , deflate", content_encoding::deflate},
                      {"gzip;q=2", content_encoding::identity},
                      {"gzip;q=abc", content_encoding::identity},
                      {"gzip;level=9", content_encoding::gzip},
                      {"xgzip, gzipx", content_encoding::identity},
                      {",,,;q=1,", content_encoding::identity}};
  for (const row& r : rows) {
    CAPTURE(r.header);
    CHECK(negotiate(r.header) == r.expected);
  }
}

TEST_CASE("compressed bytes can be inflated to the same", "[http][compression]") {
  std::string noise;
  unsigned seed = 1;
  for (int i = 0; i < 100'000; ++i) noise += static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  for (const std::string& bytes : {std::string(), std::string("short"), std::string(1'000'000, 'x'), noise}) {
    for (const auto encoding : {content_encoding::gzip, content_encoding::deflate})
      CHECK(inflated(compress(bytes, encoding)) == bytes);
    CHECK(compress(bytes, content_encoding::identity) == bytes);
  }
  CHECK(compress(std::string(1'000'000, 'x'), content_encoding::gzip).size() < 2'000);
  CHECK(compress("a", content_encoding::gzip).substr(0, 2) == "\x1F\x8B");
  CHECK(compress("a", content_encoding::deflate)[0] == '\x78');  // zlib's head, not a raw stream
}

TEST_CASE("an answer is compressed as its client likes it, and says so", "[http][compression]") {
  response answer(200, std::string(5'000, 'x'));
  compress_for(answer, "br");
  CHECK(answer.get("content-encoding").empty());
  CHECK(answer.body() == std::string(5'000, 'x'));
  compress_for(answer, "gzip");
  CHECK(answer.get("content-encoding") == "gzip");
  CHECK(answer.body().size() < 100);
  CHECK(answer.body().capacity() < 200);
  CHECK(inflated(answer.body()) == std::string(5'000, 'x'));
}
