// JSON as tokens: the same values and errors as in a tree.

#include "wire/json_tokens.hpp"

#include <boost/json/parse.hpp>

#include <cosio/arguments.hpp>
#include <cosio/convert.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "support/catch.hpp"
#include "wire/json_memory.hpp"
#include "wire/json_parser.hpp"

using namespace cosio::wire;
using cosio::detail::json_ref;
using cosio::detail::parsed_elements;
using cosio::detail::parsed_list_ptr;

namespace {

struct person {
  int id = 0;
  std::string name;
  std::vector<std::string> tags;
  std::optional<double> score;
};
BOOST_DESCRIBE_STRUCT(person, (), (id, name, tags, score))

std::string written(json_ref value) {
  std::string out;
  append_json(out, value);
  return out;
}

// The words of the refusal, or what was read.
template <class T>
std::string read_as(json_ref value) {
  static const std::vector<cosio::binary> none;
  T out{};
  cosio::detail::mismatch wrong;
  if (!cosio::detail::read(value, none, out, wrong)) return cosio::detail::describe_mismatch("e", 0, wrong);
  return cosio::detail::encode_answer(out).json();
}

template <class T>
void check_alike(std::string_view text) {
  CAPTURE(text);
  const auto tree = parse_json(text);
  const parsed_list_ptr list = parse_tokens(text);
  REQUIRE(tree.has_value());
  REQUIRE(list);
  CHECK(read_as<T>(*tree) == read_as<T>(list->value()));
}

std::string object_of(std::size_t members) {
  std::string out = "[{";
  for (std::size_t i = 0; i < members; ++i)
    out += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":" + std::to_string(i);
  return out + "}]";
}

cosio::arguments parsed(std::string_view text) { return cosio::arguments(parsed_elements{parse_tokens(text), 0}); }

}  // namespace

TEST_CASE("JSON as tokens has the values that it has as a tree", "[wire][json_tokens]") {
  for (const std::string_view text :
       {R"([])", R"([[],{},"",0])", R"(["name",1,-1,18446744073709551615,1.5,-0.0,1e3,true,false,null])",
        R"([1e400,-1e400,1e-400,18446744073709551616,0.1,123456789012345.67,0.30000000000000004])",
        R"([ "a" , { "b" : [ 1 , { } ] } ] )",
        "[\"\\u00e9\\n\\\"\\\\x\xC3\xA9\",\"\\ud83d\\ude00\",{\"\\u0061b\":\"c\\td\"}]",
        R"([{"id":1,"name":"a","more":[[1],[2,[3]]]},"behind"])"}) {
    CAPTURE(text);
    const auto tree = parse_json(text);
    const parsed_list_ptr list = parse_tokens(text);
    REQUIRE(tree.has_value());
    REQUIRE(list);
    CHECK(list->size() == tree->get_array().size());
    CHECK(written(list->value()) == written(*tree));
    CHECK(list->value().copy() == *tree);
    CHECK(list->memory() >= json_memory(*tree));
  }
}

TEST_CASE("JSON that a tree must be made of is not read as tokens", "[wire][json_tokens]") {
  for (const std::string_view text :
       {R"({"a":1})", " []", R"("a")", "1", "", "[", "[1]]", "[1,]", "[\"\xFF\"]", R"(["\ud83d"])", "[1e9999999999]",
        R"([{"a":1,"a":2}])", R"([{"a":1,"\u0061":2}])", R"([[{"x":{"long name":1,"b":2,"long name":3}}]])"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_tokens(text));
  }
  CHECK(parse_tokens(object_of(most_token_members)));
  CHECK_FALSE(parse_tokens(object_of(most_token_members + 1)));
  json_limits flat;
  flat.max_depth = 2;
  CHECK(parse_tokens("[[1]]", flat));
  CHECK_FALSE(parse_tokens("[[[1]]]", flat));
}

TEST_CASE("typed values and their errors are the same from tokens", "[wire][json_tokens]") {
  check_alike<std::vector<person>>(
      R"([{"id":1,"name":"a","tags":["x","y"]},{"tags":[],"id":2,"no":{"id":3},"name":"b"}])");
  check_alike<std::vector<person>>(R"([{"id":1,"name":"a","tags":["x",2]}])");
  check_alike<std::vector<person>>(R"([{"id":1.5,"name":"a","tags":[]}])");
  check_alike<std::vector<person>>(R"([{"name":"a","tags":[]}])");
  check_alike<std::vector<person>>(R"([{"id":1,"name":null,"tags":[],"score":"high"}])");
  check_alike<std::vector<person>>(R"([{"_placeholder":true,"num":0}])");
  check_alike<std::vector<cosio::binary>>(R"([{"_placeholder":true,"num":0}])");
  check_alike<std::tuple<int, std::string>>(R"([1,"x"])");
  check_alike<std::tuple<int, std::string>>(R"([1,"x",2])");
  check_alike<std::tuple<int, std::string>>(R"([1,2])");
  check_alike<std::vector<std::map<int, bool>>>(R"([{"1":true,"-2":false},{"x":true}])");
  check_alike<std::vector<boost::json::object>>(R"([{"a":[1]},{}])");
  check_alike<boost::json::array>(R"([{"a":[1]},{}])");
  check_alike<std::vector<cosio::argument>>(R"([{"a":[1]},"x",null])");
}

TEST_CASE("members are found in any order", "[wire][json_tokens]") {
  const parsed_list_ptr list = parse_tokens(R"([{"a":1,"b":[2,{"a":9}],"c":3}])");
  REQUIRE(list);
  cosio::detail::member_search search(list->at(0));
  json_ref found = list->value();
  for (const std::string_view name : {"c", "a", "b", "b", "a", "c"}) {
    CAPTURE(name);
    CHECK(search.find(name, found));
  }
  CHECK(found.int64() == 3);
  CHECK_FALSE(search.find("d", found));
  CHECK(search.find("a", found));
  CHECK(found.int64() == 1);
}

TEST_CASE("arguments that were parsed become JSON values when somebody asks", "[wire][json_tokens]") {
  cosio::arguments all = parsed(R"(["a\n",{"b":[1.5]},3])");
  CHECK(all.size() == 3);
  CHECK(all.get<std::string>(0) == "a\n");
  CHECK(all.get<std::optional<int>>(7) == std::nullopt);
  CHECK_THROWS_AS(all.get<int>(7), cosio::error);
  CHECK(cosio::detail::encode_answer(all, 4).json() == R"(["a\n",{"b":[1.5]},3,4])");
  CHECK(all.parsed().list);

  const cosio::arguments copy = all;
  CHECK(all[1] == boost::json::parse(R"({"b":[1.5]})"));
  CHECK_FALSE(all.parsed().list);
  all.values().emplace_back(true);
  CHECK(cosio::detail::encode_answer(all).json() == R"(["a\n",{"b":[1.5]},3,true])");
  CHECK(copy.size() == 3);
  CHECK(copy.values() == boost::json::parse(R"(["a\n",{"b":[1.5]},3])"));
}

TEST_CASE("arguments are sent as they came where that is what would be written", "[wire][json_tokens]") {
  for (const std::string_view text :
       {R"(["e",{"id":1,"name":"a\n\"","tags":["x",null],"score":-1.5},true])", "[\"e\",\"\xC3\xA9\x7F\",[],{}]",
        R"(["e",18446744073709551615,-7,-9223372036854775808,0])", R"(["e",[[],[{}]],false,"\b\f\n\r\t\\\""])",
        R"(["e",0.000001,-0.5,999999999.999999,-999999999.999999])"}) {
    CAPTURE(text);
    const parsed_list_ptr list = parse_tokens(text);
    REQUIRE(list);
    CHECK("[" + std::string(list->as_written(0)) + "]" == text);
    CHECK("[\"e\"," + std::string(list->as_written(1)) + "]" == text);
    CHECK(written(list->value()) == text);
    CHECK(list->as_written(2).empty());
  }
  for (const std::string_view text : {R"(["e", 1])",
                                      R"(["e",1] )",
                                      R"(["e",{"a": 1}])",
                                      R"(["e",-0])",
                                      R"(["e",-0.0])",
                                      R"(["e",1.50])",
                                      R"(["e",2.0])",
                                      R"(["e",1e3])",
                                      R"(["e",1e0])",
                                      R"(["e",1.5e3])",
                                      R"(["e",1e400])",
                                      R"(["e",0.0000001])",
                                      R"(["e",12345678901.5])",
                                      R"(["e",18446744073709551616])",
                                      R"(["e","\u0041"])",
                                      R"(["e","\/"])",
                                      R"(["e","\u001F"])",
                                      R"(["e","\u000a"])",
                                      R"(["e",{"\u0061":1}])",
                                      R"(["e",[ ],1e1])"}) {
    CAPTURE(text);
    const parsed_list_ptr list = parse_tokens(text);
    REQUIRE(list);
    CHECK(list->as_written(0).empty());
    CHECK(list->as_written(1).empty());
  }
  CHECK(parse_tokens(R"(["a\n",1])")->as_written(1).empty());  // the name has an escape
  CHECK(parse_tokens(R"([1,2])")->as_written(1).empty());      // no name
  CHECK(parse_tokens(R"(["e"])")->as_written(1).empty());      // nothing behind the name
}

TEST_CASE("an answer copies the arguments, or writes them anew", "[wire][json_tokens]") {
  const auto answer = [](std::string_view text) {
    const cosio::arguments rest(cosio::detail::elements_from(parsed_elements{parse_tokens(text), 0}, 1));
    return std::string(cosio::detail::encode_answer(0, rest, 1).json());
  };
  CHECK(answer(R"(["e",{"a":1.5},"b"])") == R"([0,{"a":1.5},"b",1])");
  CHECK(answer(R"(["e",{"a": 1.50},"\/"])") == R"([0,{"a":1.5},"/",1])");
  CHECK(answer(R"(["e\n",-0])") == R"([0,0,1])");
  CHECK(answer(R"(["e"])") == R"([0,1])");
}

TEST_CASE("the short name of an event stays with its arguments", "[wire][json_tokens]") {
  const auto shares = [](std::size_t bytes) {
    const parsed_elements all{parse_tokens("[\"" + std::string(bytes, 'x') + "\",1]"), 0};
    const parsed_elements rest = cosio::detail::elements_from(all, 1);
    CHECK(written(cosio::detail::element_at(rest, 0)) == "1");
    return rest.list == all.list;
  };
  CHECK(shares(64));
  CHECK_FALSE(shares(65));
}

TEST_CASE("arguments from a place on keep nothing of those before", "[wire][json_tokens]") {
  const std::string text = "[\"" + std::string(10'000, 'x') + R"(",["y\t",{"k":"v"}],7])";
  const parsed_elements all{parse_tokens(text), 0};
  REQUIRE(all.list);
  const parsed_elements rest = cosio::detail::elements_from(all, 1);
  REQUIRE(rest.list);
  CHECK(written(rest.list->value()) == R"([["y\t",{"k":"v"}],7])");
  CHECK(cosio::detail::count_of(rest) == 2);
  const json_ref first_string = *rest.list->at(0).elements().begin();
  CHECK(first_string.text().data() - reinterpret_cast<const char*>(rest.list.get()) < 1'000);  // one block of memory
  CHECK_FALSE(cosio::detail::elements_from(all, 3).list);
}

TEST_CASE("more arguments than few can be asked for one after the other", "[wire][json_tokens]") {
  const cosio::arguments all = parsed("[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]");
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all.get<std::size_t>(i) == i);
}

TEST_CASE("events and acknowledgements are read as tokens where that is asked for", "[wire][json_tokens]") {
  packet_decoder decoder;
  const auto tokens = [&](std::string_view text) { return decoder.text(text, {}, json_form::tokens); };
  for (const std::string_view text : {R"(2["name",1])", R"(2/chat,7["name"])", "37[1]"}) {
    CAPTURE(text);
    const auto packet = tokens(text);
    REQUIRE(packet.has_value());
    REQUIRE(*packet);
    CHECK((*packet)->list);
    CHECK((*packet)->has_data);
    CHECK(written((*packet)->json()) == written((*decoder.text(text))->data));
  }
  for (const std::string_view text : {R"(0{"token":1})", R"(2["a",{"b":1,"b":2}])", R"(2["\ud83d"])"}) {
    CAPTURE(text);
    const auto packet = tokens(text);
    REQUIRE(packet.has_value());
    REQUIRE(*packet);
    CHECK_FALSE((*packet)->list);
  }
  for (const std::string_view text :
       {R"(2["connect"])", "2[]", "2[null]", R"(2[{"a":1}])", R"(2["a)", "2{}", "3{}", "2[\"a\",\"\xFF\"]"}) {
    CAPTURE(text);
    const auto as_tree = decoder.text(text);
    const auto as_tokens = tokens(text);
    REQUIRE(as_tree.has_error());
    REQUIRE(as_tokens.has_error());
    CHECK(as_tree.error().code == as_tokens.error().code);
    CHECK(as_tree.error().offset == as_tokens.error().offset);
  }
}
