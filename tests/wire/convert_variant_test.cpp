// std::variant as an argument: which alternative is read, what is said when none fits, and what nested ones cost.

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cosio/convert.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "support/catch.hpp"
#include "wire/converted.hpp"

namespace {

using converted::bytes;
using converted::problem;
using converted::read;
using converted::there_and_back;
using converted::written;
using cosio::binary;

enum class shape_kind { circle, square };
BOOST_DESCRIBE_ENUM(shape_kind, circle, square)
enum class only_circle { circle };
BOOST_DESCRIBE_ENUM(only_circle, circle)
enum class only_square { square };
BOOST_DESCRIBE_ENUM(only_square, square)

struct circle {
  double radius = 0;
};
BOOST_DESCRIBE_STRUCT(circle, (), (radius))
struct square {
  double side = 0;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(square, (), (side, name))
using shape = std::variant<circle, square>;

// Their tag is all that tells them apart, and it is the last member.
struct sum;
struct product;
using expression = std::variant<int, std::unique_ptr<sum>, std::unique_ptr<product>>;
struct sum {
  expression left, right;
  only_circle tag{};
};
BOOST_DESCRIBE_STRUCT(sum, (), (left, right, tag))
struct product {
  expression left, right;
  only_square tag{};
};
BOOST_DESCRIBE_STRUCT(product, (), (left, right, tag))

// Arrays are all that a look sees of them.
struct twig {
  std::variant<int, std::vector<twig>, std::list<twig>> of;
};
BOOST_DESCRIBE_STRUCT(twig, (), (of))

std::string nested_twigs(int depth, std::string_view inside) {
  std::string text = R"({"of":)" + std::string(inside) + "}";
  for (int i = 0; i < depth; ++i) text = R"({"of":[)" + text + "]}";
  return text;
}

struct wide {
  int a = 0, b = 0, c = 0, d = 0, e = 0;
};
BOOST_DESCRIBE_STRUCT(wide, (), (a, b, c, d, e))

}  // namespace

TEST_CASE("a variant is written as the value that it holds", "[wire][convert]") {
  using any = std::variant<std::monostate, int, std::string, circle, std::vector<shape>, binary>;
  CHECK(written(any(), any(5), any("x"), any(circle{1.5})) == R"([null,5,"x",{"radius":1.5}])");
  CHECK(written(any(std::vector<shape>{circle{1}, square{2, "s"}})) == R"([[{"radius":1},{"side":2,"name":"s"}]])");
  const auto data = cosio::detail::encode_answer(any(bytes("b")));
  CHECK(data.json() == R"([{"_placeholder":true,"num":0}])");
  CHECK(data.attachments().size() == 1);
}

TEST_CASE("the first alternative that fits is read", "[wire][convert]") {
  CHECK(std::get<int>(read<std::variant<int, double>>("2")) == 2);
  CHECK(std::get<double>(read<std::variant<int, double>>("2.5")) == 2.5);
  CHECK(std::get<double>(read<std::variant<double, int>>("2")) == 2);
  CHECK(std::get<std::int64_t>(read<std::variant<std::uint8_t, std::int64_t>>("300")) == 300);
  CHECK(std::get<bool>(read<std::variant<int, bool, std::string>>("true")));
  CHECK(std::get<std::string>(read<std::variant<shape_kind, std::string>>("\"triangle\"")) == "triangle");
  CHECK(std::get<shape_kind>(read<std::variant<shape_kind, std::string>>("\"square\"")) == shape_kind::square);
  CHECK(std::get<square>(read<shape>(R"({"side":3})")).side == 3);
  CHECK(std::get<circle>(read<shape>(R"({"side":3,"radius":1})")).radius == 1);
  CHECK(read<std::variant<std::monostate, int>>("null").index() == 0);
  CHECK(read<std::variant<int, std::optional<std::string>>>("null").index() == 1);
  CHECK(read<std::variant<std::vector<int>, std::vector<std::string>>>(R"(["a"])").index() == 1);
  CHECK(read<std::variant<std::tuple<int>, std::array<int, 2>>>("[1,2]").index() == 1);
  CHECK(read<std::variant<std::string, binary>>(R"({"_placeholder":true,"num":0})", {bytes("b")}).index() == 1);
  CHECK(read<std::variant<circle, std::map<std::string, std::string>>>(R"({"a":"b"})").index() == 1);
  CHECK(read<std::variant<std::variant<int, bool>, std::string>>("false").index() == 0);
  using moment = std::variant<std::chrono::system_clock::time_point, std::string>;
  CHECK(read<moment>(R"("2026-11-30T13:41:14.000Z")").index() == 0);
  CHECK(read<moment>(R"("tomorrow")").index() == 1);
  CHECK(std::get<1>(there_and_back(shape(square{2, "s"}))).name == "s");
}

TEST_CASE("when no alternative fits, all are named", "[wire][convert]") {
  CHECK(problem<std::variant<std::string, circle>>("5") ==
        "argument 0 must be a string or an object with radius, but is a number");
  CHECK(problem<shape>(R"({"diameter":1})") ==
        "argument 0 must be an object with radius or an object with side, but is an object");
  CHECK(problem<std::variant<std::monostate, int, long, bool, std::vector<int>>>("\"x\"") ==
        "argument 0 must be null or an integer or a boolean or an array, but is a string");
  CHECK(problem<std::variant<int, shape_kind>>("\"triangle\"") ==
        R"(argument 0 must be an integer or "circle" or "square", but is a string)");
  CHECK(problem<std::vector<std::variant<int, wide>>>("[1,null]") ==
        "argument 0 ([1]) must be an integer or an object with a, b, c, d and others, but is null");
  CHECK(problem<std::variant<std::vector<int>, std::vector<bool>>>("[\"a\"]") ==
        "argument 0 must be an array, but is an array");
}

TEST_CASE("when one alternative only looks right, its own failure is told", "[wire][convert]") {
  CHECK(problem<std::variant<std::string, std::vector<int>>>("[1,\"x\"]") ==
        "argument 0 ([1]) must be an integer, but is a string");
  CHECK(problem<std::variant<int, std::vector<shape>>>(R"([{"side":1},{"radius":"x"}])") ==
        "argument 0 ([1]) must be an object with radius or an object with side, but is an object");
}

TEST_CASE("the names of many alternatives are a short text", "[wire][convert]") {
  using many = std::variant<std::tuple<int>, std::array<int, 2>, std::array<int, 3>, std::array<int, 4>,
                            std::array<int, 5>, std::array<int, 6>, std::array<int, 7>, std::array<int, 8>,
                            std::array<int, 9>, std::array<int, 10>, std::array<int, 11>, std::array<int, 12>,
                            std::array<int, 13>, std::array<int, 14>, std::array<int, 15>, std::array<int, 16>,
                            std::array<int, 17>, std::array<int, 18>, std::array<int, 19>, std::array<int, 20>>;
  const std::string said = problem<many>("[]");
  CHECK(said.find("an array of 1 or an array of 2 or ") != std::string::npos);
  CHECK(said.find(" or another type, but is an array") != std::string::npos);
  CHECK(said.size() < 400);
}

TEST_CASE("alternatives that a look tells apart nest without limit", "[wire][convert]") {
  std::string text = "1";
  for (int i = 0; i < 28; ++i) {
    const std::string tag = i % 2 == 0 ? "square" : "circle";
    text = R"({"left":)" + text + R"(,"right":2,"tag":")" + tag + R"("})";
  }
  const auto read_one = read<expression>(text);
  REQUIRE(read_one.index() == 1);
  CHECK(std::get<1>(read_one)->left.index() == 2);
  CHECK(problem<expression>(R"({"left":1,"right":2,"tag":"triangle"})") ==
        "argument 0 must be an integer or null or an object with left, right, tag, but is an object");
}

TEST_CASE("alternatives that look alike are tried, but not for ever", "[wire][convert]") {
  CHECK(read<twig>(nested_twigs(6, "1")).of.index() == 1);
  CHECK(problem<twig>(nested_twigs(5, "\"x\"")) == "argument 0 (.of) must be an integer or an array, but is an array");
  const std::string said = problem<twig>(nested_twigs(7, "1"));  // 2 to the 7th readings of the number
  CHECK(said.find("must be a value whose variants differ at first sight") != std::string::npos);
  CHECK(said.starts_with("argument 0 (.of[0].of[0].of[0].of[0].of[0].of[0].of)"));
}
