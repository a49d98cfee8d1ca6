// The acknowledgements that one socket owes: each ends exactly once.

#include "socketio/acks.hpp"

#include <boost/json/array.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>
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
  bool keeps() const noexcept override { return kept; }
  std::vector<std::string> got;
  bool kept = false;
};

class throwing_sink final : public cosio::socketio::answer_sink {
 public:
  void answered(arguments) override { throw std::bad_alloc(); }
  void gone() override {}
  bool keeps() const noexcept override { return true; }
};

using told = std::vector<std::string>;

// An answer without a charge, as a client sends it. @return false when nobody waits for it.
bool answer(acks& table, std::uint64_t id, arguments values = arguments()) {
  acks::found waiting = table.take(id);
  std::size_t charged = 0;
  return waiting && table.answer(std::move(waiting), std::move(values), charged);
}

}  // namespace

TEST_CASE("an answer reaches who waits for its id, once", "[socketio][acks]") {  // edge case 227
  acks table;
  const auto a = std::make_shared<sink>();
  const auto b = std::make_shared<sink>();
  REQUIRE(table.wait(1, a) == place::waiting);
  REQUIRE(table.wait(2, b) == place::waiting);
  CHECK_FALSE(answer(table, 7));
  CHECK(answer(table, 2, arguments(boost::json::array{1, 2})));
  CHECK_FALSE(answer(table, 2));
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
  answer(table, 1);
  table.close();
  CHECK(a->got.empty());
  CHECK(a.use_count() == 1);
}

TEST_CASE("what was charged for an answer that is kept is given back once, also after the socket has left",
          "[socketio][acks]") {
  acks table;
  const auto a = std::make_shared<sink>();
  const auto b = std::make_shared<sink>();
  a->kept = true;
  CHECK_FALSE(table.take(1));
  REQUIRE(table.wait(1, a, 1) == place::waiting);
  std::size_t charged = 50;
  acks::found late = table.take(1);
  CHECK(table.answer(table.take(1), arguments(), charged));
  CHECK(charged == 0);
  CHECK_FALSE(table.take(1));
  charged = 60;
  CHECK_FALSE(table.answer(std::move(late), arguments(), charged));
  CHECK(charged == 60);
  REQUIRE(table.wait(2, b, 1) == place::waiting);  // an answer that is kept takes no place of those that wait
  table.close();
  CHECK(a->got == told{"answered with 0"});
  CHECK(b->got == told{"gone"});
  CHECK_FALSE(table.remove(1));
  CHECK(table.release(1) == 50);
  CHECK(table.release(1) == 0);
}

TEST_CASE("the charge of an answer has one owner, also when its sink throws", "[socketio][acks]") {
  acks table;
  REQUIRE(table.wait(1, std::make_shared<throwing_sink>()) == place::waiting);
  std::size_t charged = 50;
  CHECK_THROWS_AS(table.answer(table.take(1), arguments(), charged), std::bad_alloc);
  CHECK(charged == 0);
  CHECK(table.release(1) == 50);
}

TEST_CASE("an answer that came, and could not be made, ends the wait of a sink that keeps nothing",
          "[socketio][acks]") {
  acks table;
  const auto a = std::make_shared<sink>();
  const auto b = std::make_shared<sink>();
  b->kept = true;
  REQUIRE(table.wait(1, a) == place::waiting);
  REQUIRE(table.wait(2, b) == place::waiting);
  {
    const acks::found first = table.take(1);
    const acks::found second = table.take(2);
    CHECK(first);
    CHECK_FALSE(first.is_kept());
    CHECK(second);
    CHECK(second.is_kept());
    CHECK(a->got.empty());
  }
  CHECK(a->got == told{"gone"});
  CHECK(b->got.empty());
  CHECK_FALSE(table.remove(1));
  table.close();
  CHECK(a->got.size() == 1);
  CHECK(b->got == told{"gone"});
}

TEST_CASE("closing tells everybody who still waits, and nobody can wait afterwards", "[socketio][acks]") {
  acks table;
  const auto a = std::make_shared<sink>();
  const auto b = std::make_shared<sink>();
  REQUIRE(table.wait(1, a) == place::waiting);
  REQUIRE(table.wait(2, b) == place::waiting);
  answer(table, 1);
  table.close();
  table.close();
  CHECK(a->got == told{"answered with 0"});
  CHECK(b->got == told{"gone"});
  CHECK(table.wait(3, a) == place::left);
  CHECK_FALSE(answer(table, 3));
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
  answer(table, 1);
  answer(table, 2);
  CHECK(next->got == told{"answered with 0"});
  REQUIRE(table.wait(4, std::make_shared<again>(table, next)) == place::waiting);
  table.close();
  CHECK(next->got.size() == 1);
}
