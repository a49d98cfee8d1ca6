// run_on: now on the strand, posted elsewhere.

#include "async/strand.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/world.hpp"

using cosio::async::run_on;
using cosio::async::strand;

TEST_CASE("run_on runs at once on its own strand", "[async][strand]") {
  cosio::test::world w;
  const strand own = w.make_strand();
  std::string order;
  boost::asio::post(own, [&] {
    run_on(own, [&] { order += "inside "; });
    order += "after ";
  });
  w.settle();
  CHECK(order == "inside after ");
}

TEST_CASE("run_on posts from anywhere else, also from another strand of the thread", "[async][strand]") {
  cosio::test::world w;
  const strand own = w.make_strand();
  const strand other = w.make_strand();
  std::string order;
  run_on(own, [&] { order += own.running_in_this_thread() ? "posted " : "wrong "; });
  CHECK(order.empty());
  w.settle();
  CHECK(order == "posted ");
  boost::asio::post(other, [&] {
    run_on(own, [&] { order += "inside "; });
    order += "after ";
  });
  w.settle();
  CHECK(order == "posted after inside ");
}
