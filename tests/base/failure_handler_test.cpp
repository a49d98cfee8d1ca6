// Callables that are told of an exception.

#include "base/failure_handler.hpp"

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/logger.hpp"
#include "support/catch.hpp"

using cosio::base::failure_handler;

namespace {

const auto wrong = std::make_exception_ptr(std::runtime_error("wrong"));

}  // namespace

TEST_CASE("a small and a large callable are told of the exception", "[base][failure_handler]") {
  const auto told = std::make_shared<std::vector<std::string>>();
  const std::array<std::string, 3> words{"a", "b", "c"};
  failure_handler small([told](std::exception_ptr e) { told->push_back(cosio::base::describe(e)); });
  failure_handler large([told, words](const std::exception_ptr&) { told->push_back(words.at(2)); });
  small(wrong);
  large(wrong);
  CHECK(*told == std::vector<std::string>{"wrong", "c"});
}

TEST_CASE("what a callable holds goes with it, and moves with it", "[base][failure_handler]") {
  const auto held = std::make_shared<int>(0);
  const std::array<std::string, 3> words{"a", "b", "c"};
  {
    failure_handler first([held](const std::exception_ptr&) { ++*held; });
    failure_handler second([held, words](const std::exception_ptr&) { *held += 10; });
    CHECK(held.use_count() == 3);
    failure_handler third(std::move(first));
    CHECK(held.use_count() == 3);
    third(wrong);
    CHECK(*held == 1);
    third = std::move(second);  // the one before is destroyed
    CHECK(held.use_count() == 2);
    third(wrong);
    CHECK(*held == 11);
    failure_handler& same = third;
    third = std::move(same);
    third(wrong);
    CHECK(*held == 21);
  }
  CHECK(held.use_count() == 1);
}
