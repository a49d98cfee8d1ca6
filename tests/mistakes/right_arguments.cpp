// expect: compiles

#include <boost/asio/use_future.hpp>
#include <cosio/cosio.hpp>

#include <array>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

struct stroke {
  std::string colour;
  int width = 1;
};
BOOST_DESCRIBE_STRUCT(stroke, (), (colour, width))

enum class shape { line, circle };

struct tree {
  std::string name;
  std::vector<tree> children;
};
BOOST_DESCRIBE_STRUCT(tree, (), (name, children))

cosio::task<> tell(cosio::socket user, std::optional<tree> family) {
  const stroke line{"red", 2};
  const std::array<std::string, 2> two{"red", "blue"};
  std::map<std::string, std::vector<stroke>> drawings;
  drawings["first"].push_back(line);
  co_await user.emit("drawings", drawings, shape::circle, nullptr, "text", std::string_view("view"));
  co_await user.to("room").emit("all", line, two, family, std::make_tuple(1, 0.5, true), user.data());
  const tree again = co_await user.emit_with_ack<tree>("again?", cosio::binary(std::string("bytes")));
  user.data(again);
  const auto kept = user.data<tree>();
  co_await user.nsp().server_side_emit("kept", kept, cosio::arguments());
}

// No co_await expression: GCC 12 destroys such a temporary once.
void tell_with_tokens(const cosio::socket& user, const cosio::server& io) {
  io.async_emit(boost::asio::use_future, "draw", stroke{"red", 2}).get();
  io.async_server_side_emit(boost::asio::use_future, "draw", stroke{"red", 2}).get();
  user.async_emit_with_ack<int>([](std::exception_ptr, int) {}, "draw", stroke{"red", 2});
}
