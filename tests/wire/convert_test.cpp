// C++ values <-> the arguments of events: every type both ways, and what is said when it does not fit.

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <cosio/convert.hpp>
#include <cosio/json_view.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "wire/converted.hpp"

namespace {

namespace json = boost::json;
using cosio::arguments;
using cosio::binary;

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)
enum class level : std::uint8_t { low = 1, high = 200 };  // not described: a number

struct point {
  int x = 0;
  double y = 0;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

struct base_part {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(base_part, (), (id))

struct person : base_part {
  std::string name;
  std::optional<int> age;
  colour likes = colour::red;
  std::vector<point> path;
  std::map<std::string, binary> files;
  bool volatile_ = false;  // a keyword: "volatile" on the wire
};
BOOST_DESCRIBE_STRUCT(person, (base_part), (name, age, likes, path, files, volatile_))

struct with_defaults {
  std::vector<int> list = {1, 2};
  std::map<std::string, int> map = {{"a", 1}};
  std::optional<int> maybe = 7;
};
BOOST_DESCRIBE_STRUCT(with_defaults, (), (list, map, maybe))

// Not described: Boost.JSON's own customisation is used.
struct money {
  int cents = 0;
};
void tag_invoke(json::value_from_tag, json::value& out, const money& m) { out = std::to_string(m.cents) + " ct"; }
money tag_invoke(json::value_to_tag<money>, const json::value& from) {
  return {static_cast<int>(std::stoi(std::string(from.as_string())))};
}

using converted::bytes;
using converted::list_of;
using converted::problem;
using converted::read;
using converted::there_and_back;
using converted::written;

}  // namespace

TEST_CASE("values are written as JavaScript would write them", "[wire][convert]") {
  CHECK(written() == "[]");
  CHECK(written(true, false, nullptr) == "[true,false,null]");
  CHECK(written(1, -2, 3U, std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::int64_t>::min()) ==
        "[1,-2,3,18446744073709551615,-9223372036854775808]");
  CHECK(written(std::int8_t{-3}, std::uint8_t{200}) == "[-3,200]");
  CHECK(written(1.5, 2.0, 0.1F) == "[1.5,2,0.10000000149011612]");
  CHECK(written("text", std::string("s"), std::string_view("v"), json::string("j")) == R"(["text","s","v","j"])");
  CHECK(written(std::optional<int>(), std::optional<int>(4)) == "[null,4]");
  CHECK(written(std::vector<int>{1, 2}, std::list<bool>{true}, std::vector<bool>{true, false}, std::set<int>{3}) ==
        "[[1,2],[true],[true,false],[3]]");
  CHECK(written(std::array<int, 2>{1, 2}, std::tuple<int, std::string>(1, "a"), std::pair<bool, double>(true, 0.5)) ==
        R"([[1,2],[1,"a"],[true,0.5]])");
  CHECK(written(std::map<std::string, int>{{"a", 1}, {"b", 2}}) == R"([{"a":1,"b":2}])");
  CHECK(written(colour::green, level::high) == R"(["green",200])");
  CHECK(written(static_cast<colour>(9)) == "[9]");
  CHECK(written(json::value{{"k", {1, nullptr}}}, json::object{{"o", 1}}, json::array{1, "x"}) ==
        R"([{"k":[1,null]},{"o":1},[1,"x"]])");
  CHECK(written(money{42}) == R"(["42 ct"])");
}

TEST_CASE("what JSON cannot hold is written as JavaScript writes it", "[wire][convert]") {
  CHECK(written(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()) == "[null,null]");
  CHECK(written(json::value(std::numeric_limits<double>::quiet_NaN())) == "[null]");
  CHECK(written(std::string("a\xff") + "b") ==
        "[\"a\xef\xbf\xbd"
        "b\"]");
  CHECK(written(std::map<std::string, int>{{"\xc3", 1}}) == "[{\"\xef\xbf\xbd\":1}]");
  CHECK(written(json::value("\xed\xa0\x80")).find("\xed\xa0\x80") == std::string::npos);
  CHECK(written(std::string("\x00\x1e\"\\\n", 5)) == R"(["\u0000\u001e\"\\\n"])");
  CHECK(cosio::detail::encode_event("e\xff").json() == "[\"e\xef\xbf\xbd\"]");
}

TEST_CASE("described structs are objects, with members that are absent left out", "[wire][convert]") {
  person ann;
  ann.id = "1";
  ann.name = "Ann";
  CHECK(written(ann) == R"([{"id":"1","name":"Ann","likes":"red","path":[],"files":{},"volatile":false}])");
  ann.age = 7;
  ann.path = {{1, 0.5}};
  CHECK(written(ann) ==
        R"([{"id":"1","name":"Ann","age":7,"likes":"red","path":[{"x":1,"y":0.5}],"files":{},"volatile":false}])");
}

TEST_CASE("binary at any depth becomes attachments, in the order in which it is written", "[wire][convert]") {
  person ann;
  ann.files = {{"a", bytes("one")}, {"b", bytes("two")}};
  const auto data =
      cosio::detail::encode_event("e", bytes("zero"), ann, std::vector<binary>{bytes("three"), bytes("")});
  CHECK(
      data.json() ==
      R"(["e",{"_placeholder":true,"num":0},)"
      R"({"id":"","name":"","likes":"red","path":[],"files":{"a":{"_placeholder":true,"num":1},"b":{"_placeholder":true,"num":2}},"volatile":false},)"
      R"([{"_placeholder":true,"num":3},{"_placeholder":true,"num":4}]])");
  REQUIRE(data.attachments().size() == 5);
  CHECK(data.attachments()[0] == bytes("zero"));
  CHECK(data.attachments()[3] == bytes("three"));
  CHECK(data.attachments()[4].empty());
}

TEST_CASE("the same binary twice is two attachments that share their bytes", "[wire][convert]") {
  const binary one = bytes("shared");
  const auto data = cosio::detail::encode_answer(one, one);
  REQUIRE(data.attachments().size() == 2);
  CHECK(data.attachments()[0].data() == one.data());
  CHECK(data.attachments()[1].data() == one.data());
}

TEST_CASE("arguments that came with binary go out again under new numbers", "[wire][convert]") {
  const arguments came = list_of(
      R"(["x",[{"deep":{"_placeholder":true,"num":1}}],{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
      {bytes("zero"), bytes("one")});
  const auto data = cosio::detail::encode_event("e", bytes("own"), came, 5);
  CHECK(data.json() == R"(["e",{"_placeholder":true,"num":0},"x",[{"deep":{"_placeholder":true,"num":1}}],)"
                       R"({"_placeholder":true,"num":2},{"_placeholder":true,"num":3},5])");
  REQUIRE(data.attachments().size() == 4);
  CHECK(data.attachments()[0] == bytes("own"));
  CHECK(data.attachments()[1] == bytes("one"));
  CHECK(data.attachments()[2] == bytes("zero"));
  CHECK(data.attachments()[3] == bytes("one"));
}

TEST_CASE("arguments stand for all of their values, also for none", "[wire][convert]") {
  CHECK(written(arguments()) == "[]");
  CHECK(written(1, arguments(), 2) == "[1,2]");
  CHECK(written(list_of("[1,2]"), list_of("[3]")) == "[1,2,3]");
  CHECK(cosio::detail::encode_event("e", arguments()).json() == R"(["e"])");
}

TEST_CASE("what only looks like a placeholder stays data", "[wire][convert]") {  // edge case 170
  const std::string plain = R"([{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":7}]}])";
  const arguments spoofed = list_of(plain);
  const auto data = cosio::detail::encode_answer(spoofed);
  CHECK(data.json() == plain);
  CHECK(data.attachments().empty());
  CHECK(problem<binary>(R"({"_placeholder":true,"num":0})") == "argument 0 must be binary, but is an object");
  CHECK(problem<binary>(R"({"_placeholder":true,"num":1})", {bytes("x")}) ==
        "argument 0 must be binary, but is an object");
}

TEST_CASE("JSON takes values without binary only, and says which type takes both", "[wire][convert]") {
  const std::string said =
      "argument 0 must be a value without binary (cosio::argument is the type for any value with its binary), but is ";
  const std::string one = R"({"_placeholder":true,"num":0})";
  const std::vector<binary> x{bytes("x")};
  CHECK(problem<json::value>(one, x) == said + "binary");
  CHECK(problem<json::value>("[1," + one + "]", x) == said + "an array with binary in it");
  CHECK(problem<json::value>(R"({"a":[{"b":)" + one + "}]}", x) == said + "an object with binary in it");
  CHECK(problem<json::object>(R"({"a":)" + one + "}", x) == said + "an object with binary in it");
  CHECK(problem<json::object>(one, x) == said + "binary");
  CHECK(problem<json::array>("[" + one + "]", x) == said + "an array with binary in it");
  const std::string in_map = problem<std::map<std::string, json::value>>(R"({"a":)" + one + "}", x);
  CHECK(in_map == "argument 0 ({0}) must" + said.substr(std::string("argument 0 must").size()) + "binary");
  CHECK(
      problem<std::vector<json::value>>("[1," + one + "]", x).starts_with("argument 0 ([1]) must be a value without"));
  CHECK(problem<std::optional<json::value>>(one, x) == said + "binary");
  CHECK(problem<money>("[" + one + "]", x) == said + "an array with binary in it");
  CHECK(read<json::value>("[1]", x) == json::value{1});  // binary of other arguments is no matter
  CHECK(read<json::value>(one) == json::parse(one));     // nor is data that looks like it
}

TEST_CASE("an argument is any value with its binary, wherever it stands", "[wire][convert]") {
  const std::vector<binary> two{bytes("zero"), bytes("one")};
  const auto got = read<cosio::argument>(R"({"a":[{"_placeholder":true,"num":1}],"b":2})", two);
  REQUIRE(got.attachments().size() == 1);  // its own only
  CHECK(got.attachments()[0] == bytes("one"));
  CHECK(got.value() == json::parse(R"({"a":[{"_placeholder":true,"num":0}],"b":2})"));
  REQUIRE(got.binary_at(got.value().at("a").at(0)) != nullptr);
  CHECK(got.binary_at(got.value().at("a").at(0))->view() == "one");
  CHECK(got.binary_at(got.value().at("b")) == nullptr);

  const auto data = cosio::detail::encode_event("e", bytes("own"), got, std::vector<cosio::argument>{got});
  CHECK(data.json() == R"(["e",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1}],"b":2},)"
                       R"([{"a":[{"_placeholder":true,"num":2}],"b":2}]])");
  CHECK(data.attachments() == std::vector<binary>{bytes("own"), bytes("one"), bytes("one")});

  const auto each = read<std::map<std::string, cosio::argument>>(R"({"x":{"_placeholder":true,"num":0},"y":[]})", two);
  CHECK(each.at("x").get<binary>() == bytes("zero"));
  CHECK(each.at("y").attachments().empty());
  CHECK(written(cosio::argument(), each.at("y")) == "[null,[]]");
  CHECK(read<cosio::argument>("null").value().is_null());
  try {
    static_cast<void>(each.at("y").get<int>());
    FAIL("an array is no integer");
  } catch (const cosio::error& e) {
    CHECK(e.detail() == "the value must be an integer, but is an array");
  }
}

TEST_CASE("every type is read back as it was written", "[wire][convert]") {
  CHECK(there_and_back(true));
  CHECK(there_and_back(std::numeric_limits<std::uint64_t>::max()) == std::numeric_limits<std::uint64_t>::max());
  CHECK(there_and_back(std::numeric_limits<std::int64_t>::min()) == std::numeric_limits<std::int64_t>::min());
  CHECK(there_and_back(0.1) == 0.1);
  CHECK(there_and_back(std::string("\"\xe2\x82\xac\n")) == "\"\xe2\x82\xac\n");
  CHECK(there_and_back(json::string("j")) == "j");
  CHECK(there_and_back(colour::green) == colour::green);
  CHECK(there_and_back(level::high) == level::high);
  CHECK(there_and_back(std::optional<std::string>("o")) == "o");
  CHECK_FALSE(there_and_back(std::optional<std::string>()));
  CHECK(there_and_back(std::vector<std::vector<int>>{{1}, {}}) == std::vector<std::vector<int>>{{1}, {}});
  CHECK(there_and_back(std::set<std::string>{"b", "a"}) == std::set<std::string>{"a", "b"});
  CHECK(there_and_back(std::array<int, 3>{1, 2, 3}) == std::array<int, 3>{1, 2, 3});
  CHECK(there_and_back(std::tuple<int, std::string, bool>(1, "x", true)) ==
        std::tuple<int, std::string, bool>(1, "x", true));
  CHECK(there_and_back(std::unordered_map<std::string, double>{{"a", 0.5}}).at("a") == 0.5);
  CHECK(there_and_back(bytes("\x01\x02")) == bytes("\x01\x02"));
  CHECK(there_and_back(std::vector<binary>{bytes("a"), bytes("b")})[1] == bytes("b"));
  CHECK(there_and_back(json::value{1, "x", {{"k", nullptr}}}) == json::value{1, "x", {{"k", nullptr}}});
  CHECK(there_and_back(json::object{{"a", 1}}).at("a") == 1);
  CHECK(there_and_back(json::array{1, 2}).size() == 2);
  CHECK(there_and_back(money{42}).cents == 42);
}

TEST_CASE("a nested struct is read back with its binary", "[wire][convert]") {
  person ann;
  ann.id = "1";
  ann.age = 30;
  ann.likes = colour::green;
  ann.path = {{1, 2.5}, {3, 4}};
  ann.files = {{"a", bytes("one")}};
  ann.volatile_ = true;
  const person again = there_and_back(ann);
  CHECK(again.id == "1");
  CHECK(again.age == 30);
  CHECK(again.likes == colour::green);
  REQUIRE(again.path.size() == 2);
  CHECK(again.path[1].y == 4);
  CHECK(again.files.at("a") == bytes("one"));
  CHECK(again.volatile_);
}

TEST_CASE("whole numbers are integers however they are spelled, within their range", "[wire][convert]") {
  CHECK(read<int>("1e3") == 1000);
  CHECK(read<int>("2.0") == 2);
  CHECK(read<std::int8_t>("-128") == -128);
  CHECK(read<std::uint8_t>("255") == 255);
  CHECK(read<double>("3") == 3.0);
  CHECK(read<double>("18446744073709551615") == 18446744073709551615.0);
  CHECK(read<float>("0.5") == 0.5F);

  const auto range = [](std::string_view wanted, std::string_view came) {
    return "argument 0 must be an integer from " + std::string(wanted) + ", but is a " + std::string(came) + " number";
  };
  CHECK(problem<std::int8_t>("128") == range("-128 to 127", "larger"));
  CHECK(problem<std::int8_t>("-129") == range("-128 to 127", "smaller"));
  CHECK(problem<std::int8_t>("-129.0") == range("-128 to 127", "smaller"));
  CHECK(problem<std::uint8_t>("256") == range("0 to 255", "larger"));
  CHECK(problem<std::uint8_t>("256.0") == range("0 to 255", "larger"));
  CHECK(problem<unsigned>("-1") == range("0 to 4294967295", "smaller"));
  CHECK(problem<std::int64_t>("9223372036854775808") == range("-9223372036854775808 to 9223372036854775807", "larger"));
  CHECK(problem<int>("4e9") == range("-2147483648 to 2147483647", "larger"));
  CHECK(problem<level>("256") == range("0 to 255", "larger"));
  CHECK(problem<std::uint64_t>("1e300") == range("0 to 18446744073709551615", "larger"));
  CHECK(problem<std::uint64_t>("18446744073709551616.0") == range("0 to 18446744073709551615", "larger"));
  CHECK(problem<std::int64_t>("-1e300") == range("-9223372036854775808 to 9223372036854775807", "smaller"));
  CHECK(problem<int>("1.5") == "argument 0 must be an integer, but is a number with a fraction");
  CHECK(problem<std::uint8_t>("-0.5") == "argument 0 must be an integer, but is a number with a fraction");
  CHECK(problem<std::int64_t>("9007199254740992.0") ==
        "argument 0 must be an integer, but is a floating-point number with a magnitude of 2^53 or more");
  CHECK(problem<std::int64_t>("-1e17") == problem<std::int64_t>("9007199254740992.0"));
  CHECK(problem<int>("true") == "argument 0 must be an integer, but is a boolean");
}

// Every JSON type, and what a mismatch calls it.
struct sample {
  std::string_view json;
  std::string_view called;
};
constexpr std::array<sample, 8> samples{{{"null", "null"},
                                         {"true", "a boolean"},
                                         {"7", "a number"},
                                         {"0.5", "a number"},
                                         {R"("x")", "a string"},
                                         {"[]", "an array"},
                                         {R"({"k":1})", "an object"},
                                         {R"({"_placeholder":true,"num":0})", "binary"}}};

// `fits` are the samples that a T takes; for every other the message says what was wanted and what it was.
// `instead_of_binary` is what was wanted where binary came, if that is told in other words.
template <class T>
void check_every_sample(std::string_view wanted, std::initializer_list<std::string_view> fits,
                        std::string_view instead_of_binary = {}) {
  for (const sample& s : samples) {
    CAPTURE(wanted, s.json);
    const std::string said = problem<T>(s.json, {bytes("b")});
    if (std::find(fits.begin(), fits.end(), s.json) != fits.end()) {
      CHECK(said == "it fits");
    } else {
      const bool other_words = s.called == "binary" && !instead_of_binary.empty();
      const bool has_fraction = s.json == "0.5" && wanted == "an integer";
      CHECK(said == "argument 0 must be " + std::string(other_words ? instead_of_binary : wanted) + ", but is " +
                        std::string(s.called) + (has_fraction ? " with a fraction" : ""));
    }
  }
}

TEST_CASE("every type refuses every JSON type that is not its own, and says so", "[wire][convert]") {
  constexpr std::string_view any_object = R"({"k":1})";
  constexpr std::string_view file = R"({"_placeholder":true,"num":0})";
  constexpr std::string_view no_binary =
      "a value without binary (cosio::argument is the type for any value with its binary)";
  check_every_sample<bool>("a boolean", {"true"});
  check_every_sample<std::int8_t>("an integer", {"7"});
  check_every_sample<std::uint8_t>("an integer", {"7"});
  check_every_sample<short>("an integer", {"7"});
  check_every_sample<int>("an integer", {"7"});
  check_every_sample<unsigned>("an integer", {"7"});
  check_every_sample<std::int64_t>("an integer", {"7"});
  check_every_sample<std::uint64_t>("an integer", {"7"});
  check_every_sample<level>("an integer", {"7"});
  check_every_sample<float>("a number", {"7", "0.5"});
  check_every_sample<double>("a number", {"7", "0.5"});
  check_every_sample<long double>("a number", {"7", "0.5"});
  check_every_sample<std::string>("a string", {R"("x")"});
  check_every_sample<json::string>("a string", {R"("x")"});
  check_every_sample<std::nullptr_t>("null", {"null"});
  check_every_sample<binary>("binary", {file});
  check_every_sample<std::vector<int>>("an array", {"[]"});
  check_every_sample<std::list<std::string>>("an array", {"[]"});
  check_every_sample<std::set<int>>("an array", {"[]"});
  check_every_sample<std::tuple<>>("an array of 0", {"[]"});
  check_every_sample<std::map<std::string, int>>("an object", {any_object});
  check_every_sample<std::unordered_map<std::string, double>>("an object", {any_object});
  check_every_sample<json::array>("an array", {"[]"});
  check_every_sample<json::object>("an object", {any_object}, no_binary);
  check_every_sample<json::value>("anything", {"null", "true", "7", "0.5", R"("x")", "[]", any_object}, no_binary);
  check_every_sample<std::optional<int>>("an integer", {"null", "7"});
  check_every_sample<std::optional<std::string>>("a string", {"null", R"("x")"});
  check_every_sample<std::optional<binary>>("binary", {"null", file});
}

TEST_CASE("a described struct wants all of its members, and takes more", "[wire][convert]") {
  CHECK(problem<point>("[]") == "argument 0 must be an object, but is an array");
  CHECK(problem<point>(R"({"_placeholder":true,"num":0})", {bytes("x")}) ==
        "argument 0 must be an object, but is binary");
  CHECK(problem<point>("{}") == "argument 0 (.x) must be there, but is missing");
  CHECK(problem<point>(R"({"x":1,"y":null})") == "argument 0 (.y) must be a number, but is null");
  CHECK(problem<point>(R"({"x":1,"y":2,"z":3,"__proto__":4})") == "it fits");
  CHECK(problem<std::optional<point>>(R"({"x":1})") == "argument 0 (.y) must be there, but is missing");
  CHECK(problem<std::map<std::string, std::vector<point>>>(R"({"a":[{"x":1,"y":1},{"x":true}]})") ==
        "argument 0 ({0}[1].x) must be an integer, but is a boolean");
  CHECK(problem<std::tuple<int, std::optional<point>>>(R"([1,{"x":"1"}])") ==
        "argument 0 ([1].x) must be an integer, but is a string");
  CHECK(problem<std::map<std::string, binary>>(R"({"a":{"_placeholder":true,"num":0}})", {bytes("x")}) == "it fits");
}

TEST_CASE("a number that a float cannot hold is refused", "[wire][convert]") {
  const std::string of_float = "argument 0 must be a number from -3.4028234663852886e+38 to 3.4028234663852886e+38";
  CHECK(problem<float>("1e300") == of_float + ", but is a larger number");
  CHECK(problem<float>("-1e39") == of_float + ", but is a smaller number");
  CHECK(read<float>("3e38") == 3e38F);
  CHECK(read<double>("1e300") == 1e300);
}

TEST_CASE("one value alone is written without binary", "[wire][convert]") {
  CHECK(cosio::detail::only_value(cosio::detail::encode_answer(point{1, 2})) == json::value{{"x", 1}, {"y", 2}});
  try {
    static_cast<void>(cosio::detail::only_value(cosio::detail::encode_answer(bytes("x"))));
    FAIL("binary was taken");
  } catch (const cosio::error& e) {
    CHECK(e.code() == cosio::errc::bad_argument);
  }
}

TEST_CASE("a mismatch says where and what", "[wire][convert]") {
  CHECK(problem<std::string>("1") == "argument 0 must be a string, but is a number");
  CHECK(problem<bool>("0") == "argument 0 must be a boolean, but is a number");
  CHECK(problem<double>("\"1\"") == "argument 0 must be a number, but is a string");
  CHECK(problem<std::nullptr_t>("0") == "argument 0 must be null, but is a number");
  CHECK(problem<binary>("\"x\"") == "argument 0 must be binary, but is a string");
  CHECK(problem<std::string>(R"({"_placeholder":true,"num":0})", {bytes("x")}) ==
        "argument 0 must be a string, but is binary");
  CHECK(problem<std::vector<int>>("{}") == "argument 0 must be an array, but is an object");
  CHECK(problem<std::vector<std::vector<int>>>("[[1],[2,null]]") ==
        "argument 0 ([1][1]) must be an integer, but is null");
  CHECK(problem<std::map<std::string, int>>("[]") == "argument 0 must be an object, but is an array");
  CHECK(problem<std::tuple<int, int>>("[1]") == "argument 0 must be an array of 2, but is an array of 1");
  CHECK(problem<std::tuple<int, int>>("[1,2,3]") == "argument 0 must be an array of 2, but is an array of 3");
  CHECK(problem<std::tuple<int, std::string>>("[1,2]") == "argument 0 ([1]) must be a string, but is a number");
  CHECK(problem<std::array<int, 2>>("[1]") == "argument 0 must be an array of 2, but is an array of 1");
  CHECK(problem<colour>("\"blue\"") == "argument 0 must be one of \"red\", \"green\", but is another string");
  CHECK(problem<colour>("0") == "argument 0 must be one of \"red\", \"green\", but is a number");
  CHECK(problem<money>("{}") == "argument 0 must be a value that converts, but is an object");
  CHECK(problem<json::object>("1") == "argument 0 must be an object, but is a number");
  CHECK(problem<json::array>("1") == "argument 0 must be an array, but is a number");
  CHECK(problem<json::string>("[\"a\"]") == "argument 0 must be a string, but is an array");
  CHECK(problem<point>(R"({"x":1})") == "argument 0 (.y) must be there, but is missing");
  CHECK(
      problem<person>(
          R"({"id":"","name":"","likes":"red","path":[{"x":0,"y":0},{"x":"1","y":0}],"files":{},"volatile":false})") ==
      "argument 0 (.path[1].x) must be an integer, but is a string");
}

TEST_CASE("a mismatch repeats nothing that the client sent", "[wire][convert]") {
  const std::string said = problem<std::map<std::string, int>>(R"({"ok":1,"evil\nline":"x"})");
  CHECK(said.find("evil") == std::string::npos);
  CHECK(said == "argument 0 ({1}) must be an integer, but is a string");
}

TEST_CASE("what is read replaces the defaults of a struct", "[wire][convert]") {
  const auto got = read<with_defaults>(R"({"list":[9],"map":{"b":2},"maybe":null})");
  CHECK(got.list == std::vector<int>{9});
  CHECK(got.map == std::map<std::string, int>{{"b", 2}});
  CHECK_FALSE(got.maybe);
  const auto kept = read<with_defaults>(R"({"list":[],"map":{}})");
  CHECK(kept.list.empty());
  CHECK(kept.maybe == 7);  // absent: the default stays
}

TEST_CASE("arguments are read by index, null beyond their end", "[wire][convert]") {
  const arguments two = list_of(R"([1,"a"])");
  CHECK(two.get<int>(0) == 1);
  CHECK(two.get<std::string>(1) == "a");
  CHECK_FALSE(two.get<std::optional<int>>(2));
  CHECK_THROWS_AS(two.get<int>(2), cosio::error);
  CHECK(two[5].is_null());
}

TEST_CASE("the text of an event takes no more memory than it needs", "[wire][convert]") {
  for (const std::size_t size : {20U, 64U, 400U, 5'000U, 300U}) {  // longer than the one before, and shorter
    CAPTURE(size);
    const auto event = cosio::detail::encode_event("say", std::string(size, 'x'));
    CHECK(event.json() == "[\"say\",\"" + std::string(size, 'x') + "\"]");
    CHECK(event.json().capacity() < event.json().size() + 32);
  }
}

TEST_CASE("an event that is written while another is being written leaves that one alone", "[wire][convert]") {
  cosio::detail::text_buffer outer;
  outer.put(std::string(600, 'o'));
  CHECK(cosio::detail::encode_event("say", std::string(700, 'i')).json().size() == 700 + 10);
  outer.put("!");
  CHECK(outer.take() == std::string(600, 'o') + "!");
}

TEST_CASE("values that are read do not use the memory that they are read from", "[wire][convert]") {
  const json::storage_ptr batch = json::make_shared_resource<json::monotonic_resource>();
  const json::value came = json::parse(R"({"a":["b",{"c":1}]})", batch);
  json::value value;
  json::object object;
  cosio::detail::mismatch wrong;
  REQUIRE(cosio::detail::read(came, {}, value, wrong));
  REQUIRE(cosio::detail::read(came, {}, object, wrong));
  CHECK(value.storage().get() != batch.get());
  CHECK(value.at("a").at(1).storage().get() != batch.get());
  CHECK(object.storage().get() != batch.get());
}
