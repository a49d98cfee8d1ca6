// Types that cannot be read from arguments. With BAD, each line marked with an error fails with that text, and no other
// line does. Without BAD, everything compiles. compile_errors.sh reads this file.

#include <cosio/cosio.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

struct no_default {
  explicit no_default(int x) : value(x) {}
  int value;
};
BOOST_DESCRIBE_STRUCT(no_default, (), (value))

#ifdef BAD
// clang-format off: the error stands on the line that makes it
void read(const cosio::arguments& came) {
  came.get<std::span<const std::byte>>(0);       // error: a view owns no bytes that could be read into
  came.get<std::vector<std::span<const unsigned char>>>(0);  // error: a view owns no bytes that could be read into
  came.get<std::variant<int, no_default>>(0);    // error: each of its alternatives has a default constructor
}
// clang-format on
#endif

void right(const cosio::socket& user, const std::vector<std::uint8_t>& pixels) {
  user.on("bytes", [](const std::vector<std::byte>&, std::array<std::uint8_t, 4>) {});
  user.on("shape", [](const std::variant<int, std::string>&) {});
  static_cast<void>(user.emit("bytes", std::span(pixels), std::variant<int, no_default>(1)));
}
