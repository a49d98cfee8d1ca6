// Types of the standard library as arguments: bytes, times, pointers, maps by number, paths. Variants have a file of
// their own.

#include <boost/container/flat_map.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/optional.hpp>

#include <cosio/convert.hpp>
#include <cosio/json_view.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <ratio>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "wire/converted.hpp"

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using converted::bytes;
using converted::problem;
using converted::read;
using converted::there_and_back;
using converted::written;
using cosio::binary;
using byte_list = std::vector<std::uint8_t>;
using four = std::array<std::byte, 4>;

constexpr std::string_view file = R"({"_placeholder":true,"num":0})";

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)
enum class level : std::uint8_t { low = 1, high = 200 };  // not described: a number

struct frame {
  byte_list pixels;
  four tag{};
  std::chrono::milliseconds shown{};
  std::chrono::sys_seconds taken{};
};
BOOST_DESCRIBE_STRUCT(frame, (), (pixels, tag, shown, taken))

struct node {
  int value = 0;
  std::unique_ptr<node> next;
  std::shared_ptr<const std::string> note;
  boost::optional<int> mark;
};
BOOST_DESCRIBE_STRUCT(node, (), (value, next, note, mark))

struct same_hash {
  std::size_t operator()(int) const noexcept { return 0; }
};

std::string date_problem(std::string_view text) {
  return problem<std::chrono::system_clock::time_point>("\"" + std::string(text) + "\"");
}

template <class Duration>
std::chrono::sys_time<Duration> date(std::string_view text) {
  return read<std::chrono::sys_time<Duration>>("\"" + std::string(text) + "\"");
}

}  // namespace

// ---------------------------------------------------------------- bytes

TEST_CASE("bytes in a row are written as binary, at any depth", "[wire][convert]") {
  const byte_list one{1, 2, 255};
  const std::vector<std::byte> two{std::byte{0}};
  const boost::container::small_vector<unsigned char, 4> three{7};
  const auto data = cosio::detail::encode_answer(one, two, four{}, std::span<const std::byte>(two),
                                                 std::vector<byte_list>{one, {}}, std::optional<byte_list>(one), three);
  CHECK(data.json() == R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2},)"
                       R"({"_placeholder":true,"num":3},[{"_placeholder":true,"num":4},{"_placeholder":true,"num":5}],)"
                       R"({"_placeholder":true,"num":6},{"_placeholder":true,"num":7}])");
  REQUIRE(data.attachments().size() == 8);
  CHECK(data.attachments()[0] == bytes("\x01\x02\xff"));
  CHECK(data.attachments()[1] == bytes(std::string_view("\0", 1)));
  CHECK(data.attachments()[2].size() == 4);
  CHECK(data.attachments()[5].empty());
  CHECK(written(std::vector<std::int8_t>{-1}, std::vector<std::uint16_t>{1}) == "[[-1],[1]]");  // numbers, as before
}

TEST_CASE("bytes are read from binary, and from the numbers that clients sent before", "[wire][convert]") {
  CHECK(read<byte_list>(file, {bytes("\x01\xff")}) == byte_list{1, 255});
  CHECK(read<byte_list>("[1,255,0]") == byte_list{1, 255, 0});
  CHECK(read<byte_list>("[]").empty());
  CHECK(read<byte_list>(file, {bytes("")}).empty());
  CHECK(read<std::vector<std::byte>>("[2]") == std::vector<std::byte>{std::byte{2}});
  CHECK(read<std::vector<std::byte>>(file, {bytes("\x02")}) == std::vector<std::byte>{std::byte{2}});
  CHECK(read<four>("[1,2,3,4]")[3] == std::byte{4});
  CHECK(read<four>(file, {bytes("abcd")})[0] == std::byte{'a'});
  CHECK(there_and_back(byte_list{3, 2, 1}) == byte_list{3, 2, 1});
  CHECK(there_and_back(std::map<std::string, byte_list>{{"a", {1}}}).at("a") == byte_list{1});
}

TEST_CASE("what are no bytes is refused, with the place", "[wire][convert]") {
  CHECK(problem<byte_list>("\"text\"") == "argument 0 must be binary, but is a string");
  CHECK(problem<byte_list>(file) == "argument 0 must be binary, but is an object");
  CHECK(problem<byte_list>("[1,256]") == "argument 0 ([1]) must be an integer from 0 to 255, but is a larger number");
  CHECK(problem<byte_list>("[-1]") == "argument 0 ([0]) must be an integer from 0 to 255, but is a smaller number");
  CHECK(problem<byte_list>("[1.5]") == "argument 0 ([0]) must be an integer, but is a number with a fraction");
  CHECK(problem<four>("[1]") == "argument 0 must be an array of 4, but is an array of 1");
  CHECK(problem<four>(file, {bytes("abcde")}) == "argument 0 must be binary of 4 bytes, but is binary of 5");
  CHECK(problem<std::vector<int>>(file, {bytes("a")}) == "argument 0 must be an array, but is binary");
}

TEST_CASE("bytes that are read replace all bytes that were there", "[wire][convert]") {
  byte_list out{9, 9, 9};
  cosio::detail::mismatch wrong;
  REQUIRE(cosio::detail::read(json::parse("[5]"), {}, out, wrong));
  CHECK(out == byte_list{5});
}

TEST_CASE("where a value does not travel as an event does, bytes are numbers", "[wire][convert]") {
  const json::value kept = cosio::detail::to_json(frame{{1, 2}, {}, 5ms, {}});
  CHECK(kept.at("pixels") == json::array{1, 2});
  CHECK(kept.at("tag") == json::array{0, 0, 0, 0});
  CHECK(cosio::detail::from_json<frame>(kept, "the data").pixels == byte_list{1, 2});
  CHECK_THROWS_AS(cosio::detail::to_json(std::vector<binary>{bytes("x")}), cosio::error);
}

// ---------------------------------------------------------------- times

TEST_CASE("a duration is a number of milliseconds", "[wire][convert]") {
  CHECK(written(5ms, 2s, 1min, 1h, std::chrono::days(1)) == "[5,2000,60000,3600000,86400000]");
  CHECK(written(-3s, 0ms) == "[-3000,0]");
  CHECK(written(1500us, 2000us, 1ns) == "[1.5,2,0.000001]");
  CHECK(written(std::chrono::duration<double>(0.25), std::chrono::duration<float, std::milli>(1.5F)) == "[250,1.5]");
  CHECK(written(std::chrono::duration<int, std::ratio<1, 50>>(3)) == "[60]");
  CHECK(written(std::chrono::duration<double>(std::numeric_limits<double>::infinity())) == "[null]");
  CHECK(written(std::chrono::milliseconds::max()) == "[9223372036854775807]");
  const std::string most = written(std::chrono::hours::max());  // more than 64 bits of milliseconds: no overflow
  CHECK(read<double>(most.substr(1, most.size() - 2)) > 3e25);
}

TEST_CASE("a duration is read from milliseconds", "[wire][convert]") {
  CHECK(read<std::chrono::milliseconds>("5") == 5ms);
  CHECK(read<std::chrono::milliseconds>("1e3") == 1s);
  CHECK(read<std::chrono::seconds>("-2000") == -2s);
  CHECK(read<std::chrono::microseconds>("1.5") == 1500us);
  CHECK(read<std::chrono::nanoseconds>("0.0003") == 300ns);
  CHECK(read<std::chrono::microseconds>("1.4999996") == 1500us);  // the nearest
  CHECK(read<std::chrono::duration<double>>("250") == std::chrono::duration<double>(0.25));
  CHECK(there_and_back(std::chrono::nanoseconds(123'456'789)) == std::chrono::nanoseconds(123'456'789));
  CHECK(there_and_back(std::chrono::weeks(3)) == std::chrono::weeks(3));
}

TEST_CASE("a duration that its type cannot hold is refused", "[wire][convert]") {
  const auto range = [](std::string_view wanted, std::string_view came) {
    return "argument 0 must be milliseconds from " + std::string(wanted) + ", but is a " + std::string(came) +
           " number";
  };
  CHECK(problem<std::chrono::milliseconds>("1.5") ==
        "argument 0 must be a whole number of milliseconds, but is a number with a fraction");
  CHECK(problem<std::chrono::milliseconds>("\"5\"") ==
        "argument 0 must be a whole number of milliseconds, but is a string");
  CHECK(problem<std::chrono::milliseconds>("18446744073709551615") ==
        range("-9223372036854775808 to 9223372036854775807", "larger"));
  CHECK(problem<std::chrono::seconds>("1500") ==
        "argument 0 must be milliseconds, a multiple of 1000, but is another number");
  CHECK(problem<std::chrono::seconds>("1500.5") ==
        "argument 0 must be milliseconds, a multiple of 1000, but is a number with a fraction");
  CHECK(problem<std::chrono::seconds>("1e300") == range("-9223372036854775808 to 9223372036854775807", "larger"));
  CHECK(problem<std::chrono::duration<std::int8_t>>("128000") == range("-128000 to 127000", "larger"));
  CHECK(problem<std::chrono::duration<std::int8_t>>("-128001") == range("-128000 to 127000", "smaller"));
  CHECK(problem<std::chrono::duration<unsigned>>("-1000") == range("0 to 4294967295000", "smaller"));
  CHECK(problem<std::chrono::nanoseconds>("1e13") == range("-9223372036854.775 to 9223372036854.775", "larger"));
  CHECK(problem<std::chrono::nanoseconds>("-1e300") == range("-9223372036854.775 to 9223372036854.775", "smaller"));
  CHECK(problem<std::chrono::duration<float>>("1e300").ends_with(", but is a larger number"));
  CHECK(problem<std::chrono::duration<double>>("null") == "argument 0 must be a number of milliseconds, but is null");
  std::chrono::duration<double> out{};
  cosio::detail::mismatch wrong;  // parsers of the application's may know NaN
  CHECK_FALSE(cosio::detail::read(json::value(std::numeric_limits<double>::quiet_NaN()), {}, out, wrong));
}

TEST_CASE("a point in time is the text of a Date", "[wire][convert]") {
  using std::chrono::sys_days;
  using std::chrono::year;
  const sys_days day = year(2026) / 11 / 30;
  CHECK(written(day + 0s, day + 13h + 41min + 14s) == R"(["2026-11-30T00:00:00.000Z","2026-11-30T13:41:14.000Z"])");
  CHECK(written(day + 1999us, day - 1ns) == R"(["2026-11-30T00:00:00.001Z","2026-11-29T23:59:59.999Z"])");
  CHECK(written(sys_days(year(12345) / 1 / 2) + 0s, sys_days(year(-1) / 12 / 31) + 0s) ==
        R"(["+012345-01-02T00:00:00.000Z","-000001-12-31T00:00:00.000Z"])");
  CHECK(written(std::chrono::sys_time<std::chrono::hours>::max()) == "[null]");  // an invalid Date in JavaScript
  CHECK(written(std::chrono::system_clock::time_point()) == R"(["1970-01-01T00:00:00.000Z"])");
}

TEST_CASE("a point in time is read from the text of a Date, and from RFC 3339", "[wire][convert]") {
  using std::chrono::sys_days;
  using std::chrono::year;
  const sys_days day = year(2026) / 11 / 30;
  CHECK(date<std::chrono::milliseconds>("2026-11-30T13:41:14.123Z") == day + 13h + 41min + 14s + 123ms);
  CHECK(date<std::chrono::nanoseconds>("2026-11-30T14:41:14.123456789+01:00") ==
        day + 13h + 41min + 14s + 123'456'789ns);
  CHECK(date<std::chrono::seconds>("2026-11-30T13:41:14.999Z") == day + 13h + 41min + 14s);  // rounded down
  CHECK(date<std::chrono::days>("1969-12-31T23:59:59.999Z") == year(1969) / 12 / 31);
  CHECK(date<std::chrono::milliseconds>("+012345-01-02T00:00:00.000Z") == sys_days(year(12345) / 1 / 2));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::time_point(1'796'046'074s));
  CHECK(there_and_back(now) == now);
  CHECK(there_and_back(std::chrono::system_clock::time_point(now)) == now);
}

TEST_CASE("what is no date is refused", "[wire][convert]") {
  const std::string said = R"(argument 0 must be a date such as "2026-11-30T13:41:14.000Z", but is another string)";
  for (const std::string_view text : {"", "2026-11-30", "2026-02-30T00:00:00.000Z", "2026-11-30T13:41:14"}) {
    CAPTURE(text);
    CHECK(date_problem(text) == said);
  }
  CHECK(problem<std::chrono::sys_seconds>("1796046074000") ==
        R"(argument 0 must be a date such as "2026-11-30T13:41:14.000Z", but is a number)");
  const auto range = [](std::string_view wanted) {
    return "argument 0 must be a date from " + std::string(wanted) + ", but is another date";
  };
  const std::string of_nanoseconds = range("1677-09-21T00:12:43.145Z to 2262-04-11T23:47:16.854Z");
  CHECK(problem<std::chrono::sys_time<std::chrono::nanoseconds>>(R"("2300-01-01T00:00:00.000Z")") == of_nanoseconds);
  CHECK(problem<std::chrono::sys_time<std::chrono::nanoseconds>>(R"("1600-01-01T00:00:00.000Z")") == of_nanoseconds);
  CHECK(problem<std::chrono::sys_time<std::chrono::duration<unsigned>>>(R"("1969-01-01T00:00:00.000Z")") ==
        range("1970-01-01T00:00:00.000Z to 2106-02-07T06:28:15.000Z"));
}

TEST_CASE("a day of the calendar is its date, without a time", "[wire][convert]") {
  using std::chrono::sys_days;
  using std::chrono::year;
  const sys_days day = year(2026) / 1 / 31;
  CHECK(written(day, sys_days(), sys_days(year(-1) / 12 / 31)) == R"(["2026-01-31","1970-01-01","-000001-12-31"])");
  CHECK(written(sys_days(std::chrono::days(100'000'001))) == "[null]");  // an invalid Date in JavaScript
  CHECK(written(std::optional(day), std::vector{day}) == R"(["2026-01-31",["2026-01-31"]])");
  CHECK(read<sys_days>(R"("2026-01-31")") == day);
  CHECK(read<sys_days>(R"("2024-02-29")") == year(2024) / 2 / 29);
  CHECK(there_and_back(day) == day);
  CHECK(there_and_back(sys_days(year(12345) / 1 / 2)) == year(12345) / 1 / 2);
  // A client may send a Date: its day in UTC counts.
  CHECK(read<sys_days>(R"("2026-01-31T23:59:59.999Z")") == day);
  CHECK(read<sys_days>(R"("2026-01-31T23:30:00-01:00")") == day + std::chrono::days(1));

  const std::string said = R"(argument 0 must be a day such as "2026-11-30", but is another string)";
  for (const std::string_view text :
       {"", "2026-1-31", "2026-02-29", "2026-13-01", "31.01.2026", "2026-01-31Z", "2026"}) {
    CAPTURE(text);
    CHECK(problem<sys_days>("\"" + std::string(text) + "\"") == said);
  }
  CHECK(problem<sys_days>("20260131") == R"(argument 0 must be a day such as "2026-11-30", but is a number)");
  using std::chrono::duration;
  CHECK(problem<std::chrono::sys_time<duration<std::int8_t, std::chrono::days::period>>>(R"("2026-01-31")") ==
        "argument 0 must be a date from 1969-08-26T00:00:00.000Z to 1970-05-08T00:00:00.000Z, but is another date");
}

// ---------------------------------------------------------------- pointers and optionals

TEST_CASE("a pointer is its value, or null", "[wire][convert]") {
  CHECK(written(std::make_unique<int>(5), std::unique_ptr<int>(), std::make_shared<std::string>("s"),
                std::shared_ptr<const int>(), boost::optional<int>(3),
                boost::optional<int>()) == R"([5,null,"s",null,3,null])");
  CHECK(*read<std::unique_ptr<int>>("5") == 5);
  CHECK(read<std::shared_ptr<const std::string>>("null") == nullptr);
  CHECK(*read<std::shared_ptr<const std::string>>("\"s\"") == "s");
  CHECK(read<boost::optional<int>>("7").value() == 7);
  CHECK_FALSE(read<boost::optional<int>>("null").has_value());
  CHECK(problem<std::unique_ptr<int>>("\"x\"") == "argument 0 must be an integer, but is a string");
  CHECK(read<std::vector<std::unique_ptr<int>>>("[1,null]").back() == nullptr);
}

TEST_CASE("members that point to nothing are left out, and may be missing", "[wire][convert]") {
  node list;
  list.value = 1;
  CHECK(written(list) == R"([{"value":1}])");
  list.next = std::make_unique<node>();
  list.next->value = 2;
  list.note = std::make_shared<const std::string>("n");
  list.mark = 4;
  CHECK(written(list) == R"([{"value":1,"next":{"value":2},"note":"n","mark":4}])");
  const auto again = there_and_back(list);
  REQUIRE(again.next != nullptr);
  CHECK(again.next->value == 2);
  CHECK(again.next->next == nullptr);
  CHECK(*again.note == "n");
  CHECK(again.mark.value() == 4);
  CHECK(problem<node>(R"({"value":1,"next":{"value":2,"next":{}}})") ==
        "argument 0 (.next.next.value) must be there, but is missing");
}

// ---------------------------------------------------------------- maps and paths

TEST_CASE("a map by number or enum is an object", "[wire][convert]") {
  CHECK(written(std::map<int, std::string>{{-1, "a"}, {10, "b"}}) == R"([{"-1":"a","10":"b"}])");
  CHECK(written(std::map<std::uint64_t, int>{{std::numeric_limits<std::uint64_t>::max(), 1}}) ==
        R"([{"18446744073709551615":1}])");
  CHECK(written(std::map<colour, int>{{colour::green, 1}}, std::map<level, int>{{level::high, 2}}) ==
        R"([{"green":1},{"200":2}])");
  CHECK(there_and_back(std::map<int, std::string>{{-1, "a"}, {10, "b"}}).at(-1) == "a");
  CHECK(there_and_back(std::unordered_map<std::int64_t, int>{{std::numeric_limits<std::int64_t>::min(), 1}}).size() ==
        1);
  CHECK(there_and_back(boost::container::flat_map<std::uint8_t, int>{{255, 1}}).at(255) == 1);
  CHECK(there_and_back(std::map<colour, int>{{colour::green, 1}}).at(colour::green) == 1);
  CHECK(there_and_back(std::map<level, int>{{level::high, 2}}).at(level::high) == 2);
}

TEST_CASE("a key has one form only, and the range of its type", "[wire][convert]") {
  const auto key = [](std::string_view text) {
    return problem<std::map<std::int8_t, int>>("{\"" + std::string(text) + "\":1}");
  };
  CHECK(key("0") == "it fits");
  CHECK(key("-128") == "it fits");
  CHECK(key("127") == "it fits");
  for (const std::string_view text : {"", "01", "-0", "+1", " 1", "1 ", "1.0", "1e1", "0x1", "-", "--1", "128", "-129",
                                      "99999999999999999999", "one"}) {
    CAPTURE(text);
    CHECK(key(text) == "argument 0 ({0}) must be at a key that is an integer from -128 to 127, but is at another key");
  }
  CHECK(problem<std::map<unsigned, int>>(R"({"1":1,"-1":1})") ==
        "argument 0 ({1}) must be at a key that is an integer from 0 to 4294967295, but is at another key");
  CHECK(problem<std::map<colour, int>>(R"({"blue":1})") ==
        "argument 0 ({0}) must be at a key that is the name of an enumerator, but is at another key");
  CHECK(problem<std::map<int, int>>("[[1,2]]") == "argument 0 must be an object, but is an array");
}

TEST_CASE("keys that a client chose to collide are refused before they cost much", "[wire][convert]") {
  const auto numbers = [](int count, bool in_object) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += (i > 0 ? "," : "") + (in_object ? "\"" + std::to_string(i) + "\":0" : std::to_string(i));
    return (in_object ? "{" : "[") + text + (in_object ? "}" : "]");
  };
  using map = std::unordered_map<int, int, same_hash>;
  using set = std::unordered_set<int, same_hash>;
  CHECK(read<map>(numbers(64, true)).size() == 64);
  CHECK(problem<map>(numbers(65, true)) ==
        "argument 0 ({64}) must be at a key that collides with few others, but is at another key");
  CHECK(read<set>(numbers(64, false)).size() == 64);
  CHECK(problem<set>(numbers(65, false)) ==
        "argument 0 ([64]) must be a value that collides with few others, but is a number");
  CHECK(read<std::unordered_map<int, int>>(numbers(5'000, true)).size() == 5'000);
  CHECK(read<std::unordered_set<int>>(numbers(5'000, false)).size() == 5'000);
  std::string sevens = "7";
  for (int i = 1; i < 100; ++i) sevens += ",7";
  CHECK(read<std::unordered_multiset<int>>("[" + sevens + "]").size() == 100);  // equal values are meant there
}

TEST_CASE("a path is text in UTF-8", "[wire][convert]") {
  const std::filesystem::path path(u8"d\u00e9/x");
  CHECK(written(path) == "[\"d\xc3\xa9/x\"]");
  CHECK(there_and_back(path) == path);
  CHECK(problem<std::filesystem::path>("5") == "argument 0 must be a string, but is a number");
  CHECK(problem<std::filesystem::path>(R"("a\u0000b")") ==
        "argument 0 must be a string without NUL, but is another string");
}

TEST_CASE("a struct of such types is read back as it was written", "[wire][convert]") {
  frame one;
  one.pixels = {1, 2, 3};
  one.tag[3] = std::byte{9};
  one.shown = 40ms;
  one.taken += 1'796'046'074s;
  const frame again = there_and_back(one);
  CHECK(again.pixels == one.pixels);
  CHECK(again.tag == one.tag);
  CHECK(again.shown == one.shown);
  CHECK(again.taken == one.taken);
}
