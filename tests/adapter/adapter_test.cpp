// The default implementations of cosio::adapter.

#include <cosio/adapter.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapter/fake_sockets.hpp"
#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using cosio::test::fake_host;
using cosio::test::make_socket;
using cosio::test::world;

TEST_CASE("a shortfall says how much is missing, and of whom", "[adapter]") {
  CHECK_FALSE(shortfall());
  CHECK_FALSE(shortfall(2, 2));
  CHECK(shortfall(2, 2).text().empty());
  CHECK(shortfall(2, 1).text() == "timeout reached: only 1 responses received out of 2");
  CHECK(shortfall(3, 1, {"b", "c"}).text() == "timeout reached: only 1 responses received out of 3; missing: b, c");
}

TEST_CASE("an incomplete result carries what came and what did not", "[adapter]") {
  const incomplete<std::vector<std::string>> thrown({"one"}, shortfall(2, 1, {"node-b"}));
  CHECK(thrown.code() == errc::timed_out);
  CHECK(thrown.value() == std::vector<std::string>{"one"});
  CHECK(thrown.missing().servers() == std::vector<std::string>{"node-b"});
  CHECK(thrown.detail() == "timeout reached: only 1 responses received out of 2; missing: node-b");
}

TEST_CASE("answers of too few servers are not complete, and say why", "[adapter]") {
  CHECK(answers({}, shortfall()).complete());
  CHECK_FALSE(answers({}, shortfall(1, 0)).complete());
  CHECK(answers({}, shortfall(1, 0)).problem() == "timeout reached: only 0 responses received out of 1");
  CHECK(answers({}, false).problem() == "operation has timed out");
}

TEST_CASE("an answer that does not fit is there, and its error names the event that was asked", "[adapter]") {
  boost::json::array list;
  list.emplace_back("forty");
  answers came({arguments(std::move(list))}, true);
  came.question("your age?");
  CHECK(came.responses().size() == 1);
  try {
    static_cast<void>(came.values<int>());
    FAIL("a text is no number");
  } catch (const error& wrong) {
    CHECK(wrong.code() == errc::conversion);
    CHECK(wrong.detail() == R"(argument 0 of the answer to "your age?" must be an integer, but is a string)");
  }
}

TEST_CASE("the adapter in memory knows this server only", "[adapter]") {
  world w;
  fake_host host(w);
  const auto rooms = make_memory_adapter(host);
  w.run(rooms->init());
  CHECK(w.run(rooms->server_count()) == 1);
  w.run(rooms->server_side_emit(event_data(R"(["hi"])", {})));
  const answers got = w.run(rooms->server_side_emit_with_ack(event_data(R"(["hi"])", {}), {}));
  CHECK(got.complete());
  CHECK(got.responses().empty());
  w.run(rooms->close());
}

// edge 273
TEST_CASE("without recovery an adapter keeps no sessions", "[adapter]") {
  world w;
  fake_host host(w);
  const auto rooms = make_memory_adapter(host);
  CHECK_FALSE(rooms->keeps_sessions());
  CHECK(w.run(rooms->adapter::restore_session("pid", "offset")) == nullptr);
  w.run(rooms->adapter::persist_session(session_record()));
}
