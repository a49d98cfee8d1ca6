// The TypeScript of a contract, as it is printed. tests/typescript compiles such text with the client's own types.

#include <cosio/typescript.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/optional.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "support/catch.hpp"
#include "typescript/everything.hpp"

namespace app {

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)
enum class unnamed_level { low, high };  // not described: a number
enum class nothing {};
BOOST_DESCRIBE_ENUM(nothing)

struct point {
  int x = 0;
  double y = 0;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

struct named {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(named, (), (name))

struct chat_line : named {
  std::optional<std::string> text;
  std::vector<chat_line> replies;
  bool volatile_ = false;
};
BOOST_DESCRIBE_STRUCT(chat_line, (named), (text, replies, volatile_))

struct record {  // "Record" is what the text itself uses
  point where;
};
BOOST_DESCRIBE_STRUCT(record, (), (where))

struct file {
  cosio::binary bytes;
};
BOOST_DESCRIBE_STRUCT(file, (), (bytes))
struct file_input {};
BOOST_DESCRIBE_STRUCT(file_input, (), ())

template <class T>
struct page {
  std::vector<T> items;
  BOOST_DESCRIBE_CLASS(page, (), (items), (), ())
};

struct odd {
  int plain = 0;
};
BOOST_DESCRIBE_STRUCT(odd, (), (plain))

struct money {
  int cents = 0;
};

struct linked {
  std::unique_ptr<linked> next;
  std::optional<std::variant<int, std::string>> found;
};
BOOST_DESCRIBE_STRUCT(linked, (), (next, found))

}  // namespace app

namespace other {
struct point {
  bool it = false;
};
BOOST_DESCRIBE_STRUCT(point, (), (it))
}  // namespace other

namespace {
struct hidden {
  int x = 0;
};
BOOST_DESCRIBE_STRUCT(hidden, (), (x))
}  // namespace

template <>
inline constexpr std::string_view cosio::typescript_name<app::odd> = "Even";
template <>
inline constexpr std::string_view cosio::typescript_text<app::money> = "`${number} ct`";

namespace {

using cosio::arg;
using cosio::event;

template <class... T>
struct sends {
  using server_to_client = cosio::events<event<"e", void(T...)>>;
};
template <class... T>
struct receives {
  using client_to_server = cosio::events<event<"e", void(T...)>>;
};

// The parameters of the one event, and the declarations before it.
template <class Contract>
std::string parameters() {
  const std::string all = cosio::typescript<Contract>();
  const auto begin = all.find("  e: (") + 6;
  return all.substr(begin, all.find(") => void;\n", begin) - begin);
}
template <class Contract>
std::string declarations() {
  const std::string all = cosio::typescript<Contract>();
  const auto begin = all.find('\n') + 1;
  return all.substr(begin, all.find("\n/** What the server sends") - begin);
}

struct whole {
  using client_to_server =
      cosio::events<event<"say", void(arg<"line", app::chat_line>)>,
                    event<"history", arg<"lines", std::vector<app::chat_line>>(arg<"count", int>)>>;
  using server_to_client =
      cosio::events<event<"said", void(arg<"line", app::chat_line>, arg<"how", std::optional<app::colour>>)>,
                    event<"your name?", std::string()>>;
};

struct asked_maybe {
  using client_to_server = cosio::events<event<"e", std::optional<int>(std::optional<int>)>>;
};

struct asked {
  using client_to_server =
      cosio::events<event<"a", std::tuple<>()>, event<"b", std::tuple<int, arg<"why", std::string>>(int)>,
                    event<"c", cosio::arguments(int, cosio::arguments)>,
                    event<"d", void(arg<"first", int>, cosio::arguments)>>;
  using server_to_client = cosio::events<event<"file", cosio::binary(cosio::binary)>>;
};

struct calls_back {
  using client_to_server = cosio::events<event<"e", int(arg<"callback", int>)>>;
};

struct both {
  using server_to_client = cosio::events<event<"a", void(app::file)>>;
  using client_to_server = cosio::events<event<"e", void(app::file, app::file_input)>>;
};

struct same {
  using server_to_client = cosio::events<event<"a", void(app::point)>>;
  using client_to_server = cosio::events<event<"b", void(app::point)>>;
};

struct silent {};

}  // namespace

TEST_CASE("the text of a contract", "[contract][typescript]") {
  CHECK(cosio::typescript<whole>() == R"(// Made by cosio from the contract whole: change it there.

export interface ChatLine {
  name: string;
  text?: string;
  replies: ChatLine[];
  volatile: boolean;
}

export interface ChatLineInput {
  name: string;
  text?: string | null;
  replies: ChatLineInput[];
  volatile: boolean;
}

export type Colour = "red" | "green";

/** What the server sends: `socket.on(...)`. */
export interface ServerToClientEvents {
  said: (line: ChatLine, how: Colour | null) => void;
  "your name?": (callback: (answer: string) => void) => void;
}

/** What the client sends: `socket.emit(...)`. */
export interface ClientToServerEvents {
  say: (line: ChatLineInput) => void;
  history: (count: number, callback: (lines: ChatLine[]) => void) => void;
}
)");
}

TEST_CASE("every type in TypeScript", "[contract][typescript]") {
  CHECK(parameters<sends<bool, int, std::uint64_t, double, std::string, std::nullptr_t>>() ==
        "arg0: boolean, arg1: number, arg2: number, arg3: number, arg4: string, arg5: null");
  CHECK(parameters<sends<app::colour, app::unnamed_level>>() == "arg0: Colour, arg1: number");
  CHECK(parameters<sends<boost::json::value, boost::json::object, boost::json::array, boost::json::string>>() ==
        "arg0: any, arg1: Record<string, any>, arg2: any[], arg3: string");
  CHECK(parameters<sends<std::vector<int>, std::list<std::string>, std::set<bool>>>() ==
        "arg0: number[], arg1: string[], arg2: boolean[]");
  CHECK(parameters<sends<std::map<std::string, app::point>, std::unordered_map<std::string, std::vector<int>>>>() ==
        "arg0: Record<string, Point>, arg1: Record<string, number[]>");
  CHECK(parameters<
            sends<std::tuple<int, std::string>, std::pair<bool, app::point>, std::tuple<>, std::array<int, 3>>>() ==
        "arg0: [number, string], arg1: [boolean, Point], arg2: [], arg3: [number, number, number]");
  CHECK(parameters<sends<std::array<int, 17>>>() == "arg0: number[]");
  CHECK(parameters<sends<std::vector<std::optional<int>>, std::map<std::string, std::optional<int>>>>() ==
        "arg0: (number | null)[], arg1: Record<string, number | null>");
  CHECK(parameters<sends<app::money, std::vector<app::money>>>() == "arg0: `${number} ct`, arg1: `${number} ct`[]");
}

TEST_CASE("times, paths, pointers, variants and maps by number in TypeScript", "[contract][typescript]") {
  using number_or_text = std::variant<int, std::string, double>;
  CHECK(parameters<sends<std::chrono::milliseconds, std::chrono::system_clock::time_point, std::filesystem::path>>() ==
        "arg0: number, arg1: string, arg2: string");
  CHECK(parameters<sends<std::shared_ptr<const app::point>, boost::optional<int>>>() ==
        "arg0: Point | null, arg1: number | null");
  CHECK(parameters<receives<std::unique_ptr<int>>>() == "arg0?: number | null");
  CHECK(parameters<sends<number_or_text, std::vector<number_or_text>, std::optional<number_or_text>>>() ==
        "arg0: number | string, arg1: (number | string)[], arg2: number | string | null");
  CHECK(parameters<sends<std::variant<std::monostate, app::point, app::colour, cosio::binary>>>() ==
        "arg0: null | Point | Colour | ArrayBuffer");
  CHECK(parameters<receives<std::variant<int, cosio::binary>>>() == "arg0: number | ArrayBuffer | Uint8Array");
  CHECK(parameters<sends<std::map<int, bool>, std::unordered_map<app::unnamed_level, int>>>() ==
        "arg0: Record<number, boolean>, arg1: Record<number, number>");
  CHECK(parameters<sends<std::map<app::colour, app::point>>>() == "arg0: Partial<Record<Colour, Point>>");
  CHECK(declarations<sends<app::linked>>() ==
        "\nexport interface Linked {\n  next?: Linked;\n  found?: number | string;\n}\n");
}

TEST_CASE("binary is what a browser gives, and what the client takes", "[contract][typescript]") {
  CHECK(parameters<sends<cosio::binary, std::vector<cosio::binary>>>() == "arg0: ArrayBuffer, arg1: ArrayBuffer[]");
  CHECK(parameters<receives<cosio::binary, std::vector<cosio::binary>>>() ==
        "arg0: ArrayBuffer | Uint8Array, arg1: (ArrayBuffer | Uint8Array)[]");
  CHECK(parameters<sends<std::vector<std::uint8_t>, std::array<std::byte, 4>, std::vector<std::vector<std::byte>>>>() ==
        "arg0: ArrayBuffer, arg1: ArrayBuffer, arg2: ArrayBuffer[]");
  cosio::typescript_options node;
  node.received_binary = "Buffer";
  CHECK(cosio::typescript<sends<cosio::binary>>(node).find("(arg0: Buffer)") != std::string::npos);
}

TEST_CASE("optional arguments", "[contract][typescript]") {
  using maybe = std::optional<int>;
  CHECK(parameters<sends<maybe, int, maybe>>() == "arg0: number | null, arg1: number, arg2: number | null");
  CHECK(parameters<receives<maybe, int, maybe, maybe>>() ==
        "arg0: number | null, arg1: number, arg2?: number | null, arg3?: number | null");
  CHECK(cosio::typescript<asked_maybe>().find(
            "e: (arg0: number | null, callback: (answer: number | null) => void) => void;") != std::string::npos);
}

TEST_CASE("acknowledgements of none, one, several and any arguments", "[contract][typescript]") {
  const std::string text = cosio::typescript<asked>();
  for (const std::string_view wanted :
       {"  a: (callback: () => void) => void;\n",
        "  b: (arg0: number, callback: (answer0: number, why: string) => void) => void;\n",
        "  c: (...args: [arg0: number, ...rest: any[], callback: (...answer: any[]) => void]) => void;\n",
        "  d: (first: number, ...rest: any[]) => void;\n",
        "  file: (arg0: ArrayBuffer, callback: (answer: ArrayBuffer | Uint8Array) => void) => void;\n"}) {
    CAPTURE(wanted, text);
    CHECK(text.find(wanted) != std::string::npos);
  }
}

TEST_CASE("names of arguments are made to fit", "[contract][typescript]") {
  CHECK(parameters<sends<arg<"new", int>, arg<"a-b", int>, arg<"1st", int>, arg<"x", int>, arg<"x", int>, int>>() ==
        "new_: number, a_b: number, _1st: number, x: number, x_: number, arg5: number");
  CHECK(cosio::typescript<calls_back>().find("e: (callback_: number, callback:") != std::string::npos);
}

TEST_CASE("names of types do not clash", "[contract][typescript]") {
  CHECK(parameters<sends<app::point, other::point, app::record, app::odd, hidden>>() ==
        "arg0: Point, arg1: OtherPoint, arg2: AppRecord, arg3: Even, arg4: Hidden");
  CHECK(parameters<sends<app::page<app::point>, app::page<int>>>() == "arg0: PagePoint, arg1: PageInt");
  CHECK(parameters<both>() == "arg0: FileInput2, arg1: FileInput");
}

TEST_CASE("a type is printed twice only where the directions differ, and both are used", "[contract][typescript]") {
  CHECK(declarations<receives<app::file>>() == "\nexport interface File {\n  bytes: ArrayBuffer | Uint8Array;\n}\n");
  CHECK(declarations<sends<app::file, app::file>>() == "\nexport interface File {\n  bytes: ArrayBuffer;\n}\n");
  CHECK(declarations<same>() == "\nexport interface Point {\n  x: number;\n  y: number;\n}\n");
}

TEST_CASE("empty structs, enums and contracts", "[contract][typescript]") {
  CHECK(declarations<sends<app::file_input, app::nothing>>() ==
        "\nexport interface FileInput {}\n\nexport type Nothing = never;\n");
  CHECK(declarations<silent>().empty());
}

TEST_CASE("everything that contracts can say is printed as the file that tsc is tested with",
          "[contract][typescript]") {
  std::ifstream file(COSIO_EVERYTHING_D_TS, std::ios::binary);
  std::ostringstream wanted;
  wanted << file.rdbuf();
  REQUIRE(file.good());
  CHECK(cosio::typescript<shop::everything>() == wanted.str());
}
