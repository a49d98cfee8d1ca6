// JSON as tokens against the same JSON as a tree: every reader must see the same, and tell the same errors.

#include <boost/json/value.hpp>

#include <cosio/convert.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "check.hpp"
#include "wire/json_limits.hpp"
#include "wire/json_memory.hpp"
#include "wire/json_tokens.hpp"
#include "wire/placeholder.hpp"

using namespace cosio::wire;
using cosio::binary;
using cosio::detail::json_ref;
using cosio::detail::parsed_elements;
using cosio::detail::parsed_list_ptr;
using cosio::fuzz::check;
namespace json = boost::json;

namespace {

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct point {
  double x = 0;
  double y = 0;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

struct thing {
  std::int64_t id = 0;
  std::string name;
  std::vector<std::string> tags;
  std::optional<double> score;
  std::optional<bool> ok;
  std::optional<colour> look;
  std::optional<std::variant<std::string, int, point>> any;
  std::vector<thing> parts;
};
BOOST_DESCRIBE_STRUCT(thing, (), (id, name, tags, score, ok, look, any, parts))

struct loose {
  std::optional<std::string> a;
  std::optional<json::value> b;
  std::optional<std::map<std::string, cosio::argument>> id;
};
BOOST_DESCRIBE_STRUCT(loose, (), (a, b, id))

std::string written(json_ref value) {
  std::string out;
  append_json(out, value);
  return out;
}

// Reads both forms into a T.
template <class T>
void check_reading(const json::value& tree, json_ref tokens) {
  static const std::vector<binary> none;
  T from_tree{};
  T from_tokens{};
  cosio::detail::mismatch wrong_tree;
  cosio::detail::mismatch wrong_tokens;
  const bool fits = cosio::detail::read(tree, none, from_tree, wrong_tree);
  check(fits == cosio::detail::read(tokens, none, from_tokens, wrong_tokens),
        "what fits in one form fits in the other");
  check(cosio::detail::describe_mismatch("e", 0, wrong_tree) == cosio::detail::describe_mismatch("e", 0, wrong_tokens),
        "both forms tell the same error");
  if (!fits) return;
  check(cosio::detail::encode_answer(from_tree).json() == cosio::detail::encode_answer(from_tokens).json(),
        "both forms have the same value");
}

void check_all_types(const json::value& tree, json_ref tokens) {
  check_reading<bool>(tree, tokens);
  check_reading<int>(tree, tokens);
  check_reading<std::uint8_t>(tree, tokens);
  check_reading<std::uint64_t>(tree, tokens);
  check_reading<float>(tree, tokens);
  check_reading<double>(tree, tokens);
  check_reading<std::string>(tree, tokens);
  check_reading<colour>(tree, tokens);
  check_reading<std::nullptr_t>(tree, tokens);
  check_reading<binary>(tree, tokens);
  check_reading<cosio::argument>(tree, tokens);
  check_reading<json::value>(tree, tokens);
  check_reading<json::object>(tree, tokens);
  check_reading<json::array>(tree, tokens);
  check_reading<thing>(tree, tokens);
  check_reading<loose>(tree, tokens);
  check_reading<std::chrono::seconds>(tree, tokens);
  check_reading<std::chrono::system_clock::time_point>(tree, tokens);
  check_reading<std::vector<std::uint8_t>>(tree, tokens);
  check_reading<std::vector<thing>>(tree, tokens);
  check_reading<std::vector<std::shared_ptr<double>>>(tree, tokens);
  check_reading<std::vector<json::value>>(tree, tokens);
  check_reading<std::set<std::string>>(tree, tokens);
  check_reading<std::tuple<std::string, int, std::optional<json::value>>>(tree, tokens);
  check_reading<std::map<std::string, std::int64_t>>(tree, tokens);
  check_reading<std::map<int, json::value>>(tree, tokens);
  check_reading<std::vector<std::variant<std::int64_t, std::string, thing, loose, std::vector<double>>>>(tree, tokens);
}

void check_list(const json::value& tree, const parsed_list_ptr& list) {
  const json::array& all = tree.get_array();
  check(all.size() == list->size(), "both forms have the same number of elements");
  check(json_memory(tree) <= list->memory(), "a tree takes no more than is charged");
  check(written(tree) == written(list->value()), "both forms are written alike");
  check(written(list->value().copy()) == written(tree), "a tree can be made of tokens");
  check_all_types(tree, list->value());
  for (std::size_t i = 0; i < all.size() && i < 8; ++i) {
    check(placeholder_index(all[i]) == placeholder_index(list->at(i)), "both forms have the same placeholders");
    check_all_types(all[i], list->at(i));
  }
}

// Arguments in either form, from one of them to the last.
void check_arguments(const json::array& all, const parsed_list_ptr& list, std::size_t first) {
  cosio::arguments from_tokens(cosio::detail::elements_from(parsed_elements{list, 0}, first));
  const cosio::arguments from_tree(json::array(all.begin() + static_cast<std::ptrdiff_t>(first), all.end()));
  check(from_tokens.size() == from_tree.size(), "both lists of arguments have the same size");
  check(cosio::detail::encode_answer(from_tokens).json() == cosio::detail::encode_answer(from_tree).json(),
        "both lists of arguments are sent alike");
  const cosio::arguments copy = from_tokens;
  const std::string_view as_written = list->as_written(first);
  if (!as_written.empty()) {
    check("[" + std::string(as_written) + "]" == written(json::value(from_tree.values())),
          "text that is sent back is what would be written");
  }
  check(written(json::value(from_tokens.values())) == written(json::value(from_tree.values())),
        "both lists of arguments have the same values");
  check(written(json::value(copy.values())) == written(json::value(from_tokens.values())),
        "a copy has the same values");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cosio::fuzz::text_of(data, size);
  const parsed_list_ptr list = parse_tokens(text);
  const auto tree = parse_json(text);
  if (!list) {
    if (size < 100'000) {  // most texts are no list: in one they may be an element
      const std::string inside = "[" + std::string(text) + "]";
      const parsed_list_ptr one = parse_tokens(inside);
      const auto same = parse_json(inside);
      check(!one || same.has_value(), "what is read as tokens is JSON");
      if (one) check_list(*same, one);
    }
    return 0;
  }
  check(tree.has_value(), "what is read as tokens is JSON");
  check_list(*tree, list);
  const std::size_t count = list->size();
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}, count / 2, count}) {
    if (first <= count) check_arguments(tree->get_array(), list, first);
  }
  return 0;
}
