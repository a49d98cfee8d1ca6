// Questions of other servers that are being answered: whose question is over when there are too many.

#include "cluster/asked_questions.hpp"

#include <boost/asio/co_spawn.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/world.hpp"

namespace cosio::test {
namespace {

using cluster::asked_question;
using cluster::asked_questions;
using namespace std::chrono_literals;

struct asking {
  asking(world& w, const std::shared_ptr<asked_questions>& table, const std::string& from)
      : question(std::make_shared<asked_question>([](arguments) {})), place(table->add(from, question)) {
    boost::asio::co_spawn(w.context(), asked_question::wait(question, 1, w.timers(), w.timers().after(1h)),
                          [over = is_over](std::exception_ptr) { *over = true; });
    w.settle();
  }
  std::shared_ptr<bool> is_over = std::make_shared<bool>(false);
  std::shared_ptr<asked_question> question;
  std::shared_ptr<const void> place;
};

}  // namespace

TEST_CASE("the oldest question of the server that has the most is over", "[cluster][asked_questions]") {
  world w;
  const auto table = std::make_shared<asked_questions>(4);
  const asking honest(w, table, "a");
  const asking first(w, table, "forger");
  const asking second(w, table, "forger");
  const asking third(w, table, "forger");
  CHECK_FALSE(*first.is_over);
  const asking fourth(w, table, "forger");
  w.settle();
  CHECK(*first.is_over);
  const asking late(w, table, "z");
  w.settle();
  CHECK(*second.is_over);
  for (const asking* one : {&honest, &third, &fourth, &late}) CHECK_FALSE(*one->is_over);
  CHECK(table->size() == 4);
}

TEST_CASE("of servers that ask the same, the oldest question is over", "[cluster][asked_questions]") {
  world w;
  const auto table = std::make_shared<asked_questions>(2);
  const asking b(w, table, "b");
  const asking z(w, table, "z");
  const asking a(w, table, "a");
  w.settle();
  CHECK(*b.is_over);
  CHECK_FALSE(*z.is_over);
  CHECK_FALSE(*a.is_over);
}

TEST_CASE("a question that has ended leaves its place", "[cluster][asked_questions]") {
  world w;
  const auto table = std::make_shared<asked_questions>(1);
  for (int i = 0; i < 3; ++i) {
    const asking one(w, table, "a");
    CHECK(table->size() == 1);
    one.question->answered(arguments());
    w.settle();
    CHECK(*one.is_over);
  }
  CHECK(table->size() == 0);
}

}  // namespace cosio::test
