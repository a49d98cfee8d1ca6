// Binary: what it is made of, and that its copies share the bytes.

#include <cosio/binary.hpp>

#include <boost/json/string.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using cosio::binary;

TEST_CASE("binary is made of every kind of bytes in a row", "[wire][binary]") {
  const std::string text("a\0b", 3);
  const std::vector<std::uint8_t> unsigned_bytes{'a', 0, 'b'};
  const std::vector<std::int8_t> signed_bytes{'a', 0, 'b'};
  const std::vector<char> characters(text.begin(), text.end());
  const std::vector<std::byte> pure{std::byte{'a'}, std::byte{0}, std::byte{'b'}};
  const std::array<unsigned char, 3> fixed{'a', 0, 'b'};
  const unsigned char plain[] = {'a', 0, 'b'};
  std::vector<std::byte> changing = pure;

  CHECK(binary(text).view() == text);
  CHECK(binary(std::string_view(text)).view() == text);
  CHECK(binary(boost::json::string(text)).view() == text);
  CHECK(binary(unsigned_bytes).view() == text);
  CHECK(binary(signed_bytes).view() == text);
  CHECK(binary(characters).view() == text);
  CHECK(binary(pure).view() == text);
  CHECK(binary(changing).view() == text);
  CHECK(binary(fixed).view() == text);
  CHECK(binary(plain).view() == text);
  CHECK(binary(std::span(unsigned_bytes)).view() == text);
  CHECK(binary(std::span<std::byte>(changing)).view() == text);
  CHECK(binary(std::span<const std::byte>(pure)).view() == text);
  CHECK(binary(std::as_bytes(std::span(fixed))).view() == text);
  CHECK(binary(std::u8string(u8"\u00e9")).size() == 2);
  CHECK(binary(std::vector<std::uint8_t>()).empty());
  CHECK(binary("a literal ends at its zero").size() == 26);
}

TEST_CASE("binary copies bytes only where that is written down", "[wire][binary]") {
  std::string text(100, 'x');
  const char* const at = text.data();
  const binary taken(std::move(text));
  CHECK(taken.data() == at);  // a string that is moved in is not copied
  const binary copy(taken);   // nor is other binary
  CHECK(copy.data() == at);
  CHECK_FALSE(std::is_convertible_v<std::vector<std::uint8_t>, binary>);
  CHECK_FALSE(std::is_convertible_v<std::string, binary>);
}

TEST_CASE("binary is not made of other ranges", "[wire][binary]") {
  CHECK_FALSE(std::is_constructible_v<binary, std::vector<int>>);
  CHECK_FALSE(std::is_constructible_v<binary, std::vector<bool>>);
  CHECK_FALSE(std::is_constructible_v<binary, std::wstring>);
  CHECK_FALSE(std::is_constructible_v<binary, int>);
}
