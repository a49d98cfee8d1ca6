// Arguments that do not fit, on a running server: who is told what, and what goes on.

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cosio/cosio.hpp>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "support/catch.hpp"
#include "support/sio_client.hpp"
#include "support/sio_server.hpp"

using namespace cosio::test;

namespace {

enum class size { small, large };
BOOST_DESCRIBE_ENUM(size, small, large)

struct dish {
  std::string name;
  size how = size::small;
  std::optional<int> count;
  std::vector<cosio::binary> pictures;
};
BOOST_DESCRIBE_STRUCT(dish, (), (name, how, count, pictures))

// Takes orders, and tells the test what goes wrong.
struct kitchen {
  kitchen() {
    s.io.on_connection([this](cosio::socket c) {
      c.on("order", [c](dish what, int table) {
        what.count = what.count.value_or(1) + table;
        return what;
      });
      c.on_error([this](cosio::socket_error wrong) -> cosio::task<> {
        errors.put(wrong.event() + ": " + wrong.message() + (wrong.cause() ? " (thrown)" : ""));
        co_return;
      });
      joined.put(c);
    });
    s.io.of("/").on_error(
        [this](const cosio::socket&, const cosio::socket_error& wrong) { nsp_errors.put(wrong.message()); });
    port = s.start();
  }

  mailbox<cosio::socket> joined;
  mailbox<> errors;
  mailbox<> nsp_errors;
  sio_server s;
  std::uint16_t port = 0;
};

cosio::task<std::string> what_it_throws(cosio::task<std::tuple<int, std::string>> work) {
  try {
    auto got = co_await std::move(work);
    static_cast<void>(got);
  } catch (const cosio::error& e) {
    co_return e.code() == cosio::errc::conversion ? e.detail() : "another error";
  }
  co_return "nothing";
}

}  // namespace

TEST_CASE("a described struct goes in and comes out, with its binary", "[socketio][mismatch]") {
  kitchen k;
  sio_client c(k.port);
  c.join();
  c.send({R"(51-7["order",{"name":"soup","how":"large","pictures":[{"_placeholder":true,"num":0}]},4,"ignored",5])",
          sio_message::bytes("jpg")});
  CHECK(c.receive() == R"(61-7[{"name":"soup","how":"large","count":5,"pictures":[{"_placeholder":true,"num":0}]}])");
  CHECK(c.receive_bytes() == "jpg");
  CHECK(k.errors.empty());
}

TEST_CASE("on_error is told event, argument, place and types, the client gets no answer and stays",
          "[socketio][mismatch]") {
  kitchen k;
  sio_client c(k.port);
  c.join();
  struct row {
    std::string_view arguments;
    std::string_view said;
  };
  const row rows[] = {
      {R"("soup",1)", R"(argument 0 of event "order" must be an object, but is a string)"},
      {R"({"name":"x","how":"huge","pictures":[]},1)",
       R"(argument 0 (.how) of event "order" must be one of "small", "large", but is another string)"},
      {R"({"name":"x","how":"small","pictures":["jpg"]},1)",
       R"(argument 0 (.pictures[0]) of event "order" must be binary, but is a string)"},
      {R"({"name":"x","how":"small"},1)", R"(argument 0 (.pictures) of event "order" must be there, but is missing)"},
      {R"({"name":"x","how":"small","count":1.5,"pictures":[]},1)",
       R"(argument 0 (.count) of event "order" must be an integer, but is a number with a fraction)"},
      {R"({"name":"x","how":"small","pictures":[]},4294967296)",
       R"(argument 1 of event "order" must be an integer from -2147483648 to 2147483647, but is a larger number)"},
      {R"({"name":"x","how":"small","pictures":[]})",
       R"(argument 1 of event "order" must be an integer, but is missing)"}};
  for (const row& r : rows) {
    CAPTURE(r.arguments);
    c.send("21[\"order\"," + std::string(r.arguments) + "]");
    CHECK(k.errors.take() == "order: " + std::string(r.said));
    CHECK(k.nsp_errors.take() == r.said);
  }
  // The next thing that the client hears is the answer to what fits: there was none before.
  c.send(R"(22["order",{"name":"x","how":"small","count":null,"pictures":[]},1])");
  CHECK(c.receive() == R"(32[{"name":"x","how":"small","count":2,"pictures":[]}])");
}

TEST_CASE("another listener of the same event, whose parameters fit, is called all the same", "[socketio][mismatch]") {
  kitchen k;
  sio_client c(k.port);
  c.join();
  mailbox<> heard;
  k.joined.take().on("order", [&heard](std::string text) { heard.put(text); });
  c.send(R"(2["order","plain"])");
  CHECK(k.errors.take() == R"(order: argument 0 of event "order" must be an object, but is a string)");
  CHECK(heard.take() == "plain");
}

TEST_CASE("an answer that does not fit throws where it is awaited, and names the question", "[socketio][mismatch]") {
  kitchen k;
  sio_client c(k.port);
  c.join();
  const cosio::socket socket = k.joined.take();
  struct row {
    std::string_view answer;
    std::string_view said;
  };
  const row rows[] = {
      {R"([1,2])", R"(argument 1 of the answer to "how many?" must be a string, but is a number)"},
      {R"(["1","x"])", R"(argument 0 of the answer to "how many?" must be an integer, but is a string)"},
      {R"([1])", R"(argument 1 of the answer to "how many?" must be a string, but is missing)"},
      {R"([1,"x",true])", "nothing"}};
  for (const row& r : rows) {
    CAPTURE(r.answer);
    auto asked = start(k.s.io.executor(), what_it_throws(socket.emit_with_ack<int, std::string>("how many?")));
    const std::string question = c.receive();  // 2<id>["how many?"]
    c.send("3" + question.substr(1, question.find('[') - 1) + std::string(r.answer));
    CHECK(wait(std::move(asked)) == r.said);
  }
}

TEST_CASE("an event that is awaited throws when it does not fit, and names itself", "[socketio][mismatch]") {
  kitchen k;
  sio_client c(k.port);
  c.join();
  const cosio::socket socket = k.joined.take();
  auto asked = start(k.s.io.executor(), what_it_throws(socket.once<int, std::string>("pay")));
  REQUIRE(eventually([&] { return socket.listener_count("pay") == 1; }));
  c.send(R"(2["pay",true,"cash"])");
  CHECK(wait(std::move(asked)) == R"(argument 0 of event "pay" must be an integer, but is a boolean)");
}
