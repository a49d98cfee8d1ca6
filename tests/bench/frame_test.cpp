// The load client's frames.

#include "load/frame.hpp"

#include <string>
#include <vector>

#include "load/bad_answer.hpp"
#include "support/catch.hpp"

using bench::append_frame;
using bench::bad_answer;
using bench::opcode;
using bench::read_frame;

namespace {

std::span<const char> bytes(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace

TEST_CASE("a frame is masked with a key that is not zero", "[bench][frame]") {
  std::string out;
  append_frame(out, opcode::text, "40");
  REQUIRE(out.size() == 2 + 4 + 2);
  CHECK(out.substr(0, 2) == "\x81\x82");
  CHECK(out.substr(2, 4) != std::string(4, '\0'));
  CHECK((out[6] ^ out[2]) == '4');
  CHECK((out[7] ^ out[3]) == '0');
}

TEST_CASE("lengths take one, three or nine bytes", "[bench][frame]") {
  for (const auto& [length, head] :
       std::vector<std::pair<std::size_t, std::size_t>>{{125, 2}, {126, 4}, {65'535, 4}, {65'536, 10}}) {
    CAPTURE(length);
    std::string out;
    append_frame(out, opcode::binary, std::string(length, 'x'));
    CHECK(out.size() == head + 4 + length);
  }
}

TEST_CASE("a frame that is not all there says what it needs, once that is known", "[bench][frame]") {
  const std::string whole = std::string("\x82\x7e\x01\x00", 4) + std::string(256, 'x');
  std::size_t needed = 0;
  CHECK_FALSE(read_frame(bytes(whole.substr(0, 3)), needed));
  CHECK(needed == 0);
  CHECK_FALSE(read_frame(bytes(whole.substr(0, 100)), needed));
  CHECK(needed == 260);
  const auto got = read_frame(bytes(whole), needed);
  REQUIRE(got);
  CHECK(got->kind == opcode::binary);
  CHECK(got->final);
  CHECK(got->payload == std::string(256, 'x'));
  CHECK(got->size == 260);
}

TEST_CASE("the first frame of a message says whether it is compressed, where that was agreed on", "[bench][frame]") {
  std::size_t needed = 0;
  for (const auto& [text, compressed] :
       std::vector<std::pair<std::string, bool>>{{"\xc1\x01x", true}, {"\x42\x01x", true}, {"\x81\x01x", false}}) {
    const auto got = read_frame(bytes(text), needed, true);
    REQUIRE(got);
    CHECK(got->compressed == compressed);
  }
  for (const std::string wrong : {"\xc0\x01x", "\xc9\x01x", "\xe1\x01x"}) {
    CHECK_THROWS_AS(read_frame(bytes(wrong), needed, true), bad_answer);
  }
}

TEST_CASE("frames that no server may send are refused", "[bench][frame]") {
  std::size_t needed = 0;
  for (const std::string wrong : {"\xc1\x01x", "\x81\x81keyx", "\x83\x01x", "\x09\x01x"}) {
    CHECK_THROWS_AS(read_frame(bytes(wrong), needed), bad_answer);
  }
}
