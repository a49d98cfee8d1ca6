// Contracts at a client: the same packets as without, with the directions of the server turned round.

#include <boost/describe/class.hpp>

#include <cosio/client_contract.hpp>

#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "client/fake_engine.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

struct line_said {
  std::string from;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(line_said, (), (from, text))

// clang-format off
struct chat_of_client {
  using client_to_server = events<
      event<"say", void(line_said)>,
      event<"message", void(std::string)>,
      event<"history", std::vector<line_said>(arg<"count", int>)>,
      event<"two", std::tuple<int, std::string>(bool)>,
      event<"save", std::tuple<>()>>;
  using server_to_client = events<
      event<"said", void(line_said)>,
      event<"pair", void(int, std::optional<std::string>)>,
      event<"closing", void()>,
      event<"add", int(int, int)>,
      event<"later", std::string()>>;
};
// clang-format on
using typed_room = typed_client_socket<chat_of_client>;

static_assert(std::is_default_constructible_v<typed_room>);
static_assert(std::is_same_v<decltype(std::declval<typed_room>().emit_with_ack<"two">(true)),
                             task<std::tuple<int, std::string>>>);
static_assert(std::is_same_v<decltype(std::declval<typed_room>().emit_with_ack<"save">()), task<>>);
static_assert(std::is_same_v<decltype(std::declval<typed_room>().once<"said">()), task<line_said>>);
static_assert(std::is_same_v<decltype(std::declval<typed_room>().once<"closing">(1s)), task<>>);

typed_room joined_room(client_world& w) {
  const typed_room s(w.server.socket("/"));
  w.run(s.connect());
  w.connection().texts.clear();
  return s;
}

}  // namespace

TEST_CASE("a client of a contract sends what is declared for clients") {
  client_world w;
  const typed_room s = joined_room(w);
  const line_said hello{"ann", "hello"};
  CHECK(w.run(s.emit<"say">(hello)).queued == 1);
  w.run(s.send("hi"));
  w.run(s.volatile_().compress(false).offline(when_offline::drop).emit<"message">("again"));
  CHECK(w.connection().texts ==
        texts{R"(2["say",{"from":"ann","text":"hello"}])", R"(2["message","hi"])", R"(2["message","again"])"});
  CHECK(w.connection().compressed.back() == false);
  w.run(s.untyped().emit("undeclared", 1));
  CHECK(w.connection().texts.back() == R"(2["undeclared",1])");
}

TEST_CASE("a client of a contract gets the declared answer") {
  client_world w;
  const typed_room s = joined_room(w);
  auto history = w.start(s.emit_with_ack<"history">(2));
  auto two = w.start(s.emit_with_ack<"two">(true));
  auto save = w.start(s.timeout(1s).emit_with_ack<"save">());
  auto wrong = w.start(s.emit_with_ack<"two">(false));
  CHECK(w.connection().texts ==
        texts{R"(20["history",2])", R"(21["two",true])", R"(22["save"])", R"(23["two",false])"});
  w.connection().deliver(R"(30[[{"from":"ann","text":"a"},{"from":"bob","text":"b"}]])");
  w.connection().deliver(R"(31[7,"x"])");
  w.connection().deliver("32[]");
  w.connection().deliver(R"(33["x",7])");
  w.settle();
  const auto lines = history.get();
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].from == "bob");
  CHECK(two.get() == std::tuple(7, std::string("x")));
  CHECK_NOTHROW(save.get());
  CHECK(code_of(wrong) == errc::conversion);
  auto late = w.start(s.timeout(1s).emit_with_ack<"save">());
  w.advance(1s);
  CHECK(code_of(late) == errc::timed_out);
}

TEST_CASE("a client of a contract handles what is declared for servers") {
  client_world w;
  const typed_room s = joined_room(w);
  texts got;
  s.on<"said">([&](const line_said& what) { got.push_back(what.from + ": " + what.text); });
  s.once<"pair">(
      [&](int n, std::optional<std::string> text) { got.push_back(std::to_string(n) + text.value_or("-")); });
  s.prepend_listener<"said">([&](line_said) -> task<> {
    got.push_back("first");
    co_return;
  });
  s.on<"add">([](int a, int b) { return a + b; });
  s.on<"later">([](typed_ack<std::string> answer) -> task<> { co_await answer("done"); });
  w.connection().deliver(R"(2["said",{"from":"ann","text":"hi"}])");
  w.connection().deliver(R"(2["pair",1])");
  w.connection().deliver(R"(2["pair",2,"x"])");
  w.connection().deliver(R"(25["add",1,2])");
  w.connection().deliver(R"(26["later"])");
  w.settle();
  CHECK(got == texts{"first", "ann: hi", "1-"});
  CHECK(w.connection().texts == texts{"35[3]", R"(36["done"])"});
}

TEST_CASE("a client of a contract waits for an event, with its types") {
  client_world w;
  const typed_room s = joined_room(w);
  auto said = w.start(s.once<"said">());
  auto pair = w.start(s.once<"pair">());
  auto closing = w.start(s.once<"closing">(1s));
  w.connection().deliver(R"(2["pair",3,"y"])");
  w.connection().deliver(R"(2["said",{"from":"ann","text":"hi"}])");
  w.settle();
  CHECK(said.get().text == "hi");
  CHECK(std::get<0>(pair.get()) == 3);
  w.advance(1s);
  CHECK(code_of(closing) == errc::timed_out);
}
