// The list of connections, and waiting until they have left.

#include "http/connection_set.hpp"

#include <boost/asio/co_spawn.hpp>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace cosio;
using namespace cosio::test;
using cosio::http::connection_set;

namespace {

struct guest final : connection_set::member {
  void close_when_idle() noexcept override { ++told; }
  void cut() noexcept override { ++cuts; }
  int told = 0;
  int cuts = 0;
};

}  // namespace

TEST_CASE("closing tells everybody, those who come later by their welcome", "[http][connection_set]") {
  connection_set set;
  guest early;
  guest late;
  CHECK_FALSE(set.add(early));
  set.close_all();
  CHECK(early.told == 1);
  CHECK(set.add(late));
  CHECK(set.size() == 2);
  set.reopen();
  set.remove(early);
  set.remove(early);
  CHECK_FALSE(set.add(early));
  CHECK(set.size() == 2);
  set.remove(early);
  set.remove(late);
  CHECK(set.size() == 0);
}

TEST_CASE("only those who are left are cut", "[http][connection_set]") {
  connection_set set;
  guest left;
  guest here;
  set.add(left);
  set.add(here);
  set.remove(left);
  set.cut_all();
  CHECK(left.cuts == 0);
  CHECK(here.cuts == 1);
  set.remove(here);
}

TEST_CASE("waiting ends when the last one has left", "[http][connection_set]") {
  world w;
  connection_set set;
  w.run(set.wait_until_empty());  // nobody is there: at once
  guest one;
  guest two;
  set.add(one);
  set.add(two);
  bool empty = false;
  boost::asio::co_spawn(w.context(), set.wait_until_empty(), [&](std::exception_ptr e) { empty = !e; });
  w.settle();
  set.remove(one);
  w.settle();
  CHECK_FALSE(empty);
  set.remove(two);
  w.settle();
  CHECK(empty);
}
