// The acknowledgements that one socket owes: each ends exactly once.

#include "socketio/acks.hpp"

#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using cosio::arguments;
using cosio::socketio::acks;
using place = acks::place;

class sink final : public cosio::socketio::answer_sink {
 public:
  void answered(arguments answer) override { got.push_back("answered with " + std::to_string(answer.size())); }
  void gone() override { got.emplace_back("gone"); }
  std::vector<std::string> got;
};

using told = std::vector<std::string>;

}  // namespace

TEST_CASE("an answer reaches who waits for its id, once", "[socketio][acks]") {  // edge case 227
  acks table;
  const auto a = std::make_shared<sink>();
  const auto b = std::make_shared<sink>();
  REQUIRE(table.wait(1, a) == place::waiting);
  REQUIRE(table.wait(2, b) == place::waiting);
  table.answer(7, arguments());
  table.answer(2, arguments(boost::json::array{1, 2}));
  table.answer(2, arguments());
  CHECK(a->got.empty());
  CHECK(b->got == told{"answered with 2"});
  CHECK(b.use_count() == 1);
}

TEST_CASE("what is forgotten is not told any more", "[socketio][acks]") {
  acks table;
  const auto a = std::make_shared<sink>();
  table.remove(1);
  REQUIRE(table.wait(1, a) == place::waiting);
  table.remove(1);
  table.remove(1);
  table.answer(1, arguments());
  table.close();
  CHECK(a->got.empty());
  CHECK(a.use_count() == 1);
}

TEST_CASE("closing tells everybody who still waits, and nobody can wait afterwards", "[socketio][acks]") {
  acks table;
  const auto a = std::make_shared<sink>();
  const auto b = std::make_shared<sink>();
  REQUIRE(table.wait(1, a) == place::waiting);
  REQUIRE(table.wait(2, b) == place::waiting);
  table.answer(1, arguments());
  table.close();
  table.close();
  CHECK(a->got == told{"answered with 0"});
  CHECK(b->got == told{"gone"});
  CHECK(table.wait(3, a) == place::left);
  table.answer(3, arguments());
  CHECK(a->got.size() == 1);
}

TEST_CASE("who is told may use the table at once", "[socketio][acks]") {
  class again final : public cosio::socketio::answer_sink {
   public:
    again(acks& t, std::shared_ptr<sink> n) : table(t), next(std::move(n)) {}
    void answered(arguments) override { CHECK(table.wait(2, next) == place::waiting); }
    void gone() override { CHECK(table.wait(3, next) == place::left); }
    acks& table;
    std::shared_ptr<sink> next;
  };
  acks table;
  const auto next = std::make_shared<sink>();
  REQUIRE(table.wait(1, std::make_shared<again>(table, next)) == place::waiting);
  table.answer(1, arguments());
  table.answer(2, arguments());
  CHECK(next->got == told{"answered with 0"});
  REQUIRE(table.wait(4, std::make_shared<again>(table, next)) == place::waiting);
  table.close();
  CHECK(next->got.size() == 1);
}
