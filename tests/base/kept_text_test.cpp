// The memory of a text that a thread keeps.

#include "base/kept_text.hpp"

#include <thread>

#include "support/catch.hpp"

using cosio::base::kept_text;

namespace {

struct one;
struct other;

bool was_there_at_the_end = true;

// Made before the text of its thread, and destroyed after it.
struct late {
  ~late() { was_there_at_the_end = kept_text<one>() != nullptr; }
  bool is_made = false;
};

}  // namespace

TEST_CASE("a thread has a text for each purpose, and another thread another one", "[base][kept_text]") {
  REQUIRE(kept_text<one>() != nullptr);
  *kept_text<one>() = "one";
  CHECK(*kept_text<one>() == "one");
  CHECK(kept_text<other>()->empty());
  bool empty = false;
  std::thread([&] { empty = kept_text<one>()->empty(); }).join();
  CHECK(empty);
}

TEST_CASE("there is no text when the variables of its thread are gone", "[base][kept_text]") {
  was_there_at_the_end = true;
  std::thread([] {
    static thread_local late first;
    first.is_made = true;
    kept_text<one>()->assign(100, 'x');
  }).join();
  CHECK_FALSE(was_there_at_the_end);
}
