// Typed callables as listeners: what they take, what they answer, how long they live.

#include <cosio/listener.hpp>

#include <boost/json/parse.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "socketio/listeners.hpp"
#include "support/catch.hpp"
#include "support/pause.hpp"
#include "support/world.hpp"

namespace {

using cosio::ack;
using cosio::arguments;
using cosio::binary;
using cosio::task;
using cosio::detail::make_listener;
using cosio::socketio::run_kept;

// Keeps what is answered.
class kept_answer final : public ack::sender {
 public:
  task<> send(cosio::event_data answer) override {
    sent.push_back(answer.json());
    attachments = answer.attachments();
    return nothing();
  }
  std::vector<std::string> sent;
  std::vector<binary> attachments;

 private:
  static task<> nothing() { co_return; }
};

// One event, given to a listener.
struct call {
  explicit call(std::string_view json, std::vector<binary> binaries = {})
      : values(boost::json::parse({json.data(), json.size()}).as_array()), attachments(std::move(binaries)) {}

  task<> start(cosio::detail::listener_base& listener) {
    const ack answer(kept);
    return listener.start({"news", values.data(), values.size(), attachments, answer}, problem);
  }

  boost::json::array values;
  std::vector<binary> attachments;
  std::shared_ptr<kept_answer> kept = std::make_shared<kept_answer>();
  std::string problem;
};

// Runs a callable with an event to its end. @return the answers.
template <class F>
std::vector<std::string> run(F&& callable, std::string_view json = "[]", std::vector<binary> attachments = {}) {
  cosio::test::world w;
  const auto listener = make_listener(std::forward<F>(callable));
  call event(json, std::move(attachments));
  auto work = event.start(*listener);
  REQUIRE(work.valid());
  w.run(std::move(work));
  return event.kept->sent;
}

template <class F>
std::string problem(F&& callable, std::string_view json) {
  const auto listener = make_listener(std::forward<F>(callable));
  call event(json);
  const auto work = event.start(*listener);
  CHECK(work.valid() == event.problem.empty());
  return event.problem;
}

int twice(int x) { return 2 * x; }
task<int> twice_later(int x) { co_return 2 * x; }

using answers = std::vector<std::string>;

}  // namespace

TEST_CASE("what a handler returns is the answer", "[socketio][listener]") {
  CHECK(run([] {}) == answers{});
  CHECK(run([]() -> task<> { co_return; }) == answers{});
  CHECK(run([] { return 7; }) == answers{"[7]"});
  CHECK(run([]() -> task<std::string> { co_return "x"; }) == answers{R"(["x"])"});
  CHECK(run([] { return std::make_tuple(1, std::string("a")); }) == answers{R"([1,"a"])"});
  CHECK(run([]() -> task<std::tuple<int, bool>> {
          std::tuple<int, bool> two(1, true);
          co_return two;
        }) == answers{"[1,true]"});
  CHECK(run([] { return std::make_tuple(); }) == answers{"[]"});
  CHECK(run([] { return std::make_pair(1, 2); }) == answers{"[[1,2]]"});
  CHECK(run([] { return std::optional<int>(); }) == answers{"[null]"});
  CHECK(run([](arguments all) { return all; }, "[1,[2],\"x\"]") == answers{R"([1,[2],"x"])"});
}

TEST_CASE("handlers are lambdas, functions, std::functions and objects", "[socketio][listener]") {
  CHECK(run(twice, "[4]") == answers{"[8]"});
  CHECK(run(&twice_later, "[4]") == answers{"[8]"});
  CHECK(run(std::function<int(int)>(twice), "[4]") == answers{"[8]"});
  struct counter {
    int calls = 0;
    int operator()() { return ++calls; }
  };
  CHECK(run(counter{}) == answers{"[1]"});
  CHECK(run([calls = 0]() mutable noexcept { return ++calls; }) == answers{"[1]"});
  CHECK(run([only = std::make_unique<int>(5)] { return *only; }) == answers{"[5]"});
}

TEST_CASE("parameters are read from the arguments, by value or const reference", "[socketio][listener]") {
  CHECK(run([](int a, const std::string& b, std::vector<bool> c) { return std::to_string(a) + b + (c[0] ? "t" : "f"); },
            R"([1,"x",[true]])") == answers{R"(["1xt"])"});
  CHECK(run([](const std::vector<int>& list) -> task<std::size_t> { co_return list.size(); }, "[[1,2,3]]") ==
        answers{"[3]"});
  CHECK(run([](std::string&& text) { return text; }, R"(["moved"])") == answers{R"(["moved"])"});
  CHECK(run([](binary bytes) { return bytes.size(); }, R"([{"_placeholder":true,"num":0}])",
            {binary(std::string("abc"))}) == answers{"[3]"});
}

TEST_CASE("a handler's reference is good until its coroutine ends", "[socketio][listener]") {
  cosio::test::world w;
  cosio::test::pause here;
  std::string seen;
  auto listener = make_listener([&](const std::string& text) -> task<> {
    co_await here.wait();
    seen = text;
  });
  auto work = std::make_unique<call>(R"(["a text that is too long to live in the string object itself"])");
  boost::asio::co_spawn(w.context(), work->start(*listener), [](std::exception_ptr) {});
  w.settle();
  work.reset();
  listener.reset();
  here.go();
  w.settle();
  CHECK(seen == "a text that is too long to live in the string object itself");
}

TEST_CASE("more arguments than parameters are ignored, missing ones are an error", "[socketio][listener]") {
  CHECK(run([](int a) { return a; }, "[1,2,3]") == answers{"[1]"});
  CHECK(run([](int a, std::optional<int> b) { return a + b.value_or(10); }, "[1]") == answers{"[11]"});
  CHECK(run([](int a, std::optional<int> b) { return a + b.value_or(10); }, "[1,2]") == answers{"[3]"});
  CHECK(run([](boost::json::value v) { return v.is_null(); }) == answers{"[true]"});
  CHECK(run([](arguments none) { return none.size(); }) == answers{"[0]"});
  CHECK(problem([](int, std::string) {}, "[1]") == R"(argument 1 of event "news" must be a string, but is missing)");
  CHECK(problem([](int) {}, "[]") == R"(argument 0 of event "news" must be an integer, but is missing)");
}

TEST_CASE("a mismatch names event, index and types, and the handler is not called", "[socketio][listener]") {
  bool called = false;
  CHECK(problem([&](int, std::vector<int>) { called = true; }, R"([1,[2,"x"]])") ==
        R"(argument 1 ([1]) of event "news" must be an integer, but is a string)");
  CHECK_FALSE(called);
}

TEST_CASE("arguments take what the parameters before them have left, with its binary", "[socketio][listener]") {
  const std::string json = R"(["first",2,{"b":{"_placeholder":true,"num":0}}])";
  call event(json, {binary(std::string("xyz"))});
  const auto listener = make_listener([](const std::string& first, arguments rest) {
    CHECK(first == "first");
    REQUIRE(rest.size() == 2);
    CHECK(rest.get<int>(0) == 2);
    return rest;
  });
  cosio::test::world w;
  w.run(event.start(*listener));
  CHECK(event.kept->sent == answers{R"([2,{"b":{"_placeholder":true,"num":0}}])"});
  REQUIRE(event.kept->attachments.size() == 1);
  CHECK(event.kept->attachments[0].view() == "xyz");
}

TEST_CASE("the acknowledgement is a parameter behind the others", "[socketio][listener]") {
  CHECK(run([](ack answer) -> task<> { co_await answer(1, "two"); }) == answers{R"([1,"two"])"});
  CHECK(run([](int a, ack answer) -> task<> { co_await answer(a); }, "[3,4]") == answers{"[3]"});
  CHECK(run([](arguments all, ack answer) -> task<> { co_await answer(all); }, "[3,4]") == answers{"[3,4]"});
  CHECK(run([](std::optional<int> a, ack answer) -> task<> { co_await answer(a.has_value()); }) == answers{"[false]"});
}

TEST_CASE("answering a client that did not ask does nothing", "[socketio][listener]") {
  const ack nobody;
  CHECK_FALSE(nobody);
  cosio::test::world w;
  w.run(nobody(1, 2));
  const auto listener = make_listener([](ack answer) { return static_cast<bool>(answer); });
  const boost::json::array none;
  const std::vector<binary> no_binary;
  std::string no_problem;
  w.run(listener->start({"e", none.data(), 0, no_binary, nobody}, no_problem));
  CHECK(no_problem.empty());
}

TEST_CASE("what a handler throws leaves its coroutine, before or after a suspension", "[socketio][listener]") {
  CHECK_THROWS_WITH(run([] { throw std::runtime_error("plain"); }), "plain");
  CHECK_THROWS_WITH(run([]() -> task<> {
                      throw std::runtime_error("coroutine");
                      co_return;
                    }),
                    "coroutine");
  CHECK_THROWS_WITH(run([]() -> task<int> { throw std::runtime_error("no coroutine at all"); }), "no coroutine at all");
}

TEST_CASE("a listener that is removed while its coroutine is suspended lives until that has ended",
          "[socketio][listener]") {
  cosio::test::world w;
  cosio::test::pause here;
  const auto token = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = token;
  int seen = 0;
  cosio::socketio::listeners table;
  const auto id =
      table.add("e", make_listener([&seen, &here, token = std::make_shared<std::shared_ptr<int>>(token)]() -> task<> {
                  co_await here.wait();
                  seen = **token;  // lives in the lambda object
                }),
                false, false);
  const_cast<std::shared_ptr<int>&>(token).reset();
  for (const auto& listener : table.take("e")) {
    call event("[]");
    boost::asio::co_spawn(w.context(), run_kept(listener, event.start(*listener)), [](std::exception_ptr) {});
  }
  w.settle();
  table.remove(id);
  CHECK(table.count("e") == 0);
  CHECK_FALSE(alive.expired());
  here.go();
  w.settle();
  CHECK(seen == 1);
  CHECK(alive.expired());
}

TEST_CASE("a coroutine that never ends lets its listener go when it is destroyed", "[socketio][listener]") {
  cosio::test::pause here;
  std::weak_ptr<int> alive;
  {
    cosio::test::world w;
    auto token = std::make_shared<int>(1);
    alive = token;
    const auto listener = make_listener([&here, token = std::move(token)]() -> task<> { co_await here.wait(); });
    call event("[]");
    boost::asio::co_spawn(w.context(), run_kept(listener, event.start(*listener)), [](std::exception_ptr) {});
    w.settle();
    here.arrival();  // forgotten: nobody will ever end the wait
    w.settle();
  }
  CHECK(alive.expired());
}

TEST_CASE("a handle may be empty, copied, and used again", "[socketio][listener]") {
  cosio::listener_handle().remove();
  int removed = 0;
  const cosio::listener_handle handle([&] { ++removed; }, &removed, 1);
  const cosio::listener_handle copy = handle;
  CHECK(removed == 0);
  handle.remove();
  copy.remove();
  CHECK(removed == 2);  // whoever made it knows what is gone already
}

TEST_CASE("a handler's parameters outlive its waits, whether it takes them by reference or by value",
          "[socketio][listener]") {
  cosio::test::world w;
  std::vector<std::string> seen;
  const auto by_reference = make_listener([&](const std::string& text) -> task<> {
    co_await boost::asio::post(boost::asio::use_awaitable);
    seen.push_back(text);
  });
  const auto by_value = make_listener([&](std::string text) -> task<> {
    co_await boost::asio::post(boost::asio::use_awaitable);
    seen.push_back(text);
  });
  for (const auto& listener : {by_reference, by_value}) {
    call event("[\"a text that does not fit into the string itself\"]");
    auto work = event.start(*listener);
    event.values.clear();
    w.run(std::move(work));
  }
  CHECK(seen == std::vector<std::string>(2, "a text that does not fit into the string itself"));
}
