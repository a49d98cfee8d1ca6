// A contract with everything that contracts can say. everything.d.ts is what it prints; the programs beside it are
// compiled with that.

#pragma once
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cosio/contract.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace shop {

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)
enum class level { low = 1, high };  // not described: a number

struct picture {
  std::string name;
  std::optional<colour> tint;
  std::vector<cosio::binary> parts;
};
BOOST_DESCRIBE_STRUCT(picture, (), (name, tint, parts))

struct circle {
  double radius = 0;
};
BOOST_DESCRIBE_STRUCT(circle, (), (radius))

struct label {
  std::string text;
  std::shared_ptr<circle> around;
};
BOOST_DESCRIBE_STRUCT(label, (), (text, around))

using drawing = std::variant<circle, label, std::vector<std::uint8_t>>;

struct node {  // of a tree
  int value = 0;
  std::vector<node> children;
};
BOOST_DESCRIBE_STRUCT(node, (), (value, children))

struct size {
  double width = 0;
  double height = 0;
};
BOOST_DESCRIBE_STRUCT(size, (), (width, height))

namespace other {
struct size {
  std::array<int, 2> of;
};
BOOST_DESCRIBE_STRUCT(size, (), (of))
}  // namespace other

using cosio::arg;
using cosio::event;

// clang-format off
struct everything {
  using client_to_server = cosio::events<
      event<"upload", arg<"stored", picture>(arg<"what", picture>)>,
      event<"bytes", void(arg<"data", cosio::binary>, arg<"more", std::vector<cosio::binary>>)>,
      event<"search", void(arg<"text", std::string>, arg<"limit", std::optional<int>>)>,
      event<"save", std::tuple<>()>,
      event<"divide", std::tuple<arg<"quotient", int>, arg<"remainder", int>>(int, int)>,
      event<"tree", node(node)>,
      event<"any", cosio::arguments(arg<"kind", std::string>, cosio::arguments)>,
      event<"draw", void(arg<"what", drawing>, arg<"within", std::chrono::milliseconds>)>,
      event<"log", void(cosio::arguments)>>;

  using server_to_client = cosio::events<
      event<"picture", void(arg<"shown", picture>)>,
      event<"bytes", void(arg<"data", cosio::binary>)>,
      event<"plain", void(bool, int, double, std::string, std::nullptr_t, level)>,
      event<"sizes", void(arg<"a", size>, arg<"b", other::size>)>,
      event<"counts", void(arg<"by name", std::map<std::string, std::optional<int>>>)>,
      event<"pair", void(arg<"pair", std::tuple<std::string, std::optional<double>>>)>,
      event<"drawn", void(arg<"what", std::vector<drawing>>, arg<"when", std::chrono::system_clock::time_point>)>,
      event<"stock", void(arg<"by id", std::map<int, std::string>>, arg<"by colour", std::map<colour, int>>)>,
      event<"json", void(arg<"value", boost::json::value>, arg<"object", boost::json::object>)>,
      event<"which colour?", arg<"colour", std::optional<colour>>(arg<"of", std::vector<colour>>)>,
      event<"ready?", std::tuple<>()>>;
};
// clang-format on

}  // namespace shop
